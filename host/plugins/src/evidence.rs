//! What a gate may look at: the host's answers to the `evidence` import.
//!
//! Invariants: each call of a gate sees one evidence and no other; how often it may ask and for how many
//! bytes is bounded, and who asks for more is ended; looking at files never holds up the thread that runs
//! components.

use crate::facts::gate::jackfield::plugin::evidence;
use crate::facts::gating;
use crate::guest::Guest;
use crate::limits::Limits;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Most of what a gate looked at that is kept with its decision.
const LOOKED_AT: usize = 100;

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

    fn ask(&mut self, what: impl FnOnce() -> String) -> wasmtime::Result<Arc<dyn Evidence>> {
        match self.calls.checked_sub(1) {
            Some(left) => self.calls = left,
            None => return Err(self.storm()),
        }
        if self.looked_at.len() < LOOKED_AT {
            self.looked_at.insert(what());
        }
        Ok(Arc::clone(&self.evidence))
    }

    fn give(&mut self, bytes: usize) -> wasmtime::Result<()> {
        match self.bytes.checked_sub(bytes as u64) {
            Some(left) => self.bytes = left,
            None => return Err(self.storm()),
        }
        Ok(())
    }

    fn storm(&mut self) -> wasmtime::Error {
        self.stormed = true;
        wasmtime::Error::msg("it asked the host for more than it may")
    }
}

/// Off the threads that run components.
async fn aside<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> wasmtime::Result<T> {
    tokio::task::spawn_blocking(look).await.map_err(|gone| wasmtime::Error::msg(gone.to_string()))
}

fn sizes<'a>(texts: impl Iterator<Item = &'a String>) -> usize {
    texts.map(|text| text.len() + size_of::<u64>()).sum()
}

impl evidence::Host for Guest {
    async fn files(&mut self, pattern: String) -> wasmtime::Result<Result<Vec<String>, String>> {
        let looking = self.looking();
        let evidence = looking.ask(|| format!("files {pattern}"))?;
        let found = aside(move || evidence.files(&pattern)).await?;
        looking.give(found.as_ref().map_or(0, |files| sizes(files.iter())))?;
        Ok(found)
    }

    async fn read(&mut self, path: String, most: u32) -> wasmtime::Result<Result<Vec<u8>, String>> {
        let looking = self.looking();
        let evidence = looking.ask(|| format!("read {path}"))?;
        // What it may not have is not even read.
        let most = u32::try_from(looking.bytes.saturating_add(1)).unwrap_or(u32::MAX).min(most);
        let bytes = aside(move || evidence.read(&path, most)).await?;
        looking.give(bytes.as_ref().map_or(0, Vec::len))?;
        Ok(bytes)
    }

    async fn artifacts(&mut self) -> wasmtime::Result<Vec<gating::Artifact>> {
        let looking = self.looking();
        let artifacts = looking.ask(|| "artifacts".to_owned())?.artifacts();
        let texts = artifacts.iter().flat_map(|one| [&one.kind, &one.label, &one.target]);
        looking.give(sizes(texts))?;
        Ok(artifacts)
    }

    async fn metric(&mut self, name: String) -> wasmtime::Result<Option<f64>> {
        Ok(self.looking().ask(|| format!("metric {name}"))?.metric(&name))
    }

    async fn commands(&mut self) -> wasmtime::Result<Vec<gating::CommandResult>> {
        let looking = self.looking();
        let commands = looking.ask(|| "commands".to_owned())?.commands();
        looking.give(sizes(commands.iter().flat_map(|one| [&one.name, &one.output])))?;
        Ok(commands)
    }

    async fn changed(&mut self) -> wasmtime::Result<Result<Vec<gating::ChangedPath>, String>> {
        let looking = self.looking();
        let changed = looking.ask(|| "changed".to_owned())?.changed();
        let texts = changed.iter().flatten().flat_map(|one| [Some(&one.path), one.was.as_ref()]);
        looking.give(sizes(texts.flatten()))?;
        Ok(changed)
    }

    async fn diff(&mut self, start: u64, most: u32) -> wasmtime::Result<Result<Vec<u8>, String>> {
        let looking = self.looking();
        let evidence = looking.ask(|| "diff".to_owned())?;
        // What it may not have is not even read.
        let most = u32::try_from(looking.bytes.saturating_add(1)).unwrap_or(u32::MAX).min(most);
        let bytes = aside(move || evidence.diff(start, most)).await?;
        looking.give(bytes.as_ref().map_or(0, Vec::len))?;
        Ok(bytes)
    }
}
