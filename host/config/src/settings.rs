//! What the shipped executors take as settings, for `plugin inspect` and `config check`. The adapters read them: a
//! test holds this against the components, and another one the documents against this.

use jackfield_plugins::Setting;

/// A setting with what it does.
type Known = (&'static str, &'static str);

const CLAUDE: &[Known] = &[
    ("base_url", "endpoint in place of Anthropic's own, without `/v1`"),
    ("auth_token_from", "name of the variable whose value is sent as bearer token, like DEEPSEEK_API_KEY"),
    ("api_key_from", "name of the variable whose value is sent as API key"),
    ("max_turns", "most model turns of one attempt; default 100"),
    ("max_retries", "how often the program repeats a failed request; default 2"),
    ("request_timeout_ms", "how long one request may take, milliseconds; default 600000"),
    ("allowed_tools", "tools allowed without asking, separated by commas, in place of those of the access"),
    ("disallowed_tools", "tools taken away, separated by commas"),
    ("permission_mode", "default, acceptEdits, plan, dontAsk or bypassPermissions"),
    ("mcp_config", "MCP servers: JSON `{\"mcpServers\":{…}}`, or the absolute path of such a file"),
    ("append_system_prompt", "text added to the system prompt"),
    ("setting_sources", "settings files that are read: user, project, local; default none"),
    ("fallback_model", "model that the program turns to when the first is overloaded"),
    ("max_output_tokens", "most tokens of one answer"),
    ("max_thinking_tokens", "most tokens of thought for one answer"),
    ("partial_messages", "true: stream partial messages; default false"),
    ("extra_arguments", "more arguments, as a JSON list of strings"),
    ("env.NAME", "sets the variable NAME for the program"),
];
const CODEX: &[Known] = &[
    ("base_url", "a Responses API in place of OpenAI's, with its `/v1`"),
    ("env_key", "which of its variables holds the key; default: the first that is set"),
    ("auth", "auto (default: a key from the environment, else the person's login), login or key"),
    ("network", "true: commands that the model runs may use the network; default false"),
    ("sandbox", "on (default), or off where a container is one already"),
];
const GEMINI: &[Known] = &[
    ("base_url", "a Gemini API in place of Google's, without its `/v1beta`"),
    ("auth", "auto (default: the key in GEMINI_API_KEY, else the person's login), login or key"),
    (
        "approval",
        "what an attempt that may edit is allowed: yolo (default: files and commands) or auto_edit (files)",
    ),
    ("max_turns", "most turns of one attempt; only with a key"),
];
const SHELL: &[Known] = &[
    ("shell", "sh (default) or bash"),
    ("strict", "true (default): the first command that fails ends it; false: it goes on"),
];

/// What a shipped executor takes; nothing is known of others.
pub fn settings_of(executor: &str) -> Vec<Setting> {
    let known = match executor {
        "claude" => CLAUDE,
        "codex" => CODEX,
        "gemini" => GEMINI,
        "shell" => SHELL,
        _ => &[],
    };
    let setting = |(name, meaning): &Known| Setting { name: (*name).into(), meaning: (*meaning).into() };
    known.iter().map(setting).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SHIPPED_EXECUTORS;

    #[test]
    fn every_setting_is_in_the_operator_guide() {
        let guide = include_str!("../../../docs/operations.md");
        for executor in SHIPPED_EXECUTORS {
            let known = settings_of(executor);
            assert!(!known.is_empty(), "{executor}");
            for Setting { name, .. } in known {
                assert!(guide.contains(&format!("\n| {executor} | `{name}` | ")), "{executor} {name}");
            }
        }
    }
}
