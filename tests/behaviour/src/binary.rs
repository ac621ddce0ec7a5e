//! The program under test: `jackfield` as cargo built it beside these tests.
//!
//! It is never an old one: where a source is newer than the binary, cargo is asked to build it, once
//! however many tests ask at the same time.
#![allow(clippy::disallowed_methods, reason = "cargo builds the program, and cargo is a process")]

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

/// A program built elsewhere, to be tested instead.
const OTHER: &str = "JACKFIELD_TEST_BINARY";

/// What the program is made of, in the workspace's folder.
const SOURCES: [&str; 6] = ["host", "plugins", "sdk", "wit", "examples/headline", "Cargo.lock"];

/// What a source is called.
const KINDS: [&str; 5] = ["rs", "wit", "sql", "toml", "lock"];

/// Where the program is.
pub(crate) fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| env::var_os(OTHER).map_or_else(built, PathBuf::from))
}

/// The folder of cargo's profile: `target/debug` for tests in `target/debug/deps`.
pub(crate) fn profile_folder() -> PathBuf {
    let own = env::current_exe().unwrap();
    own.ancestors().nth(2).expect("a test lies in target/PROFILE/deps").to_owned()
}

/// The conformance suites' own tools behind the host's guards.
pub fn conformance_server() -> PathBuf {
    let program = profile_folder().join("examples/conformance");
    fresh(program, &["tests/conformance"], &["--package", "jackfield-server", "--example", "conformance"])
}

fn built() -> PathBuf {
    fresh(profile_folder().join("jackfield"), &[], &["--package", "jackfield-cli", "--bin", "jackfield"])
}

/// A program of ours, built where it is not there or a source is newer.
fn fresh(program: PathBuf, more: &[&str], target: &[&str]) -> PathBuf {
    let profile = profile_folder();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let newest = SOURCES.iter().chain(more).filter_map(|source| newest(&root.join(source))).max();
    let is_fresh = || fs::metadata(&program).and_then(|file| file.modified()).ok() >= newest;
    if is_fresh() {
        return program;
    }
    let lock = File::create(profile.join("jackfield-behaviour.lock")).unwrap();
    lock.lock().unwrap();
    if is_fresh() {
        return program;
    }
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(&root).args(["build", "--quiet"]).args(target);
    cargo.arg("--target-dir").arg(profile.parent().unwrap());
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().expect("cargo starts").success(), "{} does not build", program.display());
    program
}

/// When the youngest source below `path` was written. Tests, documents and build products are none.
fn newest(path: &Path) -> Option<SystemTime> {
    let about = fs::symlink_metadata(path).ok()?;
    if !about.is_dir() {
        let kind = path.extension()?.to_str()?;
        return about.modified().ok().filter(|_| KINDS.contains(&kind));
    }
    let name = path.file_name()?.to_str()?;
    if ["target", "tests", "examples"].contains(&name) {
        return None;
    }
    fs::read_dir(path).ok()?.filter_map(|entry| newest(&entry.ok()?.path())).max()
}
