//! REST of what decides and of who works: components in service, another version of one, workers.

use super::bodies::body;
use super::contract::Routes;
use super::guard::Acting;
use super::operation::{get, post};
use super::path::Pair;
use super::refused::Answered;
use super::rest_query::{Asked, query};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use jackfield::Ordered;
use jackfield_api::{WorkerAction, WorkersStatus};
use jackfield_plugins::{Inspection, PluginStatus, shown};
use jackfield_store::PluginVersion;
use jackfield_types::{ErrorCode, PluginKind, Problem, Scope};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Versions of the history that are listed where nobody says how many, and at most.
const HISTORY: u32 = 20;
const MOST_HISTORY: u32 = 1000;

pub(super) fn routes() -> Routes {
    Routes::new()
        .on(
            get(
                "/api/plugins",
                "listPlugins",
                "Every component, in service or not, and the versions that changed last.",
            )
            .asks::<PluginsQuery>()
            .answers::<PluginsAnswer>("All of them."),
            plugins,
        )
        .on(
            get("/api/plugins/{kind}/{name}", "inspectPlugin", "Everything about one component.")
                .answers::<Inspection>("What it asks for, may do, offers, and how it has done."),
            inspect,
        )
        .on(
            post("/api/plugins/{kind}/{name}", "actOnPlugin", "Have another version of a component serve.")
                .needs(Scope::Admin)
                .takes::<PluginAction>()
                .answers::<Ordered>("What serves now."),
            act_on_plugin,
        )
        .on(
            get("/api/workers", "listWorkers", "Who carries runs out, how long the queue is, how many fail.")
                .answers::<WorkersStatus>("Now."),
            workers,
        )
        .on(
            post("/api/workers", "actOnWorkers", "Take over what workers that are gone have left.")
                .needs(Scope::Admin)
                .takes::<WorkersAction>()
                .answers::<WorkersStatus>("Afterwards."),
            act_on_workers,
        )
}

#[derive(Serialize, JsonSchema)]
struct PluginsAnswer {
    /// Where components are dropped in.
    folder: String,
    plugins: Vec<PluginStatus>,
    /// Versions that were seen here, those that changed last first; not all of them.
    history: Vec<PluginVersion>,
    /// How many versions were ever seen.
    history_total: u64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PluginsQuery {
    /// Versions of the history to list; 20 where not given, 1000 at most.
    history: Option<u32>,
}

async fn plugins(Acting(host): Acting, asked: Asked<PluginsQuery>) -> Answered<Response> {
    let PluginsQuery { history } = query(asked)?;
    let history = history.unwrap_or(HISTORY).min(MOST_HISTORY);
    let (history, history_total) = host.plugins().versions(history).await?;
    let folder = shown(&host.plugins().folder());
    let answer = PluginsAnswer { folder, plugins: host.plugins().list(), history, history_total };
    Ok(Json(answer).into_response())
}

fn kind_of(text: &str) -> Result<PluginKind, Problem> {
    text.parse().map_err(|error: jackfield_types::UnknownKind| {
        Problem::caller(ErrorCode::NoSuchKind, error.to_string(), "name one of them in the address")
    })
}

async fn inspect(Acting(host): Acting, Pair(kind, name): Pair<String, String>) -> Answered<Response> {
    Ok(Json(host.plugins().inspect(Some(kind_of(&kind)?), &name)?).into_response())
}

/// Which version is to serve.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "lowercase", deny_unknown_fields)]
enum PluginAction {
    /// This one and no other: a sha256, or four digits or more of its beginning.
    Pin { digest: String },
    /// The one that was dropped last.
    Unpin {},
    /// The one that served before.
    Rollback {},
}

async fn act_on_plugin(
    Acting(host): Acting,
    Pair(kind, name): Pair<String, String>,
    bytes: Result<Bytes, BytesRejection>,
) -> Answered<Response> {
    let action: PluginAction = body(bytes)?;
    let kind = kind_of(&kind)?;
    let ordered = match action {
        PluginAction::Pin { digest } => host.plugins().pin(kind, &name, &digest).await?,
        PluginAction::Unpin {} => host.plugins().unpin(kind, &name).await?,
        PluginAction::Rollback {} => host.plugins().roll_back(kind, &name).await?,
    };
    Ok(Json(ordered).into_response())
}

async fn workers(Acting(host): Acting) -> Answered<Response> {
    Ok(Json(host.workers().list().await?).into_response())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WorkersAction {
    action: WorkerAction,
}

async fn act_on_workers(Acting(host): Acting, bytes: Result<Bytes, BytesRejection>) -> Answered<Response> {
    let WorkersAction { action } = body(bytes)?;
    Ok(Json(host.workers().apply(action).await?).into_response())
}
