//! What the behaviour tests stand on: the real binary over a throw-away folder, and eyes on all that
//! it touches.
//!
//! A test begins with a [`Ground`] and ends with [`Ground::leave`], which fails when a process or a
//! worktree is left behind. Nothing here knows a type of the host: the tests speak to the program
//! as its users do, and read its database as a later version would.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test support: what goes wrong here is a failed test"
)]

mod agents;
mod binary;
mod cli;
mod code;
mod collector;
mod database;
mod ground;
mod guide;
mod mcp;
mod mermaid;
mod processes;
mod registry;
mod repository;
mod rest;
mod server;
mod sse;
mod worker;

pub use agents::{Agent, Agents};
pub use binary::conformance_server;
pub use cli::{Cli, Told};
pub use collector::{Collector, Traced};
pub use database::Database;
pub use ground::Ground;
pub use guide::{Block, blocks, commands, followed, toolchains, typed};
pub use mcp::{Era, Mcp, Said, Stream};
pub use mermaid::assert_diagrams;
pub use processes::{Process, tagged};
pub use registry::{LOGIN, Registry};
pub use repository::Repository;
pub use rest::{Reply, Rest, sent};
pub use server::{Server, steady_port};
pub use sse::{Heard, Sse};
pub use worker::{Network, Worker};

use std::time::Duration;

/// Longer than anything here takes on a busy machine, so that a test that hangs says where.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Looks until `look` sees something; fails saying `what` when patience ends. For what no door
/// announces: rows in the database, entries of `/proc`, files.
pub async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    until_told(what, async || look()).await
}

/// The same for what has to be asked for.
pub async fn until_told<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let end = tokio::time::Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(tokio::time::Instant::now() < end, "in {PATIENCE:?} this did not come: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until nothing is left. Each end may take its time, so that a slow machine fails no test.
pub async fn until_none(what: &str, mut count: impl FnMut() -> i64) {
    let mut left = count();
    while left > 0 {
        let what = format!("fewer than {left} {what}");
        left = until(&what, || Some(count()).filter(|now| *now < left)).await;
    }
}
