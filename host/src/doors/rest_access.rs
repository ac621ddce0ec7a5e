//! REST of access: tokens, and the audit log.

use super::guard::Acting;
use super::rest::{Answered, body, query};
use crate::Host;
use crate::api::{AuditFilter, TokenRequest};
use axum::body::Bytes;
use axum::extract::rejection::{BytesRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use axum::{Json, Router};
use serde::Deserialize;

/// The guarded routes of access.
pub(super) fn router() -> Router<Host> {
    Router::new()
        .route("/api/tokens", get(list).post(create))
        .route("/api/tokens/{name}", delete(revoke))
        .route("/api/audit", get(audit))
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Listing {
    /// Those that have ended too.
    all: bool,
}

async fn list(Acting(host): Acting, asked: Result<Query<Listing>, QueryRejection>) -> Answered<Response> {
    let Listing { all } = query(asked)?;
    Ok(Json(host.tokens(all).await?).into_response())
}

async fn create(Acting(host): Acting, bytes: Result<Bytes, BytesRejection>) -> Answered<Response> {
    let request: TokenRequest = body(bytes)?;
    let made = host.create_token(request, host.principal()).await?;
    // The one answer that holds a secret: nobody in between keeps it.
    Ok((StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(made)).into_response())
}

async fn revoke(Acting(host): Acting, Path(name): Path<String>) -> Answered<Response> {
    Ok(Json(host.revoke_token(&name, host.principal()).await?).into_response())
}

async fn audit(
    Acting(host): Acting,
    filter: Result<Query<AuditFilter>, QueryRejection>,
) -> Answered<Response> {
    Ok(Json(host.audited(query(filter)?).await?).into_response())
}
