//! Whose home gemini runs in, and what it finds there.
//!
//! With a key, it is the adapter's own state folder with a `settings.json` of ours: gemini needs
//! one to accept a key together with another address at all, and neither the person's settings
//! nor their MCP servers have a part in the run. With `auth = "login"`, or without any key, it is
//! the person's own home, so that their login works; then their settings hold too, and none of
//! ours can.

use crate::bindings::jackfield::plugin::types::FailureClass;
use crate::describe::{BASE_URL, CLOUD, CLOUD_KEY, HOME, KEY};
use crate::driving::{Failure, File, Place, Request, Value};
use crate::settings::{Auth, Settings};
use crate::verdict::failure;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

/// How often gemini asks again when the provider is busy; its own default of ten takes minutes.
const MOST_TRIES: u32 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Home {
    /// The person's own, with their login.
    Person,
    /// The adapter's own, with a key.
    Own,
}

impl Home {
    /// # Errors
    /// Where a key is needed and none is set.
    pub(crate) fn choose(settings: &Settings<'_>, request: &Request) -> Result<Self, Failure> {
        let key = request.present.iter().any(|name| name == KEY);
        let wanted = settings.auth == Auth::Key || settings.base_url.is_some();
        match settings.auth {
            Auth::Login if settings.base_url.is_none() => Ok(Self::Person),
            _ if key => Ok(Self::Own),
            _ if wanted => Err(failure(
                FailureClass::AuthFailure,
                format!("{KEY} is not set, or not granted to the gemini adapter."),
                Some("Set it in the environment of Jackfield."),
            )),
            _ => Ok(Self::Person),
        }
    }

    pub(crate) fn environment(self, settings: &Settings<'_>, request: &Request) -> Vec<(String, Value)> {
        let set = |name: &str, value: &str| (name.to_string(), Value::Set(value.to_string()));
        let mut environment = vec![
            // One process: the parent that it otherwise leaves behind ignores TERM.
            set("GEMINI_CLI_NO_RELAUNCH", "1"),
            // The worktree is new to gemini, and nobody is there to be asked.
            set("GEMINI_CLI_TRUST_WORKSPACE", "true"),
        ];
        match self {
            Self::Own => {
                environment.push((KEY.to_string(), Value::Pass));
                environment.push(set(HOME, &request.folders.state));
            }
            Self::Person => {
                let names = [HOME, CLOUD_KEY].into_iter().chain(CLOUD);
                let present = names.filter(|name| request.present.iter().any(|set| set == name));
                environment.extend(present.map(|name| (name.to_string(), Value::Pass)));
            }
        }
        if let Some(base_url) = settings.base_url {
            environment.push(set(BASE_URL, base_url));
        }
        environment
    }

    pub(crate) fn files(self, settings: &Settings<'_>) -> Vec<File> {
        if self == Self::Person {
            return Vec::new();
        }
        let turns = settings
            .max_turns
            .map_or(String::new(), |turns| format!(",\n  \"model\": {{\"maxSessionTurns\": {turns}}}"));
        let content = format!(
            "{{\n  \"security\": {{\"auth\": {{\"selectedType\": \"gemini-api-key\"}}}},\n  \
             \"privacy\": {{\"usageStatisticsEnabled\": false}},\n  \
             \"general\": {{\"enableAutoUpdate\": false, \"enableAutoUpdateNotification\": false, \
             \"maxAttempts\": {MOST_TRIES}}}{turns}\n}}\n"
        );
        vec![File {
            place: Place::State,
            path: ".gemini/settings.json".to_string(),
            content: content.into_bytes(),
        }]
    }
}
