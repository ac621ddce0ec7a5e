//! One attempt: a worktree, a plan, a process, what it said, and what it left behind.
//!
//! Whatever goes wrong on the way becomes a [`Failure`] of this attempt and is settled like any
//! other outcome; nothing here decides what comes next.

use crate::admission::place::Places;
use crate::admission::planned::Planned;
use crate::execution::completion::Completion;
use crate::execution::ended::{Ended, Heard, SAVING};
use crate::execution::environment::{BASH_STARTUP, Sources};
use crate::execution::failures::{from_problem, plugin_failure};
use crate::execution::leftovers;
use crate::execution::output_reader::{Agent, OutputReader, Outputs};
use crate::execution::processes::Processes;
use crate::execution::recording::record_of_host;
use crate::execution::running::Running;
use crate::verification::check::Checks;
use jackfield_config::ExecutorSection;
use jackfield_core::files::{Files, file_failure};
use jackfield_core::folders::Folders;
use jackfield_core::secrets::Redaction;
use jackfield_core::settings::Settings;
use jackfield_model::{HostWarning, RunEvent, WarningTopic, WorktreeReady};
use jackfield_plugins::facts::driving;
use jackfield_plugins::{Drive, Plugins};
use jackfield_process::{Environment, ProcessError, Spec};
use jackfield_redact::Redactor;
use jackfield_store::{NewPluginCall, NewRunEvent, NewTranscript, Started, Store};
use jackfield_types::{AttemptId, Clock, Delivered, Failure, FailureClass};
use jackfield_workspace::{Bounds, Keeping, Release, WorkspaceError, Worktree, Worktrees};
use serde_json::json;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::time::Instant;
use tracing::{Instrument, Span};

/// How often, and how long after, a worktree that somebody is at is asked for again.
const TRIES: u32 = 20;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(100);

/// Executes attempts: worktree, plan, process, output, evidence.
pub struct Attempts {
    pub(crate) folders: Arc<Folders>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Store,
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) worktrees: Worktrees,
    pub(crate) environment: Arc<Environment>,
    pub(crate) lease: Option<PathBuf>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) redaction: Arc<Redaction>,
    pub(crate) places: Arc<Places>,
    pub(crate) processes: Arc<Processes>,
    pub(crate) checks: Arc<Checks>,
    pub(crate) outputs: Arc<Outputs>,
}

/// An agent that was started, and what reads its output.
struct Spawned<'a> {
    running: jackfield_process::Running,
    reader: OutputReader<'a>,
    span: Span,
}

impl Attempts {
    /// Executes an attempt of which nothing has begun, from its worktree to its captured diff.
    pub(crate) async fn execute_attempt(&self, run: &Running, planned: &Planned) -> Completion<Ended> {
        let files = self.folders.attempt_files(run.id, planned.id);
        let mut ended = Ended::nothing(planned);
        let worktree = match self.prepare_worktree(run, planned, &files).await {
            Ok(worktree) => worktree,
            Err(failure) => {
                ended.fail(failure);
                return Completion::Done(ended);
            }
        };
        match self.run_agent(run, planned, &files, &worktree).await {
            Ok(Completion::Done(heard)) => self.take_heard(&mut ended, heard, planned),
            Ok(Completion::HandedOver) => return Completion::HandedOver,
            Err(failure) => ended.fail(failure),
        }
        self.finish_work(run, planned.id, &files, &worktree, ended).await
    }

    /// The folders of an attempt and its worktree, in the place that was admitted.
    async fn prepare_worktree(
        &self,
        run: &Running,
        planned: &Planned,
        files: &Files,
    ) -> Result<Worktree, Failure> {
        files.make()?;
        let worktree = self.worktree(run, planned.id).await?;
        // Paths are all that git takes: what it worked on is looked at again before an agent sees any of it.
        if let Err(problem) = self.places.may_work(&run.order).await {
            if let Err(error) = self.worktrees.release(&worktree, Release::Remove).await {
                tracing::warn!(run = %run.id, %error, "the worktree stays until the next clean-up");
            }
            return Err(from_problem(FailureClass::Denied, problem));
        }
        self.record_worktree(run, planned, &worktree).await;
        Ok(worktree)
    }

    /// What was heard of an agent, with the limit that ended it if its adapter does not name that.
    pub(crate) fn take_heard(&self, ended: &mut Ended, heard: Heard, planned: &Planned) {
        ended.take_heard(heard, planned);
        ended.name_file_limit(self.settings.config().run.max_file_mb);
    }

