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

pub(crate) use attempt::artifact;
pub use attempt::{Attempt, Decided, NewAttempt, Settlement, Then};
pub(crate) use card::{CARDS, card, card_link};
pub(crate) use event::{host_event, payload, payload_text, run_event};
pub use hold::Hold;
pub use jackfield_model::{
    Artifact, Card, CardEdit, CardLink, CardLinks, CheckResult, Checkpoint, Decision, Entering,
    HostEventRecord, HumanTask, HumanTaskChange, HumanTaskKind, HumanTaskState, Idempotency, NewArtifact,
    NewCard, NewCheckpoint, NewDecision, NewHandoff, NewHumanTask, NewRunEvent, NewStep, NewTask, NewTicket,
    NewTranscript, RecipeRecord, RunEventRecord, Serving, SettingsRecord, SkillRecord, StageCount,
    StepResult, Task, WorkerKind,
};
pub(crate) use people::{HUMAN_TASKS, checkpoint, decision, human_task};
pub use plugin::{NewPluginCall, PluginCall, PluginReceipt, PluginVersion};
pub use run::{LastEvent, NewRun, Run, RunSummary, RunView};
pub(crate) use task::task;
pub use worker::{Begun, NewWorker, Worker};
pub use workspace::{NewWorkspace, Workspace, WorkspaceKind};
