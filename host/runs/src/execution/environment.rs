//! What an agent program finds in its environment, and which of it must never be seen elsewhere.
//!
//! The host's own environment is scrubbed to an allow list. On top come the names that the adapter
//! asked for and the operator granted: an adapter says names, the host knows values.
//!
//! A secret is for the program, not for the commands that a model has it run: what `env` prints there
//! goes to the model and into the program's own transcript. So every bash below the program is told to
//! forget it, which spares the model an accident and no more: Claude Code starts its shells another way
//! and still shows them its key, and any command can read its parent's environment in `/proc`.

use jackfield_config::ExecutorSection;
use jackfield_plugins::facts::driving::{Description, Value};
use jackfield_process::{Environment, base_environment};
use jackfield_types::{Failure, FailureClass};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;

/// Names that no plan sets: they decide which code runs, or are the host's own mark.
const RESERVED: [&str; 4] = ["PATH", "LD_PRELOAD", "LD_LIBRARY_PATH", jackfield_process::TAG_VARIABLE];

/// Names a file that bash reads before anything else, in every way of starting it but the interactive.
pub(crate) const BASH_STARTUP: &str = "BASH_ENV";

/// Where values come from: the operator's `[executors.NAME.environment]`, then the host's own.
#[derive(Debug)]
pub(crate) struct Sources<'a> {
    pub(crate) host: &'a Environment,
    pub(crate) executor: &'a ExecutorSection,
    pub(crate) description: &'a Description,
}

impl Sources<'_> {
    fn value(&self, name: &str) -> Option<String> {
        let own = self.executor.environment.get(name).cloned();
        own.or_else(|| self.host.get(OsStr::new(name)).and_then(|value| value.to_str().map(str::to_owned)))
            .filter(|value| !value.is_empty())
    }

    /// The variables of the description that are set. A component that is in service was granted
    /// every name that it describes.
    pub(crate) fn present(&self) -> Vec<String> {
        let names = self.description.environment.iter().map(|variable| &variable.name);
        names.filter(|name| self.value(name).is_some()).cloned().collect()
    }

    /// The environment of a quick look at the program: its health, its version.
    pub(crate) fn for_probe(&self, temporary: &Path) -> Environment {
        let mut environment = base_environment(self.host, temporary);
        environment.extend(self.operators());
        for name in self.present() {
            if let Some(value) = self.value(&name) {
                environment.insert(name.into(), value.into());
            }
        }
        environment
    }

    /// The environment of an attempt, as its adapter planned it.
    pub(crate) fn for_attempt(
        &self,
        planned: &[(String, Value)],
        temporary: &Path,
    ) -> Result<Environment, Failure> {
        let mut environment = base_environment(self.host, temporary);
        environment.extend(self.operators());
        for (name, value) in planned {
            if RESERVED.contains(&name.as_str()) {
                return Err(refused(format!("it wants to set {name}, which belongs to the host")));
            }
            let value = match value {
                Value::Set(text) => text.clone(),
                Value::Pass => self.granted(name)?,
                Value::PassFrom(source) => self.granted(source)?,
            };
            environment.insert(name.into(), value.into());
        }
        Ok(environment)
    }

    /// What bash is to read first: it forgets the secrets that the plan passes. Nothing where there are
    /// none, or where the operator has a start-up file of their own. What every agent gets anyway, such
    /// as a proxy without a password, stays.
    pub(crate) fn shell_startup(&self, planned: &[(String, Value)]) -> Option<String> {
        if self.executor.environment.contains_key(BASH_STARTUP) {
            return None;
        }
        let everybodys = base_environment(self.host, Path::new(""));
        let secret =
            |name: &str| self.description.environment.iter().any(|known| known.secret && known.name == name);
        let passed = planned.iter().filter(|(name, value)| match value {
            Value::Set(_) => false,
            Value::Pass => secret(name) && !everybodys.contains_key(OsStr::new(name)),
            Value::PassFrom(source) => secret(source),
        });
        let names: Vec<&str> = passed.map(|(name, _)| name.as_str()).collect();
        (!names.is_empty()).then(|| format!("unset {}\n", names.join(" ")))
    }

    fn operators(&self) -> BTreeMap<std::ffi::OsString, std::ffi::OsString> {
        let set = self.executor.environment.iter();
        set.map(|(name, value)| (name.into(), value.into())).collect()
    }

    fn granted(&self, name: &str) -> Result<String, Failure> {
        if !self.description.environment.iter().any(|variable| variable.name == name) {
            return Err(refused(format!(
                "it wants the value of {name}, which its description does not name"
            )));
        }
        self.value(name).ok_or_else(|| refused(format!("it wants the value of {name}, which is not set")))
    }
}

