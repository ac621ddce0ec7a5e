//! The audit log.

use crate::handles::Access;
use jackfield_access::audit::since;
use jackfield_api::{AuditEntry, AuditFilter, bounds};
use jackfield_types::{ErrorCode, Problem};
use std::io;
use std::sync::Arc;

impl Access<'_> {
    /// Writes a call to the audit log. A failed write goes to the host's log, so that a full disk does not block
    /// calls.
    pub fn record(self, entry: &AuditEntry) {
        if self.0.inner.settings.config().retention.audit_days == 0 {
            return;
        }
        if let Err(error) = self.0.inner.audit_log.write_audit(entry) {
            tracing::error!(%error, path = entry.path, "a call is not on the audit log");
        }
    }

    /// Returns the calls that the server received, newest first.
    ///
    /// # Errors
    /// A [`Problem`] if the principal lacks the scope `admin`, or the files cannot be read.
    pub async fn audit_log(self, filter: AuditFilter) -> Result<Vec<AuditEntry>, Problem> {
        self.0.caller.require(jackfield_types::Scope::Admin)?;
        bounds::check(&filter)?;
        let since = filter.since.as_deref().map(|text| since(text, self.0.inner.clock.now())).transpose()?;
        let audit = Arc::clone(&self.0.inner.audit_log);
        let read = tokio::task::spawn_blocking(move || audit.read_audit(&filter, since)).await;
        read.map_err(io::Error::other).and_then(|read| read).map_err(|error| {
            Problem::operator(
                ErrorCode::UnreadableAudit,
                format!("the audit log cannot be read: {error}"),
                "check the permissions of the folder `audit` in the data folder",
            )
        })
    }
}
