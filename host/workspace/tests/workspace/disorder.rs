//! States that agents leave worktrees in. None loses work, and none hurts the user's repository.

mod account;
mod filters;
mod leftovers;

use crate::support::{House, git, read, try_git, write};
use jackfield_workspace::{Captured, Release, Worktree};
use std::fs;

async fn capture(house: &House, worktree: &Worktree) -> Captured {
    let captured = house.worktrees.capture(worktree, &house.diff()).await.unwrap();
    assert_eq!(git(&worktree.path, &["status", "--porcelain"]), "", "the worktree is in order afterwards");
    assert_eq!(git(&worktree.path, &["branch", "--show-current"]), worktree.branch);
    captured
}

fn names(captured: &Captured) -> Vec<&str> {
    captured.files.iter().map(|file| file.path.to_str().unwrap()).collect()
}

fn commit(worktree: &Worktree, name: &str) -> String {
    write(&worktree.path.join(name), format!("{name}\n"));
    git(&worktree.path, &["add", "-A"]);
    git(&worktree.path, &["commit", "-qm", name]);
    git(&worktree.path, &["rev-parse", "HEAD"])
}

fn reaches(house: &House, worktree: &Worktree, commit: &str) -> bool {
    try_git(&house.repository, &["merge-base", "--is-ancestor", commit, &worktree.branch]).status.success()
}

/// Commits a change of README.md on the branch `theirs`, and returns its id; `main` stays checked out.
fn commit_theirs(house: &House) -> String {
    git(&house.repository, &["checkout", "-qb", "theirs"]);
    write(&house.repository.join("README.md"), "# Theirs\n");
    git(&house.repository, &["commit", "-qam", "Theirs"]);
    let theirs = git(&house.repository, &["rev-parse", "HEAD"]);
    git(&house.repository, &["checkout", "-q", "main"]);
    theirs
}

/// A worktree with a commit that conflicts with the branch `theirs`.
async fn worktree_with_ours(house: &House) -> Worktree {
    let worktree = house.worktree().await;
    write(&worktree.path.join("README.md"), "# Ours\n");
    git(&worktree.path, &["commit", "-qam", "Ours"]);
    worktree
}

#[tokio::test]
async fn commits_of_the_agents_own_are_kept_as_they_are() {
    let house = House::new();
    let worktree = house.worktree().await;
    let own = commit(&worktree, "mine");
    let captured = capture(&house, &worktree).await;
    assert_eq!((captured.head.as_str(), captured.committed), (own.as_str(), false));
    write(&worktree.path.join("later"), "later\n");
    let captured = capture(&house, &worktree).await;
    assert!(captured.committed && reaches(&house, &worktree, &own));
    assert_eq!(names(&captured), ["later", "mine"]);
}

#[tokio::test]
async fn work_on_a_detached_head_or_another_branch_ends_up_on_the_attempts_branch() {
    let house = House::new();
    for switch in [["checkout", "-q", "--detach"].as_slice(), &["checkout", "-q", "-b", "elsewhere"]] {
        let worktree = house.worktree().await;
        git(&worktree.path, switch);
        let own = commit(&worktree, "away");
        write(&worktree.path.join("loose"), "loose\n");
        let captured = capture(&house, &worktree).await;
        assert_eq!(names(&captured), ["away", "loose"], "{switch:?}");
        assert!(house.worktrees.release(&worktree, Release::Remove).await.unwrap().removed);
        assert!(reaches(&house, &worktree, &own));
    }
    assert!(git(&house.repository, &["log", "--format=%s", "elsewhere"]).starts_with("away\n"));
}

#[tokio::test]
async fn diverging_commits_are_both_kept() {
    let house = House::new();
    let worktree = house.worktree().await;
    let first = commit(&worktree, "first");
    git(&worktree.path, &["checkout", "-q", "--detach", worktree.base.as_str()]);
    let second = commit(&worktree, "second");
    let captured = capture(&house, &worktree).await;
    assert!(reaches(&house, &worktree, &first) && reaches(&house, &worktree, &second));
    assert_eq!(names(&captured), ["second"], "the diff tells what the files are");
}

#[tokio::test]
async fn an_agent_that_went_back_to_look_has_not_undone_its_work() {
    let house = House::new();
    let worktree = house.worktree().await;
    let own = commit(&worktree, "work");
    git(&worktree.path, &["checkout", "-q", "--detach", worktree.base.as_str()]);
    let captured = capture(&house, &worktree).await;
    assert_eq!(captured.head.as_str(), own);
    assert!(worktree.path.join("work").is_file(), "its files stand at the end of the branch again");
    assert_eq!(capture(&house, &worktree).await.head.as_str(), own, "and stay there");
}

#[tokio::test]
async fn a_merge_with_conflicts_is_saved_and_not_called_a_merge() {
    let house = House::new();
    let theirs = commit_theirs(&house);
    for resolve in [false, true] {
        let worktree = worktree_with_ours(&house).await;
        assert!(!try_git(&worktree.path, &["merge", "theirs"]).status.success());
        if resolve {
            write(&worktree.path.join("README.md"), "# Both\n");
            git(&worktree.path, &["add", "README.md"]);
        }
        let captured = capture(&house, &worktree).await;
        assert!(captured.committed);
        assert_eq!(reaches(&house, &worktree, &theirs), resolve);
        assert_eq!(read(&worktree.path.join("README.md")).contains("<<<<<<<"), !resolve);
    }
}

#[tokio::test]
async fn an_unfinished_rebase_keeps_both_ends() {
    let house = House::new();
    commit_theirs(&house);
    let worktree = worktree_with_ours(&house).await;
    let ours = git(&worktree.path, &["rev-parse", "HEAD"]);
    assert!(!try_git(&worktree.path, &["rebase", "theirs"]).status.success());
    assert!(capture(&house, &worktree).await.committed);
    assert!(reaches(&house, &worktree, &ours) && reaches(&house, &worktree, "theirs"));
}

