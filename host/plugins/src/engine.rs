//! The two engines: one compiles well, the other at once. This is the only place where an engine is
//! configured and the only place where a store is made.
//!
//! Invariants: no engine without a ticker; no store without limits; no component without a place in
//! the pool (who finds none waits, and is not refused).

use crate::error::PluginError;
use crate::facts::{compressor, executor, gate};
use crate::guest::Guest;
use crate::limits::KindLimits;
use crate::machine;
use crate::memory::Pool;
use crate::options::MemoryScan;
use crate::report::Compiled;
use crate::ticker::{Running, Ticker};
use std::num::NonZeroUsize;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Store, Strategy,
    UpdateDeadline,
};

/// What one component may be made of. Components from JavaScript and Python come as about four core
/// modules and as many synthetic ones that join them.
const CORE_INSTANCES: u32 = 16;
const MEMORIES: u32 = 4;
const TABLES: u32 = 8;

/// Up to this much of a component's memory stays mapped for the next one, where the scan cleans it.
const KEEP_MEMORY: usize = 1 << 20;
const KEEP_TABLE: usize = 64 << 10;
const KEEP_STACK: usize = 64 << 10;

/// Frames kept of a trap's backtrace.
const FRAMES: usize = 16;

/// An engine, with everything that a component may import.
pub(crate) struct Tier {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<Guest>,
}

/// Both engines, their ticker, and the places in the pool.
pub(crate) struct Engines {
    pub(crate) optimised: Tier,
    pub(crate) baseline: Tier,
    ticker: Ticker,
    calls: Arc<Semaphore>,
    attempts: Arc<Semaphore>,
    /// Memory of all calls, and of all attempts.
    pub(crate) memory_of_calls: Arc<Pool>,
    pub(crate) memory_of_attempts: Arc<Pool>,
}

impl Engines {
    pub(crate) fn new(
        limits: &KindLimits,
        instances: u32,
        scan: MemoryScan,
        memory_bytes: u64,
    ) -> Result<Self, PluginError> {
        let instances = instances.max(1);
        let failed = |error: wasmtime::Error| PluginError::Engine(format!("{error:#}"));
        let well = config_of_optimised();
        let mut pooled = well.clone();
        // Attempts and calls wait for places of their own, so an attempt never waits for itself.
        let pool = pool(limits, instances.saturating_mul(2), scan);
        pooled.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        let optimised = Engine::new(&pooled).or_else(|error| {
            tracing::warn!("components run without a pool, which is slower: {error:#}");
            Engine::new(&well)
        });
        let optimised = Tier::new(optimised.map_err(failed)?).map_err(failed)?;
        // Serves for the moments until better code is there, so it needs no pool of its own.
        let baseline = baseline_engine();
        let baseline = Tier::new(baseline.map_err(failed)?).map_err(failed)?;
        let ticker = Ticker::start(vec![optimised.engine.weak(), baseline.engine.weak()])
            .map_err(|error| PluginError::Engine(error.to_string()))?;
        let places = || Arc::new(Semaphore::new(instances as usize));
        let memory = || Pool::new((memory_bytes / 2).max(limits.most_memory()));
        Ok(Self {
            optimised,
            baseline,
            ticker,
            calls: places(),
            attempts: places(),
            memory_of_calls: memory(),
            memory_of_attempts: memory(),
        })
    }

    pub(crate) const fn tier(&self, compiled: Compiled) -> &Tier {
        match compiled {
            Compiled::Optimised => &self.optimised,
            Compiled::Baseline => &self.baseline,
        }
    }

    /// A place for one call.
    pub(crate) async fn call(&self) -> Option<OwnedSemaphorePermit> {
        self.calls.clone().acquire_owned().await.ok()
    }

    /// A place for one attempt's adapter.
    pub(crate) async fn attempt(&self) -> Option<OwnedSemaphorePermit> {
        self.attempts.clone().acquire_owned().await.ok()
    }

    /// Held while a component may run.
    pub(crate) fn running(&self) -> Running<'_> {
        self.ticker.running()
    }

    /// The only way to a store: the guest brings its limits, and they hold from here on.
    pub(crate) fn store(&self, compiled: Compiled, guest: Guest) -> Store<Guest> {
        let answer = usize::try_from(guest.limits().output_bytes).unwrap_or(usize::MAX);
        let mut store = Store::new(&self.tier(compiled).engine, guest);
        store.limiter(|guest| &mut guest.memory);
        store.set_hostcall_fuel(answer);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut context| {
            Ok(if context.data_mut().cpu.tick() {
                UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now()))
            } else {
                UpdateDeadline::Interrupt
            })
        });
        store
    }
}

