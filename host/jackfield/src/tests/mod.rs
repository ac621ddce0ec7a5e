//! Services of the crates below, in a whole host.

mod choose;
mod cooldown;
mod order;
mod place;
mod retention;
mod shadow;
