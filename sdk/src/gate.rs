//! A gate: may the task advance.
//!
//! ```
//! use jackfield_sdk::gate::{Evidence, Gate, GateKind, Ruling, kind, ruling};
//!
//! struct Readme;
//!
//! impl Gate for Readme {
//!     fn kinds() -> Vec<GateKind> {
//!         vec![kind("readme", "There is a README.", r#"{"type":"object","examples":[{}]}"#)]
//!     }
//!
//!     fn evaluate(kind: &str, config: &str, evidence: &dyn Evidence) -> Result<Ruling, String> {
//!         if (kind, config) != ("readme", "{}") {
//!             return Err("there is no such gate, or it takes no config".to_string());
//!         }
//!         let found = evidence.files("README*")?;
//!         Ok(ruling(!found.is_empty(), format!("{} README", found.len())))
//!     }
//! }
//!
//! jackfield_sdk::gate!(Readme);
//! ```

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

/// What `wit/gate.wit` says, as Rust, but for `about`, which all kinds share.
#[doc(hidden)]
#[allow(missing_docs, unsafe_code, unreachable_pub, clippy::all, clippy::pedantic, reason = "generated")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "package jackfield:sdk-gate;
            world gate-part {
                import jackfield:plugin/log@1.1.0;
                import jackfield:plugin/evidence@1.1.0;
                export jackfield:plugin/gating@1.1.0;
            }",
        world: "jackfield:sdk-gate/gate-part",
        additional_derives: [PartialEq],
        generate_all,
        pub_export_macro: true,
        default_bindings_module: "jackfield_sdk::gate::bindings",
    });
}

pub use bindings::exports::jackfield::plugin::gating::{GateKind, Measurement, Ruling};
pub use bindings::jackfield::plugin::evidence::{Artifact, ChangedPath, CommandResult};
pub use bindings::jackfield::plugin::log::{Level, log};
pub use bindings::jackfield::plugin::types::ChangeKind;

/// What rules on a task.
pub trait Gate {
    /// The kinds of gate that it has, by name.
    fn kinds() -> Vec<GateKind>;

    /// What it rules on this evidence. `config` is JSON.
    ///
    /// # Errors
    /// What is wrong with the kind or the config, whatever the evidence is.
    fn evaluate(kind: &str, config: &str, evidence: &dyn Evidence) -> Result<Ruling, String>;
}

/// What a gate may look at. In service the host answers; a test can answer for itself.
pub trait Evidence {
    /// Paths of the worktree's files that match a glob, in order.
    ///
    /// # Errors
    /// What is wrong with the pattern, or that too many match.
    fn files(&self, pattern: &str) -> Result<Vec<String>, String>;

    /// At most so many bytes from the beginning of a file.
    ///
    /// # Errors
    /// Why not.
    fn read(&self, path: &str, most: u32) -> Result<Vec<u8>, String>;

    /// What the attempt left beside its files.
    fn artifacts(&self) -> Vec<Artifact>;

    /// A figure of the attempt, such as `files-changed`.
    fn metric(&self, name: &str) -> Option<f64>;

    /// The acceptance checks, in the order in which they ran.
    fn commands(&self) -> Vec<CommandResult>;

    /// Every file that the attempt changed, those that it deleted too.
    ///
    /// # Errors
    /// Why they cannot be told: a gate that protects files does not pass then.
    fn changed(&self) -> Result<Vec<ChangedPath>, String>;

    /// At most so many bytes of the diff, from the byte `start` on; empty: there is no more of it.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn diff(&self, start: u64, most: u32) -> Result<Vec<u8>, String>;
}

/// The host's answers.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct OfHost;

impl Evidence for OfHost {
    fn files(&self, pattern: &str) -> Result<Vec<String>, String> {
        bindings::jackfield::plugin::evidence::files(pattern)
    }

    fn read(&self, path: &str, most: u32) -> Result<Vec<u8>, String> {
        bindings::jackfield::plugin::evidence::read(path, most)
    }

    fn artifacts(&self) -> Vec<Artifact> {
        bindings::jackfield::plugin::evidence::artifacts()
    }

    fn metric(&self, name: &str) -> Option<f64> {
        bindings::jackfield::plugin::evidence::metric(name)
    }

    fn commands(&self) -> Vec<CommandResult> {
        bindings::jackfield::plugin::evidence::commands()
    }

    fn changed(&self) -> Result<Vec<ChangedPath>, String> {
        bindings::jackfield::plugin::evidence::changed()
    }

    fn diff(&self, start: u64, most: u32) -> Result<Vec<u8>, String> {
        bindings::jackfield::plugin::evidence::diff(start, most)
    }
}

/// A kind: its name, what it is, and the JSON Schema of its config, whose `examples` are tried before the component
/// serves.
pub fn kind(name: &str, summary: &str, schema: &str) -> GateKind {
    GateKind { name: name.to_owned(), summary: summary.to_owned(), schema: schema.to_owned() }
}

/// A ruling that measures nothing: whether it passed, and why, for a person and for the next agent.
pub fn ruling(passed: bool, message: impl Into<String>) -> Ruling {
    Ruling { passed, message: message.into(), measurements: Vec::new() }
}

/// Makes a gate the component of this crate: its name, version and summary are those of `Cargo.toml`.
#[macro_export]
macro_rules! gate {
    ($gate:ty) => {
        const _: () = {
            use $crate::gate::bindings::exports::jackfield::plugin::gating;
            use $crate::gate::{Gate, GateKind, OfHost, Ruling};

            struct Component;

            $crate::about!(Component);

            impl gating::Guest for Component {
                fn kinds() -> Vec<GateKind> {
                    <$gate as Gate>::kinds()
                }

                fn evaluate(kind: String, config: String) -> Result<Ruling, String> {
                    <$gate as Gate>::evaluate(&kind, &config, &OfHost)
                }
            }

    $crate::gate::bindings::export!(Component with_types_in $crate::gate::bindings);
        };
    };
}
