//! The public interface of this crate.

use crate::compile::Origin;
use crate::drive::Drive;
use crate::error::PluginError;
use crate::evidence::{Evidence, NoEvidence};
use crate::examine::Steps;
use crate::facts::{choosing, driving, gating, judging, reporting};
use crate::files::{digest_of, read_component};
use crate::grants::{Grant, Grants};
use crate::listing;
use crate::manager::PluginManager;
use crate::options::{Embedded, Options};
use crate::question::{Choose, Compare, Compress, Evaluate, Next, Probes, Rate, ReadProbes};
use crate::reconcile::Reconciler;
use crate::report::{
    Called, CheckReport, CheckVerdict, ExecutorInfo, FileInspection, GateInfo, Inspection, LevelInfo,
    PluginStatus, State,
};
use crate::serve::Calls;
use crate::stats::Counted;
use crate::trial::Trial;
use crate::version::Version;
use crate::watch;
use jackfield_types::{Digest, PluginKind, PluginRef, Timestamp};
use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::task::AbortHandle;

/// How soon a file that is being written is examined again.
const AGAIN: Duration = Duration::from_millis(50);

/// The components in service, and their calls.
pub struct Plugins {
    pub(crate) manager: Arc<PluginManager>,
    watching: Mutex<Option<[AbortHandle; 2]>>,
}

impl Drop for Plugins {
    fn drop(&mut self) {
        self.watching.lock().iter().flatten().for_each(AbortHandle::abort);
    }
}

impl Plugins {
    /// Loads the embedded components, then the complete files of the plugin folder. Checks and compilations of earlier
    /// processes are reused.
    ///
    /// # Errors
    /// A [`PluginError`] if a folder cannot be read or written, an embedded component is not sound, or the lock bars
    /// what would serve.
    pub async fn open(options: Options) -> Result<Arc<Self>, PluginError> {
        let mut options = options;
        let embedded = std::mem::take(&mut options.embedded);
        let manager = Arc::new(PluginManager::build(options)?);
        let mut barred = Vec::new();
        for Embedded { bytes } in embedded {
            let bytes: Arc<[u8]> = bytes.into();
            manager.folder.keep(digest_of(&bytes), &bytes, None)?;
            let examined =
                manager.examiner(Origin::Shipped).examine(&bytes, &mut Steps::telling(&|_| {})).await;
            let sound = examined
                .map_err(|refusal| PluginError::Embedded(format!("{}: {}", refusal.step, refusal.reason)))?;
            match manager.lock.bars(&sound.metadata.plugin) {
                Some(why) => barred.push((sound.metadata.plugin, why)),
                None => drop(manager.publish(sound.metadata, sound.code, None)),
            }
        }
        // A file that was removed while no host ran removes its component.
        manager.folder.forget_good_but(|name| manager.drop_folder.join(name).exists());
        manager.scan(&BTreeSet::new()).await?;
        Reconciler(&manager).reconcile().await;
        // A dropped component may replace a barred shipped one. If nothing does, a host with a required lock does not
        // start.
        for (PluginRef { kind, name, .. }, why) in barred {
            if manager.lock.is_ordered() && manager.slots(|slots| slots.serving(kind, &name).is_none()) {
                return Err(PluginError::Locked(why));
            }
        }
        manager.opened.store(true, Ordering::SeqCst);
        manager.write_lock();
        Ok(Arc::new(Self { manager, watching: Mutex::new(None) }))
    }

    /// Watches the plugin folder until this value is dropped. Needs a tokio runtime.
    ///
    /// # Errors
    /// A [`PluginError`] if the folder cannot be watched.
    pub fn watch(&self) -> Result<(), PluginError> {
        let mut watching = self.watching.lock();
        if watching.is_none() {
            *watching = Some(watch::watch(&self.manager)?);
        }
        Ok(())
    }

    /// Loads the files of the plugin folder, and waits for files that are being written.
    ///
    /// # Errors
    /// A [`PluginError`] if the folder cannot be read.
    pub async fn rescan(&self) -> Result<(), PluginError> {
        while self.manager.scan(&BTreeSet::new()).await? {
            tokio::time::sleep(AGAIN).await;
        }
        Ok(())
    }

    /// Replaces the grants of the configuration: components that were held for a missing grant are loaded, and those
    /// that lost one are held.
    ///
    /// # Errors
    /// A [`PluginError`] if the plugin folder cannot be read.
    pub async fn regrant(&self, grants: Grants) -> Result<(), PluginError> {
        *self.manager.grants.write() = grants;
        Reconciler(&self.manager).reconcile().await;
        self.rescan().await
    }

