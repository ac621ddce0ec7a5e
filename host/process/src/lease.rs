//! A lease: until when an agent may work without anybody renewing it.
//!
//! It is a file with a time in it, in whole seconds since the machine started, the time that it slept included;
//! so no change of the clock makes it longer. The agent's own gate reads it, and ends the agent when it has run
//! out, even where the host that started it is gone by then.

use crate::ProcessError;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A lease that agents live on.
#[derive(Debug, Clone)]
pub struct Lease {
    file: PathBuf,
}

impl Lease {
    /// The lease kept in `file`.
    pub fn kept_in(file: impl Into<PathBuf>) -> Self {
        Self { file: file.into() }
    }

    /// Its file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Seconds since this machine started.
    ///
    /// # Errors
    /// Where `/proc` cannot be read.
    pub fn now() -> Result<Duration, ProcessError> {
        let text = fs::read_to_string("/proc/uptime").map_err(ProcessError::io("reading /proc/uptime"))?;
        let seconds = text.split_whitespace().next().and_then(|seconds| seconds.parse().ok());
        Ok(Duration::from_secs_f64(seconds.unwrap_or_default()))
    }

    /// It holds until then, as [`now`](Self::now) counts. In one step: whoever reads it finds the old end or the new.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn renew(&self, until: Duration) -> Result<(), ProcessError> {
        let beside = self.file.with_extension("part");
        fs::write(&beside, format!("{}\n", until.as_secs()))
            .and_then(|()| fs::rename(&beside, &self.file))
            .map_err(ProcessError::path("writing the lease", &self.file))
    }

    /// How long it still holds; nothing where it has run out, or there is none.
    pub fn left(&self) -> Duration {
        let until = fs::read_to_string(&self.file).ok().and_then(|text| text.trim().parse().ok());
        let until = Duration::from_secs(until.unwrap_or(0));
        Self::now().map_or(Duration::ZERO, |now| until.saturating_sub(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_runs_out_by_the_time_since_the_machine_started() {
        let folder = tempfile::tempdir().unwrap();
        let lease = Lease::kept_in(folder.path().join("lease"));
        assert_eq!(lease.left(), Duration::ZERO, "there is none");
        let now = Lease::now().unwrap();
        lease.renew(now + Duration::from_secs(100)).unwrap();
        assert!((98..=100).contains(&lease.left().as_secs()), "{:?}", lease.left());
        lease.renew(now.saturating_sub(Duration::from_secs(1))).unwrap();
        assert_eq!(lease.left(), Duration::ZERO);
    }
}
