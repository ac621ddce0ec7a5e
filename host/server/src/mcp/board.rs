//! The `board` toolset: cards, recipes and skills.
//!
//! Trust in a skill is not among it: a person records it, and not a model.

use super::arguments::{bad_arguments, parse};
use super::asked::Asked;
use super::caller::Caller;
use super::output::{Said, said};
use super::schema::{actions, bare, schema, tool};
use crate::board_requests::{
    BoardQuery, CardAction, DocumentQuery, MetricValue, RecipeEdit, RecipesQuery, SettingsEdit, VersionQuery,
};
use crate::fields;
use jackfield::CardsFilter;
use jackfield::board::{CardMove, CardPatch, CardRequest, CardView};
use jackfield::model::{Card, StageState};
use jackfield_render::text_board;
use jackfield_types::{ErrorCode, Problem, StageName, TaskId, clip};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::sync::Arc;

/// Most of a document or of the text of a card in an answer, bytes: a model reads it.
const LONGEST: usize = 64 << 10;

/// A recipe to be checked.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RecipeCheck {
    recipe: Map<String, Value>,
}

/// Everything about a card, with the handles of the card itself.
#[derive(Serialize)]
struct CardInFull<'a> {
    id: TaskId,
    state: StageState,
    stage: StageName,
    version: u64,
    #[serde(flatten)]
    view: &'a CardView,
}

/// A workspace whose settings are to be read.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct OfWorkspace {
    workspace: String,
}

/// Which skills to list.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SkillsQuery {
    /// With this text in the id, the title, the description or a tag.
    q: Option<String>,
}

/// A folder of skills.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SkillFolder {
    /// On the machine of the host; default: `skills` in its data folder.
    folder: Option<String>,
}

pub(super) fn tools() -> Vec<Tool> {
    let changes = || ToolAnnotations::default().read_only(false).open_world(false);
    vec![
        tool::<BoardQuery>(
            "board",
            "Show the stages of a workflow with their cards, what is active, what waits for a person, what is blocked, and \
             the cost.",
            ToolAnnotations::default().read_only(true).open_world(false),
        ),
        Tool::new(
            "card",
            "Cards of the board. A card that enters a stage runs the recipe of that stage, on a branch of its own. A card \
             with an active run is locked. `approve` advances a card that waits for review.",
            Arc::new(card_schema()),
        )
        .with_annotations(changes().destructive(true)),
        Tool::new(
            "recipe",
            "What happens at each stage of a workspace: steps with skills, gates, level of automation. `set` replaces a \
             recipe if it is valid; `settings` and `set_settings` are about how far cards move by themselves.",
            Arc::new(recipe_schema()),
        )
        .with_annotations(changes().destructive(false)),
        Tool::new(
            "skill",
            "Skills that recipes use: list them, read one with its prompt, inputs and outputs, or `sync` a folder of \
             `SKILL.md` folders. A person records the trust in a skill.",
            Arc::new(skill_schema()),
        )
        .with_annotations(changes().destructive(false)),
    ]
}

fn card_schema() -> JsonObject {
    actions(
        ("id", "For all but create and list."),
        vec![
            ("create", schema::<CardRequest>()),
            ("read", JsonObject::new()),
            ("update", bare(schema::<CardPatch>())),
            ("delete", bare(schema::<VersionQuery>())),
            ("list", schema::<CardsFilter>()),
            ("move", schema::<CardMove>()),
            ("start", bare(schema::<CardAction>())),
            ("approve", bare(schema::<CardAction>())),
            ("measure", schema::<MetricValue>()),
            ("documents", JsonObject::new()),
            ("document", schema::<DocumentQuery>()),
        ],
    )
}

fn recipe_schema() -> JsonObject {
    actions(
        ("stage", "For read and set."),
        vec![
            ("list", schema::<RecipesQuery>()),
            ("read", bare(schema::<RecipesQuery>())),
            ("initialize", bare(schema::<RecipesQuery>())),
            ("set", schema::<RecipeEdit>()),
            ("validate", bare(schema::<RecipeCheck>())),
            ("settings", bare(schema::<OfWorkspace>())),
            ("set_settings", settings_schema()),
        ],
    )
}

/// The settings with their workspace, which is in the path of the route.
fn settings_schema() -> JsonObject {
    let mut schema = schema::<SettingsEdit>();
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        required.push("workspace".into());
    }
    if let Some(Value::Object(fields)) = schema.get_mut("properties") {
        fields.insert("workspace".to_owned(), json!({ "type": "string" }));
    }
    schema
}

fn skill_schema() -> JsonObject {
    actions(
        ("id", "For read."),
        vec![
            ("list", schema::<SkillsQuery>()),
            ("read", JsonObject::new()),
            ("sync", schema::<SkillFolder>()),
        ],
    )
}

pub(super) async fn board(caller: &Caller<'_>, arguments: Value) -> Result<Said, Problem> {
    let BoardQuery { workspace, workflow } = parse(arguments)?;
    let overview = caller.host.board().overview(workspace.as_deref(), workflow.as_ref()).await?;
    said(text_board::board(&overview), &overview)
}

