//! The floor: wasmtime with the settings of the host's own engines and with nothing between.
//!
//! A call is what it must at least be where calls share nothing: a store with a memory limit and an
//! epoch deadline, an instance of linked code, the call, and the end of all of it. Components are granted
//! a log that drops what it is told, and nothing else: any other import that is called is a trap.

use crate::house::INSTANCES;
use anyhow::{Context, Result, anyhow};
use std::num::NonZeroUsize;
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentNamedList, ComponentType, InstancePre, Lift, Linker, Lower,
};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store, StoreLimits,
    StoreLimitsBuilder, Strategy,
};

/// The most memory that the host lets a component have, whatever its kind.
const MEMORY: usize = 256 << 20;

/// Ticks that never come: nothing moves the epoch of these engines.
const DEADLINE: u64 = 1_000;

/// An engine.
pub(crate) struct Bare {
    engine: Engine,
}

/// As the WIT has it.
#[derive(Debug, Clone, Copy, ComponentType, Lift)]
#[component(enum)]
#[repr(u8)]
#[allow(dead_code, reason = "made by lifting only")]
enum Level {
    #[component(name = "trace")]
    Trace,
    #[component(name = "debug")]
    Debug,
    #[component(name = "info")]
    Info,
    #[component(name = "warn")]
    Warn,
    #[component(name = "error")]
    Error,
}

/// One component, linked.
pub(crate) struct Linked {
    engine: Engine,
    component: Component,
    linked: InstancePre<StoreLimits>,
}

/// One function of a component.
pub(crate) struct Function<'a> {
    of: &'a Linked,
    index: ComponentExportIndex,
}

impl Bare {
    /// As the host's engine that compiles well.
    pub(crate) fn optimised(scan: bool) -> Result<Self> {
        let mut config = config(Strategy::Cranelift);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(scan)));
        Ok(Self { engine: Engine::new(&config).map_err(told)? })
    }

    /// As the host's engine that compiles at once.
    pub(crate) fn baseline() -> Result<Self> {
        Ok(Self { engine: Engine::new(&config(Strategy::Winch)).map_err(told)? })
    }

    /// Compiles and links a component.
    pub(crate) fn link(&self, bytes: &[u8]) -> Result<Linked> {
        let component = Component::from_binary(&self.engine, bytes).map_err(told)?;
        let mut linker = Linker::new(&self.engine);
        let drop_line = |_: wasmtime::StoreContextMut<'_, StoreLimits>, _: (Level, String)| Ok(());
        let mut log = linker.instance("jackfield:plugin/log@1.1.0").map_err(told)?;
        log.func_wrap("log", drop_line).map_err(told)?;
        linker.define_unknown_imports_as_traps(&component).map_err(told)?;
        let linked = linker.instantiate_pre(&component).map_err(told)?;
        Ok(Linked { engine: self.engine.clone(), component, linked })
    }
}

impl Linked {
    /// A function, as the WIT names it and its interface.
    pub(crate) fn function(&self, interface: &str, name: &str) -> Result<Function<'_>> {
        let missing = || format!("the component has no {interface}.{name}");
        let full = format!("jackfield:plugin/{interface}@1.1.0");
        let interface = self.component.get_export_index(None, &*full).with_context(missing)?;
        let index = self.component.get_export_index(Some(&interface), name).with_context(missing)?;
        Ok(Function { of: self, index })
    }
}

impl Function<'_> {
    /// Calls it on an instance of its own.
    pub(crate) async fn call<P, R>(&self, params: P) -> Result<R>
    where
        P: ComponentNamedList + Lower + Send + Sync,
        R: ComponentNamedList + Lift + Send + Sync + 'static,
    {
        let limits = StoreLimitsBuilder::new().memory_size(MEMORY).build();
        let mut store = Store::new(&self.of.engine, limits);
        store.limiter(|limits| limits);
        store.set_epoch_deadline(DEADLINE);
        let instance = self.of.linked.instantiate_async(&mut store).await.map_err(told)?;
        let function = instance.get_typed_func::<P, R>(&mut store, self.index).map_err(told)?;
        function.call_async(&mut store, params).await.map_err(told)
    }
}

fn config(strategy: Strategy) -> Config {
    let mut config = Config::new();
    config
        .strategy(strategy)
        .epoch_interruption(true)
        .concurrency_support(false)
        .wasm_backtrace_max_frames(NonZeroUsize::new(16));
    config
}

fn pool(scan: bool) -> PoolingAllocationConfig {
    let places = 2 * INSTANCES;
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(places)
        .max_core_instances_per_component(16)
        .total_core_instances(16 * places)
        .max_memories_per_component(4)
        .total_memories(4 * places)
        .max_tables_per_component(8)
        .total_tables(8 * places)
        .total_stacks(places)
        .max_unused_warm_slots(places)
        .max_memory_size(MEMORY);
    if scan {
        pool.pagemap_scan(Enabled::Auto)
            .linear_memory_keep_resident(1 << 20)
            .table_keep_resident(64 << 10)
            .async_stack_keep_resident(64 << 10);
    }
    pool
}

fn told(error: wasmtime::Error) -> anyhow::Error {
    anyhow!("{error:#}")
}