    /// Returns the digest of the shipped component of a kind and name.
    pub fn shipped(&self, kind: PluginKind, name: &str) -> Option<Digest> {
        self.manager.slots(|slots| slots.embedded(kind, name).map(|version| version.digest()))
    }

    /// Returns the call counts of each version that served since this host started.
    pub fn counted(&self) -> Vec<Counted> {
        self.manager.tally.all()
    }

    /// Lists every component, in service or not.
    pub fn list(&self) -> Vec<PluginStatus> {
        listing::list(&self.manager)
    }

    /// Runs every step of a drop for a file without activating it.
    ///
    /// # Errors
    /// A [`PluginError`] if the file cannot be read.
    pub async fn check(&self, file: &Path) -> Result<CheckReport, PluginError> {
        let bytes = read(file).await?;
        Ok(self.check_bytes(file, &bytes).await)
    }

    /// Checks a file like [`check`](Self::check), and returns its contents too.
    ///
    /// # Errors
    /// A [`PluginError`] if the file cannot be read.
    pub async fn inspect_file(&self, file: &Path) -> Result<FileInspection, PluginError> {
        let bytes = read(file).await?;
        let check = self.check_bytes(file, &bytes).await;
        Ok(listing::file(&self.manager, &bytes, check))
    }

    async fn check_bytes(&self, file: &Path, bytes: &Arc<[u8]>) -> CheckReport {
        let digest = digest_of(bytes);
        let mut steps = Steps::telling(&|_| {});
        let examined = self.manager.examiner(Origin::Foreign).examine(bytes, &mut steps).await;
        let mut report = CheckReport {
            file: file.to_owned(),
            size: bytes.len() as u64,
            digest,
            steps: Vec::new(),
            plugin: None,
            summary: None,
            imports: Vec::new(),
            exports: Vec::new(),
            asks: Grant::default(),
            runs_as_command: false,
            replaces: None,
            verdict: CheckVerdict::WouldServe,
        };
        let signature = crate::signature::beside(file);
        match examined {
            Ok(sound) => {
                steps.begin(State::CheckingGrants);
                let missing = self.manager.ungranted(&sound.metadata);
                steps.end();
                report.asks = sound.metadata.asks();
                report.runs_as_command = sound.metadata.runs_as_command;
                report.replaces = self.manager.replaces(&sound.metadata);
                let plugin = sound.metadata.plugin;
                if let Some(reason) = self.manager.folder.quarantined(digest) {
                    report.verdict = CheckVerdict::Quarantined { reason };
                } else if !missing.is_empty() {
                    let line = missing.line(plugin.kind, &plugin.name);
                    report.verdict = CheckVerdict::WouldBeHeld { missing, line };
                } else if let Some(reason) = self.manager.barred(&plugin) {
                    report.verdict = CheckVerdict::Barred { reason };
                }
                if let Some(reason) = self.manager.keys.fault(bytes, signature.as_deref()) {
                    let step = State::CheckingSignature;
                    report.verdict = CheckVerdict::WouldBeRejected { step, reason };
                }
                report.plugin = Some(plugin);
                report.summary = Some(sound.metadata.summary);
                report.imports = sound.metadata.imports;
                report.exports = sound.metadata.exports;
            }
            Err(refusal) => {
                if let Ok(parsed) = crate::component_parser::ParsedComponent::of(bytes) {
                    report.imports = parsed.imports;
                    report.exports = parsed.exports;
                }
                report.verdict = CheckVerdict::WouldBeRejected { step: refusal.step, reason: refusal.reason };
            }
        }
        report.steps = steps.times;
        report
    }

    /// Returns the details of the component in service under a name. Without a kind, the first kind of
    /// [`PluginKind::ALL`] that has the name.
    ///
    /// # Errors
    /// A [`PluginError`] if no component of that name is in service.
    pub fn inspect(&self, kind: Option<PluginKind>, name: &str) -> Result<Inspection, PluginError> {
        listing::inspect(&self.manager, kind, name)
    }

    /// Returns the executors in service, by name.
    pub fn executors(&self) -> Vec<ExecutorInfo> {
        let served = self.manager.served();
        let info = |version: &Arc<Version>| {
            let description = version.metadata.description()?.clone();
            let runs_as_command = version.metadata.runs_as_command;
            Some(ExecutorInfo { plugin: version.plugin().clone(), description, runs_as_command })
        };
        served.executors.values().filter_map(info).collect()
    }

    /// Returns the levels in service, by name.
    pub fn levels(&self) -> Vec<LevelInfo> {
        let served = self.manager.served();
        let levels = served.levels.values();
        levels
            .map(|(level, version)| LevelInfo { plugin: version.plugin().clone(), level: level.clone() })
            .collect()
    }

