//! What a unified diff changes, in a form in which two diffs can be compared: whatever differs in
//! blank space only is the same here.

mod change;
mod hunk;
mod layout;
mod path;
mod read;

pub(crate) use change::{Change, File, Kind};
pub(crate) use read::{Bounds, read};
