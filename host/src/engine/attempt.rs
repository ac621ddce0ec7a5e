//! One attempt: a worktree, a plan, a process, what it said, and what it left behind.
//!
//! Whatever goes wrong on the way becomes a [`Failure`] of this attempt and is settled like any
//! other outcome; nothing here decides what comes next.

use super::Inner;
use super::environment::{BASH_STARTUP, Sources};
use super::life::Running;
use super::pricing::{Cost, Pricing};
use super::reading::{Heard, Reading};
use super::redact::Redactor;
use jackfield_plugins::facts::driving;
use jackfield_plugins::{Drive, ExecutorInfo, PluginError};
use jackfield_process::{Exited, ProcessLimits, Spec};
use jackfield_store::{NewArtifact, NewPluginCall, NewRunEvent, NewTranscript, Started};
use jackfield_types::{
    AttemptId, CostSource, Delivered, Effort, Failure, FailureClass, Outcome, Process, RunId, Usage, Verified,
};
use jackfield_workspace::{Captured, Release, Worktree};
use serde_json::json;
use std::path::{Path, PathBuf};

/// What an attempt is to be: decided and admitted, not begun.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) id: AttemptId,
    pub(crate) executor: ExecutorInfo,
    pub(crate) model: Option<String>,
    pub(crate) effort: Option<Effort>,
    pub(crate) pricing: Pricing,
}

/// What became of an attempt, ready to be settled.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) outcome: Outcome,
    pub(crate) usage: Usage,
    pub(crate) cost: Cost,
    pub(crate) exited: Exited,
    pub(crate) answer: String,
    pub(crate) session: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) artifacts: Vec<NewArtifact>,
    pub(crate) transcript: Option<NewTranscript>,
}

/// Files of one attempt, outside its worktree.
#[derive(Debug, Clone)]
pub(crate) struct Files {
    pub(crate) scratch: PathBuf,
    pub(crate) temporary: PathBuf,
    pub(crate) stdin: PathBuf,
    pub(crate) stdout: PathBuf,
    pub(crate) stderr: PathBuf,
    pub(crate) status: PathBuf,
    pub(crate) diff: PathBuf,
    /// What every bash below the agent reads first.
    pub(crate) shell: PathBuf,
}

impl Files {
    pub(crate) fn of(folder: &Path) -> Self {
        Self {
            scratch: folder.join("scratch"),
            temporary: folder.join("tmp"),
            stdin: folder.join("stdin"),
            stdout: folder.join("stdout.log"),
            stderr: folder.join("stderr.log"),
            status: folder.join("status"),
            diff: folder.join("diff.patch"),
            shell: folder.join("shell.sh"),
        }
    }

    /// What only the agent needed goes with it; the log, the diff and what it was asked stay.
    pub(crate) fn tidy(&self) {
        for folder in [&self.scratch, &self.temporary] {
            match std::fs::remove_dir_all(folder) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    tracing::warn!(folder = %folder.display(), %error, "a folder of an attempt stays");
                }
                _ => {}
            }
        }
    }

    fn make(&self) -> Result<(), Failure> {
        for folder in [&self.scratch, &self.temporary] {
            super::folders::private(folder).map_err(|error| file_failure("make", folder, &error))?;
        }
        Ok(())
    }
}

impl Inner {
    pub(crate) fn attempt_files(&self, run: RunId, attempt: AttemptId) -> Files {
        Files::of(&self.folders.runs.join(run.to_string()).join(attempt.to_string()))
    }

    /// Carries out one attempt from worktree to captured diff.
    pub(crate) async fn attempt(&self, run: &Running, planned: &Planned) -> Ended {
        let mut ended = Ended::nothing(planned);
        if let Err(failure) = self.carry_out(run, planned, &mut ended).await {
            ended.fail(failure);
        }
        ended
    }

    async fn carry_out(&self, run: &Running, planned: &Planned, ended: &mut Ended) -> Result<(), Failure> {
        let files = self.attempt_files(run.id, planned.id);
        files.make()?;
        let worktree = self
            .worktrees
            .create(&run.order.source, run.id, planned.id)
            .await
            .map_err(|error| from_problem(FailureClass::Unknown, error.problem()))?;
        self.tell_worktree(run, planned, &worktree).await;
        let worked = self.work(run, planned, &files, &worktree, ended).await;
        let captured = self.worktrees.capture(&worktree, &files.diff).await;
        ended.take_diff(captured, &files.diff);
        let kept = self.config().run.keep_worktrees && ended.outcome.delivered == Delivered::Diff;
        let release = if kept { Release::Keep } else { Release::Remove };
        if let Err(error) = self.worktrees.release(&worktree, release).await {
            tracing::warn!(run = %run.id, %error, "the worktree stays until the next clean-up");
        }
        ended.transcript = transcript(&files.stdout);
        files.tidy();
        worked
    }

