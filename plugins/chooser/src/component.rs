//! The policy as a component: the world's exports, and notes that go to the operator's log.

#![allow(unsafe_code, reason = "the canonical ABI of the exports is generated")]

use crate::bindings::exports::jackfield::plugin::{about, choosing};
use crate::bindings::jackfield::plugin::log;
use crate::facts::{Budget, Candidate, Choice, Past, Step, Task, Timestamp};
use alloc::borrow::ToOwned;
use alloc::vec::Vec;

struct Component;

impl about::Guest for Component {
    fn identify() -> about::Identity {
        about::Identity {
            name: "chooser".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            summary:
                "Sends plans and reviews to the strongest models, work to the workhorses, and failures one \
                      rung up."
                    .to_owned(),
        }
    }
}

impl choosing::Guest for Component {
    fn choose(now: Timestamp, task: Task, candidates: Vec<Candidate>, budget: Budget) -> Vec<Choice> {
        let chosen = crate::choose(now, &task, &candidates, &budget);
        let level = if chosen.choices.is_empty() { log::Level::Warn } else { log::Level::Debug };
        chosen.notes.iter().for_each(|note| log::log(level, note));
        if let Some(best) = chosen.choices.first() {
            log::log(log::Level::Info, &best.reason);
        }
        chosen.choices
    }

    fn next(
        now: Timestamp,
        task: Task,
        history: Vec<Past>,
        candidates: Vec<Candidate>,
        budget: Budget,
    ) -> Step {
        let step = crate::next(now, &task, &history, &candidates, &budget);
        let told = match &step {
            Step::Done(why) | Step::Human(why) | Step::Stop(why) => why,
            Step::Retry(choice) => &choice.reason,
            Step::Consensus(consensus) => &consensus.reason,
        };
        log::log(log::Level::Info, told);
        step
    }
}

crate::bindings::export!(Component with_types_in crate::bindings);
