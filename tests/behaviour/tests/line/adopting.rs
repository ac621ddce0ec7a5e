//! An agent that was started under one version of its adapter and is adopted under another.

use crate::actors::{shell, with};
use crate::components::{digest, drop_in, file_in_state};
use crate::crash::{PATIENT, said, state};
use jackfield_behaviour::{Ground, Repository, until};
use serde_json::{Value, json};
use std::fs;

/// The message of the shell's adapter about a command that failed.
const SAYS: &str = "The command ended with";

/// The shipped adapter for the shell, from where the host keeps it, which says this instead.
fn adapter_saying(ground: &Ground, words: &str) -> Vec<u8> {
    assert_eq!(words.len(), SAYS.len());
    let kept = fs::read_dir(ground.data().join("plugin-store/components")).unwrap();
    let mut components = kept.map(|file| fs::read(file.unwrap().path()).unwrap());
    let at = |bytes: &[u8]| bytes.windows(SAYS.len()).position(|window| window == SAYS.as_bytes());
    let mut component = components.find(|bytes| at(bytes).is_some()).expect("the shell's adapter is kept");
    while let Some(at) = at(&component) {
        component[at..at + SAYS.len()].copy_from_slice(words.as_bytes());
    }
    component
}

/// A run that fails in the end, begun under an adapter that a later server does not have in service any more.
async fn begun_under(ground: &Ground, repository: &Repository, first: &[u8], second: &[u8]) -> String {
    drop_in(ground, "shell.wasm", first);
    let grant = ["plugin", "grant", "executor", "shell", "--program", "sh", "--program", "bash"];
    ground.cli().run(grant).await.fine();
    let server = ground.serve().await;
    file_in_state(&server, "shell.wasm", "serving").await;
    let request = with(shell(repository, &format!("{PATIENT}; exit 3")), json!({ "wait_s": 0 }));
    let run = server.rest().execute(&request).await.fine()["run_id"].as_str().unwrap().to_owned();
    until("what the agent printed, in the record", || (!said(ground, &run).is_empty()).then_some(())).await;
    server.stop().await;
    drop_in(ground, "shell.wasm", second);
    run
}

/// The failure message under the next server.
async fn message_of_the_next(ground: &Ground, run: &str) -> String {
    let server = ground.serve().await;
    file_in_state(&server, "shell.wasm", "serving").await;
    until("the adoption", || ground.server_log().contains("its agent is at work").then_some(())).await;
    fs::write(ground.worktrees()[0].join("go"), "").unwrap();
    let view = state(&server, run, "failed").await;
    server.stop().await;
    assert_eq!(said(ground, run), ["one", "two"], "nothing twice, nothing missing");
    let message =
        |view: &Value| view["attempts"][0]["outcome"]["failure"]["message"].as_str().map(str::to_owned);
    message(&view).unwrap_or_else(|| panic!("{view}"))
}

#[tokio::test]
async fn adopted_agent_is_read_by_the_adapter_version_that_started_it() {
    let ground = Ground::new().with_config("[server]\ndrain_s = 0\n");
    ground.serve().await.stop().await;
    let first = adapter_saying(&ground, "The first one heard of");
    let second = adapter_saying(&ground, "Another one has heard ");
    let repository = ground.repository();
    let run = begun_under(&ground, &repository, &first, &second).await;
    let message = message_of_the_next(&ground, &run).await;
    assert!(message.starts_with("The first one heard of 3"), "{message}");
    ground.leave();
}

#[tokio::test]
async fn adopted_agent_without_its_adapter_version_is_read_by_the_serving_one_and_logged() {
    let ground = Ground::new().with_config("[server]\ndrain_s = 0\n");
    ground.serve().await.stop().await;
    let first = adapter_saying(&ground, "The first one heard of");
    let second = adapter_saying(&ground, "Another one has heard ");
    let repository = ground.repository();
    let run = begun_under(&ground, &repository, &first, &second).await;
    let kept = ground.data().join(format!("plugin-store/components/{}.wasm", digest(&first)));
    fs::remove_file(kept).unwrap();
    let message = message_of_the_next(&ground, &run).await;
    assert!(!message.starts_with("The first one heard of"), "{message}");
    let log = ground.server_log();
    assert!(log.contains("cannot go on with it"), "{log}");
    assert!(log.contains("this host has never kept it"), "{log}");
    ground.leave();
}

#[tokio::test]
async fn adopted_agent_of_a_removed_executor_is_read_to_its_end() {
    let ground = Ground::new().with_config("[server]\ndrain_s = 0\n");
    ground.serve().await.stop().await;
    // Under a name of its own, and granted what it asks for: removed, nothing serves in its place.
    let mut own = adapter_saying(&ground, "My very own one had a ");
    rename(&mut own, "shell", "bells");
    let ground = ground.with_config(
        "[server]\ndrain_s = 0\n[grants]\nexecutor.bells = { programs = [\"bash\", \"sh\"], environment = [] }\n",
    );
    let repository = ground.repository();
    drop_in(&ground, "bells.wasm", &own);
    let server = ground.serve().await;
    file_in_state(&server, "bells.wasm", "serving").await;
    let request =
        with(shell(&repository, &format!("{PATIENT}; exit 3")), json!({ "executor": "bells", "wait_s": 0 }));
    let run = server.rest().execute(&request).await.fine()["run_id"].as_str().unwrap().to_owned();
    until("what the agent printed, in the record", || (!said(&ground, &run).is_empty()).then_some(())).await;
    server.stop().await;
    fs::remove_file(ground.plugins().join("bells.wasm")).unwrap();

    let server = ground.serve().await;
    until("the adoption", || ground.server_log().contains("its agent is at work").then_some(())).await;
    fs::write(ground.worktrees()[0].join("go"), "").unwrap();
    let view = state(&server, &run, "failed").await;
    let message = view["attempts"][0]["outcome"]["failure"]["message"].as_str().unwrap();
    assert!(message.starts_with("My very own one had a  3"), "{message}");
    server.stop().await;
    ground.leave();
}

fn rename(component: &mut [u8], from: &str, to: &str) {
    assert_eq!(from.len(), to.len());
    for at in 0..component.len() - from.len() {
        if component[at..].starts_with(from.as_bytes()) {
            component[at..at + from.len()].copy_from_slice(to.as_bytes());
        }
    }
}
