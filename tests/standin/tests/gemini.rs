//! The real gemini against the stand-in: what it is told is what it reports.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use jackfield_standin::{
    EDITED_TEXT, HELLO_TEXT, TEST_KEY, WRITTEN_FILE, WRITTEN_TEXT, usage::gemini as usage,
};
use serde_json::{Value, json};
use support::{Bench, Greeter, Ran};

const MODEL: &str = "gemini-2.5-pro";

fn gemini(bench: &Bench, more_settings: &Value, prompt: &str) -> Ran {
    gemini_with(bench, &[], more_settings, prompt)
}

fn gemini_with(bench: &Bench, more: &[&str], more_settings: &Value, prompt: &str) -> Ran {
    let mut settings = json!({"security": {"auth": {"selectedType": "gemini-api-key"}},
        "privacy": {"usageStatisticsEnabled": false},
        "general": {"enableAutoUpdate": false, "enableAutoUpdateNotification": false, "maxAttempts": 2}});
    settings.as_object_mut().unwrap().extend(more_settings.as_object().unwrap().clone());
    let folder = bench.home().join(".gemini");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("settings.json"), settings.to_string()).unwrap();
    let url = bench.standin.base_url();
    let env = [
        ("GEMINI_API_KEY", TEST_KEY),
        ("GOOGLE_GEMINI_BASE_URL", url.as_str()),
        ("GEMINI_CLI_TRUST_WORKSPACE", "true"),
        ("GEMINI_CLI_NO_RELAUNCH", "1"),
    ];
    let mut arguments = vec!["--output-format", "stream-json", "-m", MODEL, "--approval-mode", "yolo"];
    arguments.extend(more);
    bench.run(&bench.programs.gemini(), &arguments, &env, prompt)
}

/// The usage of a run that sent so many requests.
fn assert_used(ran: &Ran, requests: u64) {
    let stats = &ran.last("result")["stats"];
    let counted = ["input_tokens", "cached", "output_tokens", "total_tokens"]
        .map(|field| stats[field].as_u64().unwrap());
    let each = [usage::PROMPT, usage::CACHED, usage::CANDIDATES, usage::TOTAL];
    assert_eq!(counted, each.map(|tokens| tokens * requests));
}

/// The exit code is the HTTP status, of which the system keeps eight bits.
fn assert_failed(ran: &Ran, status: i32, saying: &str) {
    let result = ran.last("result");
    let told = result["error"]["message"].as_str().unwrap();
    assert_eq!((ran.exit, &result["status"]), (Some(status & 255), &json!("error")), "{told}");
    assert!(told.contains(saying), "{told}");
}

fn said(ran: &Ran) -> String {
    let texts = ran.all("message").into_iter().filter(|event| event["role"] == "assistant");
    texts.filter_map(|event| event["content"].as_str()).collect()
}

#[test]
fn says_hello_and_reports_the_tokens_that_it_was_told() {
    let Some(bench) = Bench::set_up() else { return };
    let ran = gemini(&bench, &json!({}), "Say hello. scenario=hello");
    assert_eq!((ran.exit, said(&ran).as_str()), (Some(0), HELLO_TEXT));
    assert_eq!(ran.last("result")["status"], "success");
    assert_used(&ran, 1);
    let asked = bench.standin.conversations();
    assert_eq!(asked.len(), 1, "{asked:#?}");
    assert!(asked[0].credential.as_ref().unwrap().is(TEST_KEY));
    assert_eq!(asked[0].model.as_deref(), Some(MODEL));
    assert_eq!((asked[0].prompts, asked[0].last_prompt.as_deref()), (1, Some("Say hello. scenario=hello")));
}

