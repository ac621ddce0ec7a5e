//! Runs a real program: a home, a working folder and a scrubbed environment of its own, the prompt on
//! stdin, its events as JSON.
//!
//! Homes lie in the build folder and not in the temporary one: codex does not set itself up under the
//! latter, and gemini does not read settings below a folder that everybody may write to. The programs of one
//! test file run one after another, since each is heavy and the machine may be small.

mod greeter;

pub(crate) use greeter::Greeter;
use jackfield_standin::{Programs, Standin};
use serde_json::Value;
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

/// A stand-in, the programs, and where one run happens.
pub(crate) struct Bench {
    pub(crate) standin: Standin,
    pub(crate) programs: Programs,
    ground: tempfile::TempDir,
    _alone: parking_lot::MutexGuard<'static, ()>,
}

/// What a program did.
pub(crate) struct Ran {
    pub(crate) exit: Option<i32>,
    pub(crate) events: Vec<Value>,
    pub(crate) stderr: String,
}

static ALONE: parking_lot::Mutex<()> = parking_lot::Mutex::new(());

/// Longer than any run here takes on a loaded machine; a run that reaches it is ended and fails its test.
const PATIENCE: Duration = Duration::from_secs(120);

impl Bench {
    /// Nothing when the programs can not be had here, which has then been said.
    pub(crate) fn set_up() -> Option<Self> {
        let programs = Programs::for_test().unwrap()?;
        let ground = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        for folder in ["home", "work", "tmp"] {
            std::fs::create_dir(ground.path().join(folder)).unwrap();
        }
        Some(Self { standin: Standin::start().unwrap(), programs, ground, _alone: ALONE.lock() })
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.ground.path().join("home")
    }

    pub(crate) fn work(&self) -> PathBuf {
        self.ground.path().join("work").canonicalize().unwrap()
    }

    /// Runs a program to its end.
    #[allow(clippy::disallowed_methods, reason = "these tests are about the programs, below the host")]
    pub(crate) fn run(&self, program: &Path, arguments: &[&str], env: &[(&str, &str)], prompt: &str) -> Ran {
        let file = |name: &str| self.ground.path().join(name);
        // Files and not pipes: two of the programs leave without emptying a pipe that is full.
        let stdout = std::fs::File::create(file("stdout")).unwrap();
        let stderr = std::fs::File::create(file("stderr")).unwrap();
        let mut child = std::process::Command::new(program)
            .args(arguments)
            .current_dir(self.work())
            .env_clear()
            .env("HOME", self.home())
            .env("PATH", self.programs.path())
            .env("TMPDIR", file("tmp"))
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(stdout)
            .stderr(stderr)
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(prompt.as_bytes()).unwrap();
        let exit = wait(child);
        let read = |name| std::fs::read_to_string(file(name)).unwrap();
        let events = read("stdout").lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        Ran { exit, events, stderr: read("stderr") }
    }
}

/// Waits on a thread of its own, so that a program that never ends can be ended.
fn wait(mut child: std::process::Child) -> Option<i32> {
    let (ended, end) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let id = child.id().to_string();
        scope.spawn(move || ended.send(child.wait().unwrap().code()));
        end.recv_timeout(PATIENCE).unwrap_or_else(|_| {
            end_process(&id);
            panic!("the program did not end within {PATIENCE:?}")
        })
    })
}

#[allow(clippy::disallowed_methods, reason = "ends only the process that this test started, by its id")]
fn end_process(id: &str) {
    std::process::Command::new("kill").args(["-KILL", id]).status().unwrap();
}

impl Ran {
    /// The last event of this type, which every program ends with.
    pub(crate) fn last(&self, kind: &str) -> &Value {
        let found = self.events.iter().rev().find(|event| event["type"] == kind);
        found.unwrap_or_else(|| {
            panic!("no `{kind}`, exit {:?}: {:#?}\n{}", self.exit, self.events, self.stderr)
        })
    }

    /// Every event of this type.
    pub(crate) fn all(&self, kind: &str) -> Vec<&Value> {
        self.events.iter().filter(|event| event["type"] == kind).collect()
    }
}
