//! What the services of a host share: the configuration in force, the data folder, redaction, and the identity of
//! the process.

pub mod files;
pub mod folders;
pub mod instance;
mod limits;
pub mod moment;
pub mod secrets;
pub mod settings;
