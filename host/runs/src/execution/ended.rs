//! What became of an attempt, gathered bit by bit until it is settled.

use crate::admission::planned::Planned;
use crate::admission::pricing::Cost;
use crate::execution::failures::from_problem;
use jackfield_process::Exited;
use jackfield_redact::Redactor;
use jackfield_store::{Attempt, CheckResult, NewArtifact, NewTranscript};
use jackfield_types::{
    CostSource, Delivered, Failure, FailureClass, Micros, Outcome, Process, Settled, Usage, Verified,
};
use jackfield_workspace::{Captured, ChangedFile, Commit};
use serde_json::json;
use std::path::{Path, PathBuf};

/// How long git's filters may take at least when work is saved, also of a run whose time is over.
pub(crate) const SAVING: std::time::Duration = std::time::Duration::from_secs(10);

/// What became of an attempt, ready to be settled.
#[derive(Debug)]
pub struct Ended {
    /// The three axes of its outcome.
    pub outcome: Outcome,
    /// The tokens that it used.
    pub usage: Usage,
    /// Their cost.
    pub cost: Cost,
    /// The exit code or the signal.
    pub exited: Exited,
    /// The agent's answer.
    pub answer: String,
    /// The session id of the agent's program.
    pub session: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// Files and branches that it left.
    pub artifacts: Vec<NewArtifact>,
    /// Its log.
    pub transcript: Option<NewTranscript>,
    /// The commit that holds everything it left.
    pub head: Option<Commit>,
    /// What was changed against the base.
    pub changed: Vec<ChangedFile>,
    /// Where the diff of all of that is; or why there is none, or not of all.
    pub(crate) diff: Result<PathBuf, String>,
    /// What its checks came to.
    pub checks: Vec<CheckResult>,
}

impl Ended {
    /// Nothing has happened yet: failed, until something else is known.
    pub(crate) fn nothing(planned: &Planned) -> Self {
        Self {
            outcome: Outcome {
                process: Process::Failed,
                delivered: Delivered::Nothing,
                verified: Verified::NotRun,
                failure: None,
                denied: Vec::new(),
            },
            usage: Usage::default(),
            cost: planned.pricing.cost(&Usage::default()),
            exited: Exited::UNKNOWN,
            answer: String::new(),
            session: None,
            model: planned.model.clone(),
            artifacts: Vec::new(),
            transcript: None,
            head: None,
            changed: Vec::new(),
            diff: Err("the changes were not captured".to_owned()),
            checks: Vec::new(),
        }
    }

    /// What is on record of an attempt whose host is gone.
    pub fn unknown(attempt: &jackfield_store::Attempt) -> Self {
        Self {
            outcome: Outcome {
                process: Process::Lost,
                delivered: Delivered::Nothing,
                verified: Verified::NotRun,
                failure: None,
                denied: Vec::new(),
            },
            usage: attempt.usage,
            cost: Cost {
                total: attempt.cost,
                source: attempt.cost_source.unwrap_or(CostSource::Ceiling),
                price_as_of: attempt.price_as_of.clone(),
            },
            exited: Exited::UNKNOWN,
            answer: attempt.answer.clone().unwrap_or_default(),
            session: attempt.session.clone(),
            model: attempt.model.clone(),
            artifacts: Vec::new(),
            transcript: None,
            head: None,
            changed: Vec::new(),
            diff: Err("the changes were not captured".to_owned()),
            checks: Vec::new(),
        }
    }

    pub(crate) fn fail(&mut self, failure: Failure) {
        self.outcome.process = Process::Failed;
        self.outcome.failure = Some(failure);
    }

    /// Takes out whatever is secret, before anybody decides or is told anything by it.
    pub fn redact(&mut self, redactor: &Redactor) {
        let clean = |text: &mut String| {
            if let Some(changed) = redactor.changed(text) {
                *text = changed;
            }
        };
        clean(&mut self.answer);
        self.session.iter_mut().chain(&mut self.model).for_each(clean);
        self.outcome.denied.iter_mut().for_each(clean);
        if let Some(failure) = &mut self.outcome.failure {
            clean(&mut failure.message);
            failure.remedy.iter_mut().for_each(clean);
        }
        for check in &mut self.checks {
            [&mut check.name, &mut check.command, &mut check.output].into_iter().for_each(clean);
        }
    }

