//! Several real agent programs at one task: one after the other when the first is rate-limited, and in parallel with
//! a judge. A stand-in plays their models.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test calls fails the test"
)]

use jackfield_behaviour::{Agents, Repository, Server, tagged, until_told};
use jackfield_standin::{Api, Scenario, WRITTEN_FILE, WRITTEN_TEXT};
use serde_json::{Value, json};

fn request(repository: &Repository) -> Value {
    json!({
        "instruction": "Do what you are for.", "workspace": repository.text(), "task_type": "feature",
        "complexity": "moderate", "wait_s": 300, "timeout_s": 120,
        "checks": [{ "name": "it is written", "command": format!("test -s {WRITTEN_FILE}") }],
    })
}

fn api(executor: &str) -> Api {
    match executor {
        "claude" => Api::Anthropic,
        "codex" => Api::OpenAi,
        other => panic!("{other} was not expected here"),
    }
}

async fn run_of(server: &Server, answer: &Value) -> Value {
    let path = format!("/api/runs/{}", answer["run_id"].as_str().unwrap());
    until_told("the end of the run", async || {
        let view = server.rest().get(&path).await.fine();
        (view["run"]["state"] != "running" && view["run"]["state"] != "queued").then_some(view)
    })
    .await
}

const TWO: &str = "[executors.gemini]\nenabled = false\n[executors.shell]\nenabled = false\n";

