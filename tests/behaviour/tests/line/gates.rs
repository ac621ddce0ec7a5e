//! Gates: they rule on committed work; their reasons go to the next agent and are recorded.

use crate::actors::{said_claude, shell, with};
use jackfield_behaviour::{Era, Ground, Repository, Server};
use serde_json::{Value, json};

fn gates(repository: &Repository, command: &str, gates: &Value) -> Value {
    with(shell(repository, command), json!({ "gates": gates, "wait_s": 45 }))
}

async fn attempts(server: &Server, answer: &Value) -> Vec<Value> {
    let run = answer["run_id"].as_str().unwrap();
    let view = server.rest().get(&format!("/api/runs/{run}")).await.fine();
    view["attempts"].as_array().unwrap().clone()
}

const TWO_RUNGS: &str = "[[ladder]]\nname = \"cheap\"\nexecutor = \"claude\"\nmodel = \"claude-cheap\"\ntier = \"workhorse\"\n\
    environment = { RUNG = \"cheap\" }\nrates = { input = 1, output = 2 }\n\
    [[ladder]]\nname = \"dear\"\nexecutor = \"claude\"\nmodel = \"claude-dear\"\ntier = \"strategist\"\n\
    environment = { RUNG = \"dear\" }\nrates = { input = 3, output = 9 }\n\
    [executors.codex]\nenabled = false\n[executors.gemini]\nenabled = false\n[executors.shell]\nenabled = false\n";

