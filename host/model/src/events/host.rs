//! What happens to the host.

use super::plugin::{ComponentReported, Granted, Pinned, RolledBack};
use crate::{
    BreakerState, HumanTask, HumanTaskKind, HumanTaskState, LimitStatus, Refusal, Serving, StageState,
    WorkerKind,
};
use jackfield_types::{Micros, RunId, StageName, TaskId, TaskState, WorkerId, WorkflowName, WorkspaceId};
use serde::{Deserialize, Serialize};
use std::fmt;

events! {
    /// An event on the host's log.
    HostEvent {
        /// No limit of the scope is reached any more.
        "breaker_closed" => BreakerClosed(Box<BreakerChanged>),
        /// A limit that alerts is reached.
        "breaker_alert" => BreakerAlert(Box<BreakerChanged>),
        /// A limit that halts is reached, or refused work that does not fit.
        "breaker_halted" => BreakerHalted(Box<BreakerChanged>),
        /// The breaker refused work. The subject is the scope of the limit.
        "breaker_refused" => BreakerRefused(Box<BreakerRefused>),
        /// The breaker stopped an attempt, which is the subject.
        "breaker_stopped" => BreakerStopped(Box<BreakerStopped>),
        /// An operator raised a limit for the rest of its period.
        "breaker_raised" => BreakerRaised(AllowanceAdded),
        /// An operator reset a limit before its period ended.
        "breaker_reset" => BreakerReset(AllowanceAdded),
        /// An operator corrected the cost of a run, or such a correction changed an allowance.
        "breaker_corrected" => BreakerCorrected(BreakerCorrected),
        /// The configuration changed while the host was running.
        "config_changed" => ConfigChanged(ConfigChanged),
        /// A message to a webhook was given up. The subject is the webhook.
        "webhook_dead" => WebhookDead(WebhookDead),
        /// A task was created without a run. The subject is the task.
        "task_created" => TaskCreated(TaskCreated),
        /// A task was closed.
        "task_closed" => TaskClosed(TaskClosed),
        /// A task moved to another stage of its workflow.
        "task_stage_changed" => TaskStageChanged(TaskStageChanged),
        /// A card of the board was created or changed. The subject is the card.
        "card_changed" => CardChanged(CardChanged),
        /// A human task was created. The subject is the human task.
        "human_task_created" => HumanTaskCreated(HumanTaskCreated),
        /// A human task was changed and has the same state.
        "human_task_changed" => HumanTaskChanged(Box<HumanTaskChanged>),
        /// A closed human task is open again.
        "human_task_reopened" => HumanTaskReopened(Box<HumanTaskChanged>),
        /// A human task was done.
        "human_task_done" => HumanTaskDone(Box<HumanTaskChanged>),
        /// A human task was cancelled: by a person, or because its run ended. Then the subject is the run.
        "human_task_cancelled" => HumanTaskCancelled(Box<HumanTaskCancelled>),
        /// A person answered a run that waited. The subject is the human task.
        "human_task_answered" => HumanTaskAnswered(HumanTaskAnswered),
        /// A human task was deleted.
        "human_task_deleted" => HumanTaskDeleted(Box<HumanTaskDeleted>),
        /// A checkpoint of a task was added. The subject is the task.
        "checkpoint_added" => CheckpointAdded(CheckpointAdded),
        /// A decision about a task was made. The subject is the task.
        "decision_made" => DecisionMade(DecisionMade),
        /// A component serves.
        "plugin_serving" => PluginServing(Box<ComponentReported>),
        /// A component waits for a grant.
        "plugin_held" => PluginHeld(Box<ComponentReported>),
        /// A component was not taken.
        "plugin_rejected" => PluginRejected(Box<ComponentReported>),
        /// A component misbehaved and was put away.
        "plugin_quarantined" => PluginQuarantined(Box<ComponentReported>),
        /// A component serves no more.
        "plugin_retired" => PluginRetired(Box<ComponentReported>),
        /// An operator granted a component something. The subject is its kind and name.
        "plugin_granted" => PluginGranted(Granted),
        /// An operator revoked what was granted by command.
        "plugin_revoked" => PluginRevoked(NoDetails),
        /// An operator pinned a component to a version.
        "plugin_pinned" => PluginPinned(Pinned),
        /// An operator removed a pin.
        "plugin_unpinned" => PluginUnpinned(NoDetails),
        /// An operator rolled a component back.
        "plugin_rolled_back" => PluginRolledBack(RolledBack),
        /// A worker registered. The subject is its name.
        "worker_began" => WorkerBegan(WorkerBegan),
        /// A worker ended. The subject is its id.
        "worker_ended" => WorkerEnded(WorkerEnded),
        /// An access token was created. The subject is its name.
        "token_created" => TokenCreated(By),
        /// An access token was revoked.
        "token_revoked" => TokenRevoked(By),
        /// A browser logged in. The subject is the id of its session.
        "session_opened" => SessionOpened(By),
        /// A browser session was ended, by a logout or by revocation.
        "session_ended" => SessionEnded(By),
    }
}

