//! Shadows of components.

use super::super::handles::Evaluation;
use jackfield_api::Shadowed;
use jackfield_types::{Problem, Scope, Timestamp};
use std::path::PathBuf;

impl Evaluation<'_> {
    /// How components that are asked on the side compare with what served, since then.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn shadows(self, since: Timestamp) -> Result<Vec<Shadowed>, Problem> {
        self.0.caller.require_all("what shadows answered")?;
        self.0.inner.shadow_calls.compare(since).await
    }

    /// Makes a component that is asked on the side the one that serves: its file goes from the shadow folder to the
    /// plugin folder. Gives where it is then.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such file, or another of its name is in the way.
    pub async fn promote(self, name: &str) -> Result<PathBuf, Problem> {
        self.0.caller.require(Scope::Admin)?;
        self.0.inner.shadow_calls.promote(name).await
    }
}
