//! A run as compressors and callers are told of it. A pure function of what is recorded, so that
//! the same run can be told again at another verbosity.

use jackfield_api::{Answer, AttemptSummary, FileLine, Link, Metrics, run_uri};
use jackfield_model::WarningTopic;
use jackfield_plugins::facts::{reporting, types};
use jackfield_store::{Artifact, Attempt, CheckResult, RunEventRecord, RunView};
use jackfield_types::clip;
use jackfield_types::{
    AttemptState, Begun, CostSource, Delivered, Micros, Operation, Process, RunState, Settled, Timestamp,
    Usage, Verified,
};
use jackfield_workspace::{ChangeKind, ChangedFile};

/// Longest final answer that a compressor is given, bytes; the whole of it is in the record.
const LONGEST_ANSWER: usize = 256 << 10;
/// Longest final answer where no compressor can tell it, bytes.
const LONGEST_PLAIN: usize = 4 << 10;
/// Most files that an answer lists; the diff has them all.
const MOST_FILES: usize = 200;
/// The kind of the events that are steps.
const TOOL_CALL: &str = "tool_call";
/// Most steps that a compressor is given.
const MOST_STEPS: usize = 200;

/// What a compressor is told.
pub fn report(
    view: &RunView,
    events: &[RunEventRecord],
    workspace: &str,
    now: Timestamp,
) -> reporting::Report {
    let last = speaks(view);
    let outcome = last.and_then(|attempt| attempt.outcome.as_ref());
    let (failure, mut warnings) = settled(last);
    if view.run.state == RunState::Waiting {
        warnings.push("waits for a person: a human task has the question".to_owned());
    }
    let own = events.iter().filter(|event| event.attempt == last.map(|attempt| attempt.id));
    let of_git = own.filter_map(RunEventRecord::warning).filter(|one| one.of == Some(WarningTopic::Git));
    warnings.extend(of_git.map(|warning| warning.text));
    let usage = usage(view);
    reporting::Report {
        task: view.task.id.to_string(),
        run: view.run.id.to_string(),
        instruction: view.task.instruction.clone(),
        workspace: workspace.to_owned(),
        state: state(view.run.state),
        process: process(outcome.map_or(Process::Lost, |outcome| outcome.process)),
        delivered: delivered(outcome.map_or(Delivered::Nothing, |outcome| outcome.delivered)),
        verified: verified(outcome.map_or(Verified::NotRun, |outcome| outcome.verified)),
        executor: last.map(|attempt| attempt.executor.clone()).unwrap_or_default(),
        model: last.and_then(|attempt| attempt.model.clone()),
        reason: last.map(|attempt| attempt.reason.clone()).unwrap_or_default(),
        attempts: count(view),
        answer: clip(last.and_then(|attempt| attempt.answer.as_deref()).unwrap_or_default(), LONGEST_ANSWER),
        failure,
        files: files(view).iter().map(changed_file).collect(),
        steps: steps(view, events),
        checks: last.and_then(|attempt| attempt.checks.as_ref()).into_iter().flatten().map(check).collect(),
        warnings,
        usage: usage.into(),
        cost: cost(view).map(Micros::unsigned),
        wall: wall(view, now),
        branch: last.and_then(|attempt| attempt.branch.clone()).filter(|_| !files(view).is_empty()),
        links: links(view)
            .into_iter()
            .map(|link| reporting::Link { label: link.label, target: link.uri })
            .collect(),
    }
}

/// The attempt whose work is the run's: the one that was chosen among several, else the last that was
/// begun, else the last.
fn speaks(view: &RunView) -> Option<&Attempt> {
    let chosen = view.run.chosen.and_then(|id| view.attempts.iter().find(|attempt| attempt.id == id));
    let begun = || view.attempts.iter().rev().find(|attempt| attempt.state != AttemptState::Planned);
    chosen.or_else(begun).or(view.attempts.last())
}

fn check(result: &CheckResult) -> reporting::Check {
    reporting::Check {
        name: result.name.clone(),
        passed: result.passed,
        summary: match (result.passed, result.code) {
            _ if result.gate.is_some() => clip(&result.output, 300),
            (true, _) => "passed".to_owned(),
            (false, Some(code)) => format!("exit code {code}"),
            (false, None) => "ended before it was done".to_owned(),
        },
    }
}

