//! A store in a folder of its own, and the shortest way to a task, a run and an attempt.

use jackfield_store::*;
use jackfield_types::*;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const CENT: Micros = Micros(10_000);

pub(crate) fn cents(count: i64) -> Micros {
    Micros(CENT.0 * count)
}

/// A store, the clock that it goes by, and one workspace.
pub(crate) struct House {
    pub(crate) folder: TempDir,
    pub(crate) store: Store,
    pub(crate) clock: ManualClock,
    pub(crate) workspace: WorkspaceId,
}

pub(crate) async fn house() -> House {
    house_in("UTC", "2026-11-21T10:00:00Z").await
}

pub(crate) async fn house_in(time_zone: &str, now: &str) -> House {
    let folder = tempfile::tempdir().unwrap();
    let clock = ManualClock::at(now.parse().unwrap());
    let options = StoreOptions { time_zone: time_zone.to_owned(), ..StoreOptions::default() };
    let store = Store::open(folder.path(), Arc::new(clock.clone()), options).unwrap();
    let workspace = workspace(&store).await;
    House { folder, store, clock, workspace }
}

/// As another process would open it, by the machine's clock.
pub(crate) fn open(folder: &Path) -> Store {
    Store::open(folder, Arc::new(SystemClock), StoreOptions::default()).unwrap()
}

pub(crate) async fn workspace(store: &Store) -> WorkspaceId {
    let new =
        NewWorkspace { name: "shop".to_owned(), path: "/srv/shop".to_owned(), kind: WorkspaceKind::Git };
    store.workspaces().ensure(new).await.unwrap().id
}

pub(crate) fn daily(amount: Micros) -> Limits {
    limits(LimitScope::All, Period::Day, amount)
}

pub(crate) fn limits(scope: LimitScope, period: Period, amount: Micros) -> Limits {
    Limits { limits: vec![Limit { scope, period, amount, action: Action::Halt }], counts: Counts::Both }
}

pub(crate) fn adapter() -> PluginRef {
    PluginRef {
        kind: PluginKind::Executor,
        name: "shell".to_owned(),
        version: "1.2.3".to_owned(),
        digest: Digest::from_bytes([7; 32]),
    }
}

pub(crate) fn attempt(number: u32, reserve: Micros) -> NewAttempt {
    NewAttempt {
        id: AttemptId::new(),
        number,
        executor: "shell".to_owned(),
        model: Some("small".to_owned()),
        effort: Some(Effort::Low),
        adapter: adapter(),
        chosen_by: None,
        reason: "the caller asked for it".to_owned(),
        reserve,
        account: Account::Billed,
        host: "host-1".to_owned(),
        rung: None,
        round: 1,
        context: None,
    }
}

pub(crate) fn run() -> NewRun {
    NewRun {
        id: RunId::new(),
        priority: 0,
        request: json!({ "wait": 45 }),
        affinity: None,
        assigned: false,
        trace: std::collections::BTreeMap::new(),
        place: None,
    }
}

pub(crate) fn run_of(position: StagePosition, run: NewRun, attempt: NewAttempt) -> RunOfTask {
    RunOfTask { position, run, attempt, calls: vec![] }
}

pub(crate) fn admission(workspace: WorkspaceId, reserve: Micros) -> Admission {
    Admission {
        task: NewTask {
            id: TaskId::new(),
            workspace,
            principal: "tester".to_owned(),
            title: "Mend the till".to_owned(),
            instruction: "The till rounds down. Mend it.".to_owned(),
            task_type: "bugfix".to_owned(),
            complexity: 3,
            language: Some("rust".to_owned()),
            stack: vec!["axum".to_owned()],
            role: Role::Implement,
            expect_change: true,
            position: Workflow::direct().first(),
            idempotency: None,
        },
        run: run(),
        attempt: attempt(1, reserve),
        beside: Vec::new(),
        calls: Vec::new(),
    }
}

/// Free slots of a worker that takes any run.
pub(crate) fn offer(worker: WorkerId, free: u32) -> Offer {
    Offer {
        worker,
        holder: worker.to_string(),
        free,
        executors: None,
        workspaces: None,
        only_own: false,
        elsewhere: false,
    }
}

/// Limits that nothing reaches.
pub(crate) fn caps() -> Caps {
    Caps { executor: 1_000, aging: Duration::from_secs(300), ..Caps::default() }
}

/// How long a worker has its runs without another heartbeat.
pub(crate) const LEASE: Duration = Duration::from_secs(300);

/// Registers a worker.
pub(crate) async fn worker(store: &Store, name: &str) -> WorkerId {
    let id = WorkerId::new();
    let new = NewWorker {
        id,
        name: name.to_owned(),
        kind: WorkerKind::Local,
        instance: "1-2-boot".to_owned(),
        slots: 2,
        executors: vec!["shell".to_owned()],
        workspaces: None,
        principal: None,
        lease: LEASE,
    };
    store.workers().begin(new).await.unwrap();
    id
}

