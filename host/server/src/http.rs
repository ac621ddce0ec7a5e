//! One port: `/mcp`, `/api` and the short REST routes, behind one set of guards.
//!
//! Every call but `GET /health` and the login carries a bearer token, or the cookie and the key of a browser session. The
//! `Host` and `Origin` of a request must be this host's own, so that a web page cannot reach in through somebody's browser.

use super::guard::{self, Guard};
use super::pace::Paced;
use super::refused::LARGEST_BODY;
use super::{Token, mcp, origin, rest, site, traced};
use axum::body::{Body, HttpBody};
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_LENGTH;
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::Response;
use axum::{Extension, Router};
use futures::StreamExt;
use jackfield::Host;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};

/// The same for what a worker elsewhere tells, which holds all that its agents said and its components decided.
/// Files are not bodies in this sense: they go to the disk as they come.
const LARGEST_NEWS: usize = 64 << 20;
/// Answers below this size are sent as they are, bytes.
const SMALL: u64 = 1_024;
/// Most of a body that is too large which is read, bytes.
const LARGEST_DROPPED: usize = 128 << 20;

/// The whole HTTP side of a host; nest it under any path.
///
/// `names` are those by which others may call it, besides this machine's own: a host name or an address, without
/// a port.
pub fn router(host: &Host, token: Token, names: &[String]) -> Router {
    behind_guards(
        guarded(host),
        rest::open(host.clone()).fallback(rest::no_route),
        Guard::of(token, host),
        names,
    )
}

/// The same with the dashboard, for a port of its own: the dashboard's files have absolute addresses.
pub fn site(host: &Host, token: Token, names: &[String]) -> Router {
    behind_guards(guarded(host), rest::open(host.clone()).fallback(site::page), Guard::of(token, host), names)
}

fn guarded(host: &Host) -> Router {
    Router::new().nest_service("/mcp", mcp::service(host)).merge(rest::router(host.clone()))
}

/// Any MCP handler behind the guards of the host's own, at `/mcp`. The conformance suites come with tools of their
/// own that no product has: so the way to them is the product's.
#[doc(hidden)]
pub fn router_around(handler: impl rmcp::ServerHandler + Clone, token: Token, names: &[String]) -> Router {
    let routes = Router::new().nest_service("/mcp", mcp::around(handler));
    behind_guards(routes, Router::new().fallback(rest::no_route), Guard::alone(token), names)
}

fn behind_guards(guarded: Router, open: Router, guard: Guard, names: &[String]) -> Router {
    let names: Arc<[String]> = names.into();
    guarded
        .layer(from_fn(fits))
        .layer(from_fn_with_state(guard.clone(), guard::admit))
        .merge(open.layer(from_fn(fits)))
        .layer(Extension(guard))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(map_response(super::refused::told))
        .layer(from_fn_with_state(names, origin::own_only))
        .layer(map_response(site::hardened))
        // Streams of events are left as they are.
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(SizeAbove::new(SMALL))))
        .layer(from_fn(traced::request))
}

/// A body must come in time and fit. Whoever is still sending does not read, so what is too large is taken in and dropped
/// before it is refused: else the answer is lost in a broken connection.
async fn fits(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let request = request.map(|body| Body::from_stream(Paced::new(body)));
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let most = if request.uri().path().starts_with("/api/worker/") { LARGEST_NEWS } else { LARGEST_BODY };
    if length.is_none_or(|length: usize| length <= most) {
        return next.run(request).await;
    }
    let mut body = request.into_body().into_data_stream();
    let mut dropped = 0;
    while let Some(Ok(chunk)) = body.next().await {
        dropped += chunk.len();
        if dropped > LARGEST_DROPPED {
            break;
        }
    }
    super::refused::refuse(StatusCode::PAYLOAD_TOO_LARGE, super::refused::too_large())
}
