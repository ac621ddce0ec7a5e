//! The life of a run as the engine has the store record it, in phases, so that each can be timed.

use anyhow::Result;
use jackfield_model::{FileChange, FileChangeKind, RunEvent, ToolCall, ToolResult};
use jackfield_store::{
    Account, Action, Admission, Counts, Hold, Limit, LimitScope, Limits, NewArtifact, NewAttempt, NewRun,
    NewRunEvent, NewTask, NewTranscript, NewWorkspace, Period, Settlement, Started, Store, Then,
    WorkspaceKind,
};
use jackfield_types::{
    AttemptId, CostSource, Delivered, Digest, Effort, Micros, Outcome, PluginKind, PluginRef, Process, Role,
    RunId, RunState, TaskId, Timestamp, Usage, Verified, Workflow, WorkspaceId, settle,
};
use serde_json::json;

/// What is done to a run, in this order; each is one durable transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Admit,
    RunStarted,
    AttemptStarted,
    AppendEvents,
    Charge,
    Settle,
}

impl Phase {
    pub(crate) const ALL: [Self; 6] =
        [Self::Admit, Self::RunStarted, Self::AttemptStarted, Self::AppendEvents, Self::Charge, Self::Settle];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Admit => "admit",
            Self::RunStarted => "run_started",
            Self::AttemptStarted => "attempt_started",
            Self::AppendEvents => "append_events (4)",
            Self::Charge => "charge",
            Self::Settle => "settle",
        }
    }
}

/// A run to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Life {
    hold: Hold,
    attempt: AttemptId,
}

impl Life {
    pub(crate) fn new() -> Self {
        Self { hold: Hold { run: RunId::new(), epoch: 0 }, attempt: AttemptId::new() }
    }

    /// A run that was claimed.
    pub(crate) const fn of(hold: Hold, attempt: AttemptId) -> Self {
        Self { hold, attempt }
    }

    pub(crate) async fn admit(self, store: &Store, workspace: WorkspaceId) -> Result<()> {
        self.pass(Phase::Admit, store, workspace).await
    }

    pub(crate) async fn settle(self, store: &Store) -> Result<()> {
        store.held(self.hold).settle(self.settlement(), &limits()).await?;
        Ok(())
    }

    /// Takes it through one phase; answers when that is on the disk.
    pub(crate) async fn pass(self, phase: Phase, store: &Store, workspace: WorkspaceId) -> Result<()> {
        match phase {
            Phase::Admit => drop(store.admissions().admit(self.admission(workspace), &limits()).await?),
            Phase::RunStarted => store.held(self.hold).run_started(self.hold.run).await?,
            Phase::AttemptStarted => store.held(self.hold).started(self.attempt, started()).await?,
            Phase::AppendEvents => {
                store.held(self.hold).append_events(self.hold.run, Some(self.attempt), events()).await?;
            }
            Phase::Charge => {
                let (total, source) = (Micros(30_000), CostSource::Adapter);
                store
                    .held(self.hold)
                    .charge(self.attempt, total, &USAGE, source, Some("2026-01-01"), &limits())
                    .await?;
            }
            Phase::Settle => drop(store.held(self.hold).settle(self.settlement(), &limits()).await?),
        }
        Ok(())
    }

    fn admission(self, workspace: WorkspaceId) -> Admission {
        Admission {
            task: NewTask {
                id: TaskId::new(),
                workspace,
                principal: "bench".to_owned(),
                title: "Mend the client".to_owned(),
                instruction: "The client gives up after one second. Make it wait as it was told.".to_owned(),
                task_type: "bugfix".to_owned(),
                complexity: 4,
                language: Some("rust".to_owned()),
                stack: vec!["axum".to_owned()],
                role: Role::Implement,
                expect_change: true,
                position: Workflow::direct().first(),
                idempotency: None,
            },
            run: NewRun {
                id: self.hold.run,
                priority: 0,
                request: json!({ "wait_s": 45, "verbosity": "mermaid" }),
                affinity: None,
                assigned: false,
                trace: std::collections::BTreeMap::new(),
                place: None,
            },
            attempt: NewAttempt {
                id: self.attempt,
                number: 1,
                executor: "claude".to_owned(),
                model: Some("sonnet".to_owned()),
                effort: Some(Effort::Medium),
                adapter: PluginRef {
                    kind: PluginKind::Executor,
                    name: "claude".to_owned(),
                    version: "1.0.0".to_owned(),
                    digest: Digest::from_bytes([7; 32]),
                },
                chosen_by: None,
                reason: "A workhorse is enough for a bugfix of complexity 4.".to_owned(),
                reserve: Micros(200_000),
                account: Account::Billed,
                host: "bench".to_owned(),
                rung: None,
                round: 1,
                context: None,
            },
            beside: Vec::new(),
            calls: Vec::new(),
        }
    }

