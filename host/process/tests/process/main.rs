//! Real processes, well-behaved and not, in a PID namespace and without one.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail like tests")]
#![allow(clippy::disallowed_methods, reason = "some stories need a process that the crate did not start")]

mod adoption;
mod ending;
mod quick;
mod starting;
mod support;
mod tailing;