#[tokio::test]
async fn work_of_a_rate_limited_program_goes_to_another_and_the_first_cools_down() {
    let Some(agents) = Agents::set_up_with(TWO).await else { return };
    let (ground, repository) = (&agents.ground, agents.ground.repository());
    let server = ground.serve().await;
    let mcp = server.mcp(jackfield_behaviour::Era::Stateless);
    let wanted = request(&repository);
    let advice = mcp.call("workflow_query", json!({ "query": "chooser", "request": wanted })).await.fine();
    let first = advice["choices"][0]["executor"].as_str().unwrap().to_owned();
    agents.standin.scenario(Scenario::Write);
    agents.standin.scenario_for(api(&first), "ratelimit".parse().unwrap());

    let answer = server.rest().execute(&wanted).await.fine();
    assert_eq!(answer["state"], "succeeded", "{answer}");
    let view = run_of(&server, &answer).await;
    let attempts = view["attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 2, "{view}");
    assert_eq!(
        (&attempts[0]["executor"], &attempts[0]["outcome"]["failure"]["class"]),
        (&json!(first), &json!("rate_limited"))
    );
    assert_ne!(attempts[1]["executor"], json!(first));
    assert_eq!(attempts[1]["outcome"]["verified"], "passed", "{view}");
    assert_eq!(
        repository.file(attempts[1]["branch"].as_str().unwrap(), WRITTEN_FILE),
        WRITTEN_TEXT.trim_end()
    );
    let status = server.rest().get("/api/status").await.fine();
    let resting =
        status["executors"].as_array().unwrap().iter().find(|one| one["executor"] == json!(first)).unwrap();
    assert!(resting["cooling_until"].is_string(), "{status}");
    let database = ground.database();
    let quality = database.number(&format!(
        "SELECT COALESCE(SUM(quality_failed), 0) FROM model_stats WHERE executor = '{first}'"
    ));
    assert_eq!(quality, 0, "no room is nobody's fault");
    assert_eq!(database.breaker(), database.ledger());
    server.stop().await;
    agents.ground.leave();
}

/// The failure of the first program, its class, whether another program is tried next (if the fault lies in
/// the work or in a rate limit) or the run fails (if only the operator can repair it), and a word of the remedy.
const FAILURES: [(&str, &str, bool, &str); 8] = [
    ("shell:echo+other+>other.txt", "test_fail", true, "explanation of the run"),
    ("refusal", "refused", true, "differently"),
    ("context", "context_overflow", true, "larger window"),
    ("overloaded", "overloaded", true, "later"),
    ("cut", "network", false, "network"),
    ("nomodel", "unknown_model", false, "model"),
    ("credit", "no_credit", false, "credit"),
    ("auth", "auth_failure", false, "login"),
];

#[tokio::test]
async fn failure_of_a_program_has_its_class_next_step_and_remedy() {
    for (scenario, class, another, remedy) in FAILURES {
        let Some(agents) = Agents::set_up_with(TWO).await else { return };
        let (ground, repository) = (&agents.ground, agents.ground.repository());
        let server = ground.serve().await;
        let mcp = server.mcp(jackfield_behaviour::Era::Stateless);
        let wanted = request(&repository);
        let advice =
            mcp.call("workflow_query", json!({ "query": "chooser", "request": wanted })).await.fine();
        let first = advice["choices"][0]["executor"].as_str().unwrap().to_owned();
        agents.standin.scenario(Scenario::Write);
        agents.standin.scenario_for(api(&first), scenario.parse().unwrap());
        let answer = server.rest().execute(&wanted).await.fine();
        let view = run_of(&server, &answer).await;
        let attempts = view["attempts"].as_array().unwrap();
        let failure = &attempts[0]["outcome"]["failure"];
        assert_eq!(
            (&attempts[0]["executor"], &failure["class"]),
            (&json!(first), &json!(class)),
            "{failure}"
        );
        assert!(failure["remedy"].as_str().unwrap().contains(remedy), "{scenario}: {failure}");
        let run = answer["run_id"].as_str().unwrap();
        let decided =
            ground.database().rows(&format!("SELECT kind FROM decisions WHERE run = '{run}' ORDER BY id"));
        let kinds: Vec<&str> = decided.iter().map(|row| row["kind"].as_str().unwrap()).collect();
        if another {
            assert_eq!(
                (attempts.len(), &view["run"]["state"]),
                (2, &json!("succeeded")),
                "{scenario}: {view}"
            );
            assert_ne!(attempts[1]["executor"], json!(first));
            assert_eq!(kinds, ["retry", "done"], "{scenario}");
        } else {
            assert_eq!((attempts.len(), &view["run"]["state"]), (1, &json!("failed")), "{scenario}: {view}");
            assert_eq!(kinds, ["stop"], "{scenario}");
            // The answer has the remedy in its text too.
            assert!(answer["text"].as_str().unwrap().contains(remedy), "{scenario}: {answer}");
        }
        assert_eq!(ground.database().breaker(), ground.database().ledger());
        server.stop().await;
        agents.ground.leave();
    }
}

#[tokio::test]
async fn two_programs_do_the_same_task_in_parallel_and_are_compared() {
    let Some(agents) = Agents::set_up_with(TWO).await else { return };
    let (ground, repository) = (&agents.ground, agents.ground.repository());
    let server = ground.serve().await;
    agents.standin.scenario(Scenario::Write);
    let mut asked = request(&repository);
    asked["executors"] = json!(["claude", "codex"]);
    let agreed = server.rest().post("/tasks/consensus", &asked).await.fine();
    assert_eq!(agreed["state"], "succeeded", "{agreed}");
    let verdict = verdict(&server, &agreed).await;
    assert_eq!(verdict["comparison"]["agreement"], "Full", "{verdict}");
    assert!(verdict["winner"].is_string() && verdict["cost_usd"].as_f64().unwrap() > 0.0, "{verdict}");

    // One does what is asked, the other something else: the checks decide.
    agents.standin.scenario_for(Api::OpenAi, Scenario::shell("echo other > other.txt"));
    let parted = server.rest().post("/tasks/consensus", &asked).await.fine();
    let view = run_of(&server, &parted).await;
    let chosen =
        view["attempts"].as_array().unwrap().iter().find(|one| one["id"] == view["run"]["chosen"]).unwrap();
    assert_eq!(chosen["executor"], "claude", "{view}");
    let verdict = self::verdict(&server, &parted).await;
    assert_ne!(verdict["comparison"]["agreement"], "Full", "{verdict}");
    assert!(!verdict["comparison"]["differences"].as_array().unwrap().is_empty(), "{verdict}");
    for attempt in view["attempts"].as_array().unwrap() {
        assert_eq!(tagged(attempt["id"].as_str().unwrap()), [], "nothing of either runs any more");
    }
    repository.assert_untouched();
    server.stop().await;
    agents.ground.leave();
}

/// What the judge said of the last round of an answer's task.
async fn verdict(server: &Server, answer: &Value) -> Value {
    let task = answer["task_id"].as_str().unwrap();
    let rounds = server.rest().get(&format!("/api/tasks/{task}/consensus")).await.fine();
    let found = find(&rounds, "comparison").unwrap_or_else(|| panic!("no comparison: {rounds}"));
    found.clone()
}

/// The first object that has a field of that name.
fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) if fields.contains_key(name) => Some(value),
        Value::Object(fields) => fields.values().find_map(|field| find(field, name)),
        Value::Array(values) => values.iter().find_map(|one| find(one, name)),
        _ => None,
    }
}
