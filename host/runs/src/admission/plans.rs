//! Planning an attempt: its executor, model, price and reservation.

use crate::admission::pricing::Pricing;
use crate::admission::resolved_request::Order;
use jackfield_core::settings::Settings;
use jackfield_plugins::facts::driving::Capabilities;
use jackfield_plugins::{ExecutorInfo, Plugins};
use jackfield_store::{Account, NewAttempt};
use jackfield_types::{AttemptId, Clock, Micros, PluginRef, Timestamp};
use std::sync::Arc;

/// Plans attempts and prices their work.
pub struct AttemptPlans {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) host: String,
    pub(crate) settings: Arc<Settings>,
}

impl AttemptPlans {
    /// Returns the pricing of an executor and model at the prices of a time.
    pub fn pricing(
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
    pub fn new_attempt(
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
pub struct NewPlan {
    /// Its number within the run, from 1.
    pub number: u32,
    /// Its round, from 1.
    pub round: u32,
    /// The model; the executor's default if `None`.
    pub model: Option<String>,
    /// The effort; the executor's default if `None`.
    pub effort: Option<jackfield_types::Effort>,
    /// The reason for the executor and the model.
    pub reason: String,
    /// The component that chose them.
    pub chosen_by: Option<PluginRef>,
    /// The context of earlier attempts.
    pub context: Option<String>,
}
