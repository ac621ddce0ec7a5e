//! The four lengths against what holds them to their word: a real tokenizer, the real Mermaid
//! parser, and reports that do their worst.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise, and the helpers below belong to tests"
)]

mod budgets;
mod parser;
mod reports;
