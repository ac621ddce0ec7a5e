//! `docs/adapter.md`, step by step as a person follows it: a new agent program gets an adapter, which is held, granted,
//! and executes a task. The program itself is the stand-in that the guide shows; everything else is real.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test calls fails the test"
)]

use jackfield_behaviour::{Ground, blocks, followed, toolchains, typed};
use serde_json::Value;

const GUIDE: &str = "adapter.md";
const GRANT: &str = "jackfield plugin grant executor agy --program agy --env DBUS_SESSION_BUS_ADDRESS";

#[test]
fn adapter_guide_leads_to_a_task_executed_by_a_new_program() {
    if !toolchains(&["cargo", "git"]) {
        return;
    }
    let ground = Ground::new();
    let place = tempfile::tempdir().unwrap();
    let printed = typed(&ground, place.path(), &followed(GUIDE));
    for words in
        ["9 cases passed", "held", GRANT, "serving", "hello.txt greets the world now.", "+Hello, world"]
    {
        assert!(printed.contains(words), "{words:?} was never printed:\n{printed}");
    }
    let told = typed(&ground, place.path(), "jackfield --json runs");
    let runs: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&runs[0]["executor"], &runs[0]["state"]), (&"agy".into(), &"succeeded".into()), "{runs:#}");
    let cases = blocks(GUIDE).iter().map(|block| block.text.matches("[[case]]").count()).sum::<usize>();
    assert_eq!(cases, 9, "the guide has other cases than are counted above");
    a_version_that_asks_for_more_waits(&ground, place.path());
}

/// The one that was granted goes on serving meanwhile.
fn a_version_that_asks_for_more_waits(ground: &Ground, place: &std::path::Path) {
    let told = typed(
        ground,
        place,
        r#"sed -i 's/"DBUS_SESSION_BUS_ADDRESS".into()/"AGY_MORE".into()/; ' agy/src/lib.rs
           jackfield plugin build agy
           folder=$(jackfield plugin list | sed -n 's/^drop .wasm files into //p')
           cp agy/agy.wasm "$folder"/.agy.part
           mv "$folder"/.agy.part "$folder"/agy.wasm
           jackfield plugin list
           cat "$folder"/agy.wasm.held.txt"#,
    );
    assert!(told.contains("jackfield plugin grant executor agy --env AGY_MORE"), "{told}");
}
