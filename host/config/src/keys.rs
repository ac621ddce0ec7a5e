//! Where a setting is: the way to it through the sections, and the whole configuration laid out flat.

use super::Config;
use super::secrets::{is_secret_name, looks_secret};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;

/// What stands in the place of a value that nobody is to read.
const HIDDEN: &str = "[not shown]";

/// The way to a setting, as it is written in the file: `run.max_concurrent`, `ladder[0].model`.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key(pub Vec<Step>);

/// One step of the way.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into a table.
    Name(String),
    /// Into a list, from 0.
    At(usize),
}

impl Key {
    /// From names with dots between, none of which has a dot in itself.
    pub fn of(path: &str) -> Self {
        Self(path.split('.').map(|name| Step::Name(name.to_owned())).collect())
    }

    /// One step further.
    pub fn then(&self, name: &str) -> Self {
        self.step(Step::Name(name.to_owned()))
    }

    /// Into a list.
    pub fn at(&self, index: usize) -> Self {
        self.step(Step::At(index))
    }

    fn step(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The table or list that it is in.
    pub fn parent(&self) -> Self {
        Self(self.0.split_last().map(|(_, before)| before.to_vec()).unwrap_or_default())
    }

    /// Its own name; none for what is in a list, and for the whole.
    pub fn name(&self) -> Option<&str> {
        match self.0.last() {
            Some(Step::Name(name)) => Some(name),
            _ => None,
        }
    }

    /// Whether it is `other` or something in it.
    pub fn is_in(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::At(index) => write!(f, "[{index}]")?,
                Step::Name(name) => {
                    let dot = if at == 0 { "" } else { "." };
                    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
                    if !name.is_empty() && name.chars().all(bare) {
                        write!(f, "{dot}{name}")?;
                    } else {
                        write!(f, "{dot}{name:?}")?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// Every setting with its value. A rung goes by its name, so that one that moved is not one that changed;
/// the order is told by `ladder` itself. What is not set is there too, as null.
pub fn flat(config: &Config) -> BTreeMap<Key, Value> {
    let mut settings = BTreeMap::new();
    // Serialising plain data to a value does not fail.
    let whole = serde_json::to_value(config).unwrap_or_default();
    lay_out(Key::default(), whole, &mut settings);
    settings
}

fn lay_out(key: Key, value: Value, into: &mut BTreeMap<Key, Value>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                lay_out(key.then(&name), field, into);
            }
        }
        Value::Array(items) if key == Key::of("ladder") => {
            let name = |item: &Value| item.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            into.insert(key.clone(), items.iter().map(name).collect());
            for item in items {
                lay_out(key.then(&name(&item)), item, into);
            }
        }
        other => drop(into.insert(key, other)),
    }
}

/// A value as a person may see it. Whatever is for an agent's environment is not shown, whatever its
/// name: a proxy's address can hold a password.
pub fn shown(key: &Key, value: Option<&Value>) -> String {
    let is_secret = |text: &str| is_secret_name(key.name().unwrap_or_default()) || looks_secret(text);
    match value {
        None | Some(Value::Null) => "not set".to_owned(),
        Some(_) if is_environment(key) => HIDDEN.to_owned(),
        Some(Value::String(text)) if is_secret(text) => HIDDEN.to_owned(),
        Some(Value::Number(number)) => number.to_string().trim_end_matches(".0").to_owned(),
        Some(other) => other.to_string(),
    }
}

fn is_environment(key: &Key) -> bool {
    let steps: Vec<_> = key.0.iter().collect();
    match steps.as_slice() {
        [Step::Name(section), _, Step::Name(field), ..] => {
            matches!(section.as_str(), "executors" | "ladder") && field == "environment"
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(toml: &str) -> BTreeMap<String, String> {
        let config: Config = toml::from_str(toml).unwrap();
        let shown = |(key, value): (Key, Value)| (key.to_string(), shown(&key, Some(&value)));
        flat(&config).into_iter().map(shown).collect()
    }

    #[test]
    fn every_setting_has_a_line_of_its_own_and_rungs_are_listed_by_name() {
        let settings = settings(
            "[[ladder]]\nname = 'far'\nexecutor = 'claude'\nsettings = { max_turns = '9' }\n\
             [executors.shell.rates.'a.b']\ninput = 1\noutput = 0.5\n",
        );
        for (key, value) in [
            ("run.max_concurrent", "2"),
            ("breaker.day_usd", "20"),
            ("breaker.task_usd", "not set"),
            ("ladder", "[\"far\"]"),
            ("ladder.far.executor", "\"claude\""),
            ("ladder.far.settings.max_turns", "\"9\""),
            ("executors.shell.rates.\"a.b\".output", "0.5"),
        ] {
            assert_eq!(settings.get(key).map(String::as_str), Some(value), "{key}: {settings:#?}");
        }
    }

    #[test]
    fn possible_secret_is_never_shown() {
        let settings = settings(
            "[executors.claude.environment]\nHTTPS_PROXY = 'http://me:pass@proxy'\n\
             [executors.claude.settings]\n'env.SITE_TOKEN' = 'short'\nheader = 'Bearer sk-ant-0123456789abcdef'\n\
             [[ladder]]\nname = 'far'\nexecutor = 'claude'\nenvironment = { DEEPSEEK_API_KEY = 'k' }\n",
        );
        for key in [
            "executors.claude.environment.HTTPS_PROXY",
            "executors.claude.settings.\"env.SITE_TOKEN\"",
            "executors.claude.settings.header",
            "ladder.far.environment.DEEPSEEK_API_KEY",
        ] {
            assert_eq!(settings.get(key).map(String::as_str), Some(HIDDEN), "{key}: {settings:#?}");
        }
    }
}
