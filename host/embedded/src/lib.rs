//! The components that Jackfield ships, built by `build.rs` for `wasm32-wasip2` and embedded as bytes.
#![allow(missing_docs, reason = "each constant is the component of the package whose name it has")]

include!(concat!(env!("OUT_DIR"), "/components.rs"));

/// What serves where no file in the plugin folder takes its place.
pub const SHIPPED: [&[u8]; 8] = [CLAUDE, CODEX, GEMINI, SHELL, CHOOSER, COMPRESS, JUDGE, GATES];
