//! What is read does not depend on how the bytes come, and nothing that comes stops the reading.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail where it likes")]

#[path = "../../../tests/adapters/harness.rs"]
mod harness;

use adapter::bindings::jackfield::plugin::types::FailureClass;
use adapter::driving::{Ending, Event, Exit, Verdict};
use gemini_adapter as adapter;
use harness::{exited, recorded, request, run, transcript, used};

const HELLO: &[u8] = "{\"type\":\"init\",\"timestamp\":\"2026-11-21T00:00:00.000Z\",\"session_id\":\"s-1\",\"model\":\"m\"}\n\
    {\"type\":\"message\",\"timestamp\":\"2026-11-21T00:00:00.001Z\",\"role\":\"user\",\"content\":\"hi\"}\n\
    {\"type\":\"message\",\"timestamp\":\"2026-11-21T00:00:00.002Z\",\"role\":\"assistant\",\"content\":\"é日🦀 \\n\",\"delta\":true}\n\
    {\"type\":\"message\",\"timestamp\":\"2026-11-21T00:00:00.003Z\",\"role\":\"assistant\",\"content\":\"done\",\"delta\":true}\n\
    {\"type\":\"result\",\"timestamp\":\"2026-11-21T00:00:00.004Z\",\"status\":\"success\",\"stats\":\
    {\"total_tokens\":12,\"input_tokens\":5,\"output_tokens\":3,\"cached\":2}}"
    .as_bytes();

#[test]
fn the_same_is_read_wherever_the_bytes_are_split() {
    let whole = run(request(), HELLO, HELLO.len(), exited(0));
    assert_eq!(whole.1.text, "é日🦀 \ndone");
    assert_eq!(format!("{:?}", whole.1.usage), format!("{:?}", used(3, 2, 7, 4)));
    for size in 1..HELLO.len() {
        let split = run(request(), HELLO, size, exited(0));
        assert_eq!(format!("{split:?}"), format!("{whole:?}"), "chunks of {size}");
    }
}

#[test]
fn every_recording_reads_the_same_byte_by_byte() {
    for (name, _) in recorded() {
        let transcript = transcript(&name);
        let exit = || transcript.exit(Ending::Itself);
        let whole = run(request(), &transcript.stdout, transcript.stdout.len().max(1), exit());
        let split = run(request(), &transcript.stdout, 1, exit());
        assert_eq!(format!("{split:?}"), format!("{whole:?}"), "{name}");
    }
}

#[test]
fn an_instruction_of_ten_megabytes_comes_back_without_an_event() {
    let echo = "x".repeat(10 << 20);
    let output = format!("{{\"type\":\"message\",\"role\":\"user\",\"content\":\"{echo}\"}}\n");
    let (events, _) = run(request(), output.as_bytes(), 64 << 10, exited(0));
    assert!(events.is_empty());
    let output = output.replace("user", "assistant");
    let (events, outcome) = run(request(), output.as_bytes(), 64 << 10, exited(0));
    assert!(matches!(&events[..], [Event::Text(text)] if text.len() == 10 << 20));
    assert_eq!(outcome.text.len(), 10 << 20);
}

#[test]
fn what_is_not_understood_is_handed_on_as_it_came() {
    let unknown = [
        "{\"type\":\"thought\",\"content\":7}",
        "{\"type\":\"message\",\"role\":\"system\",\"content\":\"?\"}",
        "{\"type\":\"message\",\"role\":\"assistant\",\"content\":[]}",
        "{\"no\":\"type\"}",
        "[1,2]",
        "{\"type\":\"result\"",
        "plain words",
        "\u{0}\u{1}",
    ];
    for line in unknown {
        let (events, outcome) = run(request(), format!("{line}\n").as_bytes(), 7, exited(0));
        assert!(matches!(&events[..], [Event::Raw(raw)] if raw == line), "{line}: {events:?}");
        assert!(matches!(outcome.verdict, Verdict::Failed(_)), "{line}");
    }
    let (events, _) = run(request(), b"\xff\xfe broken\n", 64, exited(0));
    assert!(matches!(&events[..], [Event::Raw(raw)] if raw.ends_with(" broken")), "{events:?}");
}

