//! A judge that is well behaved in everything that a guest does not do otherwise, and while the host only
//! looks at it.

#![no_std]
#![allow(unsafe_code)]

extern crate alloc;

pub use alloc::string::String;
pub use alloc::vec;
pub use alloc::vec::Vec;
pub use exports::jackfield::plugin::judging::{Agreement, Comparison, Difference, Rating};

jackfield_sdk::runtime!();

wit_bindgen::generate!({
    path: "../../../../../../wit",
    world: "judge",
    pub_export_macro: true,
    export_macro_name: "export_judge",
});

/// What a guest may do otherwise.
pub trait Hostile {
    /// In service. `results` is how many there are.
    fn compare(_results: u32) -> Comparison {
        comparison()
    }

    /// At every question: what it says of equal results.
    fn equal() -> Agreement {
        Agreement::Full
    }

    /// At every question.
    fn dimensions() -> Vec<String> {
        vec!["dimension".into()]
    }

    /// In service.
    fn rate() -> Vec<Rating> {
        vec![rating("dimension", 500)]
    }

    /// What it says of a sample.
    fn rate_sample() -> Vec<Rating> {
        vec![rating("dimension", 500)]
    }
}

/// One that nobody could object to.
pub fn comparison() -> Comparison {
    Comparison {
        agreement: Agreement::Full,
        winner: Some(0),
        reason: "it is the first".into(),
        points_of_agreement: Vec::new(),
        differences: Vec::new(),
    }
}

/// A rating on that dimension.
pub fn rating(dimension: &str, score: u16) -> Rating {
    Rating { dimension: dimension.into(), score, reason: "so".into() }
}

/// Makes a component of a guest.
#[macro_export]
macro_rules! guest {
    ($guest:ident) => {
        use $crate::exports::jackfield::plugin::{about, judging};

        impl about::Guest for $guest {
            fn identify() -> about::Identity {
                about::Identity {
                    name: "hostile".into(),
                    version: "6.6.6".into(),
                    summary: "Means no good.".into(),
                }
            }
        }

        impl judging::Guest for $guest {
            fn compare(results: $crate::Vec<judging::ResultInQuestion>) -> judging::Comparison {
                if results.iter().any(|result| result.report.workspace == "sample") {
                    let agreement = <$guest as $crate::Hostile>::equal();
                    return judging::Comparison { agreement, ..$crate::comparison() };
                }
                <$guest as $crate::Hostile>::compare(results.len() as u32)
            }

            fn dimensions() -> $crate::Vec<$crate::String> {
                <$guest as $crate::Hostile>::dimensions()
            }

            fn rate(subject: judging::ResultInQuestion) -> $crate::Vec<judging::Rating> {
                if subject.report.workspace == "sample" {
                    return <$guest as $crate::Hostile>::rate_sample();
                }
                <$guest as $crate::Hostile>::rate()
            }
        }

        $crate::export_judge!($guest with_types_in $crate);
    };
}
