//! The whole way of an attempt in every form that a repository may have.

use crate::support::{git, read, try_git, write};
use jackfield_types::{AttemptId, RunId};
use jackfield_workspace::{
    Packed, Release, Repository, Retired, Source, Worktrees, bring_copy, pack_branch, source,
};
use std::path::{Path, PathBuf};

/// Files, committed.
fn fill(repository: &Path) {
    write(&repository.join("README.md"), "# Read me\n");
    write(&repository.join("src/main.txt"), "one\ntwo\n");
    git(repository, &["add", "-A"]);
    git(repository, &["commit", "-qm", "The beginning"]);
    write(&repository.join("src/main.txt"), "one\ntwo\nthree\n");
    git(repository, &["commit", "-qam", "More"]);
}

/// A new repository, where this git knows what is asked for.
fn begun(home: &Path, more: &str) -> Option<PathBuf> {
    let repository = home.join("repository");
    let made = try_git(home, &["init", "-q", "-b", "main", more, repository.to_str().unwrap()]);
    if !made.status.success() {
        eprintln!("SKIPPED, because this git has no {more}");
        return None;
    }
    fill(&repository);
    Some(repository)
}

fn reftable(home: &Path) -> Option<PathBuf> {
    begun(home, "--ref-format=reftable")
}

fn sha256(home: &Path) -> Option<PathBuf> {
    begun(home, "--object-format=sha256")
}

fn packed(home: &Path) -> Option<PathBuf> {
    let repository = begun(home, "--quiet")?;
    git(&repository, &["pack-refs", "--all"]);
    git(&repository, &["gc", "-q"]);
    Some(repository)
}

fn bare_with_worktrees(home: &Path) -> Option<PathBuf> {
    let (origin, linked) = (begun(home, "--quiet")?, home.join("linked"));
    git(home, &["clone", "-q", "--bare", origin.to_str().unwrap(), "bare.git"]);
    git(&home.join("bare.git"), &["worktree", "add", "-q", linked.to_str().unwrap(), "main"]);
    Some(linked)
}

