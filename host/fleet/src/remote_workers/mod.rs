//! Remote workers: their assignments, and the records of their reports.
//!
//! The host decides and keeps the ledger; a remote worker executes the attempts of one round and reports them. A
//! report may arrive late, twice, or after the worker lost the attempt. Repeating a call is therefore safe, and a
//! report about a lost attempt does not change its outcome; only its cost and its commits are still recorded.

pub mod figures;
mod over;
pub mod own;

use figures::used;
use jackfield_api::RecordedRequest;
use jackfield_api::remote::{
    AssignedAttempt, Assignment, AssignmentRequest, AttemptProgress, AttemptResult, Heartbeat,
    HeartbeatReply, ProgressReply, WorkerTerms,
};
use jackfield_core::folders::Folders;
use jackfield_core::secrets::Redaction;
use jackfield_core::settings::Settings;
use jackfield_runs::admission::order::Orders;
use jackfield_runs::admission::place::Places;
use jackfield_runs::admission::planned::Planned;
use jackfield_runs::admission::resolved_request::Order;
use jackfield_runs::escalation::advance::Escalation;
use jackfield_runs::execution::leftovers;
use jackfield_runs::execution::loader::RunLoader;
use jackfield_runs::execution::rounds::Rounds;
use jackfield_runs::execution::running::RunsInHand;
use jackfield_runs::records::events::check_reported;
use jackfield_runs::scheduling::backlog::Backlog;
use jackfield_runs::selection::cooldown::Cooldowns;
use jackfield_store::{
    Attempt, Charged, Claimed, NewRunEvent, Offer, RunView, Started, Store, WorkspaceKind,
};
use jackfield_types::{
    AttemptId, AttemptState, Clock, ErrorCode, Problem, RunState, Usage, WorkerId, WorkspaceId,
};
use jackfield_workspace::{Source, WorkspaceError, source};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// Longest time that a call of a worker waits.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Longest time by which agents end before their worker is declared lost, for their shutdown and clock differences.
const MARGIN: Duration = Duration::from_secs(20);

/// Rounds that workers on other machines execute.
pub struct RemoteRounds {
    folders: Arc<Folders>,
    clock: Arc<dyn Clock>,
    store: Store,
    running: Arc<RunsInHand>,
    wake: Arc<Notify>,
    settings: Arc<Settings>,
    redaction: Arc<Redaction>,
    places: Arc<Places>,
    orders: Arc<Orders>,
    cooldowns: Arc<Cooldowns>,
    escalation: Arc<Escalation>,
    rounds: Arc<Rounds>,
    loader: Arc<RunLoader>,
    backlog: Arc<Backlog>,
}

impl RemoteRounds {
    /// Creates them on top of the services of the runs.
    pub fn new(runs: &jackfield_runs::Services) -> Self {
        Self {
            folders: Arc::clone(&runs.shared.folders),
            clock: Arc::clone(&runs.shared.clock),
            store: runs.shared.store.clone(),
            running: Arc::clone(&runs.shared.running),
            wake: Arc::clone(&runs.shared.wake),
            settings: Arc::clone(&runs.settings),
            redaction: Arc::clone(&runs.redaction),
            places: Arc::clone(&runs.places),
            orders: Arc::clone(&runs.orders),
            cooldowns: Arc::clone(&runs.cooldowns),
            escalation: Arc::clone(&runs.escalation),
            rounds: Arc::clone(&runs.rounds),
            loader: Arc::clone(&runs.loader),
            backlog: Arc::clone(&runs.backlog),
        }
    }

    /// How long a worker has its runs without another heartbeat: `queue.rescue_s`.
    pub fn lease(&self) -> Duration {
        Duration::from_secs(self.settings.config().queue.rescue_s)
    }

    /// The intervals that a worker keeps to.
    pub fn terms(&self) -> WorkerTerms {
        let config = self.settings.config();
        let rescue = self.lease();
        let lease = rescue.saturating_sub(MARGIN.min(rescue / 2));
        WorkerTerms { beat_s: config.queue.heartbeat_s.max(1), lease_s: lease.as_secs().max(1) }
    }

    /// Claims a queued run for a worker.
    ///
    /// # Errors
    /// A [`Problem`] if the store or the workspace fails.
    pub async fn assign(&self, asked: &AssignmentRequest) -> Result<Option<Assignment>, Problem> {
        let worker = self.store.workers().get(asked.worker).await?;
        if worker.ended_at.is_some() {
            return Err(Problem::caller(
                ErrorCode::WorkerGivenUp,
                "this worker was given up because it was not heard of",
                "register it again",
            ));
        }
        let handed = self.store.workers().assigned(asked.worker).await?;
        let unheard = |claimed: &&Claimed| !claimed.attempts.iter().any(|id| asked.holds.contains(id));
        if let Some(again) = handed.iter().find(unheard) {
            return self.assignment_that_may(again).await;
        }
        let offer = Offer {
            worker: asked.worker,
            holder: asked.worker.to_string(),
            free: asked.free,
            executors: Some(worker.executors),
            workspaces: Some(self.repositories().await?),
            only_own: false,
            elsewhere: true,
        };
        let caps = self.backlog.caps(None).await?;
        match self.store.queue().claim(offer, caps).await? {
            Some(claimed) => {
                let assignment = self.assignment_that_may(&claimed).await?;
                if assignment.is_some() {
                    self.tell_uncommitted(&claimed).await?;
                }
                Ok(assignment)
            }
            None => Ok(None),
        }
    }