#[test]
fn writes_and_edits_a_file_with_its_own_tools() {
    let Some(bench) = Bench::set_up() else { return };
    let ran = gemini(&bench, &json!({}), "scenario=write");
    assert_used(&ran, 2);
    assert_eq!(ran.last("tool_use")["tool_name"], "write_file");
    assert_eq!(std::fs::read_to_string(bench.work().join(WRITTEN_FILE)).unwrap(), WRITTEN_TEXT);
    std::fs::remove_file(bench.work().join(WRITTEN_FILE)).unwrap();
    let ran = gemini(&bench, &json!({}), "scenario=edit");
    assert_used(&ran, 3);
    assert_eq!(std::fs::read_to_string(bench.work().join(WRITTEN_FILE)).unwrap(), EDITED_TEXT);
}

#[test]
fn runs_the_command_that_the_scenario_names() {
    let Some(bench) = Bench::set_up() else { return };
    let ran = gemini(&bench, &json!({}), "scenario=shell:echo+made+by+gemini+%3E+made.txt");
    assert_eq!(ran.exit, Some(0));
    assert_eq!(std::fs::read_to_string(bench.work().join("made.txt")).unwrap(), "made by gemini\n");
}

#[test]
fn reports_each_refusal_as_what_it_is() {
    let Some(bench) = Bench::set_up() else { return };
    let failed = |word: &str| gemini(&bench, &json!({}), &format!("scenario={word}"));
    assert_failed(&failed("auth"), 400, "API key not valid");
    assert_failed(&failed("forbidden"), 403, "denied access");
    assert_failed(&failed("ratelimit"), 429, "Resource has been exhausted");
    assert_failed(&failed("overloaded"), 503, "overloaded");
    assert_failed(&failed("credit"), 429, "daily quota");
    assert_failed(&failed("context"), 400, "exceeds the maximum");
}

#[test]
fn reports_a_connection_that_breaks_in_the_middle_of_the_answer() {
    let Some(bench) = Bench::set_up() else { return };
    let ran = gemini(&bench, &json!({}), "scenario=cut");
    assert_failed(&ran, 1, "terminated");
    assert!(!said(&ran).is_empty() && said(&ran) != HELLO_TEXT, "the first part came: {}", said(&ran));
}

#[test]
fn reports_that_the_model_declined_and_still_exits_with_zero() {
    let Some(bench) = Bench::set_up() else { return };
    let ran = gemini(&bench, &json!({}), "scenario=refusal");
    assert_eq!((ran.exit, &ran.last("result")["status"]), (Some(0), &json!("error")));
    assert!(ran.last("error")["message"].as_str().unwrap().contains("safety"));
}

#[test]
fn calls_an_mcp_tool_with_the_arguments_of_the_scenario() {
    let Some(bench) = Bench::set_up() else { return };
    let greeter = Greeter::start();
    let headers = json!({"Authorization": format!("Bearer {}", Greeter::TOKEN)});
    let server = json!({"httpUrl": greeter.url(), "headers": headers, "trust": true});
    let ran = gemini(&bench, &json!({"mcpServers": {"greeter": server}}), "scenario=mcp:greet");
    assert_eq!(greeter.greeted(), [json!({"name": "stand-in"})], "{:#?}", ran.events);
    assert!(said(&ran).contains("good day"));
}

#[test]
fn carries_the_earlier_prompt_when_it_resumes_a_session() {
    let Some(bench) = Bench::set_up() else { return };
    let first = gemini(&bench, &json!({}), "the first prompt");
    let id = first.last("init")["session_id"].as_str().unwrap();
    gemini_with(&bench, &["--resume", id], &json!({}), "the second prompt");
    assert_eq!(bench.standin.conversations().last().unwrap().prompts, 2);
}

#[test]
fn bears_a_stream_that_is_silent_before_the_answer() {
    let Some(bench) = Bench::set_up() else { return };
    let ran = gemini(&bench, &json!({}), "scenario=slow:3");
    assert_eq!(said(&ran), HELLO_TEXT);
    assert_eq!(bench.standin.conversations().len(), 1, "it did not ask again");
}