#[tokio::test]
async fn work_rejected_by_a_gate_goes_to_the_next_rung_with_the_reason() {
    let work = r#"if [ "$RUNG" = dear ]; then echo good; else echo bad; fi > answer.txt"#;
    let ground = Ground::new()
        .with("ANTHROPIC_API_KEY", "a-key-of-no-account")
        .with_config(TWO_RUNGS)
        .with_script("claude", &said_claude("0.01", work));
    let repository = ground.repository();
    let server = ground.serve().await;
    let request = json!({
        "instruction": "Write good into answer.txt", "workspace": repository.text(), "task_type": "feature",
        "complexity": "moderate", "wait_s": 45,
        "checks": [{ "name": "there", "command": "touch litter; cat answer.txt" }],
        "gates": [
            { "kind": "content_check", "config": { "path": "*.txt", "contains": "good" } },
            { "kind": "file_exists", "config": { "path": "litter", "min": 0, "max": 0 } },
            { "kind": "command", "config": { "name": "there", "not_contains": "terrible" } },
        ],
    });
    let answer = server.rest().execute(&request).await.fine();
    assert_eq!(answer["state"], "succeeded", "{answer}");
    let attempts = attempts(&server, &answer).await;
    assert_eq!(attempts.len(), 2, "{attempts:?}");
    let failure = &attempts[0]["outcome"]["failure"];
    assert_eq!(failure["class"], "test_fail", "{failure}");
    let why = "1 of 4 checks failed: content_check {\"contains\":\"good\",\"path\":\"*.txt\"} \
               (answer.txt does not contain \"good\")";
    assert_eq!(failure["message"], why);
    assert_eq!(attempts[0]["outcome"]["verified"], "failed");
    assert_eq!(attempts[1]["outcome"]["verified"], "passed");
    let context = attempts[1]["context"].as_str().unwrap();
    assert!(context.contains("failed: answer.txt does not contain \"good\""), "{context}");

    let run = answer["run_id"].as_str().unwrap();
    let told = server.rest().get(&format!("/api/tasks/{run}/explain")).await.fine();
    let ruled: Vec<_> =
        told["steps"].as_array().unwrap().iter().filter(|step| step["kind"] == "gate").collect();
    assert_eq!(ruled.len(), 6, "three for each attempt: {told}");
    assert_eq!(
        (&ruled[0]["answer"], &ruled[0]["reason"]),
        (&json!("failed"), &json!("answer.txt does not contain \"good\""))
    );
    assert!(ruled[0]["digest"].as_str().is_some_and(|digest| digest.len() == 64), "{}", ruled[0]);
    assert!(ruled[0]["facts"][1].as_str().unwrap().contains("read answer.txt"), "{}", ruled[0]);
    let events = ground.database().rows("SELECT payload FROM run_events WHERE kind = 'gate' ORDER BY seq");
    assert_eq!(events.len(), 6);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn invalid_gate_is_refused_before_anything_is_created() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    for (gate, code, why) in [
        (json!({ "kind": "none" }), "no_such_gate", "file_exists"),
        (json!({ "kind": "file_exists" }), "bad_gate", "missing field `path`"),
        (
            json!({ "kind": "file_exists", "config": { "path": "../x", "min": 3, "max": 1 } }),
            "bad_gate",
            "less than `min`",
        ),
    ] {
        let problem = server.rest().execute(&gates(&repository, "true", &json!([gate]))).await.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert!(problem.to_string().contains(why), "{problem}");
    }
    assert_eq!(ground.database().number("SELECT COUNT(*) FROM runs"), 0);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn gate_reads_the_worktree_and_nothing_outside_it() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let command = "ln -s /etc/passwd stolen; ln -s / root; mkdir deep; echo in > deep/in.txt";
    for (path, passes) in [
        ("deep/in.txt", true),
        ("**/in.txt", true),
        ("stolen", false),
        ("root/etc/passwd", false),
        ("root/etc/*", false),
    ] {
        let gate = json!([{ "kind": "file_exists", "config": { "path": path } }]);
        let answer = server.rest().execute(&gates(&repository, command, &gate)).await.fine();
        let expected = if passes { "succeeded" } else { "failed" };
        assert_eq!(answer["state"], expected, "{path}: {answer}");
    }
    for path in ["../../../etc/passwd", "/etc/passwd", ".git", ".git/HEAD"] {
        let gate = json!([{ "kind": "file_exists", "config": { "path": path, "min": 0, "max": 0 } }]);
        let answer = server.rest().execute(&gates(&repository, command, &gate)).await.fine();
        assert_eq!(answer["state"], "failed", "{path} does not pass for being absent: {answer}");
        let failure = attempts(&server, &answer).await[0]["outcome"]["failure"].clone();
        assert!(
            failure["message"].as_str().unwrap().contains("is not a path within the worktree"),
            "{failure}"
        );
    }
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn gates_of_the_configuration_and_of_every_interface_apply() {
    let mut ground = Ground::new();
    let repository = ground.repository();
    let config = format!(
        "[run]\ngates = [{{ kind = \"metric_threshold\", config = {{ metric = \"files-changed\", max = 2 }} }}]\n\
         [workspaces.site]\npath = \"{}\"\n\
         gates = [{{ kind = \"file_exists\", config = {{ path = \"LICENSE\" }} }}]\n",
        repository.text()
    );
    ground = ground.with_config(&config);
    let server = ground.serve().await;
    let site = |command: &str| json!({ "instruction": command, "executor": "shell", "workspace": "site", "wait_s": 45 });
    let state = async |command: &str| server.rest().execute(&site(command)).await.fine()["state"].clone();
    assert_eq!(state("echo x > LICENSE").await, "succeeded");
    assert_eq!(state("echo x > other").await, "failed", "the workspace wants a LICENSE");
    assert_eq!(
        state("for n in LICENSE 1 2; do echo x > $n; done").await,
        "failed",
        "every task changes two at most"
    );

    let typed = ["run", "--executor", "shell", "--workspace", "site", "--json", "--gate"];
    let gate = r#"artifact_exists {"kind":"diff","label_contains":"7 file"}"#;
    let run = ground.cli().run(typed.into_iter().chain([gate, "echo x > LICENSE"])).await;
    assert!(run.stdout.contains("no artifact diff is as wanted"), "{}", run.stdout);

    let mcp = server.mcp(Era::Stateless);
    let asked = json!({ "prompt": "echo x > LICENSE", "executor": "shell", "cwd": "site",
        "gates": [{ "kind": "content_check", "config": { "path": "LICENSE", "contains": "MIT" } }] });
    let dispatched = mcp.call("dispatch", asked).await;
    assert!(!dispatched.is_error, "{dispatched:#?}");
    server.stop().await;
    ground.leave();
}
