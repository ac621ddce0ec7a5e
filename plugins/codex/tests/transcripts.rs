//! Every recorded run of the real program, with what must come of it, written down from reading
//! the recordings. A recording without a row fails the test.
//!
//! The model behind the recordings reported the same tokens for every request: 1,234 read, of
//! which 1,000 from the cache, and 56 written, of which 16 for reasoning.

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
use codex_adapter as adapter;
use harness::{recorded, request, run, transcript, used};

const HELLO: &str = "Hello from the stand-in model. All is well.";
const WROTE: &str = "Done: hello.txt is in the working directory.";
const OPENED: &str = "no MCP tool on offer; …";
const SHELL: &str = "The command's result was: …";
const MCP: &str = "The MCP tool said: …";
const MEMORY: &str = "I was sent …";
const ECHO: &str = "prompt chars=…";

struct Row {
    name: &'static str,
    ending: Ending,
    class: Option<FailureClass>,
    /// The final text; with `…` at its end, how it begins.
    answer: &'static str,
    /// Requests to the model that this run was told of, and that the thread had made before it.
    requests: u64,
    before: u64,
    /// Name and success; none: it never came back.
    tools: Vec<(&'static str, Option<bool>)>,
    files: Vec<(&'static str, ChangeKind)>,
    denied: Vec<&'static str>,
    retries: usize,
    warnings: usize,
    thoughts: usize,
    status: Option<u16>,
}

fn row(name: &'static str, class: Option<FailureClass>, answer: &'static str, requests: u64) -> Row {
    let (tools, files, denied) = (Vec::new(), Vec::new(), Vec::new());
    Row {
        name,
        ending: Ending::Itself,
        class,
        answer,
        requests,
        before: 0,
        tools,
        files,
        denied,
        retries: 0,
        warnings: 0,
        thoughts: 0,
        status: None,
    }
}

fn done(name: &'static str, answer: &'static str, requests: u64) -> Row {
    row(name, None, answer, requests)
}

fn failed(name: &'static str, class: FailureClass) -> Row {
    row(name, Some(class), "", 0)
}

impl Row {
    fn tool(mut self, name: &'static str, ok: bool) -> Self {
        self.tools.push((name, Some(ok)));
        self
    }
    fn cut_tool(mut self, name: &'static str) -> Self {
        self.tools.push((name, None));
        self
    }
    fn added(mut self, path: &'static str) -> Self {
        self.files.push((path, ChangeKind::Added));
        self.tool("file_change", true)
    }
    fn modified(mut self, path: &'static str) -> Self {
        self.files.push((path, ChangeKind::Modified));
        self.tool("file_change", true)
    }
    fn denied(mut self, tool: &'static str) -> Self {
        self.denied.push(tool);
        self
    }
    fn retries(self, retries: usize) -> Self {
        Self { retries, ..self }
    }
    fn warnings(self, warnings: usize) -> Self {
        Self { warnings, ..self }
    }
    fn status(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }
    fn after(self, before: u64) -> Self {
        Self { before, ..self }
    }
    fn ended(self, ending: Ending) -> Self {
        Self { ending, ..self }
    }
}

fn rows() -> Vec<Row> {
    vec![
        done("agent", "The sub-agent's result was: …", 3).tool("spawn_agent", true).warnings(1),
        done("argv-120k", ECHO, 1),
        failed("auth", AuthFailure).retries(1).status(401),
        done("background-nohup-left", SHELL, 2).tool("shell", true),
        failed("badconfig", SyntaxError),
        failed("badflag", SyntaxError),
        failed("badjson", Network).retries(1),
        done("badjson-recovers", HELLO, 1).retries(1),
        failed("builtin-provider-openai-env", Timeout).retries(4).warnings(1).ended(Ending::WallClock),
        done("config-toml", WROTE, 2).added("codex-config-toml/hello.txt"),
        failed("connrefused", Timeout).retries(5).ended(Ending::Idle),
        failed("connrefused-bounded", Network).retries(1),
        failed("context", ContextOverflow),
        failed("credit", NoCredit),
        failed("cut", Network).retries(1),
        done("dash-prompt-stdin", ECHO, 1),
        done("edit", "Done: hello.txt was created and then edited.", 3)
            .added("codex-edit/hello.txt")
            .modified("codex-edit/hello.txt"),
        done("effort", HELLO, 1),
        failed("error500", Overloaded).retries(1),
        failed("error500-default-retries", Overloaded).retries(5),
        failed("forbidden", AuthFailure).retries(1).status(403),
        done("git-repo", HELLO, 1),
        failed("hang", Timeout).ended(Ending::Idle),
        failed("hang-default", Timeout).ended(Ending::WallClock),
        done("hello", HELLO, 1),
        done("hello-native", HELLO, 1),
        failed("hello-text", Unknown),
        done("hello-unknown-model-metadata", HELLO, 1).warnings(1),
        done("long", "line 00001 of 2000: the quick brown fox jumps over the lazy dog\n…", 1),
        row("maxtokens", Some(Unknown), "This reply was cut off in mid", 0),
        done("mcp", MCP, 3).tool("orc.greet", true),
        done("mcp-bypass", MCP, 3).tool("orc.store", true),
        done("mcp-down", OPENED, 2),
        failed("mcp-down-required", Network),
        done("mcp-missing-env", OPENED, 2),
        done("mcp-noapproval", MCP, 3).tool("orc.store", false).denied("orc.store"),
        done("mcp-noapproval-readonly-tool", MCP, 3).tool("orc.greet", true),
        done("mcp-store", MCP, 3).tool("orc.store", true),
        failed("noauth", AuthFailure),
        failed("nomodel", UnknownModel).warnings(1),
        failed("noprompt-nullstdin", SyntaxError),
        failed("not-git-repo-refused", SyntaxError),
        done("not-git-repo-skip", HELLO, 1),
        done("output-schema", "{\"name\": \"stand-in\", \"count\": 7}", 1),
        done("output-schema-unmet", MEMORY, 1),
        failed("overloaded", Overloaded),
        done("overloaded-recovers", HELLO, 1),
        failed("ratelimit", RateLimited).retries(1).status(429),
        failed("ratelimit-default-retries", RateLimited).retries(5).status(429),
        done("ratelimit-recovers", HELLO, 1).retries(2),
        done("recommended", WROTE, 2).added("codex-recommended/hello.txt"),
        row("refusal", Some(Refused), "", 1),
        failed("retry-sigterm", Killed).retries(1),
        done("session-1-new", HELLO, 1),
        done("session-2-resume", MEMORY, 1).after(1),
        done("session-3-resume-other-cwd", MEMORY, 1).after(2),
        done("session-4-resume-last", MEMORY, 1),
        done("session-5-fork", MEMORY, 1).after(3),
        failed("session-6-resume-unknown", SyntaxError),
        done("session-7-ephemeral", HELLO, 1),
        failed("session-8-resume-ephemeral", SyntaxError),
        done("session-9-resume-stdin", MEMORY, 1).after(3),
        done("session-10-resume-write", WROTE, 2).after(4).added("codex-session/hello.txt"),
        failed("session-11-killed", Killed).cut_tool("shell"),
        done("session-12-resume-killed", MEMORY, 1),
        done("shell", SHELL, 2).tool("shell", true),
        done("shell-bypass", SHELL, 2).tool("shell", true),
        done("shell-env", SHELL, 2).tool("shell", true),
        done("shell-env-policy", SHELL, 2).tool("shell", true),
        done("shell-env-policy-login-false", SHELL, 2).tool("shell", true),
        done("shell-fails", SHELL, 2).tool("shell", false),
        done("shell-network", SHELL, 2).tool("shell", false),
        done("shell-write-outside-denied", SHELL, 2),
        failed("slow-sigint", Killed),
        failed("stall", Timeout).retries(1),
        failed("stdin-2m", ContextOverflow),
        done("stdin-300k", ECHO, 1),
        done("stdin-closed", HELLO, 1),
        done("stdin-prompt-noarg", HELLO, 1),
        failed("streamerror", Network).retries(1),
        done("streamerror-recovers", HELLO, 1).retries(1),
        Row { thoughts: 1, ..done("think", "The answer, after some thought, is 42.", 1) },
        failed("tool-bypass-sigint", Killed).cut_tool("shell"),
        failed("tool-bypass-sigkill", Killed).cut_tool("shell"),
        failed("tool-bypass-sigterm", Killed).cut_tool("shell"),
        failed("tool-native-bypass-sigkill", Killed).cut_tool("shell"),
        failed("tool-native-sigterm", Killed).cut_tool("shell"),
        failed("tool-sandbox-sigkill-group", Killed).cut_tool("shell"),
        failed("tool-sigint", Cancelled).cut_tool("shell").ended(Ending::Cancelled),
        failed("tool-sigkill", Killed).cut_tool("shell"),
        failed("tool-sigkill-group", Lost).cut_tool("shell").ended(Ending::Lost),
        failed("tool-sigterm", Timeout).cut_tool("shell").ended(Ending::WallClock),
        failed("tool-sigterm-group", Budget).cut_tool("shell").ended(Ending::OverBudget),
        done("write", WROTE, 2).added("codex-write/hello.txt"),
        done("write-bypass", WROTE, 2).added("codex-write-bypass/hello.txt"),
        done("write-readonly-denied", WROTE, 2).denied("apply_patch"),
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

fn requests(count: u64) -> Usage {
    used(234 * count, 1000 * count, 56 * count, 16 * count)
}

fn check(row: &Row) {
    let name = row.name;
    let transcript = transcript(name);
    let mut request = request();
    if row.before > 0 {
        request.session = Some("thread".into());
        request.prior_usage = Some(requests(row.before));
    }
    let (events, outcome) = run(request, &transcript.stdout, 64 << 10, transcript.exit(row.ending));

    let class = match &outcome.verdict {
        Verdict::Completed => None,
        Verdict::Failed(failure) => {
            assert!(!failure.message.is_empty() && !failure.message.contains('\n'), "{name}: {failure:?}");
            assert_eq!(failure.status, row.status, "{name}: {failure:?}");
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
    assert_eq!(outcome.denied, row.denied, "{name}");
    assert_eq!(outcome.session.as_deref(), thread(&transcript.stdout), "{name}");

    // Broken off, or heard to say something before it failed: there were tokens, untold.
    let begun = events_like(&transcript.stdout, "turn.started") > 0;
    let ended =
        events_like(&transcript.stdout, "turn.completed") + events_like(&transcript.stdout, "turn.failed");
    let estimated = begun && ended == 0 || name == "maxtokens";
    let used = Usage { estimated, ..requests(row.requests) };
    assert_eq!(format!("{:?}", outcome.usage), format!("{used:?}"), "{name}");

    let count = |wanted: fn(&Event) -> bool| events.iter().filter(|event| wanted(event)).count();
    assert_eq!(count(|event| matches!(event, Event::Retrying(_))), row.retries, "{name}");
    assert_eq!(count(|event| matches!(event, Event::Warning(_))), row.warnings, "{name}: {events:?}");
    assert_eq!(count(|event| matches!(event, Event::Thought(_))), row.thoughts, "{name}");
    assert_eq!(count(|event| matches!(event, Event::Finished)), ended, "{name}");
    let text = if name == "hello-text" { 1 } else { 0 };
    assert_eq!(count(|event| matches!(event, Event::Raw(_))), text, "{name}: not understood in {events:?}");
    check_tools(row, &events);
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

fn thread(stdout: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(stdout).unwrap();
    text.split_once("\"thread_id\":\"")?.1.split('"').next()
}

fn events_like(stdout: &[u8], kind: &str) -> usize {
    let start = format!("{{\"type\":\"{kind}\"");
    std::str::from_utf8(stdout).unwrap().lines().filter(|line| line.starts_with(&start)).count()
}
