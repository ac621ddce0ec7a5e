//! A chooser with the whole standard library, and so with all of WASI to import.

#![allow(unsafe_code)]

use exports::jackfield::plugin::{about, choosing};
pub use jackfield::plugin::types::Effort;

wit_bindgen::generate!({
    path: "../../../../../../wit",
    world: "chooser",
    pub_export_macro: true,
    export_macro_name: "export_chooser",
});

/// What a guest does in service, and what it has to tell of it.
pub trait Hostile {
    /// Asked for the reason of a choice.
    fn act() -> String;
}

/// Who every guest here is.
pub fn identity() -> about::Identity {
    about::Identity { name: "hostile".into(), version: "6.6.6".into(), summary: "Means no good.".into() }
}

/// A choice with that reason.
pub fn choice(reason: String) -> choosing::Choice {
    choosing::Choice { candidate: 0, effort: Effort::Low, reason }
}

/// Makes a component of a guest.
#[macro_export]
macro_rules! guest {
    ($guest:ident) => {
        use $crate::exports::jackfield::plugin::{about, choosing};

        impl about::Guest for $guest {
            fn identify() -> about::Identity {
                $crate::identity()
            }
        }

        impl choosing::Guest for $guest {
            fn choose(
                _: u64,
                _: choosing::Task,
                candidates: Vec<choosing::Candidate>,
                _: choosing::Budget,
            ) -> Vec<choosing::Choice> {
                match candidates.first() {
                    Some(first) if !first.executor.starts_with("sample-") => {
                        vec![$crate::choice(<$guest as $crate::Hostile>::act())]
                    }
                    _ => Vec::new(),
                }
            }

            fn next(
                _: u64,
                _: choosing::Task,
                _: Vec<choosing::Past>,
                _: Vec<choosing::Candidate>,
                _: choosing::Budget,
            ) -> choosing::Step {
                choosing::Step::Done("it is done".into())
            }
        }

        $crate::export_chooser!($guest with_types_in $crate);
    };
}
