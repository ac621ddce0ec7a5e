//! Operator commands for components: grants, pins and rollbacks. The host stores them in the data folder, every host
//! over that folder applies them at once, and each change is recorded in the event log.

use crate::handles::PluginAdmin;
use jackfield_model::{Granted, GrantedParts, HostEvent, NoDetails, Pinned, RolledBack};
use jackfield_plugins::{
    CheckReport, Counted, ExecutorInfo, FileInspection, Grant, Inspection, LevelInfo, MemoryUse, Orders,
    PluginStatus, Trial,
};
use jackfield_store::PluginVersion;
use jackfield_types::{Digest, ErrorCode, Operation, PluginKind, Problem, Scope};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What was ordered, and what serves now.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Ordered {
    /// Of which kind.
    pub kind: PluginKind,
    /// Its own name.
    pub name: String,
    /// What serves under that kind and name now.
    pub serving: Option<Digest>,
    /// What it was granted by command, in all.
    pub granted: Grant,
    /// The version that it is pinned to.
    pub pinned: Option<Digest>,
    /// The decisions that it is asked for now: `choose`, `level brief`, ...
    pub asked_for: Vec<String>,
}

impl PluginAdmin<'_> {
    /// Returns every grant and pin that operators made by command.
    pub fn policies(self) -> Orders {
        self.0.inner.plugins.policies().now()
    }

    /// Grants a component programs, environment variables or imports, in addition to the configuration.
    ///
    /// # Errors
    /// A [`Problem`] if the grant is empty or invalid, or the policies cannot be written.
    pub async fn grant(self, kind: PluginKind, name: &str, grant: &Grant) -> Result<Ordered, Problem> {
        self.0.caller.require(Scope::Admin)?;
        if grant.is_empty() {
            let message = format!("failed to grant {kind} {name}: nothing to grant is named");
            return Err(ungranted(ErrorCode::NothingToGrant, message));
        }
        if let Some(fault) = grant.fault(name) {
            return Err(ungranted(ErrorCode::BadGrant, format!("failed to grant {kind} {name:?}: {fault}")));
        }
        self.0.inner.plugins.policies().grant(kind, name, grant).await?;
        let Grant { programs, environment, imports } = grant.clone();
        let granted = Granted { grant: GrantedParts { programs, environment, imports } };
        self.ordered(HostEvent::PluginGranted(granted), kind, name).await
    }

    /// Revokes what operators granted by command. A component that needs it is held from now on.
    ///
    /// # Errors
    /// A [`Problem`] if nothing was granted or the policies cannot be written.
    pub async fn revoke(self, kind: PluginKind, name: &str) -> Result<Ordered, Problem> {
        self.0.caller.require(Scope::Admin)?;
        self.0.inner.plugins.policies().revoke(kind, name).await?;
        self.ordered(HostEvent::PluginRevoked(NoDetails {}), kind, name).await
    }

    /// Pins a component to one version, which serves until it is unpinned. `digest` may be the first digits of a
    /// digest.
    ///
    /// # Errors
    /// A [`Problem`] if this host never kept that version or it may not serve.
    pub async fn pin(self, kind: PluginKind, name: &str, digest: &str) -> Result<Ordered, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let digest = self.known_version(kind, name, digest).await?;
        let from = self.pin_version(kind, name, digest).await?;
        self.ordered(HostEvent::PluginPinned(Pinned { from, to: digest }), kind, name).await
    }

    /// Rolls a component back: pins the version that served before the serving one and is not quarantined, else the
    /// shipped version. If the serving version is the only one of a name that no shipped component has, it is
    /// quarantined and the previous provider of its decisions serves again.
    ///
    /// # Errors
    /// A [`Problem`] if no earlier version exists or nothing of that name serves.
    pub async fn roll_back(self, kind: PluginKind, name: &str) -> Result<Ordered, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let serving = self.serving(kind, name);
        let history = self.history().await?;
        let shipped = self.0.inner.plugins.shipped(kind, name);
        let own = history.iter().filter(|version| version.plugin.kind == kind && version.plugin.name == name);
        let sound = own.filter(|version| !self.0.inner.plugins.is_quarantined(version.plugin.digest));
        let served = sound.filter_map(|version| Some((version.first_served_at?, version.plugin.digest)));
        let served: Vec<_> = served.collect();
        let since = served.iter().find(|(_, digest)| Some(*digest) == serving).map(|(since, _)| *since);
        // The shipped version has no earlier one; any other version has the one that came before it.
        let before = served.iter().filter(|(first, _)| since.is_some_and(|since| *first < since));
        let earlier = before.max_by_key(|(first, _)| *first).map(|(_, digest)| *digest);
        let Some(digest) = earlier.or_else(|| shipped.filter(|shipped| Some(*shipped) != serving)) else {
            // If later versions served, the intent is ambiguous: pin one of them instead of quarantining this one.
            let only = served.iter().all(|(_, digest)| Some(*digest) == serving);
            if serving.is_some() && shipped.is_none() && only {
                self.0.inner.plugins.policies().roll_back(kind, name).await?;
                let rolled_back = RolledBack { from: serving, to: None };
                return self.ordered(HostEvent::PluginRolledBack(rolled_back), kind, name).await;
            }
            return Err(Problem::caller(
                ErrorCode::NothingToUndo,
                match serving {
                    Some(_) => format!("no version of {kind} {name} served here before this one"),
                    None => format!("no {kind} {name} is in service"),
                },
                "drop the version that you want into the plugin folder, or pin one that was there",
            )
            .with(Operation::PinPlugin { kind, name: name.to_owned() }));
        };
        let from = self.pin_version(kind, name, digest).await?;
        let rolled_back = RolledBack { from, to: Some(digest) };
        self.ordered(HostEvent::PluginRolledBack(rolled_back), kind, name).await
    }

    /// Removes a pin. The version that was dropped last serves again.
    ///
    /// # Errors
    /// A [`Problem`] if the component is not pinned or the policies cannot be written.
    pub async fn unpin(self, kind: PluginKind, name: &str) -> Result<Ordered, Problem> {
        self.0.caller.require(Scope::Admin)?;
        self.0.inner.plugins.policies().unpin(kind, name).await?;
        self.ordered(HostEvent::PluginUnpinned(NoDetails {}), kind, name).await
    }

    /// Returns the component memory that calls use, and that attempts use.
    pub fn memory(self) -> [(&'static str, MemoryUse); 2] {
        self.0.inner.plugins.memory()
    }

    /// Returns call counts of each component version since this host started.
    pub fn figures(self) -> Vec<Counted> {
        self.0.inner.plugins.counted()
    }

    /// Pins a component. Returns the version that served before.
    async fn pin_version(
        self,
        kind: PluginKind,
        name: &str,
        digest: Digest,
    ) -> Result<Option<Digest>, Problem> {
        let from = self.serving(kind, name);
        self.0.inner.plugins.policies().pin(kind, name, digest).await?;
        Ok(from)
    }

    async fn ordered(self, event: HostEvent, kind: PluginKind, name: &str) -> Result<Ordered, Problem> {
        // The change is in force: a failed write does not undo it.
        if let Err(error) = self.0.inner.store.host_log().record(&format!("{kind} {name}"), event).await {
            tracing::error!(%error, "an order is not on record");
        }
        let orders = self.policies();
        Ok(Ordered {
            kind,
            name: name.to_owned(),
            serving: self.serving(kind, name),
            granted: orders.grants.of(kind, name),
            pinned: orders.pin(kind, name),
            asked_for: self.0.inner.plugins.asked_for(kind, name),
        })
    }

    fn serving(self, kind: PluginKind, name: &str) -> Option<Digest> {
        self.inspect(Some(kind), name).ok().and_then(|inspection| inspection.status.digest)
    }

    async fn known_version(self, kind: PluginKind, name: &str, digest: &str) -> Result<Digest, Problem> {
        if let Ok(digest) = digest.trim_start_matches("sha256:").parse() {
            return Ok(digest);
        }
        let history = self.history().await?.into_iter().map(|version| version.plugin);
        let known =
            history.filter(|plugin| plugin.kind == kind && plugin.name == name).map(|plugin| plugin.digest);
        let all: std::collections::BTreeSet<_> =
            known.chain(self.0.inner.plugins.shipped(kind, name)).collect();
        let fits: Vec<_> = all.iter().filter(|known| known.to_string().starts_with(digest)).collect();
        match fits.as_slice() {
            [one] if digest.len() >= 4 => Ok(**one),
            _ => {
                let there: Vec<_> = all.iter().map(|digest| digest.short()).collect();
                Err(Problem::caller(
                    ErrorCode::UnknownDigest,
                    format!("'{digest}' is not one version of {kind} {name} that was seen here"),
                    format!("give a sha256, or at least four digits of one: {}", there.join(", ")),
                ))
            }
        }
    }

    /// Returns every executor in service with its models.
    pub fn executors(self) -> Vec<(String, Vec<String>)> {
        let executors = self.0.inner.plugins.executors().into_iter();
        let models = |info: &ExecutorInfo| {
            info.description.models.iter().map(|model| model.name.clone()).collect::<Vec<_>>()
        };
        executors.map(|info| (info.plugin.name.clone(), models(&info))).collect()
    }

    /// Loads the components that were dropped into the plugin folder, and waits at most `patience` for files that are
    /// still being written. A host that watches the folder does this by itself.
    ///
    /// # Errors
    /// A [`Problem`] if the folder cannot be read.
    pub async fn settle(self, patience: Duration) -> Result<(), Problem> {
        self.0.caller.require(Scope::Admin)?;
        match tokio::time::timeout(patience, self.0.inner.plugins.rescan()).await {
            Ok(settled) => settled.map_err(Problem::from),
            Err(_) => Ok(()),
        }
    }

    /// Lists every component, in service or not.
    pub fn list(self) -> Vec<PluginStatus> {
        self.0.inner.plugins.list()
    }

    /// Returns every component version that this host has seen.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn history(self) -> Result<Vec<PluginVersion>, Problem> {
        self.0.caller.require(Scope::Read)?;
        Ok(self.0.inner.store.host_log().plugin_history().await?)
    }

    /// Returns at most `limit` component versions, last changed first, and their total number.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn versions(self, limit: u32) -> Result<(Vec<PluginVersion>, u64), Problem> {
        self.0.caller.require(Scope::Read)?;
        Ok(self.0.inner.store.host_log().plugin_versions(limit).await?)
    }

    /// Runs every step of a drop for a file without activating it, and returns the result of each step.
    ///
    /// # Errors
    /// A [`Problem`] if the file cannot be read.
    pub async fn check(self, file: &Path) -> Result<CheckReport, Problem> {
        self.0.caller.require(Scope::Admin)?;
        Ok(self.0.inner.plugins.check(file).await?)
    }

    /// Returns the details of a component in service.
    ///
    /// # Errors
    /// A [`Problem`] if no component of that name is in service.
    pub fn inspect(self, kind: Option<PluginKind>, name: &str) -> Result<Inspection, Problem> {
        self.0.caller.require(Scope::Read)?;
        let mut inspection = self.0.inner.plugins.inspect(kind, name)?;
        // The host knows the settings of shipped executors; a dropped component declares its own.
        if inspection.status.kind == Some(PluginKind::Executor) && inspection.status.file.is_none() {
            inspection.settings = jackfield_config::settings_of(name);
        }
        Ok(inspection)
    }

    /// Checks a file like [`check`](Self::check) and returns its contents too.
    ///
    /// # Errors
    /// A [`Problem`] if the file cannot be read.
    pub async fn inspect_file(self, file: &Path) -> Result<FileInspection, Problem> {
        self.0.caller.require(Scope::Admin)?;
        Ok(self.0.inner.plugins.inspect_file(file).await?)
    }

    /// Loads a component for trial calls: a file, which need not be in service, or the serving component of a name.
    ///
    /// # Errors
    /// A [`Problem`] if the component is not sound or none of that name is in service.
    pub async fn try_out(self, kind: Option<PluginKind>, what: &str) -> Result<Trial, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let plugins = &self.0.inner.plugins;
        let trial = match plugin_file(what) {
            Some(file) => plugins.try_file(file).await,
            None => plugins.try_served(kind, what).await,
        };
        Ok(trial?)
    }

    /// Returns the verbosities that compressors offer.
    pub fn levels(self) -> Vec<LevelInfo> {
        self.0.inner.plugins.levels()
    }

    /// Scans the plugin folder now instead of at its next change.
    ///
    /// # Errors
    /// A [`Problem`] if the folder cannot be read.
    pub async fn rescan(self) -> Result<(), Problem> {
        self.0.caller.require(Scope::Admin)?;
        Ok(self.0.inner.plugins.rescan().await?)
    }

    /// Returns the plugin folder.
    pub fn folder(self) -> PathBuf {
        self.0.inner.folders.drop.clone()
    }
}

/// Returns `what` as a path if it is a file or contains a dot or a slash; component names contain neither.
pub fn plugin_file(what: &str) -> Option<&Path> {
    let file = Path::new(what);
    (what.contains(['/', '.']) || file.is_file()).then_some(file)
}

fn ungranted(code: ErrorCode, message: String) -> Problem {
    Problem::caller(
        code,
        message,
        "name programs, environment variables or imports: the list of components shows what a held one asks for, and a \
         check of a file what the component in it asks for",
    )
    .with(Operation::ListPlugins)
    .with(Operation::CheckPluginFile(None))
}
