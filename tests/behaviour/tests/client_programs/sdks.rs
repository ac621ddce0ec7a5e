//! The SDKs that clients are written with, each in both eras: `tests/clients` has what they do.

use crate::clients::Clients;
use crate::python::Python;
use jackfield_behaviour::{Ground, Repository, until};
use serde_json::{Value, json};

/// What every client saw, whatever it is written with.
fn assert_saw(saw: &Value, protocol: &str, repository: &Repository) {
    assert_eq!(
        (&saw["protocol"], &saw["server"]["name"]),
        (&json!(protocol), &json!("jackfield")),
        "{saw:#}"
    );
    assert_eq!(saw["tools"][0], "execute");
    let told = saw["progress"].as_array().unwrap();
    let steps: Vec<f64> = told.iter().map(|told| told["progress"].as_f64().unwrap()).collect();
    assert!(steps.len() > 1 && steps.is_sorted_by(|a, b| a < b), "{told:#?}");
    let executed = &saw["executed"];
    let answer = executed["structuredContent"]["answer"].as_str().unwrap();
    assert!(answer.starts_with("flowchart LR\n"), "{executed:#}");
    assert_eq!(executed["content"][0]["text"], answer, "the text and what is structured are one answer");
    let branch = executed["_meta"]["jackfield/data"]["attempt"]["branch"].as_str().unwrap();
    assert_eq!(repository.file(branch, "made.txt"), "made over MCP");
    assert!(saw["log"].as_str().unwrap().contains("worktree ready"), "{saw:#}");
    assert!(saw["prompted"].as_str().unwrap().contains("shell"), "{saw:#}");
    let completed = saw["completed"].as_array().unwrap();
    assert!(completed.contains(&executed["structuredContent"]["run_id"]), "{saw:#}");
    // Some turn the older era's code into the newer one.
    let absent = &saw["absent"];
    assert!(["-32602", "-32002"].contains(&absent["code"].to_string().as_str()), "{saw:#}");
    assert!(absent["message"].as_str().unwrap().contains("run://last/log"), "{saw:#}");
}

#[tokio::test]
async fn second_typescript_sdk_does_everything_in_both_eras_and_its_abort_ends_the_run() {
    let Some(clients) = Clients::for_test().await else { return };
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let url = format!("http://{}/mcp", server.address());
    for (mode, protocol) in [("legacy", "2025-11-25"), ("auto", "2026-07-28")] {
        let arguments = [url.as_str(), server.token(), &repository.text(), mode];
        let saw = clients.run("typescript2.mjs", &ground.path().join("home"), &arguments).await.fine().json();
        assert_saw(&saw, protocol, &repository);
        assert_ne!(saw["aborted"], "it was answered");
        until("the end of the run whose call was aborted", || {
            let rows = ground.database().rows("SELECT state FROM runs ORDER BY id DESC LIMIT 1");
            (rows[0]["state"] == "cancelled").then_some(())
        })
        .await;
    }
    server.stop().await;
    repository.assert_untouched();
    ground.leave();
}

#[tokio::test]
async fn python_sdk_does_everything_in_both_eras() {
    let Some(python) = Python::for_test().await else { return };
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let url = format!("http://{}/mcp", server.address());
    for (mode, protocol) in [("legacy", "2025-11-25"), ("auto", "2026-07-28")] {
        let arguments = [url.as_str(), server.token(), &repository.text(), mode];
        let saw = python.run("python_sdk.py", &ground.path().join("home"), &arguments).await.fine().json();
        assert_saw(&saw, protocol, &repository);
    }
    server.stop().await;
    repository.assert_untouched();
    ground.leave();
}
