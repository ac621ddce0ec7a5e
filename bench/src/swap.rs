//! From the rename of a file in the drop folder to the first call that its component answers, through
//! the real watch and under calls without a pause.
//!
//! Cold: bytes that the host has never seen. Cached: bytes whose optimised code it has kept. The floor
//! of a cold swap is what the bare engine takes to compile the same bytes at once and answer a call.

use crate::bare::Bare;
use crate::components::variant;
use crate::house::House;
use crate::measure::{Figures, interleaved};
use crate::report::{Aim, Finding, Section, Unit};
use crate::{Setting, on_all_cores, questions};
use anyhow::{Result, ensure};
use jackfield_plugins::facts::{choosing, driving, types};
use jackfield_plugins::{Change, PluginEvent, Plugins};
use jackfield_types::{Digest, Timestamp};
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Instant;

const COLD_ROUNDS: usize = 15;
const CACHED_ROUNDS: usize = 40;

/// Longest answer that a swap may give and still be a swap, seconds; after it the run ends with a word.
const PATIENCE: f64 = 30.0;

pub(crate) fn measure(setting: &Setting) -> Result<Section> {
    on_all_cores()?.block_on(async {
        let mut section = Section {
            name: "swap",
            about: "from rename to the first answer of the new component, wall clock; floor: compile and call, bare",
            findings: Vec::new(),
            notes: Vec::new(),
        };
        let baseline = Bare::baseline()?;
        for kind in [Kind::Chooser, Kind::Claude] {
            let mut house = House::open(&setting.components, &setting.scratch, setting.scan).await?;
            house.plugins.watch()?;
            let mut swaps = Swaps { house: &mut house, kind, steps: BTreeMap::new(), optimising: Vec::new() };
            let bytes = kind.bytes(setting);
            section.findings.push(swaps.cold(bytes, &baseline).await?);
            section.notes.push(swaps.note("cold"));
            section.findings.push(swaps.cached(bytes).await?);
            section.notes.push(swaps.note("cached"));
        }
        Ok(section)
    })
}

/// What is swapped: the component that is called the most, and the one with the most code.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Chooser,
    Claude,
}

impl Kind {
    fn bytes(self, setting: &Setting) -> &[u8] {
        match self {
            Self::Chooser => &setting.components.chooser,
            Self::Claude => &setting.components.claude,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Chooser => "chooser",
            Self::Claude => "claude",
        }
    }

    /// Asks once; who answered.
    async fn ask(self, plugins: &Plugins) -> Result<Digest> {
        match self {
            Self::Chooser => {
                let (task, candidates) = (questions::task(), questions::candidates());
                let asked = plugins.choose(Timestamp::UNIX_EPOCH, &task, &candidates, &questions::BUDGET);
                Ok(asked.await?.plugin.digest)
            }
            Self::Claude => {
                let mut drive = plugins.drive("claude").await?;
                drive.plan(&questions::request()).await?.ok();
                Ok(drive.plugin().digest)
            }
        }
    }

    /// Compiles at once and asks once, with the bare engine.
    async fn ask_bare(self, bare: &Bare, bytes: &[u8]) -> Result<()> {
        let linked = bare.link(bytes)?;
        match self {
            Self::Chooser => {
                let (task, candidates) = (questions::task(), questions::candidates());
                let asked = (0_u64, &task, candidates.as_slice(), questions::BUDGET);
                let choose = linked.function("choosing", "choose")?;
                choose.call::<_, (Vec<choosing::Choice>,)>(asked).await.map(drop)
            }
            Self::Claude => {
                let plan = linked.function("driving", "plan")?;
                let request = questions::request();
                plan.call::<_, (Result<driving::Command, types::Failure>,)>((&request,)).await.map(drop)
            }
        }
    }
}

/// Swaps of one component in one host.
struct Swaps<'a> {
    house: &'a mut House,
    kind: Kind,
    /// What the host told of each step, seconds, in the order of the steps.
    steps: BTreeMap<jackfield_plugins::State, Vec<f64>>,
    /// From a cold swap to its better code, seconds.
    optimising: Vec<f64>,
}

