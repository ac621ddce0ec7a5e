//! Listening to one agent program: what it prints goes through its adapter, becomes events and
//! charges as it comes, and decides with the clock and the caller when it has to end.

use crate::admission::planned::Planned;
use crate::execution::completion::Completion;
use crate::execution::ended::Heard;
use crate::execution::failures::plugin_failure;
use crate::execution::processes::{AgentLease, Processes};
use crate::execution::recording::Recording;
use crate::execution::running::Running as Run;
use crate::records::speech::Speech;
use crate::selection::cooldown::Cooldowns;
use jackfield_core::files::{Files, tail};
use jackfield_core::settings::Settings;
use jackfield_plugins::facts::driving::{Ending, Event, Exit};
use jackfield_plugins::facts::types;
use jackfield_plugins::{Drive, PluginError};
use jackfield_process::{ActivitySample, Exited, Identity, Running, Tail, activity};
use jackfield_redact::{Redactor, Stream};
use jackfield_store::{Charged, Store, StoreError};
use jackfield_types::{Clock, Failure, FailureClass, Micros, Process, Timestamp, Usage};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

/// How often a silent agent is looked at.
pub(crate) const LOOK: Duration = Duration::from_secs(1);
/// How much of standard error an adapter is given, bytes.
const STDERR_TAIL: u64 = 16 << 10;

/// An agent that is listened to.
#[derive(Debug)]
pub(crate) enum Agent {
    /// At work.
    Alive(Box<Running>),
    /// It ended while no host was there; only what it printed is left.
    Gone(Exited),
}

/// Why the host ends an agent.
#[derive(Debug)]
enum Reason {
    WallClock,
    Idle,
    AfterFinal,
    Cancelled,
    OverBudget(Failure),
    /// Its adapter broke: nobody can tell any more what it does.
    Deaf(Failure),
}

impl Reason {
    fn deaf(error: PluginError) -> Self {
        Self::Deaf(plugin_failure(error))
    }

    /// As its adapter is told, where it can still be told anything.
    const fn ending(&self) -> Option<Ending> {
        match self {
            Self::AfterFinal => Some(Ending::AfterFinal),
            Self::WallClock => Some(Ending::WallClock),
            Self::Idle => Some(Ending::Idle),
            Self::Cancelled => Some(Ending::Cancelled),
            Self::OverBudget(_) => Some(Ending::OverBudget),
            Self::Deaf(_) => None,
        }
    }
}

/// What reading the output of attempts needs: the records, the money's limits, and how agents are ended.
pub struct Outputs {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Store,
    pub(crate) settings: Arc<Settings>,
    pub(crate) cooldowns: Arc<Cooldowns>,
    pub(crate) processes: Arc<Processes>,
    pub(crate) stop: CancellationToken,
}

/// Reads the output of one attempt.
pub(crate) struct OutputReader<'a> {
    inner: &'a Outputs,
    run: &'a Run,
    planned: &'a Planned,
    drive: Drive,
    redactor: Redactor,
    /// What the agent prints, without secrets.
    stream: Stream,
    /// What it says, without secrets.
    speech: Speech,
    final_grace: Duration,
    /// When the agent was started, where an earlier host did that.
    started_at: Option<Timestamp>,
    recording: Recording<'a>,
    finished_at: Option<Instant>,
    usage: Option<Usage>,
    least: Micros,
    over_budget: Option<Failure>,
    out_of_memory: bool,
}

impl<'a> OutputReader<'a> {
    pub(crate) fn new(
        inner: &'a Outputs,
        run: &'a Run,
        planned: &'a Planned,
        drive: Drive,
        redactor: &Redactor,
        final_grace: Duration,
    ) -> Self {
        Self {
            inner,
            run,
            planned,
            drive,
            redactor: redactor.clone(),
            stream: redactor.stream(),
            speech: Speech::new(redactor),
            final_grace,
            started_at: None,
            recording: Recording::new(&inner.store, &inner.stop, run, planned.id),
            finished_at: None,
            usage: None,
            least: Micros::ZERO,
            over_budget: None,
            out_of_memory: false,
        }
    }

