//! The operator's `[executors.codex.settings]`.
//!
//! | key | meaning |
//! |---|---|
//! | `base_url` | a Responses API to talk to instead of OpenAI's, with its `/v1` |
//! | `env_key` | which of the described variables holds its key; none: the first that is set |
//! | `auth` | `auto` (default): a key from the environment, else the person's own login; `login`: always the login; `key`: a key or nothing |
//! | `network` | `true`: commands that the model runs may use the network (default `false`) |
//! | `sandbox` | `on` (default), or `off` where a container already is one |

use crate::driving::{Failure, FailureClass, Request};
use crate::verdict::failure;
use alloc::format;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Auth {
    Auto,
    Login,
    Key,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings<'a> {
    pub(crate) base_url: Option<&'a str>,
    pub(crate) env_key: Option<&'a str>,
    pub(crate) auth: Auth,
    pub(crate) network: bool,
    pub(crate) sandbox: bool,
}

impl<'a> Settings<'a> {
    /// # Errors
    /// Names the key that is not known or whose value cannot be read: a setting that is passed
    /// over in silence is one that somebody relies on.
    pub(crate) fn read(request: &'a Request) -> Result<Self, Failure> {
        let mut settings =
            Self { base_url: None, env_key: None, auth: Auth::Auto, network: false, sandbox: true };
        for (key, value) in &request.settings {
            match (key.as_str(), value.as_str()) {
                ("base_url", url) if url.starts_with("http://") || url.starts_with("https://") => {
                    settings.base_url = Some(url.trim_end_matches('/'));
                }
                ("env_key", name) if !name.is_empty() => settings.env_key = Some(name),
                ("auth", "auto") => settings.auth = Auth::Auto,
                ("auth", "login") => settings.auth = Auth::Login,
                ("auth", "key") => settings.auth = Auth::Key,
                ("network", "true") => settings.network = true,
                ("network", "false") => settings.network = false,
                ("sandbox", "on") => settings.sandbox = true,
                ("sandbox", "off") => settings.sandbox = false,
                ("base_url" | "env_key" | "auth" | "network" | "sandbox", _) => {
                    return Err(wrong(format!("The setting {key} cannot be {value:?}."), key));
                }
                _ => return Err(wrong(format!("The codex adapter has no setting {key}."), key)),
            }
        }
        Ok(settings)
    }
}

fn wrong(message: alloc::string::String, key: &str) -> Failure {
    let remedy = match key {
        "base_url" => "Give the address of a Responses API, such as https://api.openai.com/v1.",
        "auth" => "Use auto, login or key.",
        "network" => "Use true or false.",
        "sandbox" => "Use on or off.",
        _ => "The settings are base_url, env_key, auth, network and sandbox.",
    };
    failure(FailureClass::SyntaxError, message, Some(remedy))
}
