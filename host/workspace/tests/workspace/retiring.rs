//! Worktrees that were kept go when their time is over, and no commit goes with them.

use crate::support::{House, git, read, try_git, write};
use jackfield_types::{AttemptId, RunId};
use jackfield_workspace::{Release, Retired, Worktree, remove_folder, room, source};
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A worktree as it is after its attempt: captured and kept.
async fn kept(house: &House, work: impl FnOnce(&Worktree)) -> Worktree {
    let worktree = house.worktree().await;
    work(&worktree);
    house.worktrees.capture(&worktree, &house.diff()).await.unwrap();
    assert!(!house.worktrees.release(&worktree, Release::Keep).await.unwrap().removed);
    worktree
}

async fn why_it_stays(house: &House, worktree: &Worktree) -> String {
    let retired = house.worktrees.retire(worktree.attempt).await.unwrap();
    assert!(worktree.path.is_dir() && worktree.admin.is_dir());
    let Retired::Stays(why) = retired else { panic!("{retired:?}") };
    why
}

fn commit(worktree: &Worktree, name: &str) -> String {
    write(&worktree.path.join(name), format!("{name}\n"));
    git(&worktree.path, &["add", "-A"]);
    git(&worktree.path, &["commit", "-qm", name]);
    git(&worktree.path, &["rev-parse", "HEAD"])
}

/// Whether any reference reaches the commit, once all logs of where references were are gone.
fn is_reached(house: &House, commit: &str) -> bool {
    git(&house.repository, &["reflog", "expire", "--expire=all", "--all"]);
    git(&house.repository, &["gc", "-q", "--prune=all"]);
    try_git(&house.repository, &["cat-file", "-e", commit]).status.success()
}

#[tokio::test]
async fn what_a_person_left_uncommitted_is_on_the_branch_when_the_worktree_is_gone() {
    let house = House::new();
    let before = house.state();
    let worktree = kept(&house, |worktree| drop(commit(worktree, "agent"))).await;
    write(&worktree.path.join("person"), "by hand\n");
    let listed = house.worktrees.all().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].1.as_ref().unwrap(), &worktree);

    let retired = house.worktrees.retire(worktree.attempt).await.unwrap();
    let branch = Some(worktree.branch.clone());
    assert_eq!(retired, Retired::Gone { committed: true, branch, earlier: None });
    assert!(!worktree.path.exists() && !worktree.admin.exists());
    assert_eq!(git(&house.repository, &["show", &format!("{}:person", worktree.branch)]), "by hand");
    assert_eq!(git(&house.repository, &["show", &format!("{}:agent", worktree.branch)]), "agent");
    assert_eq!(house.state()[1..], before[1..]);
    assert!(house.worktrees.all().unwrap().is_empty());
    let again = house.worktrees.retire(worktree.attempt).await.unwrap();
    assert_eq!(again, Retired::Gone { committed: false, branch: None, earlier: None });
}

#[tokio::test]
async fn commits_that_the_agent_went_back_on_get_a_branch_of_their_own() {
    let house = House::new();
    let mut first = String::new();
    let mut second = String::new();
    let worktree = kept(&house, |worktree| {
        first = commit(worktree, "first");
        git(&worktree.path, &["commit", "--amend", "-qm", "Better told"]);
        second = commit(worktree, "second");
        git(&worktree.path, &["reset", "-q", "--hard", "HEAD~"]);
    })
    .await;
    let retired = house.worktrees.retire(worktree.attempt).await.unwrap();
    let earlier = format!("{}-earlier", worktree.branch);
    let branch = Some(worktree.branch.clone());
    assert_eq!(retired, Retired::Gone { committed: false, branch, earlier: Some(earlier) });
    assert!(is_reached(&house, &first) && is_reached(&house, &second));
}

#[tokio::test]
async fn an_attempt_that_took_everything_back_leaves_what_it_took_back() {
    let house = House::new();
    let mut taken_back = String::new();
    let worktree = kept(&house, |worktree| {
        taken_back = commit(worktree, "tried");
        git(&worktree.path, &["reset", "-q", "--hard", worktree.base.as_str()]);
    })
    .await;
    let retired = house.worktrees.retire(worktree.attempt).await.unwrap();
    let earlier = format!("{}-earlier", worktree.branch);
    assert_eq!(retired, Retired::Gone { committed: false, branch: None, earlier: Some(earlier.clone()) });
    assert!(is_reached(&house, &taken_back));
    assert_eq!(git(&house.repository, &["rev-parse", &earlier]), taken_back);
    assert_eq!(git(&house.repository, &["branch", "--list", &worktree.branch]), "");
}

#[tokio::test]
async fn what_the_work_began_with_stays_even_where_its_owner_rewrote_the_branch_it_was_on() {
    let house = House::new();
    let worktree = kept(&house, |_| {}).await;
    git(&house.repository, &["commit", "-q", "--amend", "-m", "Another beginning"]);
    house.worktrees.retire(worktree.attempt).await.unwrap();
    assert!(is_reached(&house, worktree.base.as_str()));
}

#[tokio::test]
async fn without_anything_to_keep_nothing_is_left() {
    let house = House::new();
    let before = house.state();
    let worktree = kept(&house, |_| {}).await;
    let retired = house.worktrees.retire(worktree.attempt).await.unwrap();
    assert_eq!(retired, Retired::Gone { committed: false, branch: None, earlier: None });
    assert_eq!(house.state(), before);
}

