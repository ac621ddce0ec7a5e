//! Execution: one round of a run, and its attempts from the plan to the end of the process.

pub mod adopt;
pub mod attempt;
pub(crate) mod completion;
pub mod ended;
pub mod environment;
pub mod failures;
pub mod leftovers;
pub mod loader;
pub mod output_reader;
pub(crate) mod pauses;
pub mod processes;
pub(crate) mod recording;
pub mod rounds;
pub mod running;
