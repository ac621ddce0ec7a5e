//! What the store keeps, as plain data: what is given to be recorded (`New…`) and what is read back.
//!
//! Beside each record is how a row becomes one; statements are elsewhere.

mod attempt;
mod card;
mod event;
mod hold;
mod people;
mod plugin;
mod run;
mod task;
mod worker;
mod workspace;

pub use attempt::{
    Artifact, Attempt, CheckResult, Decided, NewArtifact, NewAttempt, NewHandoff, NewTranscript, Settlement,
    Then,
};
pub use card::NewCard;
pub(crate) use card::{CARDS, card};
pub(crate) use event::{host_event, payload, payload_text, run_event};
pub use hold::Hold;
pub use jackfield_model::{
    Card, CardEdit, Entering, HostEventRecord, HumanTask, HumanTaskKind, HumanTaskState, NewRunEvent,
    NewStep, RecipeRecord, RunEventRecord, Serving, SettingsRecord, SkillRecord, StageCount, WorkerKind,
};
pub use people::{Checkpoint, Decision, HumanTaskChange, NewCheckpoint, NewDecision, NewHumanTask};
pub(crate) use people::{HUMAN_TASKS, human_task};
pub use plugin::{NewPluginCall, PluginCall, PluginReceipt, PluginVersion};
pub use run::{LastEvent, NewRun, Run, RunSummary, RunView};
pub use task::{Idempotency, NewTask, Task};
pub use worker::{Begun, NewWorker, Worker};
pub use workspace::{NewWorkspace, Workspace, WorkspaceKind};
