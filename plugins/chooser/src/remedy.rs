//! What sort of thing a failure class says, and what a person should do about it.

use crate::facts::{FailureClass, Millis};
use alloc::format;
use alloc::string::String;

/// What a failure says about the attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The work was bad: a better agent may do better.
    Quality,
    /// Nobody will do better until somebody does this.
    Infrastructure(&'static str),
    /// Later, or elsewhere.
    Capacity,
    /// It was to be stopped; this is how to go on.
    Policy(&'static str),
}

/// The kind of a class, with what to do where only a person can do it.
pub(crate) fn kind(class: FailureClass) -> Kind {
    use FailureClass as F;
    match class {
        F::TestFail | F::WrongFile | F::Refused | F::Unknown => Kind::Quality,
        F::AuthFailure => Kind::Infrastructure("log the agent in again, then retry the run"),
        F::NoCredit => {
            Kind::Infrastructure("top up the account or name another executor, then retry the run")
        }
        F::Timeout => {
            Kind::Infrastructure("look at its log for what it waited on; allow more time or ask for less")
        }
        F::SyntaxError => Kind::Infrastructure(
            "the program did not understand its arguments: check its version against the adapter",
        ),
        F::Network => Kind::Infrastructure("check the connection to the provider, then retry the run"),
        F::UnknownModel => Kind::Infrastructure("name a model that the provider knows"),
        F::Denied => Kind::Infrastructure("allow it the tools that it asked for, then retry the run"),
        F::NoProgram => Kind::Infrastructure("install the agent program, then retry the run"),
        F::Killed => Kind::Infrastructure("find out what ended it (memory, a signal), then retry the run"),
        F::Lost => Kind::Infrastructure("look at what it left in its worktree, then retry the run"),
        F::RateLimited | F::Overloaded | F::ContextOverflow => Kind::Capacity,
        F::Budget => Kind::Policy("raise the limit or wait for the next period"),
        F::Cancelled => Kind::Policy("retry the run to take it up again"),
    }
}

/// As stored and shown everywhere else.
pub(crate) fn word(class: FailureClass) -> &'static str {
    use FailureClass as F;
    match class {
        F::TestFail => "test_fail",
        F::WrongFile => "wrong_file",
        F::Refused => "refused",
        F::Unknown => "unknown",
        F::AuthFailure => "auth_failure",
        F::NoCredit => "no_credit",
        F::Timeout => "timeout",
        F::SyntaxError => "syntax_error",
        F::Network => "network",
        F::UnknownModel => "unknown_model",
        F::Denied => "denied",
        F::NoProgram => "no_program",
        F::Killed => "killed",
        F::Lost => "lost",
        F::RateLimited => "rate_limited",
        F::Overloaded => "overloaded",
        F::ContextOverflow => "context_overflow",
        F::Budget => "budget",
        F::Cancelled => "cancelled",
    }
}

/// A span as people say it, rounded up: `40 s`, `5 min`, `3 h`.
pub(crate) fn span(millis: Millis) -> String {
    let seconds = millis.div_ceil(1_000);
    match seconds {
        0..=90 => format!("{seconds} s"),
        91..=5_400 => format!("{} min", seconds.div_ceil(60)),
        _ => format!("{} h", seconds.div_ceil(3_600)),
    }
}
