//! Which models may be asked: what an executor knows, what the operator forbids, and what a role is bound to.
//!
//! Every way to an attempt passes here: a chooser's candidates, the ladder, a consensus, a model or executor that is
//! named, a person's answer, and an attempt that is about to start.

use crate::admission::resolved_request::Order;
use crate::selection::ladder::{self, Place, families, families_of};
use jackfield_config::{Config, ExecutorSection, RungSection, fits};
use jackfield_core::settings::Settings;
use jackfield_plugins::facts::{driving, types};
use jackfield_plugins::{ExecutorInfo, Plugins};
use jackfield_types::{ErrorCode, Failure, FailureClass, Problem};
use std::collections::BTreeSet;
use std::sync::Arc;

/// How like a known name an unknown one must be to be meant: 1 is the same.
const ALIKE: f64 = 0.6;
/// Letters that may differ where a name is a slip and not a new model.
const SLIP: usize = 2;

/// A model with what there is to say of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Named {
    pub(crate) model: Option<String>,
    /// Half a sentence for the reason of the attempt.
    pub(crate) note: Option<String>,
}

/// Knows which models may be used, by which executor.
pub struct Models {
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) settings: Arc<Settings>,
}

impl Models {
    /// The model that an executor, on a rung where one is named, is asked with.
    ///
    /// # Errors
    /// A [`Problem`] where the executor has no such model, or the operator does not allow it.
    pub(crate) fn model_for(
        &self,
        executor: &ExecutorInfo,
        rung: Option<&RungSection>,
        asked: Option<&str>,
        order: &Order,
    ) -> Result<Named, Problem> {
        let config = self.settings.config();
        let section = self.settings.section_on(&executor.plugin.name, rung.map(|rung| rung.name.as_str()));
        let named = match asked {
            Some(asked) => {
                let note = self.known(&config, executor, &section, asked)?;
                Named { model: Some(asked.to_owned()), note }
            }
            None => usual(&config, executor, &section, order),
        };
        if let Some(model) = &named.model
            && let Some(pattern) = forbidden(&config, executor, model)
        {
            return Err(Problem::caller(
                ErrorCode::ModelForbidden,
                format!("failed to choose a model: '{model}' is forbidden by models.never (\"{pattern}\")"),
                "name another model or executor, or leave both out and the chooser picks; the operator can change models.never in jackfield.toml",
            ));
        }
        if let Some(why) = unbound(&config, order, executor, rung, named.model.as_deref()) {
            return Err(Problem::caller(
                ErrorCode::RoleBound,
                format!("failed to choose an executor: {why}"),
                "name another one, or leave it out and the chooser picks; the operator can change [roles] in jackfield.toml",
            ));
        }
        Ok(named)
    }

    /// Whether somebody may be asked for a task at all.
    pub(crate) fn admits(&self, place: &Place<'_>, order: &Order) -> bool {
        let config = self.settings.config();
        let model = place.model.as_deref();
        model.is_none_or(|model| forbidden(&config, place.executor, model).is_none())
            && unbound_place(&config, order, place).is_none()
    }

    /// Why an attempt that was planned may not be made any more: the configuration has changed since.
    pub(crate) fn forbidden_now(&self, executor: &ExecutorInfo, model: Option<&str>) -> Option<Failure> {
        let model = model?;
        let config = self.settings.config();
        let pattern = forbidden(&config, executor, model)?;
        let said =
            format!("the attempt was not started: models.never (\"{pattern}\") forbids the model '{model}'");
        Some(Failure::new(FailureClass::Denied, said).with_remedy("ask again with another model or executor"))
    }

