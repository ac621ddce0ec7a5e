//! The real codex against the stand-in: what it is told is what it reports.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod support;

use jackfield_standin::{
    EDITED_TEXT, HELLO_TEXT, TEST_KEY, WRITTEN_FILE, WRITTEN_TEXT, usage::openai as usage,
};
use serde_json::{Value, json};
use support::{Bench, Greeter, Ran};

const MODEL: &str = "gpt-5.5";

fn codex(bench: &Bench, more: &[&str], prompt: &str) -> Ran {
    let provider = format!(
        r#"model_providers.standin={{name="standin",base_url="{}",env_key="STANDIN_KEY",wire_api="responses",request_max_retries=1,stream_max_retries=1}}"#,
        bench.standin.openai_url()
    );
    let mut arguments = vec![
        "exec",
        "--json",
        "--skip-git-repo-check",
        "-m",
        MODEL,
        "--sandbox",
        "workspace-write",
        "-c",
        "model_provider=standin",
        "-c",
        &provider,
        "-c",
        "analytics.enabled=false",
        "-c",
        "check_for_update_on_startup=false",
        "--disable",
        "plugins",
        "--disable",
        "unbounded_connection_retries",
    ];
    arguments.extend(more);
    arguments.push("-");
    let env = [("STANDIN_KEY", TEST_KEY), ("GREETER_TOKEN", Greeter::TOKEN)];
    bench.run(&bench.programs.codex(), &arguments, &env, prompt)
}

/// The usage of a run that sent so many requests.
fn assert_used(ran: &Ran, requests: u64) {
    let used = &ran.last("turn.completed")["usage"];
    let counted = ["input_tokens", "cached_input_tokens", "output_tokens", "reasoning_output_tokens"]
        .map(|field| used[field].as_u64().unwrap());
    let each = [usage::INPUT, usage::CACHED, usage::OUTPUT, usage::REASONING];
    assert_eq!(counted, each.map(|tokens| tokens * requests));
}

fn assert_failed(ran: &Ran, saying: &str) {
    let told = ran.last("turn.failed")["error"]["message"].as_str().unwrap();
    assert_eq!(ran.exit, Some(1));
    assert!(told.contains(saying), "{told}");
}

fn items<'a>(ran: &'a Ran, kind: &str) -> Vec<&'a Value> {
    let done = ran.all("item.completed").into_iter().map(|event| &event["item"]);
    done.filter(|item| item["type"] == kind).collect()
}

#[test]
fn says_hello_and_reports_the_tokens_that_it_was_told() {
    let Some(bench) = Bench::set_up() else { return };
    let ran = codex(&bench, &[], "Say hello. scenario=hello");
    assert_eq!(ran.exit, Some(0));
    assert_used(&ran, 1);
    let said: Vec<&Value> = items(&ran, "agent_message").into_iter().map(|item| &item["text"]).collect();
    assert_eq!(said, [HELLO_TEXT]);
    let asked = bench.standin.conversations();
    assert_eq!(asked.len(), 1, "{asked:#?}");
    assert!(asked[0].credential.as_ref().unwrap().is(TEST_KEY));
    assert_eq!(asked[0].model.as_deref(), Some(MODEL));
    assert_eq!((asked[0].prompts, asked[0].last_prompt.as_deref()), (1, Some("Say hello. scenario=hello")));
}

#[test]
fn writes_and_edits_a_file_with_its_own_tools() {
    let Some(bench) = Bench::set_up() else { return };
    let ran = codex(&bench, &[], "scenario=write");
    assert_used(&ran, 2);
    assert_eq!(items(&ran, "file_change").len(), 1);
    assert_eq!(std::fs::read_to_string(bench.work().join(WRITTEN_FILE)).unwrap(), WRITTEN_TEXT);
    std::fs::remove_file(bench.work().join(WRITTEN_FILE)).unwrap();
    let ran = codex(&bench, &[], "scenario=edit");
    assert_used(&ran, 3);
    assert_eq!(std::fs::read_to_string(bench.work().join(WRITTEN_FILE)).unwrap(), EDITED_TEXT);
}

#[test]
fn runs_the_command_that_the_scenario_names() {
    let Some(bench) = Bench::set_up() else { return };
    let ran = codex(&bench, &[], "scenario=shell:echo+made+by+codex+%3E+made.txt");
    assert_eq!((ran.exit, &items(&ran, "command_execution")[0]["exit_code"]), (Some(0), &json!(0)));
    assert_eq!(std::fs::read_to_string(bench.work().join("made.txt")).unwrap(), "made by codex\n");
}

#[test]
fn reports_each_refusal_as_what_it_is() {
    let Some(bench) = Bench::set_up() else { return };
    let failed = |word: &str| codex(&bench, &[], &format!("scenario={word}"));
    assert_failed(&failed("auth"), "401 Unauthorized");
    assert_failed(&failed("ratelimit"), "429 Too Many Requests");
    assert_failed(&failed("overloaded"), "at capacity");
    assert_failed(&failed("credit"), "Quota exceeded");
    assert_failed(&failed("nomodel"), "does not exist");
    assert_failed(&failed("context"), "context window");
    assert_failed(&failed("maxtokens"), "max_output_tokens");
}

#[test]
fn recovers_when_an_overload_passes() {
    let Some(bench) = Bench::set_up() else { return };
    let ran = codex(&bench, &[], "scenario=overloaded:1");
    assert_used(&ran, 1);
    assert_eq!(
        bench.standin.conversations().iter().map(|asked| asked.status).collect::<Vec<_>>(),
        [503, 200]
    );
}

#[test]
fn reports_a_connection_that_breaks_in_the_middle_of_the_answer() {
    let Some(bench) = Bench::set_up() else { return };
    assert_failed(&codex(&bench, &[], "scenario=cut"), "stream disconnected before completion");
}

#[test]
fn ends_without_an_answer_when_the_model_declines() {
    let Some(bench) = Bench::set_up() else { return };
    let ran = codex(&bench, &[], "scenario=refusal");
    assert_used(&ran, 1);
    assert!(items(&ran, "agent_message").is_empty(), "{:#?}", ran.events);
}

#[test]
fn searches_for_an_mcp_tool_that_is_kept_back_and_calls_it() {
    let Some(bench) = Bench::set_up() else { return };
    let greeter = Greeter::start();
    let server = format!(
        r#"mcp_servers.greeter={{url="{}",bearer_token_env_var="GREETER_TOKEN",default_tools_approval_mode="approve"}}"#,
        greeter.url()
    );
    let ran = codex(&bench, &["-c", &server], "scenario=mcp:greet?name=codex");
    assert_eq!(greeter.greeted(), [json!({"name": "codex"})], "{:#?}", ran.events);
    assert_eq!(items(&ran, "mcp_tool_call")[0]["status"], "completed");
}

#[test]
fn carries_the_earlier_prompt_when_it_resumes_a_session() {
    let Some(bench) = Bench::set_up() else { return };
    let first = codex(&bench, &[], "the first prompt");
    let id = first.last("thread.started")["thread_id"].as_str().unwrap();
    codex(&bench, &["resume", id], "the second prompt");
    assert_eq!(bench.standin.conversations().last().unwrap().prompts, 2);
}

#[test]
fn bears_a_stream_that_is_only_kept_alive_before_the_answer() {
    let Some(bench) = Bench::set_up() else { return };
    let ran = codex(&bench, &[], "scenario=slow:3");
    assert_eq!(items(&ran, "agent_message")[0]["text"], HELLO_TEXT);
    assert_eq!(bench.standin.conversations().len(), 1, "it did not ask again");
}
