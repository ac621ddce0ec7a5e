//! What is run, word for word, and what is refused before anything is run.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test may fail where it likes"
)]

#[path = "../../../tests/adapters/harness.rs"]
mod harness;

use adapter::Codex;
use adapter::bindings::jackfield::plugin::types::{FailureClass, Login};
use adapter::driving::{Access, Command, Effort, Failure, Guest, Health, ProbeResult, Request, Value};
use codex_adapter as adapter;
use harness::request;

const POLICY: &str = "shell_environment_policy={inherit=\"all\",ignore_default_excludes=false,\
    set={JACKFIELD_ATTEMPT=\"01JZ0000000000000000000000\"}}";
const QUIET: [&str; 9] = [
    "-c",
    "analytics.enabled=false",
    "-c",
    "check_for_update_on_startup=false",
    "--disable",
    "plugins",
    "--disable",
    "unbounded_connection_retries",
    "-",
];

fn plan(change: impl FnOnce(&mut Request)) -> Command {
    let mut request = request();
    change(&mut request);
    Codex::plan(request).unwrap()
}

fn refuse(change: impl FnOnce(&mut Request)) -> Failure {
    let mut request = request();
    change(&mut request);
    Codex::plan(request).unwrap_err()
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

#[test]
fn with_nothing_set_the_persons_own_login_is_used() {
    let command = plan(|_| {});
    let mut argv = vec!["codex", "exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5"];
    argv.extend(["--sandbox", "workspace-write", "-c", "allow_login_shell=false", "-c", POLICY]);
    argv.extend(QUIET);
    assert_eq!(command.argv, argv);
    assert_eq!(command.stdin.as_deref(), Some(&b"Say hello."[..]));
    assert_eq!(environment(&command), []);
    assert!(command.files.is_empty());
}

#[test]
fn an_openai_key_needs_a_provider_of_our_own_with_bounded_retries() {
    let command = plan(|request| request.present = vec!["OPENAI_API_KEY".into()]);
    let mut argv = vec!["codex", "exec", "--json", "--skip-git-repo-check", "-m", "gpt-5.5"];
    argv.extend(["--sandbox", "workspace-write", "-c", "allow_login_shell=false", "-c"]);
    let policy = POLICY.replace("set=", "exclude=[\"OPENAI_API_KEY\"],set=");
    argv.push(&policy);
    argv.extend(["-c", "model_provider=jackfield", "-c"]);
    argv.push(
        "model_providers.jackfield={name=\"jackfield\",base_url=\"https://api.openai.com/v1\",\
         env_key=\"OPENAI_API_KEY\",wire_api=\"responses\",request_max_retries=1,stream_max_retries=2,\
         stream_idle_timeout_ms=120000}",
    );
    argv.extend(QUIET);
    assert_eq!(command.argv, argv);
    assert_eq!(environment(&command), [("OPENAI_API_KEY", "(passed)"), ("CODEX_HOME", "/srv/state")]);
}

#[test]
fn a_codex_key_goes_to_the_built_in_provider_and_comes_before_an_openai_key() {
    let command = plan(|request| request.present = vec!["OPENAI_API_KEY".into(), "CODEX_API_KEY".into()]);
    assert!(!command.argv.iter().any(|argument| argument.contains("model_provider")), "{:?}", command.argv);
    assert_eq!(environment(&command), [("CODEX_API_KEY", "(passed)"), ("CODEX_HOME", "/srv/state")]);
}

#[test]
fn auth_login_leaves_keys_alone_and_finds_the_persons_own_home() {
    let command = plan(|request| {
        request.present = vec!["OPENAI_API_KEY".into(), "CODEX_API_KEY".into(), "CODEX_HOME".into()];
        set(request, "auth", "login");
    });
    assert_eq!(environment(&command), [("CODEX_HOME", "(passed)")]);
}

#[test]
fn another_address_works_with_a_key_and_without_one() {
    let with = |present: &[&str], env_key: Option<&str>| {
        let command = plan(|request| {
            request.present = present.iter().map(ToString::to_string).collect();
            set(request, "base_url", "http://127.0.0.1:18080/v1/");
            env_key.iter().for_each(|name| set(request, "env_key", name));
        });
        let provider = command.argv.iter().find(|argument| argument.starts_with("model_providers.")).unwrap();
        assert!(provider.contains("base_url=\"http://127.0.0.1:18080/v1\","), "{provider}");
        provider.split_once("env_key=\"").map(|(_, rest)| rest.split('"').next().unwrap().to_string())
    };
    assert_eq!(with(&[], None), None);
    assert_eq!(with(&["OPENAI_API_KEY"], None).as_deref(), Some("OPENAI_API_KEY"));
    let both = ["OPENAI_API_KEY", "OPENROUTER_API_KEY"];
    assert_eq!(with(&both, Some("OPENROUTER_API_KEY")).as_deref(), Some("OPENROUTER_API_KEY"));
}

#[test]
fn a_session_is_resumed_with_its_sandbox_as_configuration() {
    let command = plan(|request| {
        request.session = Some("01a1fb83-22f2-7f12-915f-e899ec9d0a57".into());
        request.model = Some("gpt-6-sol".into());
        request.effort = Some(Effort::High);
    });
    let mut argv =
        vec!["codex", "exec", "resume", "--json", "--skip-git-repo-check", "-m", "gpt-6-sol", "-c"];
    argv.extend(["sandbox_mode=\"workspace-write\"", "-c", "allow_login_shell=false", "-c", POLICY]);
    argv.extend(["-c", "model_reasoning_effort=high"]);
    argv.extend(&QUIET[..8]);
    argv.extend(["01a1fb83-22f2-7f12-915f-e899ec9d0a57", "-"]);
    assert_eq!(command.argv, argv);
}

#[test]
fn access_and_settings_decide_the_sandbox() {
    let mode = |access, settings: &[(&str, &str)]| {
        let command = plan(|request| {
            request.access = access;
            settings.iter().for_each(|(key, value)| set(request, key, value));
        });
        let at = command.argv.iter().position(|argument| argument == "--sandbox").unwrap();
        let network =
            command.argv.iter().any(|argument| argument == "sandbox_workspace_write.network_access=true");
        (command.argv[at + 1].clone(), network)
    };
    let network = [("network", "true")];
    assert_eq!(mode(Access::Read, &network), ("read-only".into(), false));
    assert_eq!(mode(Access::Edit, &network), ("workspace-write".into(), true));
    assert_eq!(mode(Access::Edit, &[("network", "false")]), ("workspace-write".into(), false));
    assert_eq!(mode(Access::Edit, &[("sandbox", "off")]), ("danger-full-access".into(), false));
    assert_eq!(mode(Access::Read, &[("sandbox", "off")]), ("read-only".into(), false));
}

#[test]
fn what_cannot_work_is_refused_with_what_to_do() {
    let class = |change: fn(&mut Request)| {
        let failure = refuse(change);
        assert!(failure.remedy.is_some() || failure.message.contains("neither"), "{failure:?}");
        failure.class
    };
    assert_eq!(class(|request| request.instruction = " \n".into()), FailureClass::SyntaxError);
    assert_eq!(
        class(|request| request.instruction = "é".repeat((1 << 20) + 1)),
        FailureClass::ContextOverflow
    );
    assert_eq!(class(|request| request.model = Some("--yolo".into())), FailureClass::SyntaxError);
    assert_eq!(class(|request| request.session = Some("-c".into())), FailureClass::SyntaxError);
    assert_eq!(class(|request| set(request, "auth", "key")), FailureClass::AuthFailure);
    assert_eq!(class(|request| set(request, "env_key", "OPENAI_API_KEY")), FailureClass::AuthFailure);
    assert_eq!(class(|request| set(request, "env_key", "HOME")), FailureClass::AuthFailure);
    assert_eq!(class(|request| set(request, "base_url", "api.openai.com")), FailureClass::SyntaxError);
    assert_eq!(class(|request| set(request, "colour", "red")), FailureClass::SyntaxError);
}

#[test]
fn only_described_variables_are_ever_passed() {
    let described: Vec<_> = Codex::describe().environment.into_iter().map(|variable| variable.name).collect();
    let command = plan(|request| request.present = described.clone());
    for (name, _) in &command.environment {
        assert!(described.contains(name), "{name}");
    }
    assert!(described.contains(&"CODEX_HOME".to_string()));
}

fn health(login: (i32, &str), present: &[&str]) -> Health {
    let result = |name: &str, code, stdout: &str, stderr: &str| ProbeResult {
        name: name.into(),
        code,
        stdout: stdout.into(),
        stderr: stderr.into(),
    };
    let results = vec![
        result("version", Some(0), "codex-cli 0.169.0\n", ""),
        result("login", Some(login.0), "", login.1),
    ];
    Codex::read_probes(results, present.iter().map(ToString::to_string).collect())
}

#[test]
fn health_tells_who_is_logged_in_and_never_a_part_of_the_key() {
    let key = health((0, "API key configured - sk-stand***56789\nAuthentication is checked …\n"), &[]);
    assert_eq!((key.installed, key.version.as_deref(), key.login), (true, Some("0.169.0"), Login::LoggedIn));
    assert_eq!(key.account.as_deref(), Some("API key stored by codex"));
    assert_eq!(
        health((0, "Logged in using ChatGPT\n"), &[]).account.as_deref(),
        Some("ChatGPT subscription")
    );

    let none = health((1, "Not logged in\n"), &[]);
    assert_eq!(none.login, Login::LoggedOut);
    assert!(none.remedy.unwrap().contains("codex login"));
    let environment = health((1, "Not logged in\n"), &["OPENAI_API_KEY"]);
    assert_eq!(environment.account.as_deref(), Some("API key from OPENAI_API_KEY"));
    assert_eq!((environment.login, environment.remedy), (Login::LoggedIn, None));
    let both = health((0, "Logged in using ChatGPT\n"), &["OPENAI_API_KEY"]);
    assert!(both.account.unwrap().contains("auth = \"login\""));

    let missing = Codex::read_probes(Vec::new(), Vec::new());
    assert!(!missing.installed && missing.remedy.unwrap().contains("npm install"));
}
