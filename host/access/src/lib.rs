//! Access: principals with their scopes and their visibility, the uses of tokens and sessions, and the audit log.

pub mod audit;
pub mod principal;
pub mod uses;
