//! A Python with what `tests/clients/requirements.txt` names, in a folder of its own there.
//!
//! Made once, however many tests ask at the same time; a copy of the requirements in it says that it is whole.

use crate::ran::{Ran, program, ran};
use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use tokio::process::Command;

/// Where the programs of the system are.
const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

pub(crate) struct Python {
    folder: PathBuf,
}

impl Python {
    /// Nothing when this machine cannot have it, after saying so loudly. Where `CI=true`, what cannot be tested is a
    /// failure.
    pub(crate) async fn for_test() -> Option<Self> {
        match made().await {
            Ok(python) => Some(python),
            Err(why) => {
                assert!(env::var_os("CI").is_none_or(|ci| ci != "true"), "{why}");
                eprintln!("SKIPPED, because the Python SDK is not here: {why}");
                None
            }
        }
    }

    /// Runs a script of `tests/clients`.
    pub(crate) async fn run(&self, script: &str, home: &Path, arguments: &[&str]) -> Ran {
        let mut python = program(&self.folder.join("python/bin/python"), home, PATH);
        ran(python.arg("-I").arg(self.folder.join(script)).args(arguments), "").await
    }

    /// Runs a program that came with the requirements.
    pub(crate) async fn tool(
        &self,
        name: &str,
        home: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Ran {
        let mut tool = program(&self.folder.join("python/bin").join(name), home, PATH);
        ran(tool.args(arguments).envs(environment.iter().copied()), "").await
    }

    /// A file of `tests/clients`.
    pub(crate) fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }
}

async fn made() -> Result<Python, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients").canonicalize().unwrap();
    let lock = File::create(folder.join("fetch.lock")).unwrap();
    lock.lock().unwrap();
    let (place, requirements) = (folder.join("python"), folder.join("requirements.txt"));
    let wanted = fs::read(&requirements).unwrap();
    let stamp = place.join("jackfield-requirements.txt");
    if fs::read(&stamp).ok().as_ref() != Some(&wanted) {
        done(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place)).await?;
        // With the environment of whoever runs the tests, which may say where pip fetches from.
        let mut pip = Command::new(place.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:", "--requirement"]);
        done(pip.arg(&requirements)).await?;
        fs::write(&stamp, wanted).unwrap();
    }
    Ok(Python { folder })
}

async fn done(command: &mut Command) -> Result<(), String> {
    let output =
        command.output().await.map_err(|error| format!("it does not start ({error}): install Python 3"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)))
}
