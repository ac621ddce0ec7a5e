//! Shadows of components.

use crate::handles::Evaluation;
use jackfield_api::{Replayed, Shadowed};
use jackfield_types::{Problem, Scope, Timestamp};
use std::path::PathBuf;

impl Evaluation<'_> {
    /// Compares the answers of each shadow since `since` with the live answers.
    ///
    /// # Errors
    /// A [`Problem`] if the principal may not see the work of all principals, or the store cannot be read.
    pub async fn shadows(self, since: Timestamp) -> Result<Vec<Shadowed>, Problem> {
        self.0.caller.require_all("what shadows answered")?;
        self.0.inner.runs.shadow_calls.compare(since).await
    }

    /// Promotes a shadow: moves its file from the shadow folder to the plugin folder. `name` is the name of the
    /// component or its file. Returns the new path.
    ///
    /// # Errors
    /// A [`Problem`] if no shadow or more than one has that name, or the file cannot be moved.
    pub async fn promote(self, name: &str) -> Result<PathBuf, Problem> {
        self.0.caller.require(Scope::Admin)?;
        self.0.inner.runs.shadow_calls.promote(name).await
    }

    /// Replays recorded decisions with a shadow, as [`Evaluation::replay`] does with a file. `name` as in
    /// [`Evaluation::promote`].
    ///
    /// # Errors
    /// A [`Problem`] if no shadow or more than one has that name, or as [`Evaluation::replay`] says.
    pub async fn replay_shadow(self, name: &str, since: Timestamp, limit: u64) -> Result<Replayed, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let file = self.0.inner.runs.shadow_calls.file(name).await?;
        self.replay(&file, since, limit).await
    }
}
