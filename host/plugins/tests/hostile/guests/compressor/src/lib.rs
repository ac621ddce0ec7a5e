//! A compressor that is well behaved in everything that a guest does not do otherwise, and while the host
//! only looks at it.

#![no_std]
#![allow(unsafe_code)]

extern crate alloc;

pub use alloc::string::String;
pub use alloc::vec;
pub use alloc::vec::Vec;
pub use exports::jackfield::plugin::about::Identity;
pub use exports::jackfield::plugin::compressing::Level;
pub use jackfield::plugin::log;

jackfield_sdk::runtime!();

wit_bindgen::generate!({
    path: "../../../../../../wit",
    world: "compressor",
    pub_export_macro: true,
    export_macro_name: "export_compressor",
});

/// What a guest may do otherwise.
pub trait Hostile {
    /// At every question.
    fn levels() -> Vec<Level> {
        vec![level("hostile")]
    }

    /// In service.
    fn compress() -> String {
        "it is short".into()
    }
}

/// A level of that name.
pub fn level(name: &str) -> Level {
    Level { name: name.into(), token_budget: 10, summary: "Short.".into() }
}

/// Makes a component of a guest.
#[macro_export]
macro_rules! guest {
    ($guest:ident) => {
        use $crate::exports::jackfield::plugin::{about, compressing};

        impl about::Guest for $guest {
            fn identify() -> about::Identity {
                about::Identity {
                    name: "hostile".into(),
                    version: "6.6.6".into(),
                    summary: "Means no good.".into(),
                }
            }
        }

        impl compressing::Guest for $guest {
            fn levels() -> $crate::Vec<compressing::Level> {
                <$guest as $crate::Hostile>::levels()
            }

            fn compress(_: $crate::String, report: compressing::Report) -> $crate::String {
                if report.workspace == "sample" {
                    return "it is short".into();
                }
                <$guest as $crate::Hostile>::compress()
            }
        }

        $crate::export_compressor!($guest with_types_in $crate);
    };
}
