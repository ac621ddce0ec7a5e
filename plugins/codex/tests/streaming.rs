//! What is read does not depend on how the bytes come, and nothing that comes stops the reading.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail where it likes"
)]

#[path = "../../../tests/adapters/harness.rs"]
mod harness;

use adapter::bindings::jackfield::plugin::types::FailureClass;
use adapter::driving::{ChangeKind, Event, Verdict};
use codex_adapter as adapter;
use harness::{exited, recorded, request, run, transcript, used};

const HELLO: &[u8] = "{\"type\":\"thread.started\",\"thread_id\":\"t-1\"}\n\
    {\"type\":\"turn.started\"}\n\
    {\"type\":\"item.completed\",\"item\":{\"id\":\"item_0\",\"type\":\"agent_message\",\"text\":\"é日🦀 \\n done\"}}\n\
    {\"type\":\"turn.completed\",\"usage\":{\"input_tokens\":5,\"cached_input_tokens\":2,\"output_tokens\":3}}"
    .as_bytes();

#[test]
fn the_same_is_read_wherever_the_bytes_are_split() {
    let whole = run(request(), HELLO, HELLO.len(), exited(0));
    assert_eq!(whole.1.text, "é日🦀 \n done");
    for size in 1..HELLO.len() {
        let split = run(request(), HELLO, size, exited(0));
        assert_eq!(format!("{split:?}"), format!("{whole:?}"), "chunks of {size}");
    }
}

#[test]
fn every_recording_reads_the_same_byte_by_byte() {
    for (name, _) in recorded() {
        let transcript = transcript(&name);
        let exit = || transcript.exit(adapter::driving::Ending::Itself);
        let whole = run(request(), &transcript.stdout, transcript.stdout.len().max(1), exit());
        let split = run(request(), &transcript.stdout, 1, exit());
        assert_eq!(format!("{split:?}"), format!("{whole:?}"), "{name}");
    }
}

#[test]
fn a_terminal_event_without_a_line_end_still_counts() {
    let (events, outcome) = run(request(), HELLO, 64 << 10, exited(0));
    assert!(!events.iter().any(|event| matches!(event, Event::Finished)), "it was not a line yet");
    assert!(matches!(outcome.verdict, Verdict::Completed));
    assert_eq!(format!("{:?}", outcome.usage), format!("{:?}", used(3, 2, 3, 0)));
}

#[test]
fn an_answer_of_ten_megabytes_comes_out_whole() {
    let answer = "x".repeat(10 << 20);
    let output = format!(
        "{{\"type\":\"item.completed\",\"item\":{{\"id\":\"i\",\"type\":\"agent_message\",\"text\":\"{answer}\"}}}}\n\
         {{\"type\":\"turn.completed\"}}\n"
    );
    let (events, outcome) = run(request(), output.as_bytes(), 64 << 10, exited(0));
    assert_eq!(outcome.text.len(), 10 << 20);
    assert!(matches!(&events[..], [Event::Text(text), Event::Finished] if text.len() == 10 << 20));
}

#[test]
fn what_is_not_understood_is_handed_on_as_it_came() {
    let unknown = [
        "{\"type\":\"turn.reconsidered\",\"item\":7}",
        "{\"type\":\"item.completed\",\"item\":{\"id\":\"i\",\"type\":\"hologram\",\"light\":[1]}}",
        "{\"type\":\"item.completed\",\"item\":\"nothing\"}",
        "{\"no\":\"type\"}",
        "[1,2]",
        "{\"type\":\"turn.completed\"",
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
    let (events, _) = run(request(), &[b"\"", "é".repeat(9000).as_bytes(), b"\n"].concat(), 4096, exited(0));
    assert!(matches!(&events[..], [Event::Raw(raw)] if raw.len() <= 4096 + 3), "{events:?}");
}

#[test]
fn known_events_of_another_shape_neither_fail_nor_lose_the_end() {
    let output = "{\"type\":\"thread.started\",\"thread_id\":{\"now\":\"an object\"}}\n\
        {\"type\":\"item.completed\",\"item\":{\"id\":3,\"type\":\"file_change\",\"changes\":{\"a\":1},\"status\":\"completed\"}}\n\
        {\"type\":\"item.completed\",\"item\":{\"type\":\"mcp_tool_call\",\"result\":\"text\",\"error\":\"oops\"}}\n\
        {\"type\":\"item.completed\",\"item\":{\"type\":\"agent_message\",\"text\":\"ok\"}}\n\
        {\"type\":\"turn.completed\",\"usage\":[1,2,3]}\n";
    let (events, outcome) = run(request(), output.as_bytes(), 64, exited(0));
    assert!(matches!(outcome.verdict, Verdict::Completed), "{outcome:?}");
    assert!(outcome.usage.estimated || outcome.usage.input == 0);
    assert_eq!(events.iter().filter(|event| matches!(event, Event::Finished)).count(), 1);
}

#[test]
fn files_are_named_from_the_worktree_and_others_in_full() {
    let changes = "[{\"path\":\"/srv/w/src/a.rs\",\"kind\":\"update\"},{\"path\":\"/srv/wide/b\",\"kind\":\"delete\"},\
        {\"path\":\"c\",\"kind\":\"add\"}]";
    let output = format!(
        "{{\"type\":\"item.completed\",\"item\":{{\"id\":\"i\",\"type\":\"file_change\",\"changes\":{changes},\
         \"status\":\"completed\"}}}}\n"
    );
    let (events, _) = run(request(), output.as_bytes(), 64, exited(0));
    let files: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::FileChange(change) => Some((change.path.as_str(), change.kind)),
            _ => None,
        })
        .collect();
    let expected =
        [("src/a.rs", ChangeKind::Modified), ("/srv/wide/b", ChangeKind::Deleted), ("c", ChangeKind::Added)];
    assert_eq!(files, expected);
    let failed = output.replace("completed\"}}", "failed\"}}");
    let (events, _) = run(request(), failed.as_bytes(), 64, exited(0));
    assert!(!events.iter().any(|event| matches!(event, Event::FileChange(_))), "{events:?}");
}

