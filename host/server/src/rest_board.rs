//! REST of the board: cards, recipes, settings and workflows.

use super::board_requests::{
    BoardQuery, CardAction, DocumentQuery, MetricValue, RecipeEdit, RecipesQuery, SettingsEdit, VersionQuery,
};
use super::bodies::body;
use super::contract::Routes;
use super::guard::Acting;
use super::operation::{delete, get, patch, post};
use super::path::Path;
use super::refused::Answered;
use super::rest_query::{Asked, query};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jackfield::board::{CardMove, CardPatch, CardRequest, CardView, Document, DocumentText, Validation};
use jackfield::model::Transition;
use jackfield::{BoardOverview, CardsFilter};
use jackfield_store::{Artifact, Card, RecipeRecord, SettingsRecord};
use jackfield_types::{Scope, StageName, WorkflowName};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

type Sent = Result<Bytes, BytesRejection>;

pub(super) fn routes() -> Routes {
    cards().and(of_card()).and(recipes())
}

fn cards() -> Routes {
    Routes::new()
        .on(
            get("/api/board", "showBoard", "Show the stages of a workflow with counts and money.")
                .asks::<BoardQuery>()
                .answers::<BoardOverview>("The stages, in order."),
            board,
        )
        .on(
            get("/api/cards", "listCards", "List cards by priority and time in their stage.")
                .asks::<CardsFilter>()
                .answers::<Vec<Card>>("The cards."),
            list,
        )
        .on(
            post("/api/cards", "createCard", "Create a card. What happens in its stage follows by itself.")
                .takes::<CardRequest>()
                .or::<Card>(201, "The card."),
            create,
        )
        .on(
            get("/api/cards/{id}", "showCard", "Show a card with its steps and moves.")
                .answers::<CardView>("The card."),
            show,
        )
        .on(
            patch("/api/cards/{id}", "editCard", "Change what a card says.")
                .takes::<CardPatch>()
                .answers::<Card>("The card as it is now."),
            edit,
        )
        .on(
            delete("/api/cards/{id}", "removeCard", "Remove a card from the board. Its runs stay on record.")
                .asks::<VersionQuery>()
                .answers::<Card>("The card as it was."),
            remove,
        )
}

fn of_card() -> Routes {
    Routes::new()
        .on(
            post("/api/cards/{id}/move", "moveCard", "Move a card to a stage.")
                .takes::<CardMove>()
                .answers::<Card>("The card as it is now."),
            move_to,
        )
        .on(
            post("/api/cards/{id}/start", "startCard", "Start the stage of a card.")
                .takes::<CardAction>()
                .answers::<Card>("The card as it is now."),
            start,
        )
        .on(
            post(
                "/api/cards/{id}/approve",
                "approveCard",
                "Approve the work of a stage: the card enters the next one.",
            )
            .takes::<CardAction>()
            .answers::<Card>("The card as it is now."),
            approve,
        )
        .on(
            post("/api/cards/{id}/metrics", "measureCard", "Record a metric of a card.")
                .takes::<MetricValue>()
                .answers::<Card>("The card as it is now."),
            measure,
        )
        .on(
            get(
                "/api/cards/{id}/documents",
                "listCardDocuments",
                "List the files of a card on its branch, by path.",
            )
            .answers::<Vec<Document>>("The documents."),
            documents,
        )
        .on(
            get("/api/cards/{id}/document", "showCardDocument", "Show the text of a document of a card.")
                .asks::<DocumentQuery>()
                .answers::<DocumentText>("The document."),
            document,
        )
        .on(
            get("/api/cards/{id}/transitions", "listTransitions", "List the moves of a card, oldest first.")
                .answers::<Vec<Transition>>("The moves."),
            transitions,
        )
        .on(
            get("/api/cards/{id}/artifacts", "listCardArtifacts", "List what the runs of a card left.")
                .answers::<Vec<Artifact>>("The artifacts, oldest first."),
            artifacts,
        )
}

fn recipes() -> Routes {
    Routes::new()
        .on(
            get(
                "/api/stage-recipes",
                "listRecipes",
                "List the recipes of a workspace, the defaults included.",
            )
            .asks::<RecipesQuery>()
            .answers::<Vec<RecipeRecord>>("One for each stage."),
            list_recipes,
        )
        .on(
            post("/api/stage-recipes", "actOnRecipes", "Record the default recipes, or check a recipe.")
                .takes::<RecipesAction>()
                .answers::<RecipesAnswer>("The outcome of the action."),
            act_on_recipes,
        )
        .on(
            get("/api/stage-recipes/{stage}", "showRecipe", "Show the recipe of a stage.")
                .asks::<RecipesQuery>()
                .answers::<RecipeRecord>("The recipe."),
            show_recipe,
        )
        .on(
            patch(
                "/api/stage-recipes/{stage}",
                "setRecipe",
                "Replace the recipe of a stage, if it is valid.",
            )
            .needs(Scope::Admin)
            .takes::<RecipeEdit>()
            .answers::<RecipeRecord>("The recipe as it is now."),
            set_recipe,
        )
        .on(
            get(
                "/api/workspaces/{id}/settings",
                "showBoardSettings",
                "Show the board's settings of a workspace.",
            )
            .answers::<SettingsRecord>("The settings."),
            settings,
        )
        .on(
            patch(
                "/api/workspaces/{id}/settings",
                "setBoardSettings",
                "Change the board's settings of a workspace.",
            )
            .needs(Scope::Admin)
            .takes::<SettingsEdit>()
            .answers::<SettingsRecord>("The settings as they are now."),
            set_settings,
        )
}