    /// The same for an agent that an earlier host started then.
    pub(crate) fn again(self, started_at: Option<Timestamp>) -> Self {
        Self { started_at, ..self }
    }

    /// Listens until the program has ended and everything it printed was read, or until this host hands its agents over.
    pub(crate) async fn listen(mut self, agent: Agent, files: &Files) -> Result<Completion<Heard>, Failure> {
        let written = CancellationToken::new();
        let mut tail = match Tail::open(&files.stdout, 0, written.clone()) {
            Ok(tail) => tail,
            Err(error) => {
                let failure =
                    crate::execution::failures::from_problem(FailureClass::Unknown, error.problem());
                if let Agent::Alive(mut running) = agent {
                    self.inner.processes.end(self.run.id, &mut running).await;
                }
                return Err(failure);
            }
        };
        let unseen = matches!(agent, Agent::Gone(Exited::UNKNOWN));
        let mut lease = self.inner.processes.agent_lease(&files.lease, self.deadline());
        let (exited, mut reason) = match agent {
            Agent::Gone(exited) => (exited, None),
            Agent::Alive(mut running) => tokio::select! {
                biased;
                () = self.run.handed_over() => {
                    // The whole of it is for the next host to come.
                    if !self.run.is_lost()
                        && let Some(Err(error)) = lease.as_mut().map(AgentLease::renew) {
                        tracing::warn!(%error, "failed to renew the lease of an agent that is handed over");
                    }
                    return Ok(Completion::HandedOver);
                }
                followed = self.follow(&mut running, &mut tail, lease.as_mut()) => {
                    self.out_of_memory = running.ran_out_of_memory();
                    followed
                }
            },
        };
        written.cancel();
        while let Ok(Some(bytes)) = tail.next().await {
            if let Err(error) = self.hear(bytes).await {
                reason = reason.or(Some(Reason::deaf(error)));
                break;
            }
        }
        let rest = self.stream.finish();
        if !rest.is_empty()
            && let Err(error) = self.read(&rest).await
        {
            reason = reason.or(Some(Reason::deaf(error)));
        }
        let waiting = self.speech.finish(self.inner.clock.now());
        self.recording.record(waiting).await;
        if !self.recording.record_all().await {
            return Ok(Completion::HandedOver);
        }
        Ok(Completion::Done(self.conclude(exited, reason, unseen, files).await))
    }

    /// When the agent's time is over. An earlier host's time counts.
    fn deadline(&self) -> Instant {
        let worked =
            self.started_at.map_or(0, |at| jackfield_core::moment::since(at, self.inner.clock.now()));
        Instant::now() + self.run.order.timeout.saturating_sub(Duration::from_millis(worked))
    }

    /// Until the program ends by itself or has to be ended.
    async fn follow(
        &mut self,
        running: &mut Running,
        tail: &mut Tail,
        mut lease: Option<&mut AgentLease>,
    ) -> (Exited, Option<Reason>) {
        let deadline = self.deadline();
        let idle_limit = Duration::from_secs(self.inner.settings.config().run.idle_s);
        let mut alive_at = Instant::now();
        let mut last_sample = None;
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let cancelled = self.run.cancel.clone();
        let reason = loop {
            let finished = self.finished_at.map(|at| at + self.final_grace);
            tokio::select! {
                biased;
                () = cancelled.cancelled() => break Reason::Cancelled,
                bytes = tail.next() => match bytes {
                    Ok(Some(bytes)) => {
                        alive_at = Instant::now();
                        if let Err(error) = self.hear(bytes).await {
                            break Reason::deaf(error);
                        }
                        if let Some(failure) = self.over_budget.take() {
                            break Reason::OverBudget(failure);
                        }
                    }
                    Ok(None) => return (wait(running).await, None),
                    Err(error) => {
                        tracing::warn!(run = %self.run.id, %error, "the output file cannot be read");
                        return (wait(running).await, None);
                    }
                },
                exited = running.wait() => return (exited.unwrap_or(Exited::UNKNOWN), None),
                () = sleep_until(deadline) => break Reason::WallClock,
                () = sleep_until(finished.unwrap_or(deadline)), if finished.is_some() => break Reason::AfterFinal,
                _ = look.tick() => {
                    if let Some(lease) = &mut lease {
                        lease.renew_if_due();
                    }
                    let sample = look_at(running.identity()).await;
                    // A running tool is life, however quiet it is.
                    let tools = sample.is_some_and(|sample| sample.processes > 1);
                    if tools || last_sample != sample {
                        alive_at = Instant::now();
                        last_sample = sample;
                    } else if alive_at.elapsed() >= idle_limit {
                        break Reason::Idle;
                    }
                }
            }
        };
        if !self.run.is_held(&self.inner.store).await {
            // The agent is another host's: `listen` leaves it to that host.
            std::future::pending::<()>().await;
        }
        (self.inner.processes.end(self.run.id, running).await, Some(reason))
    }

