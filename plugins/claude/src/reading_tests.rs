//! Lines that no recording holds: strange, huge, broken, or told by the program's documentation only.

use super::*;
use crate::driving::{Access, Ending, Folders, Role, Started};
use crate::types::{FailureClass, Verdict};

fn reader() -> Reader {
    Reader::new(&Request {
        attempt: String::new(),
        instruction: String::new(),
        model: None,
        effort: None,
        role: Role::Implement,
        access: Access::Edit,
        session: None,
        prior_usage: None,
        budget: None,
        timeout: 0,
        folders: Folders { worktree: "/tree".into(), scratch: String::new(), state: String::new() },
        present: Vec::new(),
        settings: Vec::new(),
        prompt_syntax: false,
    })
}

fn exit() -> Exit {
    Exit { code: Some(0), signal: None, ending: Ending::Itself, stderr: String::new() }
}

const DONE: &[u8] = br#"{"type":"result","subtype":"success","is_error":false,"num_turns":1,"result":"Done.","session_id":"s","total_cost_usd":0.01,"modelUsage":{"claude-x":{"inputTokens":10,"outputTokens":2}},"permission_denials":[]}"#;

fn lines(lines: &[&[u8]]) -> Vec<u8> {
    lines.iter().flat_map(|line| [line, b"\n".as_slice()].concat()).collect()
}

#[test]
fn a_line_of_ten_megabytes_is_one_event() {
    let mut text = "日本🦀 and the rest of it. ".repeat((10 << 20) / 32);
    text.push('.');
    let line = format!(
        r#"{{"type":"assistant","message":{{"id":"m","model":"claude-x","content":[{{"type":"text","text":"{text}"}}]}},"session_id":"s"}}"#
    );
    assert!(line.len() > 9 << 20);
    let mut reader = reader();
    let bytes = lines(&[line.as_bytes(), DONE]);
    let events: Vec<Event> = bytes.chunks(64 << 10).flat_map(|chunk| reader.feed(chunk)).collect();
    assert_eq!(events[0], Event::Text(text));
    assert_eq!(events.last(), Some(&Event::Finished));
    assert_eq!(reader.finish(&exit()).text, "Done.");
}

