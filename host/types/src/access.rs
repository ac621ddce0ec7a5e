//! Who asks, what they may do, and what they are shown.

use crate::words::words;
use serde::{Deserialize, Serialize};
use std::fmt;

words! {
    /// A permission of a token. The least comes first.
    Scope {
        /// Read runs, tasks, figures and components.
        Read = "read",
        /// Request and cancel runs, edit tasks and human tasks. Includes [`Read`](Self::Read).
        Execute = "execute",
        /// Execute runs as a worker on another machine. It sees the instructions and the code of all of them.
        Work = "work",
        /// Everything: the breaker, components, workers, tokens.
        Admin = "admin",
    }
}

/// What a token allows, each once, the least first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(from = "Vec<Scope>")]
pub struct Scopes(Vec<Scope>);

impl From<Vec<Scope>> for Scopes {
    fn from(mut scopes: Vec<Scope>) -> Self {
        scopes.sort_unstable();
        scopes.dedup();
        Self(scopes)
    }
}

impl Scopes {
    /// Everything.
    pub fn all() -> Self {
        Self(Scope::ALL.into())
    }

    /// Whether nothing is allowed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `scope` is among them or included in one of them.
    pub fn allow(&self, scope: Scope) -> bool {
        let includes = |given: Scope| {
            given == scope || given == Scope::Admin || (given == Scope::Execute && scope == Scope::Read)
        };
        self.0.iter().any(|given| includes(*given))
    }

    /// The scopes of a list like `read,execute`; the first word that is none, else.
    ///
    /// # Errors
    /// The word that names no scope.
    pub fn parse(list: &str) -> Result<Self, String> {
        let words = list.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty());
        let scopes: Result<Vec<_>, _> =
            words.map(|word| Scope::parse(word).ok_or_else(|| word.to_owned())).collect();
        scopes.map(Self::from)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.0.iter().map(|scope| scope.as_str()).collect();
        f.write_str(&names.join(","))
    }
}

/// Whose tasks and runs somebody is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Sees {
    /// Those that it handed in itself: others are as if they were not there.
    Own,
    /// Everybody's.
    All,
}

impl Sees {
    /// Its name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::All => "all",
        }
    }

    /// What is meant by this name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Own, Self::All].into_iter().find(|sees| sees.as_str() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scope_execute_includes_read_and_admin_includes_all() {
        let execute = Scopes::parse("execute").unwrap();
        assert!(execute.allow(Scope::Read) && execute.allow(Scope::Execute));
        assert!(!execute.allow(Scope::Work) && !execute.allow(Scope::Admin));
        let work = Scopes::parse("work").unwrap();
        assert_eq!(
            Scope::ALL.iter().map(|scope| work.allow(*scope)).collect::<Vec<_>>(),
            [false, false, true, false]
        );
        let admin = Scopes::parse("admin").unwrap();
        assert!(Scope::ALL.iter().all(|scope| admin.allow(*scope)));
    }

    #[test]
    fn scopes_are_read_in_any_order_and_an_unknown_one_is_named() {
        assert_eq!(Scopes::parse("execute, read,read").unwrap().to_string(), "read,execute");
        assert_eq!(Scopes::parse("read,rites").unwrap_err(), "rites");
        assert!(Scopes::parse(" ,").unwrap().is_empty());
    }
}
