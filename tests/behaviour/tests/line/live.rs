//! `top` and `runs --watch`: on a terminal, in a pipe, and as JSON.

use crate::actors::{shell, with};
use jackfield_behaviour::{Ground, Server};
use serde_json::{Value, json};
use std::time::Duration;

async fn cancel(server: &Server, run: &Value) {
    let path = format!("/api/runs/{}", run["run_id"].as_str().unwrap());
    server.rest().post(&path, &json!({ "action": "cancel" })).await.fine();
}

#[tokio::test]
async fn overview_in_a_pipe_is_printed_once() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let request = with(shell(&repository, "sleep 300"), json!({ "wait_s": 0, "title": "Count the till" }));
    let run = server.rest().execute(&request).await.fine();
    let todo = json!({ "title": "Sign the lease" });
    server.rest().post("/api/human-tasks", &todo).await.fine();
    let shown = ground.cli().run(["top"]).await.fine().stdout;
    for part in ["Count the till", "needs you: 1", "Sign the lease", "all daily", "slots busy, heartbeat"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(!shown.contains('\x1b'), "{shown}");
    let data = ground.cli().run(["top", "--json"]).await.fine().json();
    assert_eq!(data["human_tasks"][0]["title"], "Sign the lease");
    cancel(&server, &run).await;
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn overview_on_a_terminal_is_drawn_anew_and_gives_the_screen_back() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let mut top = ground.cli().on_terminal(100).start(["top"]);
    tokio::time::sleep(Duration::from_secs(2)).await;
    let request =
        with(shell(&repository, "echo reading; sleep 300"), json!({ "wait_s": 0, "title": "Count it" }));
    let run = server.rest().execute(&request).await.fine();
    tokio::time::sleep(Duration::from_secs(3)).await;
    // Ctrl-C.
    top.type_in(b"\x03").await;
    let shown = top.told().await.stdout;
    let (before, after) = shown.split_once("Count it").expect("it is drawn again");
    assert!(before.starts_with("\x1b[?1049h") && before.contains("nothing runs"), "{before}");
    assert!(after.contains("\x1b[?25h\x1b[?1049l"), "{after}");
    cancel(&server, &run).await;
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn watched_runs_are_printed_as_they_change() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let watch = ground.cli().start(["runs", "--watch", "--json"]);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let request = with(shell(&repository, "sleep 2; echo one > one.txt"), json!({ "title": "One" }));
    let done = server.rest().execute(&request).await.fine();
    tokio::time::sleep(Duration::from_secs(2)).await;
    watch.interrupt();
    let told = watch.told().await.fine().stdout;
    let lines: Vec<Value> = told.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().all(|line| line["run"] == done["run_id"]), "{told}");
    let states: Vec<_> = lines.iter().map(|line| line["state"].as_str().unwrap()).collect();
    assert!(states.contains(&"running") && states.last() == Some(&"succeeded"), "{states:?}");
    server.stop().await;
    ground.leave();
}
