//! What a repository has committed goes to another place, and what was done there comes back as a branch.

use crate::support::{House, git, write};
use jackfield_types::{AttemptId, RunId};
use jackfield_workspace::{
    Packed, Release, Repository, Source, Worktrees, bring_copy, copy_stands_at, pack_branch, source,
};
use std::fs;

async fn repository(house: &House) -> Repository {
    match house.source().await {
        Source::Git(repository) => repository,
        Source::Folder { .. } => panic!("no repository"),
    }
}

#[tokio::test]
async fn a_copy_is_made_once_and_then_brought_what_is_new() {
    let house = House::new();
    let (copy, bundle) = (house.home.path().join("copy"), house.home.path().join("bundle"));
    assert_eq!(copy_stands_at(&copy).await.unwrap(), None);
    let Packed::Written(first) = repository(&house).await.pack(None, &bundle).await.unwrap() else {
        panic!()
    };
    bring_copy(&copy, Some(&bundle), &first).await.unwrap();
    assert_eq!(copy_stands_at(&copy).await.unwrap(), Some(first.clone()));
    assert_eq!(git(&copy, &["show", "HEAD:README.md"]), "# Read me");
    assert_eq!(
        repository(&house).await.pack(Some(&first), &bundle).await.unwrap(),
        Packed::Known(first.clone())
    );

    let whole = fs::metadata(&bundle).unwrap().len();
    write(&house.repository.join("more.txt"), "more\n");
    git(&house.repository, &["add", "-A"]);
    git(&house.repository, &["commit", "-qm", "More"]);
    let packed = repository(&house).await.pack(Some(&first), &bundle).await.unwrap();
    let Packed::Written(second) = packed else { panic!("{packed:?}") };
    assert!(fs::metadata(&bundle).unwrap().len() < whole, "only what is new travels");
    bring_copy(&copy, Some(&bundle), &second).await.unwrap();
    assert_eq!(fs::read_to_string(copy.join("more.txt")).unwrap(), "more\n");
    // A commit that the other side claims to know and nobody does is no reason to leave anything out.
    let other = "0123456789012345678901234567890123456789".to_owned().try_into().unwrap();
    let fresh = house.home.path().join("fresh");
    assert_eq!(
        repository(&house).await.pack(Some(&other), &bundle).await.unwrap(),
        Packed::Written(second.clone())
    );
    bring_copy(&fresh, Some(&bundle), &second).await.unwrap();
    assert_eq!(copy_stands_at(&fresh).await.unwrap(), Some(second));
}

#[tokio::test]
async fn what_was_done_in_the_copy_comes_back_as_a_branch_and_nothing_else_does() {
    let house = House::new();
    let (copy, bundle) = (house.home.path().join("copy"), house.home.path().join("bundle"));
    let Packed::Written(base) = repository(&house).await.pack(None, &bundle).await.unwrap() else { panic!() };
    bring_copy(&copy, Some(&bundle), &base).await.unwrap();
    let there = Worktrees::open(house.home.path().join("there")).unwrap();
    let worktree = there.create(&source(&copy).await.unwrap(), RunId::new(), AttemptId::new()).await.unwrap();
    let work = house.home.path().join("work");
    assert!(!pack_branch(&worktree.repository, &worktree.branch, &worktree.base, &work).await.unwrap());
    write(&worktree.cwd.join("made.txt"), "made\n");
    there.capture(&worktree, &house.diff()).await.unwrap();
    there.release(&worktree, Release::Remove).await.unwrap();
    assert!(pack_branch(&worktree.repository, &worktree.branch, &worktree.base, &work).await.unwrap());

    let before = house.state();
    let tip = repository(&house).await.unpack(&work, "jackfield/run/attempt").await.unwrap();
    assert_eq!(git(&house.repository, &["show", "jackfield/run/attempt:made.txt"]), "made");
    assert_eq!(git(&house.repository, &["rev-parse", "jackfield/run/attempt"]), tip.as_str());
    assert_eq!(repository(&house).await.unpack(&work, "jackfield/run/attempt").await.unwrap(), tip, "again");
    git(&house.repository, &["branch", "-qD", "jackfield/run/attempt"]);
    assert_eq!(house.state(), before, "nothing else came");
}

#[tokio::test]
async fn what_is_no_branch_or_not_whole_is_not_taken() {
    let house = House::new();
    let here = repository(&house).await;
    let bundle = house.home.path().join("bundle");
    git(&house.repository, &["branch", "other"]);
    git(&house.repository, &["bundle", "create", "-q", bundle.to_str().unwrap(), "main", "other"]);
    let two = here.unpack(&bundle, "jackfield/x").await.unwrap_err().to_string();
    assert!(two.contains("something else than one branch"), "{two}");
    fs::write(&bundle, b"no bundle at all").unwrap();
    assert!(here.unpack(&bundle, "jackfield/x").await.is_err());
    let branches = git(&house.repository, &["branch", "--list", "jackfield/*"]);
    assert_eq!(branches, "", "and no branch is left of it");
}
