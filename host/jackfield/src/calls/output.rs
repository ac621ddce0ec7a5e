//! What runs left: events, diffs, changed files, and what the agents' programs printed.

use crate::handles::Output;
use jackfield_api::{LogQuery, bounds};
use jackfield_redact::Stream;
use jackfield_runs::records::report;
use jackfield_store::{Artifact, Attempt, LogFilter, RunEventRecord, RunView};
use jackfield_types::{ErrorCode, Operation, Problem, RunId};
use jackfield_workspace::{ChangedFile, Worktree};
use std::io;
use std::path::Path;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

/// Most kinds of events in a filter.
const MOST_KINDS: usize = 64;
/// Bytes of a file that are read at once.
const PIECE: usize = 64 << 10;

/// A stream of what an agent's program printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Printed {
    /// Its standard output.
    Stdout,
    /// Its standard error.
    Stderr,
}

/// What a program printed, without secrets, read piece by piece.
pub struct RawOutput {
    file: Option<File>,
    redacted: Stream,
}

impl RawOutput {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// The error of the file.
    pub async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let Some(file) = &mut self.file else { return Ok(None) };
            let mut piece = vec![0; PIECE];
            let read = file.read(&mut piece).await?;
            piece.truncate(read);
            let clean = match read {
                0 => {
                    self.file = None;
                    self.redacted.finish()
                }
                _ => self.redacted.feed(piece),
            };
            if !clean.is_empty() {
                return Ok(Some(clean));
            }
        }
    }
}

impl Output<'_> {
    /// Returns at most `limit` events of a run after sequence number `after`, oldest first. If retention deleted the
    /// first of them, one event of kind `events_gone` replaces them; its sequence number is that of the last deleted
    /// event.
    ///
    /// # Errors
    /// A [`Problem`] if the run does not exist or the principal may not see it.
    pub async fn events(self, run: RunId, after: u64, limit: u32) -> Result<Vec<RunEventRecord>, Problem> {
        self.0.caller.shown_run(&self.0.inner.store, run).await?;
        let page = self.0.inner.store.logs().events_kept(run, after, limit).await?;
        let mut events = page.events;
        if events.iter().any(|event| event.attempt.is_some()) {
            self.name_agents(run, &mut events).await?;
        }
        if let Some(last) = page.gone_to {
            let at = match events.first() {
                Some(first) => first.at,
                None => {
                    self.0.runs().get(run).await?.run.ended_at.unwrap_or_else(|| self.0.inner.clock.now())
                }
            };
            events.insert(0, jackfield_runs::records::events::gone(last, at));
        }
        Ok(events)
    }

    /// Returns a page of the events of a run, oldest first: after or before a place, the last ones, of some kinds, with a
    /// text in them. Events that retention deleted are left out.
    ///
    /// # Errors
    /// A [`Problem`] if the run does not exist or the principal may not see it, or the query is invalid.
    pub async fn log(self, run: RunId, query: LogQuery) -> Result<Vec<RunEventRecord>, Problem> {
        if !query.is_filtered() {
            return self.events(run, query.after, query.page()).await;
        }
        self.0.caller.shown_run(&self.0.inner.store, run).await?;
        bounds::check(&query)?;
        let kinds: Vec<_> = query.kinds.iter().flat_map(|kinds| kinds.split(',')).map(str::trim).collect();
        let kinds: Vec<_> = kinds.into_iter().filter(|kind| !kind.is_empty()).map(str::to_owned).collect();
        if kinds.len() > MOST_KINDS {
            return Err(Problem::caller(
                ErrorCode::BadQuery,
                format!("{} kinds are given; at most {MOST_KINDS} are taken", kinds.len()),
                "give fewer kinds",
            ));
        }
        let filter = LogFilter {
            after: query.after,
            before: query.before,
            last: query.tail.is_some() || query.before.is_some(),
            limit: query.page(),
            text: query.q.filter(|text| !text.is_empty()),
            kinds,
        };
        let mut events = self.0.inner.store.logs().page(run, filter).await?;
        if events.iter().any(|event| event.attempt.is_some()) {
            self.name_agents(run, &mut events).await?;
        }
        Ok(events)
    }

    /// Returns the diff of a run: that of the chosen attempt, else of the last one. Empty if the run changed nothing.
    ///
    /// # Errors
    /// A [`Problem`] if the run does not exist, the principal may not see it, or retention deleted the diff.
    pub async fn diff(self, run: RunId) -> Result<Vec<u8>, Problem> {
        self.diff_of(run, None, None).await
    }

    /// Returns the diff of one attempt by its number, and of one file by its path; of the run and of all files where they
    /// are not given. Empty without a change.
    ///
    /// # Errors
    /// A [`Problem`] if the run or the attempt does not exist, the principal may not see it, or retention deleted the diff.
    pub async fn diff_of(
        self,
        run: RunId,
        attempt: Option<u32>,
        file: Option<&str>,
    ) -> Result<Vec<u8>, Problem> {
        let view = self.0.runs().get(run).await?;
        let Some(artifact) = artifact(&view, attempt)? else { return Ok(Vec::new()) };
        let made_by = view.attempts.iter().find(|attempt| attempt.id == artifact.attempt);
        let read = tokio::fs::read(&artifact.target).await;
        let diff = read.map_err(|error| diff_gone(run, made_by, &error))?;
        Ok(match file {
            Some(file) => jackfield_workspace::diff_of_file(&diff, file),
            None => diff,
        })
    }

    /// Returns the files that a run, or one attempt of it by its number, changed.
    ///
    /// # Errors
    /// A [`Problem`] if the run or the attempt does not exist, or the principal may not see it.
    pub async fn files(self, run: RunId, attempt: Option<u32>) -> Result<Vec<ChangedFile>, Problem> {
        let view = self.0.runs().get(run).await?;
        let files = artifact(&view, attempt)?.and_then(|diff| diff.meta.get("files").cloned());
        Ok(files.and_then(|files| serde_json::from_value(files).ok()).unwrap_or_default())
    }

    /// Returns what the program of an attempt printed, without secrets; of the last attempt if no number is given.
    ///
    /// # Errors
    /// A [`Problem`] if the run or the attempt does not exist, the principal may not see it, or the file is not kept.
    pub async fn raw(self, run: RunId, attempt: Option<u32>, printed: Printed) -> Result<RawOutput, Problem> {
        let view = self.0.runs().get(run).await?;
        let attempt = match attempt {
            Some(number) => numbered(&view, number)?,
            None => view.attempts.last().ok_or_else(|| no_attempt(run, 1))?,
        };
        let files = self.0.inner.folders.attempt_files(run, attempt.id);
        let path = match printed {
            Printed::Stdout => files.stdout,
            Printed::Stderr => files.stderr,
        };
        let file = File::open(&path).await.map_err(|error| output_gone(run, &path, &error))?;
        Ok(RawOutput { file: Some(file), redacted: self.0.inner.runs.redaction.redactor().stream() })
    }

    /// Names the agent in the events of a run with several attempts: parallel agents write into one log.
    async fn name_agents(self, run: RunId, events: &mut [RunEventRecord]) -> Result<(), Problem> {
        let view = self.0.inner.store.runs().get(run).await?;
        for event in events {
            event.agent = report::agent_of(&view, event);
        }
        Ok(())
    }
}

