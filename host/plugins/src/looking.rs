//! What a gate has read in one call, and how much more it may.
//!
//! Invariants: each call of a gate sees one evidence and no other; how often it may ask and for how many
//! bytes is bounded, and who asks for more is ended.

use crate::evidence::Evidence;
use crate::limits::Limits;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most of what a gate looked at that is kept with its decision.
const LOOKED_AT: usize = 100;

/// The evidence of one call, and how far it was used.
pub(crate) struct Looking {
    evidence: Arc<dyn Evidence>,
    calls: u32,
    bytes: u64,
    stormed: bool,
    looked_at: BTreeSet<String>,
}

impl Looking {
    pub(crate) fn at(evidence: Arc<dyn Evidence>, limits: &Limits) -> Self {
        Self {
            evidence,
            calls: limits.host_calls,
            bytes: limits.host_bytes,
            stormed: false,
            looked_at: BTreeSet::new(),
        }
    }

    pub(crate) const fn stormed(&self) -> bool {
        self.stormed
    }

    /// What it looked at, for the record of the decision.
    pub(crate) fn looked_at(&mut self) -> Vec<String> {
        std::mem::take(&mut self.looked_at).into_iter().collect()
    }

    /// One more question, for which `what` is kept; an error where it has asked too often.
    pub(crate) fn ask(&mut self, what: impl FnOnce() -> String) -> wasmtime::Result<Arc<dyn Evidence>> {
        match self.calls.checked_sub(1) {
            Some(left) => self.calls = left,
            None => return Err(self.storm()),
        }
        if self.looked_at.len() < LOOKED_AT {
            self.looked_at.insert(what());
        }
        Ok(Arc::clone(&self.evidence))
    }

    /// So many bytes more are given; an error where they are too many.
    pub(crate) fn give(&mut self, bytes: usize) -> wasmtime::Result<()> {
        match self.bytes.checked_sub(bytes as u64) {
            Some(left) => self.bytes = left,
            None => return Err(self.storm()),
        }
        Ok(())
    }

    /// At most so many of the bytes that it asks for: what it may not have is not even read, but for the one byte that
    /// tells that it asked for too much.
    pub(crate) fn most(&self, asked: u32) -> u32 {
        u32::try_from(self.bytes.saturating_add(1)).unwrap_or(u32::MAX).min(asked)
    }

    fn storm(&mut self) -> wasmtime::Error {
        self.stormed = true;
        wasmtime::Error::msg("it asked the host for more than it may")
    }
}
