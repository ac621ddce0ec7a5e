//! The ladder: executors with a model and an environment of their own, lowest rung first.
//!
//! One program can stand on several rungs: Claude Code pointed at another provider's endpoint is a rung
//! below Claude Code as it is. Where no ladder is configured, tiers are all that a chooser goes by.

use jackfield_config::{RungSection, is_secret_name};
use jackfield_plugins::ExecutorInfo;
use jackfield_plugins::facts::{driving, types};

/// Where somebody who can be asked stands.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pub(crate) executor: &'a ExecutorInfo,
    pub(crate) model: Option<String>,
    pub(crate) tier: types::Tier,
    /// As the adapter describes the model, where it does.
    pub(crate) known: Option<&'a driving::Model>,
    /// 0 is the lowest.
    pub(crate) number: Option<u16>,
    rung: Option<&'a RungSection>,
}

impl Place<'_> {
    pub(crate) fn rung_name(&self) -> Option<String> {
        self.rung.map(|rung| rung.name.clone())
    }

    /// A rung that brings a credential of its own says nothing of the executor's login.
    pub(crate) fn login(&self, executors: types::Login) -> types::Login {
        let own = self.rung.is_some_and(|rung| rung.environment.keys().any(|name| is_secret_name(name)));
        if own { types::Login::Unknown } else { executors }
    }
}

/// Everybody who can be asked: the rungs, then every model of every executor that is on none.
pub(crate) fn places<'a>(ladder: &'a [RungSection], executors: &'a [ExecutorInfo]) -> Vec<Place<'a>> {
    let mut places = Vec::new();
    for (number, rung) in ladder.iter().enumerate() {
        let Some(executor) = executors.iter().find(|info| info.plugin.name == rung.executor) else {
            continue;
        };
        let model = rung.model.clone().or_else(|| executor.description.default_model.clone());
        let known = known(executor, model.as_deref());
        let tier = rung.tier.map(types::Tier::from).or_else(|| known.map(|model| model.tier));
        places.push(Place {
            executor,
            model,
            tier: tier.unwrap_or(types::Tier::Workhorse),
            known,
            number: u16::try_from(number).ok(),
            rung: Some(rung),
        });
    }
    for executor in executors {
        let models = &executor.description.models;
        let every = if models.is_empty() { vec![None] } else { models.iter().map(Some).collect() };
        for known in every {
            let name = known.map(|model| &model.name);
            let stands = |place: &Place<'_>| {
                place.executor.plugin.name == executor.plugin.name && place.model.as_ref() == name
            };
            if places.iter().any(stands) {
                continue;
            }
            places.push(Place {
                executor,
                model: name.cloned(),
                tier: known.map_or(types::Tier::Light, |model| model.tier),
                known,
                number: None,
                rung: None,
            });
        }
    }
    places
}

fn known<'a>(executor: &'a ExecutorInfo, model: Option<&str>) -> Option<&'a driving::Model> {
    executor.description.models.iter().find(|known| Some(known.name.as_str()) == model)
}

/// The model of an adapter's list that a name means: its name, its name with a date behind it, or the name of its
/// family (`opus`), as programs take them and report them.
pub(crate) fn meant<'a>(executor: &'a ExecutorInfo, name: Option<&str>) -> Option<&'a driving::Model> {
    let name = name?;
    let models = &executor.description.models;
    known(executor, Some(name)).or_else(|| models.iter().find(|model| is_same(&model.name, name))).or_else(
        || {
            let alias = name.to_lowercase();
            let is_of_all =
                |family: &String| models.iter().all(|model| families(&model.name).contains(family));
            models.iter().find(|model| {
                families(&model.name)
                    .iter()
                    .any(|family| *family == alias && (models.len() == 1 || !is_of_all(family)))
            })
        },
    )
}

/// Whether a program that was asked for one model and reports the other did what it was asked: it adds the day of its
/// release.
pub(crate) fn is_same(model: &str, reported: &str) -> bool {
    let Some(rest) = reported.strip_prefix(model) else { return false };
    let is_date = |rest: &str| {
        let digits = rest.chars().filter(char::is_ascii_digit).count();
        digits == 8 && rest.chars().all(|c| c.is_ascii_digit() || c == '-')
    };
    rest.is_empty() || rest == "-latest" || rest.strip_prefix(['-', '@']).is_some_and(is_date)
}

/// The words of a model's name that name a family: `claude` and `opus` of `claude-opus-4-5`.
pub(crate) fn families(model: &str) -> Vec<String> {
    families_of(&model.to_lowercase()).collect()
}

pub(crate) fn families_of(model: &str) -> impl Iterator<Item = String> {
    let words = model.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| word.len() > 2 && word.chars().all(char::is_alphabetic)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reported_model_with_a_date_suffix_is_the_requested_one() {
        for (model, reported) in [
            ("claude-opus-4-5", "claude-opus-4-5"),
            ("claude-opus-4-5", "claude-opus-4-5-20251101"),
            ("gpt-5.5", "gpt-5.5-2026-04-23"),
            ("claude-opus-4-5", "claude-opus-4-5@20251101"),
            ("gemini-2.5-pro", "gemini-2.5-pro-latest"),
        ] {
            assert!(is_same(model, reported), "{model} {reported}");
        }
        for (model, reported) in
            [("gpt-5", "gpt-5.5"), ("gemini-2.5-flash", "gemini-2.5-flash-lite"), ("gpt-5.4", "gpt-5.4-mini")]
        {
            assert!(!is_same(model, reported), "{model} {reported}");
        }
    }
}