    fn settlement(self) -> Settlement {
        let outcome = Outcome {
            process: Process::Exited,
            delivered: Delivered::Diff,
            verified: Verified::NotRun,
            failure: None,
            denied: Vec::new(),
        };
        Settlement {
            attempt: self.attempt,
            settled: settle(&outcome, true),
            outcome,
            usage: USAGE,
            total: Micros(78_000),
            source: CostSource::Adapter,
            price_as_of: Some("2026-01-01".to_owned()),
            exit_code: Some(0),
            signal: None,
            latency_ms: 61_000,
            answer: Some("The timeout was read in milliseconds and used as seconds.".to_owned()),
            session: Some("5ff7b1e1-7f3a-4c62-9d3e-2a9d6b7f1c55".to_owned()),
            model: Some("sonnet".to_owned()),
            artifacts: vec![NewArtifact {
                kind: "diff".to_owned(),
                label: "what changed".to_owned(),
                target: "/srv/runs/one/diff.patch".to_owned(),
                bytes: Some(1_812),
                meta: json!({ "files": 3 }),
            }],
            transcript: Some(NewTranscript { path: "/srv/runs/one/stdout.log".to_owned(), bytes: 40_960 }),
            calls: Vec::new(),
            then: Then::End(RunState::Succeeded),
            decisions: Vec::new(),
            chosen: None,
            events: Vec::new(),
        }
    }
}

const USAGE: Usage = Usage {
    input: 5_200,
    cached_input: 31_000,
    cache_write: 2_400,
    output: 1_900,
    reasoning: 0,
    cost: Some(Micros(78_000)),
    estimated: false,
};

fn started() -> Started {
    Started {
        identity: json!({ "pid": 4711, "start": 998_877 }),
        worktree: "/srv/worktrees/one".to_owned(),
        path: "/srv/worktrees/one".to_owned(),
        branch: Some("jackfield/one".to_owned()),
        base: Some("0f5e0d8c6f7b4d3a9e1c2b3a4d5e6f708192a3b4".to_owned()),
    }
}

/// What one chunk of an agent's output comes to.
fn events() -> Vec<NewRunEvent> {
    let event = |event| NewRunEvent { at: Timestamp::UNIX_EPOCH, event };
    let (id, path) = ("t-1".to_owned(), "src/client.rs".to_owned());
    vec![
        event(RunEvent::Text("The timeout is read in milliseconds.".into())),
        event(RunEvent::ToolCall(ToolCall {
            id: id.clone(),
            name: "Edit".to_owned(),
            summary: path.clone(),
            input: "{}".to_owned(),
        })),
        event(RunEvent::ToolResult(ToolResult { id, ok: true, summary: "edited".to_owned() })),
        event(RunEvent::FileChange(FileChange { path, kind: FileChangeKind::Modified })),
    ]
}

/// Two, as where nothing is configured, and out of reach: a day and a month.
fn limits() -> Limits {
    let limit = |period, dollars, action| Limit {
        scope: LimitScope::All,
        period,
        amount: Micros::dollars(dollars),
        action,
    };
    Limits {
        limits: vec![
            limit(Period::Day, 1_000_000, Action::Halt),
            limit(Period::Month, 1_000_000, Action::Alert),
        ],
        counts: Counts::Both,
    }
}

/// The workspace that all runs are in.
pub(crate) async fn workspace(store: &Store) -> Result<WorkspaceId> {
    let new =
        NewWorkspace { name: "shop".to_owned(), path: "/srv/shop".to_owned(), kind: WorkspaceKind::Git };
    Ok(store.workspaces().ensure(new).await?.id)
}
