//! Components that are added, removed or changed under a server, as other commands and callers see it.

use crate::actors::{shell, with};
use crate::components::{digest, drop_in, file_in_state, headline, saying};
use jackfield_behaviour::{Era, Ground, Server, until_told};
use serde_json::{Value, json};
use std::fs;

/// The headline under a level of its own.
async fn custom(ground: &Ground) -> Vec<u8> {
    rewritten(&headline(ground).await, "mermaid", "custom1")
}

fn rewritten(component: &[u8], from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let mut changed = component.to_vec();
    for at in 0..component.len() - from.len() {
        if component[at..].starts_with(from.as_bytes()) {
            changed[at..at + to.len()].copy_from_slice(to.as_bytes());
        }
    }
    changed
}

async fn listed(ground: &Ground) -> Vec<Value> {
    let list = ground.cli().run(["plugin", "list", "--json"]).await.fine().json();
    list.as_array().unwrap().clone()
}

fn named<'a>(list: &'a [Value], name: &str, state: &str) -> Option<&'a Value> {
    list.iter().find(|one| one["name"] == name && one["state"] == state)
}

async fn level_gone(server: &Server) {
    until_told("the level, gone", async || {
        let told = server.rest().get("/api/plugins").await.fine();
        let there = told["plugins"].as_array().unwrap().iter().any(|one| one["name"] == "headline");
        (!there).then_some(())
    })
    .await;
}

