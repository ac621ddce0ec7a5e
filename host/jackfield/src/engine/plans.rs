//! Planning an attempt: its executor, model, price and reservation.

use super::pricing::Pricing;
use super::resolved_request::Order;
use super::settings::Settings;
use jackfield_plugins::facts::driving::Capabilities;
use jackfield_plugins::{ExecutorInfo, Plugins};
use jackfield_store::{Account, NewAttempt};
use jackfield_types::{AttemptId, Clock, Micros, PluginRef, Timestamp};
use std::sync::Arc;

/// The workflow of a run that records an external attempt.
pub(super) const EXTERNAL: &str = "external";

/// Plans attempts and prices their work.
pub(crate) struct AttemptPlans {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) plugins: Arc<Plugins>,
    pub(super) host: String,
    pub(super) settings: Arc<Settings>,
}

impl AttemptPlans {
    /// Returns the pricing of an executor and model at the prices of a time.
    pub(crate) fn pricing(
        &self,
        executor: &ExecutorInfo,
        rung: Option<&str>,
        model: Option<&str>,
        at: Timestamp,
    ) -> Pricing {
        let description = &executor.description;
        let section = self.settings.section_on(&executor.plugin.name, rung);
        let known = description.models.iter().find(|known| Some(known.name.as_str()) == model);
        let free = description.capabilities.contains(Capabilities::FREE);
        let adapter = known.and_then(|model| model.rates.clone()).map(Into::into);
        Pricing::of(free, model, &section, adapter, &self.settings.config().breaker, at)
    }

    /// Returns a new attempt with its reservation.
    pub(crate) fn new_attempt(
        &self,
        order: &Order,
        executor: ExecutorInfo,
        rung: Option<String>,
        plan: NewPlan,
    ) -> NewAttempt {
        let section = self.settings.section_on(&executor.plugin.name, rung.as_deref());
        let usual = section.reserve_usd.unwrap_or(self.settings.config().breaker.reserve_usd);
        let pricing = self.pricing(&executor, rung.as_deref(), plan.model.as_deref(), self.clock.now());
        NewAttempt {
            id: AttemptId::new(),
            number: plan.number,
            executor: executor.plugin.name.clone(),
            model: plan.model,
            effort: plan.effort,
            adapter: executor.plugin,
            chosen_by: plan.chosen_by,
            reason: plan.reason,
            reserve: match pricing {
                Pricing::Free => Micros::ZERO,
                _ => order.max_cost.map_or(usual, |most| most.min(usual)),
            },
            account: Account::Billed,
            host: self.host.clone(),
            rung,
            round: plan.round,
            context: plan.context,
        }
    }
}

/// A new attempt without its executor.
pub(crate) struct NewPlan {
    pub(crate) number: u32,
    pub(crate) round: u32,
    pub(crate) model: Option<String>,
    pub(crate) effort: Option<jackfield_types::Effort>,
    pub(crate) reason: String,
    pub(crate) chosen_by: Option<PluginRef>,
    pub(crate) context: Option<String>,
}
