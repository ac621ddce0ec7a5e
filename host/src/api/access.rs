//! Access tokens as they are asked for and shown.

use jackfield_store::AccessToken;
use jackfield_types::{Scopes, Sees};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A token to be made.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// Whose it is: the name under which its work goes on record. Lower-case letters, digits, `.`, `_` and `-`.
    pub name: String,
    /// What it allows: `read`, `execute`, `work`, `admin`.
    pub scopes: Scopes,
    /// Whose tasks and runs it is shown: `own` (the default) or `all`.
    #[serde(default)]
    pub sees: Option<Sees>,
    /// When it ends: a time from now (`90d`, `12h`), a date or a time; not given: it does not.
    #[serde(default)]
    pub expires: Option<String>,
}

/// A token that was just made: the only time that its text is shown.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct TokenMade {
    /// What is to be sent as `Authorization: Bearer …`.
    pub text: String,
    /// What is on record of it.
    #[serde(flatten)]
    pub token: AccessToken,
}
