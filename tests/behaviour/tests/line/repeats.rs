//! The same request twice is the same task.

use crate::actors::{shell, with};
use jackfield_behaviour::{Era, Ground};
use serde_json::json;

#[tokio::test]
async fn repeated_key_runs_the_same_request_once_and_refuses_another_request() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let request =
        with(shell(&repository, "echo once >> once.txt"), json!({ "idempotency_key": "only-once" }));

    let first = rest.execute(&request).await.fine();
    // The wait and the verbosity do not make it another request.
    let again = with(request.clone(), json!({ "wait_s": 30, "verbosity": "summary" }));
    let second = rest.execute(&again).await.fine();
    assert_eq!(first["run_id"], second["run_id"]);
    let at_once: Vec<_> = (0..8).map(|_| rest.execute(&request)).collect();
    for reply in futures::future::join_all(at_once).await {
        assert_eq!(reply.fine()["run_id"], first["run_id"]);
    }

    let other = with(request.clone(), json!({ "instruction": "echo twice >> once.txt" }));
    let refused = rest.execute(&other).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    let problem = refused.json();
    assert_eq!(problem["code"], "idempotency_conflict");
    assert!(problem["detail"].as_str().unwrap().contains(first["task_id"].as_str().unwrap()), "{problem}");
    assert!(!problem["remedy"].as_str().unwrap().is_empty());

    let database = ground.database();
    assert_eq!((database.count("tasks"), database.count("runs"), database.count("attempts")), (1, 1, 1));
    assert_eq!(repository.branches().len(), 1);

    // A key is its principal's own: the same one over MCP is another task.
    let said = server.mcp(Era::Stateless).call("execute", other).await.fine();
    assert_ne!(said["run_id"], first["run_id"]);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn concurrent_requests_with_one_key_are_one_run() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let request = with(shell(&repository, "echo hello"), json!({ "idempotency_key": "at-once" }));
    let replies = futures::future::join_all((0..20).map(|_| rest.execute(&request))).await;
    let runs: std::collections::BTreeSet<_> =
        replies.into_iter().map(|reply| reply.fine()["run_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    assert_eq!(ground.database().count("runs"), 1);
    server.stop().await;
    ground.leave();
}
