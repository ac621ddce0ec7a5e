//! A chooser that takes the last candidate, or does what the task's type says.

#![no_std]
#![allow(unsafe_code)]

extern crate alloc;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

jackfield_sdk::runtime!();

wit_bindgen::generate!({ path: "../../../../wit", world: "chooser" });

use exports::jackfield::plugin::about;
use exports::jackfield::plugin::choosing::{self, Budget, Candidate, Choice, Past, Step, Task};
use jackfield::plugin::types::{Effort, Timestamp};

struct Guest;

impl about::Guest for Guest {
    fn identify() -> about::Identity {
        about::Identity {
            name: guests::text(guests::NAME),
            version: guests::text(guests::VERSION),
            summary: "Does as it is told.".to_string(),
        }
    }
}

impl choosing::Guest for Guest {
    fn choose(now: Timestamp, task: Task, candidates: Vec<Candidate>, _: Budget) -> Vec<Choice> {
        guests::behave(&task.task_type);
        let Some(last) = (candidates.len() as u32).checked_sub(1) else { return Vec::new() };
        let choice = |candidate, reason: String| Choice { candidate, effort: Effort::Low, reason };
        if guests::told(&task.task_type) == "nobody" {
            return Vec::new();
        }
        if guests::told(&task.task_type) == "twice" {
            return vec![choice(last, "one".to_string()), choice(last, "two".to_string())];
        }
        vec![choice(last, format!("it is {now}"))]
    }

    fn next(_: Timestamp, task: Task, _: Vec<Past>, candidates: Vec<Candidate>, _: Budget) -> Step {
        guests::behave(&task.task_type);
        Step::Done(format!("{} candidates", candidates.len()))
    }
}

export!(Guest);
