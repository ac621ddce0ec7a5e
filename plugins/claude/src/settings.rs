//! The operator's settings for this executor, `[executors.claude.settings]`.
//!
//! A key that is not listed here, or a value that cannot be read, refuses the attempt with the key's
//! name: a misspelt limit must never be the same as no limit.

use crate::types::{Failure, FailureClass};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use jackfield_sdk::json;

/// Every key with what it does, for documentation and for the message about an unknown one.
pub const KEYS: [(&str, &str); 18] = [
    ("base_url", "endpoint to talk to instead of Anthropic's own, without `/v1` (ANTHROPIC_BASE_URL)"),
    ("auth_token_from", "name of the variable whose value is sent as bearer token (DEEPSEEK_API_KEY, …)"),
    ("api_key_from", "name of the variable whose value is sent as API key"),
    ("max_turns", "most model turns of one attempt; default 100"),
    ("max_retries", "how often the program repeats a failed request; default 2"),
    ("request_timeout_ms", "how long one request may take; default 600000, never longer than the attempt"),
    ("allowed_tools", "tools allowed without asking, separated by commas, instead of those of the access"),
    ("disallowed_tools", "tools taken away, separated by commas"),
    ("permission_mode", "`default`, `acceptEdits`, `plan`, `dontAsk` or `bypassPermissions`"),
    ("mcp_config", "MCP servers: JSON `{\"mcpServers\":{…}}`, or the absolute path of such a file"),
    ("append_system_prompt", "text added to the system prompt"),
    ("setting_sources", "settings files that are read: `user`, `project`, `local`; default none"),
    ("fallback_model", "model that the program turns to when the first is overloaded"),
    ("max_output_tokens", "most tokens of one answer (CLAUDE_CODE_MAX_OUTPUT_TOKENS)"),
    ("max_thinking_tokens", "most tokens of thought for one answer (MAX_THINKING_TOKENS)"),
    ("partial_messages", "`true`: tells of messages while they are written; more output to keep"),
    ("extra_arguments", "more arguments, as a JSON list of strings"),
    ("env.NAME", "sets the variable NAME for the program"),
];

const MODES: [&str; 5] = ["default", "acceptEdits", "plan", "dontAsk", "bypassPermissions"];

/// The settings, read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Settings {
    pub base_url: Option<String>,
    pub auth_token_from: Option<String>,
    pub api_key_from: Option<String>,
    pub max_turns: u64,
    pub max_retries: u64,
    pub request_timeout_ms: u64,
    pub allowed_tools: Option<Vec<String>>,
    pub disallowed_tools: Vec<String>,
    pub permission_mode: Option<String>,
    pub mcp_config: Option<String>,
    pub append_system_prompt: Option<String>,
    pub setting_sources: String,
    pub fallback_model: Option<String>,
    pub max_output_tokens: Option<u64>,
    pub max_thinking_tokens: Option<u64>,
    pub partial_messages: bool,
    pub extra_arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: None,
            auth_token_from: None,
            api_key_from: None,
            max_turns: 100,
            max_retries: 2,
            request_timeout_ms: 600_000,
            allowed_tools: None,
            disallowed_tools: Vec::new(),
            permission_mode: None,
            mcp_config: None,
            append_system_prompt: None,
            setting_sources: String::new(),
            fallback_model: None,
            max_output_tokens: None,
            max_thinking_tokens: None,
            partial_messages: false,
            extra_arguments: Vec::new(),
            environment: Vec::new(),
        }
    }
}

impl Settings {
    /// Reads the operator's pairs.
    ///
    /// # Errors
    /// A `syntax_error` that names the key, what is wrong with it and what would be right.
    pub fn read(pairs: &[(String, String)]) -> Result<Self, Failure> {
        let mut settings = Self::default();
        for (key, value) in pairs {
            settings.set(key, value)?;
        }
        Ok(settings)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), Failure> {
        match key {
            "base_url" => self.base_url = Some(url(key, value)?),
            "auth_token_from" => self.auth_token_from = Some(value.to_owned()),
            "api_key_from" => self.api_key_from = Some(value.to_owned()),
            "max_turns" => self.max_turns = number(key, value, 1)?,
            "max_retries" => self.max_retries = number(key, value, 0)?,
            "request_timeout_ms" => self.request_timeout_ms = number(key, value, 1)?,
            "allowed_tools" => self.allowed_tools = Some(names(value)),
            "disallowed_tools" => self.disallowed_tools = names(value),
            "permission_mode" if MODES.contains(&value) => self.permission_mode = Some(value.to_owned()),
            "permission_mode" => return Err(wrong(key, value, &format!("one of {}", MODES.join(", ")))),
            "mcp_config" if value.starts_with('{') || value.starts_with('/') => {
                self.mcp_config = Some(value.to_owned());
            }
            "mcp_config" => return Err(wrong(key, value, "JSON that opens with `{`, or an absolute path")),
            "append_system_prompt" => self.append_system_prompt = Some(value.to_owned()),
            "setting_sources" => self.setting_sources = value.to_owned(),
            "fallback_model" => self.fallback_model = Some(value.to_owned()),
            "max_output_tokens" => self.max_output_tokens = Some(number(key, value, 1)?),
            "max_thinking_tokens" => self.max_thinking_tokens = Some(number(key, value, 0)?),
            "partial_messages" => {
                self.partial_messages = value.parse().map_err(|_| wrong(key, value, "`true` or `false`"))?;
            }
            "extra_arguments" => {
                self.extra_arguments = json::read(value.as_bytes())
                    .map_err(|_| wrong(key, value, "a JSON list of strings, such as [\"--betas\",\"x\"]"))?;
            }
            _ => match key.strip_prefix("env.") {
                Some(name) if !name.is_empty() && !name.contains('=') => {
                    self.environment.push((name.to_owned(), value.to_owned()));
                }
                _ => return Err(unknown(key)),
            },
        }
        Ok(())
    }
}

