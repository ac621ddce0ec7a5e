//! Why a command did not succeed, and what to do about it: nothing else is printed for it.

use std::fmt;

/// What a command comes to.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// What went wrong, and the way out.
#[derive(Debug)]
pub(crate) struct Failure {
    what: String,
    remedy: String,
}

impl Failure {
    pub(crate) fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what: what.into(), remedy: remedy.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.what, self.remedy)
    }
}