#[test]
fn known_events_of_another_shape_neither_fail_nor_lose_the_end() {
    let output = "{\"type\":\"init\",\"session_id\":4,\"model\":{}}\n\
        {\"type\":\"tool_use\",\"tool_name\":1,\"parameters\":\"text\"}\n\
        {\"type\":\"tool_use\",\"tool_name\":\"write_file\",\"tool_id\":\"w\",\"parameters\":{\"file_path\":[1]}}\n\
        {\"type\":\"tool_result\",\"tool_id\":\"w\",\"status\":\"success\",\"error\":\"none\",\"output\":[]}\n\
        {\"type\":\"tool_result\",\"tool_id\":\"never seen\",\"status\":\"error\"}\n\
        {\"type\":\"result\",\"status\":\"success\",\"stats\":{\"models\":[1],\"total_tokens\":\"many\"}}\n";
    let (events, outcome) = run(request(), output.as_bytes(), 64, exited(0));
    assert!(matches!(outcome.verdict, Verdict::Completed), "{outcome:?}");
    assert!(!events.iter().any(|event| matches!(event, Event::FileChange(_) | Event::Raw(_))), "{events:?}");
    assert!(matches!(events.last(), Some(Event::Finished)), "{events:?}");
}

#[test]
fn a_tool_that_policy_denied_is_told_of_and_changes_no_file() {
    let output = "{\"type\":\"tool_use\",\"tool_name\":\"write_file\",\"tool_id\":\"w\",\"parameters\":{\"file_path\":\"/srv/w/a\"}}\n\
        {\"type\":\"tool_result\",\"tool_id\":\"w\",\"status\":\"error\",\"error\":{\"type\":\"policy_violation\",\"message\":\"no\"}}\n\
        {\"type\":\"result\",\"status\":\"success\"}\n";
    let (events, outcome) = run(request(), output.as_bytes(), 64, exited(0));
    assert_eq!(outcome.denied, ["write_file"]);
    assert!(matches!(&events[..], [_, Event::ToolResult(result), _] if !result.ok && result.summary == "no"));
}

#[test]
fn a_spent_quota_says_how_long_to_stay_away() {
    let output = "{\"type\":\"result\",\"status\":\"error\",\"error\":{\"type\":\"unknown\",\"message\":\
        \"[API Error: You have exhausted your capacity on this model. Your quota will reset after 18h31m10s.]\"}}\n";
    let (_, outcome) = run(request(), output.as_bytes(), 64, exited(173));
    let Verdict::Failed(failure) = outcome.verdict else { panic!() };
    assert_eq!((failure.class, failure.status), (FailureClass::NoCredit, Some(429)));
    assert_eq!(failure.retry_after, Some(66_670_000));
}

#[test]
fn a_result_that_was_given_outlives_what_ended_the_program_unless_it_was_cancelled() {
    use Ending::*;
    let output = [HELLO, b"\n"].concat();
    for (ending, completed) in [
        (AfterFinal, true),
        (Idle, true),
        (WallClock, true),
        (Lost, true),
        (Cancelled, false),
        (OverBudget, false),
    ] {
        let exit = Exit { code: None, signal: Some(9), ending, stderr: String::new() };
        let (_, outcome) = run(request(), &output, 64, exit);
        assert_eq!(matches!(outcome.verdict, Verdict::Completed), completed, "{ending:?}");
        assert_eq!((outcome.text.as_str(), outcome.usage.output), ("é日🦀 \ndone", 7), "{ending:?}");
    }
}

#[test]
fn a_result_without_figures_takes_no_usage_back() {
    for last in [
        r#"{"type":"result","status":"success"}"#,
        r#"{"type":"result","status":"success","stats":{}}"#,
        r#"{"type":"result","status":"success","stats":{"total_tokens":"x","input_tokens":1e300}}"#,
    ] {
        let mut output = HELLO.to_vec();
        output.extend_from_slice(format!("\n{last}\n").as_bytes());
        let (_, outcome) = run(request(), &output, 64 << 10, exited(0));
        let usage = outcome.usage;
        assert_eq!((usage.input, usage.cached_input, usage.output), (3, 2, 7), "{last}");
    }
}

#[test]
fn an_answer_with_empty_figures_is_an_estimate() {
    let output = String::from_utf8(HELLO.to_vec()).unwrap();
    let (start, _) = output.split_once("{\"type\":\"result\"").unwrap();
    let output = format!("{start}{{\"type\":\"result\",\"status\":\"success\",\"stats\":{{}}}}\n");
    let (_, outcome) = run(request(), output.as_bytes(), 64 << 10, exited(0));
    assert!(outcome.usage.estimated);
}