fn names(value: &str) -> Vec<String> {
    // A rule such as `Bash(git log, git show)` holds commas of its own.
    let mut names = Vec::new();
    let mut depth = 0_usize;
    let mut name = String::new();
    for character in value.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                names.push(core::mem::take(&mut name));
                continue;
            }
            _ => {}
        }
        name.push(character);
    }
    names.push(name);
    names.iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect()
}

fn number(key: &str, value: &str, least: u64) -> Result<u64, Failure> {
    match value.trim().parse() {
        Ok(number) if number >= least => Ok(number),
        _ => Err(wrong(key, value, &format!("a whole number of at least {least}"))),
    }
}

fn url(key: &str, value: &str) -> Result<String, Failure> {
    if value.starts_with("http://") || value.starts_with("https://") {
        Ok(value.trim_end_matches('/').to_owned())
    } else {
        Err(wrong(key, value, "a URL that opens with http:// or https://"))
    }
}

fn wrong(key: &str, value: &str, right: &str) -> Failure {
    let value = jackfield_sdk::clip(value, 80);
    Failure {
        class: FailureClass::SyntaxError,
        message: format!("The setting `{key}` of the executor `claude` is `{value}`, which it cannot be."),
        remedy: Some(format!("Set `{key}` to {right}.")),
        retry_after: None,
        status: None,
    }
}

fn unknown(key: &str) -> Failure {
    let keys: Vec<&str> = KEYS.iter().map(|(key, _)| *key).collect();
    Failure {
        class: FailureClass::SyntaxError,
        message: format!("The executor `claude` has no setting `{key}`."),
        remedy: Some(format!("Remove it, or use one of: {}.", keys.join(", "))),
        retry_after: None,
        status: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Settings, Failure> {
        let pairs: Vec<_> = pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        Settings::read(&pairs)
    }

    #[test]
    fn every_documented_key_is_read_and_nothing_else() {
        for (key, _) in KEYS {
            let value = match key {
                "base_url" => "http://127.0.0.1:1",
                "permission_mode" => "plan",
                "mcp_config" => "{}",
                "partial_messages" => "true",
                "extra_arguments" => "[\"--debug\"]",
                _ => "7",
            };
            assert_ne!(read(&[(key, value)]).unwrap(), Settings::default(), "{key} changes nothing");
        }
        let failure = read(&[("max_turn", "7")]).unwrap_err();
        assert_eq!(failure.class, FailureClass::SyntaxError);
        assert!(failure.message.contains("max_turn") && failure.remedy.unwrap().contains("max_turns"));
    }

    #[test]
    fn the_readme_documents_every_key() {
        let readme = include_str!("../README.md");
        for (key, _) in KEYS {
            assert!(readme.contains(&format!("\n| `{key}` | ")), "{key}");
        }
    }

    #[test]
    fn a_value_that_cannot_be_read_is_told_with_its_key() {
        for (key, value) in [
            ("max_turns", "0"),
            ("max_turns", "many"),
            ("base_url", "127.0.0.1"),
            ("permission_mode", "yolo"),
            ("mcp_config", "servers.json"),
            ("partial_messages", "yes"),
            ("extra_arguments", "--debug"),
            ("env.", "x"),
            ("env.A=B", "x"),
        ] {
            let failure = read(&[(key, value)]).unwrap_err();
            assert!(failure.message.contains(key), "{key}: {}", failure.message);
        }
    }

    #[test]
    fn tool_rules_may_hold_commas_of_their_own() {
        let settings = read(&[("allowed_tools", "Read, Bash(git log, git show) ,,Edit")]).unwrap();
        assert_eq!(settings.allowed_tools.unwrap(), ["Read", "Bash(git log, git show)", "Edit"]);
    }
}
