//! Is gemini there, and which one.
//!
//! There is no quick command that tells whether somebody is logged in; only a request to the model
//! shows it, and a probe must not cost anything. Without a key the answer is honestly "unknown".

use crate::bindings::jackfield::plugin::types::Login;
use crate::describe::{CLOUD, CLOUD_KEY, INSTALL, KEY, PROGRAM};
use crate::driving::{Health, Probe, ProbeResult};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use jackfield_sdk::first_line;

const VERSION: &str = "version";

pub(crate) fn probes() -> Vec<Probe> {
    let argv = vec![PROGRAM.to_string(), "--version".to_string()];
    // It takes 1.3 s on an idle machine.
    vec![Probe { name: VERSION.to_string(), argv, timeout: 20_000 }]
}

pub(crate) fn health(results: &[ProbeResult], present: &[String]) -> Health {
    let version = results.iter().find(|result| result.name == VERSION && result.code == Some(0));
    let Some(version) = version else {
        return Health {
            installed: false,
            version: None,
            login: Login::Unknown,
            account: None,
            remedy: Some(format!("Install gemini: {INSTALL}")),
        };
    };
    let set = |name: &&str| present.iter().any(|present| present == name);
    let (login, account, remedy) = if set(&KEY) {
        (Login::LoggedIn, Some(format!("API key from {KEY}")), None)
    } else if [CLOUD_KEY].iter().chain(CLOUD.iter().take(2)).any(set) {
        (Login::LoggedIn, Some("Google Cloud".to_string()), None)
    } else {
        let remedy =
            format!("If it is not logged in: run `gemini` once and log in, or set {KEY} for Jackfield.");
        (Login::Unknown, None, Some(remedy))
    };
    Health { installed: true, version: Some(first_line(&version.stdout, 40)), login, account, remedy }
}