#[tokio::test]
async fn a_worktree_stays_where_git_cannot_prove_that_nothing_is_lost() {
    let house = House::new();
    let mut lost = String::new();
    let worktree = kept(&house, |worktree| {
        lost = commit(worktree, "lost");
        git(&worktree.path, &["reset", "-q", "--hard", "HEAD~"]);
        commit(worktree, "kept");
    })
    .await;
    let object = house.repository.join(".git/objects").join(&lost[..2]).join(&lost[2..]);
    let aside = house.home.path().join("object");
    fs::rename(&object, &aside).unwrap();
    let problem = house.worktrees.retire(worktree.attempt).await.unwrap_err().problem();
    assert_eq!(problem.code, "git_failed", "{problem}");
    assert_eq!(read(&worktree.path.join("kept")), "kept\n");
    assert!(worktree.admin.join("logs/HEAD").is_file());

    fs::rename(&aside, &object).unwrap();
    let retired = house.worktrees.retire(worktree.attempt).await.unwrap();
    assert!(matches!(retired, Retired::Gone { earlier: Some(_), .. }), "{retired:?}");
    assert!(is_reached(&house, &lost));
}

#[tokio::test]
async fn a_worktree_that_somebody_locked_stays_until_it_is_unlocked() {
    let house = House::new();
    let worktree = kept(&house, |worktree| drop(commit(worktree, "work"))).await;
    let path = worktree.path.to_str().unwrap();
    git(&house.repository, &["worktree", "lock", "--reason", "I look at it next week", path]);
    assert_eq!(why_it_stays(&house, &worktree).await, "it is locked: I look at it next week");
    git(&house.repository, &["worktree", "unlock", path]);
    let retired = house.worktrees.retire(worktree.attempt).await.unwrap();
    assert!(matches!(retired, Retired::Gone { .. }), "{retired:?}");
}

#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "the test plays a person with a shell")]
async fn a_worktree_that_somebody_stands_in_stays() {
    let house = House::new();
    let worktree = kept(&house, |worktree| drop(commit(worktree, "sub/work"))).await;
    let mut shell = std::process::Command::new("sleep")
        .arg("600")
        .current_dir(worktree.path.join("sub"))
        .spawn()
        .unwrap();
    let why = why_it_stays(&house, &worktree).await;
    assert_eq!(why, format!("sleep (process {}) is at work in it", shell.id()));
    shell.kill().unwrap();
    shell.wait().unwrap();
    let retired = house.worktrees.retire(worktree.attempt).await.unwrap();
    assert!(matches!(retired, Retired::Gone { .. }), "{retired:?}");
}

#[tokio::test]
async fn a_worktree_whose_lock_is_left_from_its_attempt_goes() {
    let house = House::new();
    let worktree = house.worktree().await;
    commit(&worktree, "work");
    assert!(worktree.admin.join("locked").is_file(), "as a host that was killed leaves it");
    let retired = house.worktrees.retire(worktree.attempt).await.unwrap();
    assert!(matches!(retired, Retired::Gone { .. }), "{retired:?}");
}

#[tokio::test]
async fn a_worktree_with_a_repository_inside_or_without_its_own_stays() {
    let house = House::new();
    let inside = kept(&house, |_| {}).await;
    write(&inside.path.join("vendored/file"), "only here\n");
    git(&inside.path.join("vendored"), &["init", "-q"]);
    assert!(why_it_stays(&house, &inside).await.contains("vendored"));
    let bereft = kept(&house, |worktree| drop(commit(worktree, "work"))).await;
    fs::rename(&house.repository, house.home.path().join("moved")).unwrap();
    let retired = house.worktrees.retire(bereft.attempt).await.unwrap();
    let Retired::Stays(why) = retired else { panic!("{retired:?}") };
    assert!(why.ends_with("is gone"), "{why}");
    assert_eq!(read(&bereft.path.join("work")), "work\n");
}

#[tokio::test]
async fn of_a_copied_folder_the_change_stays_and_the_copy_goes() {
    let house = House::empty();
    let folder = house.home.path().join("plain");
    write(&folder.join("file"), "before\n");
    let plain = source(&folder).await.unwrap();
    for changes in [true, false] {
        let worktree = house.worktrees.create(&plain, RunId::new(), AttemptId::new()).await.unwrap();
        if changes {
            write(&worktree.path.join("file"), "after\n");
        }
        house.worktrees.release(&worktree, Release::Keep).await.unwrap();
        let retired = house.worktrees.retire(worktree.attempt).await.unwrap();
        let branch = changes.then(|| worktree.branch.clone());
        assert_eq!(retired, Retired::Gone { committed: changes, branch, earlier: None });
        assert!(!worktree.path.exists());
        assert_eq!(worktree.repository.exists(), changes);
        if changes {
            let shown = format!("{}:file", worktree.branch);
            assert_eq!(git(&worktree.repository, &["show", &shown]), "after");
        }
    }
}

#[tokio::test]
async fn a_folder_is_measured_and_removed_whatever_its_permissions() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("cache");
    write(&folder.join("deep/file"), vec![7; 100_000]);
    let elsewhere = home.path().join("elsewhere");
    write(&elsewhere, vec![7; 1_000_000]);
    std::os::unix::fs::symlink(&elsewhere, folder.join("link")).unwrap();
    let measured = room(&folder).await;
    assert!((100_000..300_000).contains(&measured), "{measured}");
    fs::set_permissions(folder.join("deep"), fs::Permissions::from_mode(0o500)).unwrap();
    remove_folder(&folder).await.unwrap();
    assert!(!folder.exists() && elsewhere.exists());
    remove_folder(&folder).await.unwrap();
    assert_eq!(room(&folder).await, 0);
}
