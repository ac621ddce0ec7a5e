//! How the verdict weighs who ended the program against what it said.

use super::*;
use alloc::vec;

fn exit(ending: Ending) -> Exit {
    Exit { code: None, signal: Some(9), ending, stderr: String::new() }
}

fn by_itself(code: i32, stderr: &str) -> Exit {
    Exit { code: Some(code), signal: None, ending: Ending::Itself, stderr: stderr.into() }
}

const NOTHING: Evidence<'_> = Evidence {
    ended: None,
    went_on: false,
    error: None,
    retry: None,
    refused: false,
    limit: None,
    stray: "",
};

fn success() -> Ended {
    Ended { subtype: "success".into(), text: "Done.".into(), ..Ended::default() }
}

fn failed(verdict: Verdict) -> Failure {
    match verdict {
        Verdict::Failed(failure) => failure,
        Verdict::Completed => panic!("completed"),
    }
}

fn class(evidence: &Evidence<'_>, exit: &Exit) -> FailureClass {
    failed(verdict(evidence, exit)).class
}

#[test]
fn who_ended_it_decides_where_nothing_was_finished() {
    for (ending, expected) in [
        (Ending::WallClock, FailureClass::Timeout),
        (Ending::Idle, FailureClass::Timeout),
        (Ending::Cancelled, FailureClass::Cancelled),
        (Ending::OverBudget, FailureClass::Budget),
        (Ending::Lost, FailureClass::Lost),
        (Ending::Itself, FailureClass::Killed),
    ] {
        assert_eq!(class(&NOTHING, &exit(ending)), expected);
    }
}

#[test]
fn somebodys_will_stands_whatever_was_said_and_time_does_not_undo_what_was_done() {
    let success = success();
    let done = Evidence { ended: Some(&success), ..NOTHING };
    assert_eq!(class(&done, &exit(Ending::Cancelled)), FailureClass::Cancelled);
    assert_eq!(class(&done, &exit(Ending::OverBudget)), FailureClass::Budget);
    for ending in [Ending::Itself, Ending::AfterFinal, Ending::WallClock, Ending::Idle, Ending::Lost] {
        assert!(matches!(verdict(&done, &exit(ending)), Verdict::Completed), "{ending:?}");
    }
}

#[test]
fn a_success_that_was_gone_on_from_covers_nothing_after_it() {
    let success = success();
    let on = Evidence { ended: Some(&success), went_on: true, ..NOTHING };
    assert_eq!(class(&on, &exit(Ending::WallClock)), FailureClass::Timeout);
    assert_eq!(class(&on, &exit(Ending::Lost)), FailureClass::Lost);
    assert_eq!(class(&on, &exit(Ending::Itself)), FailureClass::Killed);
    assert_eq!(class(&on, &by_itself(0, "")), FailureClass::Unknown);
}

#[test]
fn exit_code_zero_without_a_result_is_no_success() {
    let failure = failed(verdict(&NOTHING, &by_itself(0, "")));
    assert_eq!(failure.class, FailureClass::Unknown);
    assert!(failure.message.contains("without a result"));
}

#[test]
fn exit_code_one_after_a_success_is_still_a_success() {
    let success = success();
    let done = Evidence { ended: Some(&success), ..NOTHING };
    assert!(matches!(verdict(&done, &by_itself(1, "could not close an MCP server")), Verdict::Completed));
}

fn api(kind: &str, status: Option<u16>, text: &str) -> Failure {
    let ended =
        Ended { subtype: "success".into(), is_error: true, status, text: text.into(), ..Ended::default() };
    let error = ApiError { kind: kind.into(), text: text.into() };
    let evidence = Evidence { ended: Some(&ended), error: Some(&error), ..NOTHING };
    let failure = failed(verdict(&evidence, &by_itself(1, "")));
    assert_eq!(failure.status, status);
    assert!(failure.remedy.is_some(), "{failure:?}");
    failure
}

#[test]
fn every_error_of_the_api_has_its_class() {
    use FailureClass::*;
    for (kind, status, text, expected) in [
        ("authentication_failed", None, "Not logged in · Please run /login", AuthFailure),
        ("authentication_failed", Some(401), "Invalid API key", AuthFailure),
        ("authentication_failed", Some(403), "Failed to authenticate. API Error: 403", AuthFailure),
        ("oauth_org_not_allowed", Some(403), "Your organization", AuthFailure),
        ("billing_error", Some(400), "Credit balance is too low", NoCredit),
        ("rate_limit", Some(429), "API Error: Request rejected (429)", RateLimited),
        ("rate_limit", None, "You've hit your session limit", RateLimited),
        ("server_error", Some(529), "API Error: 529 Overloaded.", Overloaded),
        ("server_error", Some(500), "API Error: 500 Internal server error", Overloaded),
        ("server_error", Some(503), "API Error: 503", Overloaded),
        ("server_error", None, "API Error: Unable to connect to API (ConnectionRefused)", Network),
        ("server_error", None, "API Error: Connection to the API was lost (ECONNRESET).", Network),
        ("unknown", None, "API Error: Request timed out.", Network),
        ("unknown", None, "API Error: Failed to parse JSON", Network),
        ("unknown", None, "API Error: Overloaded", Overloaded),
        ("model_not_found", Some(404), "There's an issue with the selected model (nope).", UnknownModel),
        ("max_output_tokens", None, "API Error: Claude's response exceeded the 32000", Unknown),
        ("invalid_request", Some(400), "API Error: 400 tools.0: extra inputs", SyntaxError),
        ("invalid_request", Some(413), "API Error: 413 request too large", ContextOverflow),
        ("", Some(404), "API Error: 404", UnknownModel),
        ("", None, "something new", Unknown),
    ] {
        let failure = api(kind, status, text);
        assert_eq!(failure.class, expected, "{kind} {status:?} {text}: {failure:?}");
        assert!(!failure.message.contains("API Error: API Error"), "{failure:?}");
    }
}

