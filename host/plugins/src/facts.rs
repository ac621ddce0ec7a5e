//! The facts that components are given and the decisions that they give back, as plain data.
//!
//! These types are generated from `wit/`, so what the engine builds, what crosses into a component
//! and what is recorded are one and the same. A type that more than one world speaks of exists
//! once ([`types`]). All of it serialises, so that any decision can be recorded and replayed.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The `executor` world, as every version since 1.0.0 has it: what came later is bound by itself, where it is
/// exported ([`instructing`]).
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::restriction)]
pub(crate) mod executor {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "package jackfield:host-executor;
            world executor {
                import jackfield:plugin/log@1.1.0;
                export jackfield:plugin/about@1.1.0;
                export jackfield:plugin/driving@1.1.0;
            }",
        world: "jackfield:host-executor/executor",
        exports: { default: async },
        additional_derives: [Clone, PartialEq, serde::Serialize, serde::Deserialize],
    });
}

/// What executors export since 1.1.0. Of one that does not, the host judges by what it starts.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::restriction)]
pub(crate) mod instructing {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "package jackfield:host-instructing;
            world instructing-part {
                export jackfield:plugin/instructing@1.1.0;
            }",
        world: "jackfield:host-instructing/instructing-part",
        exports: { default: async },
    });
}

/// The `chooser` world.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::restriction)]
pub(crate) mod chooser {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "chooser",
        exports: { default: async },
        additional_derives: [Clone, PartialEq, serde::Serialize, serde::Deserialize],
        with: {
            "jackfield:plugin/types": super::executor::jackfield::plugin::types,
            "jackfield:plugin/log": super::executor::jackfield::plugin::log,
        },
    });
}

/// The `compressor` world.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::restriction)]
pub(crate) mod compressor {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "compressor",
        exports: { default: async },
        additional_derives: [Clone, PartialEq, serde::Serialize, serde::Deserialize],
        with: {
            "jackfield:plugin/types": super::executor::jackfield::plugin::types,
            "jackfield:plugin/log": super::executor::jackfield::plugin::log,
        },
    });
}

/// The `judge` world.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::restriction)]
pub(crate) mod judge {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "judge",
        exports: { default: async },
        additional_derives: [Clone, PartialEq, serde::Serialize, serde::Deserialize],
        with: {
            "jackfield:plugin/types": super::executor::jackfield::plugin::types,
            "jackfield:plugin/log": super::executor::jackfield::plugin::log,
            "jackfield:plugin/reporting": super::compressor::jackfield::plugin::reporting,
        },
    });
}

/// The `gate` world.
#[allow(missing_docs, unreachable_pub, clippy::all, clippy::restriction)]
pub(crate) mod gate {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "gate",
        imports: { "jackfield:plugin/evidence": async | trappable },
        exports: { default: async },
        additional_derives: [Clone, PartialEq, serde::Serialize, serde::Deserialize],
        with: {
            "jackfield:plugin/types": super::executor::jackfield::plugin::types,
            "jackfield:plugin/log": super::executor::jackfield::plugin::log,
        },
    });
}

/// How one agent program is driven: what an executor is asked and what it answers.
pub mod driving {
    pub use super::executor::exports::jackfield::plugin::driving::{
        Access, Capabilities, Command, Description, Ending, Event, Exit, File, FileChange, Folders, Health,
        Limit, Model, Outcome, Place, Probe, ProbeResult, Program, Request, Retrying, Started, ToolCall,
        ToolResult, Value, Variable,
    };
}

/// Whom to ask, and what next: what a chooser is asked and what it answers.
pub mod choosing {
    pub use super::chooser::exports::jackfield::plugin::choosing::{
        Budget, Candidate, Choice, Consensus, Past, Step, Task,
    };
}

/// How short an answer is: what a compressor offers.
pub mod compressing {
    pub use super::compressor::exports::jackfield::plugin::compressing::Level;
}

/// May a task advance: what a gate is asked, what it may look at, and what it answers.
pub mod gating {
    pub use super::gate::exports::jackfield::plugin::gating::{GateKind, Measurement, Ruling};
    pub use super::gate::jackfield::plugin::evidence::{Artifact, ChangedPath, CommandResult};
}

/// How results compare: what a judge is asked and what it answers.
pub mod judging {
    pub use super::judge::exports::jackfield::plugin::judging::{
        Agreement, Comparison, Difference, Rating, ResultInQuestion,
    };
}

/// What happened, as told to compressors and judges.
pub mod reporting {
    pub use super::compressor::jackfield::plugin::reporting::{ChangedFile, Check, Link, Report, State};
}

/// What more than one world speaks of.
pub mod types {
    pub use super::executor::jackfield::plugin::types::{
        BreakerState, ChangeKind, DeliveredAxis, Effort, Failure, FailureClass, Login, ProcessAxis, Rates,
        Role, Tier, Usage, Verdict, VerifiedAxis,
    };
}

/// Names of the capabilities, in the order of the WIT.
const CAPABILITIES: [(&str, driving::Capabilities); 5] = [
    ("resume", driving::Capabilities::RESUME),
    ("streaming", driving::Capabilities::STREAMING),
    ("mcp", driving::Capabilities::MCP),
    ("budget", driving::Capabilities::BUDGET),
    ("free", driving::Capabilities::FREE),
];

/// As a list of names; the generated flags type does not serialise by itself.
impl Serialize for driving::Capabilities {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer
            .collect_seq(CAPABILITIES.iter().filter(|(_, flag)| self.contains(*flag)).map(|(name, _)| name))
    }
}

impl<'de> Deserialize<'de> for driving::Capabilities {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let names = Vec::<String>::deserialize(deserializer)?;
        names.iter().try_fold(Self::empty(), |all, name| {
            let known = CAPABILITIES.iter().find(|(known, _)| known == name);
            known
                .map(|(_, flag)| all | *flag)
                .ok_or_else(|| serde::de::Error::custom(format!("'{name}' is not a capability")))
        })
    }
}
