//! What the store promises, tried from outside, on real files, with threads and processes at once.

// All of this crate is tests, their helpers too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod board;
mod bounds;
mod breaker;
mod charging;
mod external;
mod fencing;
mod file;
mod keeping;
mod listing;
mod lives;
mod migrating;
mod order;
mod people;
mod processes;
mod queue;
mod reading;
mod sessions;
mod stages;
mod storm;
mod support;
