//! What an operator orders of components: grants, pins, and the way back. Kept in the data folder, heeded at
//! once by every host over it, and each order on the event log.

use super::super::handles::PluginAdmin;
use jackfield_plugins::{
    CheckReport, Counted, ExecutorInfo, FileInspection, Grant, Inspection, LevelInfo, MemoryUse, Orders,
    PluginStatus, Trial,
};
use jackfield_store::PluginVersion;
use jackfield_types::{Digest, ErrorCode, PluginKind, Problem, Scope};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What was ordered, and what serves now.
#[derive(Debug, Clone, Serialize, JsonSchema)]
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
    /// Everything that the operator has said by command.
    pub fn policies(self) -> Orders {
        self.0.inner.plugins.policies().now()
    }

    /// Grants a component what it asks for, on top of the configuration.
    ///
    /// # Errors
    /// A [`Problem`] where nothing is named, or the orders cannot be written.
    pub async fn grant(self, kind: PluginKind, name: &str, grant: &Grant) -> Result<Ordered, Problem> {
        self.0.caller.require(Scope::Admin)?;
        if grant.is_empty() {
            return Err(Problem::caller(
                ErrorCode::NothingToGrant,
                format!("nothing is named that {kind} {name} is to be granted"),
                "`jackfield plugin list` shows the command for one that is held, with --program, --env and --import",
            ));
        }
        if let Some(fault) = grant.fault(name) {
            return Err(Problem::caller(
                ErrorCode::BadGrant,
                format!("failed to grant {kind} {name:?}: {fault}"),
                "`jackfield plugin list` shows the command for one that is held; `jackfield plugin check FILE` what a file asks for",
            ));
        }
        self.0.inner.plugins.policies().grant(kind, name, grant).await?;
        self.ordered("plugin_granted", kind, name, json!({ "grant": grant })).await
    }

    /// Takes back what was granted by command; who asks for it is held from now on.
    ///
    /// # Errors
    /// A [`Problem`] where nothing was granted, or the orders cannot be written.
    pub async fn revoke(self, kind: PluginKind, name: &str) -> Result<Ordered, Problem> {
        self.0.caller.require(Scope::Admin)?;
        self.0.inner.plugins.policies().revoke(kind, name).await?;
        self.ordered("plugin_revoked", kind, name, json!({})).await
    }

    /// Has one version serve and no other, until it is unpinned. The beginning of a digest is enough.
    ///
    /// # Errors
    /// A [`Problem`] where this host has never kept it, or it may not serve.
    pub async fn pin(self, kind: PluginKind, name: &str, digest: &str) -> Result<Ordered, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let digest = self.known_version(kind, name, digest).await?;
        self.pin_version(kind, name, digest, "plugin_pinned").await
    }

    /// Pins the version that served before the one that serves now, and was not put away; the shipped one where there
    /// is no other. The first version of a name that no shipped one has is put away: whoever was asked before it is
    /// asked again, and these bytes are not taken any more.
    ///
    /// # Errors
    /// A [`Problem`] where there is nothing to go back to.
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
        // From the shipped one there is no way back; from any other, to the one that came before it.
        let before = served.iter().filter(|(first, _)| since.is_some_and(|since| *first < since));
        let earlier = before.max_by_key(|(first, _)| *first).map(|(_, digest)| *digest);
        let Some(digest) = earlier.or_else(|| shipped.filter(|shipped| Some(*shipped) != serving)) else {
            // Where later ones served, they are a pin away: what is meant is not clear enough to put this one away.
            let only = served.iter().all(|(_, digest)| Some(*digest) == serving);
            if serving.is_some() && shipped.is_none() && only {
                self.0.inner.plugins.policies().roll_back(kind, name).await?;
                let details = json!({ "from": serving, "to": null });
                return self.ordered("plugin_rolled_back", kind, name, details).await;
            }
            return Err(Problem::caller(
                ErrorCode::NothingToUndo,
                match serving {
                    Some(_) => format!("no version of {kind} {name} served here before this one"),
                    None => format!("no {kind} {name} is in service"),
                },
                "drop the version that you want into the plugin folder, or pin one that was there",
            ));
        };
        self.pin_version(kind, name, digest, "plugin_rolled_back").await
    }

    /// Lets what was dropped last serve again.
    ///
    /// # Errors
    /// A [`Problem`] where it is not pinned, or the orders cannot be written.
    pub async fn unpin(self, kind: PluginKind, name: &str) -> Result<Ordered, Problem> {
        self.0.caller.require(Scope::Admin)?;
        self.0.inner.plugins.policies().unpin(kind, name).await?;
        self.ordered("plugin_unpinned", kind, name, json!({})).await
    }

    /// How much of the memory for components calls have, and how much attempts.
    pub fn memory(self) -> [(&'static str, MemoryUse); 2] {
        self.0.inner.plugins.memory()
    }

    /// How each version of each component has done since this host began.
    pub fn figures(self) -> Vec<Counted> {
        self.0.inner.plugins.counted()
    }

    async fn pin_version(
        self,
        kind: PluginKind,
        name: &str,
        digest: Digest,
        event: &str,
    ) -> Result<Ordered, Problem> {
        let from = self.serving(kind, name);
        self.0.inner.plugins.policies().pin(kind, name, digest).await?;
        self.ordered(event, kind, name, json!({ "from": from, "to": digest })).await
    }

    async fn ordered(
        self,
        event: &str,
        kind: PluginKind,
        name: &str,
        details: Value,
    ) -> Result<Ordered, Problem> {
        // It is in force: a record that cannot be written does not undo that.
        if let Err(error) =
            self.0.inner.store.host_log().record(event, &format!("{kind} {name}"), details).await
        {
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

    /// Every executor in service, with the models that it says it has.
    pub fn executors(self) -> Vec<(String, Vec<String>)> {
        let executors = self.0.inner.plugins.executors().into_iter();
        let models = |info: &ExecutorInfo| {
            info.description.models.iter().map(|model| model.name.clone()).collect::<Vec<_>>()
        };
        executors.map(|info| (info.plugin.name.clone(), models(&info))).collect()
    }

    /// Takes what was dropped into the plugin folder; what is still being written is waited for, at most so
    /// long. A host that watches the folder does so by itself.
    ///
    /// # Errors
    /// A [`Problem`] where the folder cannot be read.
    pub async fn settle(self, patience: Duration) -> Result<(), Problem> {
        self.0.caller.require(Scope::Admin)?;
        match tokio::time::timeout(patience, self.0.inner.plugins.rescan()).await {
            Ok(settled) => settled.map_err(Problem::from),
            Err(_) => Ok(()),
        }
    }

    /// Every component, in service or not.
    pub fn list(self) -> Vec<PluginStatus> {
        self.0.inner.plugins.list()
    }

    /// Every version of every component that this host has seen.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn history(self) -> Result<Vec<PluginVersion>, Problem> {
        self.0.caller.require(Scope::Read)?;
        Ok(self.0.inner.store.host_log().plugin_history().await?)
    }

    /// So many of those versions, last changed first, and how many there are.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn versions(self, limit: u32) -> Result<(Vec<PluginVersion>, u64), Problem> {
        self.0.caller.require(Scope::Read)?;
        Ok(self.0.inner.store.host_log().plugin_versions(limit).await?)
    }

    /// Every step that a file would go through if it were dropped; nothing is changed.
    ///
    /// # Errors
    /// A [`Problem`] where the file cannot be read.
    pub async fn check(self, file: &Path) -> Result<CheckReport, Problem> {
        self.0.caller.require(Scope::Admin)?;
        Ok(self.0.inner.plugins.check(file).await?)
    }

    /// Everything about one component.
    ///
    /// # Errors
    /// A [`Problem`] where none of that name is in service.
    pub fn inspect(self, kind: Option<PluginKind>, name: &str) -> Result<Inspection, Problem> {
        self.0.caller.require(Scope::Read)?;
        let mut inspection = self.0.inner.plugins.inspect(kind, name)?;
        // What is shipped is known here; of what was dropped in, its author says it.
        if inspection.status.kind == Some(PluginKind::Executor) && inspection.status.file.is_none() {
            inspection.settings = jackfield_config::settings_of(name);
        }
        Ok(inspection)
    }

    /// What would happen to a file if it were dropped, and what it is made of.
    ///
    /// # Errors
    /// A [`Problem`] where the file cannot be read.
    pub async fn inspect_file(self, file: &Path) -> Result<FileInspection, Problem> {
        self.0.caller.require(Scope::Admin)?;
        Ok(self.0.inner.plugins.inspect_file(file).await?)
    }

    /// A component to ask on the side: a file, which need not be in service, or what serves under a name.
    ///
    /// # Errors
    /// A [`Problem`] where it is not sound, or none of that name is in service.
    pub async fn try_out(self, kind: Option<PluginKind>, what: &str) -> Result<Trial, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let plugins = &self.0.inner.plugins;
        let trial = match plugin_file(what) {
            Some(file) => plugins.try_file(file).await,
            None => plugins.try_served(kind, what).await,
        };
        Ok(trial?)
    }

    /// The verbosities on offer.
    pub fn levels(self) -> Vec<LevelInfo> {
        self.0.inner.plugins.levels()
    }

    /// Looks at the plugin folder now, rather than when its next change is noticed.
    ///
    /// # Errors
    /// A [`Problem`] where the folder cannot be read.
    pub async fn rescan(self) -> Result<(), Problem> {
        self.0.caller.require(Scope::Admin)?;
        Ok(self.0.inner.plugins.rescan().await?)
    }

    /// Where components are dropped in.
    pub fn folder(self) -> PathBuf {
        self.0.inner.folders.drop.clone()
    }
}

/// A component is meant by its file or by its name, and a name has no dots and no slashes.
pub fn plugin_file(what: &str) -> Option<&Path> {
    let file = Path::new(what);
    (what.contains(['/', '.']) || file.is_file()).then_some(file)
}
