//! The ladder: executors with a model and an environment of their own, lowest rung first.
//!
//! One program can stand on several rungs: Claude Code pointed at another provider's endpoint is a rung
//! below Claude Code as it is. Where no ladder is configured, tiers are all that a chooser goes by.

use super::Inner;
use crate::config::{ExecutorSection, RungSection, TierName, is_secret_name};
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

impl From<TierName> for types::Tier {
    fn from(name: TierName) -> Self {
        match name {
            TierName::Light => Self::Light,
            TierName::Workhorse => Self::Workhorse,
            TierName::Strategist => Self::Strategist,
        }
    }
}

impl Inner {
    /// An executor's section with what a rung adds to it.
    pub(crate) fn section_on(&self, executor: &str, rung: Option<&str>) -> ExecutorSection {
        let mut section = self.executor_section(executor);
        let config = self.config();
        let Some(rung) = config.ladder.iter().find(|known| Some(known.name.as_str()) == rung) else {
            return section;
        };
        section.environment.extend(rung.environment.clone());
        section.settings.extend(rung.settings.clone());
        if let Some(model) = &rung.model {
            section.model = Some(model.clone());
        }
        if let (Some(model), Some(rates)) = (&section.model, &rung.rates) {
            section.rates.insert(model.clone(), rates.clone());
        }
        section
    }
}