#[test]
fn inputs_and_results_of_tools_are_cut() {
    let long = "y".repeat(20_000);
    let output = format!(
        "{{\"type\":\"item.completed\",\"item\":{{\"id\":\"i\",\"type\":\"command_execution\",\"command\":\"{long}\",\
         \"aggregated_output\":\"{long}\",\"exit_code\":0,\"status\":\"completed\"}}}}\n"
    );
    let (events, _) = run(request(), output.as_bytes(), 64, exited(0));
    let [Event::ToolCall(call), Event::ToolResult(result)] = &events[..] else { panic!("{events:?}") };
    assert!(call.input.len() <= 4096 + 3 && result.summary.len() <= 4096 + 3 && call.summary.len() < 300);
    assert!(result.ok);
}

#[test]
fn a_thread_that_was_begun_anew_is_charged_in_full() {
    let mut request = request();
    request.session = Some("t-1".into());
    request.prior_usage = Some(used(1000, 0, 500, 0));
    let (_, outcome) = run(request, HELLO, 64, exited(0));
    assert_eq!(format!("{:?}", outcome.usage), format!("{:?}", used(3, 2, 3, 0)));
}

#[test]
fn a_usage_limit_says_how_long_to_stay_away() {
    let output = "{\"type\":\"turn.failed\",\"error\":{\"message\":\"You've hit your usage limit. \
        Upgrade to Pro or try again in 1 hour 30 minutes.\"}}\n";
    let (_, outcome) = run(request(), output.as_bytes(), 64, exited(1));
    let Verdict::Failed(failure) = outcome.verdict else { panic!() };
    assert_eq!(failure.class, FailureClass::RateLimited);
    assert_eq!(failure.retry_after, Some(5_400_000));
}

#[test]
fn a_result_that_was_given_outlives_what_ended_the_program_unless_it_was_cancelled() {
    use adapter::driving::Ending::*;
    let output = [HELLO, b"\n"].concat();
    for (ending, completed) in [
        (AfterFinal, true),
        (Idle, true),
        (WallClock, true),
        (Lost, true),
        (Cancelled, false),
        (OverBudget, false),
    ] {
        let exit = adapter::driving::Exit { code: None, signal: Some(9), ending, stderr: String::new() };
        let (_, outcome) = run(request(), &output, 64, exit);
        assert_eq!(matches!(outcome.verdict, Verdict::Completed), completed, "{ending:?}");
        assert_eq!((outcome.text.as_str(), outcome.usage.output), ("é日🦀 \n done", 3), "{ending:?}");
    }
}

#[test]
fn a_later_turn_without_figures_takes_no_usage_back() {
    for last in [
        r#"{"type":"turn.completed"}"#,
        r#"{"type":"turn.completed","usage":{}}"#,
        r#"{"type":"turn.completed","usage":{"input_tokens":"many","output_tokens":-3}}"#,
    ] {
        let mut output = HELLO.to_vec();
        output.extend_from_slice(format!("\n{last}\n").as_bytes());
        let (_, outcome) = run(request(), &output, 64 << 10, exited(0));
        let usage = outcome.usage;
        assert_eq!((usage.input, usage.cached_input, usage.output), (3, 2, 3), "{last}");
        assert!(usage.estimated, "{last}");
    }
}
