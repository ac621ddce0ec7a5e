//! A host that dies in the middle of a run: the next one puts everything in order.

use crate::actors::{recorded_claude, shell, stuck_claude, with};
use jackfield_behaviour::{Ground, tagged, until, until_told};
use serde_json::{Value, json};

#[tokio::test]
async fn a_killed_host_loses_the_run_and_nothing_else() {
    let ground = Ground::new()
        .with("ANTHROPIC_API_KEY", "a-key-of-no-account")
        .with_config("[executors.claude]\nreserve_usd = 0.07\n")
        .with_script("claude", &stuck_claude("echo half > half.txt"));
    let repository = ground.repository();
    let server = ground.serve().await;
    let request = json!({
        "instruction": "Write half.txt", "executor": "claude", "workspace": repository.text(), "wait_s": 0,
    });
    let handle = server.rest().execute(&request).await.fine();
    let run = handle["run_id"].as_str().unwrap().to_owned();
    let attempt = handle["attempt"]["id"].as_str().unwrap().to_owned();
    until("what the agent printed, in the record", || {
        let sql = format!("SELECT COUNT(*) FROM run_events WHERE run = '{run}' AND kind = 'text'");
        (ground.database().number(&sql) > 0).then_some(())
    })
    .await;
    server.kill().await;

    assert_ne!(tagged(&attempt), [], "agents outlive the host");
    let (spent, held) = ground.database().ledger();
    assert_eq!(spent + held, 70_000, "the money is held while nobody knows");
    assert_eq!(ground.worktrees().len(), 1);

    let server = ground.serve().await;
    let path = format!("/api/runs/{run}");
    let settled = until_told("the run, settled", async || {
        let view = server.rest().get(&path).await.fine();
        (view["run"]["state"] != "running").then_some(view)
    })
    .await;
    assert_eq!(settled["run"]["state"], "failed", "{settled}");
    let last = &settled["attempts"][0];
    assert_eq!(last["outcome"]["process"], "lost", "{settled}");
    assert_eq!(last["outcome"]["delivered"], "diff", "{settled}");
    assert_eq!(last["outcome"]["failure"]["class"], "lost", "{settled}");
    assert_eq!(repository.file(last["branch"].as_str().unwrap(), "half.txt"), "half");
    assert_eq!(tagged(&attempt), [], "nothing of it runs any more");

    let database = ground.database();
    let (spent, held) = database.ledger();
    assert_eq!(held, 0, "the reservation is released");
    assert!(spent > 0 && spent < 70_000, "what the agent is known to have used is charged: {spent}");
    assert_eq!(database.breaker(), (spent, held));
    database.assert_events_without_gap();

    let works_on = server.rest().execute(&shell(&repository, "echo on > on.txt")).await.fine();
    assert_eq!(works_on["state"], "succeeded");
    repository.assert_untouched();
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn a_host_killed_over_and_over_never_charges_twice() {
    let ground = Ground::new()
        .with("ANTHROPIC_API_KEY", "a-key-of-no-account")
        .with_script("claude", &recorded_claude("0.01", "echo once > once.txt"));
    let repository = ground.repository();
    let request = json!({ "instruction": "Write", "executor": "claude", "workspace": repository.text() });
    for _ in 0..3 {
        let server = ground.serve().await;
        let handle = server.rest().execute(&with(request.clone(), json!({ "wait_s": 0 }))).await.fine();
        assert!(handle["run_id"].is_string());
        server.kill().await;
    }
    let server = ground.serve().await;
    until_told("three runs, settled", async || {
        let runs = server.rest().get("/api/runs").await.fine();
        let settled = |run: &Value| run["state"] == "failed" || run["state"] == "succeeded";
        let runs = runs.as_array().unwrap();
        (runs.len() == 3 && runs.iter().all(settled)).then_some(())
    })
    .await;
    let database = ground.database();
    let (spent, held) = database.ledger();
    assert_eq!(held, 0);
    assert!((0..=30_000).contains(&spent), "{spent}");
    assert_eq!(database.breaker(), (spent, held));
    let costs = database.number("SELECT COALESCE(SUM(cost), 0) FROM attempts");
    assert_eq!(costs, spent);
    server.stop().await;
    ground.leave();
}
