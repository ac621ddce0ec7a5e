//! Every mistake in a configuration at once, each with its place and what to do: `config check`.

use super::check::{Fault, check};
use super::document::{Document, Mistake};
use super::keys::{Key, Step};
use super::load::{overlay, read};
use super::secrets::is_secret_name;
use super::served::Served;
use super::warn::warnings;
use super::words::{explain, quoted};
use super::{Config, Layers};
use serde::Serialize;
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The configuration cannot be used.
    Error,
    /// It can be used, and most likely does not do what was meant.
    Warning,
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// The file, variable or flag that says so.
    pub origin: String,
    /// Where in the file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Where in the line, in characters from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The setting, as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

/// All layers, read as far as they can be.
#[derive(Debug)]
pub struct Review {
    /// The file's name, and whether it is there.
    pub origin: String,
    file: Option<PathBuf>,
    text: String,
    /// What is in force as far as it could be read.
    pub config: Config,
    /// What variables and flags have set.
    laid_over: Vec<(Key, String)>,
    broken: BTreeSet<Key>,
    /// What is wrong, in the order of the file.
    pub findings: Vec<Finding>,
}

impl Review {
    /// Reads all layers and finds everything for which they would be refused.
    pub fn read(layers: &Layers) -> Self {
        let (origin, text) = match read(layers) {
            Ok(read) => read,
            Err(error) => return Self::unreadable(layers, error.to_string()),
        };
        let document = Document::read(&text);
        let (mut table, broken) = (document.sound.clone(), document.broken.clone());
        let mut review = Self {
            origin,
            file: layers.file.clone(),
            text: String::new(),
            config: Config::default(),
            laid_over: Vec::new(),
            broken,
            findings: Vec::new(),
        };
        for mistake in &document.mistakes {
            review.mistaken(mistake, &document);
        }
        for (origin, path, value) in layers.overlays() {
            let key = Key::of(&path);
            let mut with = table.clone();
            let taken =
                overlay(&mut with, &path, value).and_then(|()| Config::try_from_table(&with).map(drop));
            match taken {
                Ok(()) => {
                    table = with;
                    review.laid_over.push((key, origin));
                }
                Err(refusal) => review.refused(origin, &key, &refusal),
            }
        }
        // What is left is what was taken, so it can be read.
        review.config = Config::try_from_table(&table).unwrap_or_default();
        let faults = check(&review.config);
        faults.into_iter().for_each(|fault| review.add(Severity::Error, fault, &document));
        drop(document);
        review.text = text;
        review.in_order();
        review
    }

    /// Finds what can be used and most likely does not do what was meant.
    pub fn warn(&mut self, served: &Served) {
        let text = std::mem::take(&mut self.text);
        let document = Document::read(&text);
        let is_set = |key: &Key| document.has(key) || self.laid_over.iter().any(|(set, _)| set == key);
        let faults = warnings(&self.config, served, &is_set);
        faults.into_iter().for_each(|fault| self.add(Severity::Warning, fault, &document));
        served.unfit_settings.iter().for_each(|fault| self.add(Severity::Error, fault.clone(), &document));
        drop(document);
        self.text = text;
        self.readable_by_others();
        self.in_order();
    }

