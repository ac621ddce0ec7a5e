//! The board: cards, the runs of their steps, recipes and settings.

mod cards;
mod changes;
mod due;
mod log;
mod recipes;
mod skills;
mod steps;

pub use cards::CardFilter;
pub(crate) use due::{answered, run_ended};
