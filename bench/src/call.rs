//! `tools/call` through the host, beside bare rmcp and bare axum that do the same: what the host's guards and its
//! door cost beyond the library that speaks the protocol, and what that costs beyond plain HTTP.
//!
//! Each side answers how the host is doing, from the same host's records. Requests go to the routers without a
//! socket, so that the processor time is the doors' own; the client's share is the same on every side. All of it is
//! on one core: each read of the records goes to another thread and back, and what it costs to wake a core that sleeps
//! is the machine's, not the door's.

use crate::measure::{Figures, batch};
use crate::report::{Aim, Finding, Section, Unit};
use crate::{Setting, on_this_thread};
use anyhow::{Context, Result, ensure};
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::Request;
use axum::routing::post;
use axum::{Json, Router};
use jackfield::Host;
use jackfield::api::OrchestratorStatus;
use jackfield_plugins::{Compiled, PluginStatus};
use jackfield_server::Token;
use jackfield_server::http::router;
use rmcp::ServerHandler;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, ErrorData, ServerCapabilities,
    ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tower::ServiceExt;

const ROUNDS: usize = 40;
/// Calls of a side in each round.
const CALLS: u32 = 250;
const WARM_UP: usize = 3;
const TOKEN: &str = "a-token-of-the-bench";
const LARGEST: usize = 1 << 20;
/// How long the optimiser may take with everything.
const PATIENCE: Duration = Duration::from_secs(180);

pub(crate) fn measure(setting: &Setting) -> Result<Section> {
    let all = sched_getaffinity(None)?;
    let first = (0..CpuSet::MAX_CPU).find(|core| all.is_set(*core)).context("a core")?;
    let mut one = CpuSet::new();
    one.set(first);
    // Threads that are started from here on inherit it.
    sched_setaffinity(None, &one)?;
    let measured = on_one_core(setting);
    sched_setaffinity(None, &all)?;
    measured
}

fn on_one_core(setting: &Setting) -> Result<Section> {
    on_this_thread()?.block_on(async {
        let folder = TempDir::new_in(&setting.scratch)?;
        let host = Host::builder(folder.path().join("data")).open().await?;
        optimised(&host).await?;
        let compared = compare(&host).await;
        host.shutdown().await;
        let findings = compared?;
        Ok(Section {
            name: "call",
            about: "one tools/call of orchestrator_status, processor time on one core; floors: bare rmcp, and bare axum, doing the same",
            findings,
            notes: Vec::new(),
        })
    })
}

/// Until the optimiser has done: its work in this process is nobody's call.
async fn optimised(host: &Host) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    let done = |plugin: &PluginStatus| plugin.compiled == Some(Compiled::Optimised);
    while !host.plugins().list().iter().all(done) {
        ensure!(Instant::now() < end, "not everything was optimised within {PATIENCE:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

async fn compare(host: &Host) -> Result<Vec<Finding>> {
    let sides = [router(host, Token::new(TOKEN), &[]), bare_rmcp(host), bare_axum(host)];
    let addresses = ["/mcp", "/mcp", "/call"];
    let mut took = [Vec::new(), Vec::new(), Vec::new()];
    let mut walls = Vec::new();
    for round in 0..ROUNDS + WARM_UP {
        for turn in 0..sides.len() {
            // Who goes first changes from round to round.
            let side = (turn + round) % sides.len();
            let (Some(router), Some(address), Some(samples)) =
                (sides.get(side), addresses.get(side), took.get_mut(side))
            else {
                continue;
            };
            let mut own = Vec::new();
            let each = batch(CALLS, &mut own, async || call(router, address).await).await?;
            if round >= WARM_UP {
                samples.push(each);
                if side == 0 {
                    walls.extend(own);
                }
            }
        }
    }
    let [ours, rmcp, axum] = took;
    let beyond: Vec<f64> = ours.iter().zip(&rmcp).map(|(one, other)| one - other).collect();
    let ratio =
        |floor: &[f64]| Figures::of(ours.iter().zip(floor).map(|(one, other)| one / other).collect()).median;
    let (to_rmcp, to_axum) = (ratio(&rmcp), ratio(&axum));
    let host = Figures::of(ours.clone()).with_p99(walls);
    let beside = |what: &str, floor: Vec<f64>, ratio: f64| Finding {
        floor: Some(Figures::of(floor)),
        ratio: Some(ratio),
        ..Finding::alone(what, Unit::Seconds, host)
    };
    Ok(vec![
        beside("tools/call, beside rmcp", rmcp, to_rmcp),
        beside("tools/call, beside axum", axum, to_axum),
        Finding::alone("tools/call, beyond rmcp", Unit::Seconds, Figures::of(beyond))
            .aimed(Aim::Within(60e-6)),
    ])
}

/// One call, whose answer must be the tool's.
async fn call(router: &Router, address: &str) -> Result<()> {
    let body = json!({
        "jsonrpc": "2.0",
        "id": 1,
        "method": "tools/call",
        "params": {
            "name": "orchestrator_status",
            "arguments": {},
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": { "name": "bench", "version": "1" },
            },
        },
    });
    let request = Request::post(address)
        .header("host", "127.0.0.1:7700")
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("accept", "application/json, text/event-stream")
        .header("content-type", "application/json")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", "orchestrator_status")
        .body(Body::from(body.to_string()))?;
    let response = router.clone().oneshot(request).await?;
    let status = response.status();
    let body = to_bytes(response.into_body(), LARGEST).await?;
    ensure!(
        status.is_success() && body.windows(7).any(|part| part == b"breaker"),
        "{address} answers {status}: {}",
        String::from_utf8_lossy(&body)
    );
    Ok(())
}

/// The library alone, with the settings of the host's own door.
#[derive(Clone)]
struct Bare(Host);

impl ServerHandler for Bare {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
    }

    async fn call_tool(
        &self,
        _: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let value =
            status(&self.0).await.map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
        let mut result = CallToolResult::success(vec![ContentBlock::text(value.to_string())]);
        result.structured_content = Some(value);
        Ok(result.into())
    }
}

fn bare_rmcp(host: &Host) -> Router {
    let handler = Bare(host.clone());
    let config =
        StreamableHttpServerConfig::default().with_legacy_session_mode(false).with_json_response(true);
    let sessions = Arc::new(NeverSessionManager::default());
    Router::new()
        .nest_service("/mcp", StreamableHttpService::new(move || Ok(handler.clone()), sessions, config))
}

fn bare_axum(host: &Host) -> Router {
    let answer = async |State(host): State<Host>, Json(asked): Json<Value>| {
        let status: Option<OrchestratorStatus> = host.status().orchestrator().await.ok();
        Json(json!({ "jsonrpc": "2.0", "id": asked.get("id"), "result": status }))
    };
    Router::new().route("/call", post(answer)).with_state(host.clone())
}

async fn status(host: &Host) -> Result<Value> {
    let status = host.status().orchestrator().await.ok().context("the host does not answer")?;
    Ok(serde_json::to_value(status)?)
}
