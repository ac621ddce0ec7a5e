//! A whole `execute` of a command that does nothing, in a small repository: what the host costs where
//! the agent costs nothing. The floor is what cannot be left out: `git worktree add`, the process,
//! `git worktree remove`.

use crate::measure::{Figures, interleaved};
use crate::report::{Finding, Section, Unit};
use crate::{Setting, on_all_cores};
use anyhow::{Context, Result, ensure};
use jackfield::api::Expect;
use jackfield::{ExecuteRequest, Host};
use jackfield_store::RunEventRecord;
use jackfield_types::{RunState, Timestamp};
use std::cell::Cell;
use std::cell::RefCell;
use std::path::Path;
use std::time::Instant;
use tempfile::TempDir;
use tokio::process::Command;

const ROUNDS: usize = 30;

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
        let repository = folder.path().join("repository");
        jackfield_workspace::throwaway(&repository).await?;
        let host = Host::builder(folder.path().join("data")).open().await?;
        let compared = compare(&host, &repository, folder.path()).await;
        host.shutdown().await;
        let (finding, note) = compared?;
        Ok(Section {
            name: "execute",
            about: "a whole execute of `:`, wall clock; floor: git worktree add, the process, git worktree remove",
            findings: vec![finding],
            notes: vec![note],
        })
    })
}

async fn compare(host: &Host, repository: &Path, folder: &Path) -> Result<(Finding, String)> {
    let steps = RefCell::new(Vec::new());
    let number = Cell::new(0);
    let both = interleaved(
        ROUNDS,
        async || {
            let (took, spent) = through_host(host, repository).await?;
            steps.borrow_mut().push(spent);
            Ok(took)
        },
        async || {
            number.set(number.get() + 1);
            bare(repository, folder, number.get()).await
        },
    )
    .await?;
    let steps = steps.into_inner();
    let names = STEPS.iter().map(|(_, step)| *step).chain(["answer"]);
    let medians: Vec<_> = names
        .enumerate()
        .map(|(at, name)| {
            let samples = steps.iter().filter_map(|spent| spent.get(at).copied()).collect();
            format!("{name} {}", Unit::Seconds.show(Figures::of(samples).median))
        })
        .collect();
    let note = format!("where it goes, medians: {}", medians.join(", "));
    Ok((Finding::compared("execute `:`", Unit::Seconds, both), note))
}

/// A command that does nothing, in a repository.
pub(crate) fn nothing_in(repository: &Path) -> ExecuteRequest {
    ExecuteRequest {
        executor: Some("shell".to_owned()),
        workspace: Some(repository.display().to_string()),
        task_type: Some("command".to_owned()),
        expect: Some(Expect::Answer),
        ..ExecuteRequest::new(":")
    }
}

/// Seconds in all, and of each step.
async fn through_host(host: &Host, repository: &Path) -> Result<(f64, Vec<f64>)> {
    let request = nothing_in(repository);
    let (asked, begun) = (Timestamp::now(), Instant::now());
    let answer = host.runs().execute(request).await?;
    let took = begun.elapsed().as_secs_f64();
    let answered = Timestamp::now();
    ensure!(answer.state == RunState::Succeeded, "the command did not succeed:\n{}", answer.text);
    let events = host.runs().events(answer.run_id, 0, 100).await?;
    Ok((took, steps(asked, &events, answered)?))
}

fn steps(asked: Timestamp, events: &[RunEventRecord], answered: Timestamp) -> Result<Vec<f64>> {
    let mut since = asked;
    let mut spent = Vec::new();
    for (kind, _) in STEPS {
        let event = events.iter().find(|event| event.kind == kind);
        let at = event.with_context(|| format!("the run has no event {kind}"))?.at;
        spent.push(at.duration_since(since).as_secs_f64());
        since = at;
    }
    spent.push(answered.duration_since(since).as_secs_f64());
    Ok(spent)
}

async fn bare(repository: &Path, folder: &Path, number: u32) -> Result<f64> {
    let worktree = folder.join(format!("bare-{number}"));
    let branch = format!("bare/{number}");
    let git = || {
        let mut git = Command::new("git");
        git.arg("-C").arg(repository).arg("worktree");
        git
    };
    let begun = Instant::now();
    run(git().args(["add", "--quiet", "-b", &branch]).arg(&worktree)).await?;
    run(Command::new("sh").args(["-c", ":"]).current_dir(&worktree)).await?;
    run(git().args(["remove", "--force"]).arg(&worktree)).await?;
    Ok(begun.elapsed().as_secs_f64())
}

async fn run(command: &mut Command) -> Result<()> {
    let ended = command.status().await?;
    ensure!(ended.success(), "{:?} ended with {ended}", command.as_std());
    Ok(())
}
