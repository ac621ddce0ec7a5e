//! Calls of components: choice of the version, strikes and quarantine for a version that misbehaves, and the fallback
//! to another version.

use crate::call::{Answer, Circumstances, ask};
use crate::dropped::Dropped;
use crate::error::{Misbehaviour, PluginError, Violation};
use crate::facts::choosing::Choice;
use crate::manager::PluginManager;
use crate::notes;
use crate::options::FailureMode;
use crate::question::{Choose, Question};
use crate::report::{Called, Change, Compiled, Instead, State};
use crate::version::Version;
use jackfield_types::{Digest, PluginKind, PluginRef, Timestamp};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tracing::Instrument;

/// Number of empty answers in a row after which a chooser is quarantined, if another one would choose an executor.
const NOBODY: u32 = 5;

/// The circumstances of a live call, which is not a replay.
fn circumstances(version: &Version, now: Timestamp) -> Circumstances {
    Circumstances {
        label: version.label.clone(),
        limits: version.limits,
        now,
        seed: rand::random(),
        expects: version.peak_memory(),
        examined: false,
    }
}

/// Calls the components in service, measures them, and quarantines those that misbehave.
#[derive(Clone, Copy)]
pub(crate) struct Calls<'m>(pub(crate) &'m PluginManager);

impl Calls<'_> {
    /// Calls a version; if it fails, calls the version that the failure mode selects.
    pub(crate) async fn answer<Q: Question>(
        self,
        version: &Arc<Version>,
        now: Timestamp,
        question: &Q,
        offering: Option<&str>,
    ) -> Result<Called<Q::Answer>, PluginError> {
        let failed = match self.ask(version, now, question).await {
            Ok(called) => {
                self.measure_before(version, now, question, offering).await;
                return Ok(called);
            }
            // Another version would find no memory either.
            Err(busy) if matches!(busy.violation, Violation::Crowded { .. }) => return Err(busy.into()),
            Err(misbehaviour) => misbehaviour,
        };
        let Some(other) = self.instead_of(version, offering) else { return Err(failed.into()) };
        let mut called = self.ask(&other, now, question).await?;
        called.instead = Some(Instead { failed: failed.plugin.clone(), error: failed.to_string() });
        Ok(called)
    }

    pub(crate) fn instead_of(self, failed: &Version, offering: Option<&str>) -> Option<Arc<Version>> {
        let mode = self.failure_mode(failed.plugin().kind);
        self.0.slots(|slots| slots.instead_of(failed, mode, offering))
    }

    async fn ask<Q: Question>(
        self,
        version: &Arc<Version>,
        now: Timestamp,
        question: &Q,
    ) -> Result<Called<Q::Answer>, Box<Misbehaviour>> {
        let circumstances = circumstances(version, now);
        let seed = circumstances.seed;
        let code = version.code();
        let span = crate::trace::call(Q::FUNCTION, version.plugin());
        let asked = ask(&self.0.engines, &code, circumstances, question).instrument(span.clone()).await;
        crate::trace::answered(&span, asked.is_ok());
        match asked {
            Ok(answer) => {
                version.did_well(answer.took, answer.memory);
                if code.compiled == Compiled::Optimised {
                    self.pace(version, Q::FUNCTION, answer.took);
                }
                let micros = u64::try_from(answer.took.as_micros()).unwrap_or(u64::MAX);
                let plugin = version.plugin().clone();
                let Answer { value, notes, looked_at, .. } = answer;
                Ok(Called { value, plugin, micros, seed, now, notes, looked_at, instead: None })
            }
            Err(violation) => Err(self.misbehaved(version, Q::FUNCTION, violation)),
        }
    }

    /// Makes the same call to the version beneath a new one, until enough measurements exist to compare their speed.
    async fn measure_before<Q: Question>(
        self,
        version: &Version,
        now: Timestamp,
        question: &Q,
        offering: Option<&str>,
    ) {
        if self.0.slowdown == 0 || version.file.is_none() || !version.pace.wants_measure(Q::FUNCTION) {
            return;
        }
        let beneath = self.0.slots(|slots| slots.instead_of(version, FailureMode::Previous, offering));
        let Some(beneath) = beneath else { return };
        let code = beneath.code();
        if code.compiled == Compiled::Optimised {
            let answer = ask(&self.0.engines, &code, circumstances(&beneath, now), question).await;
            version.pace.measured(Q::FUNCTION, answer.ok().map(|answer| answer.took));
        }
    }

    /// Counts an empty answer of a dropped chooser if the version beneath it chooses an executor. After [`NOBODY`]
    /// such answers in a row the chooser is quarantined, and the other answer counts.
    pub(crate) async fn held_to_choose(
        self,
        version: &Arc<Version>,
        called: Called<Vec<Choice>>,
        now: Timestamp,
        question: &Choose<'_>,
    ) -> Called<Vec<Choice>> {
        if called.plugin.digest != version.digest() || version.file.is_none() {
            return called;
        }
        if !called.value.is_empty() {
            version.chose_somebody();
            return called;
        }
        let beneath = self.0.slots(|slots| slots.instead_of(version, FailureMode::Previous, None));
        let Some(beneath) = beneath else { return called };
        let Ok(mut other) = self.ask(&beneath, now, question).await else { return called };
        let first = other.value.first().and_then(|choice| question.candidates.get(choice.candidate as usize));
        let Some(first) = first else { return called };
        let times = version.chose_nobody();
        if times < NOBODY || !version.put_away() {
            return called;
        }
        let why = format!(
            "{times} times in a row it chose no executor; {} would have chosen {} the last time",
            beneath.plugin(),
            first.executor
        );
        tracing::warn!(target: "plugin", "{}: {why}", version.plugin());
        self.put_away(version, &why);
        other.instead = Some(Instead { failed: version.plugin().clone(), error: why });
        other
    }

    /// Measures a call, and quarantines a version that is much slower than the one before it.
    fn pace(self, version: &Version, function: &'static str, took: Duration) {
        if let Some(slower) = version.pace.answered(function, took, self.0.slowdown)
            && version.file.is_some()
            && version.put_away()
        {
            tracing::warn!(target: "plugin", "{} is too slow: {slower}", version.plugin());
            self.put_away(version, &slower.to_string());
        }
    }

    /// Counts a strike for a violation, quarantines the version after the last one, and returns the error.
    pub(crate) fn misbehaved(
        self,
        version: &Arc<Version>,
        function: &'static str,
        violation: Violation,
    ) -> Box<Misbehaviour> {
        let plugin = version.plugin().clone();
        let strikes = version.did_wrong(&violation);
        let mut misbehaviour = Misbehaviour { plugin, function, violation, now: None };
        if strikes >= self.0.strikes && version.file.is_some() && version.put_away() {
            let violation = &misbehaviour.violation;
            let why =
                format!("{} times in a row it did not answer; the last time it {violation}", self.0.strikes);
            self.put_away(version, &why);
        }
        let serving =
            self.0.slots(|slots| slots.serving(misbehaviour.plugin.kind, &misbehaviour.plugin.name).cloned());
        misbehaviour.now = Some(match serving {
            Some(serving) if serving.order == version.order => "it still serves new calls".to_owned(),
            Some(serving) => format!("{} serves new calls", serving.plugin()),
            None => "nothing serves in its place".to_owned(),
        });
        tracing::warn!(target: "plugin", "{misbehaviour}");
        Box::new(misbehaviour)
    }

    /// Quarantines a version: it stops serving and its bytes are not accepted again. Returns the version that serves
    /// now.
    pub(crate) fn put_away(self, version: &Version, why: &str) -> Option<Arc<Version>> {
        let plugin = version.plugin();
        if let Err(error) = self.0.folder.quarantine(plugin.digest, why) {
            tracing::warn!("the quarantine of {plugin} will not outlive this process: {error}");
        }
        let now = self.0.change(|slots| slots.serving(plugin.kind, &plugin.name).cloned());
        self.0.write_lock();
        if let Some(file) = &version.file {
            let good = now.as_ref().filter(|now| now.is_from(file));
            self.note_quarantine(file, version.digest(), why, good.map(|good| good.plugin()));
            self.0.folder.set_last_good(file, good.map(|good| good.digest()));
        }
        let back = match &now {
            Some(now) => format!("{why}; {} is back", now.plugin()),
            // The only version of its name: another component makes its decisions.
            None => match self.0.served().asked_instead_of(&version.metadata) {
                Some(other) => format!("{why}; {} serves in its place", other.plugin()),
                None => why.to_owned(),
            },
        };
        let mut event = self.0.event(Change::Quarantined, plugin, back);
        event.file.clone_from(&version.file);
        event.from = Some(plugin.digest);
        event.to = now.as_ref().map(|now| now.digest());
        self.0.tell(event);
        now
    }

    /// Writes the note beside the file before the state changes, because readers of the state look for the note.
    fn note_quarantine(self, file: &Path, digest: Digest, why: &str, serving: Option<&PluginRef>) {
        let has_digest = |dropped: &Dropped| dropped.digest == Some(digest);
        if self.0.files.lock().get(file).is_some_and(has_digest) {
            notes::refuse(file, why, serving);
            self.0.set(file, State::Quarantined, Some(why));
        }
    }

    const fn failure_mode(self, kind: PluginKind) -> FailureMode {
        match kind {
            PluginKind::Executor => self.0.failure_modes.executor,
            PluginKind::Chooser => self.0.failure_modes.chooser,
            PluginKind::Compressor => self.0.failure_modes.compressor,
            PluginKind::Judge => self.0.failure_modes.judge,
            PluginKind::Gate => self.0.failure_modes.gate,
        }
    }
}
