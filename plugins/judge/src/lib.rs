//! Jackfield's own judge: how several results of one task compare, and how good one is.
//!
//! The policy in one breath: whatever failed, or whose checks failed, does not win; checks that
//! passed win over none; then what most agree on, then the smaller change that covers the files
//! most agree on, then the cheaper, the quicker. Where nothing was checked and nothing is common to
//! any two, a person should decide, and where all failed nobody wins.
//!
//! Invariants: every answer is a pure function of the facts; the order in which results come
//! changes nothing but their indices; what an agent wrote is compared and quoted, never believed
//! over what the host knows; work and output are bounded whatever a diff holds, and what was not
//! read agrees with nothing but its exact like.

#![cfg_attr(target_family = "wasm", no_std)]

extern crate alloc;

mod agreement;
mod bindings;
#[cfg(target_family = "wasm")]
mod component;
mod names;
#[cfg(test)]
mod order;
mod patch;
mod rating;
#[cfg(test)]
mod sample;
mod seen;
mod standing;
mod told;
mod winner;
mod words;

/// What a judge is given and what it answers, as `wit/judge.wit` has it.
pub mod facts {
    pub use crate::bindings::exports::jackfield::plugin::judging::{
        Agreement, Comparison, Difference, Rating, ResultInQuestion,
    };
    pub use crate::bindings::jackfield::plugin::reporting::{ChangedFile, Check, Link, Report, State};
    pub use crate::bindings::jackfield::plugin::types::{
        ChangeKind, DeliveredAxis, Failure, FailureClass, ProcessAxis, Usage, VerifiedAxis,
    };
}

pub use rating::{dimensions, rate};

use alloc::vec::Vec;
use facts::{Comparison, ResultInQuestion};
use seen::{Seen, see};

/// How results compare. Those that can win are compared with each other; where fewer than two can,
/// all are, so that a person sees what the others did.
pub fn compare(results: &[ResultInQuestion]) -> Comparison {
    let seen = see(results);
    let standing: Vec<&Seen<'_>> = seen.iter().filter(|one| one.fault.is_none()).collect();
    let compared = if standing.len() < 2 { seen.iter().collect() } else { standing.clone() };
    let agreement = agreement::agreement(&compared);
    let (winner, reason) = winner::choose(&seen, &standing, agreement);
    let (points_of_agreement, differences) = told::told(&compared);
    Comparison { agreement, winner, reason, points_of_agreement, differences }
}

jackfield_sdk::runtime!();
