//! States and the transitions between them.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! states {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant),+ }

        impl $name {
            /// As stored and shown.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The state that is written so, if there is one.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

states! {
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

states! {
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

states! {
    /// Where a task is in its life.
    TaskState {
        /// Not to be started yet.
        Pending = "pending",
        /// May be started.
        Ready = "ready",
        /// A run is at work on it.
        InProgress = "in_progress",
        /// Waits for a review.
        NeedsReview = "needs_review",
        /// Waits to be mended.
        NeedsImprovement = "needs_improvement",
        /// Waits for something else.
        Blocked = "blocked",
        /// Finished.
        Done = "done",
        /// Given up.
        Failed = "failed",
        /// Called off.
        Cancelled = "cancelled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_follows_a_final_state() {
        use RunState::{Cancelled, Failed, Queued, Running, Succeeded, Waiting};
        for from in [Queued, Running, Waiting, Succeeded, Failed, Cancelled] {
            for to in [Queued, Running, Waiting, Succeeded, Failed, Cancelled] {
                assert!(!from.is_final() || !from.may_become(to), "{from} -> {to}");
            }
            assert_eq!(RunState::parse(from.as_str()), Some(from));
        }
        assert!(!Queued.may_become(Succeeded), "a run succeeds only by running");
        assert!(!Waiting.may_become(Running), "what a person sent back waits for its turn");
    }
}
