//! Which process it is, so that no other is ever taken for it.

use crate::status::{self, Fate};
use crate::table;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How the processes of an agent are kept together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Containment {
    /// In a PID namespace of their own: when its first process ends, the kernel ends all others.
    PidNamespace,
    /// Found by parentage, group, session, tag and output files, and ended one by one. A process that
    /// sheds all five before anybody looked is lost sight of.
    Tracked,
}

/// An agent's leading process, as recorded before the agent exists.
///
/// A pid alone means nothing: it is given again. Start time and boot make it one process for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The leading process: the one that waits for the agent, not the agent itself.
    pub pid: i32,
    /// The process group of the leader and of the agent.
    pub pgid: i32,
    /// When the leader started, in clock ticks since boot (field 22 of `/proc/PID/stat`).
    pub start_ticks: u64,
    /// `/proc/sys/kernel/random/boot_id`.
    pub boot_id: String,
    /// As in the spec.
    pub tag: String,
    /// How its tree is kept together.
    pub containment: Containment,
    /// As in the spec.
    pub stdout: PathBuf,
    /// As in the spec.
    pub stderr: PathBuf,
    /// As in the spec.
    pub status: PathBuf,
    /// Folders of the control groups that hold its tree, where its memory or CPUs are limited.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cgroups: Vec<PathBuf>,
}

impl Identity {
    /// Whether exactly this process is there and has not ended.
    pub fn is_alive(&self) -> bool {
        self.is_this_boot()
            && table::entry(self.pid)
                .is_some_and(|entry| entry.start_ticks == self.start_ticks && !entry.ended)
    }

    /// What it left word of, alive or not.
    pub fn fate(&self) -> Fate {
        status::read(&self.status)
    }

    /// Whether the machine has been up since it was recorded: pids of another boot mean nothing.
    pub(crate) fn is_this_boot(&self) -> bool {
        table::boot_id().is_some_and(|boot_id| boot_id == self.boot_id)
    }
}
