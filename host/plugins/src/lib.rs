//! Components in service: loaded, limited, swapped and called. The only crate that names wasmtime.
//!
//! [`Plugins::open`] takes the embedded components and those in the drop folder into service;
//! [`Plugins::watch`] follows the folder from then on. Every answer comes as [`Called`], with the
//! digest of the component that gave it; every change of what serves is told to the observer as a
//! [`PluginEvent`].
//!
//! What holds everywhere in here:
//! - a fresh instance for every call; one instance for one attempt ([`Drive`]);
//! - no engine without a ticker, no store without limits, no wait without a deadline;
//! - a store in which something went wrong is dropped and never entered again;
//! - no call waits for a compilation, and none fails because of a swap;
//! - a component reaches `log` and a WASI that grants nothing, a gate its evidence, and nothing else.
//!
//! This crate knows no database, starts no process and reads no file but components and its own
//! folder.

mod adapter;
mod alone;
mod apart;
mod asking;
mod background;
mod call;
mod code;
mod code_file;
mod compile;
mod component_parser;
mod contract;
mod convert;
mod drive;
mod dropped;
mod engine;
mod error;
mod evidence;
mod examine;
#[allow(missing_docs)]
pub mod facts;
mod files;
mod folder;
mod grants;
mod guest;
mod limits;
mod listing;
mod load;
mod lock;
mod looking;
mod machine;
mod makeup;
mod manager;
mod memory;
mod notes;
mod optimise;
mod options;
mod orders;
mod pace;
mod plugins;
mod policies;
mod publish;
mod question;
mod reconcile;
mod report;
mod samples;
mod sandbox;
mod serve;
mod settle;
mod signature;
mod slots;
mod stamp;
mod standing;
mod stats;
mod ticker;
mod trace;
mod trial;
mod version;
mod views;
mod watch;
mod words;

pub use alone::{CompileLimits, compile_alone};
pub use apart::{Apart, NotCompiled};
pub use asking::Asking;
pub use drive::Drive;
pub use error::{Misbehaviour, PluginError, Violation};
pub use evidence::{Evidence, NoEvidence};
pub use grants::{Grant, Grants};
pub use limits::{KindLimits, Limits};
pub use memory::MemoryUse;
pub use options::{Embedded, FailureMode, FailureModes, LockUse, MemoryScan, Observer, Options, Service};
pub use orders::Orders;
pub use plugins::Plugins;
pub use policies::Policies;
pub use report::{
    Called, Change, CheckReport, CheckVerdict, Compiled, ExecutorInfo, FileInspection, GateInfo, Inspection,
    Instead, LevelInfo, Makeup, PluginEvent, PluginStatus, Producer, Replaces, Said, Setting, State,
    StepTime, shown,
};
pub use samples::request as sample_request;
pub use signature::{check_public_key, keygen, sign, signature_of};
pub use stats::{Counted, Figures, LATENCY_BOUNDS};
pub use trace::TRACE_TARGET;
pub use trial::Trial;
pub use views::{ServerView, view_of_server};
