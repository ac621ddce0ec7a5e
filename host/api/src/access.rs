//! Access tokens as they are asked for and shown.

use jackfield_store::{AccessToken, BrowserSession};
use jackfield_types::{RunId, Scope, Scopes, Sees, TaskId, Timestamp};
use serde::{Deserialize, Serialize};

/// A token to be made.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
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
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct TokenMade {
    /// What is to be sent as `Authorization: Bearer …`.
    pub text: String,
    /// What is on record of it.
    #[serde(flatten)]
    pub token: AccessToken,
}

/// A login of a browser: with a ticket or with an access token.
#[derive(Clone, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum LoginRequest {
    /// A ticket, which is good once.
    Ticket(String),
    /// The text of an access token, or of the owner's token.
    Token(String),
}

/// A ticket that logs a browser in, once.
#[derive(Debug, Clone, Serialize)]
pub struct LoginTicket {
    /// The ticket.
    pub ticket: String,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// A session that was just opened.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct LoginAnswer {
    /// What every call has to send as `x-jackfield-key`, beside the cookie. Only this answer contains it.
    pub key: String,
    /// The session.
    pub session: SessionView,
}

/// A session, as its browser sees it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct SessionView {
    /// The session.
    #[serde(flatten)]
    pub session: BrowserSession,
    /// The version of the program.
    pub version: String,
}

/// The principal of a call.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Me {
    /// The name of its work in records.
    pub name: String,
    /// Its scopes.
    pub scopes: Scopes,
    /// The work that it can see.
    pub sees: Sees,
    /// The version of the program.
    pub version: String,
}

/// A call that came through the port.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct AuditEntry {
    /// When it was answered.
    pub at: Timestamp,
    /// Who asked; none: nobody that was let in.
    pub who: Option<String>,
    /// The address that it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The method.
    pub method: String,
    /// The path, without what follows a `?`.
    pub path: String,
    /// The tool, where a model asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// The status that it was answered with.
    pub status: u16,
    /// How long the answer took, milliseconds; of a stream, until it began.
    pub took_ms: u64,
    /// The task that it was about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskId>,
    /// The run that it was about, whose cost is on the ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunId>,
    /// The scope that was wanting.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<Scope>,
    /// The trace that it belongs to, where the caller named one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// Which calls to list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AuditFilter {
    /// Since a time ago (`7d`, `12h`), a day or a time.
    pub since: Option<String>,
    /// Of one principal.
    pub who: Option<String>,
    /// About one run, by its whole id.
    pub run: Option<RunId>,
    /// At most so many.
    pub limit: Option<u32>,
}
