//! MCP over Streamable HTTP at `/mcp`, for clients that open with `initialize` and for stateless
//! ones, on one endpoint.

mod admin;
mod arguments;
mod asked;
mod board;
mod caller;
mod calls;
mod choice;
mod complete;
mod door;
mod inflight;
mod message;
mod output;
mod prompts;
mod query;
mod resources;
mod schema;
mod tasks;
mod text_of;
mod tool_schemas;
mod tools;
mod waiting;
mod watch;
mod workflow;

use axum::Router;
use axum::middleware::from_fn_with_state;
use door::Door;
use inflight::InFlight;
use jackfield::Host;
use rmcp::handler::server::ServerHandler;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use std::sync::Arc;

/// The service to nest under `/mcp`.
pub(super) fn service(host: &Host) -> Router {
    let calls = InFlight::default();
    served(Door::new(host, calls.clone()), calls)
}

/// Any handler behind what stands before the host's own: how requests are read, what is refused, what an address
/// may choose. The conformance suite's fixtures are put there.
pub(super) fn around(handler: impl ServerHandler + Clone) -> Router {
    served(handler, InFlight::default())
}

/// The schemas of the arguments of all tools, by name.
#[cfg(test)]
pub(super) fn tool_schemas() -> std::collections::BTreeMap<String, Arc<rmcp::model::JsonObject>> {
    tools::all().into_iter().map(|(_, tool)| (tool.name.into_owned(), tool.input_schema)).collect()
}

fn served(handler: impl ServerHandler + Clone, calls: InFlight) -> Router {
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        // JSON where nothing comes before the answer, a stream from the first progress on.
        .with_json_response(true)
        // Before this stand the guards of the port, which know the names that the operator gave.
        .disable_allowed_hosts()
        .disable_allowed_origins()
        .with_max_request_body_bytes(super::refused::LARGEST_BODY);
    let service = StreamableHttpService::new(
        move || Ok(handler.clone()),
        Arc::new(NeverSessionManager::default()),
        config,
    );
    Router::new().fallback_service(service).layer(from_fn_with_state(calls, inflight::before))
}
