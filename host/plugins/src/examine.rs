//! Every step between bytes and a component that may serve, with its name and how long it took.
//!
//! Nothing here changes what serves: the same examination is a dry run for `check` and the first
//! half of taking a dropped file.

use crate::adapter::{Adapter, Told};
use crate::call::{Circumstances, ask};
use crate::code::Code;
use crate::compile::{Cache, Origin, Source};
use crate::component_parser::{NotComponent, ParsedComponent};
use crate::contract;
use crate::engine::Engines;
use crate::error::Violation;
use crate::evidence::NoEvidence;
use crate::facts::{driving, gating};
use crate::files::{digest_of, write_cached};
use crate::guest::Guest;
use crate::limits::{KindLimits, Limits};
use crate::question::{
    Choose, Compare, Compress, Describe, Dimensions, Evaluate, Gates, Identify, Levels, Next, Probes,
    Question, Rate, ReadProbes, RunsAsCommand,
};
use crate::report::{State, StepTime};
use crate::samples;
use crate::version::{ComponentMetadata, Offers};
use jackfield_types::{Digest, PluginKind, PluginRef, Timestamp};
use std::sync::Arc;
use std::time::Instant;

/// The random numbers of every self-check.
const SEED: u64 = 0;

/// A component that passed.
pub(crate) struct Sound {
    pub(crate) metadata: ComponentMetadata,
    pub(crate) code: Code,
}

/// Why one did not.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) step: State,
    pub(crate) reason: String,
}

/// The steps so far; tells someone when the next one begins.
pub(crate) struct Steps<'a> {
    pub(crate) times: Vec<StepTime>,
    begun: Option<(State, Instant)>,
    tell: &'a (dyn Fn(State) + Send + Sync),
}

impl<'a> Steps<'a> {
    pub(crate) fn telling(tell: &'a (dyn Fn(State) + Send + Sync)) -> Self {
        Self { times: Vec::new(), begun: None, tell }
    }

    pub(crate) fn begin(&mut self, step: State) {
        self.end();
        (self.tell)(step);
        self.begun = Some((step, Instant::now()));
    }

    pub(crate) fn end(&mut self) {
        if let Some((step, begun)) = self.begun.take() {
            let micros = u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX);
            self.times.push(StepTime { step, micros });
        }
    }

    /// The step that is under way refuses.
    pub(crate) fn refuse(&mut self, reason: impl Into<String>) -> Refusal {
        let step = self.begun.map_or(State::Parsing, |(step, _)| step);
        self.end();
        Refusal { step, reason: reason.into() }
    }
}

/// What an examination needs.
pub(crate) struct Examiner<'a> {
    pub(crate) engines: &'a Arc<Engines>,
    pub(crate) cache: &'a Arc<Cache>,
    pub(crate) limits: &'a KindLimits,
    pub(crate) now: Timestamp,
    pub(crate) origin: Origin,
}

