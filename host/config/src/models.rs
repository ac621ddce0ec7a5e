//! Which models may be asked, and what a role of work is bound to.

use jackfield_plugins::facts::types;
use jackfield_types::Role;
use serde::{Deserialize, Serialize};

/// How strong a model is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum TierName {
    Light,
    Workhorse,
    Strategist,
}

impl From<TierName> for types::Tier {
    fn from(name: TierName) -> Self {
        match name {
            TierName::Light => Self::Light,
            TierName::Workhorse => Self::Workhorse,
            TierName::Strategist => Self::Strategist,
        }
    }
}

impl std::fmt::Display for TierName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Light => "light",
            Self::Workhorse => "workhorse",
            Self::Strategist => "strategist",
        })
    }
}

/// `[models]`
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelsSection {
    /// Patterns of models that are never asked, by nobody and for nothing.
    pub never: Vec<String>,
    /// Patterns of models that may be named although the executor's adapter does not list them.
    pub allow: Vec<String>,
}

/// `[roles]`: what work of a role is done with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RolesSection {
    pub plan: RoleSection,
    pub implement: RoleSection,
    pub review: RoleSection,
    pub test: RoleSection,
}

/// `[roles.ROLE]`: whoever is asked must fit everything that is set.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoleSection {
    /// Models of this tier only.
    pub tier: Option<TierName>,
    /// Executors and rungs of the ladder, by name; empty: any.
    pub executors: Vec<String>,
    /// Patterns of models; empty: any.
    pub models: Vec<String>,
}

impl ModelsSection {
    /// The pattern that forbids a model, where one does.
    pub fn forbids(&self, model: &str) -> Option<&str> {
        self.never.iter().map(String::as_str).find(|pattern| fits(pattern, model))
    }
}

impl RolesSection {
    /// What a role is bound to.
    pub fn of(&self, role: Role) -> &RoleSection {
        match role {
            Role::Plan => &self.plan,
            Role::Implement => &self.implement,
            Role::Review => &self.review,
            Role::Test => &self.test,
        }
    }

    /// Each with its name.
    pub fn all(&self) -> [(&'static str, &RoleSection); 4] {
        [("plan", &self.plan), ("implement", &self.implement), ("review", &self.review), ("test", &self.test)]
    }
}

/// Whether a pattern names a model: the whole name with `*` for anything, or without a star also a part of the name
/// between hyphens, so that `opus` is `claude-opus-4-5` too. Upper and lower case are the same.
pub fn fits(pattern: &str, model: &str) -> bool {
    let (pattern, model) = (pattern.trim().to_lowercase(), model.trim().to_lowercase());
    if pattern.is_empty() {
        return false;
    }
    if pattern.contains('*') {
        return matches(&pattern, &model);
    }
    let is_border = |c: Option<char>| c.is_none_or(|c| matches!(c, '-' | '/' | '_' | ':' | '@' | '[' | ']'));
    model.match_indices(&pattern).any(|(at, found)| {
        let before = model.get(..at).and_then(|before| before.chars().next_back());
        let after = model.get(at + found.len()..).and_then(|after| after.chars().next());
        is_border(before) && is_border(after)
    })
}

/// A text against a pattern with `*` for any number of characters.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let parts: Vec<_> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or_default();
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pattern_matches_a_whole_name_a_hyphenated_part_or_by_stars() {
        for (pattern, model) in [
            ("opus", "opus"),
            ("opus", "claude-opus-4-5"),
            ("OPUS", "claude-opus-4-5-20251101"),
            ("claude-opus-4-5", "claude-opus-4-5-20251101"),
            ("*-preview", "gemini-3.1-pro-preview"),
            ("claude-*", "claude-sonnet-4-5"),
            ("*", "anything"),
            ("*opus*", "claude-opus-4-5"),
            ("g*-*-lite", "gemini-2.5-flash-lite"),
            ("opus", "anthropic/opus"),
        ] {
            assert!(fits(pattern, model), "{pattern} {model}");
        }
        for (pattern, model) in [
            ("opus", "claude-sonnet-4-5"),
            ("opus", "magnopus-1"),
            ("opus", "opuss"),
            ("gpt-5", "gpt-5.5"),
            ("*-preview", "gemini-preview-2"),
            ("a*a", "a"),
            ("", "claude"),
            (" ", "claude"),
        ] {
            assert!(!fits(pattern, model), "{pattern} {model}");
        }
    }
}
