//! The operator's `[executors.gemini.settings]`.
//!
//! | key | meaning |
//! |---|---|
//! | `base_url` | a Gemini API to talk to instead of Google's, without its `/v1beta` |
//! | `auth` | `auto` (default): the key in `GEMINI_API_KEY` if it is set, else the person's own login; `login`: always the login; `key`: the key or nothing |
//! | `approval` | what an attempt that may edit is allowed: `yolo` (default): files and commands; `auto_edit`: files only |
//! | `max_turns` | after how many turns gemini gives up; only where a key is used |

use crate::bindings::jackfield::plugin::types::FailureClass;
use crate::driving::{Failure, Request};
use crate::verdict::failure;
use alloc::format;
use alloc::string::String;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Auth {
    Auto,
    Login,
    Key,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings<'a> {
    pub(crate) base_url: Option<&'a str>,
    pub(crate) auth: Auth,
    /// May an attempt that edits run commands too.
    pub(crate) commands: bool,
    pub(crate) max_turns: Option<u32>,
}

impl<'a> Settings<'a> {
    /// # Errors
    /// Names the key that is not known or whose value cannot be read: a setting that is passed
    /// over in silence is one that somebody relies on.
    pub(crate) fn read(request: &'a Request) -> Result<Self, Failure> {
        let mut settings = Self { base_url: None, auth: Auth::Auto, commands: true, max_turns: None };
        for (key, value) in &request.settings {
            match (key.as_str(), value.as_str()) {
                ("base_url", url) if url.starts_with("http://") || url.starts_with("https://") => {
                    settings.base_url = Some(url.trim_end_matches('/'));
                }
                ("auth", "auto") => settings.auth = Auth::Auto,
                ("auth", "login") => settings.auth = Auth::Login,
                ("auth", "key") => settings.auth = Auth::Key,
                ("approval", "yolo") => settings.commands = true,
                ("approval", "auto_edit") => settings.commands = false,
                ("max_turns", turns) if turns.parse().is_ok_and(|turns: u32| turns > 0) => {
                    settings.max_turns = turns.parse().ok();
                }
                ("base_url" | "auth" | "approval" | "max_turns", _) => {
                    return Err(wrong(format!("The setting {key} cannot be {value:?}."), key));
                }
                _ => return Err(wrong(format!("The gemini adapter has no setting {key}."), key)),
            }
        }
        Ok(settings)
    }
}

fn wrong(message: String, key: &str) -> Failure {
    let remedy = match key {
        "base_url" => "Give the address of a Gemini API, such as https://generativelanguage.googleapis.com.",
        "auth" => "Use auto, login or key.",
        "approval" => "Use yolo or auto_edit.",
        "max_turns" => "Use a whole number above 0.",
        _ => "The settings are base_url, auth, approval and max_turns.",
    };
    failure(FailureClass::SyntaxError, message, Some(remedy))
}
