//! The door of this crate.

use crate::compile::Origin;
use crate::drive::Drive;
use crate::error::PluginError;
use crate::evidence::{Evidence, NoEvidence};
use crate::examine::Steps;
use crate::facts::{choosing, driving, gating, judging, reporting};
use crate::folder::digest_of;
use crate::listing;
use crate::manager::PluginManager;
use crate::options::{Embedded, Grants, Options};
use crate::question::{Choose, Compare, Compress, Evaluate, Next, Probes, Rate, ReadProbes};
use crate::reconcile::Reconciler;
use crate::report::{
    Called, CheckReport, CheckVerdict, ExecutorInfo, FileInspection, GateInfo, Inspection, LevelInfo,
    PluginStatus, State,
};
use crate::serve::Calls;
use crate::settle::read_component;
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

/// How soon a file that is being written is looked at again.
const AGAIN: Duration = Duration::from_millis(50);

/// Every component in service, and how to call it.
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
    /// Takes the embedded components into service, and on top of them what lies complete in the drop
    /// folder. What was checked and compiled before is neither checked nor compiled again.
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
        // A file that was taken away while no host ran took its component with it.
        manager.folder.forget_good_but(|name| manager.drop_folder.join(name).exists());
        manager.scan(&BTreeSet::new()).await?;
        Reconciler(&manager).reconcile().await;
        // What was dropped may serve in the place of a shipped one that may not; where nothing does, a host that
        // was told to lock what serves does not begin.
        for (PluginRef { kind, name, .. }, why) in barred {
            if manager.lock.is_ordered() && manager.slots(|slots| slots.serving(kind, &name).is_none()) {
                return Err(PluginError::Locked(why));
            }
        }
        manager.opened.store(true, Ordering::SeqCst);
        manager.write_lock();
        Ok(Arc::new(Self { manager, watching: Mutex::new(None) }))
    }

    /// Watches the drop folder from now on, until the last handle is dropped. Needs a tokio runtime.
    pub fn watch(&self) -> Result<(), PluginError> {
        let mut watching = self.watching.lock();
        if watching.is_none() {
            *watching = Some(watch::watch(&self.manager)?);
        }
        Ok(())
    }

    /// Settles what is in the drop folder now, waiting for what is being written.
    pub async fn rescan(&self) -> Result<(), PluginError> {
        while self.manager.scan(&BTreeSet::new()).await? {
            tokio::time::sleep(AGAIN).await;
        }
        Ok(())
    }

    /// Replaces the grants of the configuration: what was held for want of them is taken, and what has
    /// lost one that it asks for is held.
    pub async fn regrant(&self, grants: Grants) -> Result<(), PluginError> {
        *self.manager.grants.write() = grants;
        Reconciler(&self.manager).reconcile().await;
        self.rescan().await
    }

    /// The digest of the shipped component of a kind and name.
    pub fn shipped(&self, kind: PluginKind, name: &str) -> Option<Digest> {
        self.manager.slots(|slots| slots.embedded(kind, name).map(|version| version.digest()))
    }

    /// How each version that served since this host began has done.
    pub fn counted(&self) -> Vec<Counted> {
        self.manager.tally.all()
    }

    /// Every component, in service or not.
    pub fn list(&self) -> Vec<PluginStatus> {
        listing::list(&self.manager)
    }

    /// Every step that a file would go through if it were dropped. What serves is not changed.
    pub async fn check(&self, file: &Path) -> Result<CheckReport, PluginError> {
        let bytes = read(file).await?;
        Ok(self.check_bytes(file, &bytes).await)
    }

    /// The same, and everything else that can be said of a file.
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
            asks: crate::options::Grant::default(),
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
                    let command = missing.command(plugin.kind, &plugin.name);
                    report.verdict = CheckVerdict::WouldBeHeld { missing, line, command };
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

    /// Everything about the component in service under a name; where several kinds have it and none
    /// is given, the first in the order of [`PluginKind::ALL`].
    pub fn inspect(&self, kind: Option<PluginKind>, name: &str) -> Result<Inspection, PluginError> {
        listing::inspect(&self.manager, kind, name)
    }

    /// The executors in service, by name.
    pub fn executors(&self) -> Vec<ExecutorInfo> {
        let served = self.manager.served();
        let info = |version: &Arc<Version>| {
            let description = version.metadata.description()?.clone();
            let runs_as_command = version.metadata.runs_as_command;
            Some(ExecutorInfo { plugin: version.plugin().clone(), description, runs_as_command })
        };
        served.executors.values().filter_map(info).collect()
    }

    /// The levels in service, by name.
    pub fn levels(&self) -> Vec<LevelInfo> {
        let served = self.manager.served();
        let levels = served.levels.values();
        levels
            .map(|(level, version)| LevelInfo { plugin: version.plugin().clone(), level: level.clone() })
            .collect()
    }

    /// The kinds of gates in service, by name.
    pub fn gates(&self) -> Vec<GateInfo> {
        let served = self.manager.served();
        let gates = served.gates.values();
        gates
            .map(|(kind, version)| GateInfo { plugin: version.plugin().clone(), kind: kind.clone() })
            .collect()
    }

    /// What a gate of that kind rules. The inner error says what is wrong with the config.
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

    /// What is wrong with a gate's config, where anything is: asked with nothing to see.
    pub async fn gate_fault(&self, kind: &str, config: &str) -> Result<Option<String>, PluginError> {
        Ok(self.evaluate(kind, config, Arc::new(NoEvidence)).await?.value.err())
    }

    /// Whom to ask, best first. Indices are within `candidates`, each at most once.
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

    /// What next, after an attempt.
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

    /// A report in few words.
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

    /// What the judge in service rates on; nothing where none is.
    pub fn dimensions(&self) -> Vec<String> {
        let judge = self.manager.served().judge.clone();
        judge.map_or_else(Vec::new, |judge| judge.metadata.dimensions().to_vec())
    }

    /// How two or more results of one task compare. The winner is an index into `results`.
    pub async fn compare(
        &self,
        results: &[judging::ResultInQuestion],
    ) -> Result<Called<judging::Comparison>, PluginError> {
        Calls(&self.manager)
            .answer(&self.judge()?, self.manager.clock.now(), &Compare { results }, None)
            .await
    }

    /// How good one result is, a score of 0 to 1000 for each dimension.
    pub async fn rate(
        &self,
        subject: &judging::ResultInQuestion,
    ) -> Result<Called<Vec<judging::Rating>>, PluginError> {
        Calls(&self.manager).answer(&self.judge()?, self.manager.clock.now(), &Rate { subject }, None).await
    }

    /// Quick commands that tell about an agent program's health.
    pub async fn probes(&self, executor: &str) -> Result<Called<Vec<driving::Probe>>, PluginError> {
        let version = self.executor(executor)?;
        let Some(description) = version.metadata.description() else {
            return Err(self.no_executor(executor));
        };
        Calls(&self.manager).answer(&version, self.manager.clock.now(), &Probes { description }, None).await
    }

    /// What the probes' answers mean. `present`: variables of the description that are set and granted.
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

    /// An adapter for one attempt, which keeps it from plan to finish whatever is swapped meanwhile.
    pub async fn drive(&self, executor: &str) -> Result<Drive, PluginError> {
        Drive::start(self.manager.clone(), self.executor(executor)?).await
    }

    /// The adapter that an attempt began with, in service or not, to go on with what it began.
    ///
    /// # Errors
    /// Where it was never kept here, was put away since, or may not serve any more.
    pub async fn drive_as(&self, adapter: &PluginRef) -> Result<Drive, PluginError> {
        Drive::start(self.manager.clone(), self.version(adapter).await?).await
    }

    /// An executor as it is when this adapter drives it, in service or not.
    ///
    /// # Errors
    /// As [`drive_as`](Self::drive_as).
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

    /// A component that need not be in service, to ask what it would have decided: a file.
    pub async fn try_file(&self, file: &Path) -> Result<Trial, PluginError> {
        Trial::of_file(self.manager.clone(), file).await
    }

    /// The same for one that this host has ever kept, by its digest.
    pub async fn try_digest(&self, digest: Digest) -> Result<Trial, PluginError> {
        Trial::of_file(self.manager.clone(), &self.manager.folder.component(digest)).await
    }

    /// The same for what is in service under a name.
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
