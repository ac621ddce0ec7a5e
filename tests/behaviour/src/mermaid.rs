//! Diagrams before the real Mermaid parser, with the script that the compressor's own tests use.
#![allow(clippy::disallowed_methods, reason = "a test's own helper program, which no host code starts")]

use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Fails where the parser does not take one of these as a flowchart, or takes a broken one.
pub fn assert_diagrams(diagrams: &[String]) {
    let broken = "flowchart LR\na[\"one \" too many\"]";
    let mut all: Vec<&str> = diagrams.iter().map(String::as_str).collect();
    all.push(broken);
    let refused = refused(&all);
    let [only] = &refused[..] else { panic!("{refused:#?}\n{diagrams:#?}") };
    assert_eq!(only["index"], json!(diagrams.len()), "{only}\n{diagrams:#?}");
}

fn refused(diagrams: &[&str]) -> Vec<Value> {
    fetch();
    let mut script = program("node");
    script.arg("check.js").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = script.spawn().unwrap();
    child.stdin.take().unwrap().write_all(json!(diagrams).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "check.js failed");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Once, however many tests ask at the same time: the compressor's own hold the same lock.
fn fetch() {
    let lock = File::open(folder().join("package.json")).unwrap();
    lock.lock().unwrap();
    if folder().join("node_modules/mermaid").exists() {
        return;
    }
    let npm = program("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).output().unwrap();
    assert!(npm.status.success(), "npm ci: {}", String::from_utf8_lossy(&npm.stderr));
}

fn program(name: &str) -> Command {
    let mut command = Command::new(name);
    command.current_dir(folder());
    command
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/compress/tests/mermaid")
}
