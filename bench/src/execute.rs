//! A whole `execute` of a small change, in repositories of three sizes: what the host costs where the agent
//! costs nothing. The floor is the same change with git alone.

mod plain;
mod repository;

use crate::measure::{Figures, interleaved_after};
use crate::report::{Aim, Finding, Section, Unit};
use crate::{Setting, on_all_cores};
use anyhow::{Context, Result, ensure};
use jackfield::api::Expect;
use jackfield::{ExecuteRequest, Host};
use jackfield_store::RunEventRecord;
use jackfield_types::{RunState, Timestamp};
use std::cell::{Cell, RefCell};
use std::fs::DirEntry;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A repository, how often it is measured, and what is aimed at in it.
struct Size {
    files: u32,
    /// Rounds that are thrown away.
    warm_up: usize,
    rounds: usize,
    /// Times the floor.
    aim: f64,
}

const SIZES: [Size; 3] = [
    Size { files: 1, warm_up: 3, rounds: 30, aim: 2.0 },
    Size { files: 2_300, warm_up: 1, rounds: 9, aim: 0.5 },
    Size { files: 50_000, warm_up: 1, rounds: 3, aim: 0.1 },
];

/// What the agent does.
const CHANGE: &str = "echo changed > note.txt";

/// What the run's own events tell apart: the event that ends a step, and the step.
const STEPS: [(&str, &str); 5] = [
    ("run_queued", "choose and admit"),
    ("run_started", "queue"),
    ("worktree", "worktree"),
    ("attempt_started", "plan and record the process"),
    ("run_succeeded", "command, diff, clean-up, next, settle"),
];

pub(crate) fn measure(setting: &Setting) -> Result<Section> {
    on_all_cores()?.block_on(async {
        let folder = TempDir::new_in(&setting.scratch)?;
        let host = Host::builder(folder.path().join("data")).open().await?;
        let mut section = Section {
            name: "execute",
            about: "an execute of a small change, wall clock; floor: git worktree add, sh, git add, git commit, \
                    git worktree remove",
            findings: Vec::new(),
            notes: Vec::new(),
        };
        let mut compared = Ok(());
        for size in &SIZES {
            compared = compare(&host, folder.path(), size).await.map(|(finding, note)| {
                section.findings.push(finding);
                section.notes.push(note);
            });
            if compared.is_err() {
                break;
            }
        }
        host.shutdown().await;
        compared.map(|()| section)
    })
}

async fn compare(host: &Host, folder: &Path, size: &Size) -> Result<(Finding, String)> {
    let what = format!("execute, {} files", size.files);
    let repository = folder.join(format!("repository-{}", size.files));
    repository::make(&repository, size.files).await?;
    let steps = RefCell::new(Vec::new());
    let (number, first) = (Cell::new(0), Cell::new(None));
    let both = interleaved_after(
        size.warm_up,
        size.rounds,
        async || {
            let (took, spent) = through_host(host, &repository).await?;
            if first.get().is_none() {
                first.set(Some(took));
            }
            steps.borrow_mut().push(spent);
            Ok(took)
        },
        async || {
            number.set(number.get() + 1);
            plain::change(&repository, folder, CHANGE, number.get()).await
        },
    )
    .await?;
    let steps = steps.into_inner();
    let names = STEPS.iter().map(|(_, step)| *step).chain(["answer", "(afterwards, in the background)"]);
    let medians: Vec<_> = names
        .enumerate()
        .map(|(at, name)| {
            let samples =
                steps.iter().skip(size.warm_up).filter_map(|spent| spent.get(at).copied()).collect();
            format!("{name} {}", Unit::Seconds.show(Figures::of(samples).median))
        })
        .collect();
    let first = Unit::Seconds.show(first.get().unwrap_or(f64::NAN));
    let note = format!(
        "{} files: {first} the first time, without a worktree made ahead; where it goes, medians: {}",
        size.files,
        medians.join(", ")
    );
    Ok((Finding::compared(what, Unit::Seconds, both).aimed(Aim::TimesFloor(size.aim)), note))
}

/// A command that does nothing, in a repository.
pub(crate) fn nothing_in(repository: &Path) -> ExecuteRequest {
    ExecuteRequest { expect: Some(Expect::Answer), ..command_in(repository, ":") }
}

fn command_in(repository: &Path, command: &str) -> ExecuteRequest {
    ExecuteRequest {
        executor: Some("shell".to_owned()),
        workspace: Some(repository.display().to_string()),
        task_type: Some("command".to_owned()),
        ..ExecuteRequest::new(command)
    }
}

/// Seconds until the answer, of each step, and after the answer until the host is at rest, so that none of its work
/// falls into the time of the other side.
async fn through_host(host: &Host, repository: &Path) -> Result<(f64, Vec<f64>)> {
    let request = ExecuteRequest { expect: Some(Expect::Change), ..command_in(repository, CHANGE) };
    let (asked, begun) = (Timestamp::now(), Instant::now());
    let answer = host.runs().execute(request).await?;
    let took = begun.elapsed().as_secs_f64();
    let answered = Timestamp::now();
    ensure!(answer.state == RunState::Succeeded, "the command did not succeed:\n{}", answer.text);
    let resting = Instant::now();
    until_at_rest(&host.data_folder().join("worktrees")).await?;
    let afterwards = resting.elapsed().as_secs_f64();
    let events = host.output().events(answer.run_id, 0, 100).await?;
    Ok((took, steps(asked, &events, answered, afterwards)?))
}

/// Waits until the host has deleted what it does not use any more, and has made a worktree for the next attempt.
async fn until_at_rest(worktrees: &Path) -> Result<()> {
    let is_busy = || {
        let names = |folder: &str| worktrees.join(folder).read_dir().into_iter().flatten().flatten();
        let being_made = |entry: DirEntry| entry.file_name().to_string_lossy().starts_with("making-");
        names("trash").next().is_some() || names("spare").any(being_made)
    };
    while is_busy() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}

fn steps(
    asked: Timestamp,
    events: &[RunEventRecord],
    answered: Timestamp,
    afterwards: f64,
) -> Result<Vec<f64>> {
    let mut since = asked;
    let mut spent = Vec::new();
    for (kind, _) in STEPS {
        let event = events.iter().find(|event| event.kind == kind);
        let at = event.with_context(|| format!("the run has no event {kind}"))?.at;
        spent.push(at.duration_since(since).as_secs_f64());
        since = at;
    }
    spent.extend([answered.duration_since(since).as_secs_f64(), afterwards]);
    Ok(spent)
}
