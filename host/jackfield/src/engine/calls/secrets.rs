//! What is known to be secret.

use super::super::handles::Access;
use super::super::secrets::own_token;
use jackfield_redact::Secrets;
use std::sync::Arc;

impl Access<'_> {
    /// Learns the owner's token, which a server makes at its first start.
    pub fn learn_token(self) {
        self.0.inner.secrets.add(own_token(&self.0.inner.folders.data));
    }

    /// What is known to be secret, as it is learnt.
    pub fn secrets(self) -> Arc<Secrets> {
        Arc::clone(&self.0.inner.secrets)
    }
}