/// What a caller is told, around the compressed text; `line` says where it stands while it waits.
pub fn answer(view: &RunView, text: String, line: Option<String>, now: Timestamp) -> Answer {
    let id = view.run.id;
    let (next, operations) = match view.run.state {
        state if state.is_final() => (None, Vec::new()),
        RunState::Waiting => {
            let next = "waits for a person: a human task has the question; ask for its result later";
            (Some(next.to_owned()), vec![Operation::AwaitResult(id)])
        }
        state => {
            let stands = line.unwrap_or_else(|| format!("still {state}"));
            let next = format!("{stands}; wait for its result, or cancel it");
            (Some(next), vec![Operation::AwaitResult(id), Operation::CancelRun(id)])
        }
    };
    let changed = files(view);
    Answer {
        task_id: view.task.id,
        run_id: view.run.id,
        state: view.run.state,
        text,
        next,
        operations,
        metrics: Metrics {
            cost_usd: cost(view).map(Micros::usd),
            wall_ms: wall(view, now),
            attempts: count(view),
            usage: usage(view),
        },
        attempt: speaks(view).map(|attempt| summary(attempt, !changed.is_empty())),
        consensus: None,
        files: changed.iter().take(MOST_FILES).map(file_line).collect(),
        files_changed: changed.len() as u64,
        links: links(view),
        notes: Vec::new(),
        leftovers: Vec::new(),
        warnings: Vec::new(),
    }
}

/// A run told without a compressor, where none can.
pub(crate) fn plain(report: &reporting::Report) -> String {
    let mut lines = vec![format!("run {}: {:?}", report.run, report.state).to_lowercase()];
    lines.extend(report.failure.iter().map(|failure| format!("failed: {}", failure.message)));
    lines.extend(
        report.branch.iter().map(|branch| format!("branch {branch}, {} file(s) changed", report.files.len())),
    );
    lines.extend(report.warnings.iter().map(|warning| format!("warning: {warning}")));
    if !report.answer.is_empty() {
        lines.push(clip(&report.answer, LONGEST_PLAIN));
    }
    lines.join("\n")
}

/// What a run that an error is about came to so far.
pub fn begun(view: &RunView) -> Begun {
    Begun {
        run_id: view.run.id,
        branch: speaks(view).and_then(|attempt| summary(attempt, !files(view).is_empty()).branch),
        cost_usd: cost(view).map(Micros::usd),
    }
}

fn summary(attempt: &Attempt, changed: bool) -> AttemptSummary {
    let outcome = attempt.outcome.as_ref().map_or_else(
        || attempt.state.to_string(),
        |outcome| format!("{}/{}/{}", outcome.process, outcome.delivered, outcome.verified),
    );
    AttemptSummary {
        id: attempt.id,
        executor: attempt.executor.clone(),
        model: attempt.model.clone(),
        reason: attempt.reason.clone(),
        outcome,
        failure: match &attempt.settled {
            Some(Settled::Failed(failure)) => Some(failure.clone()),
            _ => None,
        },
        // A branch without a change is not kept.
        branch: attempt.branch.clone().filter(|_| changed || attempt.outcome.is_none()),
        adapter: attempt.adapter.to_string(),
    }
}

fn settled(attempt: Option<&Attempt>) -> (Option<types::Failure>, Vec<String>) {
    match attempt.and_then(|attempt| attempt.settled.clone()) {
        Some(Settled::Failed(failure)) => (Some(failure.into()), Vec::new()),
        Some(Settled::Succeeded { notes }) => (None, notes),
        None => (None, Vec::new()),
    }
}

/// The diff that is the run's.
pub fn diff(view: &RunView) -> Option<&Artifact> {
    let own = speaks(view).map(|attempt| attempt.id);
    view.artifacts.iter().rev().find(|artifact| artifact.kind == "diff" && Some(artifact.attempt) == own)
}

/// The files of that diff.
pub(crate) fn files(view: &RunView) -> Vec<ChangedFile> {
    diff(view)
        .and_then(|diff| diff.meta.get("files").cloned())
        .and_then(|files| serde_json::from_value(files).ok())
        .unwrap_or_default()
}

fn file_line(file: &ChangedFile) -> FileLine {
    let lines = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let kind = match file.kind {
        ChangeKind::Added => "added",
        ChangeKind::Modified => "modified",
        ChangeKind::Deleted => "deleted",
        ChangeKind::Renamed { .. } => "renamed",
    };
    FileLine {
        path: file.path.to_string_lossy().into_owned(),
        kind: kind.to_owned(),
        added: lines(file.added),
        removed: lines(file.removed),
    }
}

