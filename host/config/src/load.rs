//! Reading the configuration in layers: file, environment, flags.

use super::Config;
use super::check::check;
use jackfield_types::{ErrorCode, Operation};
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
    /// Values that cannot be what they are, one a line: all of them.
    #[error("{}", faults.join("\n"))]
    #[allow(missing_docs)]
    Unusable { faults: Vec<String> },
}

impl From<ConfigError> for jackfield_types::Problem {
    fn from(error: ConfigError) -> Self {
        let remedy =
            "fix it and start again; a check lists every mistake, and the commented default shows every key";
        Self::operator(ErrorCode::BadConfig, error.to_string(), remedy)
            .with(Operation::CheckConfig)
            .with(Operation::ShowDefaultConfig)
    }
}

/// Reads and checks all layers.
pub fn load(layers: &Layers) -> Result<Config, ConfigError> {
    let (origin, text) = read(layers)?;
    // The file is parsed into the sections by itself first: only this way do errors name a line.
    let invalid = |origin: &str, detail: String| ConfigError::Invalid { origin: origin.to_owned(), detail };
    toml::from_str::<Config>(&text).map_err(|error| invalid(&origin, error.to_string()))?;
    let mut table: Table = toml::from_str(&text).map_err(|error| invalid(&origin, error.to_string()))?;
    for (origin, key, value) in layers.overlays() {
        overlay(&mut table, &key, value)
            .and_then(|()| Config::try_from_table(&table).map(drop))
            .map_err(|detail| invalid(&origin, detail))?;
    }
    let config = Config::try_from_table(&table).map_err(|detail| invalid(&origin, detail))?;
    match check(&config) {
        faults if faults.is_empty() => Ok(config),
        faults => Err(ConfigError::Unusable { faults: faults.iter().map(ToString::to_string).collect() }),
    }
}

impl Layers {
    /// What is laid over the file, in order: where it comes from, `section.key`, and the value.
    pub(crate) fn overlays(&self) -> impl Iterator<Item = (String, String, &str)> {
        let variables = self.environment.iter().filter_map(|(name, value)| {
            let path = name.strip_prefix("JACKFIELD_").filter(|path| path.contains("__"))?;
            Some((format!("the variable {name}"), path.to_lowercase().replace("__", "."), value.as_str()))
        });
        let flags = self.flags.iter();
        let flags = flags.map(|(key, value)| (format!("the flag for {key}"), key.clone(), value.as_str()));
        variables.chain(flags)
    }
}

impl Config {
    pub(crate) fn try_from_table(table: &Table) -> Result<Self, String> {
        Value::Table(table.clone()).try_into().map_err(|error: toml::de::Error| error.to_string())
    }
}

