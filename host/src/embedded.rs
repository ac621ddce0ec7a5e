//! The shipped components, built by `build.rs` and carried in the binary.

include!(concat!(env!("OUT_DIR"), "/components.rs"));

/// What serves where no file in the plugin folder takes its place.
pub(crate) const SHIPPED: [&[u8]; 8] = [CLAUDE, CODEX, GEMINI, SHELL, CHOOSER, COMPRESS, JUDGE, GATES];
