//! Signals, sent only to the very process that is meant.
//!
//! Between reading the table and signalling, a process may end and its pid be given again. A pidfd is bound
//! to one process for good, so the order is: open, check that it is the one, signal through it.

use crate::table::{self, Entry};
use rustix::fd::OwnedFd;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// A process held fast: its pid cannot come to mean another.
#[derive(Debug)]
pub(crate) struct Grip(OwnedFd);

impl Grip {
    /// `None`: it has ended, or the pid means another process now.
    pub(crate) fn on(pid: i32, start_ticks: u64) -> Option<Self> {
        let fd = pidfd_open(Pid::from_raw(pid)?, PidfdFlags::NONBLOCK).ok()?;
        let entry = table::entry(pid)?;
        (entry.start_ticks == start_ticks && !entry.ended).then_some(Self(fd))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        // It fails only where the process has ended meanwhile, or is another user's: both leave nothing to do.
        let _ = pidfd_send_signal(&self.0, signal);
    }

    /// Readable when the process has ended.
    pub(crate) fn into_fd(self) -> OwnedFd {
        self.0
    }
}

/// Signals each of `entries` that is still the process it was; never the host itself.
pub(crate) fn signal_all<'a>(entries: impl IntoIterator<Item = &'a Entry>, signal: Signal) {
    let host = rustix::process::getpid().as_raw_nonzero().get();
    for entry in entries.into_iter().filter(|entry| entry.pid != host && entry.pid > 1) {
        if let Some(grip) = Grip::on(entry.pid, entry.start_ticks) {
            grip.signal(signal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "the test needs a process that nothing else knows")]
    fn a_process_that_was_given_the_same_pid_is_not_gripped() {
        let mut other = std::process::Command::new("sleep").arg("100").spawn().unwrap();
        let entry = table::entry(other.id() as i32).unwrap();
        assert!(Grip::on(entry.pid, entry.start_ticks - 1).is_none());
        signal_all([&Entry { start_ticks: entry.start_ticks + 1, ..entry.clone() }], Signal::KILL);
        assert!(other.try_wait().unwrap().is_none(), "another process was signalled");
        signal_all([&entry], Signal::KILL);
        assert!(!other.wait().unwrap().success());
        assert!(Grip::on(entry.pid, entry.start_ticks).is_none());
    }
}
