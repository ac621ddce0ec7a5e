//! The tasks extension: a run as its caller's task, for clients that know what that is.

use crate::actors::shell;
use crate::ladder;
use jackfield_behaviour::{Era, Ground, Mcp, steady_port, until, until_told};
use serde_json::{Value, json};

const TASKS: &str = "io.modelcontextprotocol/tasks";

fn able() -> Value {
    json!({ "extensions": { TASKS: {} }, "elicitation": { "form": {} } })
}

async fn get(mcp: &Mcp, id: &str) -> Value {
    mcp.ask("tasks/get", json!({ "taskId": id })).await["result"].clone()
}

async fn until_status(mcp: &Mcp, id: &str, status: &str) -> Value {
    until_told(status, async || Some(get(mcp, id).await).filter(|task| task["status"] == status)).await
}

#[tokio::test]
async fn mcp_task_of_a_run_survives_a_restart_of_the_host() {
    let ground = Ground::new();
    let repository = ground.repository();
    let address = format!("127.0.0.1:{}", steady_port());
    let server = ground.serve_on(&address).await;
    let gate = ground.path().join("gate");
    let command = format!("until [ -e {} ]; do sleep 0.05; done; echo hi > made.txt", gate.display());
    let call = json!({ "name": "execute", "arguments": shell(&repository, &command) });
    let mcp = server.mcp(Era::Stateless).able(able());
    let made = mcp.ask("tools/call", call).await["result"].clone();
    assert_eq!((&made["resultType"], &made["status"]), (&json!("task"), &json!("working")), "{made}");
    let id = made["taskId"].as_str().unwrap().to_owned();
    until("the attempt at work", || {
        let sql = "SELECT id FROM attempts WHERE state = 'running'";
        ground.database().rows(sql).pop()
    })
    .await;
    assert_eq!(get(&mcp, &id).await["status"], "working");

    server.kill().await;
    let server = ground.serve_on(&address).await;
    let mcp = server.mcp(Era::Stateless).able(able());
    assert_eq!(get(&mcp, &id).await["status"], "working", "the run was taken over");
    std::fs::write(&gate, "").unwrap();
    let task = until_status(&mcp, &id, "completed").await;
    let result = &task["result"];
    assert_eq!(result["isError"], false, "{task}");
    assert_eq!(result["structuredContent"]["run_id"], id.as_str(), "a task's id is its run's");
    assert!(result["content"][0]["text"].as_str().unwrap().contains("made.txt"), "{task}");
    assert_eq!(ground.database().count("runs"), 1);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn mcp_task_is_created_only_for_a_request_that_declares_tasks() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let request = shell(&repository, "true");
    let plain = server.mcp(Era::Stateless).call("execute", request.clone()).await;
    let run = plain.fine()["run_id"].as_str().unwrap().to_owned();
    // Programs of the older era may declare it and not know its answers.
    let older = server.mcp(Era::Legacy).able(able());
    older.open().await;
    older.call("execute", request).await.fine();
    for (mcp, code) in [(server.mcp(Era::Stateless), -32021), (older, -32021)] {
        let refused = mcp.ask("tasks/get", json!({ "taskId": run })).await;
        assert_eq!(refused["error"]["code"], code, "{refused}");
    }
    let mcp = server.mcp(Era::Stateless).able(able());
    for unknown in ["01ARZ3NDEKTSV4RRFFQ69G5FAV", &run[..12], "", "nonsense"] {
        let refused = mcp.ask("tasks/get", json!({ "taskId": unknown })).await;
        assert_eq!(refused["error"]["code"], -32602, "{unknown}: {refused}");
    }
    assert_eq!(get(&mcp, &run).await["status"], "completed", "any run may be looked at as a task");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn cancelled_mcp_task_ends_every_process_of_its_run() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless).able(able());
    let call = json!({ "name": "execute", "arguments": shell(&repository, "sleep 600") });
    let id = mcp.ask("tools/call", call).await["result"]["taskId"].as_str().unwrap().to_owned();
    let attempt = until("the attempt at work", || {
        let row = ground.database().rows("SELECT id FROM attempts WHERE state = 'running'").pop()?;
        Some(row["id"].as_str()?.to_owned())
    })
    .await;
    for _ in 0..2 {
        let acknowledged = mcp.ask("tasks/cancel", json!({ "taskId": id })).await;
        assert_eq!(acknowledged["result"]["resultType"], "complete", "{acknowledged}");
    }
    until_status(&mcp, &id, "cancelled").await;
    assert_eq!(jackfield_behaviour::tagged(&attempt), []);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn mcp_task_that_waits_for_a_person_asks_its_client_and_resumes_with_the_answer() {
    let ground = ladder::ground("echo bad > answer.txt");
    let repository = ground.repository();
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless).able(able());
    let request = ladder::asked(&repository, &json!([{ "command": "grep -q good answer.txt" }]));
    let call = json!({ "name": "execute", "arguments": request });
    let id = mcp.ask("tools/call", call).await["result"]["taskId"].as_str().unwrap().to_owned();
    let waiting = until_status(&mcp, &id, "input_required").await;
    let asked = waiting["inputRequests"].as_object().unwrap();
    let (key, question) = asked.iter().next().unwrap();
    assert_eq!(question["method"], "elicitation/create", "{waiting}");

    let answer = async |response: Value| {
        let params = json!({ "taskId": id, "inputResponses": response });
        mcp.ask("tasks/update", params).await
    };
    answer(json!({ "another": { "action": "accept", "content": { "action": "stop" } } })).await;
    answer(json!({ key: { "action": "decline" } })).await;
    assert_eq!(get(&mcp, &id).await["status"], "input_required", "neither was an answer");
    let wrong = answer(json!({ key: { "action": "accept", "content": { "action": "sing" } } })).await;
    assert_eq!(wrong["error"]["code"], -32602, "{wrong}");
    answer(json!({ key: { "action": "accept", "content": { "action": "accept", "text": "good enough" } } }))
        .await;
    let done = until_status(&mcp, &id, "completed").await;
    assert_eq!(done["result"]["structuredContent"]["state"], "succeeded", "{done}");
    server.stop().await;
    ground.leave();
}
