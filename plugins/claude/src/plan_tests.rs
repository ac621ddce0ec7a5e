//! What is run for a request, word by word.

use super::*;
use crate::driving::{Folders, Role};

fn request() -> Request {
    Request {
        attempt: "01ARZ3NDEKTSV4RRFFQ69G5FAV".into(),
        instruction: "Add a test.".into(),
        model: Some("claude-sonnet-4-5".into()),
        effort: None,
        role: Role::Implement,
        access: Access::Edit,
        session: None,
        prior_usage: None,
        budget: Some(2_000_000),
        timeout: 180_000,
        folders: Folders { worktree: "/tree".into(), scratch: "/scratch".into(), state: "/state".into() },
        present: vec!["ANTHROPIC_API_KEY".into()],
        settings: vec![],
        prompt_syntax: false,
    }
}

fn with(settings: &[(&str, &str)], present: &[&str]) -> Request {
    Request {
        settings: settings.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect(),
        present: present.iter().map(ToString::to_string).collect(),
        ..request()
    }
}

/// What follows `option`, if it is there.
fn option<'a>(command: &'a Command, option: &str) -> Option<&'a str> {
    let at = command.argv.iter().position(|word| word == option)?;
    command.argv.get(at + 1).map(String::as_str)
}

fn variable<'a>(command: &'a Command, name: &str) -> Option<&'a Value> {
    let mut values = command.environment.iter().filter(|(set, _)| set == name).map(|(_, value)| value);
    let value = values.next();
    assert_eq!(values.next(), None, "{name} is set twice");
    value
}

fn set(value: &str) -> Value {
    Value::Set(value.into())
}

#[test]
fn an_attempt_that_changes_files_is_one_known_command_line() {
    let command = plan(&request()).unwrap();
    let expected = [
        "claude -p --input-format text --output-format stream-json --verbose",
        "--model claude-sonnet-4-5 --session-id 01563e3a-b5d3-d676-4c61-efb99302bd5b",
        "--permission-mode acceptEdits --allowedTools Bash,Edit,Write,NotebookEdit,WebFetch,WebSearch",
        "--setting-sources  --max-turns 100 --max-budget-usd 2 --strict-mcp-config",
    ];
    assert_eq!(command.argv.join(" "), expected.join(" "));
    assert_eq!(command.stdin.as_deref(), Some(b"Add a test.".as_slice()));
    assert!(command.files.is_empty());
    assert_eq!(variable(&command, "ANTHROPIC_API_KEY"), Some(&Value::Pass));
    assert_eq!(variable(&command, "CLAUDE_CONFIG_DIR"), Some(&set("/state")));
    assert_eq!(variable(&command, "TMPDIR"), None, "the host gives every attempt its own");
    assert_eq!(variable(&command, "CLAUDE_CODE_SHELL"), Some(&set("/bin/bash")));
    assert_eq!(variable(&command, "CLAUDE_CODE_MAX_RETRIES"), Some(&set("2")));
    assert_eq!(variable(&command, "API_TIMEOUT_MS"), Some(&set("180000")));
    for quiet in [
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
        "DISABLE_TELEMETRY",
        "DISABLE_ERROR_REPORTING",
        "DISABLE_AUTOUPDATER",
        "CLAUDE_CODE_DISABLE_ATTACHMENTS",
    ] {
        assert_eq!(variable(&command, quiet), Some(&set("1")), "{quiet}");
    }
}

#[test]
fn an_attempt_that_only_looks_is_offered_nothing_that_changes_files() {
    let command = plan(&Request { access: Access::Read, ..request() }).unwrap();
    assert_eq!(option(&command, "--permission-mode"), Some("default"));
    assert_eq!(option(&command, "--allowedTools"), Some("Read,Glob,Grep"));
    assert_eq!(option(&command, "--disallowedTools"), Some("Edit,Write,NotebookEdit"));
}

