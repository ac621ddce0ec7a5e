//! What the host holds for one component while it runs: its limits and how far they are used, what it
//! told the log, and the WASI that grants nothing.
//!
//! Invariants: memory is counted over all memories and tables together; log lines past the bound are
//! dropped, not queued; WASI has no files, network, environment or arguments, its clocks stand still
//! at the time of the request, and its random numbers follow from the seed.

mod answers;

use crate::evidence::{Evidence, NoEvidence};
use crate::facts::compressor::jackfield::plugin::reporting;
use crate::facts::executor::jackfield::plugin::{log, types};
use crate::limits::Limits;
use crate::looking::Looking;
use crate::memory::Reserved;
use crate::sandbox::Sandbox;
use crate::ticker::TICK;
use jackfield_types::Timestamp;
use std::sync::Arc;
use wasmtime::ResourceLimiter;
use wasmtime_wasi::{WasiCtxView, WasiView};

/// Longest log line kept, in bytes.
const LINE_BYTES: usize = 4096;

/// Most log lines kept with a decision; what comes after them is in the host's log only.
const NOTES: usize = 64;

/// What one table element takes on the host.
const ELEMENT_BYTES: u64 = 8;

/// The host's side of one component.
pub(crate) struct Guest {
    label: Arc<str>,
    limits: Limits,
    pub(crate) cpu: Cpu,
    pub(crate) memory: Memory,
    log: Log,
    now: Timestamp,
    seed: u64,
    examined: bool,
    looking: Option<Looking>,
    // Most components import no WASI; those pay nothing for it.
    sandbox: Option<Box<Sandbox>>,
}

impl Guest {
    pub(crate) fn new(label: Arc<str>, limits: Limits, now: Timestamp, seed: u64) -> Self {
        Self {
            label,
            limits,
            cpu: Cpu::of(&limits),
            memory: Memory { limit: limits.memory_bytes, ..Memory::default() },
            log: Log::of(&limits),
            now,
            seed,
            examined: false,
            looking: None,
            sandbox: None,
        }
    }

    /// One that does not serve yet: what it tells the log is of use to its author, and no news to an operator.
    #[must_use]
    pub(crate) fn examined(self) -> Self {
        Self { examined: true, ..self }
    }

    /// Within what was reserved of the memory that all have together.
    #[must_use]
    pub(crate) fn within(mut self, reserved: Reserved) -> Self {
        self.memory.reserved = Some(reserved);
        self
    }

    pub(crate) const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The most memory that it had so far.
    pub(crate) const fn peak_memory(&self) -> u64 {
        self.memory.peak
    }

    /// What it told the log in this call, for the record of the decision.
    pub(crate) fn notes(&mut self) -> Vec<String> {
        std::mem::take(&mut self.log.notes)
    }

    /// What a gate may look at in this call.
    pub(crate) fn show(&mut self, evidence: Arc<dyn Evidence>) {
        self.looking = Some(Looking::at(evidence, &self.limits));
    }

    /// Where nothing was shown to it, there is nothing to see.
    pub(crate) fn looking(&mut self) -> &mut Looking {
        let limits = &self.limits;
        self.looking.get_or_insert_with(|| Looking::at(Arc::new(NoEvidence), limits))
    }

    /// Whether it asked the host for more than it may.
    pub(crate) fn stormed(&self) -> bool {
        self.looking.as_ref().is_some_and(Looking::stormed)
    }

    /// What it looked at in this call, for the record of the decision.
    pub(crate) fn looked_at(&mut self) -> Vec<String> {
        self.looking.as_mut().map(Looking::looked_at).unwrap_or_default()
    }

    /// Every call has its budgets afresh; memory is the component's for as long as it lives.
    pub(crate) fn begin_call(&mut self) {
        self.cpu = Cpu::of(&self.limits);
        self.log = Log::of(&self.limits);
        self.memory.refused = None;
        self.memory.crowded = None;
    }

    /// The last that it told the log, or its standard error, in this call.
    pub(crate) fn last_words(&self) -> Option<String> {
        self.log.last.clone().or_else(|| self.sandbox.as_ref().and_then(|sandbox| sandbox.last_words()))
    }
}

/// Time in the component's own code, counted in ticks that found it running.
#[derive(Debug)]
pub(crate) struct Cpu {
    left: u32,
    spent: bool,
}

impl Cpu {
    fn of(limits: &Limits) -> Self {
        let ticks = limits.cpu.as_nanos().div_ceil(TICK.as_nanos());
        // The first tick comes at any moment of the first millisecond, so it counts for nothing.
        Self { left: u32::try_from(ticks).unwrap_or(u32::MAX).saturating_add(1), spent: false }
    }

    /// One more tick found it running; whether it may go on.
    pub(crate) const fn tick(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.spent = self.left == 0;
        !self.spent
    }

    pub(crate) const fn is_spent(&self) -> bool {
        self.spent
    }
}

/// The sum over all memories and tables.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    used: u64,
    peak: u64,
    asked_last: u64,
    limit: u64,
    refused: Option<u64>,
    /// What of the memory of all was reserved for it.
    reserved: Option<Reserved>,
    /// What it would have had, had others left so much.
    crowded: Option<u64>,
}

