//! Telling the host of a run: what happens in its attempts as it happens, and at the end their files and how they
//! ended. After a lost connection or a restart it begins anew, and leaves out what the host has.

use super::coordinator_client::Trouble;
use super::worker::Worker;
use jackfield_api::remote::{
    AttemptProgress, AttemptResult, ProgressReply, REPORTED, ReportedEvent, RoundResult, SentFile,
};
use jackfield_store::{Attempt, RunEventRecord, RunView};
use jackfield_types::{
    AttemptId, AttemptState, Failure, FailureClass, Micros, Problem, RunId, RunState, Usage,
};
use jackfield_workspace::{Commit, pack_branch};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

/// Events told at once, and how many of them are read at once.
const PAGE: u32 = 200;
/// What happens together is told together.
const GATHER: Duration = Duration::from_millis(100);
/// How often it is looked whether there is something to tell, where nothing says so.
const LOOK: Duration = Duration::from_secs(1);
/// How long after trouble it is told again, at first and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How long an agent may go on spending beyond what the host holds for it, while the host cannot be asked.
const UNASKED: Duration = Duration::from_secs(30);

/// One run, and how much of it the host knows.
pub(crate) struct Reporter<'a> {
    worker: &'a Worker,
    run: RunId,
    changes: watch::Receiver<u64>,
    /// The last event that was told.
    seen: u64,
    told: BTreeMap<AttemptId, Told>,
    pause: Duration,
}

/// How much the host knows of an attempt.
#[derive(Debug, Default)]
struct Told {
    /// Events that are on its record; none: it was not asked yet.
    heard: Option<u64>,
    /// Events of the attempt that were read here so far.
    read: u64,
    base: bool,
    usage: Option<Usage>,
    /// What it may come to with the money that the host holds for it. A worker's own records hold as much, step by step,
    /// and nobody refuses it more there: so what counts is what they said when the host last heard.
    allowed: Micros,
    /// Since when more is spent than the host knows of and holds money for.
    unasked: Option<Instant>,
}

impl<'a> Reporter<'a> {
    pub(crate) fn new(worker: &'a Worker, run: RunId) -> Self {
        let changes = worker.host.leased_runs().changes(run);
        Self { worker, run, changes, seen: 0, told: BTreeMap::new(), pause: FIRST_PAUSE }
    }

    /// Until the host knows everything.
    pub(crate) async fn tell(mut self) -> Result<(), Problem> {
        loop {
            let view = self.worker.host.runs().get(self.run).await?;
            let over = ended(&view);
            if over {
                self.worker.finish_round(self.run);
            }
            match self.all_news(&view).await? {
                Ok(()) => self.pause = FIRST_PAUSE,
                // The end must not wait for what the host will never take.
                Err(Trouble::Refused(problem)) if over => {
                    tracing::error!(run = %self.run, "failed to report events: {problem}");
                }
                Err(trouble) => {
                    self.wait_out(&trouble).await;
                    self.mind_the_money(&view);
                    continue;
                }
            }
            if over {
                return self.end(&view).await;
            }
            let _ = timeout(LOOK, self.changes.changed()).await;
            sleep(GATHER).await;
        }
    }