    async fn work(
        &self,
        run: &Running,
        planned: &Planned,
        files: &Files,
        worktree: &Worktree,
        ended: &mut Ended,
    ) -> Result<(), Failure> {
        let name = &planned.executor.plugin.name;
        let section = self.executor_section(name);
        let description = &planned.executor.description;
        let sources = Sources { host: &self.environment, executor: &section, description };
        let request = self.adapter_request(run, planned, files, worktree, sources.present());
        let mut drive = self.plugins.drive(name).await.map_err(plugin_failure)?;
        let redactor = sources.redactor();
        let command = self.plan(run, planned.id, &mut drive, &request, &redactor).await?;
        let environment = self.prepare_files(&command, &request, files, &sources, worktree)?;
        let spec = Spec {
            argv: command.argv.iter().map(Into::into).collect(),
            environment,
            cwd: worktree.cwd.clone(),
            stdin: command.stdin.as_ref().map(|_| files.stdin.clone()),
            stdout: files.stdout.clone(),
            stderr: files.stderr.clone(),
            status: files.status.clone(),
            tag: planned.id.to_string(),
            limits: ProcessLimits {
                file_size: Some(self.config().run.max_file_mb << 20),
                ..ProcessLimits::default()
            },
        };
        drive.begin(&request).await.map_err(plugin_failure)?;
        if run.cancel.is_cancelled() {
            return Err(run.cancelled());
        }
        let running = self.start(spec, planned.id, worktree).await?;
        let grace = std::time::Duration::from_millis(command.final_grace);
        let heard = Reading::new(self, run, planned, drive, redactor, grace).listen(running, files).await?;
        ended.take_heard(heard, planned);
        Ok(())
    }

