//! REST of shadows: components that answer beside those that serve, before they serve themselves.

use super::bodies::body;
use super::contract::Routes;
use super::guard::Acting;
use super::operation::{get, post};
use super::refused::Answered;
use super::rest_query::{Asked, query};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::response::{IntoResponse, Response};
use jackfield_api::{Replayed, Shadowed};
use jackfield_types::{Scope, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The period of a comparison where none is given.
const PERIOD: Duration = Duration::from_hours(30 * 24);
/// Decisions that one request replays: where nothing is said, and at most.
const REPLAYED: u64 = 1_000;
const MOST_REPLAYED: u64 = 20_000;

pub(super) fn routes() -> Routes {
    Routes::new()
        .on(
            get(
                "/api/shadows",
                "listShadows",
                "Components in the folder `shadow`, and how their answers compare with those that served.",
            )
            .asks::<ShadowsQuery>()
            .answers::<Vec<Shadowed>>("One for each shadow."),
            shadows,
        )
        .on(
            post("/api/shadows", "actOnShadow", "Promote a shadow, or replay recorded decisions with it.")
                .needs(Scope::Admin)
                .takes::<ShadowAction>()
                .answers::<ShadowAnswer>("The outcome of the action."),
            act,
        )
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ShadowsQuery {
    /// Start of the period; 30 days ago where not given.
    #[schemars(with = "Option<String>")]
    since: Option<Timestamp>,
}

/// An action on a shadow. `name` is that of the component or of its file.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "action", rename_all = "lowercase", deny_unknown_fields)]
enum ShadowAction {
    /// Move its file to the plugin folder, where it serves.
    Promote { name: String },
    /// Make recorded decisions again with it: the same facts, time and seed. Nothing is changed.
    Replay {
        name: String,
        /// Start of the period; 30 days ago where not given.
        #[schemars(with = "Option<String>")]
        since: Option<Timestamp>,
        /// Maximum number of decisions; 1,000 where not given, 20,000 at most.
        limit: Option<u64>,
    },
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ShadowAnswer {
    /// The file that serves.
    Promoted(String),
    /// How the answers differ.
    Replayed(Box<Replayed>),
}

fn start(since: Option<Timestamp>) -> Timestamp {
    since.unwrap_or_else(|| Timestamp::now().saturating_sub(PERIOD).unwrap_or(Timestamp::MIN))
}

async fn shadows(Acting(host): Acting, asked: Asked<ShadowsQuery>) -> Answered<Response> {
    let ShadowsQuery { since } = query(asked)?;
    Ok(Json(host.evaluation().shadows(start(since)).await?).into_response())
}

async fn act(Acting(host): Acting, bytes: Result<Bytes, BytesRejection>) -> Answered<Response> {
    let answer = match body(bytes)? {
        ShadowAction::Promote { name } => {
            let file = host.evaluation().promote(&name).await?;
            ShadowAnswer::Promoted(jackfield_plugins::shown(&file))
        }
        ShadowAction::Replay { name, since, limit } => {
            let limit = limit.unwrap_or(REPLAYED).min(MOST_REPLAYED);
            ShadowAnswer::Replayed(Box::new(
                host.evaluation().replay_shadow(&name, start(since), limit).await?,
            ))
        }
    };
    Ok(Json(answer).into_response())
}
