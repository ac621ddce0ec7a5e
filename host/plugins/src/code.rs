//! A component made into machine code and linked: from here an instance is microseconds away.

use crate::engine::Tier;
use crate::facts::chooser::{Chooser, ChooserPre};
use crate::facts::compressor::{Compressor, CompressorPre};
use crate::facts::executor::{Executor, ExecutorPre};
use crate::facts::gate::{Gate, GatePre};
use crate::facts::instructing::InstructingPartPre;
use crate::facts::judge::{Judge, JudgePre};
use crate::guest::Guest;
use crate::report::Compiled;
use jackfield_types::PluginKind;
use wasmtime::Store;
use wasmtime::component::Component;

/// What executors export since 1.1.0; one that was built against a later minor version has it under that.
const INSTRUCTING: &str = "jackfield:plugin/instructing@1.1.0";

/// The code of one component, and how it was made.
pub(crate) struct Code {
    world: World,
    pub(crate) compiled: Compiled,
}

enum World {
    /// With what it says of the instruction, where its contract has that.
    Executor(ExecutorPre<Guest>, Option<InstructingPartPre<Guest>>),
    Chooser(ChooserPre<Guest>),
    Compressor(CompressorPre<Guest>),
    Judge(JudgePre<Guest>),
    Gate(GatePre<Guest>),
}

impl Code {
    /// Links a component against everything that is there to import.
    pub(crate) fn link(
        tier: &Tier,
        compiled: Compiled,
        kind: PluginKind,
        component: &Component,
    ) -> wasmtime::Result<Self> {
        let linked = tier.linker.instantiate_pre(component)?;
        let world = match kind {
            PluginKind::Executor => {
                let says = component.get_export_index(None, INSTRUCTING).is_some();
                let instructing = says.then(|| InstructingPartPre::new(linked.clone())).transpose()?;
                World::Executor(ExecutorPre::new(linked)?, instructing)
            }
            PluginKind::Chooser => World::Chooser(ChooserPre::new(linked)?),
            PluginKind::Compressor => World::Compressor(CompressorPre::new(linked)?),
            PluginKind::Judge => World::Judge(JudgePre::new(linked)?),
            PluginKind::Gate => World::Gate(GatePre::new(linked)?),
        };
        Ok(Self { world, compiled })
    }

    /// A fresh instance of an adapter.
    pub(crate) async fn executor(&self, store: &mut Store<Guest>) -> wasmtime::Result<Executor> {
        match &self.world {
            World::Executor(linked, _) => linked.instantiate_async(store).await,
            _ => Err(not("an executor")),
        }
    }

    /// What a fresh instance of an adapter says of the instruction: whether it is run as a command. Nothing where
    /// its contract has no such question.
    pub(crate) async fn runs_as_command(&self, store: &mut Store<Guest>) -> wasmtime::Result<Option<bool>> {
        let World::Executor(_, instructing) = &self.world else { return Err(not("an executor")) };
        let Some(linked) = instructing else { return Ok(None) };
        let part = linked.instantiate_async(&mut *store).await?;
        part.jackfield_plugin_instructing().call_runs_as_command(store).await.map(Some)
    }

    /// A fresh instance of a chooser.
    pub(crate) async fn chooser(&self, store: &mut Store<Guest>) -> wasmtime::Result<Chooser> {
        match &self.world {
            World::Chooser(linked) => linked.instantiate_async(store).await,
            _ => Err(not("a chooser")),
        }
    }

    /// A fresh instance of a compressor.
    pub(crate) async fn compressor(&self, store: &mut Store<Guest>) -> wasmtime::Result<Compressor> {
        match &self.world {
            World::Compressor(linked) => linked.instantiate_async(store).await,
            _ => Err(not("a compressor")),
        }
    }

    /// A fresh instance of a judge.
    pub(crate) async fn judge(&self, store: &mut Store<Guest>) -> wasmtime::Result<Judge> {
        match &self.world {
            World::Judge(linked) => linked.instantiate_async(store).await,
            _ => Err(not("a judge")),
        }
    }

    /// A fresh instance of a gate.
    pub(crate) async fn gate(&self, store: &mut Store<Guest>) -> wasmtime::Result<Gate> {
        match &self.world {
            World::Gate(linked) => linked.instantiate_async(store).await,
            _ => Err(not("a gate")),
        }
    }

    /// Asks a fresh instance who it is.
    pub(crate) async fn identify(&self, store: &mut Store<Guest>) -> wasmtime::Result<Identity> {
        // The worlds export one and the same interface, but each has its own generated type.
        macro_rules! identity {
            ($linked:expr) => {{
                let world = $linked.instantiate_async(&mut *store).await?;
                let said = world.jackfield_plugin_about().call_identify(store).await?;
                Ok(Identity { name: said.name, version: said.version, summary: said.summary })
            }};
        }
        match &self.world {
            World::Executor(linked, _) => identity!(linked),
            World::Chooser(linked) => identity!(linked),
            World::Compressor(linked) => identity!(linked),
            World::Judge(linked) => identity!(linked),
            World::Gate(linked) => identity!(linked),
        }
    }
}

fn not(what: &str) -> wasmtime::Error {
    wasmtime::Error::msg(format!("the component is not {what}"))
}

/// Who a component says it is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) summary: String,
}
