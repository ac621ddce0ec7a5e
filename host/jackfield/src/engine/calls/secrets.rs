//! Known secrets, which the host redacts.

use super::super::handles::Access;
use super::super::secrets::own_token;
use jackfield_redact::Secrets;
use std::sync::Arc;

impl Access<'_> {
    /// Adds the owner's token, which a server creates at its first start.
    pub fn learn_token(self) {
        self.0.inner.secrets.add(own_token(&self.0.inner.folders.data));
    }

    /// Returns the known secrets. Later additions appear in it.
    pub fn secrets(self) -> Arc<Secrets> {
        Arc::clone(&self.0.inner.secrets)
    }
}
