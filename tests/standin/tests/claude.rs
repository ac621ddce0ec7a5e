//! The real claude against the stand-in: what it is told is what it reports.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use jackfield_standin::{
    EDITED_TEXT, HELLO_TEXT, TEST_KEY, WRITTEN_FILE, WRITTEN_TEXT, usage::anthropic as usage,
};
use serde_json::json;
use support::{Bench, Greeter, Ran};

const MODEL: &str = "claude-sonnet-4-5";

fn claude(bench: &Bench, more: &[&str], prompt: &str) -> Ran {
    let mut arguments = vec![
        "-p",
        "--input-format",
        "text",
        "--output-format",
        "stream-json",
        "--verbose",
        "--model",
        MODEL,
        "--permission-mode",
        "acceptEdits",
        "--allowedTools",
        "Bash,Edit,Write",
        "--setting-sources",
        "",
        "--strict-mcp-config",
    ];
    arguments.extend(more);
    let url = bench.standin.base_url();
    let env = [
        ("ANTHROPIC_BASE_URL", url.as_str()),
        ("ANTHROPIC_API_KEY", TEST_KEY),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
        ("CLAUDE_CODE_DISABLE_ATTACHMENTS", "1"),
        ("CLAUDE_CODE_MAX_RETRIES", "1"),
    ];
    bench.run(&bench.programs.claude(), &arguments, &env, prompt)
}

/// The usage of a run that sent so many requests.
fn assert_used(ran: &Ran, requests: u64) {
    let used = &ran.last("result")["usage"];
    let counted = ["input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens"]
        .map(|field| used[field].as_u64().unwrap());
    let each = [usage::INPUT, usage::CACHE_WRITE, usage::CACHE_READ, usage::OUTPUT];
    assert_eq!(counted, each.map(|tokens| tokens * requests));
}

fn assert_failed(ran: &Ran, status: serde_json::Value, error: &str) {
    let result = ran.last("result");
    assert_eq!(
        (ran.exit, &result["is_error"], &result["api_error_status"]),
        (Some(1), &json!(true), &status)
    );
    assert_eq!(ran.last("assistant")["error"], error, "{result:#}");
}

#[test]
fn says_hello_and_reports_the_tokens_that_it_was_told() {
    let Some(bench) = Bench::set_up() else { return };
    let ran = claude(&bench, &[], "Say hello. scenario=hello");
    let result = ran.last("result");
    assert_eq!(
        (ran.exit, &result["is_error"], &result["result"]),
        (Some(0), &json!(false), &json!(HELLO_TEXT))
    );
    assert_used(&ran, 1);
    let asked = bench.standin.conversations();
    assert_eq!(asked.len(), 1, "{asked:#?}");
    assert!(asked[0].credential.as_ref().unwrap().is(TEST_KEY));
    assert_eq!(asked[0].model.as_deref(), Some(MODEL));
    assert_eq!(asked[0].last_prompt.as_deref(), Some("Say hello. scenario=hello"));
}

#[test]
fn writes_and_edits_a_file_with_its_own_tools() {
    let Some(bench) = Bench::set_up() else { return };
    let ran = claude(&bench, &[], "scenario=write");
    assert_eq!(ran.last("result")["is_error"], false);
    assert_used(&ran, 2);
    assert_eq!(std::fs::read_to_string(bench.work().join(WRITTEN_FILE)).unwrap(), WRITTEN_TEXT);
    std::fs::remove_file(bench.work().join(WRITTEN_FILE)).unwrap();
    let ran = claude(&bench, &[], "scenario=edit");
    assert_used(&ran, 3);
    assert_eq!(std::fs::read_to_string(bench.work().join(WRITTEN_FILE)).unwrap(), EDITED_TEXT);
}

#[test]
fn runs_the_command_that_the_scenario_names() {
    let Some(bench) = Bench::set_up() else { return };
    let ran = claude(&bench, &[], "scenario=shell:echo+made+by+claude+%3E+made.txt");
    assert_eq!(ran.exit, Some(0));
    assert_eq!(std::fs::read_to_string(bench.work().join("made.txt")).unwrap(), "made by claude\n");
}

