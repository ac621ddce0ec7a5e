//! The board: automation, recipes, settings, and the state of a card in its stage.

use crate::jury::Jury;
use jackfield_types::{Digest, RunId, RunState, StageName, TaskState, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The actor of what the board does by itself; no token has this name.
pub const BOARD: &str = "board";

/// What the board does by itself when a card enters a stage and when the stage's work has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AutomationLevel {
    /// Run on entry; advance when the work succeeded.
    FullyAuto,
    /// Run on entry; then wait for a person to advance the card.
    AutoNotify,
    /// Wait for a person to start the run, and then to advance the card.
    HumanApproval,
    /// Do nothing until asked.
    Manual,
}

/// How far cards of a workspace move by themselves, whatever their recipes say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum AutomationMode {
    /// Nothing starts and nothing moves by itself.
    Manual,
    /// Cards move by themselves up to the stop stage, and start nothing after it.
    AutoToStage,
    /// As the recipes say.
    #[default]
    AutoAll,
}

/// What happens to a card when the work of its stage fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnFail {
    /// It stays in the stage, blocked.
    #[default]
    Stay,
    /// It goes back to the stage before, where nothing starts by itself.
    Revert,
    /// Its open questions become human tasks; the answers of all of them start the stage again.
    CreateQuestions,
    /// Somebody else than the author of the card decides whether it may advance.
    ReviewRequired,
}

/// What a gate of a stage looks at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum GateSubject {
    /// The work of the last step: its files, artifacts and figures.
    #[default]
    Run,
    /// The card: its metrics.
    Card,
}

impl GateSubject {
    const fn is_run(&self) -> bool {
        matches!(self, Self::Run)
    }
}

/// A gate of a stage: a condition for advancing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct StageGate {
    /// Unique in its recipe.
    pub id: String,
    /// For people; default: the id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// As the gate components offer it: `file_exists`, `content_check`, ...
    #[serde(alias = "type")]
    pub kind: String,
    /// As the kind takes it.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub config: Map<String, Value>,
    /// What it looks at.
    #[serde(default, skip_serializing_if = "GateSubject::is_run")]
    pub subject: GateSubject,
    /// The message of a failure, in place of the component's.
    #[serde(default, alias = "failureMessage", skip_serializing_if = "String::is_empty")]
    pub failure_message: String,
}

/// The result of a gate, as the board saw it last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct GateResult {
    /// Its id in the recipe.
    pub id: String,
    /// For people.
    pub name: String,
    /// It lets the card pass.
    pub passed: bool,
    /// Why.
    pub message: String,
}

/// A step of a recipe: one run with the prompt of one skill.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecipeStep {
    /// The skill.
    #[serde(alias = "skillId")]
    pub skill_id: String,
    /// Literal inputs.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub params: Map<String, Value>,
    /// Inputs of the skill by the path of their value: `$.card.body`, `$.artifacts.research.md`, `$.steps.1.summary`.
    #[serde(default, alias = "inputsMapping", skip_serializing_if = "BTreeMap::is_empty")]
    pub inputs_mapping: BTreeMap<String, String>,
    /// Where outputs go, by their name: `metric:NAME` for a number, which becomes a metric of the card; `cards` for a list
    /// of tickets, each of which becomes a card in the next stage.
    #[serde(default, alias = "outputsMapping", skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs_mapping: BTreeMap<String, String>,
    /// Time limit of an attempt, seconds.
    #[serde(default, alias = "timeout", skip_serializing_if = "Option::is_none")]
    pub timeout_s: Option<u64>,
    /// How often the step is repeated after a failure.
    #[serde(default, alias = "retryCount")]
    pub retry_count: u32,
    /// The executor; default: that of the recipe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub executor: Option<String>,
    /// The step changes files of the workspace: a run that changes none has failed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub changes: bool,
    /// One run for each persona. The skill has the input `persona`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jury: Option<Jury>,
}

