//! What a host knows to be secret, all of it together: a check can print what another agent wrote, so there is one
//! redactor for everything and not one for each executor. What was secret once stays so while the host runs.

use super::Redactor;
use arc_swap::ArcSwap;
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The values that a host knows of, and the redactor for them.
#[derive(Debug, Default)]
pub struct Secrets {
    known: Mutex<BTreeSet<(String, String)>>,
    redactor: ArcSwap<Redactor>,
}

impl Secrets {
    /// From now on these are secret too: names of variables and their values.
    pub fn add(&self, secrets: impl IntoIterator<Item = (String, String)>) {
        let mut known = self.known.lock();
        let before = known.len();
        known.extend(secrets);
        if known.len() > before {
            self.redactor.store(Arc::new(Redactor::new(known.iter().cloned())));
        }
    }

    /// The redactor for everything that is known now.
    pub fn redactor(&self) -> Arc<Redactor> {
        self.redactor.load_full()
    }
}

/// The password of an address, where it has one.
pub fn password_of(text: &str) -> Option<&str> {
    let (_, after) = text.split_once("://")?;
    let authority = after.split(['/', '?', '#']).next()?;
    let (login, _) = authority.rsplit_once('@')?;
    let (_, password) = login.split_once(':')?;
    Some(password)
}
