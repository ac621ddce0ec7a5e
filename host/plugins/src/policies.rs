//! Grants, pins and rollbacks by command.

use crate::error::PluginError;
use crate::grants::Grant;
use crate::orders::Orders;
use crate::plugins::Plugins;
use crate::reconcile::Reconciler;
use crate::serve::Calls;
use jackfield_types::{Digest, PluginKind, PluginRef};

/// The operator's policies for components: grants, pins, and quarantined versions. See [`Plugins::policies`].
#[derive(Clone, Copy)]
pub struct Policies<'p>(pub(crate) &'p Plugins);

impl Plugins {
    /// The operator's policies for components.
    pub const fn policies(&self) -> Policies<'_> {
        Policies(self)
    }
}

impl Policies<'_> {
    /// Returns the policies in force.
    pub fn now(self) -> Orders {
        self.0.manager.orders.now()
    }

    /// Grants a component more, in every process over the same folder.
    ///
    /// # Errors
    /// A [`PluginError`] if the policies cannot be written.
    pub async fn grant(self, kind: PluginKind, name: &str, grant: &Grant) -> Result<(), PluginError> {
        self.change(|orders| orders.grant(kind, name, grant)).await
    }

    /// Revokes what was granted by command.
    ///
    /// # Errors
    /// A [`PluginError`] if nothing was granted or the policies cannot be written.
    pub async fn revoke(self, kind: PluginKind, name: &str) -> Result<(), PluginError> {
        if self.change(|orders| orders.revoke(kind, name)).await? {
            return Ok(());
        }
        Err(PluginError::NothingToUndo(format!(
            "nothing was granted to {kind} {name} by command; what [grants] in the configuration says is changed there"
        )))
    }

    /// Pins a component to one version, which serves until it is unpinned.
    ///
    /// # Errors
    /// A [`PluginError`] if this host never kept the version, it may not serve, or the policies cannot be written.
    pub async fn pin(self, kind: PluginKind, name: &str, digest: Digest) -> Result<(), PluginError> {
        Reconciler(&self.0.manager).can_pin(kind, name, digest).await?;
        self.change(|orders| orders.set_pin(kind, name, digest)).await
    }

    /// Removes a pin. The version that was dropped last serves again.
    ///
    /// # Errors
    /// A [`PluginError`] if the component is not pinned or the policies cannot be written.
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

    /// Quarantines the dropped version that serves, in every process over the same folder, and removes its pin.
    /// Returns the version that serves now, if any. The host accepts the quarantined bytes again only after
    /// [`release`](Self::release).
    ///
    /// # Errors
    /// A [`PluginError`] if no dropped version serves, or the policies cannot be written.
    pub async fn roll_back(self, kind: PluginKind, name: &str) -> Result<Option<PluginRef>, PluginError> {
        let serving = self.0.manager.slots(|slots| slots.serving(kind, name).cloned());
        let Some(version) = serving.filter(|version| version.file.is_some() && version.put_away()) else {
            return Err(PluginError::NotDropped { kind, name: name.to_owned() });
        };
        let now = Calls(&self.0.manager).put_away(&version, "the operator rolled it back");
        // Other processes react to the written policies.
        let lift = |orders: &mut Orders| {
            if orders.pin(kind, name) == Some(version.digest()) {
                orders.unpin(kind, name);
            }
        };
        self.change(lift).await?;
        Ok(now.map(|now| now.plugin().clone()))
    }

    /// Releases quarantined bytes: the file serves again if it is in the plugin folder or is dropped again.
    ///
    /// # Errors
    /// A [`PluginError`] if the quarantine cannot be lifted or the folder cannot be read.
    pub async fn release(self, digest: Digest) -> Result<(), PluginError> {
        self.0.manager.folder.release(digest)?;
        self.0.manager.look_again(|dropped| dropped.digest == Some(digest));
        self.0.rescan().await
    }
}