/// A run that is at work: its ids, once it was admitted and started.
pub(crate) struct AtWork {
    pub(crate) task: TaskId,
    pub(crate) run: RunId,
    pub(crate) attempt: AttemptId,
}

impl House {
    pub(crate) fn at(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn pass(&self, hours: u64) {
        self.clock.advance(Duration::from_secs(hours * 3600));
    }

    pub(crate) async fn admit(&self, reserve: Micros, limits: &Limits) -> Result<AtWork, AdmitError> {
        let admission = admission(self.workspace, reserve);
        let attempt = admission.attempt.id;
        let Admitted { task, run, .. } = self.store.admissions().admit(admission, limits).await?;
        Ok(AtWork { task, run, attempt })
    }

    pub(crate) async fn at_work(&self, reserve: Micros, limits: &Limits) -> AtWork {
        let work = self.admit(reserve, limits).await.unwrap();
        self.store.attempts().run_started(work.run).await.unwrap();
        self.store.attempts().started(work.attempt, started()).await.unwrap();
        work
    }

    pub(crate) async fn charge(&self, attempt: AttemptId, total: Micros, limits: &Limits) -> Charged {
        let usage = Usage { input: 10, output: 5, ..Usage::default() };
        self.store
            .attempts()
            .charge(attempt, total, &usage, CostSource::Adapter, Some("2026-11-01"), limits)
            .await
            .unwrap()
    }

    /// How the first limit stands.
    pub(crate) async fn stands(&self, limits: &Limits) -> LimitStatus {
        self.store.breaker().status(limits).await.unwrap().limits.remove(0)
    }

    pub(crate) async fn ledger_of(&self, attempt: AttemptId) -> Vec<(LedgerKind, i64, i64)> {
        let filter = LedgerFilter { attempt: Some(attempt), ..LedgerFilter::default() };
        let rows = self.store.ledger().list(filter).await.unwrap();
        rows.into_iter().map(|row| (row.kind, row.reserved_delta.0, row.spent_delta.0)).collect()
    }

    pub(crate) async fn assert_sums_are_proved(&self) {
        let report = self.store.ledger().audit().await.unwrap();
        assert_eq!(report.differences, Vec::<String>::new());
    }
}

pub(crate) fn started() -> Started {
    Started {
        identity: json!({ "pid": 4711, "start": 99 }),
        worktree: r#"{"path":"/srv/worktrees/1"}"#.to_owned(),
        path: "/srv/worktrees/1".to_owned(),
        branch: Some("jackfield/1".to_owned()),
        base: Some("abc123".to_owned()),
    }
}

pub(crate) fn settlement(attempt: AttemptId, total: Micros) -> Settlement {
    let outcome = Outcome {
        process: Process::Exited,
        delivered: Delivered::Diff,
        verified: Verified::Passed,
        failure: None,
        denied: Vec::new(),
    };
    Settlement {
        attempt,
        settled: settle(&outcome, true),
        outcome,
        usage: Usage { input: 100, output: 50, reasoning: 20, ..Usage::default() },
        total,
        source: CostSource::Adapter,
        price_as_of: Some("2026-11-01".to_owned()),
        exit_code: Some(0),
        signal: None,
        latency_ms: 1200,
        answer: Some("Done.".to_owned()),
        session: Some("s-1".to_owned()),
        model: Some("small-2026-10".to_owned()),
        artifacts: vec![NewArtifact {
            kind: "diff".to_owned(),
            label: "what changed".to_owned(),
            target: "/srv/diffs/1.patch".to_owned(),
            bytes: Some(512),
            meta: json!({ "files": 2 }),
        }],
        transcript: Some(NewTranscript { path: "/srv/logs/1.jsonl".to_owned(), bytes: 2048 }),
        calls: Vec::new(),
        then: Then::End(RunState::Succeeded),
        decisions: Vec::new(),
        chosen: None,
        events: Vec::new(),
    }
}

pub(crate) fn failed(attempt: AttemptId, total: Micros, class: FailureClass) -> Settlement {
    let failure = Failure::new(class, "it did not work");
    Settlement {
        settled: Settled::Failed(failure.clone()),
        outcome: Outcome {
            process: Process::Failed,
            delivered: Delivered::Nothing,
            verified: Verified::NotRun,
            failure: Some(failure),
            denied: Vec::new(),
        },
        artifacts: Vec::new(),
        then: Then::Nothing,
        ..settlement(attempt, total)
    }
}

pub(crate) fn call(task: Option<TaskId>, facts: Value) -> NewPluginCall {
    NewPluginCall {
        task,
        run: None,
        attempt: None,
        plugin: PluginRef {
            kind: PluginKind::Chooser,
            name: "ladder".to_owned(),
            version: "1.0.0".to_owned(),
            digest: Digest::from_bytes([9; 32]),
        },
        function: "choose".to_owned(),
        facts,
        answer: json!([{ "candidate": 0 }]),
        micros: 84,
        seed: Some(u64::MAX),
        notes: vec!["codex is passed over: not installed".to_owned()],
        error: None,
    }
}