/// The diff of the run or of one attempt; `None` if it changed nothing.
fn artifact(view: &RunView, attempt: Option<u32>) -> Result<Option<&Artifact>, Problem> {
    let Some(number) = attempt else { return Ok(report::diff(view)) };
    let of = numbered(view, number)?.id;
    Ok(view.artifacts.iter().rev().find(|artifact| artifact.kind == "diff" && artifact.attempt == of))
}

pub(super) fn numbered(view: &RunView, number: u32) -> Result<&Attempt, Problem> {
    let attempt = view.attempts.iter().find(|attempt| attempt.number == number);
    attempt.ok_or_else(|| no_attempt(view.run.id, number))
}

fn no_attempt(run: RunId, number: u32) -> Problem {
    Problem::caller(
        ErrorCode::AttemptNotFound,
        format!("run {run} has no attempt {number}"),
        "give the number of one of its attempts",
    )
    .with(Operation::ShowRun(run))
}

fn output_gone(run: RunId, path: &Path, error: &io::Error) -> Problem {
    let message = match error.kind() {
        io::ErrorKind::NotFound => {
            format!("the output of run {run} is not kept (`[retention]` says for how long)")
        }
        _ => format!("failed to open {}: {error}", path.display()),
    };
    Problem::operator(ErrorCode::OutputGone, message, "read the events of the run instead")
        .with(Operation::ShowRun(run))
}

fn diff_gone(run: RunId, made_by: Option<&Attempt>, error: &std::io::Error) -> Problem {
    let message = match error.kind() {
        std::io::ErrorKind::NotFound => {
            format!("the diff of run {run} is no longer kept (`[retention]` says for how long)")
        }
        _ => format!("the diff of run {run} cannot be read: {error}"),
    };
    let worktree: Option<Worktree> =
        made_by.and_then(|attempt| serde_json::from_str(attempt.worktree.as_deref()?).ok());
    let Some(made) = worktree else {
        let remedy = "what it changed is on its branch, which the record of the run names";
        return Problem::operator(ErrorCode::DiffGone, message, remedy).with(Operation::ShowRun(run));
    };
    let remedy = format!(
        "what it changed is on its branch: git --git-dir '{}' diff {} {}",
        made.repository.display(),
        made.base.short(),
        made.branch
    );
    Problem::operator(ErrorCode::DiffGone, message, remedy)
}
