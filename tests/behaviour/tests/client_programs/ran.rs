//! One program run to its end, with nothing of this process's environment.

use jackfield_behaviour::PATIENCE;
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;
use tokio::time::timeout;

/// What a program did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The same, of a program that must have succeeded.
    pub(crate) fn fine(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    /// Standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {self:#?}"))
    }

    /// The lines of standard output that are JSON.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

/// A program with a home and a `PATH` and nothing else in its environment.
pub(crate) fn program(file: &Path, home: &Path, path: &str) -> Command {
    let mut command = Command::new(file);
    command.current_dir(home).env_clear().env("HOME", home).env("TMPDIR", home).env("PATH", path);
    command
}

/// Runs a program to its end; one that does not end is killed and fails its test.
pub(crate) async fn ran(command: &mut Command, stdin: &str) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().expect("the program starts");
    let mut pipe = child.stdin.take().unwrap();
    // Who reads nothing closes early, which is not what is tested here.
    let _ = pipe.write_all(stdin.as_bytes()).await;
    drop(pipe);
    let output = timeout(PATIENCE, child.wait_with_output()).await.expect("the program ends").unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Ran { code: output.status.code(), stdout: text(&output.stdout), stderr: text(&output.stderr) }
}