    /// The workspaces that can be packed: git repositories.
    async fn repositories(&self) -> Result<Vec<WorkspaceId>, Problem> {
        let workspaces = self.store.workspaces().list().await?;
        let git = workspaces.into_iter().filter(|workspace| workspace.kind == WorkspaceKind::Git);
        Ok(git.map(|workspace| workspace.id).collect())
    }

    /// Records, before the agent starts, that uncommitted changes are not packed.
    async fn tell_uncommitted(&self, claimed: &Claimed) -> Result<(), Problem> {
        let view = self.store.runs().get(claimed.hold.run).await?;
        let order = self.orders.order_again(&view).await?;
        let found = source(&order.source.path()).await?;
        if !matches!(&found, Source::Git(repository) if repository.dirty) {
            return Ok(());
        }
        let event = NewRunEvent { at: self.clock.now(), event: leftovers::not_seen() };
        self.store.held(claimed.hold).append_events(claimed.hold.run, None, vec![event]).await?;
        Ok(())
    }

    async fn assignment(
        &self,
        claimed: &Claimed,
        view: &RunView,
        order: Order,
    ) -> Result<Assignment, Problem> {
        let mut request = order.request.clone();
        request.timeout_s = Some(order.timeout.as_secs());
        let attempts = view.attempts.iter().filter(|attempt| claimed.attempts.contains(&attempt.id));
        let subpath = match &order.source {
            Source::Git(repository) => repository.subpath.clone(),
            Source::Folder { .. } => PathBuf::new(),
        };
        Ok(Assignment {
            run: view.run.id,
            title: view.task.title.clone(),
            task_type: order.task_type,
            complexity: order.complexity,
            language: order.language,
            stack: order.stack,
            role: order.role,
            expect_change: order.expect_change,
            workspace: order.workspace.id,
            workspace_name: order.workspace.name,
            subpath,
            request,
            attempts: attempts
                .map(|attempt| AssignedAttempt {
                    chosen: attempt.chosen_by.is_some(),
                    id: attempt.id,
                    executor: attempt.executor.clone(),
                    rung: attempt.rung.clone(),
                    model: attempt.model.clone(),
                    effort: attempt.effort,
                    context: attempt.context.clone(),
                    reason: attempt.reason.clone(),
                    held: attempt.reserved.unsigned(),
                })
                .collect(),
            trace: self.rounds.begun_in(view.run.id).await.into_iter().collect(),
        })
    }

    /// Answers a heartbeat: the attempts that the worker must end.
    ///
    /// # Errors
    /// A [`Problem`] if the store fails.
    pub async fn concerning(&self, beat: &Heartbeat, unknown: bool) -> Result<HeartbeatReply, Problem> {
        let handed = self.store.workers().assigned(beat.worker).await?;
        let called_off = self.store.queue().called_off(beat.worker).await?;
        let end = called_off.into_iter().flat_map(|(run, reason)| {
            let attempts = handed.iter().filter(move |claimed| claimed.hold.run == run);
            attempts.flat_map(|claimed| &claimed.attempts).map(move |attempt| (*attempt, reason.clone()))
        });
        let end: Vec<_> = end.filter(|(attempt, _)| beat.holds.contains(attempt)).collect();
        let own = |attempt: &AttemptId| handed.iter().any(|claimed| claimed.attempts.contains(attempt));
        let lost = beat.holds.iter().copied().filter(|attempt| !own(attempt)).collect();
        Ok(HeartbeatReply { unknown, terms: self.terms(), end, lost })
    }

    /// Returns an attempt that was assigned to that worker, in any state.
    pub async fn given_to(&self, worker: WorkerId, attempt: AttemptId) -> Result<Attempt, Problem> {
        let found = self.store.runs().attempt(attempt).await?;
        let to = found.identity.as_ref().and_then(|identity| identity.get("worker")).and_then(Value::as_str);
        if to == Some(worker.to_string().as_str()) {
            return Ok(found);
        }
        Err(Problem::caller(
            ErrorCode::NotItsAttempt,
            format!("attempt {attempt} was not given to worker {worker}"),
            "a worker can report only the attempts that are assigned to it",
        ))
    }

