//! Whether executors take the settings that the configuration gives them: their adapters are asked for a plan, and
//! nothing is run.

use crate::trial_plugins::aside;
use jackfield_config::{Config, Fault, Key, suggestion};
use jackfield_plugins::facts::{driving, types};
use jackfield_plugins::{Embedded, Plugins, sample_request};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Settings of an executor, or of a rung of the ladder on top of them.
struct Given {
    executor: String,
    /// The section that is asked about.
    key: Key,
    own: BTreeMap<String, String>,
    /// Those of the executor that a rung adds to.
    base: BTreeMap<String, String>,
}

/// Every setting that its executor does not take, with what it says of it. `executors` are the binaries that would
/// serve, by name.
pub(super) async fn unfit(
    config: &Config,
    mut executors: BTreeMap<String, Cow<'static, [u8]>>,
    compiler: Option<&str>,
) -> Vec<Fault> {
    let all = given(config);
    executors.retain(|name, _| all.iter().any(|given| given.executor == *name));
    let embedded = executors.into_values().map(|bytes| Embedded { bytes }).collect();
    let Some((plugins, _scratch)) = aside(embedded, config, compiler).await else { return Vec::new() };
    let mut faults = Vec::new();
    for given in all {
        faults.extend(unfit_of(&plugins, given).await);
    }
    faults
}

fn given(config: &Config) -> Vec<Given> {
    let executors = config.executors.iter().map(|(name, section)| Given {
        executor: name.clone(),
        key: Key::of("executors").then(name).then("settings"),
        own: section.settings.clone(),
        base: BTreeMap::new(),
    });
    let rungs = config.ladder.iter().enumerate().map(|(at, rung)| Given {
        executor: rung.executor.clone(),
        key: Key::of("ladder").at(at).then("settings"),
        own: rung.settings.clone(),
        base: config
            .executors
            .get(&rung.executor)
            .map(|section| section.settings.clone())
            .unwrap_or_default(),
    });
    executors.chain(rungs).filter(|given| !given.own.is_empty()).collect()
}

/// Asks again without each setting that was refused, until the rest is taken.
async fn unfit_of(plugins: &Plugins, mut given: Given) -> Vec<Fault> {
    let mut faults = Vec::new();
    while !given.own.is_empty() {
        let Some(failure) = refusal(plugins, &given).await else { break };
        let named = given
            .own
            .keys()
            .filter(|name| failure.message.contains(name.as_str()))
            .max_by_key(|name| name.len());
        let Some(name) = named.cloned() else { break };
        given.own.remove(&name);
        let remedy = failure.remedy.unwrap_or_else(|| "see what its adapter documents".to_owned());
        faults.push(Fault {
            key: given.key.then(&name),
            said: failure.message,
            remedy: with_nearest(&name, &remedy),
        });
    }
    faults
}

/// The failure of a plan at its settings; none: they are taken, or something else is wanting.
async fn refusal(plugins: &Plugins, given: &Given) -> Option<types::Failure> {
    let mut drive = plugins.drive(&given.executor).await.ok()?;
    let description = drive.description()?.clone();
    let mut settings = given.base.clone();
    settings.extend(given.own.clone());
    let planned = drive.plan(&request(&description, settings)).await.ok()?;
    planned.err().filter(|failure| failure.class == types::FailureClass::SyntaxError)
}

fn request(description: &driving::Description, settings: BTreeMap<String, String>) -> driving::Request {
    driving::Request {
        // No credential is wanting here.
        present: description.environment.iter().map(|variable| variable.name.clone()).collect(),
        settings: settings.into_iter().collect(),
        ..sample_request(description)
    }
}

/// The adapter's remedy, after the name of its list that is most like the one that was given.
fn with_nearest(name: &str, remedy: &str) -> String {
    let is_name = |word: &&str| word.len() > 2 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let words = remedy.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '.'));
    let known: Vec<_> =
        words.map(|word| word.trim_matches('.')).filter(is_name).filter(|word| *word != name).collect();
    match suggestion(name, &known) {
        near if near.starts_with("did you mean") => format!("{near} {remedy}"),
        _ => remedy.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::served::served;
    use jackfield_config::{SHIPPED_EXECUTORS, settings_of};

    async fn faults(toml: &str) -> Vec<(String, String, String)> {
        let folder = tempfile::tempdir().unwrap();
        let config: Config = toml::from_str(toml).unwrap();
        let served = served(folder.path(), &config, None).await;
        let told = |fault: Fault| (fault.key.to_string(), fault.said, fault.remedy);
        served.unfit_settings.into_iter().map(told).collect()
    }

    #[tokio::test]
    async fn unknown_executor_setting_is_reported_with_the_nearest_known_one() {
        let told = faults(
            "[executors.claude.settings]\ncolour = 'red'\nmax_turn = '9'\nmax_retries = 'many'\nbase_url = 'https://x.example'\n\
             [executors.codex.settings]\nautth = 'key'\nnetwork = 'true'\n\
             [executors.gemini.settings]\napproval = 'never'\n\
             [[ladder]]\nname = 'far'\nexecutor = 'shell'\nsettings = { strickt = 'true' }\n",
        )
        .await;
        let keys: Vec<_> = told.iter().map(|(key, ..)| key.as_str()).collect();
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        assert_eq!(
            sorted,
            [
                "executors.claude.settings.colour",
                "executors.claude.settings.max_retries",
                "executors.claude.settings.max_turn",
                "executors.codex.settings.autth",
                "executors.gemini.settings.approval",
                "ladder[0].settings.strickt",
            ],
            "{told:#?}"
        );
        let remedy = |key: &str| &told.iter().find(|(of, ..)| of.ends_with(key)).unwrap().2;
        assert!(remedy("max_turn").starts_with("did you mean `max_turns`?"), "{told:#?}");
        assert!(remedy("autth").starts_with("did you mean `auth`?"), "{told:#?}");
        assert!(remedy("approval").contains("yolo"), "{told:#?}");
    }

    #[tokio::test]
    async fn every_documented_executor_setting_is_accepted_by_its_executor() {
        let mut toml = String::new();
        for executor in SHIPPED_EXECUTORS {
            toml.push_str(&format!("[executors.{executor}.settings]\n"));
            for setting in settings_of(executor) {
                toml.push_str(&format!("'{}' = 'no such value'\n", setting.name));
            }
        }
        for (key, said, _) in faults(&toml).await {
            assert!(!said.contains("no setting"), "{key}: {said}");
        }
    }
}
