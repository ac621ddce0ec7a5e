//! What is run, word for word, and what is refused before anything is run.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may fail where it likes"
)]

#[path = "../../../tests/adapters/harness.rs"]
mod harness;

use adapter::Gemini;
use adapter::bindings::jackfield::plugin::types::{FailureClass, Login};
use adapter::driving::{Access, Command, Guest, Place, ProbeResult, Request, Value};
use gemini_adapter as adapter;
use harness::request;

fn plan(change: impl FnOnce(&mut Request)) -> Command {
    let mut request = request();
    change(&mut request);
    Gemini::plan(request).unwrap()
}

fn key(request: &mut Request) {
    request.present.push("GEMINI_API_KEY".into());
}

fn set(request: &mut Request, key: &str, value: &str) {
    request.settings.push((key.into(), value.into()));
}

fn environment(command: &Command) -> Vec<(&str, &str)> {
    fn told(value: &Value) -> &str {
        match value {
            Value::Set(text) => text,
            Value::Pass => "(passed)",
            Value::PassFrom(_) => "(from another)",
        }
    }
    command.environment.iter().map(|(name, value)| (name.as_str(), told(value))).collect()
}

const ALWAYS: [(&str, &str); 2] = [("GEMINI_CLI_NO_RELAUNCH", "1"), ("GEMINI_CLI_TRUST_WORKSPACE", "true")];

#[test]
fn with_a_key_gemini_runs_in_a_home_of_its_own() {
    let command = plan(|request| {
        key(request);
        set(request, "base_url", "http://127.0.0.1:18080/");
        set(request, "max_turns", "30");
    });
    let argv =
        ["gemini", "--output-format", "stream-json", "-m", "gemini-2.5-pro", "--approval-mode", "yolo"];
    assert_eq!(command.argv, argv);
    assert_eq!(command.stdin.as_deref(), Some(&b"Say hello."[..]));
    let mut expected = ALWAYS.to_vec();
    expected.extend([
        ("GEMINI_API_KEY", "(passed)"),
        ("GEMINI_CLI_HOME", "/srv/state"),
        ("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:18080"),
    ]);
    assert_eq!(environment(&command), expected);
    let [settings] = &command.files[..] else { panic!("{:?}", command.files) };
    assert_eq!((settings.place, settings.path.as_str()), (Place::State, ".gemini/settings.json"));
    let settings: serde_json::Value = serde_json::from_slice(&settings.content).unwrap();
    let expected = serde_json::json!({
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "privacy": {"usageStatisticsEnabled": false},
        "general": {"enableAutoUpdate": false, "enableAutoUpdateNotification": false, "maxAttempts": 3},
        "model": {"maxSessionTurns": 30}
    });
    assert_eq!(settings, expected);
}

#[test]
fn without_a_key_the_persons_own_login_is_used() {
    let command = plan(|_| {});
    assert_eq!(environment(&command), ALWAYS);
    assert!(command.files.is_empty());
    let command = plan(|request| {
        key(request);
        set(request, "auth", "login");
        request.present.extend(["GEMINI_CLI_HOME".into(), "GOOGLE_CLOUD_PROJECT".into()]);
    });
    let mut expected = ALWAYS.to_vec();
    expected.extend([("GEMINI_CLI_HOME", "(passed)"), ("GOOGLE_CLOUD_PROJECT", "(passed)")]);
    assert_eq!(environment(&command), expected);
}

#[test]
fn access_and_settings_decide_what_is_approved() {
    let mode = |access, approval: Option<&str>| {
        let command = plan(|request| {
            request.access = access;
            approval.iter().for_each(|approval| set(request, "approval", approval));
        });
        command.argv.last().unwrap().clone()
    };
    assert_eq!(mode(Access::Read, Some("yolo")), "default");
    assert_eq!(mode(Access::Edit, None), "yolo");
    assert_eq!(mode(Access::Edit, Some("auto_edit")), "auto_edit");
}

