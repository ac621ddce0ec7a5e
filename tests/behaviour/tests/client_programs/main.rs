//! Programs that other people wrote as MCP clients of the real server: the conformance suites of the
//! protocol's own authors, their Inspector, their SDKs for TypeScript and Python, and the three agent programs; and of REST: a fuzzer and a
//! generated client.
//!
//! Programs that need Node are fetched by [`clients`]; where that cannot be, each test says so and
//! passes, but fails where `CI=true`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test calls fails the test"
)]

mod agents;
mod clients;
mod conformance;
mod inspector;
mod proxy;
mod python;
mod ran;
mod rest;
mod sdks;
mod tables;
mod typescript;
