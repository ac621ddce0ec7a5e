//! What is to be started, decided in full by the caller.

use crate::Environment;
use std::ffi::OsString;
use std::path::PathBuf;

/// One agent program, ready to be started.
#[derive(Debug, Clone)]
pub struct Spec {
    /// The program (looked up on `PATH` of `environment`) and its arguments. They arrive byte for byte,
    /// and may be 128 KiB in all, quoting included: longer text goes by standard input.
    pub argv: Vec<OsString>,
    /// All of it: nothing is inherited from the host. The tag is added under [`TAG_VARIABLE`]. Names that
    /// a shell cannot hold (`a.b`) are lost, and `PWD` is added.
    ///
    /// [`TAG_VARIABLE`]: crate::TAG_VARIABLE
    pub environment: Environment,
    /// Where it works. Must exist.
    pub cwd: PathBuf,
    /// A file to be read as standard input; `None` is end of file at once.
    pub stdin: Option<PathBuf>,
    /// Appended to; made with mode 0600 where it does not exist.
    pub stdout: PathBuf,
    /// As `stdout`.
    pub stderr: PathBuf,
    /// Where its ending is written, so that it is known after a restart of the host. Made afresh.
    pub status: PathBuf,
    /// What all its processes are known by: the attempt's id.
    pub tag: String,
    /// What each of its processes may use.
    pub limits: ProcessLimits,
    /// What all of its processes may use together.
    pub tree: TreeLimits,
    /// The file of the [`Lease`](crate::Lease) that it lives on: once that has run out, its own gate ends it,
    /// whether the host is there or not. None: it may work as long as it likes.
    pub lease: Option<PathBuf>,
}

/// What all processes of an agent may use together; `None` is no limit. Held by control groups where this process may
/// make them. Elsewhere the same memory is the limit of each single process, on what it may write to (Linux's
/// RLIMIT_DATA, which does not count reserved address space), and nothing limits the CPUs.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TreeLimits {
    /// Bytes of memory.
    pub memory: Option<u64>,
    /// CPUs that it may keep busy, 1.5 being one and a half.
    pub cpus: Option<f64>,
}

/// What each process of an agent may use; `None` leaves the host's own limit. Core dumps are always off.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ProcessLimits {
    /// Bytes of the largest file that it may write (standard output included), to whole KiB.
    pub file_size: Option<u64>,
    /// Open files.
    pub open_files: Option<u64>,
    /// CPU seconds of one process.
    pub cpu_seconds: Option<u64>,
    /// Processes of the user, those of others included. Not enforced for root.
    pub processes: Option<u64>,
    /// Bytes of memory that is its own and may be written to.
    pub data: Option<u64>,
    /// Bytes of address space. Node and Bun reserve far more than they use: leave it off for them.
    pub address_space: Option<u64>,
}
