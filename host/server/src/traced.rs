//! A span for each request: where every trace begins, or goes on that its caller began.

use axum::extract::{MatchedPath, Request};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use jackfield::{TRACE_TARGET, TraceContext, continue_trace, trace_context, trace_id};
use tracing::field::Empty;
use tracing::{Instrument, Span, info_span};

/// Where the trace of a request goes on, for handlers that another task runs.
#[derive(Debug, Clone)]
pub(super) struct Trace(pub(super) TraceContext);

/// Answers within a span that goes on with what the request's `traceparent` says.
pub(super) async fn request(mut request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let name = route.as_ref().map_or_else(|| method.to_string(), |route| format!("{method} {route}"));
    let span = info_span!(
        target: TRACE_TARGET, parent: None, "request",
        otel.name = name,
        otel.kind = "server",
        http.request.method = %method,
        http.route = route,
        url.path = request.uri().path(),
        http.response.status_code = Empty,
        "error.type" = Empty,
        otel.status_code = Empty,
    );
    if !span.is_disabled() {
        continue_trace(&span, &given(request.headers()));
        request.extensions_mut().insert(Trace(trace_context(&span)));
    }
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    span.record("http.response.status_code", status.as_u16());
    if status.is_server_error() {
        span.record("error.type", status.as_str());
        span.record("otel.status_code", "ERROR");
    }
    response
}

/// The trace that a request is of: its own, where somebody collects it, or else its caller's.
pub(super) fn id(request: &Request) -> Option<String> {
    match request.extensions().get::<Trace>() {
        Some(Trace(carried)) => trace_id(carried),
        None => trace_id(&given(request.headers())),
    }
}

/// What the caller's own trace says.
fn given(headers: &HeaderMap) -> TraceContext {
    let field = |name: &str| Some((name.to_owned(), headers.get(name)?.to_str().ok()?.to_owned()));
    ["traceparent", "tracestate"].into_iter().filter_map(field).collect()
}

/// A tool that is called over MCP.
pub(super) fn tool(name: &str, trace: Option<&Trace>) -> Span {
    let span = info_span!(
        target: TRACE_TARGET, parent: None, "tools/call",
        otel.name = format!("tools/call {name}"),
        otel.kind = "server",
        mcp.method.name = "tools/call",
        gen_ai.operation.name = "execute_tool",
        gen_ai.tool.name = name,
        "error.type" = Empty,
    );
    if let Some(Trace(carried)) = trace {
        continue_trace(&span, carried);
    }
    span
}
