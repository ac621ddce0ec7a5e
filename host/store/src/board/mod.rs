//! The board: cards, the runs of their steps, recipes and settings.

mod cards;
mod changes;
mod recipes;
mod skills;
mod steps;

pub use cards::CardFilter;
pub(crate) use changes::{answered, run_ended};
pub use recipes::{RecipeRecord, SettingsRecord};
pub use skills::SkillRecord;
pub use steps::NewStep;
