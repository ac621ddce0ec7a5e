//! An attempt that is planned: executor, model, price and what is held for it.

use super::pricing::Pricing;
use jackfield_plugins::ExecutorInfo;
use jackfield_types::{AttemptId, Effort};

/// What an attempt is to be: decided and admitted, not begun.
#[derive(Debug, Clone)]
pub(crate) struct Planned {
    pub(crate) id: AttemptId,
    pub(crate) executor: ExecutorInfo,
    /// The rung of the ladder that it stands on.
    pub(crate) rung: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) effort: Option<Effort>,
    /// A component chose the executor; nobody named it.
    pub(crate) chosen: bool,
    /// What its agent is told of the attempts before it.
    pub(crate) context: Option<String>,
    pub(crate) pricing: Pricing,
}

impl Planned {
    /// What it is known by where it rests: its rung, or its executor.
    pub(crate) fn name(&self) -> &str {
        self.rung.as_deref().unwrap_or(&self.executor.plugin.name)
    }
}
