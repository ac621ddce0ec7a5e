//! Who asks: a handle of the host for one principal, which may do and see what its token says.

use super::Host;
use jackfield_types::{HumanTaskId, Problem, RunId, Scope, Scopes, Sees, TaskId};
use parking_lot::Mutex;
use std::sync::Arc;

/// The principal of a handle that nobody narrowed.
const HOST: &str = "host";

/// Somebody who asks, with what they may do and what they are shown.
#[derive(Debug, Clone)]
pub struct Principal {
    principal: Arc<str>,
    scopes: Arc<Scopes>,
    sees: Sees,
    audit: Arc<Mutex<AuditContext>>,
}

/// What came of a call, for the audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditContext {
    /// The tool, where a model asked.
    pub tool: Option<String>,
    /// The task that was handed in or touched.
    pub task: Option<TaskId>,
    /// The run that was handed in or touched.
    pub run: Option<RunId>,
    /// The scope that was wanting.
    pub refused: Option<Scope>,
}

impl Principal {
    /// Who may do everything and sees everything, under this name.
    pub fn owner(principal: &str) -> Self {
        Self::new(principal, Scopes::all(), Sees::All)
    }

    /// Who may do what `scopes` say. Everybody with the scope `admin` sees everything.
    pub fn new(principal: &str, scopes: Scopes, sees: Sees) -> Self {
        let sees = if scopes.allow(Scope::Admin) { Sees::All } else { sees };
        Self { principal: principal.into(), scopes: Arc::new(scopes), sees, audit: Arc::default() }
    }

    /// Who may do nothing and sees nothing.
    pub fn nobody() -> Self {
        Self::new("nobody", Scopes::from(Vec::new()), Sees::Own)
    }

    /// Its name, for the record.
    pub fn principal(&self) -> &str {
        &self.principal
    }

    /// What it may do.
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// What it did, as far as the host could tell.
    pub fn audit(&self) -> AuditContext {
        self.audit.lock().clone()
    }
}

impl Default for Principal {
    fn default() -> Self {
        Self::owner(HOST)
    }
}

impl Host {
    /// This host as `asker` may use it. What is not theirs is as if it were not there, and what they may not do is
    /// refused; two handles share everything else.
    ///
    /// ```no_run
    /// # async fn story(host: jackfield::Host) -> Result<(), jackfield::Problem> {
    /// use jackfield::{Principal, Scopes, Sees};
    ///
    /// let scopes = Scopes::parse("read").expect("a scope");
    /// let guest = host.acting_as(Principal::new("guest", scopes, Sees::Own));
    /// assert!(guest.runs(Default::default()).await?.is_empty(), "a guest has no runs");
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn acting_as(&self, asker: Principal) -> Self {
        Self(Arc::clone(&self.0), asker)
    }

    /// Who this handle acts for.
    pub fn asker(&self) -> &Principal {
        &self.1
    }

    /// The name of who this handle acts for, as it goes on record.
    pub fn principal(&self) -> &str {
        self.1.principal()
    }

    /// # Errors
    /// The problem `insufficient_scope` where the asker may not do this.
    pub fn may(&self, scope: Scope) -> Result<(), Problem> {
        if self.1.scopes.allow(scope) {
            return Ok(());
        }
        self.touches(|audited| audited.refused = Some(scope));
        Err(Problem::caller(
            "insufficient_scope",
            format!(
                "the token of '{}' does not allow this: it has the scope(s) {}, and this needs {scope}",
                self.1.principal, self.1.scopes
            ),
            format!(
                "use a token with the scope {scope}; whoever runs the host makes one: jackfield token create NAME --scope {scope}"
            ),
        ))
    }

    /// The same for what tells of everybody's work at once.
    pub fn may_see_all(&self, what: &str) -> Result<(), Problem> {
        self.may(Scope::Read)?;
        if self.1.sees == Sees::All {
            return Ok(());
        }
        Err(Problem::caller(
            "insufficient_scope",
            format!(
                "{what} tells of everybody's work, and the token of '{}' shows its own only",
                self.1.principal
            ),
            "use a token that sees all; whoever runs the host makes one: jackfield token create NAME --scope read --sees all",
        ))
    }

    /// Whose tasks and runs are there for the asker; none: everybody's.
    pub fn only(&self) -> Option<&str> {
        (self.1.sees == Sees::Own).then(|| self.1.principal())
    }

    /// # Errors
    /// The same problem for a task that is not there and for one that the asker is not shown.
    pub async fn shown_task(&self, task: TaskId) -> Result<(), Problem> {
        self.may(Scope::Read)?;
        self.touches(|audited| audited.task = Some(task));
        if let Some(principal) = self.only() {
            self.0.store.find_task(&task.to_string(), Some(principal)).await?;
        }
        Ok(())
    }

    /// # Errors
    /// The same problem for a run that is not there and for one that the asker is not shown.
    pub async fn shown_run(&self, run: RunId) -> Result<(), Problem> {
        self.may(Scope::Read)?;
        self.touches(|audited| audited.run = Some(run));
        if let Some(principal) = self.only() {
            self.0.store.find_run(&run.to_string(), Some(principal)).await?;
        }
        Ok(())
    }

    /// The human task with this id, or the only one whose id begins so, where the asker is shown it.
    pub async fn shown_human_task(&self, id: &str) -> Result<HumanTaskId, Problem> {
        self.may(Scope::Read)?;
        Ok(self.0.store.find_human_task(id, self.only()).await?)
    }

    /// Notes what a call is about.
    pub fn touches(&self, note: impl FnOnce(&mut AuditContext)) {
        note(&mut self.1.audit.lock());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_administrator_sees_everything_whatever_the_token_says() {
        let admin = Principal::new("a", Scopes::parse("admin").unwrap(), Sees::Own);
        assert_eq!(admin.sees, Sees::All);
        let reader = Principal::new("r", Scopes::parse("read").unwrap(), Sees::Own);
        assert_eq!(reader.sees, Sees::Own);
        assert_eq!(Principal::default().principal(), "host");
    }
}
