//! Choice of executor and model: by the words of an instruction, allowed models, and the configured ladder.

use crate::actors::{said_claude, shell, with};
use jackfield_behaviour::Ground;
use serde_json::json;

/// Two rungs of Claude Code, and other programs switched off.
const TWO_RUNGS: &str = "[[ladder]]\nname = \"cheap\"\nexecutor = \"claude\"\nmodel = \"claude-cheap\"\ntier = \"workhorse\"\n\
    [[ladder]]\nname = \"dear\"\nexecutor = \"claude\"\nmodel = \"claude-dear\"\ntier = \"strategist\"\n\
    [executors.codex]\nenabled = false\n[executors.gemini]\nenabled = false\n";

fn ground(more: &str) -> Ground {
    Ground::new()
        .with("ANTHROPIC_API_KEY", "a-key-of-no-account")
        .with_config(&format!("{more}{TWO_RUNGS}"))
        .with_script("claude", &said_claude("0.01", "echo bad > answer.txt"))
}

#[tokio::test]
async fn request_without_a_type_is_classified_and_an_unknown_model_is_refused() {
    let ground = ground("");
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let about = |instruction: &str| json!({ "instruction": instruction, "workspace": repository.text() });
    let design =
        rest.post("/api/choose", &about("Design the architecture of the billing system")).await.fine();
    assert_eq!(design["task"]["task_type"], "architecture", "{design}");
    assert_eq!(design["task"]["role"], "plan", "{design}");
    assert!(design["choices"][0]["reason"].as_str().unwrap().contains("(strategist)"), "{design}");
    let review = rest.post("/api/choose", &about("Review PR 42")).await.fine();
    assert_eq!(review["task"]["task_type"], "review", "{review}");
    let named = with(about("Fix it"), json!({ "executor": "cheap" }));
    let advice = rest.post("/api/choose", &named).await.fine();
    assert_eq!(
        (&advice["choices"][0]["model"], advice.get("chooser")),
        (&json!("claude-cheap"), None),
        "{advice}"
    );
    for (executor, model) in [("shell", "gpt-9"), ("claude", "opuss"), ("claude", "gpt-5.5")] {
        let wrong = with(about("true"), json!({ "executor": executor, "model": model }));
        for route in ["/api/choose", "/tasks/execute"] {
            let refused = rest.post(route, &wrong).await.json();
            assert_eq!(refused["code"], "unknown_model", "{route} {executor} {model}: {refused}");
        }
    }
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn named_rung_with_more_attempts_escalates_to_the_rungs_above_it() {
    let ground = ground("");
    let repository = ground.repository();
    let server = ground.serve().await;
    let request = json!({
        "instruction": "Write good", "workspace": repository.text(), "task_type": "feature", "executor": "cheap",
        "max_attempts": 2, "checks": [{ "command": "grep -q good answer.txt" }], "wait_s": 45,
    });
    let answer = server.rest().execute(&request).await.fine();
    let run = server.rest().get(&format!("/api/runs/{}", answer["run_id"].as_str().unwrap())).await.fine();
    let rungs: Vec<_> = run["attempts"].as_array().unwrap().iter().map(|attempt| &attempt["rung"]).collect();
    assert_eq!(rungs, ["cheap", "dear"], "{run}");
    let reason = run["attempts"][1]["reason"].as_str().unwrap();
    assert!(reason.contains("this is the next rung of the ladder"), "{reason}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn forbidden_model_is_never_chosen_and_refused_if_named() {
    let ground = ground("[models]\nnever = [\"opus\"]\n[roles]\nreview = { executors = [\"dear\"] }\n");
    let repository = ground.repository();
    let server = ground.serve().await;
    let about = |fields| with(json!({ "instruction": "Fix it", "workspace": repository.text() }), fields);
    let advice = server.rest().post("/api/choose", &about(json!({ "complexity": 9 }))).await.fine();
    assert!(!advice.to_string().contains("opus"), "{advice}");
    let named = about(json!({ "executor": "claude", "model": "claude-opus-4-5" }));
    let refused = server.rest().execute(&named).await.json();
    assert_eq!(refused["code"], "model_forbidden", "{refused}");
    let bound =
        server.rest().execute(&about(json!({ "task_type": "review", "executor": "cheap" }))).await.json();
    assert_eq!(bound["code"], "role_bound", "{bound}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn failed_command_opens_no_quality_issue_and_has_a_status_of_its_own_on_request() {
    let ground = ground("");
    let repository = ground.repository();
    let server = ground.serve().await;
    for _ in 0..3 {
        let failed = server.rest().execute(&shell(&repository, "false")).await;
        assert_eq!((failed.status.as_u16(), &failed.json()["state"]), (200, &json!("failed")));
    }
    let told = server.rest().post("/tasks/execute?fail_status=true", &shell(&repository, "false")).await;
    assert_eq!((told.status.as_u16(), &told.json()["state"]), (422, &json!("failed")));
    let run = told.json()["run_id"].as_str().unwrap().to_owned();
    let again = server.rest().get(&format!("/api/runs/{run}/result?fail_status=true")).await;
    assert_eq!(again.status.as_u16(), 422);
    let fine = server.rest().post("/tasks/execute?fail_status=true", &shell(&repository, "true")).await;
    assert_eq!(fine.status.as_u16(), 200);
    let typo =
        json!({ "instruction": "fix typo in README", "workspace": repository.text(), "task_type": "docs" });
    let advice = server.rest().post("/api/choose", &typo).await.fine();
    assert_eq!(advice["quality_issues"], json!([]), "{advice}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn attempt_over_its_file_size_limit_fails_and_names_the_setting() {
    let ground = ground("[run]\nmax_file_mb = 1\n");
    let repository = ground.repository();
    let server = ground.serve().await;
    let answer = server.rest().execute(&shell(&repository, "head -c 3000000 /dev/zero > large")).await.fine();
    let failure = &answer["attempt"]["failure"];
    assert_eq!(failure["class"], "killed", "{answer}");
    assert!(failure["message"].as_str().unwrap().contains("run.max_file_mb"), "{answer}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn effective_configuration_is_printed_as_a_file_that_can_be_read() {
    let ground = ground(
        "[breaker]\nday_usd = 12.345678\n[executors.claude.environment]\nMY_API_KEY = \"top-secret\"\n",
    );
    let printed = ground.cli().run(["config", "--effective"]).await.fine().stdout;
    assert!(!printed.contains("top-secret") && printed.contains("12.345678"), "{printed}");
    let file = ground.path().join("again.toml");
    std::fs::write(&file, &printed).unwrap();
    let checked = ground.cli().run(["config", "check", file.to_str().unwrap()]).await;
    assert_eq!(checked.code, 0, "{checked:?}");
    ground.leave();
}
