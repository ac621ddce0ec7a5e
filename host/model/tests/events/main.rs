//! Events as they are written, read and documented.

// All of this crate is tests, their helpers too.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod documented;
mod read;
mod records;
mod samples;
#[cfg(feature = "schemas")]
mod schemas;
