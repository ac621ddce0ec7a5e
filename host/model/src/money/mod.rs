//! Money: limits, and how they stand.

pub(crate) mod limit;
pub(crate) mod status;
