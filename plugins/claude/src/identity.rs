//! Who this component is, what it knows of models and their prices, and how to tell whether the
//! program is there and logged in.
//!
//! Prices are Anthropic's list prices for their own endpoint, read on the day that each carries.
//! `claude auth status` says which credential is present, never whether it is valid; `claude doctor`
//! waits for a terminal and is never run.

use crate::bindings::exports::jackfield::plugin::about::Identity;
use crate::driving::{Capabilities, Description, Health, Model, Probe, ProbeResult, Program, Variable};
use crate::types::{Login, Rates, Tier};
use alloc::borrow::ToOwned;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use jackfield_sdk::json::{self, Scalar};
use serde::Deserialize;

/// The program, as looked up on the host's PATH.
pub const PROGRAM: &str = "claude";

/// How it is installed.
pub const INSTALL: &str = "npm install -g @anthropic-ai/claude-code";

/// Credentials that the program itself understands, in the order in which it prefers them.
pub const CREDENTIALS: [&str; 3] = ["ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"];

/// Credentials of other providers, passed only where `auth_token_from` or `api_key_from` names them.
pub const FOREIGN_CREDENTIALS: [&str; 2] = ["DEEPSEEK_API_KEY", "OPENROUTER_API_KEY"];

/// What else is passed through where it is set and granted. A proxy's URL may hold a password.
const PASSED: [(&str, bool); 8] = [
    ("ANTHROPIC_BASE_URL", false),
    ("ANTHROPIC_CUSTOM_HEADERS", true),
    ("CLAUDE_CONFIG_DIR", false),
    ("HTTPS_PROXY", true),
    ("HTTP_PROXY", true),
    ("NO_PROXY", false),
    ("NODE_EXTRA_CA_CERTS", false),
    ("SSL_CERT_FILE", false),
];

/// What a plan sets of the program's own settings whose names do not begin with the program's.
pub const SET: [&str; 8] = [
    "DISABLE_TELEMETRY",
    "DISABLE_ERROR_REPORTING",
    "DISABLE_AUTOUPDATER",
    "API_TIMEOUT_MS",
    "MAX_THINKING_TOKENS",
    "ANTHROPIC_DEFAULT_OPUS_MODEL",
    "ANTHROPIC_DEFAULT_SONNET_MODEL",
    "ANTHROPIC_DEFAULT_HAIKU_MODEL",
];

/// The day on which the prices below were those of the public price list.
const PRICES_AS_OF: &str = "2025-11-24";

/// The variables that are passed under their own name, credentials apart.
pub fn passed() -> impl Iterator<Item = &'static str> {
    PASSED.iter().map(|(name, _)| *name)
}

/// Name, version and summary.
pub fn identify() -> Identity {
    Identity {
        name: PROGRAM.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        summary: "Drives Claude Code, Anthropic's coding agent, through its stream-json output.".to_owned(),
    }
}

/// Programs, variables, models and abilities.
pub fn describe() -> Description {
    let secrets = CREDENTIALS.iter().chain(&FOREIGN_CREDENTIALS).map(|name| (*name, true));
    Description {
        programs: vec![Program { name: PROGRAM.to_owned(), install: INSTALL.to_owned() }],
        environment: secrets
            .chain(PASSED)
            .chain(SET.map(|name| (name, false)))
            .map(|(name, secret)| Variable { name: name.to_owned(), secret })
            .collect(),
        models: vec![
            model("claude-opus-4-5", Tier::Strategist, 5),
            model("claude-sonnet-4-5", Tier::Workhorse, 3),
            model("claude-haiku-4-5", Tier::Light, 1),
        ],
        default_model: Some("claude-sonnet-4-5".to_owned()),
        capabilities: Capabilities::RESUME
            | Capabilities::STREAMING
            | Capabilities::MCP
            | Capabilities::BUDGET,
    }
}

/// All three families are priced alike: output at five times the input, what is read from the cache
/// at a tenth of it, what is written to the cache (for five minutes) at five quarters.
fn model(name: &str, tier: Tier, dollars: u64) -> Model {
    let input = dollars * 1_000_000;
    Model {
        name: name.to_owned(),
        tier,
        rates: Some(Rates {
            input,
            cached_input: Some(input / 10),
            cache_write: Some(input / 4 * 5),
            output: input * 5,
            reasoning: None,
            as_of: PRICES_AS_OF.to_owned(),
        }),
        context_window: Some(200_000),
    }
}

const VERSION: &str = "version";
const LOGIN: &str = "login";

/// The two quick commands that tell about the program's health.
pub fn probes() -> Vec<Probe> {
    let probe = |name: &str, arguments: &[&str], timeout| Probe {
        name: name.to_owned(),
        argv: [PROGRAM].iter().chain(arguments).map(ToString::to_string).collect(),
        timeout,
    };
    vec![probe(VERSION, &["--version"], 10_000), probe(LOGIN, &["auth", "status"], 15_000)]
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct AuthStatus<'a> {
    #[serde(borrow)]
    logged_in: Scalar<'a>,
    auth_method: Scalar<'a>,
    api_key_source: Scalar<'a>,
}

