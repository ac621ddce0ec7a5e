//! Jackfield's records, in a database that several processes may have open: one SQLite file in the data folder.
//!
//! One writer thread per process runs the queued closures in one transaction and commits once for all of them; where
//! one fails after it wrote something, the others run again without it. A pool of readers sees snapshots. A write
//! returns after its commit is on the disk. Money is
//! reserved, charged and released in the transactions of the rows that it belongs to. The sums of the breaker are
//! stored beside the ledger and can be proved from it.
//!
//! The store knows no HTTP, no component and no process.

mod access;
mod board;
mod error;
mod file;
mod handles;
mod keep;
mod life;
mod money;
mod people;
mod queue;
mod record;
mod store;
mod view;
mod webhooks;

pub use access::{AccessToken, BrowserSession, Credential, Grantee, NewSession, NewToken, SessionSecrets};
pub use board::CardFilter;
pub use error::{AdmitError, RecordKind, StoreError};
pub use file::{Redact, unpack};
pub use handles::{
    Admissions, Attempts, Breaker, Cards, Checkpoints, Cooldowns, Decisions, HostLog, HumanTasks, Ledger,
    Queue, Recipes, Retention, Runs, Skills, Stats, Tasks, Tokens, Webhooks, Workers, Workspaces,
};
pub use keep::{AttemptStanding, Compacted, Overdue, RunStanding, Trimmed};
pub use life::{
    Admission, Admitted, Closed, Closing, ExternalAttempt, Logged, Opened, Retried, Retry, RunOfTask,
    Settling, Started, WriteBound,
};
pub use money::{
    Account, Action, AuditReport, BreakerState, BreakerStatus, Charged, Corrected, Correction, Counts,
    InvalidScope, LedgerFilter, LedgerKind, LedgerRow, Limit, LimitScope, LimitStatus, Limits, Period, Raise,
    Refusal, Reset, Scope, Spender, SpendingDay,
};
pub use people::{Answered, HumanTaskFilter};
pub use queue::{Caps, Claimed, Cooldown, Heartbeat, InHand, InLine, Occupancy, Offer, ProviderLimit};
pub use record::{
    Artifact, Attempt, Begun, Card, CardEdit, CardLink, CardLinks, CheckResult, Checkpoint, Decided,
    Decision, Entering, Hold, HostEventRecord, HumanTask, HumanTaskChange, HumanTaskKind, HumanTaskState,
    Idempotency, LastEvent, NewArtifact, NewAttempt, NewCard, NewCheckpoint, NewDecision, NewHandoff,
    NewHumanTask, NewPluginCall, NewRun, NewRunEvent, NewStep, NewTask, NewTicket, NewTranscript, NewWorker,
    NewWorkspace, PluginCall, PluginReceipt, PluginVersion, RecipeRecord, Run, RunEventRecord, RunSummary,
    RunView, Serving, SettingsRecord, Settlement, SkillRecord, StageCount, StepResult, Task, Then, Worker,
    WorkerKind, Workspace, WorkspaceKind,
};
pub use store::{Copied, Store, StoreOptions};
pub use view::{
    EventPage, JudgedRun, LogFilter, ModelStats, Quality, RecordedDecision, RecordedOutcome, Round,
    RoundAttempt, RunFilter, RunInFull, RunPage, Snapshot, TaskFilter, TaskHistory, TaskPage, TaskSummary,
    TaskView, Totals, UsageShare,
};
pub use webhooks::{WEBHOOK_TEST, WebhookMessage, WebhookStanding};
