//! A planned attempt: executor, model and price.

use crate::admission::pricing::Pricing;
use jackfield_plugins::ExecutorInfo;
use jackfield_types::{AttemptId, Effort};

/// An attempt that is decided and admitted, but not started.
#[derive(Debug, Clone)]
pub struct Planned {
    pub(crate) id: AttemptId,
    /// Its executor.
    pub executor: ExecutorInfo,
    /// Its rung of the ladder.
    pub(crate) rung: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) effort: Option<Effort>,
    /// A component chose the executor; the request did not name it.
    pub(crate) chosen: bool,
    /// The report of earlier attempts for its agent.
    pub(crate) context: Option<String>,
    /// Its pricing.
    pub pricing: Pricing,
}

impl Planned {
    /// The name of its cooldown: its rung, else its executor.
    pub fn name(&self) -> &str {
        self.rung.as_deref().unwrap_or(&self.executor.plugin.name)
    }
}
