//! REST of webhooks: how they stand, and whether they hear.

use super::bodies::body;
use super::contract::Routes;
use super::guard::Acting;
use super::operation::{get, post};
use super::path::Path;
use super::refused::Answered;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jackfield_store::WebhookStanding;
use jackfield_types::Scope;
use schemars::JsonSchema;
use serde::Deserialize;

pub(super) fn routes() -> Routes {
    Routes::new()
        .on(
            get("/api/webhooks", "listWebhooks", "Show webhook deliveries.")
                .needs(Scope::Admin)
                .answers::<Vec<WebhookStanding>>("Each of them."),
            list,
        )
        .on(
            post(
                "/api/webhooks/{name}",
                "actOnWebhook",
                "Send a message that tells of nothing, or everything again that waits.",
            )
            .needs(Scope::Admin)
            .takes::<WebhookAction>()
            .or::<Vec<WebhookStanding>>(202, "It is on its way; how each stands now."),
            act,
        )
}

async fn list(Acting(host): Acting) -> Answered<Response> {
    Ok(Json(host.notifications().list().await?).into_response())
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WebhookAction {
    action: WebhookVerb,
}

#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum WebhookVerb {
    /// A message that tells of nothing.
    Test,
    /// What was given up or waits, at once.
    Retry,
}

async fn act(
    Acting(host): Acting,
    Path(name): Path<String>,
    bytes: Result<Bytes, BytesRejection>,
) -> Answered<Response> {
    let WebhookAction { action } = body(bytes)?;
    match action {
        WebhookVerb::Test => host.notifications().test(&name).await?,
        WebhookVerb::Retry => host.notifications().retry(&name).await.map(drop)?,
    }
    Ok((StatusCode::ACCEPTED, Json(host.notifications().list().await?)).into_response())
}
