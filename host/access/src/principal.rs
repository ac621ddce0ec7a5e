//! Principals: the scopes and the visibility that a call is checked against, and its audit context.

use jackfield_store::Store;
use jackfield_types::{ErrorCode, HumanTaskId, Problem, RunId, Scope, Scopes, Sees, TaskId};
use parking_lot::Mutex;
use std::sync::Arc;

/// The principal of a host that acts for itself.
const HOST: &str = "host";

/// The person or program that a call is made for, with its scopes and its visibility.
#[derive(Debug, Clone)]
pub struct Principal {
    name: Arc<str>,
    scopes: Arc<Scopes>,
    sees: Sees,
    audit: Arc<Mutex<AuditContext>>,
}

/// The audit facts of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditContext {
    /// The tool, if an MCP client called one.
    pub tool: Option<String>,
    /// The task that the call created or concerned.
    pub task: Option<TaskId>,
    /// The run that the call created or concerned.
    pub run: Option<RunId>,
    /// The scope that was missing.
    pub refused: Option<Scope>,
}

impl Principal {
    /// A principal of this name with every scope, which sees everything.
    pub fn owner(name: &str) -> Self {
        Self::new(name, Scopes::all(), Sees::All)
    }

    /// A principal with these scopes. With the scope `admin`, it sees everything.
    pub fn new(name: &str, scopes: Scopes, sees: Sees) -> Self {
        let sees = if scopes.allow(Scope::Admin) { Sees::All } else { sees };
        Self { name: name.into(), scopes: Arc::new(scopes), sees, audit: Arc::default() }
    }

    /// A principal without any scope.
    pub fn nobody() -> Self {
        Self::new("nobody", Scopes::from(Vec::new()), Sees::Own)
    }

    /// Its name in records.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its scopes.
    pub fn scopes(&self) -> &Scopes {
        &self.scopes
    }

    /// The work that it can see.
    pub const fn sees(&self) -> Sees {
        self.sees
    }

    /// The audit facts of its call.
    pub fn audit(&self) -> AuditContext {
        self.audit.lock().clone()
    }

    /// Adds audit facts to its call.
    pub fn annotate(&self, note: impl FnOnce(&mut AuditContext)) {
        note(&mut self.audit.lock());
    }

    /// Checks that the principal has a scope.
    ///
    /// # Errors
    /// The problem `insufficient_scope` if it does not.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.allow(scope) {
            return Ok(());
        }
        self.annotate(|context| context.refused = Some(scope));
        Err(Problem::caller(
            ErrorCode::InsufficientScope,
            format!(
                "the token of '{}' does not allow this: it has the scope(s) {}, and this needs {scope}",
                self.name, self.scopes
            ),
            format!("use a token with the scope {scope}; the operator of the host creates one"),
        ))
    }

    /// Checks that the principal may see the work of all principals. `what` names the data in the problem.
    ///
    /// # Errors
    /// The problem `insufficient_scope` if it may not.
    pub fn require_all(&self, what: &str) -> Result<(), Problem> {
        self.require(Scope::Read)?;
        if self.sees == Sees::All {
            return Ok(());
        }
        Err(Problem::caller(
            ErrorCode::InsufficientScope,
            format!("{what} tells of everybody's work, and the token of '{}' shows its own only", self.name),
            "use a token that sees all; the operator of the host creates one",
        ))
    }

    /// The principal name to filter tasks and runs by; `None` if the principal sees those of all.
    pub fn restricted_to(&self) -> Option<&str> {
        (self.sees == Sees::Own).then(|| self.name())
    }

    /// Checks that the principal may see a task.
    ///
    /// # Errors
    /// The same problem for a task that does not exist and for one that the principal may not see.
    pub async fn shown_task(&self, store: &Store, task: TaskId) -> Result<(), Problem> {
        self.require(Scope::Read)?;
        self.annotate(|context| context.task = Some(task));
        if let Some(principal) = self.restricted_to() {
            store.tasks().find(&task.to_string(), Some(principal)).await?;
        }
        Ok(())
    }

    /// Checks that the principal may see a run.
    ///
    /// # Errors
    /// The same problem for a run that does not exist and for one that the principal may not see.
    pub async fn shown_run(&self, store: &Store, run: RunId) -> Result<(), Problem> {
        self.require(Scope::Read)?;
        self.annotate(|context| context.run = Some(run));
        if let Some(principal) = self.restricted_to() {
            store.runs().find(&run.to_string(), Some(principal)).await?;
        }
        Ok(())
    }

    /// The human task with this id, or the only one whose id begins with it, that the principal may see.
    pub async fn shown_human_task(&self, store: &Store, id: &str) -> Result<HumanTaskId, Problem> {
        self.require(Scope::Read)?;
        Ok(store.human_tasks().find(id, self.restricted_to()).await?)
    }
}

impl Default for Principal {
    fn default() -> Self {
        Self::owner(HOST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrator_sees_everything_whatever_the_token_allows() {
        let admin = Principal::new("a", Scopes::parse("admin").unwrap(), Sees::Own);
        assert_eq!(admin.sees, Sees::All);
        let reader = Principal::new("r", Scopes::parse("read").unwrap(), Sees::Own);
        assert_eq!(reader.sees, Sees::Own);
        assert_eq!(Principal::default().name(), "host");
    }
}
