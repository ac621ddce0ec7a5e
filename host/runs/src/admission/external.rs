//! The executor of an attempt that was made outside Jackfield.

use crate::admission::plans::AttemptPlans;
use crate::admission::pricing::Pricing;
use jackfield_api::WriteRequest;
use jackfield_types::{Digest, ErrorCode, PluginKind, PluginRef, Problem};
use sha2::{Digest as _, Sha256};

/// The executor of an external attempt, and its pricing.
pub struct ExternalExecutor {
    /// The component of the executor; of the configuration's executor without one, its name only.
    pub adapter: PluginRef,
    /// Whether the executor is configured and no component of it is in service.
    pub without_component: bool,
    /// The model that the attempt is priced by.
    pub model: Option<String>,
    /// The prices of the model.
    pub pricing: Pricing,
}

impl AttemptPlans {
    /// Resolves the executor: one in service, enabled or not, or one that only the configuration names.
    ///
    /// # Errors
    /// The problem `unknown_executor` if it is neither.
    pub fn external_executor(&self, request: &WriteRequest) -> Result<ExternalExecutor, Problem> {
        let now = self.clock.now();
        let name = &request.executor;
        let section = self.settings.executor_section(name);
        let serving = self.plugins.executors();
        if let Some(info) = serving.iter().find(|info| info.plugin.name == *name) {
            let usual = section.model.or(info.description.default_model.clone());
            let model = request.model.clone().or(usual);
            let pricing = self.pricing(info, None, model.as_deref(), now);
            return Ok(ExternalExecutor {
                adapter: info.plugin.clone(),
                without_component: false,
                model,
                pricing,
            });
        }
        let config = self.settings.config();
        if !config.executors.contains_key(name) {
            let mut known: Vec<_> = serving.iter().map(|info| info.plugin.name.as_str()).collect();
            known.extend(config.executors.keys().map(String::as_str));
            known.sort_unstable();
            known.dedup();
            return Err(Problem::caller(
                ErrorCode::UnknownExecutor,
                format!("the executor '{name}' is neither in service nor configured"),
                format!("use one of: {}; or add [executors.{name}] to jackfield.toml", known.join(", ")),
            ));
        }
        let model = request.model.clone().or(section.model.clone());
        let pricing = Pricing::of(false, model.as_deref(), &section, None, &config.breaker, now);
        Ok(ExternalExecutor { adapter: nobodys(name), without_component: true, model, pricing })
    }
}

/// The adapter reference of an executor without a component.
fn nobodys(executor: &str) -> PluginRef {
    let digest = Sha256::digest(format!("no component drives {executor}"));
    PluginRef {
        kind: PluginKind::Executor,
        name: executor.to_owned(),
        version: "0.0.0".to_owned(),
        digest: Digest::from_bytes(digest.into()),
    }
}