#[test]
fn the_session_is_the_attempts_own_128_bits() {
    // The two forms of one id, as the ULID specification's reference implementation gives them.
    assert_eq!(
        session_id("01ARZ3NDEKTSV4RRFFQ69G5FAV").as_deref(),
        Some("01563e3a-b5d3-d676-4c61-efb99302bd5b")
    );
    assert_eq!(
        session_id("7ZZZZZZZZZZZZZZZZZZZZZZZZZ").as_deref(),
        Some("ffffffff-ffff-ffff-ffff-ffffffffffff")
    );
    for no_ulid in
        ["", "8ZZZZZZZZZZZZZZZZZZZZZZZZZ", "01ARZ3NDEKTSV4RRFFQ69G5FA", "01ARZ3NDEKTSV4RRFFQ69G5FAU"]
    {
        assert_eq!(session_id(no_ulid), None, "{no_ulid}");
    }
}

#[test]
fn going_on_with_a_session_names_it_and_makes_no_new_one() {
    let session = "813e24ec-3690-4d78-b3e8-e7bf41eb3e2f";
    let command = plan(&Request { session: Some(session.into()), ..request() }).unwrap();
    assert_eq!(option(&command, "--resume"), Some(session));
    assert_eq!(option(&command, "--session-id"), None);
}

#[test]
fn a_prompt_that_looks_like_a_command_is_only_a_prompt() {
    let stdin = |instruction: &str, prompt_syntax| {
        let command = plan(&Request { instruction: instruction.into(), prompt_syntax, ..request() }).unwrap();
        let attachments = variable(&command, "CLAUDE_CODE_DISABLE_ATTACHMENTS").is_none();
        assert_eq!(attachments, prompt_syntax);
        String::from_utf8(command.stdin.unwrap()).unwrap()
    };
    assert_eq!(stdin("/cost", false), " /cost");
    assert_eq!(stdin("!ls", false), " !ls");
    assert_eq!(stdin("see @/etc/hostname", false), "see @/etc/hostname");
    assert_eq!(stdin("/cost", true), "/cost");
}

#[test]
fn an_instruction_is_never_an_argument() {
    let instruction = "--dangerously-skip-permissions".repeat(10_000);
    let command = plan(&Request { instruction: instruction.clone(), ..request() }).unwrap();
    assert!(command.argv.iter().all(|word| !word.contains("dangerously")));
    assert_eq!(command.stdin.unwrap(), instruction.as_bytes());
}

#[test]
fn money_is_written_as_decimal_dollars_without_rounding() {
    for (micros, text) in [(1, "0.000001"), (250_000, "0.25"), (2_000_000, "2"), (12_345_678, "12.345678")] {
        let command = plan(&Request { budget: Some(micros), ..request() }).unwrap();
        assert_eq!(option(&command, "--max-budget-usd"), Some(text));
    }
    let command = plan(&Request { budget: None, ..request() }).unwrap();
    assert_eq!(option(&command, "--max-budget-usd"), None);
}

#[test]
fn nothing_is_started_that_could_not_do_anything() {
    let nothing_left = plan(&Request { budget: Some(0), ..request() }).unwrap_err();
    assert_eq!(nothing_left.class, FailureClass::Budget);
    let nothing_said = plan(&Request { instruction: " \n".into(), ..request() }).unwrap_err();
    assert_eq!(nothing_said.class, FailureClass::SyntaxError);
    let misspelt = plan(&with(&[("max_turn", "3")], &[])).unwrap_err();
    assert_eq!(misspelt.class, FailureClass::SyntaxError);
}

#[test]
fn only_what_is_granted_is_passed() {
    let command = plan(&with(&[], &["CLAUDE_CODE_OAUTH_TOKEN", "HTTPS_PROXY", "GITHUB_TOKEN"])).unwrap();
    let passed: Vec<&str> = command
        .environment
        .iter()
        .filter(|(_, value)| !matches!(value, Value::Set(_)))
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(passed, ["HTTPS_PROXY", "CLAUDE_CODE_OAUTH_TOKEN"]);
}

#[test]
fn without_a_key_the_operators_own_login_is_used() {
    let command = plan(&with(&[], &[])).unwrap();
    assert_eq!(variable(&command, "CLAUDE_CONFIG_DIR"), None);
    let command = plan(&with(&[], &["ANTHROPIC_API_KEY", "CLAUDE_CONFIG_DIR"])).unwrap();
    assert_eq!(variable(&command, "CLAUDE_CONFIG_DIR"), Some(&Value::Pass));
}

