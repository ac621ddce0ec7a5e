//! Many at once, from one process and from several, and processes that are killed half-way.
//!
//! The other processes are this test program itself, started again with one of its `play_` tests.

use crate::support::{House, git, write};
use jackfield_types::{AttemptId, RunId};
use jackfield_workspace::{Release, Worktrees, source};
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

const HOME: &str = "TOGETHER_HOME";
const ATTEMPT: &str = "TOGETHER_ATTEMPT";

#[allow(clippy::disallowed_methods, reason = "the test starts itself again as another host")]
fn another_host(part: &str, home: &Path, attempt: Option<AttemptId>) -> Child {
    std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("together::{part}"), "--ignored", "--nocapture"])
        .env(HOME, home)
        // A host may itself be started by a git hook, which sets these.
        .envs([("GIT_DIR", "/nowhere"), ("GIT_INDEX_FILE", "/nowhere"), ("GIT_WORK_TREE", "/nowhere")])
        .env(ATTEMPT, attempt.map(|attempt| attempt.to_string()).unwrap_or_default())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Where the part is to be played; nothing where no other test gave it.
fn given_home() -> Option<PathBuf> {
    std::env::var_os(HOME).map(PathBuf::from)
}

async fn live_through_some(home: &Path, name: &str) -> Vec<PathBuf> {
    let worktrees = Worktrees::open(home.join("worktrees")).unwrap();
    let found = source(&home.join("repository")).await.unwrap();
    let lives = (0..5).map(|number| {
        let (found, worktrees, file) = (found.clone(), worktrees.clone(), format!("{name}-{number}"));
        let diff = home.join("diffs").join(&file);
        tokio::spawn(async move {
            let worktree = worktrees.create(&found, RunId::new(), AttemptId::new()).await.unwrap();
            write(&worktree.path.join(&file), "work\n");
            let captured = worktrees.capture(&worktree, &diff).await.unwrap();
            assert_eq!(captured.files.len(), 1, "{:?}", captured.files);
            assert_eq!(captured.files[0].path, PathBuf::from(&file));
            assert!(worktrees.release(&worktree, Release::Remove).await.unwrap().removed);
            worktree.path
        })
    });
    let mut paths = Vec::new();
    for life in lives.collect::<Vec<_>>() {
        paths.push(life.await.unwrap());
    }
    paths
}

#[tokio::test]
#[ignore = "a part that other tests give to a process of their own"]
async fn play_many_lives() {
    let Some(home) = given_home() else { return };
    live_through_some(&home, &format!("host-{}", std::process::id())).await;
}

#[tokio::test]
#[ignore = "a part that other tests give to a process of their own"]
async fn play_creating_one() {
    let Some(home) = given_home() else { return };
    let attempt = std::env::var(ATTEMPT).unwrap().parse().unwrap();
    let worktrees = Worktrees::open(home.join("worktrees")).unwrap();
    let found = source(&home.join("repository")).await.unwrap();
    worktrees.create(&found, RunId::new(), attempt).await.unwrap();
}

#[tokio::test]
async fn tasks_and_processes_make_worktrees_of_one_repository_at_once() {
    let house = House::new();
    let before = house.state();
    let mut others: Vec<_> =
        (0..2).map(|_| another_host("play_many_lives", house.home.path(), None)).collect();
    let paths = live_through_some(house.home.path(), "here").await;
    for other in &mut others {
        assert!(other.wait().unwrap().success());
    }
    assert_eq!(paths.iter().collect::<HashSet<_>>().len(), 5);
    assert_eq!(house.state()[1..], before[1..]);
    assert_eq!(git(&house.repository, &["branch", "--list", "jackfield/*"]).lines().count(), 15);
    git(&house.repository, &["fsck", "--strict", "--no-dangling"]);
}

#[tokio::test]
async fn two_attempts_never_share_and_one_attempt_has_one_worktree() {
    let house = House::new();
    let found = house.source().await;
    let (run, attempt) = (RunId::new(), AttemptId::new());
    let (one, other) = tokio::join!(
        house.worktrees.create(&found, run, attempt),
        house.worktrees.create(&found, run, attempt)
    );
    assert!(one.is_ok() != other.is_ok());
    let error = one.err().or(other.err()).unwrap();
    assert_eq!(error.problem().code, "attempt_has_worktree");
    assert_eq!(
        house.worktrees.create(&found, run, attempt).await.unwrap_err().problem().code,
        "attempt_has_worktree"
    );
}