    /// A fresh worktree, or the one that a host made before it went away without starting an agent in it.
    async fn worktree(&self, run: &Running, attempt: AttemptId) -> Result<Worktree, Failure> {
        let failed = |error: WorkspaceError| from_problem(FailureClass::Unknown, error.problem());
        match self.worktrees.find(attempt).await.map_err(failed)? {
            Some(worktree) => Ok(worktree),
            None => {
                // It may take as long as the work itself: filters may fetch what they write.
                let until = tokio::time::Instant::now() + run.order.timeout;
                let bounds = Bounds::new(until, Some(self.settings.config().run.max_file_mb << 20));
                let mut created = Box::pin(bounds.hold(self.create_worktree(run, attempt)));
                let created = tokio::select! {
                    created = &mut created => created,
                    () = run.cancel.cancelled() => {
                        bounds.shorten(tokio::time::Instant::now());
                        created.await
                    }
                };
                created
                    .map_err(|error| if run.cancel.is_cancelled() { run.cancelled() } else { failed(error) })
            }
        }
    }

    /// How long git's filters may take to save the work: until the run's time is over, and a moment longer.
    async fn saving_bounds(&self, run: &Running, attempt: AttemptId) -> Bounds {
        let started = self.store.runs().attempt(attempt).await.ok().and_then(|attempt| attempt.started_at);
        let worked = started.map_or(0, |at| jackfield_core::moment::since(at, self.clock.now()));
        let left = run.order.timeout.saturating_sub(std::time::Duration::from_millis(worked));
        let until = tokio::time::Instant::now() + left.max(SAVING);
        Bounds::new(until, Some(self.settings.config().run.max_file_mb << 20))
    }

    /// Another process may be removing what an earlier host began for this attempt: it takes moments.
    async fn create_worktree(&self, run: &Running, attempt: AttemptId) -> Result<Worktree, WorkspaceError> {
        for _ in 0..TRIES {
            match self
                .worktrees
                .create_from(&run.order.source, run.order.request.base.as_deref(), run.id, attempt)
                .await
            {
                Err(WorkspaceError::AttemptTaken(_)) => tokio::time::sleep(PAUSE).await,
                made => return made,
            }
        }
        self.worktrees
            .create_from(&run.order.source, run.order.request.base.as_deref(), run.id, attempt)
            .await
    }

    /// After the agent: captures what it changed, verifies that, and releases the worktree.
    pub(crate) async fn finish_work(
        &self,
        run: &Running,
        attempt: AttemptId,
        files: &Files,
        worktree: &Worktree,
        mut ended: Ended,
    ) -> Completion<Ended> {
        if !run.is_held(&self.store).await {
            return Completion::HandedOver;
        }
        let bounds = self.saving_bounds(run, attempt).await;
        let config = self.settings.config();
        let keeping = Keeping { folder: files.kept.clone(), ignored_bytes: config.run.keep_ignored_mb << 20 };
        let captured = self.worktrees.capture_keeping(worktree, &files.diff, &keeping);
        let captured = saving(run, &bounds, captured).await;
        if let Ok(captured) = &captured {
            self.warn_of_git(run, attempt, &captured.warnings).await;
        }
        let stays = leftovers::stays(&captured);
        ended.take_diff(captured, &files.diff);
        match self.checks.verify(run, attempt, files, worktree, &mut ended).await {
            Completion::Done(()) => {}
            Completion::HandedOver => return Completion::HandedOver,
        }
        let kept = config.run.keep_worktrees && ended.outcome.delivered == Delivered::Diff;
        let kept = kept || (stays.is_some() && worktree.path.is_dir());
        let release = if kept { Release::Keep } else { Release::Remove };
        let released = saving(run, &bounds, self.worktrees.release(worktree, release)).await;
        if let Err(error) = &released {
            tracing::warn!(run = %run.id, %error, "the worktree stays until the next clean-up");
        }
        ended.take_released(worktree, stays, &released);
        ended.transcript = transcript(&files.stdout);
        files.tidy();
        Completion::Done(ended)
    }

    /// Spawns the agent and reads its output to the end.
    async fn run_agent(
        &self,
        run: &Running,
        planned: &Planned,
        files: &Files,
        worktree: &Worktree,
    ) -> Result<Completion<Heard>, Failure> {
        let Completion::Done(spawned) = self.spawn_agent(run, planned, files, worktree).await? else {
            return Ok(Completion::HandedOver);
        };
        let Spawned { running, reader, span } = spawned;
        let listening = reader.listen(Agent::Alive(Box::new(running)), files).instrument(span.clone());
        let completion = listening.await?;
        if let Completion::Done(heard) = &completion {
            crate::records::trace::exited(&span, heard.exited);
        }
        Ok(completion)
    }

