//! Jackfield's own chooser: whom to ask, and what next after an attempt.
//!
//! The policy in one breath: what is hard to undo (plans, designs, reviews, the largest tasks)
//! goes to the strongest tier, the rest to the workhorses, trifles to the light ones; among those
//! that can start, the record on like tasks, the price, the speed and the load decide. What was
//! done badly goes one rung up; what nobody could do better stops and says what to mend.
//!
//! Invariants: every answer is a pure function of the facts (no clock, no randomness, ties broken
//! by position), the shell is never chosen for anything but a command, planning never goes to a
//! light model, and whoever is passed over is named with the reason.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod bindings;
#[cfg(target_family = "wasm")]
mod component;
mod effort;
mod escalation;
mod policy;
mod price;
mod reason;
mod remedy;
#[cfg(test)]
mod sample;
mod score;
mod standing;
mod wanted;

/// The facts a chooser is given and the answers it gives, as `wit/chooser.wit` has them.
pub mod facts {
    pub use crate::bindings::exports::jackfield::plugin::choosing::{
        BreakerState, Budget, Candidate, Choice, Consensus, DeliveredAxis, Effort, FailureClass, Login,
        Micros, Millis, Past, Rates, Role, Step, Task, Tier, Timestamp, VerifiedAxis,
    };
}

pub use escalation::next;
pub use policy::{Chosen, choose};

jackfield_sdk::runtime!();
