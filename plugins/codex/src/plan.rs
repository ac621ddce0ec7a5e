//! The command line of one attempt.
//!
//! The instruction goes by standard input and never on the argument list. Codex has no prompt
//! syntax of its own that needs neutralising: neither `/commands` nor `@paths` mean anything to
//! `codex exec`.

use crate::describe::{DEFAULT_MODEL, HOME, PROGRAM};
use crate::driving::{Access, Command, Effort, Failure, FailureClass, Request, Value};
use crate::provider::Provider;
use crate::settings::Settings;
use crate::verdict::failure;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use jackfield_sdk::json::quote;

/// The most characters that codex takes as a prompt; more makes it fail after it has started.
const MOST_CHARACTERS: usize = 1 << 20;

/// A stream that has said nothing for so long is tried again.
const STREAM_IDLE_MS: u64 = 120_000;

/// Codex exits within half a second of its last event; the analytics that would hold it are off.
const FINAL_GRACE_MS: u64 = 5_000;

pub(crate) fn command(request: &Request) -> Result<Command, Failure> {
    check(request)?;
    let settings = Settings::read(request)?;
    let provider = Provider::choose(&settings, request)?;

    let mut argv = Arguments(vec![PROGRAM.to_string(), "exec".to_string()]);
    if request.session.is_some() {
        argv.add("resume");
    }
    argv.add("--json");
    argv.add("--skip-git-repo-check");
    argv.pair("-m", request.model.as_deref().unwrap_or(DEFAULT_MODEL));
    sandbox(&mut argv, request, &settings);
    shell(&mut argv, request, &provider);
    provide(&mut argv, &provider);
    if let Some(effort) = request.effort {
        argv.config("model_reasoning_effort", name_of(effort));
    }
    argv.config("analytics.enabled", "false");
    argv.config("check_for_update_on_startup", "false");
    argv.pair("--disable", "plugins");
    argv.pair("--disable", "unbounded_connection_retries");
    if let Some(session) = &request.session {
        argv.add(session);
    }
    argv.add("-");

    Ok(Command {
        argv: argv.0,
        stdin: Some(request.instruction.clone().into_bytes()),
        environment: environment(request, &provider),
        files: Vec::new(),
        final_grace: FINAL_GRACE_MS,
    })
}

fn check(request: &Request) -> Result<(), Failure> {
    if request.instruction.trim().is_empty() {
        return Err(failure(
            FailureClass::SyntaxError,
            "The instruction is empty.".into(),
            Some("Say what should be done."),
        ));
    }
    let characters = request.instruction.chars().count();
    if characters > MOST_CHARACTERS {
        return Err(failure(
            FailureClass::ContextOverflow,
            format!("The instruction has {characters} characters; codex takes {MOST_CHARACTERS}."),
            Some("Put the material into files in the workspace and name them."),
        ));
    }
    // This ensures that neither can be read as a flag.
    let mut names = request.model.iter().chain(&request.session);
    if let Some(name) = names.find(|name| name.is_empty() || name.starts_with('-')) {
        return Err(failure(
            FailureClass::SyntaxError,
            format!("{name:?} is neither a model nor a session."),
            None,
        ));
    }
    Ok(())
}

fn sandbox(argv: &mut Arguments, request: &Request, settings: &Settings<'_>) {
    let mode = match request.access {
        Access::Read => "read-only",
        Access::Edit if settings.sandbox => "workspace-write",
        Access::Edit => "danger-full-access",
    };
    // `exec resume` has no flag for it.
    if request.session.is_some() {
        argv.config("sandbox_mode", &quote(mode));
    } else {
        argv.pair("--sandbox", mode);
    }
    if settings.network && mode == "workspace-write" {
        argv.config("sandbox_workspace_write.network_access", "true");
    }
}

/// What the commands that the model runs see: the host's PATH rather than that of a login shell,
/// no keys, and which attempt they belong to.
fn shell(argv: &mut Arguments, request: &Request, provider: &Provider<'_>) {
    let exclude = provider.env_key().map_or(String::new(), |name| format!("exclude=[{}],", quote(name)));
    let attempt = quote(&request.attempt);
    argv.config("allow_login_shell", "false");
    argv.config(
        "shell_environment_policy",
        &format!(
            "{{inherit=\"all\",ignore_default_excludes=false,{exclude}set={{JACKFIELD_ATTEMPT={attempt}}}}}"
        ),
    );
}

fn provide(argv: &mut Arguments, provider: &Provider<'_>) {
    let Provider::Own { base_url, env_key } = provider else { return };
    let key = env_key.map_or(String::new(), |name| format!("env_key={},", quote(name)));
    argv.config("model_provider", "jackfield");
    argv.config(
        "model_providers.jackfield",
        &format!(
            "{{name=\"jackfield\",base_url={},{key}wire_api=\"responses\",request_max_retries=1,\
             stream_max_retries=2,stream_idle_timeout_ms={STREAM_IDLE_MS}}}",
            quote(base_url)
        ),
    );
}

fn environment(request: &Request, provider: &Provider<'_>) -> Vec<(String, Value)> {
    let mut environment = Vec::new();
    if let Some(key) = provider.env_key() {
        environment.push((key.to_string(), Value::Pass));
    }
    match provider {
        Provider::Login if request.present.iter().any(|name| name == HOME) => {
            environment.push((HOME.to_string(), Value::Pass));
        }
        Provider::Login => {}
        _ => environment.push((HOME.to_string(), Value::Set(request.folders.state.clone()))),
    }
    environment
}

const fn name_of(effort: Effort) -> &'static str {
    match effort {
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
    }
}

struct Arguments(Vec<String>);

impl Arguments {
    fn add(&mut self, argument: &str) {
        self.0.push(argument.to_string());
    }

    fn pair(&mut self, flag: &str, value: &str) {
        self.add(flag);
        self.add(value);
    }

    fn config(&mut self, key: &str, value: &str) {
        self.pair("-c", &format!("{key}={value}"));
    }
}
