//! Work that is not good enough: checks, escalation, consensus and questions to a person.

use crate::actors::{said_claude, shell, with};
use jackfield_behaviour::{Ground, Repository, Server, until_told};
use serde_json::{Value, json};

/// Two rungs, both Claude Code by name: one that writes what is wrong, and one that writes what is right.
const TWO_RUNGS: &str = "[[ladder]]\nname = \"cheap\"\nexecutor = \"claude\"\nmodel = \"claude-cheap\"\ntier = \"workhorse\"\n\
    environment = { RUNG = \"cheap\" }\nrates = { input = 1, output = 2 }\n\
    [[ladder]]\nname = \"dear\"\nexecutor = \"claude\"\nmodel = \"claude-dear\"\ntier = \"strategist\"\n\
    environment = { RUNG = \"dear\" }\nrates = { input = 3, output = 9 }\n\
    [executors.codex]\nenabled = false\n[executors.gemini]\nenabled = false\n[executors.shell]\nenabled = false\n";

async fn ended(server: &Server, run: &str) -> Value {
    until_told("the end of the run", async || {
        let view = server.rest().get(&format!("/api/runs/{run}")).await.fine();
        let state = view["run"]["state"].as_str().unwrap();
        ["succeeded", "failed", "cancelled", "waiting"].contains(&state).then_some(view)
    })
    .await
}

pub(crate) fn ground(work: &str) -> Ground {
    Ground::new()
        .with("ANTHROPIC_API_KEY", "a-key-of-no-account")
        .with_config(TWO_RUNGS)
        .with_script("claude", &said_claude("0.01", work))
}

pub(crate) fn asked(repository: &Repository, checks: &Value) -> Value {
    json!({
        "instruction": "Write good into answer.txt", "workspace": repository.text(), "task_type": "feature",
        "complexity": "moderate", "checks": checks, "wait_s": 45,
    })
}