    /// Records the progress of an attempt: its events, its usage, its process.
    ///
    /// # Errors
    /// A [`Problem`] if the worker does not have the attempt, or a report is out of bounds.
    pub async fn take_news(
        &self,
        view: &RunView,
        found: &Attempt,
        news: AttemptProgress,
    ) -> Result<ProgressReply, Problem> {
        let attempt = found.id;
        if let Some(base) = &news.base
            && found.state == AttemptState::Planned
        {
            let started = Started {
                identity: found.identity.clone().unwrap_or_default(),
                worktree: String::new(),
                path: String::new(),
                branch: Some(branch(view, attempt)),
                base: Some(base.to_string()),
            };
            self.store.held(view.run.hold()).started(attempt, started).await?;
        }
        let events = news.events.into_iter().map(check_reported);
        let events = events.collect::<Result<Vec<_>, Problem>>()?;
        let heard =
            self.store.held(view.run.hold()).append_heard(found.run, attempt, news.from, events).await;
        let heard = heard?;
        let stop = match news.usage {
            Some(usage) => self.charge_there(view, found, &usage).await?,
            None => None,
        };
        Ok(ProgressReply { heard, lost: false, stop })
    }

    async fn charge_there(
        &self,
        view: &RunView,
        found: &Attempt,
        usage: &Usage,
    ) -> Result<Option<Problem>, Problem> {
        let Some(planned) = self.rounds.planned_again(found) else { return Ok(None) };
        let limits = self.limits_of(view)?;
        let (usage, cost) = used(found, &planned, *usage);
        let as_of = cost.price_as_of.as_deref();
        let charged = self
            .store
            .held(view.run.hold())
            .charge(found.id, cost.total, &usage, cost.source, as_of, &limits)
            .await;
        Ok(match charged? {
            Charged::Stop(refusal) => Some(refusal.problem()),
            Charged::Within | Charged::Extended(_) => None,
        })
    }

    fn limits_of(&self, view: &RunView) -> Result<jackfield_store::Limits, Problem> {
        let request = RecordedRequest::executed(&view.run)?;
        let most = jackfield_runs::admission::order::max_cost(&request)?;
        Ok(self.settings.limits(Some(view.run.workspace), most))
    }

    /// Charges the late usage of a lost attempt.
    pub async fn late(&self, view: &RunView, found: &Attempt, news: &AttemptProgress) -> Result<(), Problem> {
        let (Some(usage), Some(planned)) = (&news.usage, self.rounds.planned_again(found)) else {
            return Ok(());
        };
        self.charge_late(view, found, &planned, usage).await
    }

    /// Charges what an attempt used whose worker was given up before its end arrived.
    ///
    /// # Errors
    /// A [`Problem`] if the store fails.
    pub async fn late_end(&self, view: &RunView, over: &AttemptResult) -> Result<(), Problem> {
        let Some(found) = view.attempts.iter().find(|attempt| attempt.id == over.id) else { return Ok(()) };
        let Some(planned) = self.rounds.planned_again(found) else { return Ok(()) };
        self.charge_late(view, found, &planned, &over.usage).await
    }

    async fn charge_late(
        &self,
        view: &RunView,
        found: &Attempt,
        planned: &Planned,
        usage: &Usage,
    ) -> Result<(), Problem> {
        let (usage, cost) = used(found, planned, *usage);
        let limits = self.limits_of(view)?;
        let as_of = cost.price_as_of.as_deref();
        let late =
            self.store.workers().charge_late(found.id, cost.total, &usage, cost.source, as_of, &limits).await;
        Ok(late.map(drop)?)
    }

    /// Stores the branch of an attempt under its name here. Commits of a lost attempt are stored, too.
    pub async fn take_work(&self, view: &RunView, found: &Attempt, bundle: &Path) -> Result<(), Problem> {
        let order = self.orders.order_again(view).await?;
        let taken = match &order.source {
            Source::Git(repository) => repository.unpack(bundle, &branch(view, found.id)).await,
            Source::Folder { .. } => return Ok(()),
        };
        taken.map_err(|error| match &error {
            // A retry would not help.
            WorkspaceError::Git { .. } => Problem::caller(
                ErrorCode::WorkNotTaken,
                error.to_string(),
                "the branch is in the worker's copy of the repository, below `sources` in its data folder",
            ),
            _ => error.problem(),
        })?;
        std::fs::remove_file(bundle).map_err(|error| unwritable(bundle, &error))
    }
}

/// The name of an attempt's branch here.
fn branch(view: &RunView, attempt: AttemptId) -> String {
    format!("jackfield/{}/{attempt}", view.run.id)
}

/// Whether the worker still executes the attempt.
pub fn is_at_work(view: &RunView, found: &Attempt, worker: WorkerId) -> bool {
    view.run.state == RunState::Running
        && view.run.worker == Some(worker)
        && found.state != AttemptState::Settled
}

/// The problem of a file that a worker sent and that cannot be written.
pub fn unwritable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::operator(
        ErrorCode::DataFolder,
        format!("{} cannot be written: {error}", path.display()),
        "check the disk and the permissions of the data folder",
    )
}