#[test]
fn another_providers_endpoint_gets_its_own_key_and_never_anthropics() {
    let settings =
        [("base_url", "https://api.deepseek.com/anthropic/"), ("auth_token_from", "DEEPSEEK_API_KEY")];
    let all = ["ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "DEEPSEEK_API_KEY"];
    let request = Request { model: Some("deepseek-chat".into()), ..with(&settings, &all) };
    let command = plan(&request).unwrap();
    assert_eq!(variable(&command, "ANTHROPIC_BASE_URL"), Some(&set("https://api.deepseek.com/anthropic")));
    let token = Value::PassFrom("DEEPSEEK_API_KEY".into());
    assert_eq!(variable(&command, "ANTHROPIC_AUTH_TOKEN"), Some(&token));
    assert_eq!(variable(&command, "ANTHROPIC_API_KEY"), None);
    assert_eq!(variable(&command, "CLAUDE_CODE_OAUTH_TOKEN"), None);
    assert_eq!(variable(&command, "ANTHROPIC_DEFAULT_HAIKU_MODEL"), Some(&set("deepseek-chat")));

    let not_granted = plan(&with(&settings, &["ANTHROPIC_API_KEY"])).unwrap_err();
    assert_eq!(not_granted.class, FailureClass::AuthFailure);
    assert!(not_granted.message.contains("DEEPSEEK_API_KEY"));
}

#[test]
fn mcp_servers_are_written_to_a_file_because_they_may_hold_tokens() {
    let config = r#"{"mcpServers":{"orc":{"type":"http","url":"http://127.0.0.1:1/mcp","headers":{"Authorization":"Bearer s3cret"}}}}"#;
    let command = plan(&with(&[("mcp_config", config)], &[])).unwrap();
    assert!(command.argv.iter().all(|word| !word.contains("s3cret")));
    assert_eq!(option(&command, "--mcp-config"), Some("/scratch/mcp.json"));
    assert_eq!(command.files.len(), 1);
    assert_eq!(command.files[0].place, Place::Scratch);
    assert_eq!(command.files[0].path, "mcp.json");
    assert_eq!(command.files[0].content, config.as_bytes());
    assert!(option(&command, "--allowedTools").unwrap().ends_with(",mcp__orc"));

    let command = plan(&with(&[("mcp_config", "/etc/servers.json")], &[])).unwrap();
    assert_eq!(option(&command, "--mcp-config"), Some("/etc/servers.json"));
    assert!(command.files.is_empty());
}

#[test]
fn settings_have_the_last_word() {
    let settings = [
        ("max_turns", "7"),
        ("max_retries", "0"),
        ("allowed_tools", "Read,Edit"),
        ("permission_mode", "dontAsk"),
        ("fallback_model", "claude-haiku-4-5"),
        ("append_system_prompt", "Be brief."),
        ("partial_messages", "true"),
        ("extra_arguments", r#"["--betas","x"]"#),
        ("env.DISABLE_TELEMETRY", "0"),
        ("request_timeout_ms", "5000"),
    ];
    let command = plan(&Request { effort: Some(Effort::High), ..with(&settings, &[]) }).unwrap();
    assert_eq!(option(&command, "--max-turns"), Some("7"));
    assert_eq!(option(&command, "--allowedTools"), Some("Read,Edit"));
    assert_eq!(option(&command, "--permission-mode"), Some("dontAsk"));
    assert_eq!(option(&command, "--fallback-model"), Some("claude-haiku-4-5"));
    assert_eq!(option(&command, "--append-system-prompt"), Some("Be brief."));
    assert_eq!(option(&command, "--effort"), Some("high"));
    assert_eq!(option(&command, "--betas"), Some("x"));
    assert!(command.argv.iter().any(|word| word == "--include-partial-messages"));
    assert_eq!(variable(&command, "CLAUDE_CODE_MAX_RETRIES"), Some(&set("0")));
    assert_eq!(variable(&command, "DISABLE_TELEMETRY"), Some(&set("0")));
    assert_eq!(variable(&command, "API_TIMEOUT_MS"), Some(&set("5000")));
}
