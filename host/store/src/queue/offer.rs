//! What a worker offers, and the limits that a claim keeps.

use jackfield_types::{WorkerId, WorkspaceId};
use std::collections::BTreeMap;
use std::time::Duration;

/// The capacity that a worker offers.
#[derive(Debug, Clone)]
pub struct Offer {
    /// The worker.
    pub worker: WorkerId,
    /// The holder of its attempts: a host instance, or the worker itself.
    pub holder: String,
    /// Its free slots.
    pub free: u32,
    /// Its executors; `None` if it has those of the host.
    pub executors: Option<Vec<String>>,
    /// Its workspaces; `None` if it works in all.
    pub workspaces: Option<Vec<WorkspaceId>>,
    /// Claim only runs that are reserved for it by affinity.
    pub only_own: bool,
    /// It is remote: its attempts are known only from its reports.
    pub elsewhere: bool,
}

/// Limits of parallel attempts.
#[derive(Debug, Clone, Default)]
pub struct Caps {
    /// On this machine; a remote worker has its own slots.
    pub local: Option<u32>,
    /// Of each executor named here, on all workers.
    pub executors: BTreeMap<String, u32>,
    /// Of any other executor.
    pub executor: u32,
    /// In each workspace named here.
    pub workspaces: BTreeMap<WorkspaceId, u32>,
    /// The time in the queue that raises a run's priority by one.
    pub aging: Duration,
}