impl Memory {
    /// What it has.
    pub(crate) const fn used(&self) -> u64 {
        self.used
    }

    /// What it would have had, had it been given what it asked for.
    pub(crate) const fn refused(&self) -> Option<u64> {
        self.refused
    }

    /// What it would have had, had others left so much.
    pub(crate) const fn crowded(&self) -> Option<u64> {
        self.crowded
    }

    fn grow(&mut self, by: u64) -> bool {
        let wanted = self.used.saturating_add(by);
        if wanted > self.limit {
            self.refused = Some(wanted);
            return false;
        }
        if self.reserved.as_mut().is_some_and(|reserved| !reserved.covers(wanted)) {
            self.crowded = Some(wanted);
            return false;
        }
        self.asked_last = by;
        self.used = wanted;
        self.peak = self.peak.max(wanted);
        true
    }

    const fn give_back(&mut self) {
        self.used = self.used.saturating_sub(self.asked_last);
        self.asked_last = 0;
    }
}

impl ResourceLimiter for Memory {
    fn memory_growing(&mut self, now: usize, wanted: usize, most: Option<usize>) -> wasmtime::Result<bool> {
        Ok(most.is_none_or(|most| wanted <= most) && self.grow(wanted.saturating_sub(now) as u64))
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.give_back();
        Ok(())
    }

    fn table_growing(&mut self, now: usize, wanted: usize, most: Option<usize>) -> wasmtime::Result<bool> {
        let by = (wanted.saturating_sub(now) as u64).saturating_mul(ELEMENT_BYTES);
        Ok(most.is_none_or(|most| wanted <= most) && self.grow(by))
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.give_back();
        Ok(())
    }
}

#[derive(Debug)]
struct Log {
    lines: u32,
    bytes: u64,
    last: Option<String>,
    notes: Vec<String>,
}

impl Log {
    const fn of(limits: &Limits) -> Self {
        Self { lines: limits.log_lines, bytes: limits.log_bytes, last: None, notes: Vec::new() }
    }
}

impl log::Host for Guest {
    fn log(&mut self, level: log::Level, message: String) {
        let line: String = message
            .chars()
            .scan(0, |bytes, c| {
                *bytes += c.len_utf8();
                (*bytes <= LINE_BYTES).then_some(c)
            })
            .collect();
        let bytes = line.len() as u64;
        let fits = self.log.lines > 0 && self.log.bytes >= bytes;
        self.log.lines = self.log.lines.saturating_sub(1);
        self.log.bytes = self.log.bytes.saturating_sub(bytes);
        if fits {
            let plugin = &*self.label;
            let loud = if self.examined { quieter(level) } else { level };
            match loud {
                log::Level::Trace => tracing::trace!(target: "plugin", plugin, "{line}"),
                log::Level::Debug => tracing::debug!(target: "plugin", plugin, "{line}"),
                log::Level::Info => tracing::info!(target: "plugin", plugin, "{line}"),
                log::Level::Warn => tracing::warn!(target: "plugin", plugin, "{line}"),
                log::Level::Error => tracing::error!(target: "plugin", plugin, "{line}"),
            }
            if self.log.notes.len() < NOTES && !matches!(level, log::Level::Trace) {
                self.log.notes.push(line.clone());
            }
        }
        self.log.last = Some(line);
    }
}

/// At most `debug`.
const fn quieter(level: log::Level) -> log::Level {
    match level {
        log::Level::Trace => log::Level::Trace,
        _ => log::Level::Debug,
    }
}

impl types::Host for Guest {}
impl reporting::Host for Guest {}

impl WasiView for Guest {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let (now, seed) = (self.now, self.seed);
        self.sandbox.get_or_insert_with(|| Box::new(Sandbox::new(now, seed))).view()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_ended_at_its_budget_and_one_tick() {
        let mut limits = crate::limits::KindLimits::generous().chooser;
        limits.cpu = TICK * 100;
        let mut cpu = Cpu::of(&limits);
        let ticks = (1..).find(|_| !cpu.tick());
        assert_eq!(ticks, Some(101));
        assert!(cpu.is_spent());
    }

    #[test]
    fn memory_is_summed_over_memories_and_tables() {
        let mut memory = Memory { limit: 1000, ..Memory::default() };
        assert!(memory.memory_growing(0, 600, None).unwrap());
        assert!(memory.table_growing(0, 50, None).unwrap(), "50 elements are the other 400 bytes");
        assert!(!memory.memory_growing(0, 1, None).unwrap());
        assert_eq!(memory.refused(), Some(1001));
        assert!(!memory.memory_growing(600, 900, Some(800)).unwrap(), "past its own maximum");
    }

    #[test]
    fn memory_that_the_system_refused_is_not_counted() {
        let mut memory = Memory { limit: 1000, ..Memory::default() };
        assert!(memory.memory_growing(0, 900, None).unwrap());
        memory.memory_grow_failed(wasmtime::Error::msg("no room")).unwrap();
        assert!(memory.memory_growing(0, 1000, None).unwrap());
    }
}
