//! States of runs and attempts, and the transitions between them. `task.rs` has those of tasks.

use crate::words::words;

words! {
    /// Where a run is in its life.
    RunState {
        /// Waits for a slot.
        Queued = "queued",
        /// An attempt is at work.
        Running = "running",
        /// A person has been asked.
        Waiting = "waiting",
        /// Done, and called so by the table of truth.
        Succeeded = "succeeded",
        /// Done, and did not deliver.
        Failed = "failed",
        /// Ended on request.
        Cancelled = "cancelled",
    }
}

impl RunState {
    /// Nothing follows.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// Whether a run may go from here to `next`.
    pub const fn may_become(self, next: Self) -> bool {
        match self {
            Self::Queued => matches!(next, Self::Running | Self::Failed | Self::Cancelled),
            // Back to the queue for another attempt, or to a person.
            Self::Running => !matches!(next, Self::Running),
            // The person's answer sends it back to work, takes it as it is, or gives it up.
            Self::Waiting => !matches!(next, Self::Running | Self::Waiting),
            Self::Succeeded | Self::Failed | Self::Cancelled => false,
        }
    }
}

words! {
    /// Where an attempt is in its life.
    AttemptState {
        /// Committed, money reserved, no process yet.
        Planned = "planned",
        /// Its process is known.
        Running = "running",
        /// Settled: outcome, cost and release are recorded.
        Settled = "settled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_state_table_allows_these_transitions_and_no_others() {
        use RunState::{Cancelled, Failed, Queued, Running, Succeeded, Waiting};
        let all = [Queued, Running, Waiting, Succeeded, Failed, Cancelled];
        let table = [
            // A run succeeds only by running, and what a person sent back waits for its turn.
            (Queued, "- x - - x x"),
            (Running, "x - x x x x"),
            (Waiting, "x - - x x x"),
            (Succeeded, "- - - - - -"),
            (Failed, "- - - - - -"),
            (Cancelled, "- - - - - -"),
        ];
        for (from, row) in table {
            let row: Vec<bool> = row.split(' ').map(|cell| cell == "x").collect();
            assert_eq!(row.len(), all.len());
            assert_eq!(from.is_final(), !row.contains(&true), "{from}");
            for (to, allowed) in all.into_iter().zip(row) {
                assert_eq!(from.may_become(to), allowed, "{from} -> {to}");
            }
            assert_eq!(RunState::parse(from.as_str()), Some(from));
        }
    }
}
