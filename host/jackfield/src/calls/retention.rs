//! Pruning.

use crate::handles::Retention;
use jackfield_retention::{Bounds, PruneOptions, PruneReport};
use jackfield_types::{Problem, Scope};

impl Retention<'_> {
    /// Prunes everything that is older than `[retention]` allows. Returns what it deleted and what it had to keep.
    ///
    /// # Errors
    /// A [`Problem`] if another process prunes, the store cannot be read, or `how` compacts the database while a run
    /// is active.
    pub async fn prune(self, how: PruneOptions) -> Result<PruneReport, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let bounds = Bounds::of(&self.0.inner.settings.config().retention, self.0.inner.clock.now());
        self.0.inner.pruner.prune(&bounds, how).await
    }
}
