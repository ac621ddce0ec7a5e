//! The code of the shipped components, compiled once for all tests.
//!
//! A host compiles a component quickly first and optimises it in the background. A test that ends earlier loses that
//! work, and the next test repeats it. So the first test waits until every component is optimised.
#![allow(clippy::disallowed_methods, reason = "a host compiles its components, and a host is a process")]

use crate::binary;
use std::fs::{self, File};
use std::os::unix::fs::{DirBuilderExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant, UNIX_EPOCH};

/// Far more than it takes without optimisation on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// The folder with the code. A host keeps code by the component's digest and checks it before use.
pub(crate) fn shared() -> &'static Path {
    static SHARED: OnceLock<PathBuf> = OnceLock::new();
    SHARED.get_or_init(|| {
        let profile = binary::profile_folder();
        let folder = profile.join("jackfield-behaviour-compiled");
        private(&folder);
        let built = fs::metadata(binary::binary()).unwrap().modified().unwrap();
        let stamp = built.duration_since(UNIX_EPOCH).unwrap().as_nanos();
        let complete = folder.join(format!("complete-{stamp}"));
        if complete.exists() {
            return folder;
        }
        let lock = File::create(profile.join("jackfield-behaviour-compiled.lock")).unwrap();
        lock.lock().unwrap();
        if !complete.exists() {
            compile(&folder);
            File::create(&complete).unwrap();
        }
        folder
    })
}

/// Runs a server until the best code of everything that it serves is in the folder.
fn compile(folder: &Path) {
    let ground = tempfile::Builder::new().prefix("jfb-").tempdir().unwrap();
    let data = ground.path().join("data");
    private(&data.join("plugin-store"));
    symlink(folder, data.join("plugin-store/compiled")).unwrap();
    let command = |arguments: &[&str]| {
        let mut command = Command::new(binary::binary());
        command.args(arguments).arg("--data").arg(&data).env("HOME", ground.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let mut server = command(&["serve", "--listen", "127.0.0.1:0"]).spawn().unwrap();
    let begun = Instant::now();
    let mut is_complete = false;
    while !is_complete && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_secs(1));
        let list = command(&["plugin", "list", "--json"]).stdout(Stdio::piped()).output().unwrap();
        let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap_or_default();
        is_complete = list.as_array().is_some_and(|components| {
            !components.is_empty() && components.iter().all(|one| one["compiled"] == "optimised")
        });
    }
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(is_complete, "the shipped components are not compiled after {PATIENCE:?}");
}

/// Creates a folder that only its owner may use.
pub(crate) fn private(folder: &Path) {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).unwrap();
}