#[test]
fn a_line_of_300_megabytes_is_skipped_and_the_result_after_it_is_read() {
    let mut reader = reader();
    let mut events =
        reader.feed(br#"{"type":"assistant","message":{"id":"m","content":[{"type":"text","text":""#);
    let chunk = [b'x'; 64 << 10];
    for _ in 0..300_000_000 / chunk.len() {
        events.extend(reader.feed(&chunk));
    }
    events.extend(reader.feed(&lines(&[br#""}]}}"#, DONE])));
    assert!(events.contains(&Event::Warning(TOO_LONG.into())), "{events:?}");
    assert!(events.contains(&Event::Finished), "{events:?}");
    let outcome = reader.finish(&exit());
    assert_eq!((outcome.text.as_str(), outcome.verdict), ("Done.", Verdict::Completed));
}

#[test]
fn an_unknown_event_is_told_as_it_came_and_cut() {
    let long = format!(r#"{{"type":"novelty","text":"{}"}}"#, "é".repeat(5_000));
    let bytes = lines(&[
        br#"{"type":"novelty","n":1}"#,
        br#"{"type":"system","subtype":"hook_started"}"#,
        long.as_bytes(),
    ]);
    let events = reader().feed(&bytes);
    assert_eq!(events.len(), 3);
    assert_eq!(events[0], Event::Raw(r#"{"type":"novelty","n":1}"#.into()));
    assert_eq!(events[1], Event::Raw(r#"{"type":"system","subtype":"hook_started"}"#.into()));
    let Event::Raw(cut) = &events[2] else { panic!("{:?}", events[2]) };
    assert!(cut.len() <= SHOWN_BYTES + 3 && long.starts_with(cut.trim_end_matches('…')), "{}", cut.len());
}

#[test]
fn garbage_between_events_costs_nothing_but_itself() {
    let mut reader = reader();
    let garbage: [&[u8]; 8] = [
        b"Warning: something",
        b"{",
        b"{\"type\":\"assistant\"",
        b"{\"type\":\"assistant\",\"message\":7}",
        b"[1,2]",
        b"null",
        b"\xff\xfe\x00",
        b"{\"type\":7}",
    ];
    for line in garbage {
        let events = reader.feed(&lines(&[line]));
        assert!(matches!(events.as_slice(), [Event::Raw(_)]), "{events:?}");
    }
    assert_eq!(reader.feed(&lines(&[DONE])).last(), Some(&Event::Finished));
    assert!(matches!(reader.finish(&exit()).verdict, Verdict::Completed));
}

#[test]
fn the_type_is_found_wherever_it_stands() {
    let mut reader = reader();
    let line = br#"{ "subtype" : "init", "session_id":"s", "model":"claude-x", "claude_code_version":"3", "type" : "system" }"#;
    let events = reader.feed(&lines(&[line]));
    let started =
        Started { session: Some("s".into()), model: Some("claude-x".into()), version: Some("3".into()) };
    assert_eq!(events, [Event::Started(started)]);
}

#[test]
fn a_result_without_its_line_end_still_counts() {
    let mut reader = reader();
    assert_eq!(reader.feed(DONE), []);
    let outcome = reader.finish(&exit());
    assert!(matches!(outcome.verdict, Verdict::Completed));
    assert_eq!((outcome.text.as_str(), outcome.usage.cost), ("Done.", Some(10_000)));
}

#[test]
fn what_a_sub_agent_says_is_not_the_answer() {
    let sub = br#"{"type":"assistant","message":{"id":"m2","model":"claude-haiku-4-5","content":[{"type":"text","text":"Found it."}],"usage":{"input_tokens":5}},"parent_tool_use_id":"t1"}"#;
    let mut reader = reader();
    let events = reader.feed(&lines(&[sub]));
    assert_eq!(events[0], Event::Thought("Found it.".into()));
    let outcome = reader.finish(&Exit { signal: Some(9), code: None, ..exit() });
    assert_eq!(outcome.text, "");
    assert_eq!(outcome.model, None);
    assert_eq!(outcome.usage.input, 5);
}

#[test]
fn partial_messages_are_not_told_twice_and_make_the_output_exact() {
    let stream: [&[u8]; 4] = [
        br#"{"type":"stream_event","event":{"type":"message_start","message":{"id":"m","usage":{"input_tokens":7,"output_tokens":1}}}}"#,
        br#"{"type":"stream_event","event":{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello there"}}}"#,
        br#"{"type":"assistant","message":{"id":"m","model":"claude-x","content":[{"type":"text","text":"Hello there"}],"usage":{"input_tokens":7,"output_tokens":1}}}"#,
        br#"{"type":"stream_event","event":{"type":"message_delta","usage":{"output_tokens":56}}}"#,
    ];
    let mut reader = reader();
    let events = reader.feed(&lines(&stream));
    let texts = events.iter().filter(|event| matches!(event, Event::Text(_))).count();
    assert_eq!(texts, 1, "{events:?}");
    assert!(!events.iter().any(|event| matches!(event, Event::Raw(_))));
    let outcome = reader.finish(&Exit { signal: Some(9), code: None, ..exit() });
    assert_eq!((outcome.usage.input, outcome.usage.output, outcome.usage.estimated), (7, 56, true));
}

#[test]
fn a_subscriptions_limit_is_told_with_the_time_it_ends() {
    let limit = br#"{"type":"rate_limit_event","rate_limit_info":{"status":"rejected","resetsAt":1795227234,"rateLimitType":"five_hour"}}"#;
    let result =
        br#"{"type":"result","subtype":"success","is_error":true,"result":"You've hit your session limit"}"#;
    let mut reader = reader();
    let events = reader.feed(&lines(&[limit, result]));
    let told = Limit { name: "five_hour".into(), rejected: true, resets_at: Some(1_795_227_234_000) };
    assert_eq!(events[0], Event::Limit(told));
    let Verdict::Failed(failure) = reader.finish(&exit()).verdict else { panic!() };
    assert_eq!(failure.class, FailureClass::RateLimited);
    assert!(failure.message.contains("five_hour"));
}

#[test]
fn what_tools_say_is_cut_and_parts_are_joined() {
    let part = "x".repeat(3_000);
    let line = format!(
        r#"{{"type":"user","message":{{"content":[{{"type":"tool_result","tool_use_id":"t","content":[{{"type":"text","text":"{part}"}},{{"type":"image"}},{{"type":"text","text":"{part}"}}]}}]}}}}"#
    );
    let events = reader().feed(&lines(&[line.as_bytes()]));
    let [Event::ToolResult(result)] = events.as_slice() else { panic!("{events:?}") };
    assert!(result.ok && result.summary.len() <= SHOWN_BYTES + 3);
    assert!(result.summary.starts_with(&format!("{part}\nxxx")));
}

#[test]
fn a_change_to_a_notebook_is_a_change() {
    let call = br#"{"type":"assistant","message":{"id":"m","model":"claude-x","content":[{"type":"tool_use","id":"t","name":"NotebookEdit","input":{"notebook_path":"/tree/a.ipynb","new_source":"1"}}]}}"#;
    let result =
        br#"{"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t","content":"ok"}]}}"#;
    let events = reader().feed(&lines(&[call, result]));
    let changed =
        events.iter().any(|event| matches!(event, Event::FileChange(change) if change.path == "a.ipynb"));
    assert!(changed, "{events:?}");
}

#[test]
fn a_single_result_object_is_enough() {
    // As `--output-format json` prints it: nothing before and nothing after.
    let mut reader = reader();
    reader.feed(DONE);
    let outcome = reader.finish(&exit());
    assert_eq!(outcome.session.as_deref(), Some("s"));
    assert_eq!(outcome.turns, Some(1));
}

#[test]
fn the_final_figures_come_before_the_end_and_later_ones_after_it() {
    let silent = br#"{"type":"assistant","message":{"id":"m9","model":"claude-x","content":[{"type":"redacted_thinking","data":"x"}],"usage":{"input_tokens":5}}}"#;
    let told = |event: &Event| match event {
        Event::Usage(usage) => Some(Some((usage.input, usage.estimated))),
        Event::Finished => Some(None),
        _ => None,
    };
    let together = reader().feed(&lines(&[DONE, silent]));
    let order: Vec<_> = together.iter().filter_map(told).collect();
    assert_eq!(order, [Some((10, false)), None, Some((15, true))]);
    let mut apart = reader();
    let first = apart.feed(&lines(&[DONE]));
    assert_eq!([first, apart.feed(&lines(&[silent]))].concat(), together);
}