    /// Returns the gate kinds in service, by name.
    pub fn gates(&self) -> Vec<GateInfo> {
        let served = self.manager.served();
        let gates = served.gates.values();
        gates
            .map(|(kind, version)| GateInfo { plugin: version.plugin().clone(), kind: kind.clone() })
            .collect()
    }

    /// Asks a gate of a kind for its ruling on the evidence. The inner error says what is wrong with `config`.
    ///
    /// # Errors
    /// A [`PluginError`] if no gate of that kind is in service or the call fails.
    pub async fn evaluate(
        &self,
        kind: &str,
        config: &str,
        evidence: Arc<dyn Evidence>,
    ) -> Result<Called<Result<gating::Ruling, String>>, PluginError> {
        let served = self.manager.served();
        let Some((_, version)) = served.gates.get(kind) else {
            return Err(PluginError::NoSuchGate {
                kind: kind.to_owned(),
                known: served.gates.keys().cloned().collect(),
            });
        };
        let question = Evaluate { kind, config, evidence };
        Calls(&self.manager).answer(version, self.manager.clock.now(), &question, Some(kind)).await
    }

    /// Returns what is wrong with a gate's config, if anything, by a call without evidence.
    ///
    /// # Errors
    /// The same as [`evaluate`](Self::evaluate).
    pub async fn gate_fault(&self, kind: &str, config: &str) -> Result<Option<String>, PluginError> {
        Ok(self.evaluate(kind, config, Arc::new(NoEvidence)).await?.value.err())
    }

    /// Asks the chooser for its choices, best first. Indices refer to `candidates`, each at most once.
    ///
    /// # Errors
    /// A [`PluginError`] if no chooser is in service or the call fails.
    pub async fn choose(
        &self,
        now: Timestamp,
        task: &choosing::Task,
        candidates: &[choosing::Candidate],
        budget: &choosing::Budget,
    ) -> Result<Called<Vec<choosing::Choice>>, PluginError> {
        let question = Choose { now, task, candidates, budget };
        let chooser = self.chooser()?;
        let called = Calls(&self.manager).answer(&chooser, now, &question, None).await?;
        Ok(Calls(&self.manager).held_to_choose(&chooser, called, now, &question).await)
    }

    /// Asks the chooser for the next step after an attempt.
    ///
    /// # Errors
    /// A [`PluginError`] if no chooser is in service or the call fails.
    pub async fn next(
        &self,
        now: Timestamp,
        task: &choosing::Task,
        history: &[choosing::Past],
        candidates: &[choosing::Candidate],
        budget: &choosing::Budget,
    ) -> Result<Called<choosing::Step>, PluginError> {
        let question = Next { now, task, history, candidates, budget };
        Calls(&self.manager).answer(&self.chooser()?, now, &question, None).await
    }

    /// Asks a compressor for a report at a level of detail.
    ///
    /// # Errors
    /// A [`PluginError`] if no compressor offers the level or the call fails.
    pub async fn compress(
        &self,
        level: &str,
        report: &reporting::Report,
    ) -> Result<Called<String>, PluginError> {
        let served = self.manager.served();
        let Some((_, version)) = served.levels.get(level) else {
            let known = served.levels.keys().cloned().collect();
            return Err(PluginError::NoSuchLevel { level: level.to_owned(), known });
        };
        let question = Compress { level, report };
        Calls(&self.manager).answer(version, self.manager.clock.now(), &question, Some(level)).await
    }

    /// Returns the dimensions that the judge in service rates; empty without a judge.
    pub fn dimensions(&self) -> Vec<String> {
        let judge = self.manager.served().judge.clone();
        judge.map_or_else(Vec::new, |judge| judge.metadata.dimensions().to_vec())
    }

    /// Asks the judge to compare results of one task. The winner is an index into `results`.
    ///
    /// # Errors
    /// A [`PluginError`] if no judge is in service or the call fails.
    pub async fn compare(
        &self,
        results: &[judging::ResultInQuestion],
    ) -> Result<Called<judging::Comparison>, PluginError> {
        Calls(&self.manager)
            .answer(&self.judge()?, self.manager.clock.now(), &Compare { results }, None)
            .await
    }

    /// Asks the judge to rate one result: a score of 0 to 1000 for each dimension.
    ///
    /// # Errors
    /// A [`PluginError`] if no judge is in service or the call fails.
    pub async fn rate(
        &self,
        subject: &judging::ResultInQuestion,
    ) -> Result<Called<Vec<judging::Rating>>, PluginError> {
        Calls(&self.manager).answer(&self.judge()?, self.manager.clock.now(), &Rate { subject }, None).await
    }

