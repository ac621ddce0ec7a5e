//! Following a run: its events as they happen, and its end.

use super::super::feed::RunFeed;
use crate::handles::Runs;
use jackfield_api::{Answer, Progress};
use jackfield_runs::records::events;
use jackfield_store::RunEventRecord;
use jackfield_types::{Problem, RunId, RunState};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Longest time that a call follows a run, whatever it asks for.
const LONGEST_FOLLOWED: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// How often a call reads a run that another host executes.
const LOOK: Duration = Duration::from_millis(250);
/// The same for a run of this host, which notifies its followers of each change.
const DOUBT: Duration = Duration::from_secs(5);
/// Events per read.
const PAGE: u32 = 500;

impl Runs<'_> {
    /// Follows a run from the event after sequence number `after`: recorded events first, then new ones.
    ///
    /// # Errors
    /// A [`Problem`] if the run does not exist or the principal may not see it.
    pub async fn feed(self, run: RunId, after: u64) -> Result<RunFeed, Problem> {
        // Subscribe before the first read, so that no event is missed.
        let changes = self.0.inner.store.changes(run);
        self.state(run).await?;
        Ok(RunFeed::new(self.0.clone(), run, after, changes))
    }

    /// Waits for the end of a run, at most `wait`, and returns its answer like [`execute`](Self::execute).
    ///
    /// # Errors
    /// A [`Problem`] if the run does not exist, the principal may not see it, or no compressor offers the verbosity.
    pub async fn result(
        self,
        run: RunId,
        wait: Duration,
        verbosity: Option<&str>,
    ) -> Result<Answer, Problem> {
        self.check_answer(run, verbosity).await?;
        self.wait_for(run, wait.min(Duration::from_secs(super::LONGEST_WAIT)), |_| {}).await?;
        self.answer(run, verbosity).await
    }

    /// Calls `tell` with every event of a run, from the first. Returns the state of the run when it ends, begins to
    /// wait for a person, or `wait` is over.
    ///
    /// # Errors
    /// A [`Problem`] if the run does not exist or the principal may not see it.
    pub async fn wait_for(
        self,
        run: RunId,
        wait: Duration,
        mut tell: impl FnMut(Progress) + Send,
    ) -> Result<RunState, Problem> {
        self.watch(run, wait, |event| {
            if let Some(message) = events::line(&event.event(), event.agent.as_deref()) {
                tell(Progress { seq: event.seq, message });
            }
        })
        .await
    }

    /// Like [`wait_for`](Self::wait_for), with the recorded events instead of text.
    ///
    /// # Errors
    /// The same as [`wait_for`](Self::wait_for).
    pub async fn watch(
        self,
        run: RunId,
        wait: Duration,
        each: impl FnMut(&RunEventRecord) + Send,
    ) -> Result<RunState, Problem> {
        // A person may take days to answer, so a waiting run ends the wait.
        let over = |state: RunState| state.is_final() || state == RunState::Waiting;
        self.follow_until(run, 0, wait, over, each).await
    }

    /// Calls `each` with every event of a run after sequence number `after`, in order and without gaps. Returns the
    /// state of the run when it ends or `wait` is over.
    ///
    /// # Errors
    /// A [`Problem`] if the run does not exist or the principal may not see it.
    pub async fn follow(
        self,
        run: RunId,
        after: u64,
        wait: Duration,
        each: impl FnMut(&RunEventRecord) + Send,
    ) -> Result<RunState, Problem> {
        self.follow_until(run, after, wait, RunState::is_final, each).await
    }

    async fn follow_until(
        self,
        run: RunId,
        after: u64,
        wait: Duration,
        over: impl Fn(RunState) -> bool + Send,
        each: impl FnMut(&RunEventRecord) + Send,
    ) -> Result<RunState, Problem> {
        match self.follow_on(run, after, wait, over, each).await {
            Ok(state) => Ok(state),
            Err(problem) => Err(self.of_run(run, problem).await),
        }
    }

    async fn follow_on(
        self,
        run: RunId,
        after: u64,
        wait: Duration,
        over: impl Fn(RunState) -> bool + Send,
        mut each: impl FnMut(&RunEventRecord) + Send,
    ) -> Result<RunState, Problem> {
        let deadline = Instant::now() + wait.min(LONGEST_FOLLOWED);
        // Subscribe before the first read, so that no event is missed.
        let mut changes = self.0.inner.store.changes(run);
        let mut seen = after;
        loop {
            // A stopping host still settles the runs that it executes. Another host ends the rest, so stop following
            // them.
            let ours = self.0.inner.runs.shared.running.lock().contains_key(&run);
            let left = self.0.inner.runs.shared.stop.is_cancelled() && !ours;
            let state = self.state(run).await?;
            loop {
                let events = self.0.output().events(run, seen, PAGE).await?;
                let Some(last) = events.last() else { break };
                seen = last.seq;
                events.iter().for_each(&mut each);
            }
            if over(state) || left || Instant::now() >= deadline {
                return Ok(state);
            }
            // A stopping host releases the run without a notification.
            let look = Instant::now()
                + if ours && !self.0.inner.runs.shared.stop.is_cancelled() { DOUBT } else { LOOK };
            tokio::select! {
                _ = timeout_at(deadline.min(look), changes.changed()) => {}
                () = self.0.stopping(), if !self.0.inner.runs.shared.stop.is_cancelled() => {}
            }
        }
    }
}
