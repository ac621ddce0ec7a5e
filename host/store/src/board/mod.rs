//! The board: cards, the runs of their steps, recipes and settings.

mod cards;
mod changes;
mod dependencies;
mod due;
mod log;
mod recipes;
mod skills;
mod steps;
mod tickets;

pub use cards::CardFilter;
pub(crate) use due::{answered, run_ended};
