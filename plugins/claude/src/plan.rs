//! The command line, the environment and the files of one attempt.
//!
//! - The instruction goes by standard input, so it is never an argument and has no length limit.
//! - No settings file and no MCP server of the operator's own account takes part unless a setting says so.
//! - A credential is passed only where it is granted, and no credential of Anthropic's goes to an endpoint
//!   that has one of its own (`auth_token_from`, `api_key_from`).
//! - The session's id is the attempt's ULID as a UUID, the same 128 bits: known before the program starts.

use crate::driving::{Access, Command, File, Place, Request, Value};
use crate::identity::{CREDENTIALS, PROGRAM, passed};
use crate::settings::Settings;
use crate::types::{Effort, Failure, FailureClass};
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use jackfield_sdk::json;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// After its final result the program has its MCP servers to close and its session to write.
const FINAL_GRACE_MS: u64 = 10_000;

/// No web tool: what an agent reads could otherwise talk it into sending that away. Commands that
/// only look are let through by the program itself.
const READ_TOOLS: [&str; 3] = ["Read", "Glob", "Grep"];
const EDIT_TOOLS: [&str; 6] = ["Bash", "Edit", "Write", "NotebookEdit", "WebFetch", "WebSearch"];
const CHANGING_TOOLS: [&str; 3] = ["Edit", "Write", "NotebookEdit"];
const MCP_FILE: &str = "mcp.json";

/// What to run for `request`.
///
/// # Errors
/// Where the request cannot be carried out as it is: a setting that cannot be read, an empty
/// instruction, a budget of nothing, a credential that is named and not granted.
pub fn plan(request: &Request) -> Result<Command, Failure> {
    let settings = Settings::read(&request.settings)?;
    if request.instruction.trim().is_empty() {
        return Err(refuse(
            FailureClass::SyntaxError,
            "The instruction is empty.",
            "Say what should be done.",
        ));
    }
    if request.budget == Some(0) {
        return Err(refuse(
            FailureClass::Budget,
            "Nothing is left of the budget for this attempt.",
            "Raise the limit, or wait until it begins anew.",
        ));
    }
    let mut files = Vec::new();
    let argv = arguments(request, &settings, &mut files);
    Ok(Command {
        argv,
        stdin: Some(prompt(request)),
        environment: environment(request, &settings)?,
        files,
        final_grace: FINAL_GRACE_MS,
    })
}

fn arguments(request: &Request, settings: &Settings, files: &mut Vec<File>) -> Vec<String> {
    let mut argv: Vec<String> =
        [PROGRAM, "-p", "--input-format", "text", "--output-format", "stream-json", "--verbose"]
            .map(ToOwned::to_owned)
            .into();
    let mut option = |name: &str, value: &str| argv.extend([name.to_owned(), value.to_owned()]);
    if let Some(model) = &request.model {
        option("--model", model);
    }
    if let Some(model) = &settings.fallback_model {
        option("--fallback-model", model);
    }
    match (&request.session, session_id(&request.attempt)) {
        (Some(session), _) => option("--resume", session),
        (None, Some(id)) => option("--session-id", &id),
        (None, None) => {}
    }
    if let Some(effort) = request.effort {
        let effort = match effort {
            Effort::Low => "low",
            Effort::Medium => "medium",
            Effort::High => "high",
        };
        option("--effort", effort);
    }
    let mode = settings.permission_mode.as_deref().unwrap_or(match request.access {
        // Not `plan`: there the model is told to write a plan and to do nothing else.
        Access::Read => "default",
        Access::Edit => "acceptEdits",
    });
    option("--permission-mode", mode);
    option("--allowedTools", &allowed_tools(request, settings).join(","));
    let taken = taken_tools(request, settings);
    if !taken.is_empty() {
        option("--disallowedTools", &taken.join(","));
    }
    option("--setting-sources", &settings.setting_sources);
    option("--max-turns", &settings.max_turns.to_string());
    if let Some(budget) = request.budget {
        option("--max-budget-usd", &dollars(budget));
    }
    if let Some(text) = &settings.append_system_prompt {
        option("--append-system-prompt", text);
    }
    if let Some(config) = &settings.mcp_config {
        option("--mcp-config", &mcp_config(config, request, files));
    }
    argv.push("--strict-mcp-config".to_owned());
    if settings.partial_messages {
        argv.push("--include-partial-messages".to_owned());
    }
    argv.extend_from_slice(&settings.extra_arguments);
    argv
}

fn allowed_tools(request: &Request, settings: &Settings) -> Vec<String> {
    if let Some(tools) = &settings.allowed_tools {
        return tools.clone();
    }
    let tools = match request.access {
        Access::Read => READ_TOOLS.as_slice(),
        Access::Edit => EDIT_TOOLS.as_slice(),
    };
    let mut tools: Vec<String> = tools.iter().map(ToString::to_string).collect();
    if request.access == Access::Edit {
        let servers = settings.mcp_config.as_deref().map(mcp_servers).unwrap_or_default();
        tools.extend(servers.iter().map(|server| format!("mcp__{server}")));
    }
    tools
}