    /// How many findings have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity == severity).count()
    }

    fn unreadable(layers: &Layers, message: String) -> Self {
        let origin = layers.file.as_ref().map(|file| file.display().to_string()).unwrap_or_default();
        let finding = Finding {
            severity: Severity::Error,
            origin: origin.clone(),
            line: None,
            column: None,
            key: None,
            message,
            remedy: "name a file that is there, is UTF-8 text, and may be read".into(),
        };
        Self {
            origin,
            file: None,
            text: String::new(),
            config: Config::default(),
            laid_over: Vec::new(),
            broken: BTreeSet::new(),
            findings: vec![finding],
        }
    }

    fn mistaken(&mut self, mistake: &Mistake, document: &Document<'_>) {
        let place = mistake.at.map(|at| document.place(at));
        self.findings.push(Finding {
            severity: Severity::Error,
            origin: self.origin.clone(),
            line: place.map(|(line, _)| line),
            column: place.map(|(_, column)| column),
            key: mistake.key.as_ref().map(ToString::to_string),
            message: mistake.said.clone(),
            remedy: mistake.remedy.clone(),
        });
    }

    /// A variable or a flag that the sections do not take.
    fn refused(&mut self, origin: String, key: &Key, refusal: &str) {
        let message = refusal.lines().next().unwrap_or_default();
        let quoted = quoted(message);
        // A name that is not known may be that of a section on the way.
        let unknown =
            |step: &Step| matches!(step, Step::Name(name) if Some(name.as_str()) == quoted.first().copied());
        let to = key.0.iter().position(unknown).filter(|_| message.starts_with("unknown field"));
        let key = Key(key.0.iter().take(to.map_or(usize::MAX, |at| at + 1)).cloned().collect());
        let (message, remedy) = explain(&key, message, &quoted);
        let key = Some(key.to_string());
        let severity = Severity::Error;
        self.findings.push(Finding { severity, origin, line: None, column: None, key, message, remedy });
    }

    fn add(&mut self, severity: Severity, fault: Fault, document: &Document<'_>) {
        // Nothing can be said about what could not be read, and nothing more about what cannot be used.
        let key = fault.key.to_string();
        let told =
            |finding: &Finding| finding.severity == Severity::Error && finding.key.as_ref() == Some(&key);
        if severity == Severity::Warning && self.findings.iter().any(told) {
            return;
        }
        if self.broken.iter().any(|broken| fault.key.is_in(broken) || broken.is_in(&fault.key)) {
            return;
        }
        let above =
            self.laid_over.iter().rev().find(|(set, _)| fault.key.is_in(set) || set.is_in(&fault.key));
        let place = match above {
            Some(_) => None,
            None => document.find(&fault.key).map(|at| document.place(at)),
        };
        self.findings.push(Finding {
            severity,
            origin: above.map_or_else(|| self.origin.clone(), |(_, origin)| origin.clone()),
            line: place.map(|(line, _)| line),
            column: place.map(|(_, column)| column),
            key: Some(key),
            message: fault.said,
            remedy: fault.remedy,
        });
    }

    fn readable_by_others(&mut self) {
        let environments = self.config.executors.values().map(|section| &section.environment);
        let mut names = environments.chain(self.config.ladder.iter().map(|rung| &rung.environment));
        if !names.any(|environment| environment.keys().any(|name| is_secret_name(name))) {
            return;
        }
        let Some(file) = self.file.as_ref().filter(|file| {
            std::fs::metadata(file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
        }) else {
            return;
        };
        self.findings.push(Finding {
            severity: Severity::Warning,
            origin: self.origin.clone(),
            line: None,
            column: None,
            key: None,
            message: "it holds secrets, and others than its owner can read it".into(),
            remedy: format!("chmod 600 {}", file.display()),
        });
    }

    /// As they stand in the file, then the rest.
    fn in_order(&mut self) {
        self.findings.sort_by_key(|finding| (finding.line.is_none(), finding.line, finding.column));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load;
    use std::fs;

    fn served() -> Served {
        Served {
            executors: ["claude", "shell"].map(str::to_owned).into(),
            choosers: ["chooser".to_owned()].into(),
            ..Served::default()
        }
    }

    fn layers(text: &str) -> (Layers, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("jackfield.toml");
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        (Layers { file: Some(file), required: true, ..Layers::default() }, folder)
    }

    fn review(layers: &Layers) -> Vec<Finding> {
        let mut review = Review::read(layers);
        review.warn(&served());
        // Whatever is refused is an error here, and the other way round.
        assert_eq!(load(layers).is_err(), review.count(Severity::Error) > 0, "{:#?}", review.findings);
        review.findings
    }

    /// Line, column, key and message.
    type Told<'a> = (Option<usize>, Option<usize>, Option<&'a str>, &'a str);

    fn told(finding: &Finding) -> Told<'_> {
        (finding.line, finding.column, finding.key.as_deref(), &finding.message)
    }

    #[test]
    fn default_and_missing_file_have_no_findings() {
        let (layers, _folder) = layers(crate::DEFAULT_TOML);
        assert_eq!(review(&layers), Vec::new());
        let missing = Layers { file: Some("/nowhere/jackfield.toml".into()), ..Layers::default() };
        assert_eq!(review(&missing), Vec::new());
        let named = review(&Layers { required: true, ..missing });
        assert!(named.len() == 1 && named[0].message.contains("/nowhere/jackfield.toml"), "{named:#?}");
    }

    #[test]
    fn mistakes_of_every_kind_are_reported_together_in_file_order() {
        let (layers, _folder) = layers(
            "[run]\nmax_concurrent = 0\nwiat_s = 3\n\n[queue]\nstale_s = 5\n\n[breaker]\nday_usd = 'lots'\ntask_usd = 30\n",
        );
        let findings = review(&layers);
        let findings: Vec<_> = findings.iter().map(told).collect();
        let key = Some;
        assert_eq!(
            findings,
            [
                (Some(2), Some(1), key("run.max_concurrent"), "run.max_concurrent = 0"),
                (Some(3), Some(1), key("run.wiat_s"), "[run] has no key `wiat_s`"),
                (Some(6), Some(1), key("queue.stale_s"), "queue.stale_s = 5"),
                (
                    Some(9),
                    Some(11),
                    key("breaker.day_usd"),
                    "breaker.day_usd: 'lots' is not an amount in dollars: write it like 20, 0.5 or 12.345678"
                ),
                (
                    Some(10),
                    Some(1),
                    key("breaker.task_usd"),
                    "breaker.task_usd is $30.00, and breaker.day_usd ends the day at $20.00"
                ),
            ]
        );
    }

    #[test]
    fn fault_of_a_variable_or_flag_is_named_and_not_located_in_the_file() {
        let (layers, _folder) = layers("[run]\nmax_concurrent = 4\nidle_s = 9\n");
        let layers = Layers {
            environment: vec![
                ("JACKFIELD_RUN__MAX_CONCURRENT".into(), "0".into()),
                ("JACKFIELD_RUN__TIMEOUT".into(), "7".into()),
                ("JACKFIELD_RUNN__TIMEOUT_S".into(), "7".into()),
                ("JACKFIELD_DATA".into(), "/data".into()),
            ],
            flags: vec![("breaker.day_usd".into(), "few".into()), ("run.idle_s".into(), "0".into())],
            ..layers
        };
        let findings = review(&layers);
        let expected = [
            (
                "the variable JACKFIELD_RUN__TIMEOUT",
                "[run] has no key `timeout`",
                "did you mean `timeout_s`?",
            ),
            ("the variable JACKFIELD_RUNN__TIMEOUT_S", "the file has no key `runn`", "did you mean `run`?"),
            ("the flag for breaker.day_usd", "'few' is not an amount", "`day_usd = 20`"),
            ("the variable JACKFIELD_RUN__MAX_CONCURRENT", "run.max_concurrent = 0", "must be at least 1"),
            ("the flag for run.idle_s", "run.idle_s = 0", "must be at least 1"),
        ];
        assert_eq!(findings.len(), expected.len(), "{findings:#?}");
        for (finding, (origin, message, remedy)) in findings.iter().zip(expected) {
            assert_eq!((finding.origin.as_str(), finding.line), (origin, None), "{finding:#?}");
            assert!(finding.message.contains(message) && finding.remedy.contains(remedy), "{finding:#?}");
        }
    }

    #[test]
    fn unreadable_value_has_one_finding() {
        let (layers, _folder) = layers(
            "[queue]\nheartbeat_s = 'x'\nrescue_s = 'y'\n[[ladder]]\nname = 'a'\n[workspaces.site]\nrepo = 'a/b'\n",
        );
        let findings = review(&layers);
        let keys: Vec<_> = findings.iter().filter_map(|finding| finding.key.as_deref()).collect();
        assert_eq!(
            keys,
            ["queue.heartbeat_s", "queue.rescue_s", "ladder[0].executor", "workspaces.site.path"],
            "{findings:#?}"
        );
    }

    #[test]
    fn file_with_secrets_that_others_can_read_is_a_warning() {
        let (layers, folder) = layers("[executors.claude.environment]\nANTHROPIC_API_KEY = 'sk-ant-1'\n");
        assert_eq!(review(&layers), Vec::new());
        fs::set_permissions(folder.path().join("jackfield.toml"), fs::Permissions::from_mode(0o644)).unwrap();
        let findings = review(&layers);
        assert!(findings.len() == 1 && findings[0].remedy.starts_with("chmod 600"), "{findings:#?}");
        assert!(!findings[0].message.contains("sk-ant"));
    }
}
