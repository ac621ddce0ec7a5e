//! Starts git.

use crate::WorkspaceError;
use crate::git::Answer;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;

pub(crate) async fn run(
    what: String,
    cwd: PathBuf,
    environment: Vec<(OsString, OsString)>,
    argv: Vec<OsString>,
    stdin: Vec<u8>,
    timeout: Duration,
    _cap: usize,
) -> Result<Answer, WorkspaceError> {
    let mut argv = argv.into_iter();
    let program = argv.next().unwrap_or_default();
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => WorkspaceError::GitMissing,
        _ => WorkspaceError::Git { what: what.clone(), said: source.to_string() },
    };
    let mut child = tokio::process::Command::new(program)
        .args(argv)
        .env_clear()
        .envs(environment)
        .current_dir(&cwd)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let input = child.stdin.take();
    let feed = async {
        if let Some(mut input) = input {
            let _ = input.write_all(&stdin).await;
        }
    };
    let both = async { tokio::join!(child.wait_with_output(), feed).0 };
    let output = tokio::time::timeout(timeout, both)
        .await
        .map_err(|_| WorkspaceError::GitTooSlow { what: what.clone(), seconds: timeout.as_secs() })?
        .map_err(failed)?;
    Ok(Answer {
        code: output.status.code(),
        stdout: output.stdout,
        said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}
