//! Reconciliation of the serving components with the policies: versions without a grant or against a pin stop serving,
//! held files are examined again, and pinned versions serve from the host's own folder.

use crate::compile::Origin;
use crate::dropped::Dropped;
use crate::error::PluginError;
use crate::examine::{Sound, Steps};
use crate::manager::PluginManager;
use crate::report::{Change, State};
use crate::serve::Calls;
use crate::version::Version;
use jackfield_types::{Digest, PluginKind, PluginRef};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Reconciles the serving components with the policies and the quarantine.
#[derive(Clone, Copy)]
pub(crate) struct Reconciler<'m>(pub(crate) &'m Arc<PluginManager>);

impl Reconciler<'_> {
    /// Reconciles once. The next scan examines held files.
    pub(crate) async fn reconcile(self) {
        let _alone = self.0.loading.lock().await;
        self.withdraw();
        for (kind, name, digest) in self.0.orders.now().all_pins() {
            if let Err(error) = self.bring(kind, &name, digest).await {
                tracing::error!("a pin is not heeded: {error}");
            }
        }
        self.0.look_again(|dropped| dropped.state == State::Held);
        // The order of the components may have changed even if the same ones serve.
        self.0.change(|_| ());
        self.heed_quarantine();
        self.0.write_lock();
    }

    /// Applies the quarantines of other processes over the same folder, and examines released files again.
    pub(crate) fn heed_quarantine(self) {
        for version in self.dropped_versions() {
            if let Some(why) = self.0.folder.quarantined(version.digest())
                && version.put_away()
            {
                Calls(self.0).put_away(&version, &why);
            }
        }
        let taken_again = |dropped: &Dropped| {
            dropped.state == State::Quarantined
                && dropped.digest.is_some_and(|digest| self.0.folder.quarantined(digest).is_none())
        };
        self.0.look_again(taken_again);
    }

    fn dropped_versions(self) -> Vec<Arc<Version>> {
        self.0.slots(|slots| {
            let dropped = slots.versions().filter(|(version, _)| version.file.is_some());
            dropped.map(|(version, _)| version.clone()).collect()
        })
    }

    /// Stops the versions that may not serve any more.
    fn withdraw(self) {
        for version in self.dropped_versions() {
            let plugin = version.plugin();
            let missing = self.0.ungranted(&version.metadata);
            let kept = version.file.as_deref() == Some(&self.0.folder.component(plugin.digest));
            let unpinned = kept && self.0.orders.now().pin(plugin.kind, &plugin.name).is_none();
            let why = if unpinned {
                Some("it is not pinned any more".to_owned())
            } else if missing.is_empty() {
                self.0.barred(plugin)
            } else {
                Some(crate::load::ungranted(&missing, plugin, self.0.replaces(&version.metadata).as_ref()))
            };
            let (Some(why), Some(file)) = (why, &version.file) else { continue };
            let gone = self.0.change(|slots| slots.take_off(file));
            if self.0.files.lock().contains_key(file) {
                self.0.hold(file, plugin, &why, Vec::new());
                self.0.wants(file, missing, self.0.replaces(&version.metadata));
            }
            for (_, now) in gone {
                let mut event = self.0.event(Change::Retired, plugin, why.clone());
                event.from = Some(plugin.digest);
                event.to = now.map(|now| now.digest());
                self.0.tell(event);
            }
        }
    }

    /// Checks that a version could serve if it were pinned.
    pub(crate) async fn can_pin(
        self,
        kind: PluginKind,
        name: &str,
        digest: Digest,
    ) -> Result<(), PluginError> {
        let embedded = self.0.slots(|slots| slots.embedded(kind, name).cloned());
        if let Some(embedded) = embedded.filter(|version| version.digest() == digest) {
            let not = |why| PluginError::NotKept { kind, name: name.to_owned(), digest, why };
            return self.0.lock.bars(embedded.plugin()).map_or(Ok(()), |why| Err(not(why)));
        }
        self.kept(kind, name, digest).await.map(drop)
    }

    /// Makes a pinned version serve.
    async fn bring(self, kind: PluginKind, name: &str, digest: Digest) -> Result<(), PluginError> {
        let serves =
            self.0.slots(|slots| slots.serving(kind, name).is_some_and(|version| version.digest() == digest));
        if serves {
            return Ok(());
        }
        let (sound, path) = self.kept(kind, name, digest).await?;
        let (version, until_now) = self.0.publish(sound.metadata, sound.code, Some(path));
        let mut event = self.0.event(Change::Serving, version.plugin(), "the operator pinned it".to_owned());
        event.from = until_now.map(|until_now| until_now.digest());
        self.0.tell(event);
        Ok(())
    }

    /// Returns a version that need not be in service, for an attempt that it started.
    pub(crate) async fn out_of_service(self, plugin: &PluginRef) -> Result<Arc<Version>, PluginError> {
        let embedded = self.0.slots(|slots| slots.embedded(plugin.kind, &plugin.name).cloned());
        if let Some(embedded) = embedded.filter(|version| version.digest() == plugin.digest) {
            return Ok(embedded);
        }
        let (sound, _) = self.kept(plugin.kind, &plugin.name, plugin.digest).await?;
        let now = self.0.clock.now();
        Ok(Arc::new(Version::new(sound.metadata, sound.code, None, 0, &self.0.limits, now)))
    }

    /// Loads a version that this host kept, and examines it again.
    async fn kept(
        self,
        kind: PluginKind,
        name: &str,
        digest: Digest,
    ) -> Result<(Sound, PathBuf), PluginError> {
        let not = |why: String| PluginError::NotKept { kind, name: name.to_owned(), digest, why };
        if let Some(why) = self.0.folder.quarantined(digest) {
            return Err(not(format!("it was put away: {why}")));
        }
        let path = self.0.folder.component(digest);
        let bytes: Arc<[u8]> = read(&path).await.map_err(not)?.into();
        if let Some(fault) = self.0.keys.fault(&bytes, self.0.folder.signature(digest).as_deref()) {
            return Err(not(fault));
        }
        let examined = self.0.examiner(Origin::Foreign).examine(&bytes, &mut Steps::telling(&|_| {})).await;
        let sound = examined.map_err(|refusal| not(format!("{}: {}", refusal.step, refusal.reason)))?;
        let PluginRef { kind: its_kind, name: its_name, digest: its_digest, .. } = &sound.metadata.plugin;
        if *its_kind != kind || its_name != name || *its_digest != digest {
            return Err(not(format!("it is {}", sound.metadata.plugin)));
        }
        let missing = self.0.ungranted(&sound.metadata);
        if !missing.is_empty() {
            return Err(not(format!("it asks for what was not granted: {}", missing.line(kind, name))));
        }
        if let Some(why) = self.0.lock.bars(&sound.metadata.plugin) {
            return Err(not(why));
        }
        Ok((sound, path))
    }
}

async fn read(path: &Path) -> Result<Vec<u8>, String> {
    tokio::fs::read(path).await.map_err(|_| "this host has never kept it".to_owned())
}