/// What happens at a stage of a workspace.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// What the board does by itself.
    #[serde(alias = "automationLevel")]
    pub automation_level: AutomationLevel,
    /// The steps, in their order.
    #[serde(default)]
    pub steps: Vec<RecipeStep>,
    /// The conditions for advancing.
    #[serde(default)]
    pub gates: Vec<StageGate>,
    /// What happens when the work fails.
    #[serde(default, alias = "onFail")]
    pub on_fail: OnFail,
    /// The executor of its steps; the chooser picks one where there is none.
    #[serde(default, alias = "provider", skip_serializing_if = "Option::is_none")]
    pub executor: Option<String>,
    /// A recipe that is not enabled is as one that is `manual`.
    #[serde(default = "enabled")]
    pub enabled: bool,
}

const fn enabled() -> bool {
    true
}

/// How the board treats the cards of a workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct BoardSettings {
    /// How far cards move by themselves.
    pub automation_mode: AutomationMode,
    /// The last stage that `auto_to_stage` enters and starts by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automation_stop_stage: Option<StageName>,
}

/// What a card waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CardWait {
    /// A person starts the stage.
    Start,
    /// A person advances the card.
    Review,
    /// Somebody else than the author advances the card.
    OtherReview,
    /// People answer its open questions.
    Answers,
    /// Cards that it depends on pass the stage.
    Cards,
    /// A person removes what is in its way.
    Problem,
}

/// The state of a card in its stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StageState {
    /// Nothing has been asked for.
    Idle,
    /// Its run waits for a worker, or is about to be created.
    Queued,
    /// Its run is at work.
    Running,
    /// It waits for a person who starts it.
    AwaitingStart,
    /// It waits for a person who advances it.
    AwaitingReview,
    /// It waits for answers.
    NeedsAnswers,
    /// It failed, or something is in its way: a problem, or a card that it depends on.
    Blocked,
    /// It is closed.
    Done,
}

impl StageState {
    /// The work of the stage is about to begin, or goes on.
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }

    /// The state that follows from records: nothing else keeps it, so it cannot disagree with the run.
    pub const fn of(task: TaskState, run: Option<RunState>, waits: Option<CardWait>, due: bool) -> Self {
        match run {
            Some(RunState::Queued) => return Self::Queued,
            Some(RunState::Running) => return Self::Running,
            Some(RunState::Waiting) => return Self::NeedsAnswers,
            _ if task.is_final() => return Self::Done,
            _ if due => return Self::Queued,
            _ => {}
        }
        match waits {
            None => Self::Idle,
            Some(CardWait::Start) => Self::AwaitingStart,
            Some(CardWait::Review | CardWait::OtherReview) => Self::AwaitingReview,
            Some(CardWait::Answers) => Self::NeedsAnswers,
            Some(CardWait::Cards | CardWait::Problem) => Self::Blocked,
        }
    }
}

/// One execution of a step of a recipe: a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct StepRun {
    /// The run.
    pub run: RunId,
    /// The stage that it was for.
    pub stage: StageName,
    /// The entry of the card into a stage that it belongs to.
    pub entry: u64,
    /// The number of the step, from 1.
    pub step: u32,
    /// The number of the try, from 1.
    pub attempt: u32,
    /// The skill.
    pub skill: String,
    /// The digest of the skill.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub digest: Digest,
    /// The persona whose ballot it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persona: Option<String>,
    /// How it ended; `None`: the board has not seen an end yet.
    pub end: Option<StepEnd>,
    /// The structured output.
    #[serde(default)]
    pub outputs: Value,
}

/// How the run of a step ended, as the board sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(tag = "end", rename_all = "snake_case")]
pub enum StepEnd {
    /// It succeeded and its output is as the skill declares.
    Done,
    /// It failed, or its output is not as the skill declares.
    Failed {
        /// Why.
        message: String,
    },
    /// A person cancelled it.
    Cancelled,
}

/// A move of a card from one stage to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Transition {
    /// When.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub at: Timestamp,
    /// The stage before; `None`: the card was created.
    pub from: Option<StageName>,
    /// The stage after; `None`: the card was closed.
    pub to: Option<StageName>,
    /// The principal, or `board`.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// The run whose end led to it.
    pub run: Option<RunId>,
}
