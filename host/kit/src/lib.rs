//! The author's kit: what somebody needs who writes a component.
//!
//! A folder is written for it and built with the toolchain of its language; the component is asked one thing, held
//! to cases, or measured, each under the limits and in the sandbox that it will serve in. Nothing here changes what
//! serves.

mod bench;
mod cases;
mod difference;
mod evidence;
mod facts;
mod language;
mod manifest;
mod new;
mod templates;
mod toolchain;

pub use bench::{BenchReport, bench};
pub use cases::{CaseReport, Cases, TestReport, test};
pub use evidence::asking;
pub use facts::{read_facts, read_file};
pub use language::Language;
pub use new::{NewPlugin, new};
pub use toolchain::{Built, build};

/// A whole compressor, the one in `examples/headline`, to try things with.
pub const EXAMPLE: &[u8] = jackfield_embedded::HEADLINE;
