//! A chooser that is well behaved in everything that a guest does not do otherwise.
//!
//! It knows the host's sample cases, and keeps to its manners while it is only being looked at.

#![no_std]
#![allow(unsafe_code)]

extern crate alloc;

pub use alloc::string::{String, ToString};
pub use alloc::vec;
pub use alloc::vec::Vec;
pub use exports::jackfield::plugin::about::Identity;
pub use exports::jackfield::plugin::choosing::{Choice, Consensus, Step};
pub use jackfield::plugin::log;
pub use jackfield::plugin::types::Effort;

jackfield_sdk::runtime!();

wit_bindgen::generate!({
    path: "../../../../../../wit",
    world: "chooser",
    pub_export_macro: true,
    export_macro_name: "export_chooser",
});

/// What a guest may do otherwise.
pub trait Hostile {
    /// At every question.
    fn identify() -> Identity {
        Identity { name: "hostile".into(), version: "6.6.6".into(), summary: "Means no good.".into() }
    }

    /// In service. `last` is the place of the last candidate.
    fn choose(last: u32) -> Vec<Choice> {
        vec![choice(last)]
    }

    /// In service.
    fn next() -> Step {
        Step::Done("it is done".into())
    }
}

/// One that nobody could object to.
pub fn choice(candidate: u32) -> Choice {
    Choice { candidate, effort: Effort::Low, reason: "it is there".into() }
}

/// Whether these are the facts of a sample case.
pub fn is_a_sample(executor: Option<&str>) -> bool {
    executor.is_none_or(|name| name.starts_with("sample-"))
}

/// Makes a component of a guest.
#[macro_export]
macro_rules! guest {
    ($guest:ident) => {
        use $crate::exports::jackfield::plugin::{about, choosing};

        impl about::Guest for $guest {
            fn identify() -> about::Identity {
                <$guest as $crate::Hostile>::identify()
            }
        }

        impl choosing::Guest for $guest {
            fn choose(
                _: u64,
                _: choosing::Task,
                candidates: $crate::Vec<choosing::Candidate>,
                _: choosing::Budget,
            ) -> $crate::Vec<choosing::Choice> {
                let last = (candidates.len() as u32).saturating_sub(1);
                if $crate::is_a_sample(candidates.first().map(|one| one.executor.as_str())) {
                    return candidates.first().map(|_| $crate::choice(last)).into_iter().collect();
                }
                <$guest as $crate::Hostile>::choose(last)
            }

            fn next(
                _: u64,
                _: choosing::Task,
                _: $crate::Vec<choosing::Past>,
                candidates: $crate::Vec<choosing::Candidate>,
                _: choosing::Budget,
            ) -> choosing::Step {
                if $crate::is_a_sample(candidates.first().map(|one| one.executor.as_str())) {
                    return choosing::Step::Done("it is done".into());
                }
                <$guest as $crate::Hostile>::next()
            }
        }

        $crate::export_chooser!($guest with_types_in $crate);
    };
}
