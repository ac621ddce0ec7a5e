//! Every recorded run of the real program, read and judged, against what a person reading the recording
//! expects (`expectations.jsonl`, one line for each).
//!
//! The recordings are of Claude Code 2.1.197 against a stand-in for the API whose every answer uses
//! 1234 tokens of input, 1000 from the cache, 200 into the cache and 56 of output. Beside each stands how the
//! program ended. A recording without an expectation fails, and so does an expectation without a recording.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test calls fails the test")]

use claude_adapter::driving::Role;
use claude_adapter::driving::{Access, Ending, Event, Exit, Folders, Outcome, Request, ToolCall, ToolResult};
use claude_adapter::reading::Reader;
use claude_adapter::types::{ChangeKind, FailureClass, Verdict};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
struct HowItEnded {
    cwd: String,
    exit_code: Option<i32>,
    signal: Option<u32>,
    ending: String,
    stderr: String,
}

#[derive(Deserialize, Debug)]
#[serde(deny_unknown_fields)]
struct Expected {
    name: String,
    verdict: String,
    #[serde(default)]
    session: Option<String>,
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    text: String,
    /// Input, cached input, cache write, output.
    #[serde(default)]
    tokens: [u64; 4],
    #[serde(default)]
    cost: Option<u64>,
    #[serde(default)]
    estimated: bool,
    #[serde(default)]
    turns: Option<u32>,
    #[serde(default)]
    status: Option<u16>,
    #[serde(default)]
    retry_after: Option<u64>,
    #[serde(default)]
    denied: Vec<String>,
    /// Name, summary, and whether the result was good; none where there was no result.
    #[serde(default)]
    calls: Vec<(String, String, Option<bool>)>,
    #[serde(default)]
    changes: Vec<(String, String)>,
    #[serde(default)]
    thoughts: Vec<String>,
    #[serde(default)]
    warnings: Vec<String>,
    #[serde(default)]
    retries: usize,
    #[serde(default)]
    raw: usize,
    finished: usize,
}

fn tests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")
}

