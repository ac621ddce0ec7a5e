//! What an agent made and a commit cannot hold is kept and listed, whatever git was told to look away from.

use super::{commit_theirs, worktree_with_ours};
use crate::support::{House, git, read, try_git, write};
use jackfield_types::{AttemptId, RunId};
use jackfield_workspace::{Captured, Keeping, Leftover, LeftoverKind, Release, Worktree, source};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

async fn capture(house: &House, worktree: &Worktree) -> Captured {
    house.worktrees.capture(worktree, &house.diff()).await.unwrap()
}

fn of(captured: &Captured, kind: LeftoverKind) -> Vec<&Leftover> {
    captured.leftovers.iter().filter(|leftover| leftover.kind == kind).collect()
}

/// What the branch has at a path.
fn on_branch(worktree: &Worktree, path: &str) -> String {
    let at = [&format!("--git-dir={}", worktree.repository.display()), "show"];
    git(&worktree.repository, &[at[0], at[1], &format!("{}:{path}", worktree.branch)])
}

async fn removed(house: &House, worktree: &Worktree) {
    let released = house.worktrees.release(worktree, Release::Remove).await.unwrap();
    assert!(released.removed, "{:?}", released.kept_because);
}

#[tokio::test]
async fn work_outside_the_sparse_cone_is_on_the_branch_and_absent_files_are_not_deleted() {
    for sparse_index in ["false", "true"] {
        let house = House::new();
        for name in ["apps/a", "libs/x", "libs/z"] {
            write(&house.repository.join(name), "before\n");
        }
        git(&house.repository, &["add", "-A"]);
        git(&house.repository, &["commit", "-qm", "Folders"]);
        git(&house.repository, &["sparse-checkout", "set", "--cone", "apps"]);
        git(&house.repository, &["config", "index.sparse", sparse_index]);
        let worktree = house.worktree().await;
        assert!(!worktree.path.join("libs").exists(), "the worktree is sparse as well");
        write(&worktree.path.join("libs/x"), "edited\n");
        write(&worktree.path.join("more/new"), "new\n");
        let captured = capture(&house, &worktree).await;
        let names: Vec<_> = captured.files.iter().map(|file| file.path.to_str().unwrap()).collect();
        assert_eq!(names, ["libs/x", "more/new"], "index.sparse={sparse_index}");
        assert_eq!(on_branch(&worktree, "libs/z"), "before");
        assert!(captured.leftovers.is_empty() && captured.left_out.is_none(), "{captured:?}");
        removed(&house, &worktree).await;
    }
}

#[tokio::test]
async fn marks_and_settings_that_hide_changes_hide_none() {
    let house = House::new();
    let worktree = house.worktree().await;
    let at = &worktree.path;
    git(at, &["update-index", "--assume-unchanged", "README.md"]);
    git(at, &["update-index", "--skip-worktree", "src/main.txt"]);
    for setting in ["core.fileMode=false", "core.ignoreCase=true", "core.trustctime=false"] {
        let (name, value) = setting.split_once('=').unwrap();
        git(at, &["config", name, value]);
    }
    write(&at.join("README.md"), "# Hidden\n");
    write(&at.join("src/main.txt"), "hidden\n");
    write(&at.join("readme.md"), "another file\n");
    fs::set_permissions(at.join(".gitignore"), PermissionsExt::from_mode(0o755)).unwrap();
    let captured = capture(&house, &worktree).await;
    assert_eq!(on_branch(&worktree, "README.md"), "# Hidden");
    assert_eq!(on_branch(&worktree, "src/main.txt"), "hidden");
    assert_eq!(on_branch(&worktree, "readme.md"), "another file");
    assert!(read(&captured.diff).contains("new mode 100755"), "the mode is part of the change");
    removed(&house, &worktree).await;
}

#[tokio::test]
async fn ignored_files_are_kept_up_to_a_bound_the_smallest_first_and_the_rest_is_listed() {
    let house = House::new();
    let worktree = house.worktree().await;
    write(&worktree.path.join("ignored/report.md"), "findings\n");
    write(&worktree.path.join("ignored/deep/huge"), vec![b'x'; 3 << 20]);
    write(&worktree.path.join("src/run.log"), "one line\n");
    let folder = house.home.path().join("kept");
    let keeping = Keeping { folder: folder.clone(), ignored_bytes: 2 << 20 };
    let captured = house.worktrees.capture_keeping(&worktree, &house.diff(), &keeping).await.unwrap();
    let ignored = of(&captured, LeftoverKind::Ignored);
    let [kept, dropped] = ignored.as_slice() else { panic!("{captured:?}") };
    assert_eq!((kept.files, kept.bytes), (2, 18));
    assert_eq!(kept.what, "ignored/, src/run.log");
    assert_eq!(kept.kept.as_deref(), folder.join("ignored").to_str());
    assert_eq!((dropped.files, dropped.bytes, dropped.kept.as_deref()), (1, 3 << 20, None));
    assert!(dropped.why.contains("exceed"), "{dropped}");
    removed(&house, &worktree).await;
    assert_eq!(read(&folder.join("ignored/ignored/report.md")), "findings\n");
    assert_eq!(read(&folder.join("ignored/src/run.log")), "one line\n");
}

