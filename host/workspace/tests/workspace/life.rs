//! The life of a worktree when all goes well, and what the user's repository looks like afterwards.

mod formats;

use crate::support::{House, git, git_with, read, write};
use jackfield_types::{AttemptId, RunId};
use jackfield_workspace::{ChangeKind, Release, Repository, Source, WorktreeKind, Worktrees, source};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

#[tokio::test]
async fn work_is_committed_to_the_attempts_branch_and_the_users_checkout_is_untouched() {
    let house = House::new();
    write(&house.repository.join("README.md"), "# Being edited by the user\n");
    write(&house.repository.join("notes"), "not committed");
    git(&house.repository, &["add", "notes"]);
    let before = house.state();

    let worktree = house.worktree().await;
    assert!(worktree.dirty, "the caller must be able to warn");
    assert_eq!(worktree.kind, WorktreeKind::Git);
    assert_eq!(read(&worktree.path.join("README.md")), "# Read me\n");
    assert_eq!(git(&worktree.path, &["status", "--porcelain"]), "");
    assert_eq!(git(&worktree.path, &["branch", "--show-current"]), worktree.branch);

    write(&worktree.path.join("src/main.txt"), "one\ntwo\n3\nfour\nfive\nsix\nseven\n");
    write(&worktree.path.join("new.txt"), "new\n");
    write(&worktree.path.join("noise.log"), "ignored\n");
    let captured = house.worktrees.capture(&worktree, &house.diff()).await.unwrap();
    assert!(captured.committed);
    assert_eq!(captured.left_out, None);
    let summary: Vec<_> =
        captured.files.iter().map(|file| (file.path.to_str().unwrap(), file.added, file.removed)).collect();
    assert_eq!(summary, [("new.txt", 1, 0), ("src/main.txt", 2, 1)]);
    assert_eq!(git(&worktree.path, &["status", "--porcelain"]), "");
    assert_eq!(git(&house.repository, &["rev-parse", &worktree.branch]), captured.head.as_str());

    let again = house.worktrees.capture(&worktree, &house.diff()).await.unwrap();
    assert_eq!((again.committed, &again.head, &again.files), (false, &captured.head, &captured.files));

    let released = house.worktrees.release(&worktree, Release::Remove).await.unwrap();
    assert!(released.removed && released.branch_kept);
    assert!(!worktree.path.exists());
    let after = house.state();
    assert_eq!(after[1..], before[1..], "worktrees, checkout and index are as they were");
    assert_eq!(after[0].lines().count(), before[0].lines().count() + 1, "one branch more: {}", after[0]);

    git(&house.repository, &["stash", "-qu"]);
    git(&house.repository, &["apply", captured.diff.to_str().unwrap()]);
    assert_eq!(read(&house.repository.join("new.txt")), "new\n");
}

#[tokio::test]
async fn an_attempt_that_changed_nothing_leaves_nothing() {
    let house = House::new();
    let before = house.state();
    let worktree = house.worktree().await;
    write(&worktree.path.join("build.log"), "ignored");
    let captured = house.worktrees.capture(&worktree, &house.diff()).await.unwrap();
    assert_eq!((captured.committed, captured.files.len(), captured.diff_bytes), (false, 0, 0));
    assert_eq!(captured.head, worktree.base);
    let released = house.worktrees.release(&worktree, Release::Remove).await.unwrap();
    assert!(released.removed && !released.branch_kept);
    assert_eq!(house.state(), before);
    assert!(!house.repository.join(".git/worktrees").exists());
    assert_eq!(house.worktrees.find(worktree.attempt).await.unwrap(), None);
    let again = house.worktrees.release(&worktree, Release::Remove).await.unwrap();
    assert_eq!(again, released, "a second release is no error");
}

#[tokio::test]
async fn a_kept_worktree_is_found_again_and_belongs_to_the_user() {
    let house = House::new();
    let worktree = house.worktree().await;
    let reopened = Worktrees::open(house.home.path().join("worktrees")).unwrap();
    assert_eq!(reopened.find(worktree.attempt).await.unwrap().as_ref(), Some(&worktree));
    let kept = reopened.release(&worktree, Release::Keep).await.unwrap();
    assert!(!kept.removed && worktree.path.is_dir());
    git(&house.repository, &["worktree", "remove", worktree.path.to_str().unwrap()]);
    let gone = reopened.release(&worktree, Release::Remove).await.unwrap();
    assert!(gone.removed);
    assert_eq!(git(&house.repository, &["branch", "--list", "jackfield/*"]), "");
}

