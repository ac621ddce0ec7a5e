//! Reading the configuration in layers: file, environment, flags.

use super::Config;
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The layers, lowest first.
#[derive(Debug, Default)]
pub struct Layers {
    /// `jackfield.toml`; missing is fine unless `required`.
    pub file: Option<PathBuf>,
    /// The file was named by the operator, so it must exist.
    pub required: bool,
    /// `JACKFIELD_SECTION__KEY` and its value. Names without `__` are not configuration.
    pub environment: Vec<(String, String)>,
    /// `section.key` and its value, from flags.
    pub flags: Vec<(String, String)>,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The named file cannot be read.
    #[error("cannot read {path}: {error}")]
    #[allow(missing_docs)]
    Unreadable { path: String, error: std::io::Error },
    /// It is not TOML, or says something that Jackfield does not know. The text has the line.
    #[error("{origin} is not valid:\n{detail}")]
    #[allow(missing_docs)]
    Invalid { origin: String, detail: String },
    /// A value cannot be what it is.
    #[error("{key} = {value}: {why}")]
    #[allow(missing_docs)]
    Unusable { key: &'static str, value: String, why: &'static str },
}

impl From<ConfigError> for jackfield_types::Problem {
    fn from(error: ConfigError) -> Self {
        Self::operator(
            "bad_config",
            error.to_string(),
            "mend it and start again; `jackfield config` prints the commented default",
        )
    }
}

/// Reads and checks all layers.
pub fn load(layers: &Layers) -> Result<Config, ConfigError> {
    let (origin, text) = read(layers)?;
    // The file is parsed into the sections by itself first: only this way do errors name a line.
    let invalid = |origin: &str, detail: String| ConfigError::Invalid { origin: origin.to_owned(), detail };
    toml::from_str::<Config>(&text).map_err(|error| invalid(&origin, error.to_string()))?;
    let mut table: Table = toml::from_str(&text).map_err(|error| invalid(&origin, error.to_string()))?;
    for (name, value) in &layers.environment {
        let Some(path) = name.strip_prefix("JACKFIELD_").filter(|path| path.contains("__")) else { continue };
        overlay(&mut table, &path.to_lowercase().replace("__", "."), value);
        Config::try_from_table(&table).map_err(|detail| invalid(&format!("the variable {name}"), detail))?;
    }
    for (key, value) in &layers.flags {
        overlay(&mut table, key, value);
        Config::try_from_table(&table).map_err(|detail| invalid(&format!("the flag for {key}"), detail))?;
    }
    let config = Config::try_from_table(&table).map_err(|detail| invalid(&origin, detail))?;
    check(&config)?;
    Ok(config)
}

impl Config {
    fn try_from_table(table: &Table) -> Result<Self, String> {
        Value::Table(table.clone()).try_into().map_err(|error: toml::de::Error| error.to_string())
    }
}

