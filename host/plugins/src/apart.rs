//! Compiling in a process of its own, so that bytes which send the compiler astray cannot exhaust the host.
//!
//! This crate starts no process: whoever opens it says how one is started ([`Apart`]), and the process calls
//! [`compile_alone`](crate::compile_alone). Without that, as in a program that embeds the host, everything is
//! compiled here.

use crate::report::Compiled;
use std::path::Path;

/// Starts a process that compiles.
pub trait Apart: Send + Sync {
    /// Has [`compile_alone`](crate::compile_alone) called on these bytes in another process, under limits, and waits for it. Called
    /// on threads that may block.
    ///
    /// # Errors
    /// [`NotCompiled`], in words for the author of the component.
    fn compile(&self, component: &[u8], compiled: Compiled, code: &Path) -> Result<(), NotCompiled>;
}

/// Why a process made no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCompiled {
    /// It used more than it may and was ended. Nothing else is tried with these bytes.
    #[error("{0}")]
    Exhausted(String),
    /// The bytes do not compile so, or the process could not be started.
    #[error("{0}")]
    Failed(String),
}