fn taken_tools(request: &Request, settings: &Settings) -> Vec<String> {
    let mut taken = settings.disallowed_tools.clone();
    // An operator who says which tools are allowed is not contradicted.
    if request.access == Access::Read && settings.allowed_tools.is_none() {
        taken.extend(CHANGING_TOOLS.map(ToOwned::to_owned));
    }
    taken
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct McpConfig {
    mcp_servers: BTreeMap<String, IgnoredAny>,
}

fn mcp_servers(config: &str) -> Vec<String> {
    json::read::<McpConfig>(config.as_bytes())
        .map(|config| config.mcp_servers.into_keys().collect())
        .unwrap_or_default()
}

/// A header may hold a token, and everybody on the machine can read a command line.
fn mcp_config(config: &str, request: &Request, files: &mut Vec<File>) -> String {
    if !config.starts_with('{') {
        return config.to_owned();
    }
    files.push(File {
        place: Place::Scratch,
        path: MCP_FILE.to_owned(),
        content: config.as_bytes().to_vec(),
    });
    format!("{}/{MCP_FILE}", request.folders.scratch)
}

/// A prompt that opens with `/` would be run as a command of the program's own, without a model; a
/// space before it makes it a prompt. `@path` is seen to by `CLAUDE_CODE_DISABLE_ATTACHMENTS`.
fn prompt(request: &Request) -> Vec<u8> {
    let instruction = request.instruction.as_bytes();
    let mut prompt = Vec::with_capacity(instruction.len() + 1);
    if !request.prompt_syntax && matches!(instruction.first(), Some(b'/' | b'!' | b'#')) {
        prompt.push(b' ');
    }
    prompt.extend_from_slice(instruction);
    prompt
}

fn environment(request: &Request, settings: &Settings) -> Result<Vec<(String, Value)>, Failure> {
    let present = |name: &str| request.present.iter().any(|set| set == name);
    let mut environment = vec![];
    let mut put = |name: &str, value: Value| {
        environment.retain(|(old, _): &(String, Value)| old != name);
        environment.push((name.to_owned(), value));
    };
    let set = |value: &str| Value::Set(value.to_owned());

    // Nothing is looked up, reported, titled or updated beside the work.
    for quiet in [
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC",
        "DISABLE_TELEMETRY",
        "DISABLE_ERROR_REPORTING",
        "DISABLE_AUTOUPDATER",
    ] {
        put(quiet, set("1"));
    }
    if !request.prompt_syntax {
        put("CLAUDE_CODE_DISABLE_ATTACHMENTS", set("1"));
    }
    put("CLAUDE_CODE_MAX_RETRIES", set(&settings.max_retries.to_string()));
    put("API_TIMEOUT_MS", set(&settings.request_timeout_ms.min(request.timeout.max(1)).to_string()));
    // The host tells bash to forget the credentials before any command of the model's; left to
    // itself, the program takes zsh where there is one.
    put("CLAUDE_CODE_SHELL", set("/bin/bash"));
    if let Some(most) = settings.max_output_tokens {
        put("CLAUDE_CODE_MAX_OUTPUT_TOKENS", set(&most.to_string()));
    }
    if let Some(most) = settings.max_thinking_tokens {
        put("MAX_THINKING_TOKENS", set(&most.to_string()));
    }

    for name in passed().filter(|name| present(name)) {
        put(name, Value::Pass);
    }
    let mut credential = false;
    for (key, name, from) in [
        ("auth_token_from", "ANTHROPIC_AUTH_TOKEN", &settings.auth_token_from),
        ("api_key_from", "ANTHROPIC_API_KEY", &settings.api_key_from),
    ] {
        let Some(from) = from else { continue };
        if !present(from) {
            return Err(refuse(
                FailureClass::AuthFailure,
                &format!("The setting `{key}` names {from}, which is not set or not granted."),
                &format!("Set {from} in Jackfield's environment and grant it to this executor."),
            ));
        }
        put(name, if from == name { Value::Pass } else { Value::PassFrom(from.clone()) });
        credential = true;
    }
    if !credential {
        for name in CREDENTIALS.into_iter().filter(|name| present(name)) {
            put(name, Value::Pass);
            credential = true;
        }
    }
    // Without a key, the operator's own login is the only credential there is, and it lives in the
    // program's usual folder; with one, nothing of the operator's own is read or written.
    if credential && !present("CLAUDE_CONFIG_DIR") {
        put("CLAUDE_CONFIG_DIR", set(&request.folders.state));
    }
    if let Some(url) = &settings.base_url {
        put("ANTHROPIC_BASE_URL", set(url));
    }
    if let Some(model) = request.model.as_deref().filter(|model| !is_claude(model)) {
        // Another provider does not know the models that sub-agents would ask for.
        for family in ["OPUS", "SONNET", "HAIKU"] {
            put(&format!("ANTHROPIC_DEFAULT_{family}_MODEL"), set(model));
        }
        put("CLAUDE_CODE_SUBAGENT_MODEL", set(model));
    }
    for (name, value) in &settings.environment {
        put(name, set(value));
    }
    Ok(environment)
}

/// Whether the program has a price of its own for `model`.
pub(crate) fn is_claude(model: &str) -> bool {
    model.contains("claude") || ["opus", "sonnet", "haiku"].iter().any(|family| model.starts_with(family))
}

/// Whole micro-dollars as decimal dollars.
fn dollars(micros: u64) -> String {
    let text = format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn refuse(class: FailureClass, message: &str, remedy: &str) -> Failure {
    Failure {
        class,
        message: message.to_owned(),
        remedy: Some(remedy.to_owned()),
        retry_after: None,
        status: None,
    }
}

/// A ULID's 128 bits as a UUID; none for what is not a ULID.
pub fn session_id(ulid: &str) -> Option<String> {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    if ulid.len() != 26 || !ulid.starts_with(|first: char| ('0'..='7').contains(&first)) {
        return None;
    }
    let bits = ulid.bytes().try_fold(0_u128, |bits, letter| {
        let digit = DIGITS.iter().position(|digit| *digit == letter.to_ascii_uppercase())?;
        Some(bits << 5 | digit as u128)
    })?;
    Some(format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        bits >> 96,
        bits >> 80 & 0xffff,
        bits >> 64 & 0xffff,
        bits >> 48 & 0xffff,
        bits & 0xffff_ffff_ffff
    ))
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