#[tokio::test]
async fn files_of_a_repository_inside_are_on_the_branch_and_its_history_is_kept() {
    let house = House::new();
    for (committed, added) in [(false, false), (true, false), (true, true)] {
        let worktree = house.worktree().await;
        let inside = worktree.path.join("vendored");
        write(&inside.join("file"), "only here\n");
        git(&inside, &["init", "-q"]);
        if committed {
            git(&inside, &["add", "-A"]);
            git(&inside, &["commit", "-qm", "Only here"]);
        }
        if added {
            git(&worktree.path, &["add", "-A"]);
            git(&worktree.path, &["commit", "-qm", "A repository as one entry"]);
        }
        for _ in 0..2 {
            let captured = capture(&house, &worktree).await;
            assert_eq!(captured.left_out, None);
            assert_eq!(on_branch(&worktree, "vendored/file"), "only here");
            let kept = of(&captured, LeftoverKind::Repository)[0].kept.clone().unwrap();
            if committed {
                let at = format!("--git-dir={kept}");
                assert_eq!(git(&house.repository, &[&at, "show", "HEAD:file"]), "only here");
            }
            assert!(Path::new(&kept).join("HEAD").is_file());
        }
        removed(&house, &worktree).await;
    }
}

#[tokio::test]
async fn a_repository_in_an_ignored_folder_stays_with_the_ignored_files() {
    let house = House::new();
    let worktree = house.worktree().await;
    let inside = worktree.path.join("ignored/cache");
    write(&inside.join("file"), "cached\n");
    git(&inside, &["init", "-q"]);
    let captured = capture(&house, &worktree).await;
    assert!(of(&captured, LeftoverKind::Repository).is_empty(), "{captured:?}");
    let kept = of(&captured, LeftoverKind::Ignored)[0].kept.clone().unwrap();
    assert_eq!(read(&Path::new(&kept).join("ignored/cache/file")), "cached\n");
    assert!(Path::new(&kept).join("ignored/cache/.git/HEAD").is_file());
}

#[tokio::test]
async fn what_the_agent_stashed_becomes_a_branch_and_the_users_stash_is_as_it_was() {
    let house = House::new();
    write(&house.repository.join("README.md"), "# The user's\n");
    git(&house.repository, &["stash", "-q"]);
    let before = git(&house.repository, &["stash", "list", "--format=%H %gs"]);
    let worktree = house.worktree().await;
    let at = &worktree.path;
    write(&at.join("README.md"), "# First\n");
    git(at, &["stash", "-q"]);
    write(&at.join("untracked"), "second\n");
    git(at, &["stash", "push", "-q", "-u", "-m", "in between"]);
    git(at, &["checkout", "-q", "--detach"]);
    write(&at.join("README.md"), "# Third\n");
    git(at, &["stash", "-q"]);
    for _ in 0..2 {
        let captured = capture(&house, &worktree).await;
        let stashed = of(&captured, LeftoverKind::Stash);
        assert_eq!(stashed.len(), 3, "{captured:?}");
        assert!(stashed.iter().all(|entry| entry.files == 1), "{stashed:?}");
        assert_eq!(git(&house.repository, &["stash", "list", "--format=%H %gs"]), before);
        let contents: Vec<String> = stashed
            .iter()
            .map(|entry| git(&house.repository, &["stash", "show", "-u", "-p", entry.kept.as_ref().unwrap()]))
            .collect();
        for word in ["+# First", "+second", "+# Third"] {
            assert!(contents.iter().any(|content| content.contains(word)), "{word}: {contents:?}");
        }
    }
    removed(&house, &worktree).await;
}

#[tokio::test]
async fn the_last_entry_of_the_stash_takes_the_stash_with_it() {
    let house = House::new();
    let worktree = house.worktree().await;
    write(&worktree.path.join("README.md"), "# Stashed\n");
    git(&worktree.path, &["stash", "-q"]);
    let captured = capture(&house, &worktree).await;
    assert_eq!(of(&captured, LeftoverKind::Stash).len(), 1);
    assert!(!try_git(&house.repository, &["rev-parse", "-q", "--verify", "refs/stash"]).status.success());
}

