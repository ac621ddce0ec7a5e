//! Verification: acceptance checks and gates, and the evidence that gates are given.

pub mod check;
pub mod evidence;
pub mod gates;