/// Waits for what another process does; a process that ended has nothing left to do.
fn wait_for(child: &mut Child, happened: impl Fn() -> bool) {
    while !happened() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_micros(200));
    }
}

#[tokio::test]
async fn a_host_killed_while_it_made_a_worktree_is_no_hindrance_to_the_next() {
    let house = House::new();
    for number in 0..1500 {
        write(&house.repository.join(format!("many/{}/{number}", number % 30)), format!("{number}\n"));
    }
    git(&house.repository, &["add", "-A"]);
    git(&house.repository, &["commit", "-qm", "Many files"]);
    let before = house.state();
    let root = house.home.path().join("worktrees");
    type Moment = fn(&Path, &Path, AttemptId) -> bool;
    let moments: [(&str, Moment); 4] = [
        ("recorded", |root, _, attempt| root.join(format!("records/{attempt}.json")).exists()),
        ("registering", |_, git, attempt| git.join(format!("worktrees/{attempt}")).exists()),
        ("registered", |root, _, attempt| root.join(format!("trees/{attempt}/.git")).exists()),
        ("filling", |root, _, attempt| root.join(format!("trees/{attempt}/many")).exists()),
    ];
    for (name, moment) in moments {
        let attempt = AttemptId::new();
        let mut host = another_host("play_creating_one", house.home.path(), Some(attempt));
        wait_for(&mut host, || moment(&root, &house.repository.join(".git"), attempt));
        host.kill().unwrap();
        host.wait().unwrap();

        let found = house.source().await;
        let other = house.worktree().await;
        assert!(other.path.join("many/7/7").is_file(), "{name}: others are not hindered");
        let created = house.worktrees.create(&found, RunId::new(), attempt).await;
        let worktree = match created {
            Ok(worktree) => worktree,
            // It was killed too late.
            Err(error) => {
                house.worktrees.find(attempt).await.unwrap().unwrap_or_else(|| panic!("{name}: {error}"))
            }
        };
        assert_eq!(git(&worktree.path, &["status", "--porcelain"]), "", "{name}");
        for worktree in [worktree, other] {
            assert!(house.worktrees.release(&worktree, Release::Remove).await.unwrap().removed, "{name}");
        }
        assert_eq!(house.state(), before, "{name}");
    }
}

#[tokio::test]
async fn repair_undoes_what_a_killed_host_began_and_nothing_else() {
    let house = House::new();
    let before = house.state();
    let attempt = AttemptId::new();
    let record = house.home.path().join(format!("worktrees/records/{attempt}.json"));
    let mut host = another_host("play_creating_one", house.home.path(), Some(attempt));
    wait_for(&mut host, || record.exists());
    host.kill().unwrap();
    host.wait().unwrap();
    let killed_in_time = house.worktrees.find(attempt).await.unwrap().is_none();
    assert!(killed_in_time, "the record is the first thing that is written");

    let in_use = house.worktree().await;
    write(&in_use.path.join("work"), "work\n");
    let repaired = house.worktrees.repair().await.unwrap();
    assert_eq!(
        (repaired.undone.as_slice(), repaired.failed.len()),
        ([attempt].as_slice(), 0),
        "{repaired:?}"
    );
    assert!(in_use.path.join("work").is_file());
    assert_eq!(house.worktrees.repair().await.unwrap(), jackfield_workspace::Repaired::default());
    std::fs::remove_file(in_use.path.join("work")).unwrap();
    house.worktrees.release(&in_use, Release::Remove).await.unwrap();
    assert_eq!(house.state(), before);
}

#[tokio::test]
async fn a_half_registered_worktree_of_ours_is_cleared_out_of_the_way() {
    let house = House::new();
    let entries = house.repository.join(".git/worktrees");
    let broken = entries.join(AttemptId::new().to_string());
    write(&broken.join("commondir"), "");
    write(&broken.join("HEAD"), "");
    write(&broken.join("gitdir"), "/gone/.git\n");
    let worktree = house.worktree().await;
    assert!(worktree.path.join("README.md").is_file());
}

#[tokio::test]
async fn a_branch_named_jackfield_is_said_to_be_in_the_way() {
    let house = House::new();
    git(&house.repository, &["branch", "jackfield"]);
    let before = house.state();
    let error =
        house.worktrees.create(&house.source().await, RunId::new(), AttemptId::new()).await.unwrap_err();
    assert_eq!(error.problem().code, "branch_in_the_way");
    assert_eq!(house.state(), before);
    assert_eq!(house.worktrees.repair().await.unwrap(), jackfield_workspace::Repaired::default());
}
