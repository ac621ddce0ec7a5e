//! A small MCP server over HTTP with one tool, `greet`, that wants a bearer token: just enough for the real
//! programs to connect, list and call.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::post,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// Runs until it is dropped, on a runtime of its own.
pub(crate) struct Greeter {
    address: std::net::SocketAddr,
    greeted: Arc<parking_lot::Mutex<Vec<Value>>>,
    _runtime: tokio::runtime::Runtime,
}

/// What [`Greeter`] wants after `Bearer`.
const TOKEN: &str = "greeter-token";

impl Greeter {
    pub(crate) const TOKEN: &str = TOKEN;

    pub(crate) fn start() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let greeted = Arc::default();
        let router = Router::new().route("/mcp", post(speak)).with_state(Arc::clone(&greeted));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { address, greeted, _runtime: runtime }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/mcp", self.address)
    }

    /// The arguments of every greeting.
    pub(crate) fn greeted(&self) -> Vec<Value> {
        self.greeted.lock().clone()
    }
}

async fn speak(
    State(greeted): State<Arc<parking_lot::Mutex<Vec<Value>>>>,
    headers: HeaderMap,
    Json(call): Json<Value>,
) -> Response {
    if headers.get("authorization").is_none_or(|value| value != &format!("Bearer {TOKEN}")) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let result = match call["method"].as_str().unwrap() {
        "initialize" => json!({"protocolVersion": call["params"]["protocolVersion"],
            "capabilities": {"tools": {}}, "serverInfo": {"name": "greeter", "version": "1"}}),
        "tools/list" => json!({"tools": [{"name": "greet", "description": "Greets somebody by name",
            "inputSchema": {"type": "object", "required": ["name"],
                "properties": {"name": {"type": "string"}, "loud": {"type": "boolean"}}}}]}),
        "tools/call" => {
            greeted.lock().push(call["params"]["arguments"].clone());
            let name = &call["params"]["arguments"]["name"];
            json!({"content": [{"type": "text", "text": format!("good day, {name}")}]})
        }
        _ => return StatusCode::ACCEPTED.into_response(),
    };
    Json(json!({"jsonrpc": "2.0", "id": call["id"], "result": result})).into_response()
}