fn refused(why: String) -> Failure {
    Failure::new(FailureClass::Unknown, format!("the adapter's plan cannot be carried out: {why}"))
        .with_remedy("tell the adapter's author; an inspection of the component shows what it may ask for")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_plugins::facts::driving::{Capabilities, Variable};

    fn description() -> Description {
        let variable = |name: &str, secret| Variable { name: name.into(), secret };
        Description {
            programs: Vec::new(),
            environment: vec![
                variable("AGENT_KEY", true),
                variable("AGENT_URL", false),
                variable("UNSET", true),
            ],
            models: Vec::new(),
            default_model: None,
            capabilities: Capabilities::empty(),
        }
    }

    fn with_sources<T>(check: impl FnOnce(&Sources<'_>) -> T) -> T {
        let host: Environment = [
            ("PATH", "/bin"),
            ("AGENT_KEY", "key-of-the-host"),
            ("DATABASE_PASSWORD", "never"),
            ("AGENT_URL", "http://host"),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .into();
        let executor = ExecutorSection {
            environment: [("AGENT_URL".to_owned(), "http://configured".to_owned())].into(),
            ..ExecutorSection::default()
        };
        check(&Sources { host: &host, executor: &executor, description: &description() })
    }

    #[test]
    fn plan_gets_the_granted_variables_and_no_others() {
        with_sources(|sources| {
            assert_eq!(sources.present(), ["AGENT_KEY", "AGENT_URL"]);
            let planned = [
                ("AGENT_KEY".to_owned(), Value::Pass),
                ("OTHER_KEY".to_owned(), Value::PassFrom("AGENT_KEY".into())),
                ("MODE".to_owned(), Value::Set("quiet".into())),
            ];
            let environment = sources.for_attempt(&planned, Path::new("/private")).unwrap();
            let value = |name: &str| environment.get(OsStr::new(name)).and_then(|value| value.to_str());
            assert_eq!(value("AGENT_KEY"), Some("key-of-the-host"));
            assert_eq!(value("OTHER_KEY"), Some("key-of-the-host"));
            assert_eq!(value("MODE"), Some("quiet"));
            assert_eq!(value("AGENT_URL"), Some("http://configured"), "the operator's value wins");
            assert_eq!(value("DATABASE_PASSWORD"), None);
        });
    }

    #[test]
    fn plan_with_a_variable_that_is_not_granted_is_refused_by_name() {
        with_sources(|sources| {
            for (name, value) in [
                ("X", Value::PassFrom("DATABASE_PASSWORD".into())),
                ("DATABASE_PASSWORD", Value::Pass),
                ("LD_PRELOAD", Value::Set("/evil.so".into())),
                ("UNSET", Value::Pass),
            ] {
                let planned = [(name.to_owned(), value)];
                let failure = sources.for_attempt(&planned, Path::new("/private")).unwrap_err();
                assert!(
                    failure.message.contains(if name == "X" { "DATABASE_PASSWORD" } else { name }),
                    "{failure}"
                );
            }
        });
    }

    #[test]
    fn commands_of_the_program_do_not_inherit_secrets() {
        with_sources(|sources| {
            let planned = [
                ("AGENT_KEY".to_owned(), Value::Pass),
                ("OTHER_KEY".to_owned(), Value::PassFrom("AGENT_KEY".into())),
                ("AGENT_URL".to_owned(), Value::Pass),
                ("MODE".to_owned(), Value::Set("quiet".into())),
            ];
            assert_eq!(sources.shell_startup(&planned).as_deref(), Some("unset AGENT_KEY OTHER_KEY\n"));
            assert_eq!(sources.shell_startup(&planned[2..]), None, "there is nothing to forget");
        });
    }
}