/// An action on recipes.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "lowercase", deny_unknown_fields)]
enum RecipesAction {
    /// Record the default recipes of stages that have none.
    Initialize {
        /// A workspace's name, path or id.
        #[serde(alias = "workspaceId", alias = "workspace_id")]
        workspace: String,
        /// Default: `product`.
        workflow: Option<WorkflowName>,
    },
    /// Check a recipe; nothing is recorded.
    Validate {
        /// A recipe.
        recipe: Value,
    },
}

#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
enum RecipesAnswer {
    Added {
        /// How many recipes were recorded.
        added: usize,
    },
    Checked(Validation),
}

async fn board(Acting(host): Acting, asked: Asked<BoardQuery>) -> Answered<Response> {
    let BoardQuery { workspace, workflow } = query(asked)?;
    Ok(Json(host.board().overview(workspace.as_deref(), workflow.as_ref()).await?).into_response())
}

async fn list(Acting(host): Acting, asked: Asked<CardsFilter>) -> Answered<Response> {
    Ok(Json(host.board().list(query(asked)?).await?).into_response())
}

async fn create(Acting(host): Acting, bytes: Sent) -> Answered<Response> {
    Ok((StatusCode::CREATED, Json(host.board().create(body(bytes)?).await?)).into_response())
}

async fn show(Acting(host): Acting, Path(id): Path<String>) -> Answered<Response> {
    Ok(Json(host.board().get(&id).await?).into_response())
}

async fn edit(Acting(host): Acting, Path(id): Path<String>, bytes: Sent) -> Answered<Response> {
    Ok(Json(host.board().edit(&id, body(bytes)?).await?).into_response())
}

async fn remove(
    Acting(host): Acting,
    Path(id): Path<String>,
    asked: Asked<VersionQuery>,
) -> Answered<Response> {
    let VersionQuery { version } = query(asked)?;
    Ok(Json(host.board().remove(&id, version).await?).into_response())
}

async fn move_to(Acting(host): Acting, Path(id): Path<String>, bytes: Sent) -> Answered<Response> {
    Ok(Json(host.board().move_to(&id, body(bytes)?).await?).into_response())
}

async fn start(Acting(host): Acting, Path(id): Path<String>, bytes: Sent) -> Answered<Response> {
    let CardAction { version, .. } = body(bytes)?;
    Ok(Json(host.board().start(&id, version).await?).into_response())
}

async fn approve(Acting(host): Acting, Path(id): Path<String>, bytes: Sent) -> Answered<Response> {
    let CardAction { version, reason } = body(bytes)?;
    Ok(Json(host.board().approve(&id, version, &reason).await?).into_response())
}

async fn measure(Acting(host): Acting, Path(id): Path<String>, bytes: Sent) -> Answered<Response> {
    let MetricValue { name, value } = body(bytes)?;
    Ok(Json(host.board().measure(&id, &name, value).await?).into_response())
}

async fn transitions(Acting(host): Acting, Path(id): Path<String>) -> Answered<Response> {
    Ok(Json(host.board().get(&id).await?.transitions).into_response())
}

async fn artifacts(Acting(host): Acting, Path(id): Path<String>) -> Answered<Response> {
    Ok(Json(host.board().artifacts(&id).await?).into_response())
}

async fn documents(Acting(host): Acting, Path(id): Path<String>) -> Answered<Response> {
    Ok(Json(host.board().documents(&id).await?).into_response())
}

async fn document(
    Acting(host): Acting,
    Path(id): Path<String>,
    asked: Asked<DocumentQuery>,
) -> Answered<Response> {
    let DocumentQuery { path } = query(asked)?;
    Ok(Json(host.board().document(&id, &path).await?).into_response())
}

async fn list_recipes(Acting(host): Acting, asked: Asked<RecipesQuery>) -> Answered<Response> {
    let RecipesQuery { workspace, workflow } = query(asked)?;
    Ok(Json(host.board().recipes(&workspace, workflow.as_ref()).await?).into_response())
}

async fn act_on_recipes(Acting(host): Acting, bytes: Sent) -> Answered<Response> {
    let answer = match body(bytes)? {
        RecipesAction::Initialize { workspace, workflow } => {
            let added = host.board().initialize(&workspace, workflow.as_ref()).await?;
            RecipesAnswer::Added { added }
        }
        RecipesAction::Validate { recipe } => RecipesAnswer::Checked(host.board().validate(recipe).await?),
    };
    Ok(Json(answer).into_response())
}

async fn show_recipe(
    Acting(host): Acting,
    Path(stage): Path<StageName>,
    asked: Asked<RecipesQuery>,
) -> Answered<Response> {
    let RecipesQuery { workspace, workflow } = query(asked)?;
    let found = host.board().recipe(&workspace, workflow.as_ref(), &stage).await?;
    Ok(Json(found).into_response())
}

async fn set_recipe(Acting(host): Acting, Path(stage): Path<StageName>, bytes: Sent) -> Answered<Response> {
    let RecipeEdit { workspace, workflow, version, recipe } = body(bytes)?;
    let set = host.board().set_recipe(&workspace, workflow.as_ref(), &stage, version, recipe).await?;
    Ok(Json(set).into_response())
}

async fn settings(Acting(host): Acting, Path(id): Path<String>) -> Answered<Response> {
    Ok(Json(host.board().settings(&id).await?).into_response())
}

async fn set_settings(Acting(host): Acting, Path(id): Path<String>, bytes: Sent) -> Answered<Response> {
    let edit: SettingsEdit = body(bytes)?;
    Ok(Json(host.board().set_settings(&id, edit.version, edit.settings()).await?).into_response())
}
