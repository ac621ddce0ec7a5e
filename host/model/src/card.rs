//! Cards of the board, and what is recorded about them.

use crate::board::{BoardSettings, CardWait, GateResult, Recipe, StageState, StepEnd};
use crate::task::NewTask;
use jackfield_types::{Digest, Micros, RunId, StageName, TaskId, Timestamp, WorkflowName, WorkspaceId};
use serde::Serialize;
use serde_json::Value;

/// A card, as lists show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Card {
    /// The id of its task.
    pub id: TaskId,
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The name of the workspace.
    pub workspace_name: String,
    /// The workflow.
    pub workflow: WorkflowName,
    /// The stage.
    pub stage: StageName,
    /// Its state in the stage.
    pub state: StageState,
    /// Its title.
    pub title: String,
    /// The first 200 characters of its body.
    pub summary: String,
    /// For people.
    pub labels: Vec<String>,
    /// Higher goes first.
    pub priority: i32,
    /// The person or agent that it is assigned to.
    pub assignee: Option<String>,
    /// The principal that created it.
    pub author: String,
    /// Its name in its branch and folder.
    pub slug: String,
    /// The card whose work was cut into this one and others.
    pub parent: Option<TaskId>,
    /// Its key among those.
    pub ticket: Option<String>,
    /// Counts every change: give it with an edit or a move, which is refused if another change came before.
    pub version: u64,
    /// Counts its entries into a stage.
    pub entry: u64,
    /// When it entered the stage.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub entered_at: Timestamp,
    /// What it waits for.
    pub waits: Option<CardWait>,
    /// Why it waits.
    pub note: String,
    /// The gates of its stage, as the board saw them last.
    pub gates: Vec<GateResult>,
    /// The run that locks it.
    pub run: Option<RunId>,
    /// Spent by all its runs.
    pub cost: Micros,
    /// Human tasks about it that are open.
    pub open_human_tasks: u32,
    /// When it was created.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub created_at: Timestamp,
    /// When it was changed.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub updated_at: Timestamp,
    /// A person has started the stage.
    #[serde(skip)]
    pub started: bool,
    /// The board has to decide what follows.
    #[serde(skip)]
    pub due: bool,
}

/// A card to be recorded, with its task.
#[derive(Debug, Clone)]
pub struct NewCard {
    /// The task; it begins in the stage of its position.
    pub task: NewTask,
    /// The wished name in its branch and its folder; a number is added if another card of the workspace has it.
    pub slug: String,
    /// For people.
    pub labels: Vec<String>,
    /// Higher goes first.
    pub priority: i32,
    /// The person or agent that it is assigned to.
    pub assignee: Option<String>,
    /// The cards that have to pass a stage before it begins the stage.
    pub depends_on: Vec<TaskId>,
}

/// A ticket of a card to be recorded as a card of its own.
#[derive(Debug, Clone)]
pub struct NewTicket {
    /// Its key among the tickets of the card: a ticket on record with this key is changed, as long as nothing was done
    /// for it.
    pub key: String,
    /// The card.
    pub card: NewCard,
    /// The keys of the tickets that it depends on, which come before it.
    pub depends_on: Vec<String>,
}

/// How the run of a step ended.
#[derive(Debug, Clone)]
pub struct StepResult {
    /// Its end.
    pub end: StepEnd,
    /// Its structured output.
    pub outputs: Value,
    /// The gates of the stage that looked at its work.
    pub gates: Vec<GateResult>,
    /// The metrics of the card that it sets, by name.
    pub metrics: Vec<(String, f64)>,
    /// The tickets that it made.
    pub tickets: Vec<NewTicket>,
}

/// Another card that a card has to do with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct CardLink {
    /// Its id.
    pub id: TaskId,
    /// Its key among the tickets of a card.
    pub ticket: Option<String>,
    /// Its title.
    pub title: String,
    /// Its stage.
    pub stage: StageName,
    /// Its state in the stage.
    pub state: StageState,
}

/// The cards that a card has to do with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct CardLinks {
    /// Those that have to pass a stage before it begins the stage.
    pub depends_on: Vec<CardLink>,
    /// Those that depend on it.
    pub dependents: Vec<CardLink>,
    /// Those that its work was cut into, by their keys.
    pub tickets: Vec<CardLink>,
}

/// A change of what a card says. What is `None` stays as it is.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct CardEdit {
    pub title: Option<String>,
    pub body: Option<String>,
    pub labels: Option<Vec<String>>,
    pub priority: Option<i32>,
    /// `Some(None)` removes the assignment.
    pub assignee: Option<Option<String>>,
    /// The cards that have to pass a stage before it begins the stage.
    pub depends_on: Option<Vec<TaskId>>,
}

/// A card enters a stage.
#[derive(Debug, Clone)]
pub struct Entering {
    /// The card.
    pub card: TaskId,
    /// The version that the caller has seen; `None`: any.
    pub version: Option<u64>,
    /// The stage; `None`: the card is done.
    pub to: Option<StageName>,
    /// The principal, or `board`.
    pub actor: String,
    /// Why.
    pub reason: String,
    /// The run whose end led to it.
    pub run: Option<RunId>,
    /// What it waits for in the stage; `None`: the board decides.
    pub waits: Option<CardWait>,
    /// Why it waits.
    pub note: String,
    /// The version of the workspace's settings that the move depends on; `None`: it depends on none.
    pub settings: Option<u64>,
}

/// A run of a step to be admitted.
#[derive(Debug, Clone)]
pub struct NewStep {
    /// The card.
    pub card: TaskId,
    /// The entry that it belongs to.
    pub entry: u64,
    /// The number of the step, from 1.
    pub step: u32,
    /// The number of the try, from 1.
    pub attempt: u32,
    /// The skill.
    pub skill: String,
    /// The digest of the skill.
    pub digest: Digest,
    /// The version of the workspace's settings that the decision depends on.
    pub settings: u64,
    /// The persona whose ballot it is.
    pub persona: Option<String>,
}

/// The recipe of a stage.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct RecipeRecord {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The workflow.
    pub workflow: WorkflowName,
    /// The stage.
    pub stage: StageName,
    /// Give it with an edit, which is refused if another edit came before.
    pub version: u64,
    /// The recipe.
    pub recipe: Recipe,
    /// When it was changed.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub updated_at: Timestamp,
    /// The principal that changed it.
    pub updated_by: String,
}

/// The settings of a workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct SettingsRecord {
    /// Give it with an edit, which is refused if another edit came before. 0: the defaults.
    pub version: u64,
    /// The settings.
    #[serde(flatten)]
    pub settings: BoardSettings,
}

/// A skill on record.
#[derive(Debug, Clone, PartialEq)]
pub struct SkillRecord {
    /// Its id.
    pub id: String,
    /// `local` or `marketplace`.
    pub source: String,
    /// The digest of its files.
    pub digest: Digest,
    /// `vetted`, `community` or `experimental`.
    pub trust: String,
    /// The principal that vetted this digest, and when.
    pub vetted: Option<(String, Timestamp)>,
    /// Its files: `[{"path", "content" (base64), "executable"}]`.
    pub files: Value,
    /// Where it was read from.
    pub origin: String,
    /// When it was changed.
    pub updated_at: Timestamp,
}

/// Cards of one stage in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StageCount {
    /// The stage.
    pub stage: StageName,
    /// The state of the cards.
    pub state: StageState,
    /// How many there are.
    pub cards: u32,
}
