//! What the store promises, tried from outside, on real files, with threads and processes at once.

mod breaker;
mod charging;
mod file;
mod lives;
mod processes;
mod reading;
mod storm;
mod support;
