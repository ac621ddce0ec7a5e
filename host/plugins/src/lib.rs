//! Components in service: loaded, limited, swapped and called. The only crate that names wasmtime.

mod adapter;
mod anatomy;
mod call;
mod code;
mod compile;
mod contract;
mod convert;
mod drive;
mod engine;
pub mod error;
mod examine;
#[allow(missing_docs)]
pub mod facts;
mod folder;
mod guest;
mod house;
mod listing;
mod load;
mod machine;
mod optimise;
mod options;
mod plugins;
mod question;
mod report;
mod samples;
mod sandbox;
mod serve;
mod settle;
mod slots;
mod ticker;
mod version;
mod watch;

pub use drive::Drive;
pub use error::{Deed, Misbehaviour, PluginError};
pub use options::{
    Embedded, FailureMode, FailureModes, Grant, Grants, KindLimits, Limits, MemoryScan, Observer, Options,
};
pub use plugins::Plugins;
pub use report::{
    Called, Change, CheckReport, CheckVerdict, Compiled, ExecutorInfo, Inspection, Instead, LevelInfo,
    PluginEvent, PluginStatus, State, StepTime,
};