pub(super) async fn card(caller: &Caller<'_>, arguments: Value) -> Result<Said, Problem> {
    let asked = Asked::of(arguments, "id")?;
    let board = caller.host.board();
    let card = match asked.action.as_str() {
        "list" => {
            let cards = board.list(parse(asked.rest)?).await?;
            return said(text_board::cards(&cards), &json!({ "cards": cards }));
        }
        "read" => {
            asked.no_more()?;
            let view = board.get(asked.id()).await?;
            let text = format!("{}\n\n{}", text_board::card(&view), clip(&view.body, LONGEST));
            let Card { id, state, stage, version, .. } = view.card.clone();
            return said(text, &CardInFull { id, state, stage, version, view: &view });
        }
        "documents" => {
            asked.no_more()?;
            let documents = board.documents(asked.id()).await?;
            return said(text_board::documents(&documents), &json!({ "documents": documents }));
        }
        "document" => {
            let DocumentQuery { path } = parse(asked.rest.clone())?;
            let document = board.document(asked.id(), &path).await?;
            return said(clip(&document.text, LONGEST), &json!({ "path": document.path }));
        }
        "create" => board.create(parse(asked.rest)?).await?,
        "update" => board.edit(asked.id(), parse::<CardPatch>(asked.rest.clone())?).await?,
        "delete" => {
            let VersionQuery { version } = parse(asked.rest.clone())?;
            board.remove(asked.id(), version).await?
        }
        "move" => board.move_to(asked.id(), parse::<CardMove>(asked.rest.clone())?).await?,
        "start" => {
            let CardAction { version, .. } = parse(asked.rest.clone())?;
            board.start(asked.id(), version).await?
        }
        "approve" => {
            let CardAction { version, reason } = parse(asked.rest.clone())?;
            board.approve(asked.id(), version, &reason).await?
        }
        "measure" => {
            let MetricValue { name, value } = parse(asked.rest.clone())?;
            board.measure(asked.id(), &name, value).await?
        }
        _ => {
            return Err(asked.unknown(
                "create, read, update, delete, list, move, start, approve, measure, documents, document",
            ));
        }
    };
    said(text_board::cards(std::slice::from_ref(&card)), &card)
}

pub(super) async fn recipe(caller: &Caller<'_>, arguments: Value) -> Result<Said, Problem> {
    let asked = Asked::of(arguments, "stage")?;
    let board = caller.host.board();
    match asked.action.as_str() {
        "list" => {
            let RecipesQuery { workspace, workflow } = parse(asked.rest)?;
            let recipes = board.recipes(&workspace, workflow.as_ref()).await?;
            said(text_board::recipes(&recipes), &json!({ "recipes": recipes }))
        }
        "read" => {
            let RecipesQuery { workspace, workflow } = parse(asked.rest.clone())?;
            let found = board.recipe(&workspace, workflow.as_ref(), &stage(&asked)?).await?;
            said(text_board::recipe(&found), &found)
        }
        "initialize" => {
            let RecipesQuery { workspace, workflow } = parse(asked.rest)?;
            let added = board.initialize(&workspace, workflow.as_ref()).await?;
            said(format!("{added} default recipes were recorded"), &json!({ "added": added }))
        }
        "set" => {
            let RecipeEdit { workspace, workflow, version, recipe } = parse(asked.rest.clone())?;
            let stage = stage(&asked)?;
            let set = board.set_recipe(&workspace, workflow.as_ref(), &stage, version, recipe).await?;
            said(format!("the recipe of {stage} is version {} now", set.version), &set)
        }
        "validate" => {
            let RecipeCheck { recipe } = parse(asked.rest)?;
            let checked = board.validate(Value::Object(recipe)).await?;
            said(text_board::validation(&checked), &checked)
        }
        "settings" => {
            let OfWorkspace { workspace } = parse(asked.rest)?;
            let settings = board.settings(&workspace).await?;
            said(text_board::settings(&settings), &settings)
        }
        "set_settings" => {
            let mut given: Map<String, Value> = parse(asked.rest)?;
            let workspace = fields::take(&mut given, "workspace").map_err(|why| bad_arguments(&why))?;
            let Some(Value::String(workspace)) = workspace else {
                return Err(bad_arguments("missing field `workspace`"));
            };
            let edit: SettingsEdit = parse(Value::Object(given))?;
            let settings = board.set_settings(&workspace, edit.version, edit.settings()).await?;
            said(text_board::settings(&settings), &settings)
        }
        _ => Err(asked.unknown("list, read, initialize, set, validate, settings, set_settings")),
    }
}

fn stage(asked: &Asked) -> Result<StageName, Problem> {
    asked.id().parse().map_err(|error: jackfield_types::InvalidName| {
        Problem::caller(ErrorCode::UnknownStage, error.to_string(), "give a stage of the workflow")
    })
}

pub(super) async fn skill(caller: &Caller<'_>, arguments: Value) -> Result<Said, Problem> {
    let asked = Asked::of(arguments, "id")?;
    let skills = caller.host.skills();
    match asked.action.as_str() {
        "list" => {
            let SkillsQuery { q } = parse(asked.rest)?;
            let found = skills.list(q.as_deref()).await?;
            said(text_board::skills(&found), &json!({ "skills": found }))
        }
        "read" => {
            asked.no_more()?;
            let found = skills.get(asked.id()).await?;
            said(text_board::skill(&found), &found)
        }
        "sync" => {
            let SkillFolder { folder } = parse(asked.rest)?;
            let synced = skills.sync(folder.map(PathBuf::from).as_deref()).await?;
            said(text_board::synced(&synced), &synced)
        }
        _ => Err(asked.unknown("list, read, sync")),
    }
}
