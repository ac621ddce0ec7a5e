//! A judge: how several results of one task compare, and how good one is.
//!
//! ```
//! use jackfield_sdk::judge::{Agreement, Comparison, Judge, Rating, ResultInQuestion, comparison, rating};
//!
//! struct Same;
//!
//! impl Judge for Same {
//!     fn compare(results: &[ResultInQuestion]) -> Comparison {
//!         let same = results.windows(2).all(|pair| pair[0].diff == pair[1].diff);
//!         comparison(if same { Agreement::Full } else { Agreement::None }, None, "compared letter by letter")
//!     }
//!
//!     fn dimensions() -> Vec<String> {
//!         vec!["delivered".to_string()]
//!     }
//!
//!     fn rate(subject: &ResultInQuestion) -> Vec<Rating> {
//!         let score = if subject.diff.is_empty() { 0 } else { 1000 };
//!         vec![rating("delivered", score, "by whether anything was changed")]
//!     }
//! }
//!
//! jackfield_sdk::judge!(Same);
//! ```

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// What `wit/judge.wit` says, as Rust, but for `about`, which all kinds share.
#[doc(hidden)]
#[allow(missing_docs, unsafe_code, unreachable_pub, clippy::all, clippy::pedantic, reason = "generated")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "package jackfield:sdk-judge;
            world judge-part {
                import jackfield:plugin/log@1.1.0;
                export jackfield:plugin/judging@1.1.0;
            }",
        world: "jackfield:sdk-judge/judge-part",
        additional_derives: [PartialEq],
        generate_all,
        pub_export_macro: true,
        default_bindings_module: "jackfield_sdk::judge::bindings",
    });
}

pub use bindings::exports::jackfield::plugin::judging::{
    Agreement, Comparison, Difference, Rating, ResultInQuestion,
};
pub use bindings::jackfield::plugin::log::{Level, log};
pub use bindings::jackfield::plugin::reporting::{
    Check, DeliveredAxis, ProcessAxis, Report, State, VerifiedAxis,
};

/// What compares and rates results.
pub trait Judge {
    /// How two or more results of one task compare. Equal results are in full agreement.
    fn compare(results: &[ResultInQuestion]) -> Comparison;

    /// What it rates on, by name.
    fn dimensions() -> Vec<String>;

    /// How good one result is, on these dimensions, from 0 to 1000.
    fn rate(subject: &ResultInQuestion) -> Vec<Rating>;
}

/// A comparison that lists no points: agreement, the winner's place among the results, and why.
pub fn comparison(agreement: Agreement, winner: Option<u32>, reason: &str) -> Comparison {
    Comparison {
        agreement,
        winner,
        reason: reason.to_owned(),
        points_of_agreement: Vec::new(),
        differences: Vec::new(),
    }
}

/// A score on one dimension, from 0 to 1000, and why.
pub fn rating(dimension: &str, score: u16, reason: &str) -> Rating {
    Rating { dimension: dimension.to_owned(), score, reason: reason.to_owned() }
}

/// Makes a judge the component of this crate: its name, version and summary are those of `Cargo.toml`.
#[macro_export]
macro_rules! judge {
    ($judge:ty) => {
        const _: () = {
            use $crate::judge::bindings::exports::jackfield::plugin::judging;
            use $crate::judge::{Comparison, Judge, Rating, ResultInQuestion};

            struct Component;

            $crate::about!(Component);

            impl judging::Guest for Component {
                fn compare(results: Vec<ResultInQuestion>) -> Comparison {
                    <$judge as Judge>::compare(&results)
                }

                fn dimensions() -> Vec<String> {
                    <$judge as Judge>::dimensions()
                }

                fn rate(subject: ResultInQuestion) -> Vec<Rating> {
                    <$judge as Judge>::rate(&subject)
                }
            }

    $crate::judge::bindings::export!(Component with_types_in $crate::judge::bindings);
        };
    };
}
