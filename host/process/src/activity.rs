//! Signs of life, from which the caller judges whether an agent is idle.

use crate::gate::WATCH_MARK;
use crate::identity::{Containment, Identity};
use crate::table::{self, Entry};
use serde::{Deserialize, Serialize};

/// What an agent has done until now. All but `processes` only ever grow, so any difference between two samples
/// is life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivitySample {
    /// Bytes in its two output files.
    pub output_bytes: u64,
    /// CPU time of its tree, in clock ticks (100 to the second on nearly every machine).
    pub cpu_ticks: u64,
    /// Its processes: more than one means that tools are running.
    pub processes: usize,
}

/// Looks at an agent; `None` when it has ended. Reads `/proc` for some milliseconds, so not on every event.
pub fn activity(identity: &Identity) -> Option<ActivitySample> {
    if !identity.is_alive() {
        return None;
    }
    let entries = table::snapshot();
    let mut tree = table::descendants(&entries, &[identity.pid]);
    tree.extend(entries.iter().filter(|entry| entry.session == identity.pid).map(|entry| entry.pid));
    let waits = |entry: &Entry| {
        entry.pid == identity.pid
            || (identity.containment == Containment::PidNamespace && entry.parent == identity.pid)
    };
    // What watches the lease looks at it each second, whatever the agent does.
    let watches = |entry: &&Entry| {
        tree.contains(&entry.pid) && !waits(entry) && table::command_line_has(entry.pid, WATCH_MARK)
    };
    let watchers: Vec<i32> = entries.iter().filter(watches).map(|entry| entry.pid).collect();
    let watchers = table::descendants(&entries, &watchers);
    let counts = |entry: &&Entry| tree.contains(&entry.pid) && !watchers.contains(&entry.pid);
    let members: Vec<_> = entries.iter().filter(counts).collect();
    let size = |path| std::fs::metadata(path).map_or(0, |data: std::fs::Metadata| data.len());
    Some(ActivitySample {
        output_bytes: size(&identity.stdout) + size(&identity.stderr),
        cpu_ticks: members.iter().map(|entry| entry.cpu_ticks).sum(),
        processes: members.iter().filter(|entry| !entry.ended && !waits(entry)).count(),
    })
}
