//! The command line as a person or a script uses it.

use crate::{Ground, PATIENCE, binary};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// `jackfield` over one ground's data folder.
pub struct Cli<'a> {
    ground: &'a Ground,
    folder: PathBuf,
    /// What the program is started by, and with which arguments.
    through: Vec<OsString>,
}

/// What a command came to.
#[derive(Debug)]
pub struct Told {
    /// 0 done, 1 the work failed, 2 refused.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Told {
    /// Standard output as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {self:#?}"))
    }

    /// The problem of a refusal under `--json`.
    pub fn problem(&self) -> Value {
        let last = self.stderr.lines().last().unwrap_or_default();
        let said: Value = serde_json::from_str(last).unwrap_or_else(|_| panic!("no problem: {self:#?}"));
        said["error"].clone()
    }

    /// The same, which must have gone well.
    pub fn fine(self) -> Self {
        assert_eq!(self.code, 0, "{self:#?}");
        self
    }
}

impl<'a> Cli<'a> {
    pub(crate) fn new(ground: &'a Ground) -> Self {
        Self { ground, folder: ground.path().to_owned(), through: Vec::new() }
    }

    /// The same, typed in another folder.
    #[must_use]
    pub fn in_folder(self, folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), ..self }
    }

    /// The same, started by another program, which is given the command line after these words.
    #[must_use]
    pub fn through(self, words: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self { through: words.into_iter().map(Into::into).collect(), ..self }
    }

    /// The same on a terminal that is so wide; what it shows comes as standard output, with its escapes.
    #[must_use]
    pub fn on_terminal(self, columns: u16) -> Self {
        // `script` makes the terminal and hands one string to a shell: the words come as its arguments.
        let line = format!("stty cols {columns} rows 40; exec \"$@\"");
        let quoting = r#"quoted=""; for word in "$@"; do quoted="$quoted '$(printf %s "$word" | sed "s/'/'\\\\''/g")'"; done"#;
        let run = format!(r#"{quoting}; exec script -qefc "set -- $quoted; $LINE" /dev/null"#);
        let words = ["env".to_owned(), format!("LINE={line}"), "TERM=xterm-256color".to_owned()];
        self.through(words.into_iter().chain(["sh", "-c", &run, "sh"].map(str::to_owned)))
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Told {
        self.run_with(arguments, b"").await
    }

    /// The same with something on standard input.
    pub async fn run_with(
        &self,
        arguments: impl IntoIterator<Item = impl AsRef<OsStr>>,
        stdin: &[u8],
    ) -> Told {
        let mut child = self.start(arguments);
        let mut pipe = child.0.stdin.take().unwrap();
        // Who reads nothing closes early, which is not what is tested here.
        let _ = pipe.write_all(stdin).await;
        drop(pipe);
        child.told().await
    }

    /// Starts a command.
    pub fn start(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Typed {
        let mut words = self.through.iter().cloned().chain([binary::binary().into()]);
        let child = Command::new(words.next().unwrap())
            .args(words)
            .args(arguments)
            .current_dir(&self.folder)
            .env_clear()
            .envs(self.ground.environment())
            .env("JACKFIELD_DATA", self.ground.data())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the command starts");
        Typed(child)
    }
}

/// A command that was started.
pub struct Typed(Child);

impl Typed {
    /// As Ctrl-C does.
    pub fn interrupt(&self) {
        self.signal(Signal::INT);
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = self.0.id().expect("the command runs");
        kill_process(Pid::from_raw(pid.cast_signed()).unwrap(), signal).unwrap();
    }

    /// Types on its terminal, or writes to its standard input.
    pub async fn type_in(&mut self, keys: &[u8]) {
        let stdin = self.0.stdin.as_mut().expect("it has a standard input");
        stdin.write_all(keys).await.unwrap();
        stdin.flush().await.unwrap();
    }

    /// Waits for its end.
    pub async fn told(self) -> Told {
        let output = timeout(PATIENCE, self.0.wait_with_output()).await.expect("the command ends").unwrap();
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Told {
            code: output.status.code().unwrap_or(-1),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}
