//! Which provider codex talks to, and with whose credential.
//!
//! Four cases, decided by the settings and by which variables are set:
//!
//! 1. `base_url`: a provider of our own at that address, with a key if there is one.
//! 2. `CODEX_API_KEY`: codex's built-in provider, which reads that variable itself.
//! 3. `OPENAI_API_KEY`: the built-in provider ignores it, so a provider of our own at OpenAI's
//!    address names it.
//! 4. Neither, or `auth = "login"`: the built-in provider with the person's own login.
//!
//! Wherever a key is used, codex's home is the adapter's own state folder, so that neither the
//! person's `config.toml` nor their login has a part in the run; with the login, it is theirs.

use crate::describe::KEYS;
use crate::driving::{Failure, FailureClass, Request};
use crate::settings::{Auth, Settings};
use crate::verdict::failure;
use alloc::format;

pub(crate) const OPENAI: &str = "https://api.openai.com/v1";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider<'a> {
    /// The built-in provider with the person's own login.
    Login,
    /// The built-in provider with the key in `CODEX_API_KEY`.
    BuiltIn,
    /// A provider of our own.
    Own { base_url: &'a str, env_key: Option<&'a str> },
}

impl<'a> Provider<'a> {
    /// # Errors
    /// Where a key is needed and none is there.
    pub(crate) fn choose(settings: &Settings<'a>, request: &'a Request) -> Result<Self, Failure> {
        let set = |name: &str| request.present.iter().any(|present| present == name);
        if let Some(name) = settings.env_key {
            if !KEYS.contains(&name) {
                return Err(failure(
                    FailureClass::AuthFailure,
                    format!("The codex adapter may not read {name}."),
                    Some(&format!("Put the key into one of {} and name that as env_key.", KEYS.join(", "))),
                ));
            }
            if !set(name) {
                return Err(failure(
                    FailureClass::AuthFailure,
                    format!("{name} is not set, or not granted to the codex adapter."),
                    Some(&format!("Set {name} in the environment of Jackfield.")),
                ));
            }
        }
        let first_set = || KEYS.into_iter().find(|name| set(name));
        if let Some(base_url) = settings.base_url {
            // This ensures that a local server without any key works too.
            return Ok(Self::Own { base_url, env_key: settings.env_key.or_else(first_set) });
        }
        if settings.auth == Auth::Login {
            return Ok(Self::Login);
        }
        match settings
            .env_key
            .or_else(|| ["CODEX_API_KEY", "OPENAI_API_KEY"].into_iter().find(|name| set(name)))
        {
            Some("CODEX_API_KEY") => Ok(Self::BuiltIn),
            Some(name) => Ok(Self::Own { base_url: OPENAI, env_key: Some(name) }),
            None if settings.auth == Auth::Key => Err(failure(
                FailureClass::AuthFailure,
                "No key for codex is set.".into(),
                Some("Set CODEX_API_KEY or OPENAI_API_KEY in the environment of Jackfield."),
            )),
            None => Ok(Self::Login),
        }
    }

    /// The variable that holds the key, if there is one.
    pub(crate) const fn env_key(&self) -> Option<&'a str> {
        match self {
            Self::Login => None,
            Self::BuiltIn => Some("CODEX_API_KEY"),
            Self::Own { env_key, .. } => *env_key,
        }
    }
}