impl HostEvent {
    /// The event that the breaker has another state.
    pub fn breaker_changed(change: BreakerChanged) -> Self {
        let to = change.to;
        let change = Box::new(change);
        match to {
            BreakerState::Closed => Self::BreakerClosed(change),
            BreakerState::Alert => Self::BreakerAlert(change),
            BreakerState::Halted => Self::BreakerHalted(change),
        }
    }

    /// The event that a human task was changed.
    pub fn human_task_changed(change: HumanTaskChanged) -> Self {
        let (from, to) = (change.was.state, change.is.state);
        match to {
            to if from == to => Self::HumanTaskChanged(Box::new(change)),
            HumanTaskState::Open => Self::HumanTaskReopened(Box::new(change)),
            HumanTaskState::Done => Self::HumanTaskDone(Box::new(change)),
            HumanTaskState::Cancelled => {
                Self::HumanTaskCancelled(Box::new(HumanTaskCancelled::ByPerson(Box::new(change))))
            }
        }
    }

    /// The event that a component has another standing.
    pub fn component_stands(standing: Serving, report: ComponentReported) -> Self {
        let report = Box::new(report);
        match standing {
            Serving::Serving => Self::PluginServing(report),
            Serving::Held => Self::PluginHeld(report),
            Serving::Rejected => Self::PluginRejected(report),
            Serving::Quarantined => Self::PluginQuarantined(report),
            Serving::Retired => Self::PluginRetired(report),
        }
    }
}

/// Nothing more than the kind and the subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct NoDetails {}

/// The breaker has another state for a scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct BreakerChanged {
    /// The state before.
    pub from: BreakerState,
    /// The state now.
    pub to: BreakerState,
    /// The limit that decides the state; none if the scope has no limit any more.
    pub limit: Option<LimitStatus>,
}

/// The breaker refused work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct BreakerRefused {
    /// The limit in the way, and what was asked for.
    pub refusal: Refusal,
    /// The executor that was to work.
    pub executor: String,
    /// The workspace that it was to work in.
    pub workspace: WorkspaceId,
}

/// The breaker stopped an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct BreakerStopped {
    /// The limit in the way, and what was asked for.
    pub refusal: Refusal,
    /// The run of the attempt.
    pub run: RunId,
}

/// An operator added to a limit for one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct AllowanceAdded {
    /// `day:2026-11-21`, `month:2026-11` or `ever`.
    pub period: String,
    /// The amount, dollars.
    pub allowance: Micros,
    /// The principal.
    pub principal: String,
    /// The reason.
    pub reason: String,
}

/// An operator corrected the cost of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum BreakerCorrected {
    /// The cost itself. The subject of the event is the run.
    Cost {
        /// The run.
        run: RunId,
        /// The cost before, dollars.
        was: Micros,
        /// The cost now, dollars.
        cost: Micros,
        /// The principal.
        principal: String,
        /// The reason.
        reason: String,
    },
    /// An allowance that was larger than what is spent now. The subject of the event is the scope.
    Allowance {
        /// `day:2026-11-21`, `month:2026-11` or `ever`.
        period: String,
        /// The change of the allowance, dollars.
        allowance: Micros,
        /// The run.
        run: RunId,
        /// The principal.
        principal: String,
        /// The reason.
        reason: String,
    },
}

