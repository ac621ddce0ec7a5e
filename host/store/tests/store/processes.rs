//! Several processes on one file, and processes that die. The test binary starts itself again as
//! those others.

use crate::support::*;
use jackfield_model::RunEvent;
use jackfield_store::*;
use jackfield_types::*;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

const FOLDER: &str = "JACKFIELD_TEST_FOLDER";

#[allow(clippy::disallowed_methods)] // what is tested is several processes; none of them is an agent
fn start(part: &str, folder: &Path) -> (Child, BufReader<ChildStdout>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("processes::{part}"), "--ignored", "--nocapture", "--quiet"])
        .env(FOLDER, folder)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let told = BufReader::new(child.stdout.take().unwrap());
    (child, told)
}

fn folder() -> PathBuf {
    std::env::var_os(FOLDER).expect("only started by another test").into()
}

fn tell(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n> {line}").unwrap();
    out.flush().unwrap();
}

/// What a process told, line by line, without what the test harness says.
fn told(out: BufReader<ChildStdout>) -> impl Iterator<Item = String> {
    out.lines().map_while(Result::ok).filter_map(|line| line.strip_prefix("> ").map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread")]
async fn three_processes_that_ask_at_once_never_pass_the_limit_between_them() {
    let folder = tempfile::tempdir().unwrap();
    let children: Vec<_> = (0..3).map(|_| start("part_asks_60_times", folder.path())).collect();
    let mut admitted = 0;
    for (mut child, out) in children {
        let count: usize = told(out).map(|line| line.parse::<usize>().unwrap()).sum();
        assert!(child.wait().unwrap().success());
        admitted += count;
    }
    assert_eq!(admitted, 14);
    let store = open(folder.path());
    assert_eq!(store.stats().totals().await.unwrap().reserved, cents(98));
    assert_eq!(store.ledger().audit().await.unwrap().differences, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a part of another test"]
async fn part_asks_60_times() {
    let store = open(&folder());
    let workspace = workspace(&store).await;
    let limits = limits(LimitScope::All, Period::Ever, Micros::dollars(1));
    let asking: Vec<_> = (0..60)
        .map(|_| {
            let (store, limits) = (store.clone(), limits.clone());
            tokio::spawn(
                async move { store.admissions().admit(admission(workspace, cents(7)), &limits).await },
            )
        })
        .collect();
    let mut admitted = 0;
    for asked in asking {
        match asked.await.unwrap() {
            Ok(_) => admitted += 1,
            Err(AdmitError::Refused(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
    tell(&admitted.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_killed_while_it_writes_loses_nothing_that_was_answered() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, out) = start("part_writes_for_ever", folder.path());
    let mut answered = Vec::new();
    for line in told(out) {
        answered.push(line);
        if answered.len() == 150 {
            // SIGKILL: nothing of it can run on. What it told before is still read.
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success());
    assert!(answered.len() >= 150);
    let store = open(folder.path());
    for line in &answered {
        let (run, seq) = line.split_once(' ').unwrap();
        let view = store.runs().get(run.parse().unwrap()).await.unwrap();
        assert!(view.run.last_seq >= seq.parse::<u64>().unwrap(), "{line}");
        assert_eq!(view.attempts[0].reserved, cents(1));
    }
    assert_eq!(store.ledger().audit().await.unwrap().differences, Vec::<String>::new());
    let runs = store.runs().list(RunFilter { limit: 10_000, ..RunFilter::default() }).await.unwrap();
    for line in runs {
        let seqs: Vec<_> =
            store.logs().events(line.run, 0, 100).await.unwrap().iter().map(|event| event.seq).collect();
        assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>());
        assert!([2, 3].contains(&seqs.len()), "an admission is there wholly or not at all: {seqs:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a part of another test"]
async fn part_writes_for_ever() {
    let store = open(&folder());
    let workspace = workspace(&store).await;
    let mut writing = tokio::task::JoinSet::new();
    for _ in 0..8 {
        writing.spawn(write_for_ever(store.clone(), workspace));
    }
    writing.join_all().await;
}

async fn write_for_ever(store: Store, workspace: WorkspaceId) {
    loop {
        let admission = admission(workspace, cents(1));
        let run = store.admissions().admit(admission, &Limits::none()).await.unwrap().run;
        tell(&format!("{run} 2"));
        let said = NewRunEvent { at: Timestamp::now(), event: RunEvent::Text("1".into()) };
        let seq = store.attempts().append_events(run, None, vec![said]).await.unwrap();
        tell(&format!("{run} {seq}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_can_make_the_file_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let children: Vec<_> = (0..4).map(|_| start("part_makes_the_workspace", folder.path())).collect();
    let mut seen = Vec::new();
    for (mut child, out) in children {
        seen.extend(told(out));
        assert!(child.wait().unwrap().success());
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "all of them see one workspace: {seen:?}");
}

#[tokio::test]
#[ignore = "a part of another test"]
async fn part_makes_the_workspace() {
    tell(&workspace(&open(&folder())).await.to_string());
}