fn read(layers: &Layers) -> Result<(String, String), ConfigError> {
    let Some(path) = &layers.file else { return Ok(("the configuration".into(), String::new())) };
    let origin = path.display().to_string();
    match std::fs::read_to_string(path) {
        Ok(text) => Ok((origin, text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !layers.required => {
            Ok((origin, String::new()))
        }
        Err(error) => Err(ConfigError::Unreadable { path: origin, error }),
    }
}

/// Sets `section.key`, making sections on the way. The value is read as TOML where it is TOML.
fn overlay(table: &mut Table, key: &str, text: &str) {
    let value = toml::from_str::<Table>(&format!("value = {text}"))
        .ok()
        .and_then(|mut parsed| parsed.remove("value"))
        .unwrap_or_else(|| Value::String(text.to_owned()));
    match key.split_once('.') {
        None => {
            table.insert(key.to_owned(), value);
        }
        Some((section, rest)) => {
            let entry = table.entry(section).or_insert_with(|| Value::Table(Table::new()));
            if let Value::Table(inner) = entry {
                overlay(inner, rest, text);
            }
        }
    }
}

fn check(config: &Config) -> Result<(), ConfigError> {
    let positive = |key, value: u64| match value {
        0 => Err(ConfigError::Unusable { key, value: "0".into(), why: "must be at least 1" }),
        _ => Ok(()),
    };
    positive("run.max_concurrent", config.run.max_concurrent as u64)?;
    positive("run.timeout_s", config.run.timeout_s)?;
    positive("run.idle_s", config.run.idle_s)?;
    positive("plugins.instances", u64::from(config.plugins.instances))?;
    if config.server.listen.parse::<std::net::SocketAddr>().is_err() {
        return Err(ConfigError::Unusable {
            key: "server.listen",
            value: config.server.listen.clone(),
            why: "must be an address and a port, like 127.0.0.1:7700",
        });
    }
    Ok(())
}

/// Where the file is looked for when none is named: the data folder.
pub(crate) fn default_file(data: &Path) -> PathBuf {
    data.join("jackfield.toml")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::DEFAULT_TOML;
    use jackfield_types::Micros;

    fn from_text(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jackfield.toml");
        std::fs::write(&file, text).unwrap();
        load(&Layers { file: Some(file), required: true, ..Layers::default() })
    }

    #[test]
    fn the_commented_default_says_what_is_true() {
        assert_eq!(from_text(DEFAULT_TOML).unwrap(), Config::default());
        // Every commented-out setting is one that the parser knows, with its default value.
        let uncommented: String = DEFAULT_TOML
            .lines()
            .map(|line| line.strip_prefix("#: ").unwrap_or(line))
            .flat_map(|line| [line, "\n"])
            .collect();
        let spelled_out = from_text(&uncommented).unwrap();
        assert_eq!(spelled_out.run, Config { ..Config::default() }.run);
        assert_eq!(spelled_out.breaker, Config::default().breaker);
        assert_eq!(spelled_out.server, Config::default().server);
        assert_eq!(spelled_out.keep, Config::default().keep);
        // A setting that is not spelled out would have its default all the same.
        let table: Table = toml::from_str(&uncommented).unwrap();
        let keys: Vec<&str> = table["keep"].as_table().unwrap().keys().map(String::as_str).collect();
        let mut named =
            ["worktree_hours", "worktree_gb", "log_days", "log_gb", "event_days", "call_days", "every_min"];
        named.sort_unstable();
        assert_eq!(keys, named);
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        let error = from_text("[run]\nmax_concurent = 3\n").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("max_concurent"), "{error}");
        let error = from_text("[breaker]\nday_usd = \"lots\"\n").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("'lots' is not an amount"), "{error}");
        assert!(from_text("[breaker]\nday_usd = -1\n").is_err());
        let error = from_text("[run]\nmax_concurrent = 0\n").unwrap_err().to_string();
        assert!(error.contains("run.max_concurrent"), "{error}");
    }

    #[test]
    fn the_environment_wins_over_the_file_and_flags_over_both() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jackfield.toml");
        std::fs::write(&file, "[run]\ntimeout_s = 10\nwait_s = 1\n[breaker]\nday_usd = 5").unwrap();
        let config = load(&Layers {
            file: Some(file),
            required: true,
            environment: vec![
                ("JACKFIELD_RUN__TIMEOUT_S".into(), "20".into()),
                ("JACKFIELD_BREAKER__DAY_USD".into(), "0.25".into()),
                ("JACKFIELD_DATA".into(), "/ignored".into()),
            ],
            flags: vec![("run.timeout_s".into(), "30".into())],
        })
        .unwrap();
        assert_eq!((config.run.timeout_s, config.run.wait_s), (30, 1));
        assert_eq!(config.breaker.day_usd, Micros(250_000));
    }

    #[test]
    fn a_variable_that_means_nothing_is_named() {
        let layers = Layers {
            environment: vec![("JACKFIELD_RUN__TIMEOUTS".into(), "20".into())],
            ..Layers::default()
        };
        let error = load(&layers).unwrap_err().to_string();
        assert!(error.contains("JACKFIELD_RUN__TIMEOUTS") && error.contains("timeouts"), "{error}");
    }

    #[test]
    fn a_named_file_must_exist() {
        let layers =
            Layers { file: Some("/nowhere/jackfield.toml".into()), required: true, ..Layers::default() };
        assert!(load(&layers).unwrap_err().to_string().contains("/nowhere/jackfield.toml"));
        assert_eq!(load(&Layers { required: false, ..layers }).unwrap(), Config::default());
    }
}