#[test]
fn reports_each_refusal_as_what_it_is() {
    let Some(bench) = Bench::set_up() else { return };
    let failed = |word: &str| claude(&bench, &[], &format!("scenario={word}"));
    assert_failed(&failed("auth"), json!(401), "authentication_failed");
    assert_failed(&failed("ratelimit"), json!(429), "rate_limit");
    assert_failed(&failed("overloaded"), json!(529), "server_error");
    assert_failed(&failed("credit"), json!(400), "billing_error");
    assert_failed(&failed("nomodel"), json!(404), "model_not_found");
    let context = failed("context");
    assert_eq!(context.last("result")["terminal_reason"], "prompt_too_long");
}

#[test]
fn recovers_when_a_rate_limit_passes() {
    let Some(bench) = Bench::set_up() else { return };
    let ran = claude(&bench, &[], "scenario=ratelimit:1");
    assert_eq!((ran.exit, &ran.last("result")["result"]), (Some(0), &json!(HELLO_TEXT)));
    let retries = ran.all("system").into_iter().filter(|event| event["subtype"] == "api_retry");
    assert_eq!(retries.map(|event| event["error"].clone()).collect::<Vec<_>>(), [json!("rate_limit")]);
}

#[test]
fn reports_a_connection_that_breaks_in_the_middle_of_the_answer() {
    let Some(bench) = Bench::set_up() else { return };
    assert_failed(&claude(&bench, &[], "scenario=cut"), json!(null), "server_error");
    let streamed: Vec<bool> = bench.standin.conversations().iter().map(|asked| asked.streamed).collect();
    assert!(streamed.len() > 1 && streamed[0] && !streamed[1], "asked again in one piece: {streamed:?}");
}

#[test]
fn declines_and_runs_out_of_tokens_as_told() {
    let Some(bench) = Bench::set_up() else { return };
    let declined = claude(&bench, &[], "scenario=refusal");
    assert_eq!((declined.exit, &declined.last("result")["stop_reason"]), (Some(1), &json!("refusal")));
    assert_eq!(claude(&bench, &[], "scenario=maxtokens").last("assistant")["error"], "max_output_tokens");
}

#[test]
fn calls_an_mcp_tool_with_the_arguments_of_the_scenario() {
    let Some(bench) = Bench::set_up() else { return };
    let greeter = Greeter::start();
    let headers = json!({"Authorization": format!("Bearer {}", Greeter::TOKEN)});
    let server = json!({"type": "http", "url": greeter.url(), "headers": headers});
    let config = json!({"mcpServers": {"greeter": server}}).to_string();
    let allowed = ["--mcp-config", config.as_str(), "--allowedTools", "mcp__greeter"];
    let ran = claude(&bench, &allowed, "scenario=mcp:greet?loud=true");
    assert_eq!(greeter.greeted(), [json!({"name": "stand-in", "loud": true})], "{:#?}", ran.events);
    assert!(ran.last("result")["result"].as_str().unwrap().contains("good day"));
}

#[test]
fn carries_the_earlier_prompt_when_it_resumes_a_session() {
    let Some(bench) = Bench::set_up() else { return };
    let id = "0f9c0a52-6a5c-4f0e-9d5e-0d6f3c1b2a77";
    claude(&bench, &["--session-id", id], "the first prompt");
    let resumed = claude(&bench, &["--resume", id], "the second prompt");
    assert_eq!(resumed.last("result")["session_id"], id);
    assert_eq!(bench.standin.conversations().last().unwrap().prompts, 2);
}

#[test]
fn bears_a_stream_that_is_only_kept_alive_before_the_answer() {
    let Some(bench) = Bench::set_up() else { return };
    let ran = claude(&bench, &[], "scenario=slow:3");
    assert_eq!(ran.last("result")["result"], HELLO_TEXT);
    assert_eq!(bench.standin.conversations().len(), 1, "it did not ask again");
}
