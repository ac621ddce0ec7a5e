//! The operator's `[executors.shell.settings]`.
//!
//! | key | meaning |
//! |---|---|
//! | `shell` | `sh` (default) or `bash`; with `bash`, a pipe fails if any part of it does |
//! | `strict` | `true` (default): the first command that fails ends it; `false`: only the last one counts |

use crate::bindings::jackfield::plugin::types::FailureClass;
use crate::driving::{Failure, Request};
use crate::verdict::failure;
use alloc::format;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) bash: bool,
    pub(crate) strict: bool,
}

impl Settings {
    /// # Errors
    /// Names the key that is not known or whose value cannot be read.
    pub(crate) fn read(request: &Request) -> Result<Self, Failure> {
        let mut settings = Self { bash: false, strict: true };
        for (key, value) in &request.settings {
            match (key.as_str(), value.as_str()) {
                ("shell", "sh") => settings.bash = false,
                ("shell", "bash") => settings.bash = true,
                ("strict", "true") => settings.strict = true,
                ("strict", "false") => settings.strict = false,
                ("shell" | "strict", _) => {
                    return Err(failure(
                        FailureClass::SyntaxError,
                        format!("The setting {key} cannot be {value:?}."),
                        Some(if key == "shell" { "Use sh or bash." } else { "Use true or false." }),
                    ));
                }
                _ => {
                    return Err(failure(
                        FailureClass::SyntaxError,
                        format!("The shell adapter has no setting {key}."),
                        Some("The settings are shell and strict."),
                    ));
                }
            }
        }
        Ok(settings)
    }
}
