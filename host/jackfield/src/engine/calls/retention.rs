//! Pruning.

use super::super::handles::Retention;
use super::super::retention::{Bounds, PruneOptions, PruneReport};
use jackfield_types::{Problem, Scope};

impl Retention<'_> {
    /// Lets go of what is past its time by `[retention]`, now, and says what went and what had to stay.
    ///
    /// # Errors
    /// A [`Problem`] where another process prunes already, the records cannot be read, or a run is at work and
    /// the database was to be written anew.
    pub async fn prune(self, how: PruneOptions) -> Result<PruneReport, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let bounds = Bounds::of(&self.0.inner.settings.config().retention, self.0.inner.clock.now());
        self.0.inner.pruner.prune(&bounds, how).await
    }
}
