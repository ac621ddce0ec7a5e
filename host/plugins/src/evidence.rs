//! What a gate may look at.

use crate::facts::gating;

/// A read-only view of what one attempt produced. The host implements it; what it does not answer, no gate
/// sees. Called from threads that may block.
pub trait Evidence: Send + Sync {
    /// Paths of regular files that match a glob, in order.
    ///
    /// # Errors
    /// What is wrong with the pattern, or that too many match.
    fn files(&self, pattern: &str) -> Result<Vec<String>, String>;

    /// At most so many bytes from the beginning of a file.
    ///
    /// # Errors
    /// Why not, for the author of the gate.
    fn read(&self, path: &str, most: u32) -> Result<Vec<u8>, String>;

    /// What the attempt left beside its files.
    fn artifacts(&self) -> Vec<gating::Artifact>;

    /// A figure of the attempt.
    fn metric(&self, name: &str) -> Option<f64>;

    /// The acceptance checks, in the order in which they ran.
    fn commands(&self) -> Vec<gating::CommandResult>;

    /// Every file that the attempt changed, those that it deleted too.
    ///
    /// # Errors
    /// Why they cannot be told.
    fn changed(&self) -> Result<Vec<gating::ChangedPath>, String>;

    /// At most so many bytes of the diff from the byte `start` on; empty: there is no more of it.
    ///
    /// # Errors
    /// Why it cannot be read.
    fn diff(&self, start: u64, most: u32) -> Result<Vec<u8>, String>;
}

/// Nothing to see: for the self-check, and for asking whether a config makes sense.
#[derive(Debug, Clone, Copy)]
pub struct NoEvidence;

impl Evidence for NoEvidence {
    fn files(&self, _: &str) -> Result<Vec<String>, String> {
        Ok(Vec::new())
    }

    fn read(&self, _: &str, _: u32) -> Result<Vec<u8>, String> {
        Err("it is not there".to_owned())
    }

    fn artifacts(&self) -> Vec<gating::Artifact> {
        Vec::new()
    }

    fn metric(&self, _: &str) -> Option<f64> {
        None
    }

    fn commands(&self) -> Vec<gating::CommandResult> {
        Vec::new()
    }

    fn changed(&self) -> Result<Vec<gating::ChangedPath>, String> {
        Ok(Vec::new())
    }

    fn diff(&self, _: u64, _: u32) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }
}