fn cloned(home: &Path, how: &str) -> Option<PathBuf> {
    let origin = begun(home, "--quiet")?;
    git(&origin, &["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", origin.display());
    git(home, &["clone", "-q", how, &url, "clone"]);
    Some(home.join("clone"))
}

fn partial(home: &Path) -> Option<PathBuf> {
    cloned(home, "--filter=blob:none")
}

fn shallow(home: &Path) -> Option<PathBuf> {
    cloned(home, "--depth=1")
}

fn submodules(home: &Path) -> Option<PathBuf> {
    let (library, top) = (begun(home, "--quiet")?, home.join("top"));
    git(home, &["init", "-q", "-b", "main", "top"]);
    git(&top, &["submodule", "--quiet", "add", library.to_str().unwrap(), "library"]);
    fill(&top);
    Some(top)
}

/// What an agent does: it commits one file and leaves another.
fn work(tree: &Path, message: &str) {
    write(&tree.join("src/main.txt"), "one\n2\nthree\n");
    git(tree, &["commit", "-qam", message]);
    write(&tree.join("new.txt"), "new\n");
}

async fn known(path: &Path) -> Repository {
    match source(path).await.unwrap() {
        Source::Git(repository) => repository,
        Source::Folder { .. } => panic!("{} is no repository", path.display()),
    }
}

/// Created, worked in, saved, let go of; then one that is kept and retired.
async fn lives(home: &Path, repository: &Path) {
    let state = || {
        [
            git(repository, &["status", "--porcelain=v2", "--branch"]),
            git(repository, &["worktree", "list", "--porcelain"]),
            git(repository, &["rev-parse", "HEAD"]),
        ]
    };
    let before = state();
    let worktrees = Worktrees::open(home.join("worktrees")).unwrap();
    let found = Source::Git(known(repository).await);
    let create = async || worktrees.create(&found, RunId::new(), AttemptId::new()).await.unwrap();
    let patch = home.join("diffs/patch");

    let worktree = create().await;
    assert_eq!(git(&worktree.path, &["status", "--porcelain"]), "");
    assert_eq!(read(&worktree.path.join("src/main.txt")), "one\ntwo\nthree\n");
    work(&worktree.path, "The agent's own");
    // What an agent may leave: HEAD elsewhere.
    git(&worktree.path, &["checkout", "-q", "--detach"]);
    let captured = worktrees.capture(&worktree, &patch).await.unwrap();
    let names: Vec<_> = captured.files.iter().map(|file| file.path.to_str().unwrap()).collect();
    assert_eq!(names, ["new.txt", "src/main.txt"]);
    assert_eq!((captured.left_out, captured.warnings), (None, Vec::<String>::new()));
    assert_eq!(git(&worktree.path, &["status", "--porcelain"]), "");
    assert_eq!(git(&worktree.path, &["symbolic-ref", "--short", "HEAD"]), worktree.branch);
    worktrees.restore(&worktree, &captured.head).await.unwrap();
    let released = worktrees.release(&worktree, Release::Remove).await.unwrap();
    assert_eq!((released.removed, released.branch_kept, released.kept_because), (true, true, None));
    assert_eq!(git(repository, &["rev-parse", &worktree.branch]), captured.head.as_str());
    git(repository, &["apply", "--check", patch.to_str().unwrap()]);

    let unused = create().await;
    let released = worktrees.release(&unused, Release::Remove).await.unwrap();
    assert!(released.removed && !released.branch_kept, "{released:?}");
    assert_eq!(git(repository, &["branch", "--list", &unused.branch]), "");

    let kept = create().await;
    work(&kept.path, "Gone back on");
    git(&kept.path, &["reset", "-q", "--hard", "HEAD^"]);
    write(&kept.path.join("other.txt"), "other\n");
    worktrees.capture(&kept, &patch).await.unwrap();
    worktrees.release(&kept, Release::Keep).await.unwrap();
    let retired = worktrees.retire(kept.attempt).await.unwrap();
    let Retired::Gone { branch: Some(branch), earlier: Some(earlier), .. } = retired else {
        panic!("{retired:?}")
    };
    assert_eq!(git(repository, &["show", &format!("{branch}:other.txt")]), "other");
    assert_eq!(git(repository, &["log", "-1", "--format=%s", &earlier]), "Gone back on");
    assert_eq!(state(), before, "the user's checkout is as it was");
    assert!(!known(repository).await.common.join("jackfield.settings").exists());
}

/// To another machine and back.
async fn travels(home: &Path, repository: &Path) {
    let (here, copy, bundle) = (known(repository).await, home.join("copy"), home.join("bundle"));
    let Packed::Written(head) = here.pack(None, &bundle).await.unwrap() else { panic!("nothing was packed") };
    bring_copy(&copy, Some(&bundle), &head).await.unwrap();
    let worktrees = Worktrees::open(home.join("elsewhere")).unwrap();
    let there = Source::Git(known(&copy).await);
    let worktree = worktrees.create(&there, RunId::new(), AttemptId::new()).await.unwrap();
    work(&worktree.path, "The agent's own");
    let captured = worktrees.capture(&worktree, &home.join("diffs/other")).await.unwrap();
    let back = home.join("back");
    assert!(pack_branch(&worktree.repository, &worktree.branch, &worktree.base, &back).await.unwrap());
    assert_eq!(here.unpack(&back, &worktree.branch).await.unwrap(), captured.head);
    assert_eq!(git(repository, &["show", &format!("{}:new.txt", worktree.branch)]), "new");
    // What is new since goes to the copy that is there.
    git(repository, &["commit", "-q", "--allow-empty", "-m", "Later"]);
    let Packed::Written(later) = here.pack(Some(&head), &bundle).await.unwrap() else {
        panic!("nothing is new")
    };
    bring_copy(&copy, Some(&bundle), &later).await.unwrap();
}

async fn all_the_way(make: fn(&Path) -> Option<PathBuf>) {
    let home = tempfile::tempdir().unwrap();
    if let Some(repository) = make(home.path()) {
        lives(home.path(), &repository).await;
        travels(home.path(), &repository).await;
    }
}

#[tokio::test]
async fn a_repository_with_reftable_is_worked_in() {
    all_the_way(reftable).await;
}

#[tokio::test]
async fn a_repository_with_sha256_is_worked_in() {
    all_the_way(sha256).await;
}

#[tokio::test]
async fn a_repository_with_packed_references_is_worked_in() {
    all_the_way(packed).await;
}

#[tokio::test]
async fn a_worktree_of_a_bare_repository_is_worked_in() {
    all_the_way(bare_with_worktrees).await;
}

#[tokio::test]
async fn a_partial_clone_is_worked_in() {
    all_the_way(partial).await;
}

#[tokio::test]
async fn a_shallow_clone_is_worked_in() {
    all_the_way(shallow).await;
}

#[tokio::test]
async fn a_repository_with_submodules_is_worked_in() {
    all_the_way(submodules).await;
}

#[tokio::test]
async fn a_branch_named_jackfield_is_named_as_what_is_in_the_way_in_every_format() {
    for make in [reftable, packed] {
        let home = tempfile::tempdir().unwrap();
        let Some(repository) = make(home.path()) else { continue };
        git(&repository, &["branch", "jackfield"]);
        git(&repository, &["pack-refs", "--all"]);
        let worktrees = Worktrees::open(home.path().join("worktrees")).unwrap();
        let found = Source::Git(known(&repository).await);
        let error = worktrees.create(&found, RunId::new(), AttemptId::new()).await.unwrap_err();
        assert_eq!(error.problem().code, "branch_in_the_way", "{error}");
    }
}
