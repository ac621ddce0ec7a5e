//! Diagrams before the real Mermaid parser, which a small script beside this test runs.

use crate::reports::{Dice, hostile, ordinary, trivial};
use jackfield_compress::{Level, compress};
use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

const HOSTILE: usize = 600;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/mermaid")
}

#[allow(clippy::disallowed_methods, reason = "a test's own helper program, which no host code starts")]
fn program(name: &str) -> std::process::Command {
    let mut command = std::process::Command::new(name);
    command.current_dir(folder());
    command
}

/// Whether the script can run; in continuous integration it must.
fn ready() -> bool {
    let there = |name| program(name).arg("--version").output().is_ok_and(|output| output.status.success());
    if !there("node") || !there("npm") {
        assert!(
            std::env::var_os("CI").is_none_or(|ci| ci != "true"),
            "node and npm are needed to check diagrams against the real Mermaid parser"
        );
        eprintln!(
            "SKIPPED: node and npm are not there, so no diagram was checked against the Mermaid parser"
        );
        return false;
    }
    // Once, however many tests ask at the same time: those of the whole line hold the same lock.
    let lock = std::fs::File::open(folder().join("package.json")).unwrap();
    lock.lock().unwrap();
    if !folder().join("node_modules/mermaid").exists() {
        let output =
            program("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).output().unwrap();
        assert!(output.status.success(), "npm ci: {}", String::from_utf8_lossy(&output.stderr));
    }
    true
}

/// What the parser has to say about each diagram that it refuses.
fn refused(diagrams: &[String]) -> Vec<(usize, String)> {
    let mut script =
        program("node").arg("check.js").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    script.stdin.take().unwrap().write_all(serde_json::to_string(diagrams).unwrap().as_bytes()).unwrap();
    let output = script.wait_with_output().unwrap();
    assert!(output.status.success(), "check.js failed");
    let refused: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).unwrap();
    refused
        .iter()
        .map(|one| (one["index"].as_u64().unwrap() as usize, one["message"].as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn mermaid_takes_every_diagram_whatever_the_agent_wrote() {
    if !ready() {
        return;
    }
    let mut dice = Dice::new(1_234_567);
    let mut diagrams = vec![compress(Level::Mermaid, &trivial()), compress(Level::Mermaid, &ordinary())];
    diagrams.extend((0..HOSTILE).map(|_| compress(Level::Mermaid, &hostile(&mut dice))));
    // The parser must be able to refuse, else the rest proves nothing.
    let broken = diagrams.len();
    diagrams.push("flowchart LR\na[\"one \" too many\"]".to_owned());
    let refused = refused(&diagrams);
    for (index, message) in &refused {
        assert_eq!(*index, broken, "{message}\n{}", diagrams[*index]);
    }
    assert_eq!(refused.len(), 1, "the broken diagram was taken");
}
