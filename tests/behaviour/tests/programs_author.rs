//! `docs/author.md`, done as a person does it: every command typed, every file compared, and the same policy in
//! three languages held to the same answers. The toolchains of all three are the real ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test calls fails the test"
)]

use jackfield_behaviour::{Ground, blocks, commands, toolchains, typed};
use serde_json::Value;
use std::fs;
use std::path::Path;

const GUIDE: &str = "author.md";

/// The policy in each language, as the guide calls it.
const SAME: [&str; 3] = ["cheapest", "cheapest-js", "cheapest-py"];

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("no JSON ({error}): {text}"))
}

#[test]
fn author_guide_leads_to_a_serving_chooser_in_each_language() {
    if !toolchains(&["cargo", "npm", "python3"]) {
        return;
    }
    let ground = Ground::new();
    let place = tempfile::tempdir().unwrap();
    let guide = blocks(GUIDE);
    let commands = commands(GUIDE);
    assert!(commands.matches("jackfield plugin").count() > 15, "the guide has lost its commands");
    let printed = typed(&ground, place.path(), &commands);
    for words in ["10 cases passed", "calls a second", "would serve at once", "serving"] {
        assert!(printed.contains(words), "{words:?} was never printed:\n{printed}");
    }

    for block in &guide {
        if let Some(file) = block.file() {
            let written = fs::read_to_string(place.path().join(&file)).unwrap();
            assert_eq!(
                block.text,
                written,
                "{GUIDE}, line {}, is not what is in {}",
                block.line,
                file.display()
            );
        } else if block.label == "toml" {
            fs::write(place.path().join("shown.toml"), &block.text).unwrap();
            typed(&ground, place.path(), "jackfield plugin test cheapest/cheapest.wasm shown.toml");
        }
    }
    a_case_that_does_not_pass(&ground, place.path());
    the_same_answers(&ground, place.path());
    what_they_may_reach(&ground, place.path());
    compiled_apart(&ground, place.path());
}

/// Scripts go by the exit code, people by the place that differs.
fn a_case_that_does_not_pass(ground: &Ground, place: &Path) {
    let cases = "[[case]]\nname = \"the dear one first\"\nfunction = \"choose\"\n\
                 facts.candidates = [{ executor = \"dear\" }, { executor = \"free\", free = true }]\n\
                 contains = [{ candidate = 0 }]\n";
    fs::write(place.join("wrong.toml"), cases).unwrap();
    let line = "code=0; jackfield plugin test cheapest/cheapest.wasm wrong.toml || code=$?; echo \"ended with $code\"";
    let told = typed(ground, place, line);
    assert!(told.contains("FAIL the dear one first"), "{told}");
    assert!(told.contains("[0].candidate: wanted 0, got 1"), "{told}");
    assert!(told.contains("ended with 1"), "{told}");
}

/// One policy in three languages: same cases, same answers, to the last word of the reasons.
fn the_same_answers(ground: &Ground, place: &Path) {
    let answers: Vec<Value> = SAME
        .iter()
        .map(|name| {
            let line = format!("jackfield --json plugin test {name}/{name}.wasm cheapest/cases.toml");
            let mut report = json(&typed(ground, place, &line));
            assert_eq!(report["failed"], 0, "{report:#}");
            report["cases"].as_array_mut().unwrap().iter_mut().map(|case| case["answer"].take()).collect()
        })
        .collect();
    assert!(answers[0].as_array().unwrap().len() >= 8);
    assert_eq!(answers[1], answers[0], "in JavaScript it answers something else than in Rust");
    assert_eq!(answers[2], answers[0], "in Python it answers something else than in Rust");
}

/// What their languages bring along reaches nothing: WASI is all there is beside the contract.
fn what_they_may_reach(ground: &Ground, place: &Path) {
    for name in SAME {
        let line = format!("jackfield --json plugin inspect {name}/{name}.wasm");
        let inspection = json(&typed(ground, place, &line));
        assert_eq!(inspection["verdict"]["verdict"], "would_serve", "{inspection:#}");
        assert_eq!(inspection["makeup"]["wit"], "jackfield:plugin@1.1.0");
        let imports = inspection["imports"].as_array().unwrap();
        let known = |import: &Value| {
            let import = import.as_str().unwrap();
            import.starts_with("wasi:") || import.starts_with("jackfield:plugin/")
        };
        assert!(imports.iter().all(known), "{inspection:#}");
        assert!(!imports.iter().any(|import| import.as_str().unwrap().contains("http")), "{inspection:#}");
    }
    let made_with = |name: &str| {
        let line = format!("jackfield --json plugin inspect {name}/{name}.wasm");
        json(&typed(ground, place, &line))["makeup"].to_string()
    };
    assert!(made_with("cheapest-js").contains("JavaScript"));
}

/// A foreign component of twelve megabytes is compiled in a process that is ended at its limits.
fn compiled_apart(ground: &Ground, place: &Path) {
    let component = "cheapest-js/cheapest-js.wasm";
    let limited = |memory_mib: u64, seconds: u64| {
        let limits = format!("--memory-bytes {} --cpu-seconds {seconds}", memory_mib << 20);
        let line = format!(
            "if jackfield compile-component {limits} --code code < {component} 2> why; then echo made; else echo ended; fi"
        );
        typed(ground, place, &line).trim().to_owned()
    };
    assert_eq!(limited(3072, 1), "ended", "it takes several seconds on the processor");
    assert_eq!(limited(160, 120), "ended", "it takes hundreds of megabytes");
    assert!(!place.join("code").exists(), "a compiler that was ended leaves nothing");
    // Two bytes of a custom section make another component of it, of which no code is kept yet.
    fs::write(
        place.join("other.wasm"),
        [fs::read(place.join(component)).unwrap(), vec![0, 2, 1, b'x']].concat(),
    )
    .unwrap();
    let told = typed(ground, place, "JACKFIELD_LOG=jackfield=debug jackfield plugin check other.wasm 2>&1");
    assert!(told.contains("compiled in a process of its own"), "{told}");
    assert!(told.contains("would serve at once"), "{told}");
}
