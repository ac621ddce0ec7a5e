//! What the tests share: the guests, built once from real Rust, and a host over temporary folders.
#![allow(clippy::disallowed_methods, reason = "cargo builds the guests, and cargo is a process")]

use jackfield_plugins::facts::{choosing, driving, judging, reporting, types};
use jackfield_plugins::{
    Apart, Change, Embedded, FailureModes, Grant, Grants, KindLimits, MemoryScan, Options, PluginError,
    PluginEvent, Plugins, Service,
};
use jackfield_types::{PluginKind, SystemClock, Timestamp};
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::broadcast;

pub const NAME: &str = "guest-name-a";
pub const OTHER_NAME: &str = "guest-name-b";
pub const VERSION: &str = "1.4.2";
pub const PROGRAM: &str = "program-name-a";
pub const OTHER_PROGRAM: &str = "program-name-b";

/// Longer than anything here takes, so that a test that hangs says where.
const PATIENCE: Duration = Duration::from_secs(60);

/// Builds all guests, once for each test binary; cargo knows what is there already.
fn build() -> PathBuf {
    let guests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("guests");
    let built = Command::new(env!("CARGO"))
        .current_dir(&guests)
        .args(["build", "--quiet", "--release", "--examples", "--target", "wasm32-wasip2"])
        .env_remove("RUSTFLAGS")
        .env("CARGO_TARGET_DIR", &target)
        .status();
    assert!(built.expect("cargo starts").success(), "the guests do not build");
    target.join("wasm32-wasip2/release/examples")
}

macro_rules! guests {
    ($($name:ident),+) => {$(
        pub fn $name() -> &'static [u8] {
            static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
            BYTES.get_or_init(|| {
                let file = FOLDER.get_or_init(build).join(concat!(stringify!($name), ".wasm"));
                std::fs::read(file).expect("the guest was built")
            })
        }
    )+};
}

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

guests!(chooser, std_chooser, compressor, executor, gate, judge);

/// The judge that comes with the host.
pub fn shipped_judge() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| shipped("jackfield-judge"))
}

/// The gates that come with the host.
pub fn shipped_gates() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| shipped("jackfield-gates"))
}

/// A component built as the host's own build script builds it, and where it does.
fn shipped(package: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../components");
    let built = Command::new(env!("CARGO"))
        .current_dir(root)
        .args(["rustc", "--quiet", "--package", package, "--lib", "--crate-type", "cdylib"])
        .args(["--target", "wasm32-wasip2", "--profile", "component", "--target-dir"])
        .arg(&target)
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_TARGET_DIR")
        .status();
    assert!(built.expect("cargo starts").success(), "{package} does not build");
    let file = target.join(format!("wasm32-wasip2/component/{}.wasm", package.replace('-', "_")));
    std::fs::read(file).expect("it was built")
}

/// The same component with one text written over another of the same length.
pub fn rewritten(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut bytes = bytes.to_vec();
    let places: Vec<_> =
        (0..bytes.len() - from.len()).filter(|at| bytes[*at..].starts_with(from.as_bytes())).collect();
    assert!(!places.is_empty(), "'{from}' is not in the component");
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
    }
    bytes
}

/// The same component, deaf to what it is told.
pub fn well_behaved(bytes: &[u8]) -> Vec<u8> {
    rewritten(bytes, "obeys-me", "ignores!")
}

/// The same component under another digest: a custom section changes nothing that it does.
pub fn variant(bytes: &[u8], number: u32) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.extend([0, 9, 4]);
    bytes.extend(b"test");
    bytes.extend(number.to_le_bytes());
    bytes
}

pub fn short_limits() -> KindLimits {
    let mut limits = KindLimits::generous();
    for limit in [
        &mut limits.executor,
        &mut limits.chooser,
        &mut limits.compressor,
        &mut limits.judge,
        &mut limits.gate,
    ] {
        limit.cpu = Duration::from_millis(100);
        limit.wall = Duration::from_secs(30);
        limit.memory_bytes = 24 << 20;
        limit.output_bytes = 1 << 20;
    }
    limits
}

pub struct Host {
    pub plugins: Arc<Plugins>,
    pub folder: tempfile::TempDir,
    events: broadcast::Receiver<PluginEvent>,
}

pub struct Setup {
    pub embedded: Vec<Vec<u8>>,
    pub grants: Grants,
    pub service: Service,
    pub limits: KindLimits,
    pub failure_modes: FailureModes,
    pub chooser: Option<String>,
    pub folder: tempfile::TempDir,
    pub instances: u32,
    pub memory_bytes: u64,
    pub apart: Option<Arc<dyn Apart>>,
}

pub fn setup() -> Setup {
    Setup {
        embedded: Vec::new(),
        grants: Grants::default(),
        service: Service::default(),
        limits: short_limits(),
        failure_modes: FailureModes::default(),
        chooser: None,
        folder: tempfile::tempdir().unwrap(),
        instances: 8,
        memory_bytes: 1 << 30,
        apart: None,
    }
}

impl Setup {
    pub async fn open(self) -> Host {
        let (tell, events) = broadcast::channel(10_000);
        let mut options = options(self.folder.path(), self.embedded, self.service);
        options.limits = self.limits;
        options.grants = self.grants;
        options.failure_modes = self.failure_modes;
        options.chooser = self.chooser;
        options.instances = self.instances;
        options.memory_bytes = self.memory_bytes;
        options.apart = self.apart;
        options.observer = Arc::new(move |event| drop(tell.send(event)));
        let plugins = Plugins::open(options).await.unwrap();
        Host { plugins, folder: self.folder, events }
    }
}

