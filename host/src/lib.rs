//! Jackfield runs AI coding agents (Claude Code, Codex, Gemini, any program) as durable, budgeted,
//! auditable work.
//!
//! A [`Host`] takes an instruction, asks a component who should do it, runs that agent's program in
//! a git worktree of its own, charges what it uses to a ledger with a breaker, and answers in a few
//! tokens. Everything that decides is a sandboxed WebAssembly component that can be replaced while
//! the host runs. See `ARCHITECTURE.md` for the map.

pub mod api;
pub mod config;
pub mod doors;
mod embedded;
mod engine;
pub mod kit;
pub mod registry;
mod remote;
pub mod webhooks;

pub use api::{Answer, ExecuteRequest, Progress};
pub use engine::{
    Advice, AdvisedChoice, Asker, Backup, Change, Deed, EventFeed, Gone, Host, HostBuilder, Kept, Ordered,
    Reconfigured, RunFeed, Tidied, Tidying, Work,
};
pub use jackfield_types::{Audience, Problem, Scope, Scopes, Sees};

/// This program's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