#[test]
fn a_session_is_resumed_by_its_id() {
    let command = plan(|request| {
        request.session = Some("be2b27bb-a221-43d7-93b5-b7d51a7f9109".into());
        request.model = Some("gemini-3.8-flash".into());
    });
    assert_eq!(command.argv[3..5], ["-m", "gemini-3.8-flash"]);
    assert_eq!(command.argv[7..], ["--resume", "be2b27bb-a221-43d7-93b5-b7d51a7f9109"]);
}

#[test]
fn the_agents_own_syntax_does_nothing_unless_it_was_asked_for() {
    let sent = |instruction: &str, prompt_syntax| {
        let command = plan(|request| {
            request.instruction = instruction.into();
            request.prompt_syntax = prompt_syntax;
        });
        String::from_utf8(command.stdin.unwrap()).unwrap()
    };
    assert_eq!(sent("/memory show", true), "/memory show");
    assert_eq!(sent("see @a", true), "see @a");
    assert!(!sent("/memory show", false).starts_with('/'));
    assert!(sent("see @a", false).ends_with("see \\@a"));
    assert_eq!(sent("plain", false), "plain");
}

#[test]
fn what_cannot_work_is_refused_with_what_to_do() {
    let class = |change: fn(&mut Request)| {
        let mut request = request();
        change(&mut request);
        let failure = Gemini::plan(request).unwrap_err();
        assert!(failure.remedy.is_some(), "{failure:?}");
        failure.class
    };
    assert_eq!(class(|request| request.instruction = " \n".into()), FailureClass::SyntaxError);
    assert_eq!(
        class(|request| request.instruction = "x".repeat((8 << 20) + 1)),
        FailureClass::ContextOverflow
    );
    assert_eq!(class(|request| request.model = Some("--yolo".into())), FailureClass::SyntaxError);
    assert_eq!(class(|request| request.session = Some(String::new())), FailureClass::SyntaxError);
    assert_eq!(class(|request| set(request, "auth", "key")), FailureClass::AuthFailure);
    assert_eq!(class(|request| set(request, "base_url", "http://127.0.0.1:1")), FailureClass::AuthFailure);
    assert_eq!(class(|request| set(request, "base_url", "example.org")), FailureClass::SyntaxError);
    assert_eq!(class(|request| set(request, "max_turns", "0")), FailureClass::SyntaxError);
    assert_eq!(class(|request| set(request, "colour", "red")), FailureClass::SyntaxError);
}

#[test]
fn only_described_variables_are_ever_passed() {
    let described: Vec<_> =
        Gemini::describe().environment.into_iter().map(|variable| variable.name).collect();
    for auth in ["auto", "login"] {
        let command = plan(|request| {
            request.present = described.clone();
            set(request, "auth", auth);
        });
        for (name, value) in &command.environment {
            assert!(matches!(value, Value::Set(_)) || described.contains(name), "{name}");
        }
    }
}

#[test]
fn health_says_honestly_that_a_login_cannot_be_seen() {
    let health = |present: &[&str]| {
        let version = ProbeResult {
            name: "version".into(),
            code: Some(0),
            stdout: "0.61.0\n".into(),
            stderr: "Warning: 256-color support not detected.\n".into(),
        };
        Gemini::read_probes(vec![version], present.iter().map(ToString::to_string).collect())
    };
    let key = health(&["GEMINI_API_KEY"]);
    assert_eq!((key.installed, key.version.as_deref(), key.login), (true, Some("0.61.0"), Login::LoggedIn));
    assert_eq!(key.account.as_deref(), Some("API key from GEMINI_API_KEY"));
    assert_eq!(health(&["GOOGLE_GENAI_USE_VERTEXAI"]).account.as_deref(), Some("Google Cloud"));
    let none = health(&[]);
    assert_eq!(none.login, Login::Unknown);
    assert!(none.remedy.unwrap().contains("GEMINI_API_KEY"));
    let missing = Gemini::read_probes(Vec::new(), Vec::new());
    assert!(!missing.installed && missing.remedy.unwrap().contains("npm install"));
}
