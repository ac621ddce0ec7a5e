//! What an earlier host left behind: attempts that it never settled.
//!
//! Their processes are ended, what they had printed is read once more through their adapter, what
//! they left in the worktree is committed and captured, and they are settled as lost. Charging is
//! by difference, so nothing is charged twice. The start does not wait for any of it.

use super::Inner;
use super::attempt::{Ended, Files, Planned};
use super::environment::Sources;
use super::redact::Redactor;
use jackfield_plugins::Drive;
use jackfield_plugins::facts::driving::{Ending, Event, Exit};
use jackfield_process::{Identity, end_leftovers};
use jackfield_store::{Attempt, RunView, Settlement};
use jackfield_types::{Failure, FailureClass, Process, RunState, Settled, settle};
use jackfield_workspace::{Release, Worktree};
use std::path::Path;
use std::sync::Arc;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

/// How much of an old log is read at once, bytes.
const CHUNK: u64 = 64 << 10;

/// Names this process so that a later one can tell whether it still lives: pid, start, boot.
pub(super) fn host_instance() -> String {
    Instance::current()
        .map_or_else(|| format!("{}-0-unknown", std::process::id()), |instance| instance.to_string())
}

#[derive(Debug, PartialEq, Eq)]
struct Instance {
    pid: u32,
    start_ticks: u64,
    boot: String,
}

impl std::fmt::Display for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.pid, self.start_ticks, self.boot)
    }
}

impl Instance {
    fn current() -> Option<Self> {
        Self::of(std::process::id())
    }

    fn of(pid: u32) -> Option<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second field may hold spaces and brackets; what follows its last bracket does not.
        let start_ticks = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().to_owned();
        Some(Self { pid, start_ticks, boot })
    }

    /// Whether the host of that name still lives.
    fn lives(name: &str) -> bool {
        let pid = name.split('-').next().and_then(|pid| pid.parse().ok());
        pid.and_then(Self::of).is_some_and(|instance| instance.to_string() == name)
    }
}

impl Inner {
    /// Settles what hosts that are gone left unsettled.
    pub(super) async fn recover(self: Arc<Self>) {
        let left = match self.store.in_flight(None).await {
            Ok(left) => left,
            Err(error) => {
                tracing::error!(%error, "what an earlier host left behind cannot be read");
                return;
            }
        };
        for attempt in left {
            let ours = attempt.host == self.host;
            if ours || Instance::lives(&attempt.host) {
                continue;
            }
            match self.store.adopt(attempt.id, &attempt.host, &self.host).await {
                Ok(true) => self.settle_lost(attempt).await,
                Ok(false) => {}
                Err(error) => tracing::error!(attempt = %attempt.id, %error, "an attempt was not recovered"),
            }
        }
        match self.worktrees.repair().await {
            Ok(repaired) => {
                for failed in repaired.failed {
                    tracing::warn!("a worktree of an earlier host was not repaired: {failed}");
                }
            }
            Err(error) => tracing::warn!(%error, "worktrees of an earlier host were not repaired"),
        }
    }

    async fn settle_lost(&self, attempt: Attempt) {
        tracing::warn!(attempt = %attempt.id, run = %attempt.run, "an earlier host did not settle this attempt; settling it as lost");
        let identity =
            attempt.identity.clone().and_then(|value| serde_json::from_value::<Identity>(value).ok());
        if let Some(identity) = &identity
            && let Err(error) = end_leftovers(identity).await
        {
            tracing::error!(attempt = %attempt.id, %error, "processes of a lost attempt could not be ended");
        }
        let view = match self.store.run(attempt.run).await {
            Ok(view) => view,
            Err(error) => return tracing::error!(run = %attempt.run, %error, "a lost run cannot be read"),
        };
        let settlement = self.lost(&attempt, &view).await;
        let limits = self.limits(Some(view.run.workspace), None);
        if let Err(error) = self.store.settle(settlement, &limits).await {
            tracing::error!(attempt = %attempt.id, %error, "a lost attempt was not settled");
        }
    }

    async fn lost(&self, attempt: &Attempt, view: &RunView) -> Settlement {
        let files = self.attempt_files(attempt.run, attempt.id);
        let mut ended = Ended::unknown(attempt);
        if let Some(planned) = self.planned_again(attempt) {
            self.reread(attempt, &planned, &files, &mut ended).await;
        }
        self.recapture(attempt, &files, &mut ended).await;
        ended.outcome.process = Process::Lost;
        ended.outcome.failure = Some(loss(attempt));
        let settled: Settled = settle(&ended.outcome, view.task.expect_change);
        Settlement {
            attempt: attempt.id,
            settled,
            usage: ended.usage,
            total: ended.cost.total.max(attempt.cost),
            source: ended.cost.source,
            price_as_of: ended.cost.price_as_of,
            exit_code: None,
            signal: None,
            latency_ms: latency(attempt, self.clock.now()),
            answer: Some(ended.answer),
            session: ended.session,
            model: ended.model,
            artifacts: ended.artifacts,
            transcript: ended.transcript,
            calls: Vec::new(),
            run_ends: Some(RunState::Failed),
            events: Vec::new(),
            outcome: ended.outcome,
        }
    }

