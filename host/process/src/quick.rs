//! Commands that the host waits for: probes, git, checks.
//!
//! They are not agents: they do not outlive the host's interest in them. Giving up the future ends their
//! whole tree, as does their time-out. Their output is complete, or an error says that it is not.

use crate::namespace;
use crate::sweep::{self, Marks};
use crate::which::required;
use crate::{Environment, Exited, ProcessError};
use std::ffi::OsString;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::pipe::Receiver;
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

/// The most that a command may have left in a pipe: what the kernel lets a user enlarge it to.
const MOST_IN_A_PIPE: usize = 1 << 20;

/// Runs a command to its end or its time-out. Output is read to its end however much there is, and kept to
/// the cap. When it returns, nothing of the tree is left.
///
/// # Errors
/// [`ProcessError::NoProgram`], or what the operating system says. A command that fails is no error.
pub async fn run_quick(spec: QuickSpec) -> Result<Quick, ProcessError> {
    let program = program(&spec)?;
    run(spec, Line { argv: vec![program.into()], namespace: false }, std::future::pending()).await
}

/// As [`run_quick`], for a command that may start programs which are not the host's: in a PID namespace of
/// its own where the machine allows that, so that nothing it starts outlives it and nothing of it sees the
/// environment of the host; without core dumps, and writing no file larger than `file_size` bytes. It is ended
/// as by its time-out when `enough` completes.
///
/// # Errors
/// As [`run_quick`], and [`ProcessError::NoTool`] where there is no `sh`.
pub async fn run_contained(
    spec: QuickSpec,
    file_size: Option<u64>,
    enough: impl Future<Output = ()>,
) -> Result<Quick, ProcessError> {
    let program = program(&spec)?;
    let line = namespace::line(&program, file_size).await?;
    run(spec, line, enough).await
}

fn program(spec: &QuickSpec) -> Result<PathBuf, ProcessError> {
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

async fn run(spec: QuickSpec, line: Line, enough: impl Future<Output = ()>) -> Result<Quick, ProcessError> {
    let first = line.argv.first().cloned().unwrap_or_default();
    let tag = fresh_tag();
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
        if line.namespace && !timed_out {
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

/// Reads a stream while the command runs, and what is left in it when the command is `gone`: all writers of the
/// tree have ended then, so what the pipe holds is the rest of its output, however late this is scheduled.
async fn read_to_end(
    stream: Option<io::Result<std::os::fd::OwnedFd>>,
    cap: usize,
    gone: &CancellationToken,
) -> Result<(Vec<u8>, u64), ProcessError> {
    let failed = || ProcessError::io("reading the output of a command");
    let mut kept = Kept::new(cap);
    let Some(stream) = stream else { return Ok(kept.take()) };
    let mut pipe = stream.and_then(Receiver::from_owned_fd).map_err(failed())?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        tokio::select! {
            biased;
            () = gone.cancelled() => break,
            read = pipe.read(&mut buffer) => match read.map_err(failed())? {
                0 => return Ok(kept.take()),
                count => kept.push(buffer.get(..count).unwrap_or_default()),
            },
        }
    }
    // Not through the runtime, which may not have learned yet that there is something to read. Bounded, because
    // somebody outside the tree may have been handed the pipe, and may write for ever.
    let mut most = MOST_IN_A_PIPE;
    while most > 0 {
        match rustix::io::read(&pipe, &mut buffer) {
            Ok(0) | Err(rustix::io::Errno::AGAIN) => break,
            Ok(count) => {
                kept.push(buffer.get(..count).unwrap_or_default());
                most = most.saturating_sub(count);
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(failed()(error.into())),
        }
    }
    Ok(kept.take())
}

/// The first and the last bytes of a stream.
struct Kept {
    half: usize,
    head: Vec<u8>,
    tail: std::collections::VecDeque<u8>,
    left_out: u64,
}

impl Kept {
    fn new(cap: usize) -> Self {
        Self { half: cap / 2, head: Vec::new(), tail: std::collections::VecDeque::new(), left_out: 0 }
    }

    fn push(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(self.half - self.head.len()));
        self.head.extend_from_slice(head);
        let kept = rest.get(rest.len().saturating_sub(self.half)..).unwrap_or_default();
        let over = (self.tail.len() + kept.len()).saturating_sub(self.half);
        self.tail.drain(..over);
        self.tail.extend(kept);
        self.left_out += (rest.len() - kept.len() + over) as u64;
    }

    fn take(&mut self) -> (Vec<u8>, u64) {
        let mut bytes = std::mem::take(&mut self.head);
        if self.left_out > 0 {
            bytes.extend_from_slice(format!("\n[{} bytes left out]\n", self.left_out).as_bytes());
        }
        bytes.extend(std::mem::take(&mut self.tail));
        (bytes, self.left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_the_cap_is_whole_and_what_does_not_keeps_both_ends() {
        let kept = |pieces: &[&[u8]]| {
            let mut kept = Kept::new(8);
            pieces.iter().for_each(|piece| kept.push(piece));
            kept.take()
        };
        assert_eq!(kept(&[b"12", b"345", b"678"]), (b"12345678".to_vec(), 0));
        assert_eq!(kept(&[b"123456789"]), (b"1234\n[1 bytes left out]\n6789".to_vec(), 1));
        assert_eq!(
            kept(&[b"1", b"2345", b"6789abcdef", b"gh"]),
            (b"1234\n[9 bytes left out]\nefgh".to_vec(), 9)
        );
        assert_eq!(kept(&[]), (Vec::new(), 0));
    }
}