#[tokio::test]
async fn locks_of_a_killed_agent_do_not_stop_the_capture() {
    let house = House::new();
    let worktree = house.worktree().await;
    write(&worktree.path.join("new"), "new\n");
    let branch_lock = house.repository.join(format!(".git/refs/heads/{}.lock", worktree.branch));
    for lock in [worktree.admin.join("index.lock"), worktree.admin.join("HEAD.lock"), branch_lock] {
        write(&lock, "");
    }
    assert_eq!(names(&capture(&house, &worktree).await), ["new"]);
    assert!(house.worktrees.release(&worktree, Release::Remove).await.unwrap().removed);
}

#[tokio::test]
async fn a_damaged_index_is_done_without() {
    let house = House::new();
    let worktree = house.worktree().await;
    write(&worktree.path.join("new"), "new\n");
    write(&worktree.admin.join("index"), "DIRC this is no index");
    assert_eq!(names(&capture(&house, &worktree).await), ["new"]);
}

#[tokio::test]
async fn a_deleted_git_file_does_not_stop_the_capture() {
    let house = House::new();
    let worktree = house.worktree().await;
    let own = commit(&worktree, "own");
    fs::remove_file(worktree.path.join(".git")).unwrap();
    write(&worktree.path.join("new"), "new\n");
    assert_eq!(names(&capture(&house, &worktree).await), ["new", "own"]);
    assert!(reaches(&house, &worktree, &own));
}

#[tokio::test]
async fn a_worktree_that_the_agent_unregistered_is_captured_all_the_same() {
    let house = House::new();
    let before = house.state();
    let worktree = house.worktree().await;
    let own = commit(&worktree, "own");
    write(&worktree.path.join("new"), "new\n");
    fs::remove_dir_all(&worktree.admin).unwrap();
    let captured = house.worktrees.capture(&worktree, &house.diff()).await.unwrap();
    assert_eq!(names(&captured), ["new", "own"]);
    assert!(reaches(&house, &worktree, &own));
    assert!(house.worktrees.release(&worktree, Release::Remove).await.unwrap().removed);
    assert_eq!(house.state()[1..], before[1..]);
    let left: Vec<_> = fs::read_dir(house.repository.join(".git")).unwrap().flatten().collect();
    assert!(
        left.iter().all(|entry| !entry.file_name().to_string_lossy().starts_with("jackfield-")),
        "{left:?}"
    );
}

#[tokio::test]
async fn a_worktree_that_the_agent_deleted_still_gives_its_commits() {
    let house = House::new();
    let worktree = house.worktree().await;
    let own = commit(&worktree, "own");
    fs::remove_dir_all(&worktree.path).unwrap();
    let captured = house.worktrees.capture(&worktree, &house.diff()).await.unwrap();
    assert_eq!(captured.head.as_str(), own);
    assert!(captured.left_out.is_some());
    let released = house.worktrees.release(&worktree, Release::Remove).await.unwrap();
    assert!(released.removed && released.branch_kept);
    assert_eq!(git(&house.repository, &["worktree", "list", "--porcelain"]).matches("worktree ").count(), 1);
}

#[tokio::test]
async fn a_submodule_is_left_alone_until_something_in_it_changes() {
    let house = House::new();
    let library = House::new();
    let address = library.repository.to_str().unwrap();
    git(&house.repository, &["submodule", "--quiet", "add", address, "library"]);
    git(&house.repository, &["commit", "-qm", "A library"]);
    for change in [None, Some("library/README.md"), Some("library/new")] {
        let worktree = house.worktree().await;
        git(&worktree.path, &["submodule", "--quiet", "update", "--init"]);
        if let Some(name) = change {
            write(&worktree.path.join(name), "# In the submodule alone\n");
        }
        let captured = house.worktrees.capture(&worktree, &house.diff()).await.unwrap();
        assert_eq!(names(&captured), Vec::<&str>::new());
        let released = house.worktrees.release(&worktree, Release::Remove).await.unwrap();
        assert_eq!(released.removed, change.is_none(), "{:?}", released.kept_because);
    }
}

#[tokio::test]
async fn hooks_of_the_user_are_not_run_by_the_host() {
    let house = House::new();
    for hook in ["post-checkout", "pre-commit", "reference-transaction", "commit-msg"] {
        let path = house.repository.join(".git/hooks").join(hook);
        write(&path, "#!/bin/sh\ntouch \"$(git rev-parse --git-common-dir)/hook-ran\"\nexit 1\n");
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    }
    let worktree = house.worktree().await;
    write(&worktree.path.join("new"), "new\n");
    assert!(house.worktrees.capture(&worktree, &house.diff()).await.unwrap().committed);
    assert!(house.worktrees.release(&worktree, Release::Remove).await.unwrap().removed);
    assert!(!house.repository.join(".git/hook-ran").exists());
}

#[tokio::test]
async fn a_link_in_place_of_the_worktree_is_not_followed() {
    let house = House::new();
    let worktree = house.worktree().await;
    let elsewhere = house.home.path().join("elsewhere");
    write(&elsewhere.join("private"), "not the agent's\n");
    fs::remove_dir_all(&worktree.path).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &worktree.path).unwrap();
    let captured = house.worktrees.capture(&worktree, &house.diff()).await.unwrap();
    assert_eq!(names(&captured), Vec::<&str>::new());
    assert!(house.worktrees.release(&worktree, Release::Remove).await.unwrap().removed);
    assert_eq!(read(&elsewhere.join("private")), "not the agent's\n");
}