impl Examiner<'_> {
    /// All steps but the grants, which depend on what else is there.
    pub(crate) async fn examine(&self, bytes: &Arc<[u8]>, steps: &mut Steps<'_>) -> Result<Sound, Refusal> {
        steps.begin(State::Parsing);
        let digest = digest_of(bytes);
        let parsed = parse(bytes).map_err(|reason| steps.refuse(reason))?;
        steps.begin(State::CheckingWorld);
        let kind = parsed.kind().map_err(|reason| steps.refuse(reason))?;
        steps.begin(State::Linking);
        let missing = parsed.missing(kind);
        if !missing.is_empty() {
            let reason = format!(
                "it imports {}, which this host grants to no component: build it without",
                missing.join(", ")
            );
            return Err(steps.refuse(reason));
        }
        steps.begin(State::Compiling);
        let code = self.compile(kind, digest, bytes.clone()).await.map_err(|reason| steps.refuse(reason))?;
        steps.begin(State::SelfCheck);
        let metadata = match self.known(digest) {
            Some(metadata) => metadata,
            None => {
                let checked = self.self_check(kind, digest, parsed, &code).await;
                let metadata = checked.map_err(|reason| steps.refuse(reason))?;
                self.remember(&metadata);
                metadata
            }
        };
        steps.end();
        Ok(Sound { metadata, code })
    }

    async fn compile(&self, kind: PluginKind, digest: Digest, bytes: Arc<[u8]>) -> Result<Code, String> {
        let (engines, cache, origin) = (self.engines.clone(), self.cache.clone(), self.origin);
        let made = tokio::task::spawn_blocking(move || {
            cache.quickest(&engines, Source { kind, digest, bytes: &bytes, origin })
        });
        let made = made.await;
        match made {
            Ok(made) => made.map_err(|error| not_compiled(&format!("{error:#}"))),
            Err(panicked) => Err(format!("the compiler gave up: {panicked}")),
        }
    }

    /// What was learnt about these bytes by this build of the host.
    fn known(&self, digest: Digest) -> Option<ComponentMetadata> {
        let text = std::fs::read(self.cache.beside(digest, "json")).ok()?;
        let metadata: ComponentMetadata = serde_json::from_slice(&text).ok()?;
        (metadata.plugin.digest == digest).then_some(metadata)
    }

    fn remember(&self, metadata: &ComponentMetadata) {
        let path = self.cache.beside(metadata.plugin.digest, "json");
        let written = serde_json::to_vec(metadata).map_err(std::io::Error::other);
        if let Err(error) = written.and_then(|text| write_cached(&path, &text)) {
            tracing::warn!("cannot write {}: {error}", path.display());
        }
    }

    async fn self_check(
        &self,
        kind: PluginKind,
        digest: Digest,
        parsed: ParsedComponent,
        code: &Code,
    ) -> Result<ComponentMetadata, String> {
        // Until it has said its name, limits of its own are not known.
        let most = Limits { memory_bytes: self.limits.most_memory(), ..*self.limits.of(kind, "") };
        let label: Arc<str> = format!("{kind} {}", digest.short()).into();
        let identity = self.put(code, &Identify, most, &label).await?;
        let limits = *self.limits.of(kind, &identity.name);
        let mut runs_as_command = false;
        let offers = match kind {
            PluginKind::Executor => {
                let (description, runs) = self.check_executor(code, limits, &label).await?;
                runs_as_command = runs;
                Offers::Driving(description)
            }
            PluginKind::Chooser => {
                self.check_chooser(code, limits, &label).await.map(|()| Offers::Choosing)?
            }
            PluginKind::Compressor => {
                let levels = self.put(code, &Levels, limits, &label).await?;
                let report = samples::report();
                for level in &levels {
                    self.put(code, &Compress { level: &level.name, report: &report }, limits, &label).await?;
                }
                Offers::Compressing(levels)
            }
            PluginKind::Judge => Offers::Judging(self.check_judge(code, limits, &label).await?),
            PluginKind::Gate => Offers::Gating(self.check_gate(code, limits, &label).await?),
        };
        let plugin = PluginRef { kind, name: identity.name, version: identity.version, digest };
        let ParsedComponent { imports, exports } = parsed;
        Ok(ComponentMetadata { plugin, summary: identity.summary, imports, exports, offers, runs_as_command })
    }

    async fn put<Q: Question>(
        &self,
        code: &Code,
        question: &Q,
        limits: Limits,
        label: &Arc<str>,
    ) -> Result<Q::Answer, String> {
        let circumstances = Circumstances {
            label: label.clone(),
            limits,
            now: self.now,
            seed: SEED,
            expects: 0,
            examined: true,
        };
        let answer = ask(self.engines, code, circumstances, question).await;
        answer.map(|answer| answer.value).map_err(|violation| failed(Q::FUNCTION, &violation))
    }

    async fn check_chooser(&self, code: &Code, limits: Limits, label: &Arc<str>) -> Result<(), String> {
        let (task, candidates, history) = (samples::task(), samples::candidates(), samples::history());
        let (now, budget) = (self.now, &samples::BUDGET);
        let choose = Choose { now, task: &task, candidates: &candidates, budget };
        self.put(code, &choose, limits, label).await?;
        let nobody = Choose { candidates: &[], ..choose };
        self.put(code, &nobody, limits, label).await?;
        let next = Next { now, task: &task, history: &history, candidates: &candidates, budget };
        self.put(code, &next, limits, label).await?;
        Ok(())
    }

    async fn check_judge(
        &self,
        code: &Code,
        limits: Limits,
        label: &Arc<str>,
    ) -> Result<Vec<String>, String> {
        let broke = |kept: Result<(), String>, function| {
            kept.map_err(|how| failed(function, &Violation::Contract(how)))
        };
        let dimensions = self.put(code, &Dimensions, limits, label).await?;
        let equal = [samples::result(), samples::result()];
        let compared = self.put(code, &Compare { results: &equal }, limits, label).await?;
        broke(contract::equal_results_agree(&compared), Compare::FUNCTION)?;
        let unequal = [samples::failed_result(), samples::result()];
        self.put(code, &Compare { results: &unequal }, limits, label).await?;
        for subject in &unequal {
            let ratings = self.put(code, &Rate { subject }, limits, label).await?;
            broke(contract::rated_on(&ratings, &dimensions), Rate::FUNCTION)?;
        }
        Ok(dimensions)
    }

    /// Its own examples are taken, and what nobody could mean is not.
    async fn check_gate(
        &self,
        code: &Code,
        limits: Limits,
        label: &Arc<str>,
    ) -> Result<Vec<gating::GateKind>, String> {
        let kinds = self.put(code, &Gates, limits, label).await?;
        let evaluate = async |kind: &str, config: &str, evidence: Arc<dyn crate::evidence::Evidence>| {
            self.put(code, &Evaluate { kind, config, evidence }, limits, label).await
        };
        let broke = |how| failed(Evaluate::FUNCTION, &Violation::Contract(how));
        for kind in &kinds {
            for config in samples::gate_configs(&kind.schema) {
                for evidence in
                    [Arc::new(NoEvidence) as Arc<dyn crate::evidence::Evidence>, Arc::new(samples::Files)]
                {
                    if let Err(why) = evaluate(&kind.name, &config, evidence).await? {
                        return Err(broke(format!(
                            "it refuses its own example {config} of '{}': {why}",
                            kind.name
                        )));
                    }
                }
            }
            let garbled = evaluate(&kind.name, samples::NO_CONFIG, Arc::new(NoEvidence)).await?;
            contract::refused(&garbled, "a config that is no JSON").map_err(broke)?;
        }
        let unknown = evaluate(samples::NO_GATE, "{}", Arc::new(NoEvidence)).await?;
        contract::refused(&unknown, "a kind that it does not have").map_err(broke)?;
        Ok(kinds)
    }

    /// What it says of itself, and whether it runs the instruction as a command.
    async fn check_executor(
        &self,
        code: &Code,
        limits: Limits,
        label: &Arc<str>,
    ) -> Result<(driving::Description, bool), String> {
        let description = self.put(code, &Describe, limits, label).await?;
        let says = self.put(code, &RunsAsCommand, limits, label).await?;
        let probes = self.put(code, &Probes { description: &description }, limits, label).await?;
        let results: Vec<_> = probes.iter().map(unanswered).collect();
        self.put(code, &ReadProbes { results: &results, present: &[] }, limits, label).await?;
        let request = samples::request(&description);
        let guest = Guest::new(label.clone(), limits, self.now, SEED).examined();
        let place = self.engines.attempt().await;
        let adapter = Adapter::start(self.engines, code, guest, place).await;
        let mut adapter = adapter.map_err(|violation| failed("driving", &violation))?;
        let planned = adapter.plan(self.engines, &request, &description, says).await;
        let planned = answered("driving.plan", planned)?.ok();
        let runs = says.unwrap_or_else(|| {
            contract::counts_as_command(&description, planned.as_ref(), &request.instruction)
        });
        answered("driving.reading", adapter.begin(self.engines, &request).await)?;
        for bytes in samples::GARBAGE {
            answered("driving.reading.feed", adapter.feed(self.engines, bytes).await)?;
        }
        answered("driving.reading.finish", adapter.finish(self.engines, &samples::exit()).await)?;
        Ok((description, runs))
    }
}

