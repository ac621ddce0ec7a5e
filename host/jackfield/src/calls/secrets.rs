//! Known secrets, which the host redacts.

use crate::handles::Access;
use jackfield_core::secrets::own_token;
use jackfield_redact::Secrets;
use std::sync::Arc;

impl Access<'_> {
    /// Adds the owner's token, which a server creates at its first start.
    pub fn learn_token(self) {
        self.0.inner.runs.shared.secrets.add(own_token(&self.0.inner.folders.data));
    }

    /// Returns the known secrets. Later additions appear in it.
    pub fn secrets(self) -> Arc<Secrets> {
        Arc::clone(&self.0.inner.runs.shared.secrets)
    }
}
