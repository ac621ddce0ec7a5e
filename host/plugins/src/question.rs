//! Everything that a fresh instance can be asked, each with the contract that its answer must keep.

use crate::code::{Code, Identity};
use crate::contract;
use crate::evidence::Evidence;
use crate::facts::{choosing, compressing, driving, gating, judging, reporting};
use crate::guest::Guest;
use jackfield_types::Timestamp;
use std::future::Future;
use std::sync::Arc;
use wasmtime::{Result, Store};

/// One question to a fresh instance.
pub(crate) trait Question: Sync {
    type Answer: Send;
    /// As the WIT names the function.
    const FUNCTION: &'static str;

    /// Makes the instance and asks it.
    fn put<'a>(
        &'a self,
        code: &'a Code,
        store: &'a mut Store<Guest>,
    ) -> impl Future<Output = Result<Self::Answer>> + Send + 'a;

    /// What the answer breaks, where it breaks anything.
    fn check(&self, answer: &Self::Answer) -> Result<(), String>;
}

/// Milliseconds since the Unix epoch, as the WIT has points in time.
pub(crate) fn timestamp(now: Timestamp) -> u64 {
    u64::try_from(now.as_millisecond()).unwrap_or(0)
}

pub(crate) struct Identify;

impl Question for Identify {
    type Answer = Identity;
    const FUNCTION: &'static str = "about.identify";

    async fn put<'a>(&'a self, code: &'a Code, store: &'a mut Store<Guest>) -> Result<Identity> {
        code.identify(store).await
    }

    fn check(&self, identity: &Identity) -> Result<(), String> {
        contract::identity(identity)
    }
}

pub(crate) struct Describe;

impl Question for Describe {
    type Answer = driving::Description;
    const FUNCTION: &'static str = "driving.describe";

    async fn put<'a>(&'a self, code: &'a Code, store: &'a mut Store<Guest>) -> Result<driving::Description> {
        let world = code.executor(store).await?;
        world.jackfield_plugin_driving().call_describe(store).await
    }

    fn check(&self, description: &driving::Description) -> Result<(), String> {
        contract::description(description)
    }
}

/// Whether the instruction is run as a command; nothing where its contract does not ask.
pub(crate) struct RunsAsCommand;

impl Question for RunsAsCommand {
    type Answer = Option<bool>;
    const FUNCTION: &'static str = "instructing.runs-as-command";

    async fn put<'a>(&'a self, code: &'a Code, store: &'a mut Store<Guest>) -> Result<Option<bool>> {
        code.runs_as_command(store).await
    }

    fn check(&self, _: &Option<bool>) -> Result<(), String> {
        Ok(())
    }
}

pub(crate) struct Probes<'q> {
    pub(crate) description: &'q driving::Description,
}

impl Question for Probes<'_> {
    type Answer = Vec<driving::Probe>;
    const FUNCTION: &'static str = "driving.probes";

    async fn put<'a>(&'a self, code: &'a Code, store: &'a mut Store<Guest>) -> Result<Vec<driving::Probe>> {
        let world = code.executor(store).await?;
        world.jackfield_plugin_driving().call_probes(store).await
    }

    fn check(&self, probes: &Vec<driving::Probe>) -> Result<(), String> {
        contract::probes(probes, self.description)
    }
}

pub(crate) struct ReadProbes<'q> {
    pub(crate) results: &'q [driving::ProbeResult],
    pub(crate) present: &'q [String],
}

impl Question for ReadProbes<'_> {
    type Answer = driving::Health;
    const FUNCTION: &'static str = "driving.read-probes";

    async fn put<'a>(&'a self, code: &'a Code, store: &'a mut Store<Guest>) -> Result<driving::Health> {
        let world = code.executor(store).await?;
        world.jackfield_plugin_driving().call_read_probes(store, self.results, self.present).await
    }

    fn check(&self, health: &driving::Health) -> Result<(), String> {
        contract::health(health)
    }
}

pub(crate) struct Choose<'q> {
    pub(crate) now: Timestamp,
    pub(crate) task: &'q choosing::Task,
    pub(crate) candidates: &'q [choosing::Candidate],
    pub(crate) budget: &'q choosing::Budget,
}

impl Question for Choose<'_> {
    type Answer = Vec<choosing::Choice>;
    const FUNCTION: &'static str = "choosing.choose";

    async fn put<'a>(&'a self, code: &'a Code, store: &'a mut Store<Guest>) -> Result<Vec<choosing::Choice>> {
        let world = code.chooser(store).await?;
        let choosing = world.jackfield_plugin_choosing();
        choosing.call_choose(store, timestamp(self.now), self.task, self.candidates, *self.budget).await
    }

    fn check(&self, choices: &Vec<choosing::Choice>) -> Result<(), String> {
        contract::choices(choices, self.candidates.len())
    }
}

pub(crate) struct Next<'q> {
    pub(crate) now: Timestamp,
    pub(crate) task: &'q choosing::Task,
    pub(crate) history: &'q [choosing::Past],
    pub(crate) candidates: &'q [choosing::Candidate],
    pub(crate) budget: &'q choosing::Budget,
}

