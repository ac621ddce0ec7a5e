//! Why an attempt failed.

use crate::words::words;
use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! classes {
    ($($(#[$doc:meta])* $variant:ident = $text:literal => $kind:ident),+ $(,)?) => {
        words! {
            /// Why an attempt failed. What follows from each is the chooser's judgement.
            FailureClass { $($(#[$doc])* $variant = $text),+ }
        }

        impl FailureClass {
            /// Which kind of failure it is.
            pub const fn kind(self) -> FailureKind {
                match self { $(Self::$variant => FailureKind::$kind),+ }
            }
        }
    };
}

classes! {
    /// Its checks failed.
    TestFail = "test_fail" => Quality,
    /// It changed what it should not have, or nothing where a change was asked for.
    WrongFile = "wrong_file" => Quality,
    /// The model would not do it.
    Refused = "refused" => Quality,
    /// Nobody can tell.
    Unknown = "unknown" => Quality,
    /// Not logged in, or a bad credential.
    AuthFailure = "auth_failure" => Infrastructure,
    /// The account is out of credit or quota.
    NoCredit = "no_credit" => Infrastructure,
    /// It took too long, or said nothing for too long.
    Timeout = "timeout" => Infrastructure,
    /// The program did not understand how it was called.
    SyntaxError = "syntax_error" => Infrastructure,
    /// The provider could not be reached, or the stream was cut.
    Network = "network" => Infrastructure,
    /// The provider does not know the model.
    UnknownModel = "unknown_model" => Infrastructure,
    /// It was not allowed the tools that it needed.
    Denied = "denied" => Infrastructure,
    /// The agent program is not installed.
    NoProgram = "no_program" => Infrastructure,
    /// Something outside ended it.
    Killed = "killed" => Infrastructure,
    /// The host found it gone after a restart.
    Lost = "lost" => Infrastructure,
    /// Too many requests.
    RateLimited = "rate_limited" => Capacity,
    /// The provider is at capacity.
    Overloaded = "overloaded" => Capacity,
    /// The context window is full.
    ContextOverflow = "context_overflow" => Capacity,
    /// The breaker stopped it.
    Budget = "budget" => Policy,
    /// A person or a client stopped it.
    Cancelled = "cancelled" => Policy,
}

/// What sort of thing a failure class says about the attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum FailureKind {
    /// The work was bad: a better agent may do better.
    Quality,
    /// Nobody will do better until somebody mends something.
    Infrastructure,
    /// Later, or elsewhere.
    Capacity,
    /// It was to be stopped.
    Policy,
}

/// Why an attempt failed, for the person who reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Failure {
    /// The class, which decides what may follow.
    pub class: FailureClass,
    /// What happened, in one plain sentence.
    pub message: String,
    /// What to do about it, where anything can be done.
    pub remedy: Option<String>,
    /// How long the provider asked us to stay away, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// The HTTP status behind it, where one is known.
    pub status: Option<u16>,
}

impl Failure {
    /// A failure of a class, with a message.
    pub fn new(class: FailureClass, message: impl Into<String>) -> Self {
        Self { class, message: message.into(), remedy: None, retry_after_ms: None, status: None }
    }

    /// The same, with what to do about it.
    #[must_use]
    pub fn with_remedy(self, remedy: impl Into<String>) -> Self {
        Self { remedy: Some(remedy.into()), ..self }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.class, self.message)?;
        self.remedy.iter().try_for_each(|remedy| write!(f, " ({remedy})"))
    }
}
