//! Selection: the candidates for an attempt, what a chooser knows of them, and its choice.

pub mod choose;
pub mod cooldown;
pub mod health;
pub mod health_cache;
pub mod history;
pub mod ladder;
pub mod models;
pub mod quality;
