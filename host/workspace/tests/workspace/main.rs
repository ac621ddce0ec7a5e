//! Worktrees as their callers use them, with the real git.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub,
    reason = "test code; git and probes are processes"
)]

mod disorder;
mod life;
mod retiring;
mod sources;
mod spares;
mod support;
mod together;
mod travel;