/// The configuration changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct ConfigChanged {
    /// Settings in force now.
    pub applied: Vec<SettingChange>,
    /// Settings in force after a restart.
    pub restart: Vec<SettingChange>,
}

/// A changed setting, without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct SettingChange {
    /// Its key in the file.
    pub key: String,
    /// The value before.
    pub old: String,
    /// The value now.
    pub new: String,
}

impl fmt::Display for SettingChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} -> {}", self.key, self.old, self.new)
    }
}

/// A message to a webhook was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct WebhookDead {
    /// The id of the message.
    pub message: String,
    /// The kind of its event.
    pub kind: String,
    /// Why its last delivery failed.
    pub reason: String,
}

/// A task was created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct TaskCreated {
    /// Its title.
    pub title: String,
    /// Its workspace.
    pub workspace: WorkspaceId,
    /// The principal.
    pub by: String,
}

/// A task was closed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct TaskClosed {
    /// The state before.
    pub from: TaskState,
    /// The state now.
    pub to: TaskState,
    /// The reason.
    pub reason: String,
    /// The principal.
    pub by: String,
}

/// A task moved to another stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct TaskStageChanged {
    /// The workflow of the task.
    pub workflow: WorkflowName,
    /// The stage before.
    pub from: StageName,
    /// The stage now.
    pub to: StageName,
    /// The run whose end moved it, where there is one.
    pub run: Option<RunId>,
}

/// A card of the board was created or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct CardChanged {
    /// The workspace of the card.
    pub workspace: WorkspaceId,
    /// Its stage.
    pub stage: StageName,
    /// Its state in the stage.
    pub state: StageState,
    /// Its version.
    pub version: u64,
    /// Why it waits.
    pub note: String,
}

/// A human task was created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct HumanTaskCreated {
    /// Its kind.
    pub kind: HumanTaskKind,
    /// Its title.
    pub title: String,
    /// The task that it is about, where it is about one.
    pub task: Option<TaskId>,
    /// The run that it is about, where it is about one.
    pub run: Option<RunId>,
    /// The principal, or `host`.
    pub by: String,
}

/// A human task was changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct HumanTaskChanged {
    /// The principal.
    pub by: String,
    /// The human task before.
    pub was: HumanTask,
    /// The human task now.
    pub is: HumanTask,
}

/// A human task was cancelled.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum HumanTaskCancelled {
    /// By a person.
    ByPerson(Box<HumanTaskChanged>),
    /// Because the run that waited for an answer ended.
    RunEnded {
        /// The run.
        run: RunId,
        /// Why it ended.
        why: String,
    },
}

/// A person answered a run that waited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct HumanTaskAnswered {
    /// The run.
    pub run: RunId,
    /// What the person decided.
    pub action: AnswerAction,
    /// The principal.
    pub by: String,
}

/// What a person decided about a run that waited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum AnswerAction {
    /// Another attempt.
    Retry,
    /// The work of an attempt is accepted.
    Accept,
    /// The run fails.
    Stop,
}

/// A human task was deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct HumanTaskDeleted {
    /// The principal.
    pub by: String,
    /// The human task as it was.
    pub was: HumanTask,
}

/// A checkpoint was added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct CheckpointAdded {
    /// Its version, from 1.
    pub version: u32,
    /// `spec`, `write` or `close`.
    pub kind: String,
    /// One line for a person.
    pub label: String,
    /// The principal.
    pub by: String,
}

/// A decision was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct DecisionMade {
    /// Its number.
    pub decision: u64,
    /// `choice`, `retry`, `consensus`, `verdict`, `handoff`, `answer`, ...
    pub kind: String,
    /// The run that it is about, where it is about one.
    pub run: Option<RunId>,
    /// The digest of a component, or a principal.
    pub by: String,
    /// The reason.
    pub reason: String,
}

/// A worker registered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct WorkerBegan {
    /// Its id.
    pub worker: WorkerId,
    /// Where it is.
    pub kind: WorkerKind,
    /// How many attempts it makes at once.
    pub slots: u32,
}

/// A worker ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct WorkerEnded {
    /// Why.
    pub why: String,
}

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct By {
    /// The principal.
    pub by: String,
}
