//! Commands that the host waits for: probes, git, checks.
//!
//! They are not agents: they do not outlive the host's interest in them. Giving up the future ends their
//! whole tree, as does their time-out. Their output is complete, or an error says that it is not.

use crate::output::read_to_end;
use crate::sweep::{self, Marks};
use crate::which::required;
use crate::{Environment, Exited, ProcessError};
use std::ffi::OsString;
use std::future::Future;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// A quick command.
#[derive(Debug, Clone)]
pub struct QuickSpec {
    /// The program (looked up on `PATH` of `environment`) and its arguments.
    pub argv: Vec<OsString>,
    /// All of it: nothing is inherited from the host.
    pub environment: Environment,
    /// Where it works.
    pub cwd: PathBuf,
    /// Given as standard input, then end of file.
    pub stdin: Vec<u8>,
    /// After which its whole tree is ended.
    pub timeout: Duration,
    /// Bytes kept of standard output, and as many of standard error.
    pub output_cap: usize,
}

/// How a quick command went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quick {
    /// Its exit code, where it ended by itself.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
    /// The first and the last half of the cap, with a line between that says how much is left out.
    pub stdout: Vec<u8>,
    /// As `stdout`.
    pub stderr: Vec<u8>,
    /// Bytes left out of both: `stdout` and `stderr` are whole when it is 0.
    pub left_out: u64,
    /// It was ended for taking too long.
    pub timed_out: bool,
}

impl Quick {
    /// It ended by itself, in time, with code 0.
    pub const fn is_success(&self) -> bool {
        matches!(self.code, Some(0)) && !self.timed_out
    }
}

/// The tree of a quick command is known by this, so that it is told apart from the agent on whose behalf it
/// may run, and whose tag it may carry.
const QUICK_VARIABLE: &str = "JACKFIELD_QUICK";

/// Runs a command to its end or its time-out. Output is read to its end however much there is, and kept to
/// the cap. When it returns, nothing of the tree is left.
///
/// # Errors
/// [`ProcessError::NoProgram`], or what the operating system says. A command that fails is no error.
pub async fn run_quick(spec: QuickSpec) -> Result<Quick, ProcessError> {
    let program = program(&spec)?;
    run(spec, Line { argv: vec![program.into()], namespace: false }, std::future::pending()).await
}

/// The program that a quick command names.
pub(crate) fn program(spec: &QuickSpec) -> Result<PathBuf, ProcessError> {
    let Some(name) = spec.argv.first() else {
        return Err(ProcessError::BadCommand("no program is named".into()));
    };
    required(name, &spec.environment, &spec.cwd)
}

/// What is started, up to the arguments of the command itself.
pub(crate) struct Line {
    pub(crate) argv: Vec<OsString>,
    /// The kernel ends the whole tree with its first process.
    pub(crate) namespace: bool,
}

/// Runs a quick command with this beginning of its command line, until it ends or `enough` completes.
pub(crate) async fn run(
    spec: QuickSpec,
    line: Line,
    enough: impl Future<Output = ()>,
) -> Result<Quick, ProcessError> {
    let first = line.argv.first().cloned().unwrap_or_default();
    let tag = fresh_tag();
    let began = Instant::now();
    let mut child = Command::new(&first)
        .args(line.argv.iter().skip(1))
        .args(spec.argv.iter().skip(1))
        .env_clear()
        .envs(&spec.environment)
        .env(QUICK_VARIABLE, &tag)
        .current_dir(&spec.cwd)
        .stdin(if spec.stdin.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(ProcessError::path("starting", PathBuf::from(first)))?;
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).unwrap_or_default();
    let mut tree = Tree(Some(Marks::of_leader(pid, QUICK_VARIABLE, &tag)));
    if let Some(mut input) = child.stdin.take() {
        // A command that does not read all of it is no error.
        tokio::spawn(async move { input.write_all(&spec.stdin).await });
    }
    let stdout = child.stdout.take().map(tokio::process::ChildStdout::into_owned_fd);
    let stderr = child.stderr.take().map(tokio::process::ChildStderr::into_owned_fd);
    let gone = CancellationToken::new();
    let running = async {
        let timed_out = tokio::select! {
            _ = child.wait() => false,
            () = sleep(spec.timeout) => true,
            () = enough => true,
        };
        let ended = !timed_out && tree.is_plainly_gone(began);
        if ended || (line.namespace && !timed_out) {
            tree.0 = None;
        } else {
            tree.end().await?;
        }
        let exited = child.wait().await.map_err(ProcessError::io("waiting for a command"))?;
        gone.cancel();
        Ok::<_, ProcessError>((timed_out, Exited::from(exited)))
    };
    let ((timed_out, exited), (stdout, out), (stderr, err)) = tokio::try_join!(
        running,
        read_to_end(stdout, spec.output_cap, &gone),
        read_to_end(stderr, spec.output_cap, &gone)
    )?;
    Ok(Quick { code: exited.code, signal: exited.signal, stdout, stderr, left_out: out + err, timed_out })
}

fn fresh_tag() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
    format!("{}-{since}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The tree of a running command, ended when nobody waits for it any more.
struct Tree(Option<Marks>);

impl Tree {
    fn is_plainly_gone(&self, began: Instant) -> bool {
        self.0.as_ref().is_some_and(|marks| sweep::is_plainly_gone(marks, began))
    }

    async fn end(&mut self) -> Result<(), ProcessError> {
        if let Some(marks) = &self.0 {
            sweep::end_all(marks).await?;
        }
        self.0 = None;
        Ok(())
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        if let Some(marks) = &self.0 {
            sweep::kill_round(marks);
        }
    }
}
