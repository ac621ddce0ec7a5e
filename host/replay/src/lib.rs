//! Replay: a component is asked again what others were asked, with the same facts, time and seed.
//!
//! The one that made a decision makes it again to the last word: nothing that it could see has changed. Another one
//! may choose otherwise, and what that would have come to is told from what is on record of like work, with bounds
//! that grow where little is known (`estimate.rs`).

pub mod again;
pub mod describe;
pub mod estimate;
pub mod shadow;

pub use again::{Difference, again, shadow_name};

use jackfield_api::ChangedChoice;
use jackfield_types::TaskId;
use std::collections::BTreeMap;

/// Decisions read at once.
pub const PAGE: u32 = 500;
/// Changes and failures that are told.
pub const MOST_TOLD: usize = 20;

/// What changed, and how often.
#[derive(Default)]
pub struct Changes(BTreeMap<(String, String), (u64, Option<TaskId>)>);

impl Changes {
    /// Counts a changed answer.
    pub fn count(&mut self, from: String, to: String, example: Option<TaskId>) {
        self.0.entry((from, to)).or_insert((0, example)).0 += 1;
    }

    /// The most frequent first.
    pub fn told(self) -> Vec<ChangedChoice> {
        let mut told: Vec<_> = self
            .0
            .into_iter()
            .map(|((from, to), (count, example))| ChangedChoice { from, to, count, example })
            .collect();
        told.sort_by_key(|change| std::cmp::Reverse(change.count));
        told.truncate(MOST_TOLD);
        told
    }
}