#[tokio::test]
async fn an_attempt_starts_as_deep_in_the_worktree_as_the_source_was() {
    let house = House::new();
    let deep = source(&house.repository.join("src")).await.unwrap();
    let worktree = house.worktrees.create(&deep, RunId::new(), AttemptId::new()).await.unwrap();
    assert_eq!(worktree.cwd, worktree.path.join("src"));
    assert!(worktree.cwd.join("main.txt").is_file());
}

#[tokio::test]
async fn every_sort_of_change_and_name_is_told_exactly() {
    let house = House::new();
    write(&house.repository.join("picture"), b"\x00\x01\x02\xff".repeat(50));
    write(&house.repository.join("going"), "going\n");
    git(&house.repository, &["add", "-A"]);
    git(&house.repository, &["commit", "-qm", "More"]);
    let worktree = house.worktree().await;
    let top = &worktree.path;
    fs::rename(top.join("src/main.txt"), top.join("src/-renamed one.txt")).unwrap();
    fs::remove_file(top.join("going")).unwrap();
    write(&top.join("picture"), b"\x00\x01\x03\xff".repeat(60));
    let odd = OsStr::from_bytes(b"tab\tline\nquote\" back\\ \xff\xfe");
    write(&top.join(odd), "odd\n");
    write(&top.join(":(top)magic*"), "magic\n");
    std::os::unix::fs::symlink("nowhere", top.join("link")).unwrap();

    let captured = house.worktrees.capture(&worktree, &house.diff()).await.unwrap();
    let find = |path: &Path| captured.files.iter().find(|file| file.path == path).unwrap();
    let renamed = ChangeKind::Renamed { from: PathBuf::from("src/main.txt") };
    assert_eq!(find(Path::new("src/-renamed one.txt")).kind, renamed);
    assert_eq!(find(Path::new("going")).kind, ChangeKind::Deleted);
    assert!(find(Path::new("picture")).binary);
    assert_eq!(find(Path::new(odd)).added, 1);
    assert_eq!(find(Path::new("link")).kind, ChangeKind::Added);
    assert_eq!(find(Path::new(":(top)magic*")).kind, ChangeKind::Added);
    assert_eq!(captured.files.len(), 6);

    git(&house.repository, &["apply", captured.diff.to_str().unwrap()]);
    assert_eq!(fs::read(house.repository.join("picture")).unwrap(), b"\x00\x01\x03\xff".repeat(60));
    assert_eq!(read(&house.repository.join(odd)), "odd\n");
}

#[tokio::test]
async fn a_repository_without_commits_starts_empty_and_its_first_work_can_be_merged() {
    let house = House::empty();
    let worktree = house.worktree().await;
    write(&worktree.path.join("first"), "first\n");
    let captured = house.worktrees.capture(&worktree, &house.diff()).await.unwrap();
    assert_eq!(captured.files.len(), 1);
    house.worktrees.release(&worktree, Release::Remove).await.unwrap();
    git(&house.repository, &["merge", "-q", &worktree.branch]);
    assert_eq!(read(&house.repository.join("first")), "first\n");

    let empty = House::empty();
    let before = empty.state();
    let unused = empty.worktree().await;
    empty.worktrees.release(&unused, Release::Remove).await.unwrap();
    assert_eq!(empty.state(), before);
}

#[tokio::test]
async fn what_git_cannot_check_out_is_told_and_leaves_nothing() {
    let house = House::new();
    write(&house.repository.join(".gitattributes"), "*.big filter=large\n");
    write(&house.repository.join("a.big"), "pointer\n");
    git(&house.repository, &["add", "-A"]);
    git(&house.repository, &["commit", "-qm", "Large files"]);
    git(&house.repository, &["config", "filter.large.smudge", "no-such-filter-program"]);
    git(&house.repository, &["config", "filter.large.clean", "cat"]);
    git(&house.repository, &["config", "filter.large.required", "true"]);
    let before = house.state();
    let attempt = AttemptId::new();
    let error = house.worktrees.create(&house.source().await, RunId::new(), attempt).await.unwrap_err();
    assert_eq!(error.problem().code, "git_failed");
    assert!(error.to_string().contains("no-such-filter-program"), "{error}");
    assert_eq!(house.state(), before);
    git(&house.repository, &["config", "filter.large.smudge", "cat"]);
    house.worktrees.create(&house.source().await, RunId::new(), attempt).await.unwrap();
}

