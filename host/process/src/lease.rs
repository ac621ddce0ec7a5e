//! A lease: until when an agent may work without anybody renewing it.
//!
//! It is a file with a time in it, in whole seconds since the machine started, the time that it slept included;
//! so no change of the clock makes it longer. The agent's own gate reads it, and ends the agent when it has run
//! out, even where the host that started it is gone by then.

use crate::ProcessError;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Digits of the time in a lease, so that each renewal has the length of the one before.
const WIDTH: usize = 12;

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

    /// Extends the lease until then, as [`now`](Self::now) counts. A reader finds the old end or the new one.
    ///
    /// A lease that exists is overwritten in place, with as many bytes: that needs no room, so a full disk does
    /// not end the agents that live on it.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn renew(&self, until: Duration) -> Result<(), ProcessError> {
        let line = format!("{:0WIDTH$}\n", until.as_secs());
        let written = match OpenOptions::new().write(true).open(&self.file) {
            Ok(mut file) if file.metadata().is_ok_and(|data| data.len() == line.len() as u64) => {
                file.write_all(line.as_bytes())
            }
            _ => {
                let beside = self.file.with_extension("part");
                fs::write(&beside, line).and_then(|()| fs::rename(&beside, &self.file))
            }
        };
        written.map_err(ProcessError::path("writing the lease", &self.file))
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

    #[test]
    fn renewal_of_a_lease_overwrites_it_in_place() {
        use std::os::unix::fs::MetadataExt;
        let folder = tempfile::tempdir().unwrap();
        let lease = Lease::kept_in(folder.path().join("lease"));
        let renew = |seconds| lease.renew(Duration::from_secs(seconds)).unwrap();
        let facts = || fs::metadata(lease.file()).map(|data| (data.ino(), data.len())).unwrap();
        renew(9);
        let first = facts();
        renew(1_234_567);
        assert_eq!(facts(), first);
        assert_eq!(fs::read_to_string(lease.file()).unwrap(), "000001234567\n");
    }
}
