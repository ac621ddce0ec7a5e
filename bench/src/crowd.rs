//! A crowd: hundreds read the live log of a run while dozens call tools without a pause, at a server that is a process
//! of its own. The agent writes down when it says a line, and each reader when it has it.
//!
//! The run ends with an error where any reader misses an event or is told one twice, or a call fails.

use crate::measure::Figures;
use crate::report::{Aim, Finding, Section, Unit};
use crate::served::{Served, many_files};
use crate::{Setting, on_all_cores};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

const READERS: usize = 500;
const CALLERS: usize = 64;
/// What the agent says, and how long it rests after each line, seconds.
const LINES: u32 = 300;
const REST: &str = "0.03";
/// What stands before the time in each line.
const MARK: &str = "said at ";

pub(crate) fn measure(setting: &Setting) -> Result<Section> {
    many_files()?;
    on_all_cores()?.block_on(async {
        let folder = TempDir::new_in(&setting.scratch)?;
        let work = folder.path().join("work");
        std::fs::create_dir(&work)?;
        let server = Arc::new(Served::start(&folder.path().join("data")).await?);
        let run = begin(&server, &work.display().to_string()).await?;
        let over = Arc::new(AtomicBool::new(false));
        let callers: Vec<_> =
            (0..CALLERS).map(|_| tokio::spawn(call(Arc::clone(&server), Arc::clone(&over)))).collect();
        let readers: Vec<_> =
            (0..READERS).map(|_| tokio::spawn(read(Arc::clone(&server), run.clone()))).collect();
        let (mut heard, mut events) = (Vec::new(), None);
        for reader in readers {
            let (count, delays) = reader.await??;
            let all = *events.get_or_insert(count);
            ensure!(all == count, "one reader was told {count} events, and another one {all}");
            heard.extend(delays);
        }
        over.store(true, Ordering::Relaxed);
        let mut calls = Vec::new();
        for caller in callers {
            calls.extend(caller.await??);
        }
        if let Some(server) = Arc::into_inner(server) {
            server.stop().await?;
        }
        let (live, answered) = (heard.len(), calls.len());
        let slowest = |samples: &[f64]| Figures::of(vec![samples.iter().copied().fold(0.0, f64::max)]);
        let (slowest_event, slowest_call) = (slowest(&heard), slowest(&calls));
        Ok(Section {
            name: "crowd",
            about: "500 readers of a live log and 64 callers of a tool at once, wall clock",
            findings: vec![
                Finding::alone("said to read", Unit::Seconds, Figures::of(heard.clone()).with_p99(heard)),
                Finding::alone("said to read, slowest", Unit::Seconds, slowest_event).aimed(Aim::Within(1.0)),
                Finding::alone("tools/call", Unit::Seconds, Figures::of(calls.clone()).with_p99(calls)),
                Finding::alone("tools/call, slowest", Unit::Seconds, slowest_call).aimed(Aim::Within(1.0)),
            ],
            notes: vec![format!(
                "{READERS} readers were told all {} events, {live} of them as they came; {answered} calls were answered",
                events.unwrap_or(0)
            )],
        })
    })
}

/// A run whose agent says a line now and then.
async fn begin(server: &Served, workspace: &str) -> Result<String> {
    let command = format!(
        "sleep 1; i=0; while [ $i -lt {LINES} ]; do echo \"{MARK}$(date +%s%N)\"; i=$((i+1)); sleep {REST}; done"
    );
    let body = json!({ "instruction": command, "executor": "shell", "workspace": workspace, "wait_s": 0, "expect": "answer" });
    let more = "Content-Type: application/json\r\n";
    let answer = server.line().await?.ask("POST", "/tasks/execute", more, &body.to_string()).await?;
    let answer: Value = serde_json::from_str(&answer)?;
    Ok(answer.get("run_id").and_then(Value::as_str).context("a run")?.to_owned())
}

/// How many events a reader was told, and how long after it was said it had each line.
async fn read(server: Arc<Served>, run: String) -> Result<(u64, Vec<f64>)> {
    let mut stream = server.line().await?;
    stream.listen(&format!("/api/runs/{run}/logs?stream=true")).await?;
    let (mut line, mut seen, mut delays) = (String::new(), 0, Vec::new());
    while stream.sent(&mut line).await? {
        if let Some(id) = line.strip_prefix("id: ") {
            let id: u64 = id.trim().parse()?;
            ensure!(id == seen + 1, "event {id} came after {seen}");
            seen = id;
        } else if let Some((_, said)) = line.split_once(MARK) {
            let digits: String = said.chars().take_while(char::is_ascii_digit).collect();
            let nanoseconds: u128 = digits.parse()?;
            let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
            delays.push(now.saturating_sub(nanoseconds) as f64 / 1e9);
        }
    }
    ensure!(seen > u64::from(LINES), "the stream ended after event {seen}");
    Ok((seen, delays))
}

/// How long each call took, one after the other until it is over.
async fn call(server: Arc<Served>, over: Arc<AtomicBool>) -> Result<Vec<f64>> {
    let mut line = server.line().await?;
    let body = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": {
            "name": "orchestrator_status", "arguments": {},
            "_meta": {
                "io.modelcontextprotocol/protocolVersion": "2026-07-28",
                "io.modelcontextprotocol/clientCapabilities": {},
                "io.modelcontextprotocol/clientInfo": { "name": "bench", "version": "1" },
            },
        },
    })
    .to_string();
    let more = "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\
                MCP-Protocol-Version: 2026-07-28\r\nMCP-Method: tools/call\r\nMCP-Name: orchestrator_status\r\n";
    let mut took = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let answer = line.ask("POST", "/mcp", more, &body).await?;
        took.push(begun.elapsed().as_secs_f64());
        ensure!(answer.contains("breaker"), "{answer}");
    }
    Ok(took)
}
