//! Workers and the queue as text for people.

use super::table::{table, when};
use jackfield_api::{WorkerLine, WorkersStatus};

/// The workers and the queue.
pub fn workers(status: &WorkersStatus) -> String {
    let row = |worker: &WorkerLine| {
        [
            worker.name.clone(),
            worker.kind.clone(),
            worker.state.clone(),
            worker.busy.to_string(),
            worker.slots.to_string(),
            when(worker.heartbeat_at),
        ]
    };
    let heads = ["WORKER", "WHERE", "STATE", "BUSY", "SLOTS", "HEARD OF (UTC)"];
    let mut lines = vec![match status.workers.is_empty() {
        true => "no worker is on record".to_owned(),
        false => table(heads, status.workers.iter().map(row)),
    }];
    lines.push(match status.queue_length {
        0 => "nothing waits".to_owned(),
        waiting => format!("{waiting} run(s) wait"),
    });
    lines.push(format!("of the last runs {:.0} % failed", status.failure_rate * 100.0));
    lines.extend(status.warnings.iter().map(|warning| format!("warning: {warning}")));
    lines.join("\n")
}
