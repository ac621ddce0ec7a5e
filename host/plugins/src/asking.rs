//! One function of a component, asked by its name in the WIT with facts that a person wrote.
//!
//! The call is the one that decides in service: a fresh instance, the same sandbox, the same limits, the same
//! contract for the answer.

use crate::adapter::{Adapter, Told};
use crate::error::{PluginError, Violation};
use crate::evidence::{Evidence, NoEvidence};
use crate::facts::{choosing, driving, judging, reporting};
use crate::guest::Guest;
use crate::question::{
    Choose, Compare, Compress, Describe, Dimensions, Evaluate, Gates, Identify, Levels, Next, Probes,
    Question, Rate, ReadProbes, RunsAsCommand,
};
use crate::report::{Compiled, Said};
use crate::samples;
use crate::trial::Trial;
use crate::words;
use jackfield_types::{PluginKind, Timestamp};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Instant;

/// The functions of each kind, as the WIT names them.
pub(crate) const fn functions(kind: PluginKind) -> &'static [&'static str] {
    match kind {
        PluginKind::Executor => &[
            "about.identify",
            "driving.describe",
            "driving.probes",
            "driving.read-probes",
            "driving.plan",
            "driving.reading",
            "instructing.runs-as-command",
        ],
        PluginKind::Chooser => &["about.identify", "choosing.choose", "choosing.next"],
        PluginKind::Compressor => &["about.identify", "compressing.levels", "compressing.compress"],
        PluginKind::Judge => &["about.identify", "judging.dimensions", "judging.compare", "judging.rate"],
        PluginKind::Gate => &["about.identify", "gating.kinds", "gating.evaluate"],
    }
}

/// What a function takes, as the WIT names it.
const fn arguments(function: &str) -> &'static [&'static str] {
    match function.as_bytes() {
        b"choosing.choose" => &["task", "candidates", "budget"],
        b"choosing.next" => &["task", "history", "candidates", "budget"],
        b"compressing.compress" => &["level", "report"],
        b"judging.compare" => &["results"],
        b"judging.rate" => &["subject"],
        b"gating.evaluate" => &["kind", "config"],
        b"driving.read-probes" => &["results", "present"],
        b"driving.plan" => &["request"],
        b"driving.reading" => &["request", "output", "exit"],
        _ => &[],
    }
}

/// A function with its facts, checked against what it takes; may be asked any number of times.
pub struct Asking {
    facts: Facts,
    function: &'static str,
    now: Timestamp,
    seed: u64,
    evidence: Arc<dyn Evidence>,
}

impl Asking {
    /// The same, with something for a gate to look at; without it there is nothing to see.
    #[must_use]
    pub fn seeing(self, evidence: Arc<dyn Evidence>) -> Self {
        Self { evidence, ..self }
    }
}

enum Facts {
    Nothing,
    Choose(ChooseFacts),
    Next(NextFacts),
    Compress(CompressFacts),
    Compare(CompareFacts),
    Rate(RateFacts),
    Evaluate(EvaluateFacts),
    ReadProbes(ReadProbesFacts),
    Plan(Box<driving::Request>),
    Reading(Box<ReadingFacts>),
}

#[derive(Deserialize)]
struct ChooseFacts {
    task: choosing::Task,
    candidates: Vec<choosing::Candidate>,
    budget: choosing::Budget,
}

#[derive(Deserialize)]
struct NextFacts {
    task: choosing::Task,
    history: Vec<choosing::Past>,
    candidates: Vec<choosing::Candidate>,
    budget: choosing::Budget,
}

#[derive(Deserialize)]
struct CompressFacts {
    level: String,
    report: reporting::Report,
}

#[derive(Deserialize)]
struct CompareFacts {
    results: Vec<judging::ResultInQuestion>,
}

#[derive(Deserialize)]
struct RateFacts {
    subject: judging::ResultInQuestion,
}

/// The config is written as the JSON that it is, or as the text in which the component gets it.
#[derive(Deserialize)]
struct EvaluateFacts {
    kind: String,
    #[serde(default)]
    config: Value,
}

impl EvaluateFacts {
    fn config_text(&self) -> String {
        match &self.config {
            Value::Null => "{}".to_owned(),
            Value::String(text) => text.clone(),
            config => config.to_string(),
        }
    }
}

#[derive(Deserialize)]
struct ReadProbesFacts {
    results: Vec<driving::ProbeResult>,
    present: Vec<String>,
}

#[derive(Deserialize)]
struct PlanFacts {
    #[serde(default)]
    request: Value,
}

/// Standard output comes as the texts that it arrived in.
#[derive(Deserialize)]
struct ReadingFacts {
    #[serde(default)]
    request: Value,
    output: Vec<String>,
    exit: driving::Exit,
}

/// When and with which random numbers, where the facts do not say.
#[derive(Deserialize)]
struct Circumstances {
    now: Option<u64>,
    seed: Option<u64>,
}