    async fn hear(&mut self, bytes: Vec<u8>) -> Result<(), PluginError> {
        let clean = self.stream.feed(bytes);
        self.read(&clean).await
    }

    /// Bytes to the adapter; its events to the record; the last usage among them to the ledger.
    async fn read(&mut self, bytes: &[u8]) -> Result<(), PluginError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let heard = self.drive.feed(bytes).await?;
        if heard.is_empty() {
            return Ok(());
        }
        let now = self.inner.clock.now();
        let (mut recorded, mut has_usage) = (Vec::new(), false);
        for event in heard {
            match &event {
                Event::Usage(usage) => {
                    self.used((*usage).into());
                    has_usage = true;
                }
                Event::Finished => self.finished_at = Some(Instant::now()),
                Event::Limit(limit) if limit.rejected => {
                    self.inner.cooldowns.rest(self.planned.name(), limit.resets_at, &limit.name).await;
                }
                _ => {}
            }
            recorded.extend(self.speech.feed(now, event));
        }
        self.recording.record(recorded).await;
        if has_usage && !self.run.is_lost() {
            self.charge().await;
        }
        Ok(())
    }

    /// All that it has used, once its adapter has told of it again. What a poorer report leaves out is
    /// not forgotten.
    fn used(&mut self, told: Usage) -> Usage {
        let usage = self.usage.unwrap_or_default().updated(told).bounded();
        if !usage.estimated {
            self.least = self.least.max(self.planned.pricing.cost(&usage).total);
        }
        self.usage = Some(usage);
        usage
    }

    async fn charge(&mut self) {
        let Some(usage) = self.usage else { return };
        let cost = self.planned.pricing.cost(&usage);
        let charged = self
            .inner
            .store
            .held(self.run.hold)
            .charge(
                self.planned.id,
                cost.total,
                &usage,
                cost.source,
                cost.price_as_of.as_deref(),
                &self.run.limits,
            )
            .await;
        match charged {
            Ok(Charged::Within | Charged::Extended(_)) => {}
            Ok(Charged::Stop(refusal)) => {
                let problem = refusal.problem();
                self.over_budget =
                    Some(Failure::new(FailureClass::Budget, problem.message).with_remedy(problem.remedy));
            }
            Err(StoreError::NotHeld { .. }) => self.run.lose(),
            // What cannot be charged must not be spent.
            Err(error) => {
                let problem = error.problem();
                self.over_budget = Some(
                    Failure::new(
                        FailureClass::Budget,
                        format!("the cost could not be recorded: {}", problem.message),
                    )
                    .with_remedy(problem.remedy),
                );
            }
        }
    }

    async fn conclude(
        mut self,
        exited: Exited,
        reason: Option<Reason>,
        unseen: bool,
        files: &Files,
    ) -> Heard {
        let finished = self.finished_at.is_some();
        // The host before may have ended an agent that had said its last word.
        let by_itself = match (unseen, finished) {
            (true, true) => Ending::AfterFinal,
            (true, false) => Ending::Lost,
            (false, _) => Ending::Itself,
        };
        let ending = reason.as_ref().map_or(Some(by_itself), Reason::ending);
        let Some(ending) = ending else { return self.deaf(exited, reason) };
        let stderr = tail(&files.stderr, STDERR_TAIL, &self.redactor);
        let signal = exited.signal.and_then(|signal| u32::try_from(signal).ok());
        let outcome = match self.drive.finish(Exit { code: exited.code, signal, ending, stderr }).await {
            Ok(outcome) => outcome,
            Err(error) => return self.deaf(exited, reason.or(Some(Reason::deaf(error)))),
        };
        let usage = self.used(outcome.usage.into());
        let (process, failure) = verdict(&outcome.verdict, exited);
        let failure = self.override_failure(reason, failure);
        if let Some(failure) = &failure {
            self.inner
                .cooldowns
                .rest_after(&self.planned.executor.plugin.name, self.planned.name(), failure)
                .await;
        }
        Heard {
            process: if matches!(ending, Ending::WallClock | Ending::Idle) {
                Process::TimedOut
            } else {
                process
            },
            failure,
            denied: outcome.denied,
            finished,
            usage,
            least: self.least,
            exited,
            answer: self.redactor.text(&outcome.text),
            session: outcome.session,
            model: outcome.model,
        }
    }

    /// Where the host ended the agent, the host knows best why.
    fn override_failure(&self, reason: Option<Reason>, told: Option<Failure>) -> Option<Failure> {
        let seconds = self.run.order.timeout.as_secs();
        match reason {
            Some(Reason::OverBudget(failure)) => Some(failure),
            Some(Reason::Cancelled) => Some(self.run.cancelled()),
            Some(Reason::WallClock) => Some(
                Failure::new(
                    FailureClass::Timeout,
                    format!("the agent was not done after {seconds} s and was ended"),
                )
                .with_remedy("give it longer (timeout_s), or a smaller task"),
            ),
            Some(Reason::Idle) => Some(
                Failure::new(
                    FailureClass::Timeout,
                    format!(
                        "the agent did nothing for {} s and was ended",
                        self.inner.settings.config().run.idle_s
                    ),
                )
                .with_remedy("look into the log for what it waited for; raise run.idle_s if that is normal"),
            ),
            Some(Reason::Deaf(failure)) => Some(failure),
            Some(Reason::AfterFinal) | None if self.out_of_memory => told.map(|told| self.starved(told)),
            Some(Reason::AfterFinal) | None => told,
        }
    }

    /// A failure of an agent that had no more memory.
    fn starved(&self, told: Failure) -> Failure {
        let most = self.inner.settings.config().run.max_memory_mb;
        let message = format!("the agent ran out of memory at {most} MB ({})", told.message);
        Failure::new(told.class, message).with_remedy("raise run.max_memory_mb, or ask for less at once")
    }

    /// Without its adapter's account: what was charged until then stands, and why the host ended it.
    fn deaf(&self, exited: Exited, reason: Option<Reason>) -> Heard {
        let process = match &reason {
            Some(Reason::WallClock | Reason::Idle) => Process::TimedOut,
            Some(Reason::Cancelled | Reason::OverBudget(_)) => Process::Killed,
            _ => Process::Failed,
        };
        Heard {
            process,
            failure: self.override_failure(reason, None),
            denied: Vec::new(),
            finished: false,
            usage: self.usage.unwrap_or_default(),
            least: self.least,
            exited,
            answer: String::new(),
            session: None,
            model: None,
        }
    }
}

/// Reading the process table takes milliseconds, so it is done off the runtime's threads.
async fn look_at(identity: &Identity) -> Option<ActivitySample> {
    let identity = identity.clone();
    tokio::task::spawn_blocking(move || activity(&identity)).await.ok().flatten()
}

async fn wait(running: &mut Running) -> Exited {
    running.wait().await.unwrap_or(Exited::UNKNOWN)
}

fn verdict(verdict: &types::Verdict, exited: Exited) -> (Process, Option<Failure>) {
    match verdict {
        types::Verdict::Completed => (Process::Exited, None),
        types::Verdict::Failed(failure) => {
            let failure = Failure::from(failure.clone());
            let killed = exited.signal.is_some() || failure.class == FailureClass::Killed;
            (if killed { Process::Killed } else { Process::Failed }, Some(failure))
        }
    }
}
