//! REST of access: tokens, and the audit log.

use super::bodies::body;
use super::contract::Routes;
use super::guard::Acting;
use super::operation::{delete, get, post};
use super::path::Path;
use super::refused::Answered;
use super::rest_query::{Asked, query};
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use jackfield_api::{AuditEntry, AuditFilter, TokenMade, TokenRequest};
use jackfield_store::AccessToken;
use jackfield_types::Scope;
use schemars::JsonSchema;
use serde::Deserialize;

/// The guarded routes of access.
pub(super) fn routes() -> Routes {
    Routes::new()
        .on(
            get("/api/tokens", "listTokens", "Access tokens, never their texts.")
                .needs(Scope::Admin)
                .asks::<Listing>()
                .answers::<Vec<AccessToken>>("Those that are good, or all."),
            list,
        )
        .on(
            post("/api/tokens", "createToken", "Make an access token; its text is told this once.")
                .needs(Scope::Admin)
                .takes::<TokenRequest>()
                .or::<TokenMade>(201, "The token."),
            create,
        )
        .on(
            delete("/api/tokens/{name}", "revokeToken", "End an access token.")
                .needs(Scope::Admin)
                .answers::<AccessToken>("What it was."),
            revoke,
        )
        .on(
            get("/api/audit", "listAudit", "Every call through the port, the newest first.")
                .needs(Scope::Admin)
                .asks::<AuditFilter>()
                .answers::<Vec<AuditEntry>>("Calls, and what came of them."),
            audit,
        )
}

#[derive(Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
struct Listing {
    /// Those that have ended too.
    all: bool,
}

async fn list(Acting(host): Acting, asked: Asked<Listing>) -> Answered<Response> {
    let Listing { all } = query(asked)?;
    Ok(Json(host.access().tokens(all).await?).into_response())
}

async fn create(Acting(host): Acting, bytes: Result<Bytes, BytesRejection>) -> Answered<Response> {
    let request: TokenRequest = body(bytes)?;
    let made = host.access().create_token(request).await?;
    // The one answer that holds a secret: nobody in between keeps it.
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(made)).into_response())
}

async fn revoke(Acting(host): Acting, Path(name): Path<String>) -> Answered<Response> {
    Ok(Json(host.access().revoke_token(&name).await?).into_response())
}

async fn audit(Acting(host): Acting, filter: Asked<AuditFilter>) -> Answered<Response> {
    Ok(Json(host.access().audit_log(query(filter)?).await?).into_response())
}