impl Question for Next<'_> {
    type Answer = choosing::Step;
    const FUNCTION: &'static str = "choosing.next";

    async fn put<'a>(&'a self, code: &'a Code, store: &'a mut Store<Guest>) -> Result<choosing::Step> {
        let world = code.chooser(store).await?;
        let choosing = world.jackfield_plugin_choosing();
        let now = timestamp(self.now);
        choosing.call_next(store, now, self.task, self.history, self.candidates, *self.budget).await
    }

    fn check(&self, step: &choosing::Step) -> Result<(), String> {
        contract::step(step, self.candidates.len())
    }
}

pub(crate) struct Levels;

impl Question for Levels {
    type Answer = Vec<compressing::Level>;
    const FUNCTION: &'static str = "compressing.levels";

    async fn put<'a>(
        &'a self,
        code: &'a Code,
        store: &'a mut Store<Guest>,
    ) -> Result<Vec<compressing::Level>> {
        let world = code.compressor(store).await?;
        world.jackfield_plugin_compressing().call_levels(store).await
    }

    fn check(&self, levels: &Vec<compressing::Level>) -> Result<(), String> {
        contract::levels(levels)
    }
}

pub(crate) struct Compress<'q> {
    pub(crate) level: &'q str,
    pub(crate) report: &'q reporting::Report,
}

impl Question for Compress<'_> {
    type Answer = String;
    const FUNCTION: &'static str = "compressing.compress";

    async fn put<'a>(&'a self, code: &'a Code, store: &'a mut Store<Guest>) -> Result<String> {
        let world = code.compressor(store).await?;
        world.jackfield_plugin_compressing().call_compress(store, self.level, self.report).await
    }

    fn check(&self, _: &String) -> Result<(), String> {
        Ok(())
    }
}

pub(crate) struct Dimensions;

impl Question for Dimensions {
    type Answer = Vec<String>;
    const FUNCTION: &'static str = "judging.dimensions";

    async fn put<'a>(&'a self, code: &'a Code, store: &'a mut Store<Guest>) -> Result<Vec<String>> {
        let world = code.judge(store).await?;
        world.jackfield_plugin_judging().call_dimensions(store).await
    }

    fn check(&self, dimensions: &Vec<String>) -> Result<(), String> {
        contract::dimensions(dimensions)
    }
}

pub(crate) struct Compare<'q> {
    pub(crate) results: &'q [judging::ResultInQuestion],
}

impl Question for Compare<'_> {
    type Answer = judging::Comparison;
    const FUNCTION: &'static str = "judging.compare";

    async fn put<'a>(&'a self, code: &'a Code, store: &'a mut Store<Guest>) -> Result<judging::Comparison> {
        let world = code.judge(store).await?;
        world.jackfield_plugin_judging().call_compare(store, self.results).await
    }

    fn check(&self, comparison: &judging::Comparison) -> Result<(), String> {
        contract::comparison(comparison, self.results.len())
    }
}

pub(crate) struct Rate<'q> {
    pub(crate) subject: &'q judging::ResultInQuestion,
}

impl Question for Rate<'_> {
    type Answer = Vec<judging::Rating>;
    const FUNCTION: &'static str = "judging.rate";

    async fn put<'a>(&'a self, code: &'a Code, store: &'a mut Store<Guest>) -> Result<Vec<judging::Rating>> {
        let world = code.judge(store).await?;
        world.jackfield_plugin_judging().call_rate(store, self.subject).await
    }

    fn check(&self, ratings: &Vec<judging::Rating>) -> Result<(), String> {
        contract::ratings(ratings)
    }
}

pub(crate) struct Gates;

impl Question for Gates {
    type Answer = Vec<gating::GateKind>;
    const FUNCTION: &'static str = "gating.kinds";

    async fn put<'a>(&'a self, code: &'a Code, store: &'a mut Store<Guest>) -> Result<Vec<gating::GateKind>> {
        let world = code.gate(store).await?;
        world.jackfield_plugin_gating().call_kinds(store).await
    }

    fn check(&self, kinds: &Vec<gating::GateKind>) -> Result<(), String> {
        contract::gates(kinds)
    }
}

pub(crate) struct Evaluate<'q> {
    pub(crate) kind: &'q str,
    pub(crate) config: &'q str,
    pub(crate) evidence: Arc<dyn Evidence>,
}

impl Question for Evaluate<'_> {
    /// The error is the component's own: what is wrong with the kind or the config.
    type Answer = std::result::Result<gating::Ruling, String>;
    const FUNCTION: &'static str = "gating.evaluate";

    async fn put<'a>(
        &'a self,
        code: &'a Code,
        store: &'a mut Store<Guest>,
    ) -> wasmtime::Result<Self::Answer> {
        store.data_mut().show(Arc::clone(&self.evidence));
        let world = code.gate(store).await?;
        world.jackfield_plugin_gating().call_evaluate(store, self.kind, self.config).await
    }

    fn check(&self, ruled: &Self::Answer) -> std::result::Result<(), String> {
        contract::ruled(ruled)
    }
}