    /// Whether an executor takes a model that a caller names, with a note where its adapter does not list it.
    fn known(
        &self,
        config: &Config,
        executor: &ExecutorInfo,
        section: &ExecutorSection,
        asked: &str,
    ) -> Result<Option<String>, Problem> {
        let (name, description) = (&executor.plugin.name, &executor.description);
        let rungs = config.ladder.iter().filter(|rung| rung.executor == *name);
        let configured = section.model.as_deref() == Some(asked)
            || section.rates.contains_key(asked)
            || rungs.filter_map(|rung| rung.model.as_deref()).any(|model| model == asked)
            || config.models.allow.iter().any(|pattern| fits(pattern, asked));
        if configured || ladder::meant(executor, Some(asked)).is_some() {
            return Ok(None);
        }
        let unknown =
            |message: String, remedy: String| Err(Problem::caller(ErrorCode::UnknownModel, message, remedy));
        if description.models.is_empty() {
            return match description.capabilities.contains(driving::Capabilities::FREE) {
                true => unknown(
                    format!("the executor '{name}' takes no model, and '{asked}' is named"),
                    "leave the model out, or name an executor that has it".to_owned(),
                ),
                // One that lists none says nothing of what there is.
                false => Ok(None),
            };
        }
        let listed: Vec<_> = description.models.iter().map(|model| model.name.as_str()).collect();
        let serving = self.plugins.executors();
        let other = serving.iter().find(|other| {
            other.plugin.name != *name && other.description.models.iter().any(|model| model.name == asked)
        });
        if let Some(other) = other {
            return unknown(
                format!("the executor '{name}' has no model '{asked}': it is one of '{}'", other.plugin.name),
                format!("name the executor {}, or one of: {}", other.plugin.name, listed.join(", ")),
            );
        }
        if has_own_endpoint(section) || is_plausible(&listed, asked) {
            return Ok(Some(format!("the adapter of '{name}' does not list the model '{asked}'")));
        }
        unknown(
            format!("the executor '{name}' has no model '{asked}'"),
            format!(
                "{}; a model that is newer than the adapter can be allowed: models.allow in jackfield.toml",
                suggestion(&listed, asked)
            ),
        )
    }
}

/// The configured or usual model. Where that one is only usual and forbidden, or unfit for the role, another that the
/// adapter lists takes its place: one of its tier before any other.
fn usual(config: &Config, executor: &ExecutorInfo, section: &ExecutorSection, order: &Order) -> Named {
    if section.model.is_some() {
        return Named { model: section.model.clone(), note: None };
    }
    let description = &executor.description;
    let Some(usual) = description.default_model.clone() else { return Named::default() };
    let is_fit = |model: &str| {
        forbidden(config, executor, model).is_none()
            && unbound(config, order, executor, None, Some(model)).is_none()
    };
    if is_fit(&usual) {
        return Named { model: Some(usual), note: None };
    }
    let tier = ladder::meant(executor, Some(&usual)).map(|model| model.tier);
    let fit = || description.models.iter().filter(|model| is_fit(&model.name));
    let other = fit().find(|model| Some(model.tier) == tier).or_else(|| fit().next());
    match other {
        Some(other) => Named {
            model: Some(other.name.clone()),
            note: Some(format!("the configuration does not allow its usual model '{usual}' here")),
        },
        None => Named { model: Some(usual), note: None },
    }
}

/// The pattern that forbids a model: by the name itself, or by that which it is another name of.
fn forbidden<'a>(config: &'a Config, executor: &ExecutorInfo, model: &str) -> Option<&'a str> {
    let meant = ladder::meant(executor, Some(model)).map(|known| known.name.as_str());
    config.models.forbids(model).or_else(|| config.models.forbids(meant?))
}

/// Why the role of a task is not to be done by that executor and model.
fn unbound(
    config: &Config,
    order: &Order,
    executor: &ExecutorInfo,
    rung: Option<&RungSection>,
    model: Option<&str>,
) -> Option<String> {
    let known = ladder::meant(executor, model);
    let tier = rung.and_then(|rung| rung.tier).map(types::Tier::from).or(known.map(|known| known.tier));
    not_of_role(config, order, executor, rung.map(|rung| rung.name.as_str()), model, tier)
}

fn unbound_place(config: &Config, order: &Order, place: &Place<'_>) -> Option<String> {
    let rung = place.rung_name();
    not_of_role(config, order, place.executor, rung.as_deref(), place.model.as_deref(), Some(place.tier))
}

