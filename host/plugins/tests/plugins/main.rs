//! The host of components as its callers use it, with real components.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "test code"
)]

mod apart;
mod asking;
mod common;
mod evolution;
mod failing;
mod gate;
mod history;
mod hostile;
mod judge;
mod orders;
mod pace;
mod swap;
