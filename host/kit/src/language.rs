//! What a component is written in.

use serde::Serialize;
use std::fmt;
use std::str::FromStr;

/// What a component is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Rust, with cargo.
    Rust,
    /// JavaScript, with npm.
    Js,
    /// Python, with pip.
    Python,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Rust, Self::Js, Self::Python];

    /// As typed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Js => "js",
            Self::Python => "python",
        }
    }

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Js => "JavaScript",
            Self::Python => "Python",
        }
    }

    /// Where its source is, within the folder.
    pub const fn source(self) -> &'static str {
        match self {
            Self::Rust => "src/lib.rs",
            Self::Js => "policy.js",
            Self::Python => "policy.py",
        }
    }

    pub(super) const fn recipe(self) -> &'static str {
        match self {
            Self::Rust => {
                "`Cargo.toml` is the recipe: `cargo build --release --target wasm32-wasip2` makes the component, and the kit that it needs is in `sdk/`."
            }
            Self::Js => "`package.json` is the recipe: `npm ci` once, then `npm run build`.",
            Self::Python => {
                "`requirements.txt` is the recipe: `pip install -r requirements.txt` once, then `componentize-py --wit-path wit --world {{kind}} componentize policy --output {{name}}.wasm`."
            }
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Language {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = Self::ALL.map(Self::as_str).join(", ");
        let found = Self::ALL.into_iter().find(|language| language.as_str() == text);
        found.ok_or_else(|| format!("'{text}' is not one of {known}"))
    }
}
