//! Commands that the host waits for: probes, git, checks.
//!
//! They are not agents: they do not outlive the host's interest in them. Giving up the future ends their
//! whole tree, as does their time-out.

use crate::sweep::{self, Marks};
use crate::which::required;
use crate::{Environment, Exited, ProcessError};
use parking_lot::Mutex;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;
use tokio::time::timeout;

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

/// How long to read on after everything of the tree has ended.
const DRAIN: Duration = Duration::from_secs(1);

/// Runs a command to its end or its time-out. Output is read to its end however much there is, and kept to
/// the cap. When it returns, nothing of the tree is left.
///
/// # Errors
/// [`ProcessError::NoProgram`], or what the operating system says. A command that fails is no error.
pub async fn run_quick(spec: QuickSpec) -> Result<Quick, ProcessError> {
    let (Some(name), arguments) = (spec.argv.first(), spec.argv.iter().skip(1)) else {
        return Err(ProcessError::BadCommand("no program is named".into()));
    };
    let program = required(name, &spec.environment, &spec.cwd)?;
    let tag = fresh_tag();
    let mut child = Command::new(&program)
        .args(arguments)
        .env_clear()
        .envs(&spec.environment)
        .env(QUICK_VARIABLE, &tag)
        .current_dir(&spec.cwd)
        .stdin(if spec.stdin.is_empty() { Stdio::null() } else { Stdio::piped() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(ProcessError::path("starting", program))?;
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).unwrap_or_default();
    let mut tree = Tree(Some(Marks::of_leader(pid, QUICK_VARIABLE, &tag)));
    if let Some(mut input) = child.stdin.take() {
        // A command that does not read all of it is no error.
        tokio::spawn(async move { input.write_all(&spec.stdin).await });
    }
    let stdout = Reading::start(child.stdout.take(), spec.output_cap);
    let stderr = Reading::start(child.stderr.take(), spec.output_cap);
    let timed_out = timeout(spec.timeout, child.wait()).await.is_err();
    tree.end().await?;
    let exited: Exited = child.wait().await.map_err(ProcessError::io("waiting for a command"))?.into();
    let ((stdout, out), (stderr, err)) = tokio::join!(stdout.finish(), stderr.finish());
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

/// One stream being read while the command runs.
struct Reading {
    kept: Arc<Mutex<Kept>>,
    task: tokio::task::JoinHandle<()>,
}

impl Reading {
    fn start(stream: Option<impl AsyncRead + Unpin + Send + 'static>, cap: usize) -> Self {
        let kept = Arc::new(Mutex::new(Kept::new(cap)));
        let writer = kept.clone();
        let task = tokio::spawn(async move {
            let Some(mut stream) = stream else { return };
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                writer.lock().push(buffer.get(..count).unwrap_or_default());
            }
        });
        Self { kept, task }
    }

    async fn finish(mut self) -> (Vec<u8>, u64) {
        if timeout(DRAIN, &mut self.task).await.is_err() {
            // Somebody outside the tree was handed the pipe. What was read is what there is.
            self.task.abort();
        }
        self.kept.lock().take()
    }
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
