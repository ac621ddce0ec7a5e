//! What is read back: lists, statistics, and histories. Every answer is one snapshot.

pub(crate) mod ids;
mod newest;
mod quality;
mod recorded;
mod rounds;
mod run_list;
mod run_log;
pub(crate) mod runs;
mod snapshot;
mod stats;
mod tasks;
pub(crate) mod trail;
pub(crate) mod workspaces;

pub use quality::{JudgedRun, Quality};
pub use recorded::{RecordedDecision, RecordedOutcome};
pub use rounds::{Round, RoundAttempt};
pub use run_list::{RunFilter, RunPage};
pub use run_log::{EventPage, LogFilter};
pub use snapshot::Snapshot;
pub use stats::{ModelStats, Totals, UsageShare};
pub use tasks::{RunInFull, TaskFilter, TaskHistory, TaskPage, TaskSummary, TaskView};
