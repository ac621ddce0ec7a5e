//! Asking the `git` program, always in the same careful way.
//!
//! Every call has a scrubbed environment (nothing that redirects git is inherited), no hooks, no
//! garbage collection, no prompt, no file system monitor, and a time limit. Paths are given as the
//! working directory or after `--`, never where they could be read as an option. The user's own
//! configuration is otherwise respected.

use crate::{Commit, WorkspaceError};
use jackfield_process::{Environment, ProcessError, QuickSpec, run_quick};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What may be inherited. Everything else that begins with `GIT_` would redirect git elsewhere,
/// and the rest may hold secrets that no filter program needs.
const INHERITED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "TMPDIR",
    "XDG_CONFIG_HOME",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
    "GIT_EXEC_PATH",
];

const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "advice.addEmbeddedRepo=false",
];

const NAME: &str = "Jackfield";
const EMAIL: &str = "jackfield@localhost";

/// Long enough for a checkout of a large repository on a slow disk.
const TIMEOUT: Duration = Duration::from_secs(600);
const OUTPUT_CAP: usize = 64 << 20;

/// One call of git, being put together.
pub(crate) struct Git {
    what: String,
    cwd: PathBuf,
    environment: Environment,
    argv: Vec<OsString>,
    stdin: Vec<u8>,
}

/// What git answered, whether it succeeded or not.
pub(crate) struct Answer {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) said: String,
}

impl Git {
    /// `what` completes the sentence "git could not …".
    pub(crate) fn to(what: impl Into<String>, cwd: impl Into<PathBuf>) -> Self {
        let mut environment: Environment =
            INHERITED.iter().filter_map(|name| Some(((*name).into(), std::env::var_os(name)?))).collect();
        let fixed = [
            ("LC_ALL", "C"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_ADVICE", "0"),
            ("GIT_AUTHOR_NAME", NAME),
            ("GIT_AUTHOR_EMAIL", EMAIL),
            ("GIT_COMMITTER_NAME", NAME),
            ("GIT_COMMITTER_EMAIL", EMAIL),
        ];
        environment.extend(fixed.map(|(name, value)| (name.into(), OsString::from(value))));
        let mut argv = vec![OsString::from("git")];
        for setting in SETTINGS {
            argv.extend(["-c".into(), OsString::from(setting)]);
        }
        Self { what: what.into(), cwd: cwd.into(), environment, argv, stdin: Vec::new() }
    }

    /// One more environment variable.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.environment.insert(name.into(), value.as_ref().into());
        self
    }

    /// One more setting, which must come before the arguments.
    pub(crate) fn set(self, setting: &str) -> Self {
        self.arguments(["-c", setting])
    }

    /// More arguments.
    pub(crate) fn arguments<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.argv.extend(arguments.into_iter().map(|argument| argument.as_ref().into()));
        self
    }

    /// One more argument.
    pub(crate) fn argument(self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments([argument])
    }

    /// What it reads.
    pub(crate) fn reading(mut self, stdin: impl Into<Vec<u8>>) -> Self {
        self.stdin = stdin.into();
        self
    }

    /// Runs it; a refusal is an answer too.
    pub(crate) async fn ask(self) -> Result<Answer, WorkspaceError> {
        let Self { what, cwd, environment, argv, stdin } = self;
        if !cwd.is_dir() {
            return Err(WorkspaceError::NotFound(cwd));
        }
        let spec = QuickSpec { argv, environment, cwd, stdin, timeout: TIMEOUT, output_cap: OUTPUT_CAP };
        let quick = run_quick(spec).await.map_err(|error| match error {
            ProcessError::NoProgram { .. } => WorkspaceError::GitMissing,
            error => WorkspaceError::Git { what: what.clone(), said: error.to_string() },
        })?;
        if quick.timed_out {
            return Err(WorkspaceError::GitTooSlow { what, seconds: TIMEOUT.as_secs() });
        }
        if quick.left_out > 0 {
            let said = format!("it had more to say than the {} MiB that are kept", OUTPUT_CAP >> 20);
            return Err(WorkspaceError::Git { what, said });
        }
        let said = String::from_utf8_lossy(&quick.stderr).trim().to_owned();
        Ok(Answer { code: quick.code, stdout: quick.stdout, said })
    }

    /// Runs it, and gives what it wrote to standard output. A refusal is an error.
    pub(crate) async fn run(self) -> Result<Vec<u8>, WorkspaceError> {
        let what = self.what.clone();
        let answer = self.ask().await?;
        if answer.code == Some(0) { Ok(answer.stdout) } else { Err(answer.refused(what)) }
    }

    /// Runs it for one line of text.
    pub(crate) async fn line(self) -> Result<String, WorkspaceError> {
        let mut line = String::from_utf8_lossy(&self.run().await?).into_owned();
        if line.ends_with('\n') {
            line.pop();
        }
        Ok(line)
    }

    /// Runs it for the id of a commit.
    pub(crate) async fn commit(self) -> Result<Commit, WorkspaceError> {
        let what = self.what.clone();
        Commit::try_from(self.line().await?)
            .map_err(|error| WorkspaceError::Git { what, said: error.to_string() })
    }
}

impl Answer {
    /// This answer as the error that it is.
    pub(crate) fn refused(self, what: String) -> WorkspaceError {
        let said = if self.said.is_empty() { format!("it ended with {:?}", self.code) } else { self.said };
        WorkspaceError::Git { what, said }
    }
}

/// Whether every commit of `older` is in `newer` too.
pub(crate) async fn is_ancestor(
    repository: &Path,
    older: &Commit,
    newer: &Commit,
) -> Result<bool, WorkspaceError> {
    if older == newer {
        return Ok(true);
    }
    let what = "compare two commits";
    let answer = Git::to(what, repository)
        .with("GIT_DIR", repository)
        .arguments(["merge-base", "--is-ancestor", older.as_str(), newer.as_str()])
        .ask()
        .await?;
    match answer.code {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        _ => Err(answer.refused(what.to_owned())),
    }
}