    /// Asks an executor for the quick commands that check the health of its agent program.
    ///
    /// # Errors
    /// A [`PluginError`] if the executor is not in service or the call fails.
    pub async fn probes(&self, executor: &str) -> Result<Called<Vec<driving::Probe>>, PluginError> {
        let version = self.executor(executor)?;
        let Some(description) = version.metadata.description() else {
            return Err(self.no_executor(executor));
        };
        Calls(&self.manager).answer(&version, self.manager.clock.now(), &Probes { description }, None).await
    }

    /// Asks an executor to interpret probe results. `present` are the variables of its description that are set and
    /// granted.
    ///
    /// # Errors
    /// A [`PluginError`] if the executor is not in service or the call fails.
    pub async fn read_probes(
        &self,
        executor: &str,
        results: &[driving::ProbeResult],
        present: &[String],
    ) -> Result<Called<driving::Health>, PluginError> {
        let version = self.executor(executor)?;
        let question = ReadProbes { results, present };
        Calls(&self.manager).answer(&version, self.manager.clock.now(), &question, None).await
    }

    /// Returns an adapter for one attempt, which stays the same from plan to finish even if another version replaces
    /// it.
    ///
    /// # Errors
    /// A [`PluginError`] if the executor is not in service.
    pub async fn drive(&self, executor: &str) -> Result<Drive, PluginError> {
        Drive::start(self.manager.clone(), self.executor(executor)?).await
    }

    /// Returns the adapter that an attempt started with, in service or not, to continue the attempt.
    ///
    /// # Errors
    /// A [`PluginError`] if this host never kept it, it is quarantined, or it may not serve any more.
    pub async fn drive_as(&self, adapter: &PluginRef) -> Result<Drive, PluginError> {
        Drive::start(self.manager.clone(), self.version(adapter).await?).await
    }

    /// Returns the executor that this adapter drives, in service or not.
    ///
    /// # Errors
    /// The same as [`drive_as`](Self::drive_as).
    pub async fn executor_as(&self, adapter: &PluginRef) -> Result<ExecutorInfo, PluginError> {
        let version = self.version(adapter).await?;
        let Some(description) = version.metadata.description() else {
            return Err(self.no_executor(&adapter.name));
        };
        Ok(ExecutorInfo {
            plugin: version.plugin().clone(),
            description: description.clone(),
            runs_as_command: version.metadata.runs_as_command,
        })
    }

    async fn version(&self, adapter: &PluginRef) -> Result<Arc<Version>, PluginError> {
        match self.executor(&adapter.name) {
            Ok(serving) if serving.digest() == adapter.digest => Ok(serving),
            _ => Reconciler(&self.manager).out_of_service(adapter).await,
        }
    }

    /// Loads a component file for trial calls. It need not be in service.
    ///
    /// # Errors
    /// A [`PluginError`] if the file is not a sound component.
    pub async fn try_file(&self, file: &Path) -> Result<Trial, PluginError> {
        Trial::of_file(self.manager.clone(), file).await
    }

    /// Loads a component that this host has kept, by its digest, for trial calls.
    ///
    /// # Errors
    /// A [`PluginError`] if this host never kept it, or it is not sound.
    pub async fn try_digest(&self, digest: Digest) -> Result<Trial, PluginError> {
        Trial::of_file(self.manager.clone(), &self.manager.folder.component(digest)).await
    }

    /// Loads the component in service under a name for trial calls.
    ///
    /// # Errors
    /// A [`PluginError`] if no component of that name is in service.
    pub async fn try_served(&self, kind: Option<PluginKind>, name: &str) -> Result<Trial, PluginError> {
        let (version, _) = listing::serving(&self.manager, kind, name)?;
        self.try_digest(version.digest()).await
    }

    fn chooser(&self) -> Result<Arc<Version>, PluginError> {
        self.manager.served().chooser.clone().ok_or(PluginError::NoChooser)
    }

    fn judge(&self) -> Result<Arc<Version>, PluginError> {
        self.manager.served().judge.clone().ok_or(PluginError::NoJudge)
    }

    fn executor(&self, name: &str) -> Result<Arc<Version>, PluginError> {
        self.manager.served().executors.get(name).cloned().ok_or_else(|| self.no_executor(name))
    }

    fn no_executor(&self, name: &str) -> PluginError {
        PluginError::NotServing {
            kind: Some(PluginKind::Executor),
            name: name.to_owned(),
            known: self.manager.served().executors.keys().cloned().collect(),
        }
    }
}

async fn read(file: &Path) -> Result<Arc<[u8]>, PluginError> {
    let failed = |source| PluginError::Io { what: "cannot read", path: file.to_owned(), source };
    let path = file.to_owned();
    let read = tokio::task::spawn_blocking(move || read_component(&path)).await;
    Ok(read.unwrap_or_else(|panicked| Err(std::io::Error::other(panicked))).map_err(failed)?.into())
}