/// What the probes say, and what to do where they say no.
pub fn read_probes(results: &[ProbeResult], present: &[String]) -> Health {
    let result = |name: &str| results.iter().find(|result| result.name == name);
    let version = result(VERSION).filter(|result| result.code == Some(0));
    let Some(version) = version else {
        return Health {
            installed: false,
            version: None,
            login: Login::Unknown,
            account: None,
            remedy: Some(alloc::format!(
                "Install Claude Code (`{INSTALL}`) and see that `{PROGRAM} --version` works in the \
                 environment that Jackfield runs in."
            )),
        };
    };
    let mut health = Health {
        installed: true,
        version: version.stdout.split_whitespace().next().map(ToOwned::to_owned),
        login: Login::Unknown,
        account: None,
        remedy: None,
    };
    let status = result(LOGIN).and_then(|result| json::read::<AuthStatus<'_>>(result.stdout.as_bytes()).ok());
    match status {
        Some(AuthStatus { logged_in: Scalar::Flag(true), auth_method, api_key_source }) => {
            health.login = Login::LoggedIn;
            health.account = account(&auth_method, &api_key_source);
        }
        Some(AuthStatus { logged_in: Scalar::Flag(false), .. }) => {
            // Another provider's key goes by a name that the program does not know until `plan` maps it.
            if !FOREIGN_CREDENTIALS.iter().any(|name| present.iter().any(|set| set == name)) {
                health.login = Login::LoggedOut;
                health.remedy = Some(LOGIN_REMEDY.to_owned());
            }
        }
        // An old or slow program: the credential itself is the next best evidence.
        _ => {
            if CREDENTIALS.iter().any(|name| present.iter().any(|set| set == name)) {
                health.login = Login::LoggedIn;
            }
        }
    }
    health
}

/// What to do where there is no credential.
pub const LOGIN_REMEDY: &str = "Set ANTHROPIC_API_KEY (or CLAUDE_CODE_OAUTH_TOKEN, from `claude setup-token`) \
                                in Jackfield's environment or in [executors.claude.environment], or log in once \
                                with `claude` and `/login`.";

fn account(method: &Scalar<'_>, source: &Scalar<'_>) -> Option<String> {
    let words = match method.words()? {
        "api_key" => match source.words() {
            Some(source) => return Some(alloc::format!("API key ({source})")),
            None => "API key",
        },
        "oauth_token" => "token",
        "claude.ai" => "subscription",
        other => other,
    };
    Some(words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(name: &str, code: Option<i32>, stdout: &str) -> ProbeResult {
        ProbeResult { name: name.to_owned(), code, stdout: stdout.to_owned(), stderr: String::new() }
    }

    fn health(login: ProbeResult, present: &[&str]) -> Health {
        let present: Vec<String> = present.iter().map(ToString::to_string).collect();
        read_probes(&[result("version", Some(0), "2.1.197 (Claude Code)\n"), login], &present)
    }

    #[test]
    fn a_key_in_the_environment_is_told_as_one() {
        let status = "{\n  \"loggedIn\": true,\n  \"authMethod\": \"api_key\",\n  \"apiProvider\": \"firstParty\",\n  \"apiKeySource\": \"ANTHROPIC_API_KEY\"\n}\n";
        let health = health(result("login", Some(0), status), &["ANTHROPIC_API_KEY"]);
        assert_eq!(health.login, Login::LoggedIn);
        assert_eq!(health.version.as_deref(), Some("2.1.197"));
        assert_eq!(health.account.as_deref(), Some("API key (ANTHROPIC_API_KEY)"));
        assert_eq!(health.remedy, None);
    }

    #[test]
    fn nobody_logged_in_says_what_to_do() {
        let status =
            "{\n  \"loggedIn\": false,\n  \"authMethod\": \"none\",\n  \"apiProvider\": \"firstParty\"\n}\n";
        let health = health(result("login", Some(1), status), &[]);
        assert_eq!(health.login, Login::LoggedOut);
        assert!(health.remedy.unwrap().contains("ANTHROPIC_API_KEY"));
    }

    #[test]
    fn a_key_of_another_provider_may_be_all_that_is_needed() {
        let status = r#"{"loggedIn": false, "authMethod": "none"}"#;
        let health = health(result("login", Some(1), status), &["DEEPSEEK_API_KEY"]);
        assert_eq!(health.login, Login::Unknown);
    }

    #[test]
    fn a_login_probe_that_took_too_long_leaves_it_to_the_credential() {
        assert_eq!(health(result("login", None, ""), &["CLAUDE_CODE_OAUTH_TOKEN"]).login, Login::LoggedIn);
        assert_eq!(health(result("login", None, ""), &["HTTPS_PROXY"]).login, Login::Unknown);
    }

    #[test]
    fn a_program_that_cannot_be_started_is_not_installed() {
        let health = read_probes(&[result("version", None, ""), result("login", None, "")], &[]);
        assert!(!health.installed);
        assert!(health.remedy.unwrap().contains(INSTALL));
    }

    #[test]
    fn doctor_is_never_asked() {
        assert!(probes().iter().all(|probe| !probe.argv.iter().any(|word| word == "doctor")));
    }

    #[test]
    fn every_model_has_a_dated_price_and_the_default_is_one_of_them() {
        let description = describe();
        assert!(description.models.iter().all(|model| model.rates.as_ref().unwrap().as_of == PRICES_AS_OF));
        let sonnet = &description.models[1];
        let rates = sonnet.rates.as_ref().unwrap();
        assert_eq!(
            (rates.input, rates.output, rates.cached_input, rates.cache_write),
            (3_000_000, 15_000_000, Some(300_000), Some(3_750_000))
        );
        assert!(
            description.models.iter().any(|model| Some(&model.name) == description.default_model.as_ref())
        );
    }

    #[test]
    fn every_credential_is_secret() {
        let description = describe();
        for variable in description.environment {
            let name = variable.name;
            assert_eq!(
                variable.secret,
                ["KEY", "TOKEN", "HEADERS", "_PROXY"].iter().any(|part| name.contains(part))
                    && !["NO_PROXY", "MAX_THINKING_TOKENS"].contains(&name.as_str()),
                "{name}"
            );
        }
    }
}
