//! Workers, as operators see them.

use jackfield_types::{Timestamp, WorkerId};
use serde::{Deserialize, Serialize};

/// Who carries runs out, and how it goes.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct WorkersStatus {
    /// Those that have not ended.
    pub workers: Vec<WorkerLine>,
    /// Runs that wait.
    pub queue_length: u64,
    /// Since when the longest of them has waited.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schemas", schemars(with = "Option<String>"))]
    pub oldest_queued_at: Option<Timestamp>,
    /// Of the last hundred runs that ended by themselves, the share that failed; 0 to 1.
    pub failure_rate: f64,
    /// What an operator should know.
    pub warnings: Vec<String>,
}

/// One worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct WorkerLine {
    /// Its id.
    pub id: WorkerId,
    /// The machine's name, or what the operator calls it.
    pub name: String,
    /// local or remote.
    pub kind: String,
    /// alive, stale (not heard of for a while) or gone (its process is no more).
    pub state: String,
    /// Attempts that it has in hand.
    pub busy: u32,
    /// Attempts that it makes at once.
    pub slots: u32,
    /// The executors that it has.
    pub executors: Vec<String>,
    /// When it began.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub started_at: Timestamp,
    /// When it was last heard of.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub heartbeat_at: Timestamp,
}

/// What to do about workers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WorkerAction {
    /// Only look.
    HealthCheck,
    /// Take over what workers that are gone have left.
    Rescue,
    /// The same, and forget workers that are gone.
    Cleanup,
}