#[tokio::test]
async fn autostash_of_a_rebase_is_kept() {
    let house = House::new();
    commit_theirs(&house);
    let worktree = worktree_with_ours(&house).await;
    write(&worktree.path.join("src/main.txt"), "put aside\n");
    assert!(!try_git(&worktree.path, &["rebase", "--autostash", "theirs"]).status.success());
    let captured = capture(&house, &worktree).await;
    let stashed = of(&captured, LeftoverKind::Stash);
    let shown = git(&house.repository, &["stash", "show", "-p", stashed[0].kept.as_ref().unwrap()]);
    assert!(shown.contains("+put aside"), "{shown}");
}

#[tokio::test]
async fn commits_that_were_taken_back_have_a_branch_when_the_worktree_goes() {
    let house = House::new();
    let worktree = house.worktree().await;
    write(&worktree.path.join("tried"), "tried\n");
    git(&worktree.path, &["add", "-A"]);
    git(&worktree.path, &["commit", "-qm", "Tried"]);
    let tried = git(&worktree.path, &["rev-parse", "HEAD"]);
    git(&worktree.path, &["reset", "-q", "--hard", worktree.base.as_str()]);
    for _ in 0..2 {
        let captured = capture(&house, &worktree).await;
        let earlier = of(&captured, LeftoverKind::EarlierCommits);
        assert_eq!(git(&house.repository, &["rev-parse", earlier[0].kept.as_ref().unwrap()]), tried);
    }
    removed(&house, &worktree).await;
}

#[tokio::test]
async fn pipes_and_empty_folders_are_listed() {
    let house = House::new();
    let worktree = house.worktree().await;
    fs::create_dir_all(worktree.path.join("plans/later")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        worktree.path.join("pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from(0o600),
        0,
    )
    .unwrap();
    let captured = capture(&house, &worktree).await;
    assert_eq!(of(&captured, LeftoverKind::SpecialFile)[0].what, "pipe (pipe)");
    assert_eq!(of(&captured, LeftoverKind::EmptyFolder)[0].what, "plans/later");
    removed(&house, &worktree).await;
}

#[tokio::test]
async fn a_filter_that_fails_costs_no_file() {
    let house = House::new();
    write(&house.repository.join(".gitattributes"), "*.bin filter=broken\n");
    git(&house.repository, &["add", "-A"]);
    git(&house.repository, &["commit", "-qm", "Attributes"]);
    git(&house.repository, &["config", "filter.broken.clean", "exit 1"]);
    git(&house.repository, &["config", "filter.broken.required", "true"]);
    let worktree = house.worktree().await;
    write(&worktree.path.join("a.bin"), "raw\n");
    write(&worktree.path.join("b.txt"), "text\n");
    let captured = capture(&house, &worktree).await;
    assert_eq!(on_branch(&worktree, "a.bin"), "raw");
    assert_eq!(on_branch(&worktree, "b.txt"), "text");
    assert!(captured.warnings.iter().any(|warning| warning.contains("filters failed")), "{captured:?}");
}

#[tokio::test]
async fn of_a_copied_folder_with_repositories_every_change_is_on_the_branch() {
    let house = House::empty();
    let folder = house.home.path().join("projects");
    for name in ["one", "two"] {
        write(&folder.join(name).join("file"), "before\n");
        write(&folder.join(name).join(".gitignore"), "*.tmp\n");
        write(&folder.join(name).join("old.tmp"), "was there\n");
        git(&folder.join(name), &["init", "-q"]);
        git(&folder.join(name), &["add", "-A"]);
        git(&folder.join(name), &["commit", "-qm", "Before"]);
    }
    let plain = source(&folder).await.unwrap();
    let worktree = house.worktrees.create(&plain, RunId::new(), AttemptId::new()).await.unwrap();
    git(&worktree.path.join("two"), &["status"]);
    write(&worktree.path.join("one/file"), "after\n");
    write(&worktree.path.join("two/new.tmp"), "ignored\n");
    git(&worktree.path.join("one"), &["commit", "-qam", "After"]);
    let captured = capture(&house, &worktree).await;
    assert_eq!(on_branch(&worktree, "one/file"), "after");
    let kinds: Vec<_> =
        captured.leftovers.iter().map(|leftover| (leftover.kind, leftover.what.as_str())).collect();
    assert_eq!(kinds, [(LeftoverKind::Repository, "one/.git"), (LeftoverKind::Ignored, "two/new.tmp")]);
    assert!(worktree.path.join("two/.git/HEAD").is_file(), "what did not change is where it was");
    removed(&house, &worktree).await;
}
