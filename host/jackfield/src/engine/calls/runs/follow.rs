//! Following a run: its events as they come, and its end.

use super::super::super::events;
use super::super::super::handles::Runs;
use super::super::feed::RunFeed;
use jackfield_api::{Answer, Progress};
use jackfield_store::RunEvent;
use jackfield_types::{Problem, RunId, RunState};
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Longest that a run is followed, whatever was asked: as good as for ever.
const LONGEST_FOLLOWED: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// How often a run of another host is looked at while somebody waits for it.
const LOOK: Duration = Duration::from_millis(250);
/// The same for a run of this host, which tells of its changes by itself.
const DOUBT: Duration = Duration::from_secs(5);
/// Events read at once.
const PAGE: u32 = 500;

impl Runs<'_> {
    /// Follows a run from the event after `after`: first what is on record, then what comes.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such run.
    pub async fn feed(self, run: RunId, after: u64) -> Result<RunFeed, Problem> {
        // Subscribed before the first read, so that nothing is missed in between.
        let changes = self.0.inner.store.changes(run);
        self.state(run).await?;
        Ok(RunFeed::new(self.0.clone(), run, after, changes))
    }

    /// Waits for a run's end, `wait` at most, and answers as [`execute`](Self::execute) does.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such run or verbosity.
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

    /// Tells every event of a run, from the first, and returns when the run has ended or `wait` is over.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such run.
    pub async fn wait_for(
        self,
        run: RunId,
        wait: Duration,
        mut tell: impl FnMut(Progress) + Send,
    ) -> Result<RunState, Problem> {
        self.watch(run, wait, |event| {
            if let Some(message) = events::line(event) {
                tell(Progress { seq: event.seq, message });
            }
        })
        .await
    }

    /// The same, with the events as they are.
    pub async fn watch(
        self,
        run: RunId,
        wait: Duration,
        each: impl FnMut(&RunEvent) + Send,
    ) -> Result<RunState, Problem> {
        // A person may take days: nobody waits for that.
        let over = |state: RunState| state.is_final() || state == RunState::Waiting;
        self.follow_until(run, 0, wait, over, each).await
    }

    /// Hands on every event of a run after `after`, in order and without a gap, until the run has
    /// ended or `wait` is over.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such run.
    pub async fn follow(
        self,
        run: RunId,
        after: u64,
        wait: Duration,
        each: impl FnMut(&RunEvent) + Send,
    ) -> Result<RunState, Problem> {
        self.follow_until(run, after, wait, RunState::is_final, each).await
    }

    async fn follow_until(
        self,
        run: RunId,
        after: u64,
        wait: Duration,
        over: impl Fn(RunState) -> bool + Send,
        each: impl FnMut(&RunEvent) + Send,
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
        mut each: impl FnMut(&RunEvent) + Send,
    ) -> Result<RunState, Problem> {
        let deadline = Instant::now() + wait.min(LONGEST_FOLLOWED);
        // Subscribed before the first read, so that nothing is missed in between.
        let mut changes = self.0.inner.store.changes(run);
        let mut seen = after;
        loop {
            // A host that stops still settles what it has in hand; what it leaves ends with another one.
            let ours = self.0.inner.running.lock().contains_key(&run);
            let left = self.0.inner.stop.is_cancelled() && !ours;
            let state = self.state(run).await?;
            loop {
                let events = self.events(run, seen, PAGE).await?;
                let Some(last) = events.last() else { break };
                seen = last.seq;
                events.iter().for_each(&mut each);
            }
            if over(state) || left || Instant::now() >= deadline {
                return Ok(state);
            }
            // A host that stops is about to let go of it, and tells nobody.
            let look = Instant::now() + if ours && !self.0.inner.stop.is_cancelled() { DOUBT } else { LOOK };
            tokio::select! {
                _ = timeout_at(deadline.min(look), changes.changed()) => {}
                () = self.0.stopping(), if !self.0.inner.stop.is_cancelled() => {}
            }
        }
    }
}