    /// Has the adapter plan the command line, and starts the agent with it.
    async fn spawn_agent<'a>(
        &'a self,
        run: &'a Running,
        planned: &'a Planned,
        files: &Files,
        worktree: &Worktree,
    ) -> Result<Completion<Spawned<'a>>, Failure> {
        let name = &planned.executor.plugin.name;
        let section = self.settings.section_on(name, planned.rung.as_deref());
        let description = &planned.executor.description;
        let sources = Sources { host: &self.environment, executor: &section, description };
        let request = self.adapter_request(run, planned, files, worktree, &section, sources.present());
        let mut drive = self.plugins.drive(name).await.map_err(plugin_failure)?;
        if drive.runs_as_command() && planned.chosen && !run.order.may_run_by_choice(name) {
            return Err(never_a_command(name));
        }
        self.redaction.learn_secrets();
        let redactor = self.redaction.redactor();
        let command = self.plan(run, planned.id, &mut drive, &request, &redactor).await?;
        let span = crate::records::trace::process(command.argv.first().map_or("", String::as_str));
        let mut environment = self.prepare_files(&command, &request, files, &sources, worktree)?;
        environment.extend(crate::records::trace::for_program(&span));
        let mut lease = self.processes.agent_lease(&files.lease, Instant::now() + run.order.timeout);
        if let Some(lease) = &mut lease {
            lease.renew().map_err(|error| from_problem(FailureClass::Unknown, error.problem()))?;
        }
        let spec = Spec {
            argv: command.argv.iter().map(Into::into).collect(),
            environment,
            cwd: worktree.cwd.clone(),
            stdin: command.stdin.as_ref().map(|_| files.stdin.clone()),
            stdout: files.stdout.clone(),
            stderr: files.stderr.clone(),
            status: files.status.clone(),
            tag: planned.id.to_string(),
            limits: self.processes.process_limits(),
            tree: self.processes.tree_limits(),
            lease: lease.map(|lease| lease.file().to_owned()).or_else(|| self.lease.clone()),
        };
        drive.begin(&request).await.map_err(plugin_failure)?;
        if run.cancel.is_cancelled() {
            return Err(run.cancelled());
        }
        if run.is_handed_over() {
            return Ok(Completion::HandedOver);
        }
        let running = self.start_process(spec, run, planned.id, worktree).instrument(span.clone()).await?;
        crate::records::trace::began(&span, running.identity());
        let grace = std::time::Duration::from_millis(command.final_grace);
        let reader = OutputReader::new(&self.outputs, run, planned, drive, &redactor, grace);
        Ok(Completion::Done(Spawned { running, reader, span }))
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
        let recorded = self.store.decisions().record_calls(vec![call]).await;
        recorded.map_err(|error| from_problem(FailureClass::Unknown, error.problem()))?;
        planned.map_err(plugin_failure)?.map_err(Failure::from)
    }

    fn adapter_request(
        &self,
        run: &Running,
        planned: &Planned,
        files: &Files,
        worktree: &Worktree,
        section: &ExecutorSection,
        present: Vec<String>,
    ) -> driving::Request {
        let (order, runs_as_command) = (&run.order, planned.executor.runs_as_command);
        let text = |path: &Path| path.to_string_lossy().into_owned();
        driving::Request {
            attempt: planned.id.to_string(),
            // What is run as a command is what the caller wrote, and nothing that others said of it.
            instruction: match planned.context.as_ref().filter(|_| !runs_as_command) {
                Some(context) => format!("{}\n\n{context}", order.request.instruction),
                None => order.request.instruction.clone(),
            },
            model: planned.model.clone(),
            effort: planned.effort.map(Into::into),
            role: order.role.into(),
            access: match order.access {
                jackfield_api::Access::Read => driving::Access::Read,
                jackfield_api::Access::Edit => driving::Access::Edit,
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
            settings: section.settings.clone().into_iter().collect(),
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
        jackfield_files::private_folder(state).map_err(|error| file_failure("make", state, &error))?;
        for file in &command.files {
            let root = match file.place {
                driving::Place::Scratch => &files.scratch,
                driving::Place::State => state,
            };
            let path = root.join(&file.path);
            jackfield_files::write_private(&path, &file.content)
                .map_err(|error| file_failure("write", &path, &error))?;
        }
        if let Some(stdin) = &command.stdin {
            jackfield_files::write_private(&files.stdin, stdin)
                .map_err(|error| file_failure("write", &files.stdin, &error))?;
        }
        let mut environment = sources.for_attempt(&command.environment, &files.temporary)?;
        if let Some(startup) = sources.shell_startup(&command.environment) {
            jackfield_files::write_private(&files.shell, startup.as_bytes())
                .map_err(|error| file_failure("write", &files.shell, &error))?;
            environment.insert(BASH_STARTUP.into(), files.shell.clone().into());
        }
        environment.extend(worktree.environment());
        Ok(environment)
    }

    /// Starts the process: its identity is on record before the agent exists.
    async fn start_process(
        &self,
        spec: Spec,
        run: &Running,
        attempt: AttemptId,
        worktree: &Worktree,
    ) -> Result<jackfield_process::Running, Failure> {
        let started = |error: ProcessError| from_problem(start_class(&error), error.problem());
        let held = self.processes.launcher().await.map_err(started)?.prepare(spec).map_err(started)?;
        let identity = serde_json::to_value(held.identity()).unwrap_or_default();
        let recorded = Started {
            identity,
            worktree: serde_json::to_string(worktree).unwrap_or_default(),
            path: worktree.path.display().to_string(),
            branch: Some(worktree.branch.clone()),
            base: Some(worktree.base.to_string()),
        };
        self.store
            .held(run.hold)
            .started(attempt, recorded)
            .await
            .map_err(|error| from_problem(FailureClass::Unknown, error.problem()))?;
        held.release().map_err(started)
    }

    /// What is to be told of git's configuration and filters; the answer has it too.
    async fn warn_of_git(&self, run: &Running, attempt: AttemptId, warnings: &[String]) {
        let now = self.clock.now();
        let event = |text: &String| {
            let warning = HostWarning { of: Some(WarningTopic::Git), ..HostWarning::new(text) };
            NewRunEvent { at: now, event: RunEvent::HostWarning(warning) }
        };
        let events: Vec<_> = warnings.iter().map(event).collect();
        if !events.is_empty() {
            record_of_host(&self.store, &self.outputs.stop, run, attempt, events).await;
        }
    }

    async fn record_worktree(&self, run: &Running, planned: &Planned, worktree: &Worktree) {
        let now = self.clock.now();
        let event = |event| NewRunEvent { at: now, event };
        let (branch, base) = (worktree.branch.clone(), worktree.base.to_string());
        let mut events = vec![event(RunEvent::Worktree(WorktreeReady { branch, base }))];
        if worktree.dirty {
            events.push(event(leftovers::not_seen()));
        }
        record_of_host(&self.store, &self.outputs.stop, run, planned.id, events).await;
    }
}

/// Saves the work within bounds, and within a moment once the run is called off.
async fn saving<T>(run: &Running, bounds: &Bounds, work: impl Future<Output = T>) -> T {
    let mut work = Box::pin(bounds.hold(work));
    tokio::select! {
        done = &mut work => done,
        () = run.cancel.cancelled() => {
            bounds.shorten(tokio::time::Instant::now() + SAVING);
            work.await
        }
    }
}

/// The adapter in service has become one that runs the instruction as a command since it was chosen.
fn never_a_command(name: &str) -> Failure {
    Failure::new(
        FailureClass::Denied,
        format!("the executor {name} runs the instruction as a command, and the request does not name it"),
    )
    .with_remedy(format!("name the executor {name}, or give the task the type `command`"))
}

/// A plan as it is recorded: without the standard input, which is the instruction again.
#[derive(serde::Serialize)]
struct Described<'a> {
    argv: &'a [String],
    environment: Vec<&'a str>,
    files: Vec<&'a str>,
    stdin_bytes: Option<usize>,
    final_grace: u64,
}

impl<'a> Described<'a> {
    fn of(command: &'a driving::Command) -> Self {
        Self {
            argv: &command.argv,
            environment: command.environment.iter().map(|(name, _)| name.as_str()).collect(),
            files: command.files.iter().map(|file| file.path.as_str()).collect(),
            stdin_bytes: command.stdin.as_ref().map(Vec::len),
            final_grace: command.final_grace,
        }
    }
}

/// The transcript of an attempt, from its standard output.
pub fn transcript(stdout: &Path) -> Option<NewTranscript> {
    let bytes = std::fs::metadata(stdout).ok()?.len();
    Some(NewTranscript { path: stdout.to_string_lossy().into_owned(), bytes })
}

/// Too long for the arguments of this agent is not too long for one that takes it on its standard input.
const fn start_class(error: &ProcessError) -> FailureClass {
    match error {
        ProcessError::TooLong { .. } => FailureClass::ContextOverflow,
        ProcessError::BadCommand(_) => FailureClass::SyntaxError,
        _ => FailureClass::NoProgram,
    }
}
