//! The fuzzed parts, taken from the host's own sources by path: the engine of components would have to be
//! compiled with them otherwise, which takes longer than all the fuzzing.

#[allow(dead_code, unreachable_pub)]
#[path = "../../host/plugins/src/component_parser.rs"]
mod component_parser;
#[allow(dead_code, unreachable_pub)]
#[path = "../../host/plugins/src/contract.rs"]
mod contract;
#[allow(dead_code, unreachable_pub)]
#[path = "../../host/plugins/src/makeup.rs"]
mod makeup;

pub mod answers;
pub mod facts;
pub mod loader;
pub mod reading;

/// What `contract.rs` takes from the host: who a component says it is.
mod code {
    #[derive(Debug, arbitrary::Arbitrary)]
    pub(crate) struct Identity {
        pub(crate) name: String,
        pub(crate) version: String,
        pub(crate) summary: String,
    }
}

/// What `makeup.rs` takes from the host: what it fills.
#[allow(dead_code)]
mod report {
    #[derive(Debug)]
    pub struct Makeup {
        pub size: u64,
        pub modules: u32,
        pub wit: Option<String>,
        pub languages: Vec<String>,
        pub producers: Vec<Producer>,
    }

    #[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub struct Producer {
        pub name: String,
        pub version: String,
    }
}
