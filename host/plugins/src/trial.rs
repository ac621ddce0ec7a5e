//! Asking a component that need not be in service: replay of recorded decisions, and shadows.
//!
//! Nothing that it does is held against anything that serves, and nobody answers in its place.

use crate::call::{Answer, Circumstances, ask};
use crate::code::Code;
use crate::compile::{Origin, Source};
use crate::engine::Engines;
use crate::error::{Misbehaviour, PluginError, Violation};
use crate::evidence::Evidence;
use crate::examine::Steps;
use crate::facts::{choosing, compressing, driving, gating, judging, reporting};
use crate::files::read_component;
use crate::limits::Limits;
use crate::manager::PluginManager;
use crate::question::{Choose, Compare, Compress, Evaluate, Next, Question, Rate};
use crate::report::{Called, State};
use crate::version::Version;
use jackfield_types::{PluginRef, Timestamp};
use std::path::Path;
use std::sync::Arc;

/// A sound component that is asked on the side. With the facts, the time and the seed of a recorded
/// call, the same component gives the same answer.
pub struct Trial {
    manager: Arc<PluginManager>,
    version: Version,
    bytes: Arc<[u8]>,
}

impl Trial {
    pub(crate) async fn of_file(manager: Arc<PluginManager>, file: &Path) -> Result<Self, PluginError> {
        let unsound = |step, reason| PluginError::Untriable {
            what: file.display().to_string(),
            file: Some(file.to_owned()),
            step,
            reason,
        };
        let path = file.to_owned();
        let bytes = tokio::task::spawn_blocking(move || read_component(&path)).await;
        let bytes = bytes.unwrap_or_else(|panicked| Err(std::io::Error::other(panicked)));
        let bytes: Arc<[u8]> = bytes.map_err(|error| unsound(State::Parsing, error.to_string()))?.into();
        let examined = manager.examiner(Origin::Foreign).examine(&bytes, &mut Steps::telling(&|_| {})).await;
        let sound = examined.map_err(|refusal| unsound(refusal.step, refusal.reason))?;
        let now = manager.clock.now();
        let version = Version::new(sound.metadata, sound.code, None, 0, &manager.limits, now);
        Ok(Self { manager, version, bytes })
    }

    /// Which component is tried.
    pub const fn plugin(&self) -> &PluginRef {
        self.version.plugin()
    }

    /// A compressor's levels.
    pub fn levels(&self) -> &[compressing::Level] {
        self.version.metadata.levels()
    }

    /// Whom it would ask.
    pub async fn choose(
        &self,
        now: Timestamp,
        seed: u64,
        task: &choosing::Task,
        candidates: &[choosing::Candidate],
        budget: &choosing::Budget,
    ) -> Result<Called<Vec<choosing::Choice>>, PluginError> {
        self.ask_as(now, seed, &Choose { now, task, candidates, budget }).await
    }

    /// What it would do next.
    pub async fn next(
        &self,
        now: Timestamp,
        seed: u64,
        task: &choosing::Task,
        history: &[choosing::Past],
        candidates: &[choosing::Candidate],
        budget: &choosing::Budget,
    ) -> Result<Called<choosing::Step>, PluginError> {
        self.ask_as(now, seed, &Next { now, task, history, candidates, budget }).await
    }

    /// What it would say.
    pub async fn compress(
        &self,
        now: Timestamp,
        seed: u64,
        level: &str,
        report: &reporting::Report,
    ) -> Result<Called<String>, PluginError> {
        self.ask_as(now, seed, &Compress { level, report }).await
    }

    /// How it would compare results.
    pub async fn compare(
        &self,
        now: Timestamp,
        seed: u64,
        results: &[judging::ResultInQuestion],
    ) -> Result<Called<judging::Comparison>, PluginError> {
        self.ask_as(now, seed, &Compare { results }).await
    }

    /// How it would rate one.
    pub async fn rate(
        &self,
        now: Timestamp,
        seed: u64,
        subject: &judging::ResultInQuestion,
    ) -> Result<Called<Vec<judging::Rating>>, PluginError> {
        self.ask_as(now, seed, &Rate { subject }).await
    }

    /// A gate's kinds.
    pub fn gates(&self) -> &[gating::GateKind] {
        self.version.metadata.gates()
    }

    /// What it would rule; the inner error says what is wrong with the kind or the config.
    pub async fn evaluate(
        &self,
        now: Timestamp,
        seed: u64,
        kind: &str,
        config: &str,
        evidence: Arc<dyn Evidence>,
    ) -> Result<Called<Result<gating::Ruling, String>>, PluginError> {
        self.ask_as(now, seed, &Evaluate { kind, config, evidence }).await
    }

    /// What an executor said of itself.
    pub const fn description(&self) -> Option<&driving::Description> {
        self.version.metadata.description()
    }

    /// Whether an executor runs the instruction as a command.
    pub const fn runs_as_command(&self) -> bool {
        self.version.metadata.runs_as_command
    }

    /// Goes on in the best code there can be of it, which takes seconds where nobody has made it yet.
    pub async fn optimised(self) -> Result<Self, PluginError> {
        if self.code().compiled == crate::report::Compiled::Optimised {
            return Ok(self);
        }
        let (manager, bytes) = (self.manager.clone(), self.bytes.clone());
        let PluginRef { kind, digest, .. } = *self.plugin();
        let made = tokio::task::spawn_blocking(move || {
            let source = Source { kind, digest, bytes: &bytes, origin: Origin::Foreign };
            manager.cache.best(&manager.engines, source).map_err(|error| format!("{error:#}"))
        });
        let made = made.await.unwrap_or_else(|panicked| Err(panicked.to_string()));
        let unsound = |reason| PluginError::Untriable {
            what: self.plugin().to_string(),
            file: None,
            step: State::Compiling,
            reason,
        };
        self.version.improve(made.map_err(unsound)?);
        Ok(self)
    }

    async fn ask_as<Q: Question>(
        &self,
        now: Timestamp,
        seed: u64,
        question: &Q,
    ) -> Result<Called<Q::Answer>, PluginError> {
        let Answer { value, took, notes, looked_at, .. } = self.answer(now, seed, question).await?;
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let plugin = self.plugin().clone();
        Ok(Called { value, plugin, micros, seed, now, notes, looked_at, instead: None })
    }

    pub(crate) async fn answer<Q: Question>(
        &self,
        now: Timestamp,
        seed: u64,
        question: &Q,
    ) -> Result<Answer<Q::Answer>, PluginError> {
        let (label, limits) = self.circumstances();
        let circumstances = Circumstances { label, limits, now, seed, expects: 0, examined: false };
        let answered = ask(&self.manager.engines, &self.version.code(), circumstances, question).await;
        answered.map_err(|violation| self.misbehaved(Q::FUNCTION, violation))
    }

    pub(crate) fn circumstances(&self) -> (Arc<str>, Limits) {
        (self.version.label.clone(), self.version.limits)
    }

    pub(crate) fn engines(&self) -> &Engines {
        &self.manager.engines
    }

    pub(crate) fn code(&self) -> Arc<Code> {
        self.version.code()
    }

    pub(crate) fn misbehaved(&self, function: &'static str, violation: Violation) -> PluginError {
        Box::new(Misbehaviour { plugin: self.plugin().clone(), function, violation, now: None }).into()
    }
}