fn changed_file(file: &ChangedFile) -> reporting::ChangedFile {
    let line = file_line(file);
    reporting::ChangedFile {
        path: line.path,
        kind: match file.kind {
            ChangeKind::Added => types::ChangeKind::Added,
            ChangeKind::Modified => types::ChangeKind::Modified,
            ChangeKind::Deleted => types::ChangeKind::Deleted,
            ChangeKind::Renamed { .. } => types::ChangeKind::Renamed,
        },
        added: line.added,
        removed: line.removed,
    }
}

/// Where several agents were at work, each step has the name of its own.
fn steps(view: &RunView, events: &[RunEventRecord]) -> Vec<String> {
    let calls = events.iter().filter(|record| record.kind == TOOL_CALL);
    let step =
        |record: &RunEventRecord| super::events::line(&record.event(), agent_of(view, record).as_deref());
    calls.filter_map(step).take(MOST_STEPS).collect()
}

/// The agent that an event is of, where the run has more than one attempt.
pub fn agent_of(view: &RunView, event: &RunEventRecord) -> Option<String> {
    let attempts = Some(&view.attempts).filter(|attempts| attempts.len() > 1)?;
    let attempt = attempts.iter().find(|attempt| Some(attempt.id) == event.attempt)?;
    Some(jackfield_replay::describe::named(&attempt.executor, attempt.model.as_deref()))
}

fn usage(view: &RunView) -> Usage {
    view.attempts.iter().map(|attempt| attempt.usage).fold(Usage::default(), Usage::plus)
}

/// What the run cost; nothing where a price was not known and the ceiling was charged.
fn cost(view: &RunView) -> Option<Micros> {
    let known = view.attempts.iter().all(|attempt| attempt.cost_source != Some(CostSource::Ceiling));
    known.then(|| view.attempts.iter().map(|attempt| attempt.cost).sum())
}

fn wall(view: &RunView, now: Timestamp) -> u64 {
    let Some(from) = view.run.started_at else { return 0 };
    let to = view.run.ended_at.unwrap_or(now);
    u64::try_from(to.as_millisecond() - from.as_millisecond()).unwrap_or(0)
}

fn count(view: &RunView) -> u32 {
    u32::try_from(view.attempts.len()).unwrap_or(u32::MAX)
}

fn links(view: &RunView) -> Vec<Link> {
    let run = view.run.id;
    let link = |label: &str, what: &str, path: String| Link {
        label: label.to_owned(),
        uri: run_uri(run, what),
        path,
    };
    let mut links = vec![link("log", "log", format!("/api/runs/{run}/logs"))];
    if !files(view).is_empty() {
        links.push(link("diff", "diff", format!("/api/runs/{run}/diff")));
    }
    links.push(link("run", "result", format!("/api/runs/{run}")));
    links
}

const fn state(state: RunState) -> reporting::State {
    match state {
        RunState::Queued => reporting::State::Queued,
        // A compressor of an earlier version knows no waiting; the warning says it.
        RunState::Running | RunState::Waiting => reporting::State::Running,
        RunState::Succeeded => reporting::State::Succeeded,
        RunState::Failed => reporting::State::Failed,
        RunState::Cancelled => reporting::State::Cancelled,
    }
}

const fn process(process: Process) -> types::ProcessAxis {
    match process {
        Process::Exited => types::ProcessAxis::Exited,
        Process::Failed => types::ProcessAxis::Failed,
        Process::TimedOut => types::ProcessAxis::TimedOut,
        Process::Killed => types::ProcessAxis::Killed,
        Process::Lost => types::ProcessAxis::Lost,
    }
}

pub(crate) const fn delivered(delivered: Delivered) -> types::DeliveredAxis {
    match delivered {
        Delivered::Nothing => types::DeliveredAxis::Nothing,
        Delivered::Diff => types::DeliveredAxis::Diff,
        Delivered::Artifact => types::DeliveredAxis::Artifact,
    }
}

pub(crate) const fn verified(verified: Verified) -> types::VerifiedAxis {
    match verified {
        Verified::NotRun => types::VerifiedAxis::NotRun,
        Verified::Passed => types::VerifiedAxis::Passed,
        Verified::Failed => types::VerifiedAxis::Failed,
    }
}

#[cfg(test)]
mod tests;
