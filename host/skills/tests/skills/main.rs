//! Skills from folders and from memory, well-meant and hostile.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests fail like tests")]

mod answers;
mod changes;
mod findings;
mod folders;
mod formats;
mod ids;
mod schemas;
mod sections;
mod support;
mod templates;
mod updates;