impl Tier {
    fn new(engine: Engine) -> wasmtime::Result<Self> {
        let mut linker = Linker::new(&engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
        executor::jackfield::plugin::types::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
        executor::jackfield::plugin::log::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
        compressor::jackfield::plugin::reporting::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| {
            guest
        })?;
        gate::jackfield::plugin::evidence::add_to_linker::<_, HasSelf<Guest>>(&mut linker, |guest| guest)?;
        Ok(Self { engine, linker })
    }
}

/// An engine that only compiles: it makes the code that the engine of the same name runs, and has no pool.
pub(crate) fn compiling(compiled: Compiled) -> wasmtime::Result<Engine> {
    match compiled {
        Compiled::Optimised => Engine::new(&config_of_optimised()),
        Compiled::Baseline => baseline_engine(),
    }
}

fn config_of_optimised() -> Config {
    let mut well = config(Strategy::Cranelift);
    // Background compilation must leave the other cores to those who wait for an answer.
    well.parallel_compilation(false);
    well
}

fn baseline_engine() -> wasmtime::Result<Engine> {
    Engine::new(&config(Strategy::Winch)).or_else(|error| {
        tracing::warn!("no baseline compiler on this machine, new components start later: {error:#}");
        let mut quick = config(Strategy::Cranelift);
        Engine::new(quick.cranelift_opt_level(OptLevel::None))
    })
}

fn config(strategy: Strategy) -> Config {
    let mut config = Config::new();
    config
        .strategy(strategy)
        .epoch_interruption(true)
        .concurrency_support(false)
        .wasm_backtrace_max_frames(NonZeroUsize::new(FRAMES));
    config
}

fn pool(limits: &KindLimits, places: u32, scan: MemoryScan) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(places)
        .max_core_instances_per_component(CORE_INSTANCES)
        .total_core_instances(places.saturating_mul(CORE_INSTANCES))
        .max_memories_per_component(MEMORIES)
        .total_memories(places.saturating_mul(MEMORIES))
        .max_tables_per_component(TABLES)
        .total_tables(places.saturating_mul(TABLES))
        .total_stacks(places)
        .max_unused_warm_slots(places)
        .max_memory_size(usize::try_from(limits.most_memory()).unwrap_or(usize::MAX).min(4 << 30));
    // Keeping memory mapped is cheap only where the scan finds what was touched: without it the
    // whole of what is kept is overwritten after every call.
    if scan == MemoryScan::Auto && machine::can_scan_memory() && machine::never_swaps() {
        pool.pagemap_scan(Enabled::Auto)
            .linear_memory_keep_resident(KEEP_MEMORY)
            .table_keep_resident(KEEP_TABLE)
            .async_stack_keep_resident(KEEP_STACK);
    }
    pool
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn engines() -> Engines {
        Engines::new(&KindLimits::generous(), 2, MemoryScan::Auto, 1 << 30).unwrap()
    }

    fn wait_until(what: &str, holds: impl Fn() -> bool) {
        let begun = Instant::now();
        while !holds() {
            assert!(begun.elapsed() < Duration::from_secs(20), "{what} never came");
            std::thread::yield_now();
        }
    }

    #[test]
    fn an_idle_host_wakes_nothing_and_a_component_is_watched_at_once() {
        let engines = engines();
        wait_until("sleep", || engines.ticker.asleep());
        let running = engines.running();
        wait_until("the ticker's waking", || !engines.ticker.asleep());
        drop(running);
        wait_until("sleep again", || engines.ticker.asleep());
    }

    #[test]
    fn components_run_in_a_pool_with_room_for_every_place() {
        let engines = Engines::new(&KindLimits::generous(), 256, MemoryScan::Auto, 1 << 30).unwrap();
        assert!(engines.optimised.engine.pooling_allocator_metrics().is_some());
    }

    #[tokio::test]
    async fn an_exhausted_pool_is_waited_for_and_attempts_do_not_take_the_places_of_calls() {
        let engines = Arc::new(engines());
        let attempts = (engines.attempt().await, engines.attempt().await);
        let calls = (engines.call().await, engines.call().await);
        assert!(calls.0.is_some() && calls.1.is_some() && attempts.0.is_some());
        let waiting = tokio::spawn({
            let engines = engines.clone();
            async move { engines.call().await.is_some() }
        });
        tokio::task::yield_now().await;
        assert!(!waiting.is_finished());
        drop(calls.0);
        assert!(waiting.await.unwrap());
    }
}
