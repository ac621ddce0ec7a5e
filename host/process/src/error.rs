//! What can go wrong with a process, told to the person who can fix it.

use jackfield_types::{ErrorCode, Problem};
use std::io;
use std::path::PathBuf;

/// Why a process could not be started, watched or ended.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProcessError {
    /// The program is not on the PATH that it was to be started with.
    #[error("the program '{program}' is not installed, or not on the PATH")]
    NoProgram {
        /// As it was asked for.
        program: String,
    },
    /// A tool of the operating system, without which nothing can be started safely.
    #[error("'{tool}' is missing or does not work on this machine")]
    NoTool {
        /// Its name.
        tool: &'static str,
    },
    /// An empty argument list, or one that the shell cannot carry.
    #[error("the command cannot be started: {0}")]
    BadCommand(String),
    /// Arguments longer than the kernel carries.
    #[error("failed to start the command: its arguments have {bytes} bytes; the maximum is {most}")]
    TooLong {
        /// How long they are together.
        bytes: usize,
        /// The most.
        most: usize,
    },
    /// The gate ended before the agent was started.
    #[error("the agent was not started: its gate ended first{}", said(.stderr))]
    NotStarted {
        /// The last lines of its standard error.
        stderr: String,
    },
    /// Something is still there after it was killed.
    #[error("{} of the agent's processes could not be ended: {}", .pids.len(), list(.pids))]
    Survivors {
        /// Which.
        pids: Vec<i32>,
    },
    /// The operating system refused.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// What it said.
        source: io::Error,
    },
}

impl ProcessError {
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    pub(crate) fn path(doing: &str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        Self::io(format!("{doing} {}", path.into().display()))
    }

    /// The same, for whoever can do something about it.
    pub fn problem(&self) -> Problem {
        let (code, remedy) = match self {
            Self::NoProgram { program } => (
                ErrorCode::NoProgram,
                format!("Install '{program}', or start the host with a PATH on which it is found."),
            ),
            Self::NoTool { tool } => {
                (ErrorCode::NoTool, format!("Install '{tool}' with the system's package manager and start the host again."))
            }
            Self::BadCommand(_) | Self::TooLong { .. } => {
                return Problem::author(
                    ErrorCode::BadCommand,
                    self.to_string(),
                    "Plan an argument list with a program and less than 128 KiB in all; long text goes by standard input.",
                );
            }
            Self::NotStarted { .. } => (
                ErrorCode::NotStarted,
                "Read the attempt's standard error; a limit on processes or namespaces is the usual cause.".into(),
            ),
            Self::Survivors { .. } => (
                ErrorCode::Survivors,
                "They are stuck in the kernel, mostly on a file system that does not answer: look at it, and end them by hand."
                    .into(),
            ),
            Self::Io { .. } => {
                (ErrorCode::ProcessIo, "Check free space, permissions and the limits on open files and processes.".into())
            }
        };
        Problem::operator(code, self.to_string(), remedy)
    }
}

impl From<ProcessError> for Problem {
    fn from(error: ProcessError) -> Self {
        error.problem()
    }
}

fn said(stderr: &str) -> String {
    if stderr.is_empty() { String::new() } else { format!(" and said: {stderr}") }
}

fn list(pids: &[i32]) -> String {
    pids.iter().map(i32::to_string).collect::<Vec<_>>().join(", ")
}
