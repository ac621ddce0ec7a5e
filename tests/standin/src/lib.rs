//! A stand-in for the model APIs that agent programs talk to, and the programs themselves, for tests.
//!
//! [`Standin`] listens on a loopback port and speaks Anthropic Messages, OpenAI Responses and Gemini well
//! enough that the real `claude`, `codex` and `gemini` run against it to the end: they answer, write files
//! with their own tools, run commands, call MCP tools, and fail in every way that a provider makes them
//! fail. [`Programs`] fetches those programs at pinned versions.
//!
//! What it answers is a [`Scenario`], chosen by whatever names one most narrowly, in this order:
//!
//! 1. a word in the user's prompt for one API: `anthropic-scenario=overloaded`
//! 2. [`Standin::scenario_for_model`]
//! 3. [`Standin::scenario_for`] (one API)
//! 4. a word in the user's prompt for every API: `scenario=write`
//! 5. [`Standin::scenario`]
//! 6. [`Scenario::Hello`]
//!
//! Of several prompts the last that has such a word counts, and of several words in it the last.
//!
//! The usage figures in each answer are the constants of [`usage`], so a test can state exact tokens: a
//! program that sent two requests reports twice the constants.

mod anthropic;
mod asked;
mod conversation;
mod gemini;
mod openai;
mod playback;
mod programs;
mod protocol;
mod request;
mod routes;
mod scenario;
mod schema;
mod script;
mod standin;
mod toolbox;
pub mod usage;

pub use programs::{FetchError, Programs};
pub use protocol::Api;
pub use request::{Credential, Request};
pub use scenario::{Fault, Scenario, Times, UnknownScenario};
pub use standin::{NeverArrived, Standin, StartError};

/// What the file that [`Scenario::Write`] makes is called; it is made in the program's working folder.
pub const WRITTEN_FILE: &str = "hello.txt";
/// What [`Scenario::Write`] puts into it.
pub const WRITTEN_TEXT: &str = "hello from the stand-in\n";
/// What is in it after [`Scenario::Edit`].
pub const EDITED_TEXT: &str = "goodbye from the stand-in\n";
/// The whole text of [`Scenario::Hello`].
pub const HELLO_TEXT: &str = "Hello from the stand-in model. Everything is in order.";
/// A key for programs to send, so that a test can tell it from one that leaked in from the machine.
pub const TEST_KEY: &str = "standin-test-key-0000";
