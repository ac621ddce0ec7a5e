//! A folder, a launcher and a marker by which every process of a test is found, whatever it sheds.

use jackfield_process::{
    Containment, Identity, Launcher, ProcessLimits, Running, Spec, Tail, host_environment,
};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use tokio_util::sync::CancellationToken;

pub(crate) struct Scene {
    pub(crate) launcher: Launcher,
    pub(crate) folder: tempfile::TempDir,
    /// An argument of `sleep` that nothing else on the machine has.
    pub(crate) marker: String,
}

impl Scene {
    pub(crate) fn new(launcher: Launcher) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let marker = format!("86{}.{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        Self { launcher, folder: tempfile::tempdir().unwrap(), marker }
    }

    /// One for each way in which this machine can keep an agent's processes together.
    pub(crate) async fn each() -> Vec<Self> {
        let mut launchers = vec![Launcher::tracked().await.unwrap()];
        let best = Launcher::detect().await.unwrap();
        if best.containment() == Containment::PidNamespace {
            launchers.push(best);
        }
        launchers.into_iter().map(Self::new).collect()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        String::from_utf8_lossy(&std::fs::read(self.path(name)).unwrap()).into_owned()
    }

    /// An agent that is a shell script; `MARK` in it becomes the marker.
    pub(crate) fn script(&self, script: &str) -> Spec {
        spec(self.folder.path(), &["sh", "-c", &script.replace("MARK", &self.marker)], &self.marker)
    }

    pub(crate) fn start(&self, script: &str) -> Running {
        self.launcher.prepare(self.script(script)).unwrap().release().unwrap()
    }

    /// Starts the script and waits until it has said `ready`.
    pub(crate) async fn start_ready(&self, script: &str) -> Running {
        let running = self.start(script);
        said_ready(running.identity()).await;
        running
    }

    /// The pids of all processes that carry the marker.
    pub(crate) fn left(&self) -> Vec<i32> {
        marked(&self.marker)
    }
}

pub(crate) fn spec(folder: &Path, argv: &[&str], tag: &str) -> Spec {
    Spec {
        argv: argv.iter().map(Into::into).collect(),
        environment: host_environment(),
        cwd: folder.to_owned(),
        stdin: None,
        stdout: folder.join("stdout"),
        stderr: folder.join("stderr"),
        status: folder.join("status"),
        tag: tag.to_owned(),
        limits: ProcessLimits::default(),
        lease: None,
        tree: Default::default(),
    }
}

pub(crate) fn marked(marker: &str) -> Vec<i32> {
    let listing = std::fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let pids = listing.filter_map(|item| item.file_name().to_str()?.parse::<i32>().ok());
    let sleeps = |pid: &i32| {
        let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        arguments.split(|byte| *byte == 0).any(|argument| argument == marker.as_bytes())
    };
    pids.filter(sleeps).collect()
}

pub(crate) async fn said_ready(identity: &Identity) {
    let mut tail = Tail::open(&identity.stdout, 0, CancellationToken::new()).unwrap();
    let mut said = Vec::new();
    while !String::from_utf8_lossy(&said).contains("ready") {
        said.extend(tail.next().await.unwrap().unwrap());
    }
}