#[tokio::test]
async fn run_whose_verbosity_is_gone_is_answered_at_the_default_with_a_warning() {
    let ground = Ground::new();
    let component = custom(&ground).await;
    let server = ground.serve().await;
    drop_in(&ground, "customer.wasm", &component);
    file_in_state(&server, "customer.wasm", "serving").await;
    let repository = ground.repository();
    let request = with(shell(&repository, "echo late > n"), json!({ "verbosity": "custom1" }));
    let answer = server.rest().execute(&request).await.fine();
    assert!(answer["text"].as_str().unwrap().starts_with("DONE"), "{answer}");
    assert!(answer.get("warnings").is_none(), "{answer}");
    let run = answer["run_id"].as_str().unwrap().to_owned();

    fs::remove_file(ground.plugins().join("customer.wasm")).unwrap();
    level_gone(&server).await;
    let again = server.rest().get(&format!("/api/runs/{run}/result")).await.fine();
    assert_eq!((&again["run_id"], &again["state"]), (&json!(run), &json!("succeeded")), "{again}");
    assert!(again["attempt"]["branch"].is_string() && again["metrics"]["cost_usd"].is_number(), "{again}");
    let warning = again["warnings"][0].as_str().unwrap();
    assert!(
        warning.contains("the verbosity 'custom1' is not available") && warning.contains("'mermaid'"),
        "{warning}"
    );
    assert!(again["text"].as_str().unwrap().starts_with("flowchart LR"), "{again}");
    let said = server.mcp(Era::Stateless).call("result", json!({ "run_id": run })).await;
    assert!(!said.is_error && said.text.contains("warning: the verbosity 'custom1'"), "{said:#?}");
    let told = ground.cli().run(["result", &run]).await.fine();
    assert!(told.stdout.contains("warning: the verbosity 'custom1'"), "{told:#?}");

    // A level that somebody asks for now is a mistake, and the error says which run it was about.
    let refused = server.rest().get(&format!("/api/runs/{run}/result?verbosity=nosuch")).await;
    let problem = refused.json();
    assert_eq!((refused.status.as_u16(), &problem["code"]), (400, &json!("unknown_verbosity")));
    assert_eq!(problem["run_id"], json!(run), "{problem}");
    assert!(problem["branch"].is_string() && problem["cost_usd"].is_number(), "{problem}");
    let never =
        server.rest().get("/api/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV/result?verbosity=nosuch").await.json();
    assert!(never.get("run_id").is_none(), "{never}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn plugin_list_shows_the_components_and_figures_of_the_server() {
    let ground = Ground::new();
    let component = headline(&ground).await;
    let alone = ground.cli().run(["plugin", "list"]).await.fine();
    assert!(alone.stdout.contains("no server runs on this data folder"), "{alone:#?}");
    let server = ground.serve().await;
    let repository = ground.repository();
    server.rest().execute(&shell(&repository, "true")).await.fine();
    drop_in(&ground, "headline.wasm", &component);
    file_in_state(&server, "headline.wasm", "serving").await;

    let list = listed(&ground).await;
    let told = server.rest().get("/api/plugins").await.fine();
    let theirs = told["plugins"].as_array().unwrap();
    let compress = |list: &[Value], field: &str| named(list, "compress", "serving").unwrap()[field].clone();
    assert!(compress(&list, "calls").as_u64().unwrap() > 0, "the server's calls, not this process's");
    assert_eq!(compress(&list, "calls"), compress(theirs, "calls"));
    assert_eq!(named(&list, "headline", "serving").unwrap()["asked_for"], json!(["level mermaid"]));
    let levels = compress(&list, "asked_for");
    assert!(!levels.as_array().unwrap().contains(&json!("level mermaid")), "{levels}");
    let chooser = list.iter().find(|one| one["kind"] == "chooser").unwrap();
    assert_eq!(chooser["asked_for"], json!(["choose", "next"]));
    let text = ground.cli().run(["plugin", "list"]).await.fine().stdout;
    assert!(text.contains(&format!("as the server has it (process {}", server.pid())), "{text}");
    server.kill().await;
    let after = ground.cli().run(["plugin", "list"]).await.fine();
    assert!(after.stdout.contains("no server runs on this data folder"), "{after:#?}");
    ground.leave();
}

#[tokio::test]
async fn lock_of_a_server_applies_to_every_command_even_when_it_is_stopped() {
    let ground = Ground::new();
    let first = headline(&ground).await;
    ground.serve().await.stop().await;
    let lock = ground.data().join("plugins.lock");
    let locked = fs::read_to_string(&lock).unwrap();
    let server = ground.serve_with("127.0.0.1:0", &["--locked"]).await;
    drop_in(&ground, "headline.wasm", &first);
    file_in_state(&server, "headline.wasm", "held").await;
    let repository = ground.repository();
    let workspace = repository.path().to_string_lossy().into_owned();
    let run = async || {
        let run = ["run", "--executor", "shell", "--workspace", &workspace, "true"];
        let told = ground.cli().run(run).await.fine();
        assert!(told.stdout.starts_with("flowchart LR"), "the dropped one is not asked: {told:#?}");
    };
    let digest = digest(&first);
    run().await;
    assert!(named(&listed(&ground).await, "headline", "held").is_some());
    let pinned = ground.cli().run(["plugin", "pin", "compressor", "headline", &digest, "--json"]).await;
    assert!(
        pinned.problem()["message"].as_str().unwrap().contains("the components are locked"),
        "{pinned:#?}"
    );
    ground.cli().run(["plugin", "grant", "compressor", "headline", "--program", "x"]).await.fine();
    ground.cli().run(["backup", &ground.path().join("kept.db").to_string_lossy()]).await.fine();
    server.stop().await;
    run().await;
    assert!(named(&listed(&ground).await, "headline", "held").is_some());
    assert_eq!(fs::read_to_string(&lock).unwrap(), locked, "nobody wrote the lock");

    let server = ground.serve_with("127.0.0.1:0", &["--locked"]).await;
    file_in_state(&server, "headline.wasm", "held").await;
    server.stop().await;
    let server = ground.serve().await;
    file_in_state(&server, "headline.wasm", "serving").await;
    until_told("the lock, written anew", async || {
        fs::read_to_string(&lock).unwrap().contains(&digest).then_some(())
    })
    .await;
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn first_version_of_a_new_name_is_rolled_back_and_the_history_is_bounded() {
    let ground = Ground::new();
    let first = headline(&ground).await;
    let server = ground.serve().await;
    drop_in(&ground, "headline.wasm", &first);
    file_in_state(&server, "headline.wasm", "serving").await;
    let back = ["plugin", "rollback", "compressor", "headline", "--json"];
    let ordered = ground.cli().run(back).await.fine().json();
    assert_eq!((&ordered["serving"], &ordered["pinned"]), (&Value::Null, &Value::Null), "{ordered}");
    let away = file_in_state(&server, "headline.wasm", "quarantined").await;
    assert_eq!(away["digest"], digest(&first));
    assert!(away["reason"].as_str().unwrap().contains("the operator rolled it back"), "{away}");
    let again = ground.cli().run(back).await;
    assert_eq!(again.problem()["code"], "nothing_to_undo");

    for number in 0..3 {
        let version = saying(&first, &format!("NO.{number}"));
        drop_in(&ground, "headline.wasm", &version);
        until_told("the next one", async || {
            let serving = file_in_state(&server, "headline.wasm", "serving").await;
            (serving["digest"] == digest(&version)).then_some(())
        })
        .await;
    }
    // A version serves a moment before it is on record.
    let two = until_told("the last version in the history", async || {
        let two = server.rest().get("/api/plugins?history=2").await.fine();
        (two["history_total"].as_u64().unwrap() >= 4).then_some(two)
    })
    .await;
    assert_eq!(two["history"].as_array().unwrap().len(), 2);
    server.stop().await;
    ground.leave();
}
