//! What the host tells about plugins: states, receipts, listings and the answers of a check.
//!
//! Plain data that serialises; nothing here holds a component alive.

mod answer;
mod check;
mod event;
mod inspection;
mod makeup;
mod offered;
mod path;
mod state;
mod status;

pub use answer::{Called, Instead, Said};
pub use check::{CheckReport, CheckVerdict};
pub use event::{Change, PluginEvent};
pub use inspection::{FileInspection, Inspection, Setting};
pub use makeup::{Makeup, Producer};
pub use offered::{ExecutorInfo, GateInfo, LevelInfo};
pub use path::shown;
pub use state::{Compiled, State, StepTime};
pub use status::{PluginStatus, Replaces};
