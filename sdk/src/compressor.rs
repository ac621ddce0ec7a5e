//! A compressor: how short an answer is.
//!
//! ```
//! use jackfield_sdk::compressor::{Compressor, Level, Report, level};
//!
//! struct Headline;
//!
//! impl Compressor for Headline {
//!     fn levels() -> Vec<Level> {
//!         vec![level("headline", 40, "One line")]
//!     }
//!
//!     fn compress(_level: &str, report: &Report) -> String {
//!         jackfield_sdk::first_line(&report.answer, 80)
//!     }
//! }
//!
//! jackfield_sdk::compressor!(Headline);
//! ```

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// What `wit/compressor.wit` says, as Rust, but for `about`, which all kinds share.
#[doc(hidden)]
#[allow(missing_docs, unsafe_code, unreachable_pub, clippy::all, clippy::pedantic, reason = "generated")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "package jackfield:sdk-compressor;
            world compressor-part {
                import jackfield:plugin/log@1.1.0;
                export jackfield:plugin/compressing@1.1.0;
            }",
        world: "jackfield:sdk-compressor/compressor-part",
        additional_derives: [PartialEq],
        generate_all,
        pub_export_macro: true,
        default_bindings_module: "jackfield_sdk::compressor::bindings",
    });
}

pub use bindings::exports::jackfield::plugin::compressing::{Level, Report};
pub use bindings::jackfield::plugin::log::{Level as LogLevel, log};
pub use bindings::jackfield::plugin::reporting::{
    ChangeKind, ChangedFile, Check, DeliveredAxis, Failure, Link, ProcessAxis, State, Usage, VerifiedAxis,
};

/// What makes reports short.
pub trait Compressor {
    /// The levels that it offers, by name.
    fn levels() -> Vec<Level>;

    /// A report at one of these levels.
    fn compress(level: &str, report: &Report) -> String;
}

/// A level: its name, the tokens that an answer of it should take (0: no bound), and what it is.
pub fn level(name: &str, token_budget: u32, summary: &str) -> Level {
    Level { name: name.to_owned(), token_budget, summary: summary.to_owned() }
}

/// Makes a compressor the component of this crate: its name, version and summary are those of `Cargo.toml`.
#[macro_export]
macro_rules! compressor {
    ($compressor:ty) => {
        const _: () = {
            use $crate::compressor::bindings::exports::jackfield::plugin::compressing;
            use $crate::compressor::{Compressor, Level, Report};

            struct Component;

            $crate::about!(Component);

            impl compressing::Guest for Component {
                fn levels() -> Vec<Level> {
                    <$compressor as Compressor>::levels()
                }

                fn compress(level: String, report: Report) -> String {
                    <$compressor as Compressor>::compress(&level, &report)
                }
            }

    $crate::compressor::bindings::export!(Component with_types_in $crate::compressor::bindings);
        };
    };
}