    pub(crate) fn take_heard(&mut self, heard: Heard, planned: &Planned) {
        self.outcome.process = heard.process;
        self.outcome.failure = heard.failure;
        self.outcome.denied = heard.denied;
        self.cost = planned.pricing.cost(&heard.usage);
        self.cost.total = self.cost.total.max(heard.least);
        self.usage = heard.usage;
        self.exited = heard.exited;
        self.answer = heard.answer;
        self.session = heard.session;
        self.model = heard.model.or(self.model.take());
    }

    /// Where it failed because a file grew beyond `run.max_file_mb`, that is what is told, and not what its adapter made
    /// of it.
    pub(crate) fn name_file_limit(&mut self, megabytes: u64) {
        let Some(failure) = &self.outcome.failure else { return };
        let told = is_file_limit_told(&self.answer) || is_file_limit_told(&failure.message);
        if !is_ended_by_file_limit(self.exited) && !told {
            return;
        }
        let failure = Failure::new(FailureClass::Killed, file_limit(megabytes));
        self.outcome.failure = Some(failure.with_remedy(
            "raise run.max_file_mb in jackfield.toml, or ask for smaller files; then start it again",
        ));
    }

    /// The diff as an artifact. A diff that could not be taken is said, not swallowed: the work is
    /// still in the worktree, which is then kept.
    pub(crate) fn take_diff(
        &mut self,
        captured: Result<Captured, jackfield_workspace::WorkspaceError>,
        diff: &Path,
    ) {
        self.diff = match &captured {
            Ok(Captured { left_out: Some(what), .. }) => {
                Err(format!("not all of the work is committed: {what}"))
            }
            Ok(captured) => Ok(captured.diff.clone()),
            Err(error) => Err(format!("the changes were not captured: {error}")),
        };
        if let Ok(captured) = &captured {
            self.take_leftovers(captured.leftovers.iter().cloned());
        }
        match captured {
            Ok(captured) if captured.files.is_empty() => self.head = saved(&captured),
            Ok(captured) => {
                self.head = saved(&captured);
                self.outcome.delivered = Delivered::Diff;
                self.changed.clone_from(&captured.files);
                self.artifacts.push(NewArtifact {
                    kind: "diff".into(),
                    label: format!("{} file(s) changed", captured.files.len()),
                    target: diff.to_string_lossy().into_owned(),
                    bytes: std::fs::metadata(diff).ok().map(|meta| meta.len()),
                    meta: json!({ "files": captured.files, "head": captured.head.as_str() }),
                });
            }
            // What went wrong before it says more.
            Err(error) if self.outcome.failure.is_some() => {
                tracing::warn!(%error, "a diff could not be taken");
            }
            Err(error) => self.fail(from_problem(FailureClass::Unknown, error.problem())),
        }
    }
}

/// The signal of a file that grows too large.
const SIGXFSZ: i32 = 25;

/// Whether the program, or the last one that a shell ran for it, was ended for a file that grew too large.
pub(crate) fn is_ended_by_file_limit(exited: Exited) -> bool {
    exited.signal == Some(SIGXFSZ) || exited.code == Some(128 + SIGXFSZ)
}

/// Whether a program says so itself.
pub(crate) fn is_file_limit_told(text: &str) -> bool {
    ["File size limit exceeded", "File too large", "EFBIG"].iter().any(|words| text.contains(words))
}

pub(crate) fn file_limit(megabytes: u64) -> String {
    format!("a file grew beyond the limit of {megabytes} MB (run.max_file_mb), and writing it was stopped")
}

/// Where the whole of the work is, if all of it could be committed.
fn saved(captured: &Captured) -> Option<Commit> {
    captured.left_out.is_none().then(|| captured.head.clone())
}

/// An attempt of the round that is over.
#[derive(Debug)]
pub struct Done {
    /// The attempt.
    pub attempt: Attempt,
    /// Its plan; `None` if planning failed.
    pub planned: Option<Planned>,
    /// Its end.
    pub ended: Ended,
    /// Whether it succeeded.
    pub settled: Settled,
    /// Its duration, milliseconds.
    pub latency_ms: u64,
}

/// What was heard until the end.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) process: Process,
    pub(crate) failure: Option<Failure>,
    pub(crate) denied: Vec<String>,
    /// Its adapter read its last word.
    pub(crate) finished: bool,
    pub(crate) usage: Usage,
    /// What it has cost at least: what was charged for figures that the agent reported.
    pub(crate) least: Micros,
    pub(crate) exited: Exited,
    pub(crate) answer: String,
    pub(crate) session: Option<String>,
    pub(crate) model: Option<String>,
}