    async fn wait_out(&mut self, trouble: &Trouble) {
        tracing::warn!(run = %self.run, "the host is not told now: {trouble}");
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// What nobody holds money for is not spent for long.
    fn mind_the_money(&mut self, view: &RunView) {
        for attempt in &view.attempts {
            let told = self.told.entry(attempt.id).or_default();
            if attempt.cost <= told.allowed {
                told.unasked = None;
                continue;
            }
            if told.unasked.get_or_insert_with(Instant::now).elapsed() > UNASKED {
                let failure = Failure::new(
                    FailureClass::Budget,
                    "it spent what was held for it, and the host could not be asked for more",
                );
                self.worker.end(attempt.id, failure.with_remedy("check the connection to the host"));
            }
        }
    }

    async fn all_news(&mut self, view: &RunView) -> Result<Result<(), Trouble>, Problem> {
        loop {
            let events = self.worker.host.output().events(self.run, self.seen, PAGE).await?;
            let last = events.last().map(|event| event.seq);
            for attempt in &view.attempts {
                if let Err(trouble) = self.news_of(attempt, &events).await {
                    return Ok(Err(trouble));
                }
            }
            for event in events.iter().filter(|event| is_told(event)) {
                if let Some(told) = event.attempt.and_then(|attempt| self.told.get_mut(&attempt)) {
                    told.read += 1;
                }
            }
            match last {
                Some(last) => self.seen = last,
                None => return Ok(Ok(())),
            }
        }
    }

    /// What is new of one attempt in a page of events.
    async fn news_of(&mut self, attempt: &Attempt, events: &[RunEventRecord]) -> Result<(), Trouble> {
        let told = self.told.entry(attempt.id).or_default();
        let base = attempt.base.clone().filter(|_| !told.base).and_then(|base| Commit::try_from(base).ok());
        let usage =
            Some(attempt.usage).filter(|usage| told.usage != Some(*usage) && *usage != Usage::default());
        let own: Vec<_> =
            events.iter().filter(|event| event.attempt == Some(attempt.id) && is_told(event)).collect();
        let heard = match told.heard {
            Some(heard) => heard,
            // It may know all of this from before a restart.
            None => self.send(attempt.id, 0, Vec::new(), None, None).await?.heard,
        };
        let told = self.told.entry(attempt.id).or_default();
        told.heard = Some(heard);
        let known = usize::try_from(heard.saturating_sub(told.read)).unwrap_or(usize::MAX);
        let fresh: Vec<_> = own.into_iter().skip(known).map(news).collect();
        if fresh.is_empty() && base.is_none() && usage.is_none() {
            return Ok(());
        }
        let has_base = base.is_some();
        let from = heard;
        let taken = self.send(attempt.id, from, fresh, base, usage).await?;
        let told = self.told.entry(attempt.id).or_default();
        told.base |= has_base;
        told.usage = usage.or(told.usage);
        told.allowed = attempt.cost + attempt.reserved;
        // Of an attempt that is not its own any more, the host records nothing.
        told.heard = Some(if taken.lost { u64::MAX } else { taken.heard });
        if taken.lost {
            self.worker
                .end(attempt.id, Failure::new(FailureClass::Lost, "the host gave it to somebody else"));
        }
        if let Some(stop) = taken.stop {
            let failure = Failure::new(FailureClass::Budget, stop.message).with_remedy(stop.remedy);
            self.worker.end(attempt.id, failure);
        }
        Ok(())
    }

    async fn send(
        &self,
        attempt: AttemptId,
        from: u64,
        events: Vec<ReportedEvent>,
        base: Option<Commit>,
        usage: Option<Usage>,
    ) -> Result<ProgressReply, Trouble> {
        let news = AttemptProgress { worker: self.worker.id, from, events, base, usage };
        self.worker.coordinator.news(attempt, &news, self.worker.patience()).await
    }

    /// The files, then how it ended; again until the host has it.
    async fn end(mut self, view: &RunView) -> Result<(), Problem> {
        loop {
            let attempts = self.worker.host.leased_runs().finished_attempts(view).await?;
            match self.try_end(view, attempts).await {
                Ok(()) => return self.worker.host.leased_runs().mark_reported(self.run).await,
                Err(Trouble::Refused(problem)) => {
                    // Nothing that is said again would change that, and the work is on this machine.
                    tracing::error!(run = %self.run, "the host does not take what was done: {problem}");
                    return self.worker.host.leased_runs().mark_reported(self.run).await;
                }
                Err(trouble) => self.wait_out(&trouble).await,
            }
        }
    }

    async fn try_end(&self, view: &RunView, attempts: Vec<AttemptResult>) -> Result<(), Trouble> {
        for attempt in &view.attempts {
            let left = self.worker.host.leased_runs().leftovers(self.run, attempt);
            self.send_file(attempt.id, SentFile::Log, &left.log).await?;
            self.send_file(attempt.id, SentFile::Diff, &left.diff).await?;
            if let Some((repository, branch, base)) = left.work {
                let bundle = self.worker.host.remote_workers().temporary_file("work");
                let packed = pack_branch(&repository, &branch, &base, &bundle).await;
                let sent = match packed {
                    Ok(true) => self.send_file(attempt.id, SentFile::Work, &bundle).await,
                    Ok(false) => Ok(()),
                    Err(error) => Err(Trouble::Refused(error.problem())),
                };
                let _ = std::fs::remove_file(&bundle);
                match sent {
                    // What else there is to tell is told all the same.
                    Err(Trouble::Refused(problem)) => {
                        tracing::error!(attempt = %attempt.id, "its branch stays on this machine: {problem}");
                    }
                    sent => sent?,
                }
            }
        }
        let over = RoundResult { worker: self.worker.id, attempts };
        self.worker.coordinator.over(&over, self.worker.patience() * 4).await
    }

    async fn send_file(&self, attempt: AttemptId, kind: SentFile, file: &Path) -> Result<(), Trouble> {
        match file.is_file() {
            true => self.worker.coordinator.send_file(self.worker.id, attempt, kind, file).await,
            false => Ok(()),
        }
    }
}

fn is_told(record: &RunEventRecord) -> bool {
    record.attempt.is_some() && REPORTED.contains(&record.kind.as_str())
}

fn news(record: &RunEventRecord) -> ReportedEvent {
    ReportedEvent { at: record.at, kind: record.kind.clone(), payload: record.payload.to_value() }
}

/// Whether nothing of a run is at work any more.
fn ended(view: &RunView) -> bool {
    view.run.state != RunState::Queued
        && view.run.state.is_final()
        && view.attempts.iter().all(|attempt| attempt.state == AttemptState::Settled)
}