    /// Asks the adapter what to run, and puts its answer on record before anything is started: a
    /// later host reads the request from there. No value of a secret goes onto the record, wherever
    /// it stands.
    async fn plan(
        &self,
        run: &Running,
        attempt: AttemptId,
        drive: &mut Drive,
        request: &driving::Request,
        redactor: &Redactor,
    ) -> Result<driving::Command, Failure> {
        let began = std::time::Instant::now();
        let planned = drive.plan(request).await;
        let (answer, error) = match &planned {
            Ok(Ok(command)) => (serde_json::to_value(Described::of(command)).unwrap_or_default(), None),
            Ok(Err(failure)) => (json!({ "failure": failure }), None),
            Err(error) => (serde_json::Value::Null, Some(error.to_string())),
        };
        let call = NewPluginCall {
            task: Some(run.task),
            run: Some(run.id),
            attempt: Some(attempt),
            plugin: drive.plugin().clone(),
            function: "plan".into(),
            facts: redactor.json(serde_json::to_value(request).unwrap_or_default()),
            answer: redactor.json(answer),
            micros: u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX),
            seed: Some(drive.seed()),
            notes: Vec::new(),
            error,
        };
        let recorded = self.store.record_calls(vec![call]).await;
        recorded.map_err(|error| from_problem(FailureClass::Unknown, error.problem()))?;
        planned.map_err(plugin_failure)?.map_err(Failure::from)
    }

    fn adapter_request(
        &self,
        run: &Running,
        planned: &Planned,
        files: &Files,
        worktree: &Worktree,
        present: Vec<String>,
    ) -> driving::Request {
        let order = &run.order;
        let section = self.executor_section(&planned.executor.plugin.name);
        let text = |path: &Path| path.to_string_lossy().into_owned();
        driving::Request {
            attempt: planned.id.to_string(),
            instruction: order.request.instruction.clone(),
            model: planned.model.clone(),
            effort: planned.effort.map(Into::into),
            role: order.role.into(),
            access: match order.access {
                crate::api::Access::Read => driving::Access::Read,
                crate::api::Access::Edit => driving::Access::Edit,
            },
            session: None,
            prior_usage: None,
            budget: order.max_cost.map(jackfield_types::Micros::unsigned),
            timeout: u64::try_from(order.timeout.as_millis()).unwrap_or(u64::MAX),
            folders: driving::Folders {
                worktree: text(&worktree.cwd),
                scratch: text(&files.scratch),
                state: text(&self.folders.state.join(&planned.executor.plugin.name)),
            },
            present,
            settings: section.settings.into_iter().collect(),
            prompt_syntax: order.request.prompt_syntax,
        }
    }

    fn prepare_files(
        &self,
        command: &driving::Command,
        request: &driving::Request,
        files: &Files,
        sources: &Sources<'_>,
        worktree: &Worktree,
    ) -> Result<jackfield_process::Environment, Failure> {
        let state = Path::new(&request.folders.state);
        super::folders::private(state).map_err(|error| file_failure("make", state, &error))?;
        for file in &command.files {
            let root = match file.place {
                driving::Place::Scratch => &files.scratch,
                driving::Place::State => state,
            };
            let path = root.join(&file.path);
            super::folders::write_private(&path, &file.content)
                .map_err(|error| file_failure("write", &path, &error))?;
        }
        if let Some(stdin) = &command.stdin {
            super::folders::write_private(&files.stdin, stdin)
                .map_err(|error| file_failure("write", &files.stdin, &error))?;
        }
        let mut environment = sources.for_attempt(&command.environment, &files.temporary)?;
        if let Some(startup) = sources.shell_startup(&command.environment) {
            super::folders::write_private(&files.shell, startup.as_bytes())
                .map_err(|error| file_failure("write", &files.shell, &error))?;
            environment.insert(BASH_STARTUP.into(), files.shell.clone().into());
        }
        environment.extend(worktree.environment());
        Ok(environment)
    }

    /// Starts the process: its identity is on record before the agent exists.
    async fn start(
        &self,
        spec: Spec,
        attempt: AttemptId,
        worktree: &Worktree,
    ) -> Result<jackfield_process::Running, Failure> {
        let started =
            |error: jackfield_process::ProcessError| from_problem(FailureClass::NoProgram, error.problem());
        let held = self.launcher().await.map_err(started)?.prepare(spec).map_err(started)?;
        let identity = serde_json::to_value(held.identity()).unwrap_or_default();
        let recorded = Started {
            identity,
            worktree: serde_json::to_string(worktree).unwrap_or_default(),
            branch: Some(worktree.branch.clone()),
            base: Some(worktree.base.to_string()),
        };
        self.store
            .attempt_started(attempt, recorded)
            .await
            .map_err(|error| from_problem(FailureClass::Unknown, error.problem()))?;
        held.release().map_err(started)
    }

    async fn tell_worktree(&self, run: &Running, planned: &Planned, worktree: &Worktree) {
        let now = self.clock.now();
        let event = |kind: &str, payload| NewRunEvent { at: now, kind: kind.into(), payload };
        let mut events =
            vec![event("worktree", json!({ "branch": worktree.branch, "base": worktree.base.as_str() }))];
        if worktree.dirty {
            let text = "the workspace has uncommitted changes, and the agent does not see them: commit them first if it should";
            events.push(event("host_warning", json!({ "text": text })));
        }
        if let Err(error) = self.store.append_events(run.id, Some(planned.id), events).await {
            tracing::warn!(run = %run.id, %error, "an event was not recorded");
        }
    }
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
        }
    }

    /// What is on record of an attempt whose host is gone.
    pub(crate) fn unknown(attempt: &jackfield_store::Attempt) -> Self {
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
        }
    }

    fn fail(&mut self, failure: Failure) {
        self.outcome.process = Process::Failed;
        self.outcome.failure = Some(failure);
    }

    pub(crate) fn take_heard(&mut self, heard: Heard, planned: &Planned) {
        self.outcome.process = heard.process;
        self.outcome.failure = heard.failure;
        self.outcome.denied = heard.denied;
        self.cost = planned.pricing.cost(&heard.usage);
        self.usage = heard.usage;
        self.exited = heard.exited;
        self.answer = heard.answer;
        self.session = heard.session;
        self.model = heard.model.or(self.model.take());
    }

    /// The diff as an artifact. A diff that could not be taken is said, not swallowed: the work is
    /// still in the worktree, which is then kept.
    pub(crate) fn take_diff(
        &mut self,
        captured: Result<Captured, jackfield_workspace::WorkspaceError>,
        diff: &Path,
    ) {
        match captured {
            Ok(captured) if captured.files.is_empty() => {}
            Ok(captured) => {
                self.outcome.delivered = Delivered::Diff;
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

/// A plan as it is recorded: without the standard input, which is the instruction again.
#[derive(serde::Serialize)]
struct Described<'a> {
    argv: &'a [String],
    environment: Vec<&'a str>,
    files: Vec<&'a str>,
    stdin_bytes: Option<usize>,
}

impl<'a> Described<'a> {
    fn of(command: &'a driving::Command) -> Self {
        Self {
            argv: &command.argv,
            environment: command.environment.iter().map(|(name, _)| name.as_str()).collect(),
            files: command.files.iter().map(|file| file.path.as_str()).collect(),
            stdin_bytes: command.stdin.as_ref().map(Vec::len),
        }
    }
}

fn transcript(stdout: &Path) -> Option<NewTranscript> {
    let bytes = std::fs::metadata(stdout).ok()?.len();
    Some(NewTranscript { path: stdout.to_string_lossy().into_owned(), bytes })
}

pub(crate) fn from_problem(class: FailureClass, problem: jackfield_types::Problem) -> Failure {
    Failure::new(class, problem.message).with_remedy(problem.remedy)
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
pub(crate) fn plugin_failure(error: PluginError) -> Failure {
    from_problem(FailureClass::Unknown, error.problem())
}

fn file_failure(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(FailureClass::Unknown, format!("cannot {what} {}: {error}", path.display()))
        .with_remedy("check the disk and the permissions of the data folder; `jackfield doctor` does")
}
