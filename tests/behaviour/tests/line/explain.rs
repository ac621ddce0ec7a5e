//! Explanations of tasks and runs.

use crate::actors::shell;
use jackfield_behaviour::{Era, Ground};
use serde_json::{Value, json};

fn kinds(explanation: &Value) -> Vec<&str> {
    explanation["steps"].as_array().unwrap().iter().map(|step| step["kind"].as_str().unwrap()).collect()
}

fn step<'a>(explanation: &'a Value, kind: &str) -> &'a Value {
    let steps = explanation["steps"].as_array().unwrap();
    steps.iter().find(|step| step["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {explanation:#}"))
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().map(|all| all.iter().map(|one| one.as_str().unwrap()).collect()).unwrap_or_default()
}

#[tokio::test]
async fn run_with_a_named_executor_is_explained_from_its_request_to_its_end() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let answer = rest.execute(&shell(&repository, "echo hi > hi.txt; exit 3")).await.fine();
    let (task, run) = (answer["task_id"].as_str().unwrap(), answer["run_id"].as_str().unwrap());

    let told = rest.get(&format!("/api/tasks/{task}/explain")).await.fine();
    assert_eq!(kinds(&told), ["asked", "choice", "plan", "attempt", "next", "ended", "compress"]);
    let chosen = step(&told, "choice");
    assert_eq!((&chosen["by"], &chosen["answer"]), (&json!("rest"), &json!("shell/command")), "{chosen}");
    assert_eq!(chosen["reason"], "requested by the caller");
    assert!(texts(&chosen["then"])[0].starts_with("attempt 1 failed (test_fail)"), "{chosen}");
    let attempt = step(&told, "attempt");
    assert!(texts(&attempt["facts"])[0].contains("delivered diff"), "{attempt}");
    let next = step(&told, "next");
    assert_eq!((&next["answer"], next["digest"].as_str().unwrap().len()), (&json!("stop"), 64), "{next}");
    assert!(next["by"].as_str().unwrap().starts_with("chooser "), "{next}");
    assert!(texts(&next["facts"])[0].starts_with("shell/command failed (test_fail)"), "{next}");
    // A named executor makes one attempt, and no other one replaces it.
    assert!(texts(&next["then"])[0].starts_with("the host: stop"), "{next}");
    assert_eq!(texts(&next["then"]).last(), Some(&"the run failed"));
    assert_eq!(told["run_ids"], json!([run]));

    // The id of the run, its prefix and no id give the same explanation, at every interface.
    for id in [run, &run[..20], ""] {
        let typed: Vec<&str> =
            ["explain", "--json", id].into_iter().filter(|word| !word.is_empty()).collect();
        assert_eq!(ground.cli().run(typed).await.fine().json(), told, "{id}");
    }
    let text = ground.cli().run(["explain", task]).await.fine().stdout;
    for line in ["who does it", "requested by the caller", "attempt 1 failed (test_fail)", "the run failed"] {
        assert!(text.contains(line), "{text}");
    }
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn choice_is_explained_by_its_candidates_and_their_history() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let request = json!({ "instruction": "echo hi", "workspace": repository.text(), "task_type": "command", "language": "sh" });
    let first = rest.execute(&request).await.fine();
    let told = rest.get(&format!("/api/tasks/{}/explain", first["task_id"].as_str().unwrap())).await.fine();
    let choice = step(&told, "choice");
    assert!(choice["answer"].as_str().unwrap().starts_with("shell/command, effort "), "{choice}");
    assert!(texts(&choice["facts"]).iter().any(|fact| fact.starts_with("no history yet")), "{choice}");
    assert!(
        texts(&choice["facts"]).iter().any(|fact| fact.starts_with("breaker closed, $20.00 left today")),
        "{choice}"
    );
    let candidates = choice["candidates"].as_array().unwrap();
    let (picked, others) = candidates.split_first().unwrap();
    assert_eq!(
        (&picked["name"], &picked["rank"], &picked["attempts"]),
        (&json!("shell/command"), &json!(1), &json!(0))
    );
    assert!(others.is_empty(), "no agent is offered for a command: {choice}");
    assert!(texts(&choice["then"])[0].starts_with("attempt 1 succeeded"), "{choice}");

    let second = rest.execute(&request).await.fine();
    let told = rest.get(&format!("/api/tasks/{}/explain", second["run_id"].as_str().unwrap())).await.fine();
    let choice = step(&told, "choice");
    assert!(!texts(&choice["facts"]).iter().any(|fact| fact.contains("no history")), "{choice}");
    let picked = &choice["candidates"][0];
    assert_eq!((&picked["attempts"], &picked["succeeded"]), (&json!(1), &json!(1)), "{picked}");

    // No known agent is installed here, and the error says so of each.
    let prose = json!({ "query": "chooser", "request": { "instruction": "mend it", "workspace": repository.text() } });
    let said = server.mcp(Era::Stateless).call("workflow_query", prose).await;
    assert!(said.is_error && said.text.contains("not installed"), "{said:#?}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn external_work_is_explained_as_external() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let init = json!({ "instruction": "x", "workspace": repository.text(), "acceptance": ["it rings"] });
    let task = rest.post("/api/tasks", &init).await.fine()["task_id"].as_str().unwrap().to_owned();
    let write = json!({ "executor": "codex", "outcome": "failed", "summary": "it hung", "failure_class": "timeout", "latency_ms": 5, "cost_usd": 0.1 });
    rest.post(&format!("/api/tasks/{task}/write"), &write).await.fine();
    rest.post(&format!("/api/tasks/{task}/close"), &json!({ "state": "failed", "reason": "given up" }))
        .await
        .fine();
    let made =
        rest.post("/api/human-tasks", &json!({ "title": "Do it by hand", "task_id": task })).await.fine();
    let id = made["id"].as_str().unwrap();
    ground.cli().run(["todo", "done", id, "--note", "done by hand"]).await.fine();

    let told = rest.get(&format!("/api/tasks/{task}/explain")).await.fine();
    assert_eq!(kinds(&told), ["asked", "checkpoint", "attempt", "ended", "decision", "person", "person"]);
    assert_eq!(texts(&step(&told, "checkpoint")["facts"]), ["must hold: it rings"]);
    let attempt = step(&told, "attempt");
    assert!(attempt["by"].as_str().unwrap().starts_with("codex"), "{attempt}");
    assert_eq!(attempt["reason"], "it hung");
    let closed = step(&told, "decision");
    assert_eq!(
        (&closed["answer"], &closed["reason"]),
        (&json!("the task is closed as failed"), &json!("given up"))
    );
    let answered = told["steps"].as_array().unwrap().last().unwrap();
    assert_eq!((&answered["by"], &answered["reason"]), (&json!("cli"), &json!("done by hand")));

    let missing = ground.cli().run(["explain", "--json", "01ARZ3NDEKTSV4RRFFQ69G5FAV"]).await;
    assert_eq!((missing.code, missing.problem()["code"].as_str()), (2, Some("task_not_found")));
    let consensus = rest.get(&format!("/api/tasks/{task}/consensus")).await.fine();
    assert_eq!(consensus, json!({ "rounds": [] }));
    server.stop().await;
    ground.leave();
}
