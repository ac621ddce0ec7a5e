//! What is in force as a file that could have said so: TOML that reads back, without its secrets.

use super::{Config, is_secret_name, looks_secret};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The configuration as TOML. Amounts are in dollars, as they are written; what is not set is left out.
///
/// # Errors
/// What cannot be written as TOML, in words.
pub fn effective(config: &Config) -> Result<String, String> {
    let value = serde_json::to_value(config).map_err(|error| error.to_string())?;
    let table = toml(value).unwrap_or_else(|| toml::Value::Table(toml::Table::new()));
    toml::to_string(&table).map_err(|error| error.to_string())
}

/// One key of the configuration that is in force.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct EffectiveKey {
    /// Its name with its section: `run.timeout_s`.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// The default, if the value is another one; null if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
}

/// The keys that are in force, in the order of their names. What is not set is left out.
///
/// # Errors
/// What cannot be written as JSON, in words.
pub fn effective_keys(config: &Config) -> Result<Vec<EffectiveKey>, String> {
    let flat = |config: &Config| {
        let mut keys = BTreeMap::new();
        let value = serde_json::to_value(config).map_err(|error| error.to_string())?;
        flatten(String::new(), value, &mut keys);
        Ok::<_, String>(keys)
    };
    let mut defaults = flat(&Config::default())?;
    let key = |(key, value): (String, Value)| {
        let default = defaults.remove(&key).unwrap_or_default();
        EffectiveKey { default: (default != value).then_some(default), key, value }
    };
    Ok(flat(config)?.into_iter().map(key).collect())
}

fn flatten(key: String, value: Value, keys: &mut BTreeMap<String, Value>) {
    match value {
        Value::Null => {}
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                let below = if key.is_empty() { name } else { format!("{key}.{name}") };
                flatten(below, value, keys);
            }
        }
        value => drop(keys.insert(key, value)),
    }
}

/// Values that most likely are secrets give way to the name of what holds them.
pub fn without_secrets(mut config: Config) -> Config {
    let hide = |name: &str, value: &mut String| {
        if is_secret_name(name) || looks_secret(value) {
            *value = format!("[{name}]");
        }
    };
    let executors =
        config.executors.values_mut().map(|section| (&mut section.environment, &mut section.settings));
    let rungs = config.ladder.iter_mut().map(|rung| (&mut rung.environment, &mut rung.settings));
    for (environment, settings) in executors.chain(rungs) {
        environment.iter_mut().for_each(|(name, value)| hide(name, value));
        // `auth_token_from` and the like hold names, and look it.
        settings
            .iter_mut()
            .filter(|(_, value)| looks_secret(value))
            .for_each(|(name, value)| hide(name, value));
    }
    for (name, webhook) in &mut config.webhooks {
        if looks_secret(&webhook.url) {
            webhook.url = format!("https://[{name}]");
        }
    }
    if looks_secret(&config.telemetry.otlp_endpoint) {
        config.telemetry.otlp_endpoint = "https://[otlp_endpoint]".to_owned();
    }
    config
}

/// What is null is not set, and left out.
fn toml(value: Value) -> Option<toml::Value> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => flag.into(),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => whole.into(),
            None => number.as_f64()?.into(),
        },
        Value::String(text) => text.into(),
        Value::Array(items) => toml::Value::Array(items.into_iter().filter_map(toml).collect()),
        Value::Object(fields) => {
            let field = |(name, value)| Some((name, toml(value)?));
            toml::Value::Table(fields.into_iter().filter_map(field).collect())
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const WRITTEN: &str = r#"
        [server]
        names = ["build.example.com"]
        [run]
        workspace = "/srv/site"
        gates = [{ kind = "file_exists", config = { path = "LICENSE" } }]
        [models]
        never = ["opus"]
        [roles.plan]
        tier = "strategist"
        [[ladder]]
        name = "far"
        executor = "claude"
        environment = { DEEPSEEK_API_KEY = "sk-0123456789abcdef", HTTPS_PROXY = "http://me:secret@proxy" }
        rates = { input = 0.28, cached_input = 0.028, output = 0.42 }
        [breaker]
        day_usd = 12.345678
        task_usd = 0.5
        executor_day_usd = { claude = 7 }
        [executors.claude]
        settings = { max_turns = "9" }
        reserve_usd = 1.25
        rates = { "claude-x" = { input = 3, output = 15, as_of = "2026-01-01" } }
        [workspaces.site]
        path = "/srv/site"
        [webhooks.chat]
        url = "https://chat.example.com/hooks/0123456789abcdef0123456789abcdef"
        secret_env = "CHAT_SECRET"
        events = ["run_failed"]
        [grants]
        executor.agy = { programs = ["agy"], environment = ["AGY_API_KEY"], imports = [] }
    "#;

    #[test]
    fn effective_configuration_reads_back_the_same() {
        for config in [Config::default(), toml::from_str(WRITTEN).unwrap()] {
            let text = effective(&config).unwrap();
            let again: Config = toml::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
            assert_eq!(again, config, "{text}");
        }
    }

    #[test]
    fn key_with_another_value_than_its_default_is_listed_with_both() {
        let mut config = Config::default();
        config.run.timeout_s = 7;
        let keys = effective_keys(&config).unwrap();
        let changed: Vec<_> = keys.iter().filter(|key| key.default.is_some()).collect();
        let [one] = changed.as_slice() else { panic!("{changed:?}") };
        assert_eq!((one.key.as_str(), &one.value), ("run.timeout_s", &serde_json::json!(7)));
        assert!(keys.len() > 50);
    }

    #[test]
    fn effective_configuration_has_no_secret_and_still_reads_back() {
        let hidden = without_secrets(toml::from_str(WRITTEN).unwrap());
        let text = effective(&hidden).unwrap();
        for secret in ["sk-0123456789abcdef", "me:secret", "hooks/0123456789abcdef"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("\"[DEEPSEEK_API_KEY]\"") && text.contains("max_turns = \"9\""), "{text}");
        assert_eq!(toml::from_str::<Config>(&text).unwrap(), hidden);
    }
}
