//! The board: cards move through the stages of a workflow, and the recipe of each stage says what happens there.
//!
//! A step of a recipe is a run of the card's task, with the prompt of a skill. So each step has the reservation, the
//! escalation, the recovery and the log of every run, and a host that is killed between two steps goes on with the right
//! one. [`decide`] says what follows for a card: it is a function of records. [`Board`] reads those of a card that is due,
//! and carries the decision out in one transaction, which does nothing if the card has changed meanwhile.
//!
//! Nothing here knows processes or HTTP.

mod automation;
mod board;
mod cards;
mod defaults;
mod documents;
mod due;
mod gates;
mod inputs;
mod jury;
mod questions;
mod recipes;
mod reserved;
mod skill_index;
mod skill_view;
mod slug;
mod step;
mod tickets;
mod workflows;

pub use automation::{Facts, LastStep, Next, decide};
pub use board::Board;
pub use cards::{CardMove, CardPatch, CardRequest, CardView};
pub use defaults::default_recipe;
pub use documents::{Document, DocumentText, Documents};
pub use recipes::{SkillStatus, Validation};
pub use skill_index::{KnownSkill, SkillIndex};
pub use skill_view::{FolderOfSkills, SkillSync, SkillView, skills_of_folder};
pub use workflows::{stages, workflow};
