//! Is codex there, which one, and who is logged in.
//!
//! `codex login status` speaks on standard error and knows nothing of keys in the environment, so
//! both are put together here in the order in which a plan uses them.

use crate::describe::{INSTALL, PROGRAM};
use crate::driving::{Health, Login, Probe, ProbeResult};
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use jackfield_sdk::first_line;

const VERSION: &str = "version";
const LOGIN: &str = "login";

pub(crate) fn probes() -> Vec<Probe> {
    let probe = |name: &str, arguments: &[&str]| Probe {
        name: name.to_string(),
        argv: [&[PROGRAM], arguments].concat().iter().map(ToString::to_string).collect(),
        timeout: 10_000,
    };
    vec![probe(VERSION, &["--version"]), probe(LOGIN, &["login", "status"])]
}

pub(crate) fn health(results: &[ProbeResult], present: &[String]) -> Health {
    let named = |name| results.iter().find(|result| result.name == name);
    let Some(version) = named(VERSION).filter(|result| result.code == Some(0)) else {
        return Health {
            installed: false,
            version: None,
            login: Login::Unknown,
            account: None,
            remedy: Some(alloc::format!("Install codex: {INSTALL}")),
        };
    };
    let version = version.stdout.split_whitespace().last().map(ToString::to_string);
    let key =
        ["CODEX_API_KEY", "OPENAI_API_KEY"].into_iter().find(|name| present.iter().any(|set| set == name));
    let own = named(LOGIN).and_then(|result| result.code.map(|code| (code == 0, said(result))));
    let (login, account, remedy) = match (key, own) {
        (Some(key), Some((true, _))) => (
            Login::LoggedIn,
            Some(alloc::format!("API key from {key} (there is a login too; auth = \"login\" uses it)")),
            None,
        ),
        (Some(key), _) => (Login::LoggedIn, Some(alloc::format!("API key from {key}")), None),
        (None, Some((true, said))) => (Login::LoggedIn, Some(account(&said).to_string()), None),
        (None, Some((false, _))) => (
            Login::LoggedOut,
            None,
            Some("Run `codex login`, or set CODEX_API_KEY or OPENAI_API_KEY for Jackfield.".to_string()),
        ),
        (None, None) => (Login::Unknown, None, None),
    };
    Health { installed: true, version, login, account, remedy }
}

fn said(result: &ProbeResult) -> String {
    let line = first_line(&result.stderr, 200);
    if line.is_empty() { first_line(&result.stdout, 200) } else { line }
}

/// How it is logged in. The status line shows a part of the key, so it is never handed on as it is.
fn account(said: &str) -> &'static str {
    let said = said.to_ascii_lowercase();
    if said.contains("chatgpt") {
        "ChatGPT subscription"
    } else if said.contains("api key") {
        "API key stored by codex"
    } else {
        "login stored by codex"
    }
}