/// What a compiler says of asynchronous functions is of no use to an author.
fn not_compiled(error: &str) -> String {
    let lower = error.to_ascii_lowercase();
    if lower.contains("async") && (lower.contains("component model") || lower.contains("canonical")) {
        return format!(
            "it uses asynchronous functions of the component model, which no world of jackfield:plugin has: build it with synchronous exports ({error})"
        );
    }
    format!("it does not compile or link: {error}")
}

fn unanswered(probe: &driving::Probe) -> driving::ProbeResult {
    driving::ProbeResult {
        name: probe.name.clone(),
        code: None,
        stdout: String::new(),
        stderr: String::new(),
    }
}

fn failed(function: &str, violation: &Violation) -> String {
    format!("in the sample case of `{function}` it {violation}")
}

fn answered<T>(function: &str, told: Told<T>) -> Result<T, String> {
    match told {
        Told::Answer(answer) => Ok(answer),
        Told::Violation(violation) => Err(failed(function, &violation)),
        Told::Gone | Told::NotReading => Err(format!("`{function}` was asked out of turn")),
    }
}

fn parse(bytes: &[u8]) -> Result<ParsedComponent, String> {
    ParsedComponent::of(bytes).map_err(|error| match error {
        NotComponent::CoreModule => {
            "it is a core WebAssembly module and not a component: build it for wasm32-wasip2, or make it a component with wasm-tools".to_owned()
        }
        NotComponent::Nested => {
            "it nests components within components deeper than this host reads: build it from one component".to_owned()
        }
        NotComponent::Unreadable(how) => format!("it is not a whole WebAssembly component: {how}"),
    })
}
