//! A host that is suspended until its lease is over: another one goes on with its runs, and when it wakes it changes
//! nothing of them.

use crate::actors::{shell, with};
use crate::crash::{PATIENT, said, state};
use jackfield_behaviour::{Ground, Repository, Server, tagged, until, until_told};
use serde_json::{Value, json};

fn ground() -> Ground {
    Ground::new().with_config("[queue]\nheartbeat_s = 1\nstale_s = 2\nrescue_s = 3\n")
}

/// Everything on record about a run.
fn records(ground: &Ground, run: &str) -> Vec<Value> {
    let database = ground.database();
    let of_run = |table: &str, order: &str| {
        database.rows(&format!("SELECT * FROM {table} WHERE run = '{run}' ORDER BY {order}"))
    };
    let mut all = database.rows(&format!("SELECT * FROM runs WHERE id = '{run}'"));
    all.extend(of_run("attempts", "id"));
    all.extend(of_run("run_events", "seq"));
    all.extend(of_run("ledger", "id"));
    all.extend(of_run("artifacts", "id"));
    all.extend(of_run("decisions", "id"));
    all.extend(of_run("plugin_calls", "id"));
    all
}

/// A run that one server began before it was suspended, and that another one has taken over.
struct TakenOver {
    first: Server,
    second: Server,
    repository: Repository,
    run: String,
    attempt: String,
}

async fn taken_over(ground: &Ground) -> TakenOver {
    let repository = ground.repository();
    let first = ground.serve().await;
    let request = with(shell(&repository, PATIENT), json!({ "wait_s": 0 }));
    let run = first.rest().execute(&request).await.fine()["run_id"].as_str().unwrap().to_owned();
    until("what the agent printed, in the record", || (!said(ground, &run).is_empty()).then_some(())).await;
    let attempt = ground.database().row(&format!("SELECT id FROM attempts WHERE run = '{run}'"));
    first.suspend(ground).await;
    let second = ground.serve().await;
    until("the takeover, on record", || {
        let sql = format!("SELECT COUNT(*) FROM attempts WHERE run = '{run}' AND adopted = 1");
        (ground.database().number(&sql) == 1).then_some(())
    })
    .await;
    TakenOver { first, second, repository, run, attempt: attempt["id"].as_str().unwrap().to_owned() }
}

/// The processes of an agent, without the pauses between two looks.
fn agent(attempt: &str) -> Vec<u32> {
    let lasting = tagged(attempt).into_iter().filter(|process| !process.command.starts_with("sleep"));
    lasting.map(|process| process.pid).collect()
}

/// Waits until a server that woke has registered its worker again.
async fn both_work(server: &Server) {
    until_told("two workers that are alive", async || {
        let status = server.rest().get("/api/workers").await.fine();
        let workers = status["workers"].as_array().unwrap();
        let alive = workers.iter().filter(|worker| worker["state"] == "alive").count();
        (alive == 2).then_some(())
    })
    .await;
}

#[tokio::test]
async fn host_that_wakes_after_its_run_was_settled_elsewhere_changes_nothing() {
    let ground = ground();
    let TakenOver { first, second, repository, run, attempt } = taken_over(&ground).await;
    std::fs::write(ground.worktrees()[0].join("go"), "").unwrap();
    state(&second, &run, "succeeded").await;
    assert_eq!(said(&ground, &run), ["one", "two"], "nothing twice, nothing missing");
    let before = records(&ground, &run);

    first.wake();
    both_work(&second).await;
    until("the end of the first server's work on it", || {
        ground.server_log().contains("another worker has taken this run over").then_some(())
    })
    .await;
    assert_eq!(records(&ground, &run), before);
    assert_eq!(tagged(&attempt), [], "nothing of it runs any more");
    ground.database().assert_events_without_gap();
    let again = first.rest().execute(&shell(&repository, "echo hi > hi.txt")).await.fine();
    assert_eq!(again["state"], "succeeded", "a host that lost a run works on: {again}");
    first.stop().await;
    second.stop().await;
    ground.leave();
}

#[tokio::test]
async fn host_that_wakes_while_its_agent_works_for_another_one_leaves_the_agent_alone() {
    let ground = ground();
    let TakenOver { first, second, run, attempt, .. } = taken_over(&ground).await;
    let before = agent(&attempt);
    first.wake();
    both_work(&second).await;
    until("the end of the first server's work on it", || {
        ground.server_log().contains("another worker has taken this run over").then_some(())
    })
    .await;
    first.stop().await;
    assert_eq!(agent(&attempt), before, "its agent is at work");
    std::fs::write(ground.worktrees()[0].join("go"), "").unwrap();
    let view = state(&second, &run, "succeeded").await;
    assert_eq!(view["attempts"].as_array().unwrap().len(), 1, "it ran once: {view}");
    assert_eq!(said(&ground, &run), ["one", "two"], "nothing twice, nothing missing");
    ground.database().assert_events_without_gap();
    second.stop().await;
    ground.leave();
}