#[test]
fn a_missing_a_wrong_and_a_forbidden_credential_are_told_apart() {
    let missing = api("authentication_failed", None, "Not logged in · Please run /login");
    let wrong = api("authentication_failed", Some(401), "Invalid API key · Fix external API key");
    let forbidden = api("authentication_failed", Some(403), "Failed to authenticate.");
    assert!(missing.remedy.as_ref().unwrap().contains("ANTHROPIC_API_KEY"));
    assert!(wrong.message.contains("401") && wrong.remedy != missing.remedy);
    assert!(forbidden.message.contains("403") && forbidden.remedy != wrong.remedy);
}

fn of_result(subtype: &str, terminal: &str, errors: &[&str]) -> Failure {
    let ended = Ended {
        subtype: subtype.into(),
        is_error: true,
        terminal_reason: terminal.into(),
        errors: errors.iter().map(|error| (*error).into()).collect(),
        ..Ended::default()
    };
    failed(verdict(&Evidence { ended: Some(&ended), ..NOTHING }, &by_itself(1, "")))
}

#[test]
fn the_programs_own_limits_have_their_class() {
    let turns = of_result("error_max_turns", "max_turns", &["Reached maximum number of turns (3)"]);
    assert_eq!(turns.class, FailureClass::Timeout);
    assert!(turns.remedy.unwrap().contains("max_turns"));
    let budget = of_result("error_max_budget_usd", "", &["Reached maximum budget ($0.01)"]);
    assert_eq!(budget.class, FailureClass::Budget);
    assert!(budget.message.contains("$0.01"));
    let form = of_result("error_max_structured_output_retries", "", &[]);
    assert_eq!(form.class, FailureClass::Unknown);
    let interrupted = of_result("error_during_execution", "aborted_tools", &["[ede_diagnostic]"]);
    assert_eq!(interrupted.class, FailureClass::Killed);
    let gone = of_result("error_during_execution", "", &["No conversation found with session ID: x"]);
    assert_eq!(gone.class, FailureClass::SyntaxError);
}

#[test]
fn an_interrupted_program_that_a_signal_ended_is_told_with_the_signal() {
    let ended = Ended {
        subtype: "error_during_execution".into(),
        is_error: true,
        terminal_reason: "aborted_streaming".into(),
        errors: vec!["[ede_diagnostic]".into()],
        ..Ended::default()
    };
    let evidence = Evidence { ended: Some(&ended), ..NOTHING };
    let failure = failed(verdict(&evidence, &by_itself(130, "")));
    assert_eq!(failure.class, FailureClass::Killed);
    assert!(failure.message.contains("SIGINT"), "{}", failure.message);
    assert_eq!(class(&evidence, &exit(Ending::Cancelled)), FailureClass::Cancelled);
}

#[test]
fn a_timeout_says_what_was_waited_for() {
    let retry = Retry { class: FailureClass::RateLimited, status: Some(429), after: 39_184 };
    let evidence = Evidence { retry: Some(&retry), ..NOTHING };
    let failure = failed(verdict(&evidence, &exit(Ending::WallClock)));
    assert_eq!((failure.class, failure.status), (FailureClass::Timeout, Some(429)));
    assert!(failure.message.contains("HTTP 429"), "{}", failure.message);
}

#[test]
fn a_program_that_does_not_begin_says_why() {
    for (stderr, expected) in [
        ("error: unknown option '--no-such-flag'", FailureClass::SyntaxError),
        ("Error: Session ID 1 is already in use.", FailureClass::SyntaxError),
        (
            "--dangerously-skip-permissions cannot be used with root/sudo privileges",
            FailureClass::SyntaxError,
        ),
        ("No conversation found with session ID: 1", FailureClass::SyntaxError),
        ("Bun has crashed\nIllegal instruction", FailureClass::Unknown),
    ] {
        let failure = failed(verdict(&NOTHING, &by_itself(1, stderr)));
        assert_eq!(failure.class, expected, "{stderr}");
        assert!(failure.message.contains(stderr.lines().next().unwrap()), "{}", failure.message);
        assert!(failure.remedy.is_some());
    }
    let stray = Evidence { stray: "claude: not found", ..NOTHING };
    assert!(failed(verdict(&stray, &by_itself(127, ""))).message.contains("claude: not found"));
}