    fn planned_again(&self, attempt: &Attempt) -> Option<Planned> {
        let executor =
            self.plugins.executors().into_iter().find(|info| info.plugin.name == attempt.executor)?;
        let pricing = self.pricing(&executor, attempt.model.as_deref(), attempt.created_at);
        Some(Planned {
            id: attempt.id,
            executor,
            model: attempt.model.clone(),
            effort: attempt.effort,
            pricing,
        })
    }

    /// Reads the log once more for its usage, its session and its last words.
    async fn reread(&self, attempt: &Attempt, planned: &Planned, files: &Files, ended: &mut Ended) {
        let Some(request) = self.recorded_request(attempt).await else { return };
        let Ok(mut drive) = self.plugins.drive(&attempt.executor).await else { return };
        if drive.begin(&request).await.is_err() {
            return;
        }
        let section = self.executor_section(&attempt.executor);
        let description = &planned.executor.description;
        let redactor = Sources { host: &self.environment, executor: &section, description }.redactor();
        let exit = Exit { code: None, signal: None, ending: Ending::Lost, stderr: String::new() };
        if feed_again(&files.stdout, redactor, &mut drive, ended).await
            && let Ok(outcome) = drive.finish(exit).await
        {
            ended.usage = outcome.usage.into();
            ended.answer = outcome.text;
            ended.session = outcome.session;
            ended.model = outcome.model.or(ended.model.take());
        }
        ended.cost = planned.pricing.cost(&ended.usage);
    }

    /// The request as its adapter was given it, from the record of its plan.
    async fn recorded_request(
        &self,
        attempt: &Attempt,
    ) -> Option<jackfield_plugins::facts::driving::Request> {
        let calls = self.store.decisions(attempt.task).await.ok()?;
        let plan =
            calls.into_iter().find(|call| call.function == "plan" && call.attempt == Some(attempt.id))?;
        serde_json::from_value(plan.facts).ok()
    }

    async fn recapture(&self, attempt: &Attempt, files: &Files, ended: &mut Ended) {
        let recorded =
            attempt.worktree.as_deref().and_then(|text| serde_json::from_str::<Worktree>(text).ok());
        // A host that dies between making a worktree and starting the agent in it has not recorded it.
        let found = match recorded {
            Some(worktree) => Ok(Some(worktree)),
            None => self.worktrees.find(attempt.id).await,
        };
        let worktree = match found {
            Ok(Some(worktree)) => worktree,
            Ok(None) => return,
            Err(error) => {
                return tracing::warn!(attempt = %attempt.id, %error, "the worktree of a lost attempt stays");
            }
        };
        ended.take_diff(self.worktrees.capture(&worktree, &files.diff).await, &files.diff);
        files.tidy();
        if let Err(error) = self.worktrees.release(&worktree, Release::Remove).await {
            tracing::warn!(attempt = %attempt.id, %error, "the worktree of a lost attempt stays");
        }
    }
}

/// Feeds an old log to its adapter, secrets taken out, and keeps the last usage that it tells of.
/// Whether it was heard to its end.
async fn feed_again(log: &Path, mut redactor: Redactor, drive: &mut Drive, ended: &mut Ended) -> bool {
    let Ok(mut log) = File::open(log).await else { return false };
    loop {
        let mut chunk = Vec::new();
        let Ok(read) = (&mut log).take(CHUNK).read_to_end(&mut chunk).await else { return false };
        let clean = if read == 0 { redactor.finish() } else { redactor.feed(chunk) };
        if !clean.is_empty() {
            let Ok(events) = drive.feed(&clean).await else { return false };
            let last = events.iter().rev().find_map(|event| match event {
                Event::Usage(usage) => Some(*usage),
                _ => None,
            });
            ended.usage = last.map_or(ended.usage, Into::into);
        }
        if read == 0 {
            return true;
        }
    }
}

/// Why an attempt was lost, as far as its record tells.
fn loss(attempt: &Attempt) -> Failure {
    let (message, remedy) = match attempt.started_at {
        None => ("the host went away before the agent began", "run it again"),
        Some(_) => (
            "the host went away while the agent was at work; the agent was ended",
            "what it had done is on its branch; run it again to go on",
        ),
    };
    Failure::new(FailureClass::Lost, message).with_remedy(remedy)
}

fn latency(attempt: &Attempt, now: jackfield_types::Timestamp) -> u64 {
    let from = attempt.started_at.unwrap_or(attempt.created_at);
    u64::try_from(now.as_millisecond() - from.as_millisecond()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_knows_itself_and_never_takes_another_for_itself() {
        let own = host_instance();
        assert!(Instance::lives(&own));
        let instance = Instance::current().unwrap();
        let earlier = Instance { start_ticks: instance.start_ticks - 1, ..instance };
        assert!(!Instance::lives(&earlier.to_string()), "another process had this pid");
        assert!(!Instance::lives("nonsense"));
    }
}