fn options(folder: &Path, embedded: Vec<Vec<u8>>, service: Service) -> Options {
    Options {
        data: folder.join("data"),
        drop_folder: folder.join("plugins"),
        embedded: embedded.into_iter().map(|bytes| Embedded { bytes: Cow::Owned(bytes) }).collect(),
        limits: short_limits(),
        grants: Grants::default(),
        service,
        failure_modes: FailureModes::default(),
        chooser: None,
        instances: 8,
        memory_scan: MemoryScan::Auto,
        memory_bytes: 1 << 30,
        apart: None,
        strikes: 3,
        slowdown: 10,
        observer: Arc::new(|_| {}),
        clock: Arc::new(SystemClock),
    }
}

/// Another host over the folders of one that may be there already.
pub async fn over(
    folder: &Path,
    embedded: Vec<Vec<u8>>,
    service: Service,
) -> Result<Arc<Plugins>, PluginError> {
    Plugins::open(options(folder, embedded, service)).await
}

impl Host {
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("plugins").join(name)
    }

    /// Drops a file as the documentation has it: written aside and renamed into place.
    pub fn drop_in(&self, name: &str, bytes: &[u8]) {
        let aside = self.path(&format!("{name}.aside"));
        std::fs::write(&aside, bytes).unwrap();
        std::fs::rename(aside, self.path(name)).unwrap();
    }

    /// The next event of a change; others are passed over.
    pub async fn event(&mut self, change: Change) -> PluginEvent {
        let next = async {
            loop {
                let event = self.events.recv().await.expect("the host lives");
                if event.change == change {
                    return event;
                }
            }
        };
        tokio::time::timeout(PATIENCE, next).await.unwrap_or_else(|_| panic!("no {change} ever came"))
    }

    /// Whether no event of that change has come so far.
    pub fn no_event(&mut self, change: Change) -> bool {
        std::iter::from_fn(|| self.events.try_recv().ok()).all(|event| event.change != change)
    }

    pub async fn choose(
        &self,
        how: &str,
    ) -> Result<jackfield_plugins::Called<Vec<choosing::Choice>>, jackfield_plugins::PluginError> {
        self.plugins.choose(now(), &task(how), &candidates(), &budget()).await
    }
}

pub fn now() -> Timestamp {
    Timestamp::from_millisecond(1_800_000_000_123).unwrap()
}

pub fn task(how: &str) -> choosing::Task {
    choosing::Task {
        task_type: how.to_owned(),
        complexity: 3,
        language: None,
        stack: Vec::new(),
        role: types::Role::Implement,
        keywords: Vec::new(),
        context_tokens: 0,
        open_quality_issues: 0,
        decisions_in_context: 0,
        effort: None,
    }
}

pub fn candidates() -> Vec<choosing::Candidate> {
    let candidate = |name: &str| choosing::Candidate {
        executor: name.to_owned(),
        model: None,
        tier: types::Tier::Workhorse,
        rates: None,
        free: true,
        rung: None,
        installed: true,
        login: types::Login::LoggedIn,
        busy: 0,
        slots: 1,
        cooling_until: None,
        attempts: 0,
        succeeded: 0,
        verified: 0,
        mean_cost: None,
        mean_latency: None,
        usage_share: 0,
    };
    vec![candidate("one"), candidate("two"), candidate("three")]
}

pub const fn budget() -> choosing::Budget {
    choosing::Budget { state: types::BreakerState::Closed, day_left: None, month_left: None, run_left: None }
}

pub fn request(instruction: &str) -> driving::Request {
    driving::Request {
        attempt: "01HZZZZZZZZZZZZZZZZZZZZZZZ".to_owned(),
        instruction: instruction.to_owned(),
        model: None,
        effort: None,
        role: types::Role::Implement,
        access: driving::Access::Edit,
        session: None,
        prior_usage: None,
        budget: None,
        timeout: 1000,
        folders: driving::Folders {
            worktree: "/w".to_owned(),
            scratch: "/s".to_owned(),
            state: "/t".to_owned(),
        },
        present: Vec::new(),
        settings: Vec::new(),
        prompt_syntax: false,
    }
}

pub fn exit() -> driving::Exit {
    driving::Exit { code: Some(0), signal: None, ending: driving::Ending::Itself, stderr: String::new() }
}

pub fn report(instruction: &str) -> reporting::Report {
    reporting::Report {
        task: String::new(),
        run: String::new(),
        instruction: instruction.to_owned(),
        workspace: String::new(),
        state: reporting::State::Succeeded,
        process: types::ProcessAxis::Exited,
        delivered: types::DeliveredAxis::Nothing,
        verified: types::VerifiedAxis::NotRun,
        executor: "one".to_owned(),
        model: None,
        reason: String::new(),
        attempts: 1,
        answer: "twelve bytes".to_owned(),
        failure: None,
        files: Vec::new(),
        steps: Vec::new(),
        checks: Vec::new(),
        warnings: Vec::new(),
        usage: types::Usage {
            input: 0,
            cached_input: 0,
            cache_write: 0,
            output: 0,
            reasoning: 0,
            cost: None,
            estimated: false,
        },
        cost: None,
        wall: 0,
        branch: None,
        links: Vec::new(),
    }
}

/// A result whose instruction says how a guest is to behave.
pub fn result(how: &str, diff: &str) -> judging::ResultInQuestion {
    judging::ResultInQuestion { report: report(how), diff: diff.to_owned() }
}

pub fn granted(programs: &[&str], environment: &[&str]) -> Grants {
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let mut grants = Grants::default();
    let grant = Grant { programs: set(programs), environment: set(environment), ..Grant::default() };
    grants.0.entry(PluginKind::Executor).or_default().insert(NAME.to_owned(), grant);
    grants
}