#[tokio::test]
async fn work_that_fails_its_checks_goes_to_the_next_rung_with_the_failure() {
    let ground = ground(r#"if [ "$RUNG" = dear ]; then echo good; else echo bad; fi > answer.txt"#);
    let repository = ground.repository();
    let server = ground.serve().await;
    let checks =
        json!([{ "name": "is good", "command": "cat answer.txt; touch litter; grep -q good answer.txt" }]);
    let answer = server.rest().execute(&asked(&repository, &checks)).await.fine();
    assert_eq!(answer["state"], "succeeded", "{answer}");
    let view = ended(&server, answer["run_id"].as_str().unwrap()).await;
    let attempts = view["attempts"].as_array().unwrap();
    let tried: Vec<_> = attempts.iter().map(|attempt| attempt["rung"].as_str().unwrap()).collect();
    assert_eq!(tried, ["cheap", "dear"], "{view}");
    assert_eq!(attempts[0]["outcome"]["failure"]["class"], "test_fail", "{view}");
    assert_eq!(attempts[0]["outcome"]["verified"], "failed");
    assert_eq!(attempts[1]["outcome"]["verified"], "passed");
    let context = attempts[1]["context"].as_str().unwrap();
    for told in ["is good", "grep -q good answer.txt", "bad", "answer.txt"] {
        assert!(context.contains(told), "{told} is missing: {context}");
    }
    let branch = attempts[1]["branch"].as_str().unwrap();
    assert_eq!(repository.file(branch, "answer.txt"), "good");
    assert_eq!(
        answer["files"].as_array().unwrap().len(),
        1,
        "what a check leaves is not the agent's: {answer}"
    );
    assert_eq!(answer["metrics"]["attempts"], 2);
    let spent = ground.database().ledger().0;
    let costs = ground.database().number("SELECT SUM(cost) FROM attempts WHERE cost > 0");
    assert_eq!(spent, costs, "both are paid for");
    assert_eq!(ground.database().number("SELECT COUNT(*) FROM attempts WHERE cost > 0"), 2);
    let kinds = ground.database().rows("SELECT kind FROM decisions ORDER BY id");
    assert_eq!(kinds.iter().map(|row| row["kind"].as_str().unwrap()).collect::<Vec<_>>(), ["retry", "done"]);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn run_without_a_good_attempt_asks_a_person_and_resumes_with_the_answer() {
    let ground = ground(r#"if grep -q "use the word good"; then echo good; else echo bad; fi > answer.txt"#);
    let repository = ground.repository();
    let server = ground.serve().await;
    let checks = json!([{ "command": "grep -q good answer.txt" }]);
    let answer = server.rest().execute(&asked(&repository, &checks)).await.fine();
    assert_eq!(answer["state"], "waiting", "{answer}");
    let run = answer["run_id"].as_str().unwrap();
    let asked = ground.cli().run(["todo", "list", "--json"]).await.fine().json();
    let id = asked[0]["id"].as_str().unwrap();
    assert_eq!((&asked[0]["kind"], &asked[0]["run"]), (&json!("handoff"), &json!(run)), "{asked}");
    let attempts = asked[0]["evidence"]["attempts"].as_array().unwrap();
    assert!(attempts.len() >= 2 && attempts.len() <= 5, "{asked}");
    assert!(attempts.iter().all(|attempt| attempt["checks"][0]["passed"] == false), "{asked}");
    let held = ground.database().ledger().1;
    assert_eq!(held, 0, "nothing is held while a person thinks");

    let told =
        ground.cli().run(["todo", "answer", id, "--retry", "use the word good", "--executor", "dear"]).await;
    assert_eq!(told.code, 0, "{told:?}");
    let view = ended(&server, run).await;
    assert_eq!(view["run"]["state"], "succeeded", "{view}");
    let again = ground.cli().run(["todo", "answer", id, "--stop"]).await;
    assert_eq!(again.code, 2, "it was answered: {again:?}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn waiting_run_can_be_accepted_stopped_or_cancelled() {
    let ground = ground("echo bad > answer.txt");
    let repository = ground.repository();
    let server = ground.serve().await;
    let checks = json!([{ "command": "grep -q good answer.txt" }]);
    for (action, state) in [("accept", "succeeded"), ("stop", "failed"), ("cancel", "cancelled")] {
        let answer = server.rest().execute(&asked(&repository, &checks)).await.fine();
        assert_eq!(answer["state"], "waiting", "{answer}");
        let run = answer["run_id"].as_str().unwrap();
        if action == "cancel" {
            server.rest().post(&format!("/api/runs/{run}"), &json!({ "action": "cancel" })).await.fine();
        } else {
            let list = server.rest().get(&format!("/api/human-tasks?run_id={run}")).await.fine();
            let id = list[0]["id"].as_str().unwrap();
            let said = json!({ "action": action, "text": "so be it" });
            server.rest().post(&format!("/api/human-tasks/{id}/answer"), &said).await.fine();
        }
        assert_eq!(ended(&server, run).await["run"]["state"], state);
        let open = server.rest().get(&format!("/api/human-tasks?run_id={run}")).await.fine();
        assert_eq!(open, json!([]), "nobody is asked any more");
    }
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn consensus_of_two_agents_has_a_winner_and_a_reason() {
    let ground = ground(r#"if [ "$RUNG" = dear ]; then echo good; else echo bad; fi > answer.txt"#);
    let repository = ground.repository();
    let server = ground.serve().await;
    let mut request = asked(&repository, &json!([{ "command": "grep -q good answer.txt" }]));
    request["executors"] = json!(["cheap", "dear"]);
    let answer = server.rest().post("/tasks/consensus", &request).await.fine();
    assert_eq!(answer["state"], "succeeded", "{answer}");
    assert_eq!(answer["metrics"]["attempts"], 2);
    let view = ended(&server, answer["run_id"].as_str().unwrap()).await;
    let winner =
        view["attempts"].as_array().unwrap().iter().find(|attempt| attempt["id"] == view["run"]["chosen"]);
    assert_eq!(winner.unwrap()["rung"], "dear", "{view}");
    assert_eq!(answer["attempt"]["id"], view["run"]["chosen"], "the winner's work is the answer");
    let task = answer["task_id"].as_str().unwrap();
    let rounds = server.rest().get(&format!("/api/tasks/{task}/consensus")).await.fine();
    let told = rounds.to_string();
    for part in ["comparison", "differences", "winner", "cost_usd"] {
        assert!(told.contains(part), "{part} is missing: {told}");
    }
    let run = answer["run_id"].as_str().unwrap();
    let path = format!("/api/runs/{run}");
    let attempts = view["attempts"].as_array().unwrap();
    let other = attempts.iter().find(|attempt| attempt["id"] != view["run"]["chosen"]).unwrap();
    let choose =
        |attempt: &Value, reason: &str| json!({ "action": "choose", "attempt": attempt, "reason": reason });
    for (attempt, reason, code) in
        [(&json!(9), "why not", "attempt_not_found"), (&other["number"], " ", "no_reason")]
    {
        assert_eq!(server.rest().post(&path, &choose(attempt, reason)).await.json()["code"], code);
    }
    let chosen = server.rest().post(&path, &choose(&other["number"], "it is shorter")).await.fine();
    assert_eq!(chosen["attempt"]["id"], other["id"], "the answer is that of the person's choice");
    let diff = server.rest().get(&format!("{path}/diff")).await.text;
    assert!(diff.contains("+bad"), "{diff}");
    let log = server.rest().get(&format!("{path}/logs?tail=1")).await.fine().to_string();
    assert!(log.contains("rest chose attempt") && log.contains("it is shorter"), "{log}");
    repository.assert_untouched();
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn run_with_a_named_executor_makes_one_attempt_with_it() {
    let ground = ground("echo bad > answer.txt");
    let repository = ground.repository();
    let server = ground.serve().await;
    let request = with(asked(&repository, &json!([{ "command": "false" }])), json!({ "executor": "cheap" }));
    let answer = server.rest().execute(&request).await.fine();
    assert_eq!((&answer["state"], &answer["metrics"]["attempts"]), (&json!("failed"), &json!(1)), "{answer}");
    assert_eq!(answer["attempt"]["failure"]["class"], "test_fail");
    let none = with(shell(&repository, "true"), json!({ "executor": "nobody" }));
    assert_eq!(server.rest().execute(&none).await.json()["code"], "unknown_executor");
    server.stop().await;
    ground.leave();
}