impl Trial {
    /// What can be asked of it.
    pub const fn functions(&self) -> &'static [&'static str] {
        functions(self.plugin().kind)
    }

    /// What one of them takes, named as there; nothing where there is no such function.
    pub fn arguments(&self, function: &str) -> &'static [&'static str] {
        self.full_name(function).map_or(&[], arguments)
    }

    fn full_name(&self, function: &str) -> Option<&'static str> {
        let short = |name: &str| name.split_once('.').is_some_and(|(_, short)| short == function);
        self.functions().iter().find(|name| **name == function || short(name)).copied()
    }

    /// Reads the facts for one function, named as in the WIT (`choosing.choose`, or `choose`). Beside the
    /// function's own arguments there may be `now` (milliseconds since the epoch) and `seed`; without them
    /// the clock stands at `now` and the seed is 0.
    ///
    /// # Errors
    /// [`PluginError::NoSuchFunction`], and [`PluginError::BadFacts`] with the place of what is wrong.
    pub fn asking(&self, function: &str, facts: &Value, now: Timestamp) -> Result<Asking, PluginError> {
        let Some(function) = self.full_name(function) else {
            let known = self.functions().iter().map(|name| (*name).to_owned()).collect();
            return Err(PluginError::NoSuchFunction {
                plugin: Box::new(self.plugin().clone()),
                function: function.to_owned(),
                known,
            });
        };
        let bad = |why| PluginError::BadFacts { function, why };
        let mut facts = match facts {
            Value::Object(facts) => facts.clone(),
            Value::Null => Map::new(),
            _ => return Err(bad("facts are a table of the function's arguments by name".to_owned())),
        };
        let own = ["now", "seed"].map(|name| (name.to_owned(), facts.remove(name).unwrap_or(Value::Null)));
        let own: Circumstances = words::read(Value::Object(own.into_iter().collect())).map_err(bad)?;
        let now = match own.now {
            None => now,
            Some(millis) => i64::try_from(millis)
                .ok()
                .and_then(|millis| Timestamp::from_millisecond(millis).ok())
                .ok_or_else(|| bad(format!("now: {millis} is no point in time")))?,
        };
        let facts = self.read(function, Value::Object(facts)).map_err(bad)?;
        Ok(Asking { facts, function, now, seed: own.seed.unwrap_or(0), evidence: Arc::new(NoEvidence) })
    }

    fn read(&self, function: &str, facts: Value) -> Result<Facts, String> {
        fn boxed<T: DeserializeOwned>(facts: Value) -> Result<Box<T>, String> {
            words::read(facts).map(Box::new)
        }
        Ok(match function {
            "choosing.choose" => Facts::Choose(words::read(facts)?),
            "choosing.next" => Facts::Next(words::read(facts)?),
            "compressing.compress" => Facts::Compress(words::read(facts)?),
            "judging.compare" => Facts::Compare(words::read(facts)?),
            "judging.rate" => Facts::Rate(words::read(facts)?),
            "gating.evaluate" => Facts::Evaluate(words::read(facts)?),
            "driving.read-probes" => Facts::ReadProbes(words::read(facts)?),
            "driving.plan" => {
                let given: PlanFacts = words::read(facts)?;
                Facts::Plan(Box::new(self.request(given.request)?))
            }
            "driving.reading" => Facts::Reading(boxed(facts)?),
            _ if facts.as_object().is_none_or(Map::is_empty) => Facts::Nothing,
            _ => return Err("it takes no facts".to_owned()),
        })
    }

    /// What is not said of a request is as in the sample that every executor is examined with.
    fn request(&self, given: Value) -> Result<driving::Request, String> {
        let description = self.description().ok_or("it is no executor")?;
        let mut whole = words::write(&samples::request(description))?;
        if let (Value::Object(whole), Value::Object(given)) = (&mut whole, given) {
            whole.extend(given.into_iter().map(|(name, value)| (name.replace('_', "-"), value)));
        }
        words::read(whole).map_err(|why| format!("request.{why}"))
    }

    /// Asks it.
    ///
    /// # Errors
    /// [`PluginError::Misbehaved`], where it does anything but answer as its contract has it.
    pub async fn ask(&self, asking: &Asking) -> Result<Said, PluginError> {
        let Asking { now, .. } = *asking;
        match &asking.facts {
            Facts::Nothing => self.put_nothing(asking).await,
            Facts::Choose(ChooseFacts { task, candidates, budget }) => {
                self.put(asking, &Choose { now, task, candidates, budget }).await
            }
            Facts::Next(NextFacts { task, history, candidates, budget }) => {
                self.put(asking, &Next { now, task, history, candidates, budget }).await
            }
            Facts::Compress(CompressFacts { level, report }) => {
                self.put(asking, &Compress { level, report }).await
            }
            Facts::Compare(CompareFacts { results }) => self.put(asking, &Compare { results }).await,
            Facts::Rate(RateFacts { subject }) => self.put(asking, &Rate { subject }).await,
            Facts::Evaluate(facts) => {
                let evidence = Arc::clone(&asking.evidence);
                self.put(asking, &Evaluate { kind: &facts.kind, config: &facts.config_text(), evidence })
                    .await
            }
            Facts::ReadProbes(ReadProbesFacts { results, present }) => {
                self.put(asking, &ReadProbes { results, present }).await
            }
            Facts::Plan(request) => self.plan(asking, request).await,
            Facts::Reading(facts) => self.reading(asking, facts).await,
        }
    }

    async fn put_nothing(&self, asking: &Asking) -> Result<Said, PluginError> {
        match asking.function {
            "compressing.levels" => self.put(asking, &Levels).await,
            "judging.dimensions" => self.put(asking, &Dimensions).await,
            "gating.kinds" => self.put(asking, &Gates).await,
            "driving.describe" => self.put(asking, &Describe).await,
            "instructing.runs-as-command" => self.put(asking, &RunsAsCommand).await,
            "driving.probes" => match self.description() {
                Some(description) => self.put(asking, &Probes { description }).await,
                None => self.put(asking, &Identify).await,
            },
            _ => self.put(asking, &Identify).await,
        }
    }

    async fn put<Q: Question<Answer: serde::Serialize>>(
        &self,
        asking: &Asking,
        question: &Q,
    ) -> Result<Said, PluginError> {
        let answer = self.answer(asking.now, asking.seed, question).await?;
        let value = self.written(asking, &answer.value)?;
        Ok(self.said(asking, value, answer.took, answer.memory, answer.notes))
    }

    /// `plan`, on an instance of its own.
    async fn plan(&self, asking: &Asking, request: &driving::Request) -> Result<Said, PluginError> {
        let begun = Instant::now();
        let mut adapter = self.adapter(asking).await?;
        let description = self.description().cloned().unwrap_or_else(samples::no_description);
        let told = adapter.plan(self.engines(), request, &description, Some(self.runs_as_command())).await;
        let (memory, notes) = adapter.used();
        let planned = self.told(asking, told)?;
        let value = self.written(asking, &planned)?;
        Ok(self.said(asking, value, begun.elapsed(), memory, notes))
    }

    /// The whole reading of one program's output: constructed, fed, finished.
    async fn reading(&self, asking: &Asking, facts: &ReadingFacts) -> Result<Said, PluginError> {
        let request = self.request(facts.request.clone());
        let request = request.map_err(|why| PluginError::BadFacts { function: asking.function, why })?;
        let begun = Instant::now();
        let mut adapter = self.adapter(asking).await?;
        let told = adapter.begin(self.engines(), &request).await;
        self.told(asking, told)?;
        let (mut events, mut notes) = (Vec::new(), Vec::new());
        for text in &facts.output {
            let told = adapter.feed(self.engines(), text.as_bytes()).await;
            events.extend(self.told(asking, told)?);
            notes.extend(adapter.used().1);
        }
        let (memory, _) = adapter.used();
        let told = adapter.finish(self.engines(), &facts.exit).await;
        let outcome = self.told(asking, told)?;
        let took = begun.elapsed();
        let value = json!({
            "events": self.written(asking, &events)?,
            "outcome": self.written(asking, &outcome)?,
        });
        Ok(self.said(asking, value, took, memory, notes))
    }

    async fn adapter(&self, asking: &Asking) -> Result<Adapter, PluginError> {
        let (label, limits) = self.circumstances();
        let guest = Guest::new(label, limits, asking.now, asking.seed);
        let place = self.engines().attempt().await;
        let started = Adapter::start(self.engines(), &self.code(), guest, place).await;
        started.map_err(|violation| self.misbehaved(asking.function, violation))
    }

    fn told<T>(&self, asking: &Asking, told: Told<T>) -> Result<T, PluginError> {
        match told {
            Told::Answer(answer) => Ok(answer),
            Told::Violation(violation) => Err(self.misbehaved(asking.function, violation)),
            Told::Gone | Told::NotReading => {
                Err(PluginError::OutOfTurn { plugin: self.plugin().clone(), why: "has ended" })
            }
        }
    }

    fn written(&self, asking: &Asking, answer: &impl serde::Serialize) -> Result<Value, PluginError> {
        words::write(answer).map_err(|why| self.misbehaved(asking.function, Violation::Contract(why)))
    }

    fn said(
        &self,
        asking: &Asking,
        answer: Value,
        took: std::time::Duration,
        memory_bytes: u64,
        notes: Vec<String>,
    ) -> Said {
        Said {
            plugin: self.plugin().clone(),
            function: asking.function,
            answer,
            micros: u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            memory_bytes,
            compiled: self.compiled(),
            notes,
            now: asking.now,
            seed: asking.seed,
        }
    }

    /// How the code that answers was made.
    pub fn compiled(&self) -> Compiled {
        self.code().compiled
    }
}
