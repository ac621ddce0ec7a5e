//! What `plugin new` writes, for every kind in every language: it builds with the real toolchain, and answers its own
//! cases. Choosers are in `programs_author.rs`, as the author's guide has them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test calls fails the test")]

use jackfield_behaviour::{Ground, toolchains, typed};
use std::path::Path;

const KINDS: [&str; 4] = ["compressor", "judge", "gate", "executor"];

/// Writes, builds and tests one of each kind; `fetched` is what the first one has fetched and all use.
fn every_kind(language: &str, fetched: Option<&str>) {
    let ground = Ground::new();
    let place = tempfile::tempdir().unwrap();
    for kind in KINDS {
        let name = format!("{kind}-{language}");
        let share = fetched
            .filter(|what| place.path().join(KINDS[0].to_owned() + "-" + language).join(what).exists());
        let share = share.map(|what| format!("ln -s ../{}-{language}/{what} {name}/{what}\n", KINDS[0]));
        let told = typed(
            &ground,
            place.path(),
            &format!(
                "jackfield plugin new {name} --kind {kind} --lang {language}\n{}jackfield plugin build {name}\n\
                 jackfield plugin test {name}/{name}.wasm {name}/cases.toml",
                share.unwrap_or_default()
            ),
        );
        assert!(told.contains("cases passed") && !told.contains("FAIL"), "{name}: {told}");
        assert_wanted(&ground, place.path(), &name, kind);
    }
}

/// Those that ask for something say what, and how to give it.
fn assert_wanted(ground: &Ground, place: &Path, name: &str, kind: &str) {
    let wanted = match kind {
        "executor" => format!("jackfield plugin grant executor {name} --program cat"),
        "gate" => format!("jackfield plugin grant gate {name} --import evidence"),
        _ => "would serve at once".to_owned(),
    };
    let told = typed(ground, place, &format!("jackfield plugin check {name}/{name}.wasm || true"));
    assert!(told.contains(&wanted), "{name}: {told}");
}

#[test]
fn rust_template_of_every_kind_builds_and_passes_its_cases() {
    if toolchains(&["cargo"]) {
        every_kind("rust", None);
    }
}

#[test]
fn javascript_template_of_every_kind_builds_and_passes_its_cases() {
    if toolchains(&["npm"]) {
        every_kind("js", Some("node_modules"));
    }
}

#[test]
fn python_template_of_every_kind_builds_and_passes_its_cases() {
    if toolchains(&["python3"]) {
        every_kind("python", Some(".venv"));
    }
}
