//! The programs that tests drive are the ones that package.json pins, and nothing else need be on the PATH.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use jackfield_standin::Programs;
use serde_json::Value;
use std::path::Path;

#[test]
#[allow(clippy::disallowed_methods, reason = "these tests are about the programs, below the host")]
fn each_program_is_of_the_version_that_is_pinned() {
    let Some(programs) = Programs::for_test().unwrap() else { return };
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../programs/package.json");
    let pinned: Value = serde_json::from_str(&std::fs::read_to_string(package).unwrap()).unwrap();
    for (program, package) in [
        (programs.claude(), "@anthropic-ai/claude-code"),
        (programs.codex(), "@openai/codex"),
        (programs.gemini(), "@google/gemini-cli"),
    ] {
        let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let mut version = std::process::Command::new(&program);
        version.arg("--version").env_clear().env("PATH", programs.path()).env("HOME", home.path());
        let told = String::from_utf8(version.output().unwrap().stdout).unwrap();
        let wanted = pinned["dependencies"][package].as_str().unwrap();
        assert!(told.split_whitespace().any(|word| word == wanted), "{package}: {told}");
    }
}

#[test]
fn tests_that_ask_at_the_same_time_get_the_same_programs() {
    if Programs::for_test().unwrap().is_none() {
        return;
    }
    let asking = || std::thread::spawn(|| Programs::fetch().unwrap().bin().to_owned());
    let folders = [asking(), asking(), asking()].map(|thread| thread.join().unwrap());
    assert!(folders.iter().all(|folder| *folder == folders[0] && folder.join("codex").is_file()));
}