#[tokio::test]
async fn an_agent_in_a_copy_never_meets_a_repository_around_the_worktrees_folder() {
    let house = House::new();
    git(house.home.path(), &["init", "-q"]);
    let folder = tempfile::tempdir().unwrap();
    write(&folder.path().join("page"), "page\n");
    let plain = source(folder.path()).await.unwrap();
    let worktree = house.worktrees.create(&plain, RunId::new(), AttemptId::new()).await.unwrap();
    let look = |environment: &[(OsString, OsString)]| {
        git_with(&worktree.cwd, environment, &["rev-parse", "--show-toplevel"]).status.success()
    };
    assert!(look(&[]), "without the environment it does");
    assert!(!look(&worktree.environment()));
}

#[tokio::test]
async fn a_plain_folder_is_copied_and_gives_a_diff_without_becoming_a_repository() {
    let house = House::new();
    let folder = house.home.path().join("plain");
    write(&folder.join("page.html"), "<p>old</p>\n");
    write(&folder.join("deep/picture"), [0, 1, 2]);
    let before = fs::read_dir(&folder).unwrap().count();
    let plain = source(&folder).await.unwrap();
    let worktree = house.worktrees.create(&plain, RunId::new(), AttemptId::new()).await.unwrap();
    assert_eq!(worktree.kind, WorktreeKind::Copy);
    assert!(!worktree.path.join(".git").exists());
    write(&worktree.path.join("page.html"), "<p>new</p>\n");
    write(&worktree.path.join("added"), "added\n");
    let captured = house.worktrees.capture(&worktree, &house.diff()).await.unwrap();
    let kinds: Vec<_> = captured.files.iter().map(|file| file.kind.clone()).collect();
    assert_eq!(kinds, [ChangeKind::Added, ChangeKind::Modified]);
    assert!(read(&captured.diff).contains("+<p>new</p>"));
    assert_eq!(read(&folder.join("page.html")), "<p>old</p>\n");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), before);

    let released = house.worktrees.release(&worktree, Release::Remove).await.unwrap();
    assert!(released.removed && released.branch_kept);
    let kept = git(&worktree.repository, &["--git-dir", ".", "show", &format!("{}:added", worktree.branch)]);
    assert_eq!(kept, "added", "the private repository keeps what the copy had");

    let unused = house.worktrees.create(&plain, RunId::new(), AttemptId::new()).await.unwrap();
    let released = house.worktrees.release(&unused, Release::Remove).await.unwrap();
    assert!(!released.branch_kept && !unused.repository.exists());
}

#[tokio::test]
async fn worktree_starts_from_a_branch_that_collects_work() {
    let house = House::new();
    let Source::Git(repository) = house.source().await else { panic!("it is a repository") };
    let branch = Repository::collecting_branch("move-the-till");
    let start = repository.begin_branch(&branch).await.unwrap();
    assert_eq!(repository.begin_branch(&branch).await.unwrap(), start, "it exists");
    let of_card = async || {
        let (source, attempt) = (house.source().await, AttemptId::new());
        house.worktrees.create_from(&source, Some(&branch), RunId::new(), attempt).await.unwrap()
    };
    let first = of_card().await;
    write(&first.path.join("research.md"), "# Research\n");
    house.worktrees.capture(&first, &house.diff()).await.unwrap();
    assert!(repository.advance_branch(&branch, &first.branch).await.unwrap());
    let second = of_card().await;
    assert_eq!(read(&second.path.join("research.md")), "# Research\n");
    assert!(!house.worktree().await.path.join("research.md").exists(), "others start from the checkout");

    let text = async |path: &str, most| repository.text_at(&branch, path, most).await.unwrap();
    assert_eq!(text("research.md", 100).await.as_deref(), Some("# Research\n"));
    assert_eq!(text("research.md", 3).await.as_deref(), Some("# R"));
    for path in ["none.md", "../research.md", "src", "", "/etc/passwd"] {
        assert_eq!(text(path, 100).await, None, "{path}");
    }

    // A branch that does not contain the collected work does not replace it.
    git(&house.repository, &["branch", "other", start.as_str()]);
    assert!(!repository.advance_branch(&branch, "other").await.unwrap());
    assert!(!repository.advance_branch(&branch, "no-such-branch").await.unwrap());
    assert_eq!(
        git(&house.repository, &["rev-parse", &branch]),
        repository.commit_of(&branch).await.unwrap().as_str()
    );
    assert_eq!(repository.commit_of(start.as_str()).await.unwrap(), start);
    let source = house.source().await;
    for base in ["no-such-branch", "HEAD~1", "--help", "main^{tree}", &"0".repeat(40)] {
        let made = house.worktrees.create_from(&source, Some(base), RunId::new(), AttemptId::new()).await;
        assert_eq!(made.unwrap_err().problem().code, "base_not_found", "{base}");
    }
}
