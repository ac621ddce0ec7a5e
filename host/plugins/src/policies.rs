//! Grants and pins by command, and the way back from a version.

use crate::error::PluginError;
use crate::options::Grant;
use crate::orders::Orders;
use crate::plugins::Plugins;
use crate::reconcile::Reconciler;
use crate::serve::Calls;
use jackfield_types::{Digest, PluginKind, PluginRef};

/// What the operator says by command of components: grants and pins, and versions put away or taken again. See
/// [`Plugins::policies`].
#[derive(Clone, Copy)]
pub struct Policies<'p>(pub(crate) &'p Plugins);

impl Plugins {
    /// What the operator has said by command of components: grants and pins, and what was put away.
    pub const fn policies(&self) -> Policies<'_> {
        Policies(self)
    }
}

impl Policies<'_> {
    /// What the operator has said by command.
    pub fn now(self) -> Orders {
        self.0.manager.orders.now()
    }

    /// Grants a component more, for this and every other process over the same folder.
    pub async fn grant(self, kind: PluginKind, name: &str, grant: &Grant) -> Result<(), PluginError> {
        self.change(|orders| orders.grant(kind, name, grant)).await
    }

    /// Takes back what was granted by command.
    pub async fn revoke(self, kind: PluginKind, name: &str) -> Result<(), PluginError> {
        if self.change(|orders| orders.revoke(kind, name)).await? {
            return Ok(());
        }
        Err(PluginError::NothingToUndo(format!(
            "nothing was granted to {kind} {name} by command; what [grants] in the configuration says is changed there"
        )))
    }

    /// Has one version of a component serve, and no other, until it is unpinned. It must have been kept.
    pub async fn pin(self, kind: PluginKind, name: &str, digest: Digest) -> Result<(), PluginError> {
        Reconciler(&self.0.manager).can_pin(kind, name, digest).await?;
        self.change(|orders| orders.set_pin(kind, name, digest)).await
    }

    /// Lets what was dropped last serve again.
    pub async fn unpin(self, kind: PluginKind, name: &str) -> Result<(), PluginError> {
        if self.change(|orders| orders.unpin(kind, name)).await? {
            return Ok(());
        }
        Err(PluginError::NothingToUndo(format!("{kind} {name} is not pinned")))
    }

    async fn change<T>(self, change: impl FnOnce(&mut Orders) -> T) -> Result<T, PluginError> {
        let changed = self.0.manager.orders.change(change)?;
        Reconciler(&self.0.manager).reconcile().await;
        self.0.rescan().await?;
        Ok(changed)
    }

    /// Puts the dropped version that serves away by hand and the one before it back, here and in every other
    /// process over the same folder; what serves now. Its bytes are not taken again until they are released.
    pub async fn roll_back(self, kind: PluginKind, name: &str) -> Result<Option<PluginRef>, PluginError> {
        let serving = self.0.manager.slots(|slots| slots.serving(kind, name).cloned());
        let Some(version) = serving.filter(|version| version.file.is_some() && version.put_away()) else {
            return Err(PluginError::NotDropped { kind, name: name.to_owned() });
        };
        let now = Calls(&self.0.manager).put_away(&version, "the operator rolled it back");
        // Writing the orders is what others hear.
        let lift = |orders: &mut Orders| {
            if orders.pin(kind, name) == Some(version.digest()) {
                orders.unpin(kind, name);
            }
        };
        self.change(lift).await?;
        Ok(now.map(|now| now.plugin().clone()))
    }

    /// Takes quarantined bytes again, if they still lie in the drop folder or are dropped anew.
    pub async fn release(self, digest: Digest) -> Result<(), PluginError> {
        self.0.manager.folder.release(digest)?;
        self.0.manager.look_again(|dropped| dropped.digest == Some(digest));
        self.0.rescan().await
    }
}
