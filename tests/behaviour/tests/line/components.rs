//! Components dropped into the folder of a running server.

use crate::actors::shell;
use jackfield_behaviour::{Era, Ground, Mcp, Server, until_told};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// A compressor in a file, as the demo drops it in.
pub(crate) async fn headline(ground: &Ground) -> Vec<u8> {
    let told = ground.cli().run(["demo", "--keep"]).await.fine();
    let kept = told.stdout.lines().find_map(|line| line.strip_prefix("kept: ")).expect("where it is");
    let component = fs::read(Path::new(kept).join("data/plugins/headline.wasm")).unwrap();
    fs::remove_dir_all(kept).unwrap();
    component
}

/// The same component, which says `mark` instead of `DONE`.
pub(crate) fn saying(component: &[u8], mark: &str) -> Vec<u8> {
    assert_eq!(mark.len(), 4);
    let places: Vec<_> =
        (0..component.len() - 4).filter(|at| component[*at..].starts_with(b"DONE")).collect();
    assert!(!places.is_empty(), "the component does not say DONE");
    let mut changed = component.to_vec();
    for at in places {
        changed[at..at + 4].copy_from_slice(mark.as_bytes());
    }
    changed
}

pub(crate) fn digest(component: &[u8]) -> String {
    Sha256::digest(component).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// As an operator should: written beside, renamed into place.
pub(crate) fn drop_in(ground: &Ground, name: &str, component: &[u8]) {
    let beside = ground.plugins().join(format!(".{name}.part"));
    fs::write(&beside, component).unwrap();
    fs::rename(beside, ground.plugins().join(name)).unwrap();
}

async fn a_run(ground: &Ground, server: &Server) -> String {
    let answer = server.rest().execute(&shell(&ground.repository(), "echo hi > hi.txt")).await.fine();
    assert!(answer["text"].as_str().unwrap().starts_with("flowchart LR"), "{answer}");
    answer["run_id"].as_str().unwrap().to_owned()
}

async fn result(mcp: &Mcp, run: &str) -> String {
    let said = mcp.call("result", json!({ "run_id": run })).await;
    assert!(!said.is_error, "{said:#?}");
    said.text
}

/// The answer, once it begins so.
async fn answered_with(mcp: &Mcp, run: &str, beginning: &str) -> String {
    until_told(&format!("an answer that begins with {beginning}"), async || {
        Some(result(mcp, run).await).filter(|text| text.starts_with(beginning))
    })
    .await
}

/// What the server says about a file in its folder, once it is in this state.
pub(crate) async fn file_in_state(server: &Server, name: &str, state: &str) -> Value {
    until_told(&format!("{name} {state}"), async || {
        let told = server.rest().get("/api/plugins").await.fine();
        let plugins = told["plugins"].as_array().unwrap();
        let is_it = |plugin: &&Value| {
            plugin["file"].as_str().is_some_and(|file| file.ends_with(name)) && plugin["state"] == state
        };
        plugins.iter().find(is_it).cloned()
    })
    .await
}

#[tokio::test]
async fn dropped_component_changes_the_next_answer_and_its_removal_restores_the_shipped_one() {
    let ground = Ground::new();
    let component = headline(&ground).await;
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless);
    let run = a_run(&ground, &server).await;

    drop_in(&ground, "headline.wasm", &component);
    answered_with(&mcp, &run, "DONE: echo hi").await;
    let serving = file_in_state(&server, "headline.wasm", "serving").await;
    assert_eq!(
        (serving["name"].as_str(), serving["digest"].as_str()),
        (Some("headline"), Some(&*digest(&component)))
    );
    let inspected = ground.cli().run(["plugin", "inspect", "headline", "--json"]).await.fine().json();
    assert_eq!(inspected["status"]["digest"], digest(&component), "{inspected}");

    fs::remove_file(ground.plugins().join("headline.wasm")).unwrap();
    answered_with(&mcp, &run, "flowchart LR").await;
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn file_that_is_no_component_is_rejected_with_a_reason_and_changes_nothing() {
    let ground = Ground::new();
    let component = headline(&ground).await;
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless);
    let run = a_run(&ground, &server).await;
    drop_in(&ground, "headline.wasm", &component);
    answered_with(&mcp, &run, "DONE").await;

    let half = &component[..component.len() / 2];
    for (name, bytes) in [("text.wasm", b"this is no component".as_slice()), ("headline.wasm", half)] {
        drop_in(&ground, name, bytes);
        let note = ground.plugins().join(format!("{name}.rejected.txt"));
        let note = until_told("the note beside the file", async || fs::read_to_string(&note).ok()).await;
        assert!(note.contains(&format!("{name} was not taken")), "{note}");
        let shown = file_in_state(&server, name, "rejected").await;
        let reason = shown["reason"].as_str().unwrap();
        assert!(!reason.is_empty() && note.contains(reason), "{shown} {note}");
        assert!(result(&mcp, &run).await.starts_with("DONE"), "what served goes on serving");

        let file = ground.plugins().join(name);
        let checked = ground.cli().run(["plugin", "check", file.to_str().unwrap()]).await;
        assert_eq!(checked.code, 1, "{checked:#?}");
        let listed = ground.cli().run(["plugin", "list"]).await.fine().stdout;
        assert!(listed.contains(name) && listed.contains("rejected"), "{listed}");
    }

    drop_in(&ground, "headline.wasm", &saying(&component, "GOOD"));
    answered_with(&mcp, &run, "GOOD").await;
    let note = ground.plugins().join("headline.wasm.rejected.txt");
    until_told("the note to go with its cause", async || (!note.exists()).then_some(())).await;
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn swaps_during_constant_calls_fail_no_call_and_each_record_names_its_component() {
    const SWAPS: u32 = 20;
    let ground = Ground::new();
    let component = headline(&ground).await;
    let server = ground.serve().await;
    let run = a_run(&ground, &server).await;

    let stop = Arc::new(AtomicBool::new(false));
    let calls = Arc::new(AtomicU32::new(0));
    let callers: Vec<_> = (0..3)
        .map(|_| {
            let (stop, calls) = (Arc::clone(&stop), Arc::clone(&calls));
            let (mcp, run) = (server.mcp(Era::Stateless), run.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    result(&mcp, &run).await;
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();

    let mcp = server.mcp(Era::Stateless);
    let mut marks = HashMap::new();
    for swap in 1..=SWAPS {
        let mark = format!("N{swap:03}");
        let version = saying(&component, &mark);
        marks.insert(digest(&version), mark.clone());
        drop_in(&ground, "headline.wasm", &version);
        answered_with(&mcp, &run, &mark).await;
    }
    stop.store(true, Ordering::Relaxed);
    for caller in callers {
        caller.await.expect("no call failed");
    }
    assert!(calls.load(Ordering::Relaxed) > SWAPS, "there were calls all the while");

    let database = ground.database();
    let failed = database.number("SELECT COUNT(*) FROM plugin_calls WHERE error IS NOT NULL");
    assert_eq!(failed, 0);
    let served = database.rows("SELECT plugin, answer FROM plugin_calls WHERE function = 'compress'");
    for row in &served {
        let answer: String = serde_json::from_str(row["answer"].as_str().unwrap()).unwrap();
        let expected = marks.get(row["plugin"].as_str().unwrap()).map_or("flowchart LR", String::as_str);
        assert!(answer.starts_with(expected), "{row}");
    }
    let took_part: std::collections::BTreeSet<_> = served.iter().map(|row| row["plugin"].as_str()).collect();
    assert_eq!(took_part.len(), SWAPS as usize + 1, "every version served, and the shipped one before");
    server.stop().await;
    ground.leave();
}
