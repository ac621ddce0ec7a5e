//! Every recorded run of the real program, with what must come of it, written down from reading
//! the recordings. A recording without a row fails the test.
//!
//! The model behind the recordings reported the same tokens for every request: 1,234 read, of
//! which 1,000 from the cache, and 72 written, of which 16 were thoughts.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail where it likes"
)]

#[path = "../../../tests/adapters/harness.rs"]
mod harness;

use adapter::bindings::jackfield::plugin::types::FailureClass::{self, *};
use adapter::driving::{ChangeKind, Ending, Event, Usage, Verdict};
use gemini_adapter as adapter;
use harness::{recorded, request, run, transcript, used};

const HELLO: &str = "Hello from the stand-in model. All is well.";
const WROTE: &str = "Done: hello.txt is in the working directory.";
const NO_TOOL: &str = "no tool on offer";
const NO_MCP: &str = "no MCP tool on offer; …";
const SHELL: &str = "The command's result was: …";
const MCP: &str = "The MCP tool said: …";
const MEMORY: &str = "I was sent …";
const ECHO: &str = "prompt chars=…";
const RUN: &str = "run_shell_command";

struct Row {
    name: &'static str,
    ending: Ending,
    class: Option<FailureClass>,
    /// The final text; with `…` at its end, how it begins.
    answer: &'static str,
    /// Requests to the model whose tokens this run told of.
    requests: u64,
    /// Name and success; none: it never came back.
    tools: Vec<(&'static str, Option<bool>)>,
    files: Vec<(&'static str, ChangeKind)>,
    warnings: usize,
    status: Option<u16>,
    retry_after: Option<u64>,
    model: Option<&'static str>,
    raw: bool,
}

fn row(name: &'static str, class: Option<FailureClass>, answer: &'static str, requests: u64) -> Row {
    let (tools, files) = (Vec::new(), Vec::new());
    Row {
        name,
        ending: Ending::Itself,
        class,
        answer,
        requests,
        tools,
        files,
        warnings: 0,
        status: None,
        retry_after: None,
        model: Some("gemini-2.5-pro"),
        raw: false,
    }
}

fn done(name: &'static str, answer: &'static str, requests: u64) -> Row {
    row(name, None, answer, requests)
}

fn failed(name: &'static str, class: FailureClass) -> Row {
    row(name, Some(class), "", 0)
}

impl Row {
    fn tool(mut self, name: &'static str) -> Self {
        self.tools.push((name, Some(true)));
        self
    }
    fn cut_tool(mut self, name: &'static str) -> Self {
        self.tools.push((name, None));
        self
    }
    fn added(mut self, path: &'static str) -> Self {
        self.files.push((path, ChangeKind::Added));
        self.tool("write_file")
    }
    fn modified(mut self, path: &'static str) -> Self {
        self.files.push((path, ChangeKind::Modified));
        self.tool("replace")
    }
    fn warned(self) -> Self {
        Self { warnings: 1, ..self }
    }
    fn status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }
    fn wait(self, millis: u64) -> Self {
        Self { retry_after: Some(millis), ..self }
    }
    fn ended(self, ending: Ending) -> Self {
        Self { ending, ..self }
    }
    /// It wrote something other than a stream of events.
    fn no_stream(self) -> Self {
        Self { raw: true, ..self }
    }
}

fn rows() -> Vec<Row> {
    vec![
        done("agent", "The sub-agent's result was: …", 4).tool("invoke_agent"),
        done("at-file", "tools: enter_plan_mode …", 1),
        failed("auth", AuthFailure).status(400),
        done("background-left", SHELL, 2).tool(RUN),
        failed("badapproval", SyntaxError),
        failed("badflag", SyntaxError),
        failed("badjson", Network),
        failed("badjson-recovers", Network),
        failed("baseurl-without-selected-type", AuthFailure),
        failed("connrefused", Network),
        failed("context", ContextOverflow).status(400),
        failed("credit", NoCredit).status(429),
        row("cut-recovers", Some(Network), "Hello from the stand-in ", 0),
        done("dash-prompt-stdin", ECHO, 1),
        done("edit", "Done: hello.txt was created and then edited.", 3)
            .added("gemini-edit/hello.txt")
            .modified("gemini-edit/hello.txt"),
        failed("emptyprompt", SyntaxError),
        failed("error500", Overloaded).status(500),
        failed("forbidden", AuthFailure).status(403),
        done("hello", HELLO, 1),
        Row { model: Some("gemini-3.8-flash"), ..done("hello-default-model", HELLO, 2) },
        failed("hello-json", Unknown).no_stream(),
        done("hello-quiet", HELLO, 1),
        done("hello-relaunch", HELLO, 1),
        failed("hello-text", Unknown).no_stream(),
        row("loop", Some(Unknown), "", 4).tool(RUN).tool(RUN).tool(RUN).tool(RUN).warned(),
        row("max-turns", Some(Timeout), "", 3).tool(RUN).tool(RUN).tool(RUN),
        done("maxtokens", "This reply was cut off in mid", 1),
        done("mcp", MCP, 2).tool("mcp_orc_greet"),
        done("mcp-allowed-name", MCP, 2).tool("mcp_orc_store"),
        done("mcp-badtoken", NO_MCP, 1),
        done("mcp-system-settings", MCP, 2).tool("mcp_orc_greet"),
        done("mcp-untrusted-default-mode", NO_MCP, 1),
        done("mcp-yolo", MCP, 2).tool("mcp_orc_store"),
        done("no-home", HELLO, 1),
        failed("noauth", AuthFailure),
        failed("noauth-nosettings", AuthFailure),
        Row { model: Some("no-such-model"), ..failed("nomodel", UnknownModel) },
        done("not-git-repo", HELLO, 1),
        failed("overloaded-default-retries", Overloaded).status(503),
        done("overloaded-recovers", HELLO, 1),
        failed("ratelimit", RateLimited).status(429).wait(1000),
        failed("ratelimit-default-retries", RateLimited).status(429).wait(1000),
        done("ratelimit-recovers", HELLO, 1),
        done("recommended", WROTE, 2).added("gemini-recommended/hello.txt"),
        row("refusal", Some(Refused), "", 2).warned(),
        failed("relaunch-slow-sigkill", Killed),
        failed("relaunch-slow-sigterm", Timeout).ended(Ending::WallClock),
        failed("relaunch-slow-sigterm-group", Killed),
        failed("relaunch-tool-sigterm-group", Killed).cut_tool(RUN),
        done("session-2-resume", MEMORY, 1),
        done("session-3-resume-latest", MEMORY, 1),
        failed("session-4-reuse-id", SyntaxError),
        failed("session-5-resume-other-cwd", SyntaxError),
        failed("session-6-resume-unknown", SyntaxError),
        done("session-7-bad-id", HELLO, 1),
        failed("session-8-list", Unknown).no_stream(),
        done("session-10-resume-killed", MEMORY, 1),
        done("shell", SHELL, 2).tool(RUN),
        done("shell-allowed-tool", SHELL, 2).tool(RUN),
        done("shell-auto-edit-denied", NO_TOOL, 1),
        done("shell-env", SHELL, 2).tool(RUN),
        done("shell-fails", SHELL, 2).tool(RUN),
        failed("slow-sighup", Lost).ended(Ending::Lost),
        failed("slow-sigint", Cancelled).ended(Ending::Cancelled),
        failed("slow-sigterm", Killed),
        row("stall-default", Some(Timeout), "Hello from the stand-in ", 0).ended(Ending::Idle),
        done("stdin-300k", ECHO, 1),
        done("stdin-closed", HELLO, 1),
        done("stdin-open", HELLO, 1),
        done("stdin-prompt", HELLO, 1),
        done("system-settings-only", HELLO, 1),
        done("think", "The answer, after some thought, is 42.", 1),
        failed("tool-sigint", Budget).cut_tool(RUN).ended(Ending::OverBudget),
        done("write", WROTE, 2).added("gemini-write/hello.txt"),
        done("write-default-mode", NO_TOOL, 1),
    ]
}

#[test]
fn every_recorded_run_comes_to_what_its_recording_shows() {
    let rows = rows();
    for (name, _) in recorded() {
        let row = rows.iter().find(|row| row.name == name);
        check(row.unwrap_or_else(|| panic!("{name}: no row says what must come of it")));
    }
    assert_eq!(rows.len(), recorded().len(), "a row is there twice or without a recording");
}

fn check(row: &Row) {
    let name = row.name;
    let transcript = transcript(name);
    let (events, outcome) = run(request(), &transcript.stdout, 64 << 10, transcript.exit(row.ending));

    let class = match &outcome.verdict {
        Verdict::Completed => None,
        Verdict::Failed(failure) => {
            assert!(!failure.message.is_empty() && !failure.message.contains('\n'), "{name}: {failure:?}");
            assert!(!failure.message.contains('{'), "{name}: JSON is no plain sentence: {failure:?}");
            assert_eq!(
                (failure.status, failure.retry_after),
                (row.status, row.retry_after),
                "{name}: {failure:?}"
            );
            let helpless = matches!(failure.class, Cancelled);
            assert!(helpless || failure.remedy.is_some(), "{name}: no remedy in {failure:?}");
            Some(failure.class)
        }
    };
    assert_eq!(class, row.class, "{name}: {:?}", outcome.verdict);
    match row.answer.strip_suffix('…') {
        Some(start) => assert!(outcome.text.starts_with(start), "{name}: {}", outcome.text),
        None => assert_eq!(outcome.text, row.answer, "{name}"),
    }
    assert_eq!(outcome.session.as_deref(), session(&transcript.stdout), "{name}");
    assert_eq!(outcome.model.as_deref(), row.model, "{name}");

    // Broken off, or heard to say something before it failed: there were tokens, untold.
    let begun = events_like(&transcript.stdout, "init") > 0;
    let ended = events_like(&transcript.stdout, "result");
    let estimated = begun && ended == 0 || name == "cut-recovers";
    let usage = Usage { estimated, ..requests(row.requests) };
    assert_eq!(format!("{:?}", outcome.usage), format!("{usage:?}"), "{name}");

    let count = |wanted: fn(&Event) -> bool| events.iter().filter(|event| wanted(event)).count();
    assert_eq!(count(|event| matches!(event, Event::Started(_))), usize::from(begun), "{name}");
    assert_eq!(count(|event| matches!(event, Event::Warning(_))), row.warnings, "{name}: {events:?}");
    assert_eq!(count(|event| matches!(event, Event::Finished)), ended, "{name}");
    assert_eq!(count(|event| matches!(event, Event::Raw(_))) > 0, row.raw, "{name}: {events:?}");
    check_tools(row, &events);
}

fn requests(count: u64) -> Usage {
    used(234 * count, 1000 * count, 72 * count, 16 * count)
}

fn check_tools(row: &Row, events: &[Event]) {
    let mut tools = Vec::new();
    let mut files = Vec::new();
    for event in events {
        match event {
            Event::ToolCall(call) => tools.push((call.id.clone(), call.name.clone(), None)),
            Event::ToolResult(result) => {
                let call = tools.iter_mut().find(|(id, _, _)| *id == result.id);
                call.unwrap_or_else(|| panic!("{}: a result without a call", row.name)).2 = Some(result.ok);
            }
            Event::FileChange(change) => files.push((change.path.clone(), change.kind)),
            _ => {}
        }
    }
    let tools: Vec<_> = tools.iter().map(|(_, name, ok)| (name.as_str(), *ok)).collect();
    let files: Vec<_> = files.iter().map(|(path, kind)| (path.as_str(), *kind)).collect();
    assert_eq!(tools, row.tools, "{}", row.name);
    assert_eq!(files, row.files, "{}", row.name);
}

fn session(stdout: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(stdout).unwrap();
    text.split_once("\"session_id\":\"")?.1.split('"').next()
}

fn events_like(stdout: &[u8], kind: &str) -> usize {
    let start = format!("{{\"type\":\"{kind}\"");
    std::str::from_utf8(stdout).unwrap().lines().filter(|line| line.starts_with(&start)).count()
}
