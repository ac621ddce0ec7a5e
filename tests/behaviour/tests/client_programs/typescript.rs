//! The TypeScript SDK, as most hosts of models use it: `tests/clients/typescript.mjs` says what it does.

use crate::clients::Clients;
use jackfield_behaviour::Ground;
use serde_json::json;

#[tokio::test]
async fn typescript_sdk_executes_with_increasing_progress_and_gets_errors() {
    let Some(clients) = Clients::for_test().await else { return };
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let url = format!("http://{}/mcp", server.address());
    let arguments = [url.as_str(), server.token(), &repository.text()];
    let saw = clients.run("typescript.mjs", &ground.path().join("home"), &arguments).await.fine().json();

    assert_eq!(saw["server"]["name"], "jackfield");
    assert!(saw["instructions"].as_str().unwrap().contains("`execute`"));
    let offered = json!({ "completions": {}, "prompts": {}, "resources": {}, "tools": {} });
    assert_eq!(saw["capabilities"], offered, "nothing is declared that is not offered");
    let tools: Vec<&str> =
        saw["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert!(tools.starts_with(&["execute", "dispatch", "result", "cancel"]), "{tools:?}");

    let told = saw["progress"].as_array().unwrap();
    let steps: Vec<f64> = told.iter().map(|told| told["progress"].as_f64().unwrap()).collect();
    assert!(steps.len() > 1 && steps.is_sorted_by(|a, b| a < b), "{told:#?}");
    assert!(told.iter().any(|told| told["message"].as_str().unwrap().starts_with("worktree ready")));

    let executed = &saw["executed"];
    assert_eq!(executed["isError"], false, "{executed:#}");
    assert!(executed["content"][0]["text"].as_str().unwrap().starts_with("flowchart LR\n"));
    let answer = &executed["_meta"]["jackfield/data"];
    assert_eq!(answer["state"], "succeeded");
    let branch = answer["attempt"]["branch"].as_str().unwrap();
    assert_eq!(repository.file(branch, "made.txt"), "made over MCP");

    let misspelt = &saw["misspelt"];
    assert_eq!(
        (&misspelt["isError"], &misspelt["_meta"]["jackfield/data"]["code"]),
        (&json!(true), &json!("bad_arguments"))
    );
    let said = misspelt["content"][0]["text"].as_str().unwrap();
    assert!(said.contains("`verbositty`") && said.contains("`verbosity`"), "{said}");
    assert_eq!(saw["absent"]["code"], -32602);
    assert!(saw["absent"]["message"].as_str().unwrap().contains("tools are execute, dispatch"));
    assert_eq!(ground.database().count("runs"), 1, "neither mistake made a run");

    server.stop().await;
    repository.assert_untouched();
    ground.leave();
}
