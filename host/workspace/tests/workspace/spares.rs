//! Worktrees that are made ahead: when one is used, and that it never differs from a fresh one.

use crate::support::*;
use jackfield_workspace::{Release, Worktree};
use std::fs::File;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::Duration;

/// A repository with enough files, after one attempt, with the worktree that was made ahead.
async fn prepared() -> (House, PathBuf) {
    let house = House::new();
    for number in 0..600 {
        write(
            &house.repository.join(format!("part/{}/file-{number}.txt", number / 20)),
            format!("{number}\n"),
        );
    }
    git(&house.repository, &["add", "-A"]);
    git(&house.repository, &["commit", "-qm", "Many files"]);
    let worktree = house.worktree().await;
    write(&worktree.path.join("note.txt"), "changed\n");
    house.worktrees.capture(&worktree, &house.diff()).await.unwrap();
    assert!(house.worktrees.release(&worktree, Release::Remove).await.unwrap().removed);
    let tree = made(&house).await;
    (house, tree)
}

/// The files of the only one, when it is ready.
async fn made(house: &House) -> PathBuf {
    for _ in 0..600 {
        if let [only] = spares(house).as_slice()
            && !only.to_string_lossy().contains("making-")
        {
            return only.join("tree");
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("no worktree was made ahead: {:?}", spares(house));
}

fn spares(house: &House) -> Vec<PathBuf> {
    let folder = house.home.path().join("worktrees/spare");
    folder.read_dir().into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
}

/// Has the files of the commit and no others, and git sees no change.
fn is_fresh(worktree: &Worktree) {
    assert_eq!(git(&worktree.path, &["status", "--porcelain", "--ignored", "--untracked-files=all"]), "");
    assert_eq!(git(&worktree.path, &["rev-parse", "HEAD"]), worktree.base.as_str());
    assert_eq!(git(&worktree.path, &["symbolic-ref", "--short", "HEAD"]), worktree.branch);
    let named = git(&worktree.path, &["ls-files"]).lines().count();
    let found = std::process::Command::new("find").arg(&worktree.path).args(["-type", "f"]).output().unwrap();
    assert_eq!(String::from_utf8(found.stdout).unwrap().lines().count(), named + 1, "and the file .git");
}

#[tokio::test(flavor = "multi_thread")]
async fn worktree_made_ahead_is_used_once_and_captured_as_any_other() {
    let (house, tree) = prepared().await;
    let inode = tree.metadata().unwrap().ino();
    let worktree = house.worktree().await;
    assert_eq!(worktree.path.metadata().unwrap().ino(), inode);
    assert_eq!(spares(&house), Vec::<PathBuf>::new());
    is_fresh(&worktree);
    let other = house.worktree().await;
    is_fresh(&other);
    write(&worktree.path.join("part/0/file-1.txt"), "mine\n");
    let captured = house.worktrees.capture(&worktree, &house.diff()).await.unwrap();
    assert_eq!(captured.files.len(), 1);
    assert_eq!(captured.leftovers, []);
    assert!(house.worktrees.release(&worktree, Release::Remove).await.unwrap().removed);
}

#[tokio::test(flavor = "multi_thread")]
async fn worktree_made_ahead_is_brought_to_a_later_commit() {
    let (house, tree) = prepared().await;
    let inode = tree.metadata().unwrap().ino();
    write(&house.repository.join("part/0/file-1.txt"), "later\n");
    write(&house.repository.join("part/new.txt"), "new\n");
    std::fs::remove_file(house.repository.join("part/1/file-20.txt")).unwrap();
    git(&house.repository, &["add", "-A"]);
    git(&house.repository, &["commit", "-qm", "Later"]);
    let worktree = house.worktree().await;
    assert_eq!(worktree.path.metadata().unwrap().ino(), inode);
    is_fresh(&worktree);
    assert_eq!(std::fs::read_to_string(worktree.path.join("part/0/file-1.txt")).unwrap(), "later\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn worktree_made_ahead_that_somebody_changed_is_not_used() {
    type Change = fn(&PathBuf);
    let changes: [(&str, Change); 6] = [
        ("a changed file", |tree| write(&tree.join("part/0/file-1.txt"), "x\n")),
        ("a file that was written again", |tree| write(&tree.join("part/0/file-1.txt"), "1\n")),
        ("a link to a file", |tree| {
            std::fs::hard_link(tree.join("part/0/file-1.txt"), tree.join("../elsewhere")).unwrap();
        }),
        ("a new file that git ignores", |tree| write(&tree.join("part/0/new.log"), "x\n")),
        ("a repository", |tree| {
            git(&tree.join("part/0"), &["init", "-q"]);
        }),
        ("another index", |tree| {
            let index = tree.with_file_name("index");
            let mut bytes = std::fs::read(&index).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            std::fs::write(index, bytes).unwrap();
        }),
    ];
    for (what, change) in changes {
        let (house, tree) = prepared().await;
        // In the second in which a file was written, git tells by its content alone whether it is another.
        tokio::time::sleep(Duration::from_millis(1100)).await;
        // Open, so that no other folder gets its number.
        let held = File::open(&tree).unwrap();
        change(&tree);
        let worktree = house.worktree().await;
        let inode = held.metadata().unwrap().ino();
        assert_ne!(worktree.path.metadata().unwrap().ino(), inode, "{what}");
        is_fresh(&worktree);
        assert_eq!(spares(&house), Vec::<PathBuf>::new(), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn worktree_made_ahead_with_other_settings_or_attributes_is_not_used() {
    type Change = fn(&House);
    let changes: [(&str, Change); 3] = [
        ("a setting", |house| {
            git(&house.repository, &["config", "core.autocrlf", "true"]);
        }),
        ("attributes of the repository", |house| {
            write(&house.repository.join(".git/info/attributes"), "*.txt eol=crlf\n");
        }),
        ("attributes in the tree", |house| {
            write(&house.repository.join("part/.gitattributes"), "*.txt eol=crlf\n");
            git(&house.repository, &["add", "-A"]);
            git(&house.repository, &["commit", "-qm", "Attributes"]);
        }),
    ];
    for (what, change) in changes {
        let (house, tree) = prepared().await;
        // Open, so that no other folder gets its number.
        let held = File::open(&tree).unwrap();
        change(&house);
        let worktree = house.worktree().await;
        let inode = held.metadata().unwrap().ino();
        assert_ne!(worktree.path.metadata().unwrap().ino(), inode, "{what}");
        let text = std::fs::read_to_string(worktree.path.join("part/0/file-1.txt")).unwrap();
        assert_eq!(text, "1\r\n", "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repair_deletes_what_a_lost_process_made_ahead_and_leaves_what_is_in_use() {
    let (house, tree) = prepared().await;
    let lost = house.home.path().join("worktrees/spare/making-lost");
    write(&lost.join("tree/file"), "x\n");
    house.worktrees.repair().await.unwrap();
    assert!(!lost.exists());
    assert!(tree.is_dir());
    let inode = tree.metadata().unwrap().ino();
    assert_eq!(house.worktree().await.path.metadata().unwrap().ino(), inode);
}

#[tokio::test(flavor = "multi_thread")]
async fn small_repository_gets_no_worktree_ahead() {
    let house = House::new();
    let worktree = house.worktree().await;
    assert!(house.worktrees.release(&worktree, Release::Remove).await.unwrap().removed);
    assert_eq!(spares(&house), Vec::<PathBuf>::new());
}
