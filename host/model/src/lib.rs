//! Domain data and typed events: what the store records, interfaces show and notifications carry.
//!
//! Plain data over the words of `jackfield-types`. This crate knows no database, no component and no process, and does
//! no I/O. [`RunEvent`] and [`HostEvent`] list every kind of event with the payload of each; `docs/events.md` documents
//! them.

mod board;
mod card;
mod events;
mod jury;
mod money;
mod people;
mod plugin;
mod task;
mod work;
mod worker;

pub use board::{
    AutomationLevel, AutomationMode, BOARD, BoardSettings, CardWait, GateResult, GateSubject, OnFail, Recipe,
    RecipeStep, StageGate, StageState, StepEnd, StepRun, Transition,
};
pub use card::{
    Card, CardEdit, CardLink, CardLinks, Entering, NewCard, NewStep, NewTicket, RecipeRecord, SettingsRecord,
    SkillRecord, StageCount, StepResult,
};

pub use events::agent::{
    AgentStarted, FileChange, FileChangeKind, RateLimit, ReportedUsage, Retrying, ToolCall, ToolResult,
};
pub use events::host::{
    AllowanceAdded, AnswerAction, BreakerChanged, BreakerCorrected, BreakerRefused, BreakerStopped, By,
    CardChanged, CheckpointAdded, ConfigChanged, DecisionMade, HostEvent, HumanTaskAnswered,
    HumanTaskCancelled, HumanTaskChanged, HumanTaskCreated, HumanTaskDeleted, NoDetails, SettingChange,
    TaskClosed, TaskCreated, TaskStageChanged, WebhookDead, WorkerBegan, WorkerEnded,
};
pub use events::payload::Payload;
pub use events::plugin::{
    ComponentChange, ComponentReceipt, ComponentReported, ComponentStep, Granted, GrantedParts, Pinned,
    RolledBack,
};
pub use events::record::{HostEventRecord, NewRunEvent, RunEventRecord};
pub use events::run::{
    AttemptAdopted, AttemptPlanned, AttemptSettled, AttemptStarted, CancelAsked, ChargedLate, CheckOutcome,
    Checked, EventText, GateRuled, HostWarning, LeftoverFound, LeftoverSort, Measured, RunAdmitted,
    RunChanged, RunEvent, RunQueued, RunRetried, RunTakenOver, WarningTopic, WorktreeReady,
};
pub use jury::{Ballot, DimensionTally, Jury, JuryRecord, Persona};
pub use money::limit::{
    Account, Action, Counts, InvalidScope, Limit, LimitScope, Limits, Period, Scope, Spender,
};
pub use money::status::{
    BreakerState, BreakerStatus, Charged, Corrected, Correction, LimitStatus, Raise, Refusal, Reset,
};
pub use people::{
    Checkpoint, Decision, HumanTask, HumanTaskChange, HumanTaskKind, HumanTaskState, NewCheckpoint,
    NewDecision, NewHumanTask,
};
pub use plugin::Serving;
pub use task::{Idempotency, NewTask, Task};
pub use work::{Artifact, CheckResult, NewArtifact, NewHandoff, NewTranscript};
pub use worker::WorkerKind;