fn expectations() -> Vec<Expected> {
    let text = fs::read_to_string(tests().join("expectations.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn recording(name: &str) -> (Vec<u8>, HowItEnded) {
    let folder = tests().join("transcripts");
    let bytes = fs::read(folder.join(format!("{name}.jsonl"))).unwrap();
    let ended = fs::read_to_string(folder.join(format!("{name}.exit.json"))).unwrap();
    (bytes, serde_json::from_str(&ended).unwrap())
}

fn request(worktree: &str) -> Request {
    Request {
        attempt: "01JD4Z0000000000000000000A".into(),
        instruction: "Do it.".into(),
        model: None,
        effort: None,
        role: Role::Implement,
        access: Access::Edit,
        session: None,
        prior_usage: None,
        budget: None,
        timeout: 180_000,
        folders: Folders { worktree: worktree.into(), scratch: "/scratch".into(), state: "/state".into() },
        present: vec![],
        settings: vec![],
        prompt_syntax: false,
    }
}

fn exit(ended: &HowItEnded) -> Exit {
    let ending = match ended.ending.as_str() {
        "itself" => Ending::Itself,
        "wall_clock" => Ending::WallClock,
        other => panic!("{other}"),
    };
    Exit { code: ended.exit_code, signal: ended.signal, ending, stderr: ended.stderr.clone() }
}

fn read<'a>(chunks: impl Iterator<Item = &'a [u8]>, ended: &HowItEnded) -> (Vec<Event>, Outcome) {
    let mut reader = Reader::new(&request(&ended.cwd));
    let events = chunks.flat_map(|chunk| reader.feed(chunk)).collect();
    (events, reader.finish(&exit(ended)))
}

fn class(name: &str) -> FailureClass {
    match name {
        "auth-failure" => FailureClass::AuthFailure,
        "budget" => FailureClass::Budget,
        "context-overflow" => FailureClass::ContextOverflow,
        "killed" => FailureClass::Killed,
        "network" => FailureClass::Network,
        "no-credit" => FailureClass::NoCredit,
        "overloaded" => FailureClass::Overloaded,
        "rate-limited" => FailureClass::RateLimited,
        "refused" => FailureClass::Refused,
        "syntax-error" => FailureClass::SyntaxError,
        "timeout" => FailureClass::Timeout,
        "unknown" => FailureClass::Unknown,
        other => panic!("{other}"),
    }
}

fn calls(events: &[Event]) -> Vec<(String, String, Option<bool>)> {
    let result = |id: &str| {
        let mut results = events.iter().filter_map(|event| match event {
            Event::ToolResult(ToolResult { id: of, ok, .. }) if of == id => Some(*ok),
            _ => None,
        });
        let first = results.next();
        assert_eq!(results.next(), None, "two results for one call");
        first
    };
    let call = |event: &Event| match event {
        Event::ToolCall(ToolCall { id, name, summary, .. }) => {
            Some((name.clone(), summary.clone(), result(id)))
        }
        _ => None,
    };
    events.iter().filter_map(call).collect()
}

fn changes(events: &[Event]) -> Vec<(String, String)> {
    let change = |event: &Event| match event {
        Event::FileChange(change) => {
            let kind = match change.kind {
                ChangeKind::Added => "added",
                ChangeKind::Modified => "modified",
                ChangeKind::Deleted => "deleted",
                ChangeKind::Renamed => "renamed",
            };
            Some((kind.to_owned(), change.path.clone()))
        }
        _ => None,
    };
    events.iter().filter_map(change).collect()
}

fn words(events: &[Event], of: impl Fn(&Event) -> Option<&String>) -> Vec<String> {
    events.iter().filter_map(of).cloned().collect()
}

fn check(expected: &Expected, events: &[Event], outcome: &Outcome) {
    let name = &expected.name;
    match &outcome.verdict {
        Verdict::Completed => {
            assert_eq!(expected.verdict, "completed", "{name}");
        }
        Verdict::Failed(failure) => {
            assert_ne!(expected.verdict, "completed", "{name}: {failure:?}");
            assert_eq!(failure.class, class(&expected.verdict), "{name}: {failure:?}");
            assert_eq!(failure.status, expected.status, "{name}: {failure:?}");
            assert_eq!(failure.retry_after, expected.retry_after, "{name}: {failure:?}");
            assert!(failure.remedy.is_some(), "{name}: nothing to do about {failure:?}");
            assert!(failure.message.len() > 20, "{name}: {failure:?}");
        }
    }
    assert_eq!(outcome.text, expected.text, "{name}");
    assert_eq!(outcome.session, expected.session, "{name}");
    assert_eq!(outcome.model, expected.model, "{name}");
    let usage = outcome.usage;
    assert_eq!(
        [usage.input, usage.cached_input, usage.cache_write, usage.output],
        expected.tokens,
        "{name}: {usage:?}"
    );
    assert_eq!(
        (usage.cost, usage.estimated, usage.reasoning),
        (expected.cost, expected.estimated, 0),
        "{name}"
    );
    assert_eq!(outcome.denied, expected.denied, "{name}");
    assert_eq!(outcome.turns, expected.turns, "{name}");

    assert_eq!(calls(events), expected.calls, "{name}");
    assert_eq!(changes(events), expected.changes, "{name}");
    let thoughts = words(events, |event| if let Event::Thought(text) = event { Some(text) } else { None });
    assert_eq!(thoughts, expected.thoughts, "{name}");
    let warnings = words(events, |event| if let Event::Warning(text) = event { Some(text) } else { None });
    assert_eq!(warnings, expected.warnings, "{name}");
    let raw = words(events, |event| if let Event::Raw(text) = event { Some(text) } else { None });
    assert_eq!(raw.len(), expected.raw, "{name}: {raw:?}");
    let count = |wanted: fn(&Event) -> bool| events.iter().filter(|event| wanted(event)).count();
    assert_eq!(count(|event| matches!(event, Event::Retrying(_))), expected.retries, "{name}");
    assert_eq!(count(|event| matches!(event, Event::Finished)), expected.finished, "{name}");
    let last_usage = events.iter().rev().find_map(|event| match event {
        Event::Usage(usage) => Some(*usage),
        _ => None,
    });
    if expected.tokens != [0; 4] {
        assert_eq!(last_usage, Some(usage), "{name}: what was told last is not what is settled");
    }
    if expected.verdict == "completed" {
        assert_eq!(events.last(), Some(&Event::Finished), "{name}");
    }
    if let Some(model) = &expected.model
        && expected.session.is_some()
    {
        let started = words(events, |event| match event {
            Event::Started(started) => started.session.as_ref(),
            _ => None,
        });
        assert_eq!(started, expected.session.iter().cloned().collect::<Vec<_>>(), "{name}: {model}");
    }
}

#[test]
fn every_recorded_run_is_read_and_judged_as_a_person_would() {
    let expectations = expectations();
    let expected_names: BTreeSet<String> =
        expectations.iter().map(|expected| expected.name.clone()).collect();
    let recorded_names: BTreeSet<String> = fs::read_dir(tests().join("transcripts"))
        .unwrap()
        .filter_map(|entry| {
            entry.unwrap().file_name().to_str().unwrap().strip_suffix(".jsonl").map(str::to_owned)
        })
        .collect();
    assert_eq!(
        recorded_names, expected_names,
        "each recording needs an expectation, and the other way round"
    );
    for expected in &expectations {
        let (bytes, ended) = recording(&expected.name);
        let (events, outcome) = read(std::iter::once(bytes.as_slice()), &ended);
        check(expected, &events, &outcome);
    }
}

#[test]
fn bytes_that_come_one_at_a_time_tell_the_same() {
    for expected in expectations() {
        let (bytes, ended) = recording(&expected.name);
        let whole = read(std::iter::once(bytes.as_slice()), &ended);
        for size in [1, 7, 64] {
            assert_eq!(read(bytes.chunks(size), &ended), whole, "{} in chunks of {size}", expected.name);
        }
    }
}

#[test]
fn a_cut_at_any_byte_tells_the_same() {
    // `context` and `noauth` hold characters of several bytes, so some cuts go through one.
    for name in ["context", "noauth", "input-json-two", "agent", "edit"] {
        let (bytes, ended) = recording(name);
        assert!(name.starts_with("input") || name == "agent" || !bytes.is_ascii(), "{name}");
        let whole = read(std::iter::once(bytes.as_slice()), &ended);
        for at in 0..=bytes.len() {
            let (head, tail) = bytes.split_at(at);
            assert_eq!(read([head, tail].into_iter(), &ended), whole, "{name} cut at {at}");
        }
    }
}

#[test]
fn a_run_that_loses_its_end_never_counts_as_done_and_never_charges_twice() {
    let (bytes, ended) = recording("edit");
    let lines: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let mut before = 0;
    for whole in 0..lines.len() {
        let (_, outcome) = read(lines[..whole].iter().copied(), &ended);
        assert!(matches!(outcome.verdict, Verdict::Failed(_)), "{whole} lines of {}", lines.len());
        assert!(
            outcome.usage.input >= before && outcome.usage.input <= 3 * 1234,
            "{whole}: {:?}",
            outcome.usage
        );
        before = outcome.usage.input;
    }
    assert_eq!(before, 3 * 1234);
}