/// The file's name and text; no text where there is none and none was named.
pub(crate) fn read(layers: &Layers) -> Result<(String, String), ConfigError> {
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
pub(crate) fn overlay(table: &mut Table, key: &str, text: &str) -> Result<(), String> {
    let value = toml::from_str::<Table>(&format!("value = {text}"))
        .ok()
        .and_then(|mut parsed| parsed.remove("value"))
        .unwrap_or_else(|| Value::String(text.to_owned()));
    let Some((section, rest)) = key.split_once('.') else {
        table.insert(key.to_owned(), value);
        return Ok(());
    };
    match table.entry(section).or_insert_with(|| Value::Table(Table::new())) {
        Value::Table(inner) => overlay(inner, rest, text),
        _ => Err(format!("`{section}` is not a section, so there is no `{rest}` in it")),
    }
}

/// Where the file is looked for when none is named: the data folder.
pub fn default_file(data: &Path) -> PathBuf {
    data.join("jackfield.toml")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DEFAULT_TOML;
    use crate::keys::{Key, flat};
    use jackfield_types::Micros;
    use std::collections::BTreeSet;

    fn from_text(text: &str) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jackfield.toml");
        std::fs::write(&file, text).unwrap();
        load(&Layers { file: Some(file), required: true, ..Layers::default() })
    }

    /// The default with these marks taken away.
    fn uncommented(marks: &[&str]) -> String {
        let without =
            |line: &'static str| marks.iter().find_map(|mark| line.strip_prefix(mark)).unwrap_or(line);
        DEFAULT_TOML.lines().flat_map(|line| [without(line), "\n"]).collect()
    }

    /// Every key that is written, with a star where a name is free.
    fn written(value: &Value, path: &str, into: &mut BTreeSet<String>) {
        match value {
            Value::Table(table) => {
                for (name, inner) in table {
                    let free = ["executors", "workspaces", "plugins.limits"].contains(&path);
                    let free = free || path.ends_with(".rates") && inner.is_table();
                    let name = if free { "*" } else { name };
                    written(inner, format!("{path}.{name}").trim_start_matches('.'), into);
                }
            }
            Value::Array(items) if items.iter().any(Value::is_table) => {
                into.insert(path.to_owned());
                items.iter().for_each(|item| written(item, path, into));
            }
            _ => drop(into.insert(path.to_owned())),
        }
    }

    #[test]
    fn commented_default_states_the_default_values() {
        assert_eq!(from_text(DEFAULT_TOML).unwrap(), Config::default());
        // What is marked as a default is known to the parser, and is the default.
        assert_eq!(from_text(&uncommented(&["#: "])).unwrap(), Config::default());
        // What is given as an example is known too, and can be used.
        let examples = from_text(&uncommented(&["#: ", "#   "])).unwrap();
        let (rung, site) = (&examples.ladder[0], &examples.workspaces["site"]);
        assert_eq!((rung.name.as_str(), rung.executor.as_str()), ("deepseek", "claude"));
        assert_eq!(rung.settings["auth_token_from"], "DEEPSEEK_API_KEY");
        assert!(rung.environment.contains_key("DEEPSEEK_API_KEY"));
        assert_eq!(site.repo.as_deref(), Some("owner/name"));
    }

    #[test]
    fn commented_default_shows_every_setting() {
        let mut shown = BTreeSet::new();
        let text: Value = Value::Table(toml::from_str(&uncommented(&["#: ", "#   "])).unwrap());
        written(&text, "", &mut shown);
        // The sections say what there is: what is not set is there as null.
        let examples: Config = text.try_into().unwrap();
        let keys = flat(&examples).into_keys().map(|key| {
            let steps: Vec<_> = key.0.iter().map(|step| Key(vec![step.clone()]).to_string()).collect();
            match steps.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
                ["executors", _, "rates", _, rest @ ..] => format!("executors.*.rates.*.{}", rest.join(".")),
                [section @ ("executors" | "workspaces"), _, rest @ ..] => {
                    format!("{section}.*.{}", rest.join("."))
                }
                ["plugins", "limits", _, rest @ ..] => format!("plugins.limits.*.{}", rest.join(".")),
                ["ladder", _, "rates", ..] => "ladder.rates.input".to_owned(),
                ["ladder", _, rest @ ..] => format!("ladder.{}", rest.join(".")),
                ["ladder"] => "ladder.name".to_owned(),
                steps => steps.join("."),
            }
        });
        let missing: BTreeSet<_> = keys.filter(|key| !shown.contains(key)).collect();
        assert_eq!(missing, BTreeSet::new(), "default.toml does not show these");
    }

    #[test]
    fn mistake_is_reported_with_its_line() {
        let error = from_text("[run]\nmax_concurent = 3\n").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("max_concurent"), "{error}");
        let error = from_text("[breaker]\nday_usd = \"lots\"\n").unwrap_err().to_string();
        assert!(error.contains("line 2") && error.contains("'lots' is not an amount"), "{error}");
        assert!(from_text("[breaker]\nday_usd = -1\n").is_err());
        let error = from_text("[run]\nmax_concurrent = 0\n").unwrap_err().to_string();
        assert!(error.contains("run.max_concurrent"), "{error}");
        let error = from_text("[run]\nmax_concurrent = 0\n[queue]\npoll_s = 0").unwrap_err().to_string();
        assert!(error.contains("run.max_concurrent") && error.contains("queue.poll_s"), "{error}");
    }

    #[test]
    fn environment_overrides_the_file_and_flags_override_both() {
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
    fn variable_without_a_setting_is_named() {
        let layers = Layers {
            environment: vec![("JACKFIELD_RUN__TIMEOUTS".into(), "20".into())],
            ..Layers::default()
        };
        let error = load(&layers).unwrap_err().to_string();
        assert!(error.contains("JACKFIELD_RUN__TIMEOUTS") && error.contains("timeouts"), "{error}");
        let flags = vec![("run.timeout_s".into(), "5".into()), ("run.timeout_s.long".into(), "5".into())];
        let error = load(&Layers { flags, ..Layers::default() }).unwrap_err().to_string();
        assert!(error.contains("`timeout_s` is not a section"), "{error}");
    }

    #[test]
    fn missing_named_file_is_refused() {
        let layers =
            Layers { file: Some("/nowhere/jackfield.toml".into()), required: true, ..Layers::default() };
        assert!(load(&layers).unwrap_err().to_string().contains("/nowhere/jackfield.toml"));
        assert_eq!(load(&Layers { required: false, ..layers }).unwrap(), Config::default());
    }
}