fn not_of_role(
    config: &Config,
    order: &Order,
    executor: &ExecutorInfo,
    rung: Option<&str>,
    model: Option<&str>,
    tier: Option<types::Tier>,
) -> Option<String> {
    // A command is run, and nobody is asked.
    if order.is_command() || executor.runs_as_command {
        return None;
    }
    let (role, name) = (config.roles.of(order.role), &executor.plugin.name);
    let said = |what: String, bound: String| {
        Some(format!("{what} is outside what [roles] allows for {}: {bound}", order.role))
    };
    if !role.executors.is_empty()
        && !role.executors.iter().any(|one| one == name || Some(one.as_str()) == rung)
    {
        return said(format!("the executor '{name}'"), role.executors.join(", "));
    }
    let shown = model.unwrap_or("none");
    let meant = ladder::meant(executor, model).map(|known| known.name.as_str());
    let fitting = |model: &str| role.models.iter().any(|pattern| fits(pattern, model));
    if !role.models.is_empty() && !model.is_some_and(fitting) && !meant.is_some_and(fitting) {
        return said(format!("the model '{shown}'"), role.models.join(", "));
    }
    match (role.tier, tier) {
        (Some(bound), Some(tier)) if types::Tier::from(bound) != tier => {
            said(format!("the model '{shown}'"), format!("models of the tier {bound}"))
        }
        _ => None,
    }
}

/// Whether the program is pointed at an endpoint whose models nobody here knows.
fn has_own_endpoint(section: &ExecutorSection) -> bool {
    section.settings.contains_key("base_url")
        || section.environment.keys().any(|name| name.to_ascii_uppercase().ends_with("BASE_URL"))
}

/// Whether a name may be a new model: it shares the name of a family with one that is listed, and is no misspelling.
fn is_plausible(listed: &[&str], asked: &str) -> bool {
    let asked = asked.to_lowercase();
    let families: BTreeSet<_> = listed.iter().flat_map(|model| families(model)).collect();
    let letters = |name: &str| families_of(&name.to_lowercase()).collect::<Vec<_>>().join("-");
    let said = letters(&asked);
    let is_slip = listed
        .iter()
        .map(|model| letters(model))
        .any(|known| known != said && strsim::damerau_levenshtein(&known, &said) <= SLIP);
    !is_slip && families_of(&asked).any(|family| families.contains(&family))
}

/// What was meant, else what there is.
pub(crate) fn suggestion(listed: &[&str], asked: &str) -> String {
    let asked = asked.to_lowercase();
    let aliases: BTreeSet<_> = listed.iter().flat_map(|model| families(model)).collect();
    let names = listed.iter().copied().chain(aliases.iter().map(String::as_str));
    let alike = names.map(|name| (strsim::normalized_damerau_levenshtein(&asked, name), name));
    let near = alike.filter(|(alike, _)| *alike >= ALIKE).max_by(|one, other| one.0.total_cmp(&other.0));
    match near {
        Some((_, near)) => format!("did you mean '{near}'? There is: {}", listed.join(", ")),
        None => format!("use one of: {}", listed.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLAUDE: [&str; 3] = ["claude-opus-4-5", "claude-sonnet-4-5", "claude-haiku-4-5"];
    const CODEX: [&str; 3] = ["gpt-6-astra", "gpt-5.5", "gpt-5.3-codex"];

    #[test]
    fn new_model_of_a_known_family_is_plausible_and_a_misspelling_is_not() {
        for new in ["claude-opus-5", "claude-sonnet-5-20270101", "claude-opus-4-5-fast"] {
            assert!(is_plausible(&CLAUDE, new), "{new}");
        }
        for slip in ["opuss", "claude-opuss-4-5", "claude-sonet-4-5", "gpt-9", "nothing", ""] {
            assert!(!is_plausible(&CLAUDE, slip), "{slip}");
        }
        assert!(is_plausible(&CODEX, "gpt-9") && !is_plausible(&CODEX, "gtp-9"));
    }

    #[test]
    fn misspelt_model_is_reported_with_the_nearest_known_one() {
        assert!(suggestion(&CLAUDE, "opuss").starts_with("did you mean 'opus'?"));
        assert!(suggestion(&CLAUDE, "claude-sonet-4-5").starts_with("did you mean 'claude-sonnet-4-5'?"));
        assert!(suggestion(&CODEX, "llama").starts_with("use one of: gpt-6-astra, "));
    }
}
