//! Shadows of components.

use super::super::handles::Evaluation;
use super::super::replay::{Changes, Difference};
use super::super::shadow::MOST_COMPARED;
use jackfield_api::Shadowed;
use jackfield_types::{Digest, ErrorCode, PluginKind, Problem, Scope, Timestamp};
use std::collections::BTreeMap;
use std::path::PathBuf;

impl Evaluation<'_> {
    /// How components that are asked on the side compare with what served, since then.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn shadows(self, since: Timestamp) -> Result<Vec<Shadowed>, Problem> {
        self.0.caller.require_all("what shadows answered")?;
        let mut files: BTreeMap<Digest, String> = BTreeMap::new();
        let mut told: BTreeMap<Digest, (Shadowed, Changes)> = BTreeMap::new();
        let entry = |plugin: &jackfield_types::PluginRef| Shadowed {
            component: plugin.clone(),
            file: None,
            decisions: 0,
            same: 0,
            failed: 0,
            changes: Vec::new(),
        };
        for kind in [PluginKind::Chooser, PluginKind::Compressor, PluginKind::Judge] {
            self.0.inner.shadow_calls.shadows_of(kind).await;
        }
        for (file, (_, trial)) in &*self.0.inner.shadow_calls.shadows.known.lock().await {
            let Some(trial) = trial else { continue };
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.insert(trial.plugin().digest, name);
            told.entry(trial.plugin().digest).or_insert_with(|| (entry(trial.plugin()), Changes::default()));
        }
        let pairs = self.0.inner.store.decisions().shadowed(since, MOST_COMPARED).await?;
        for (shadow, live) in pairs {
            let (line, changes) = told
                .entry(shadow.plugin.digest)
                .or_insert_with(|| (entry(&shadow.plugin), Changes::default()));
            line.decisions += 1;
            if shadow.error.is_some() {
                line.failed += 1;
                continue;
            }
            match Difference::between(&live, &shadow.answer) {
                None => line.same += 1,
                Some(Difference { from, to }) => changes.count(from, to, live.task),
            }
        }
        let told = told.into_iter().map(|(digest, (line, changes))| Shadowed {
            file: files.remove(&digest),
            changes: changes.told(),
            ..line
        });
        Ok(told.collect())
    }

    /// Makes a component that is asked on the side the one that serves: its file goes from the shadow folder to the
    /// plugin folder. Gives where it is then.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such file, or another of its name is in the way.
    pub async fn promote(self, name: &str) -> Result<PathBuf, Problem> {
        self.0.caller.require(Scope::Admin)?;
        for kind in [PluginKind::Chooser, PluginKind::Compressor, PluginKind::Judge] {
            self.0.inner.shadow_calls.shadows_of(kind).await;
        }
        let found: Vec<PathBuf> = {
            let known = self.0.inner.shadow_calls.shadows.known.lock().await;
            let named = known.iter().filter(|(file, (_, trial))| {
                trial.as_ref().is_some_and(|trial| trial.plugin().name == name)
                    || file.file_name().is_some_and(|own| own == name)
            });
            named.map(|(file, _)| file.clone()).collect()
        };
        let [file] = found.as_slice() else {
            let folder = self.0.inner.shadow_calls.shadow_folder();
            let (code, what) = if found.is_empty() {
                (ErrorCode::NoSuchShadow, "no")
            } else {
                (ErrorCode::AmbiguousShadow, "more than one")
            };
            return Err(Problem::caller(
                code,
                format!("there is {what} component '{name}' in {}", folder.display()),
                "`jackfield plugin shadow` lists what is there; name the file",
            ));
        };
        let target = self.0.inner.folders.drop.join(file.file_name().unwrap_or_default());
        // In one step, and over an earlier version of the same file: that is what a swap is.
        std::fs::rename(file, &target).map_err(|error| {
            Problem::operator(
                ErrorCode::NotPromoted,
                format!("{} cannot be moved to {}: {error}", file.display(), target.display()),
                "check the permissions of the plugin folder",
            )
        })?;
        self.0.inner.plugins.rescan().await?;
        Ok(target)
    }
}