impl Swaps<'_> {
    async fn cold(&mut self, bytes: &[u8], bare: &Bare) -> Result<Finding> {
        let kind = self.kind;
        let number = Cell::new(0);
        let swaps = RefCell::new(self);
        // Both sides are given bytes that nobody has seen.
        let unseen = || {
            number.set(number.get() + 1);
            variant(bytes, number.get())
        };
        #[allow(clippy::await_holding_refcell_ref, reason = "the two sides take turns")]
        let both = interleaved(
            COLD_ROUNDS,
            async || {
                let mut swaps = swaps.borrow_mut();
                let took = swaps.swap(&unseen()).await?;
                let begun = Instant::now();
                swaps.house.optimised().await?;
                swaps.optimising.push(begun.elapsed().as_secs_f64());
                Ok(took)
            },
            async || {
                let bytes = unseen();
                let begun = Instant::now();
                kind.ask_bare(bare, &bytes).await?;
                Ok(begun.elapsed().as_secs_f64())
            },
        )
        .await?;
        let what = format!("{}, {} KiB, cold", kind.name(), bytes.len() >> 10);
        Ok(Finding::compared(what, Unit::Seconds, both).aimed(Aim::Within(0.025)))
    }

    async fn cached(&mut self, bytes: &[u8]) -> Result<Finding> {
        let versions = [variant(bytes, 1_000_000), variant(bytes, 1_000_001)];
        for version in &versions {
            self.swap(version).await?;
            self.house.optimised().await?;
        }
        self.steps.clear();
        let mut samples = Vec::new();
        for version in versions.iter().cycle().take(CACHED_ROUNDS) {
            samples.push(self.swap(version).await?);
        }
        let figures = Figures::of(samples.clone()).with_p99(samples);
        let what = format!("{}, {} KiB, cached", self.kind.name(), bytes.len() >> 10);
        Ok(Finding::alone(what, Unit::Seconds, figures).aimed(Aim::Within(0.003)))
    }

    /// Drops a file as the documentation has it: written aside, then renamed into place. Seconds from
    /// the rename to the first answer by another component than before.
    async fn swap(&mut self, bytes: &[u8]) -> Result<f64> {
        let (aside, place) = (self.house.dropped(".swapped.part"), self.house.dropped("swapped.wasm"));
        let file = std::fs::File::create(&aside)?;
        std::io::Write::write_all(&mut &file, bytes)?;
        // Else the rename would pay for the disk.
        file.sync_all()?;
        drop(file);
        let before = self.kind.ask(&self.house.plugins).await?;
        let begun = Instant::now();
        std::fs::rename(&aside, &place)?;
        loop {
            if self.kind.ask(&self.house.plugins).await? != before {
                break;
            }
            ensure!(begun.elapsed().as_secs_f64() < PATIENCE, "the dropped component never served");
            tokio::task::yield_now().await;
        }
        let took = begun.elapsed().as_secs_f64();
        let event = self.house.event(Change::Serving).await?;
        self.remember(&event);
        Ok(took)
    }

    fn remember(&mut self, event: &PluginEvent) {
        for step in &event.steps {
            self.steps.entry(step.step).or_default().push(step.micros as f64 / 1e6);
        }
    }

    /// Where the time went, by the host's own receipts.
    fn note(&mut self, which: &str) -> String {
        let steps: Vec<_> = std::mem::take(&mut self.steps)
            .into_iter()
            .map(|(step, samples)| format!("{step} {}", Unit::Seconds.show(Figures::of(samples).median)))
            .collect();
        let better = match std::mem::take(&mut self.optimising) {
            samples if samples.is_empty() => String::new(),
            samples => format!("; optimised {} later", Unit::Seconds.show(Figures::of(samples).median)),
        };
        format!("{}, {which}, medians: {}{better}", self.kind.name(), steps.join(", "))
    }
}
