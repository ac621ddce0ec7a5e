//! The real Claude Code, Codex and Gemini CLI as executors, over MCP and on the command line. A stand-in
//! plays their models, so that tokens, costs and failures are known to the last figure.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test calls fails the test"
)]

use jackfield_behaviour::{Agent, Agents, Era, Ground, Mcp, Repository, assert_diagrams, tagged};
use jackfield_standin::{Scenario, TEST_KEY, WRITTEN_FILE, WRITTEN_TEXT};
use serde_json::{Value, json};

/// `execute` over MCP, and `result` until it is final.
async fn over_mcp(mcp: &Mcp, agent: Agent, repository: &Repository, timeout_s: u64) -> Value {
    let request = json!({ "executor": agent.name(), "workspace": repository.text(),
        "instruction": "Do what you are for.", "timeout_s": timeout_s });
    let mut answer = mcp.call("execute", request).await.data;
    while answer["state"] == "queued" || answer["state"] == "running" {
        answer = mcp.call("result", json!({ "run_id": answer["run_id"] })).await.data;
    }
    answer
}

/// `jackfield run`, whatever it comes to.
async fn typed(ground: &Ground, agent: Agent, repository: &Repository) -> Value {
    let typed = ["run", "--json", "--quiet", "--executor", agent.name(), "Do what you are for."];
    ground.cli().in_folder(repository.path()).run(typed).await.json()
}

fn attempt_of(answer: &Value) -> &str {
    answer["attempt"]["id"].as_str().unwrap_or_else(|| panic!("no attempt: {answer}"))
}

/// The diagram of an answer, which is there however the run ended.
fn diagram(answer: &Value) -> String {
    answer["text"].as_str().unwrap_or_else(|| panic!("no text: {answer}")).to_owned()
}

/// The record of an attempt has its tokens and cost to the last figure, and the ledger the same sum.
fn assert_accounted(ground: &Ground, answer: &Value, agent: Agent, requests: u64) {
    let database = ground.database();
    let attempt = attempt_of(answer);
    let tokens = database.row(&format!(
        "SELECT input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens
         FROM attempts WHERE id = '{attempt}'"
    ));
    assert_eq!(tokens, agent.tokens(requests), "{answer}");
    let row = database.row(&format!(
        "SELECT attempts.model, cost, cost_source, usage_estimated, reserved, attempts.state, tasks.state AS task,
                (SELECT SUM(spent_delta) FROM ledger WHERE ledger.attempt = attempts.id) AS spent,
                (SELECT SUM(reserved_delta) FROM ledger WHERE ledger.attempt = attempts.id) AS held
         FROM attempts JOIN tasks ON tasks.id = attempts.task WHERE attempts.id = '{attempt}'"
    ));
    let cost = agent.cost(requests);
    let expected = json!({ "model": agent.model(), "cost": cost, "cost_source": agent.cost_source(),
        "usage_estimated": 0, "reserved": 0, "state": "settled", "task": "done", "spent": cost, "held": 0 });
    assert_eq!(row, expected);
    assert_eq!(database.breaker(), database.ledger(), "the breaker is the sum of the ledger");
    database.assert_events_without_gap();
}

async fn answer_is_charged_exactly(agent: Agent) {
    let Some(agents) = Agents::set_up().await else { return };
    let (ground, repository) = (&agents.ground, agents.ground.repository());
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless);
    let said = over_mcp(&mcp, agent, &repository, 120).await;
    let read = typed(ground, agent, &repository).await;
    for answer in [&said, &read] {
        assert_eq!(answer["state"], "succeeded", "{answer}");
        assert_accounted(ground, answer, agent, 1);
        assert!(tagged(attempt_of(answer)).is_empty());
    }
    let conversations = agents.standin.conversations();
    assert_eq!(conversations.len(), 2);
    assert!(conversations.iter().all(|asked| asked.credential.as_ref().is_some_and(|key| key.is(TEST_KEY))));
    assert_diagrams(&[diagram(&said), diagram(&read)]);
    server.stop().await;
    repository.assert_untouched();
    agents.ground.leave();
}

async fn work_is_committed_to_a_branch(agent: Agent) {
    let Some(agents) = Agents::set_up().await else { return };
    let (ground, repository) = (&agents.ground, agents.ground.repository());
    let server = ground.serve().await;
    agents.standin.scenario(Scenario::Write);
    let written = over_mcp(&server.mcp(Era::Legacy), agent, &repository, 120).await;
    assert_accounted(ground, &written, agent, 2);
    assert_eq!(written["files"][0]["path"], WRITTEN_FILE, "{written}");
    let branch = written["attempt"]["branch"].as_str().unwrap();
    assert_eq!(repository.file(branch, WRITTEN_FILE), WRITTEN_TEXT.trim_end());

    agents.standin.scenario(Scenario::shell("env > made.txt; env"));
    let made = typed(ground, agent, &repository).await;
    assert_accounted(ground, &made, agent, 2);
    let environment = repository.file(made["attempt"]["branch"].as_str().unwrap(), "made.txt");
    assert!(environment.contains(&format!("JACKFIELD_ATTEMPT={}", attempt_of(&made))), "{environment}");
    // A known limit: Claude Code's own commands still inherit its key, so a model that prints its
    // environment puts it into that program's transcript and onto the branch.
    if agent != Agent::Claude {
        assert!(!environment.contains(TEST_KEY), "commands of a model do not inherit the key");
        assert_eq!(agents.files_with_the_key(), Vec::<std::path::PathBuf>::new());
    }
    assert_diagrams(&[diagram(&written), diagram(&made)]);
    server.stop().await;
    repository.assert_untouched();
    agents.ground.leave();
}

async fn failure_of_the_provider_has_its_class(agent: Agent) {
    let Some(agents) = Agents::set_up().await else { return };
    let (ground, repository) = (&agents.ground, agents.ground.repository());
    let server = ground.serve().await;
    let mut diagrams = Vec::new();
    for (word, class) in
        [("auth", "auth_failure"), ("ratelimit", "rate_limited"), ("overloaded", "overloaded")]
    {
        agents.standin.scenario(word.parse().unwrap());
        // A new host each time: after a rate limit a host has the executor in cooldown.
        let answer = match word {
            "auth" => over_mcp(&server.mcp(Era::Stateless), agent, &repository, 120).await,
            _ => typed(ground, agent, &repository).await,
        };
        assert_eq!(answer["state"], "failed", "{answer}");
        let failure = &answer["attempt"]["failure"];
        assert_eq!(failure["class"], class, "{answer}");
        assert!(failure["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{failure}");
        assert!(tagged(attempt_of(&answer)).is_empty());
        diagrams.push(diagram(&answer));
    }
    let database = ground.database();
    assert_eq!(database.ledger(), (0, 0), "nothing was used, and nothing is held");
    assert_eq!(repository.branches(), Vec::<String>::new());
    assert_diagrams(&diagrams);
    server.stop().await;
    agents.ground.leave();
}

async fn unreachable_provider_is_a_network_failure(agent: Agent) {
    let Some(Agents { standin, ground, .. }) = Agents::set_up().await else { return };
    let repository = ground.repository();
    // Nothing listens at the configured address any more.
    drop(standin);
    let server = ground.serve().await;
    let answer = over_mcp(&server.mcp(Era::Stateless), agent, &repository, 120).await;
    assert_eq!(answer["state"], "failed", "{answer}");
    let failure = &answer["attempt"]["failure"];
    assert_eq!(failure["class"], "network", "{answer}");
    assert!(failure["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{failure}");
    assert!(tagged(attempt_of(&answer)).is_empty());
    assert_eq!(ground.database().ledger(), (0, 0), "nothing was used, and nothing is held");
    server.stop().await;
    ground.leave();
}

async fn agent_with_a_model_that_hangs_is_ended(agent: Agent) {
    let Some(agents) = Agents::set_up().await else { return };
    let (ground, repository) = (&agents.ground, agents.ground.repository());
    let server = ground.serve().await;
    agents.standin.scenario("hang".parse().unwrap());
    let answer = over_mcp(&server.mcp(Era::Stateless), agent, &repository, 15).await;
    assert!(!agents.standin.conversations().is_empty(), "it was its model that hung");
    assert_eq!(answer["state"], "failed", "{answer}");
    assert_eq!(answer["attempt"]["failure"]["class"], "timeout", "{answer}");
    assert!(answer["attempt"]["outcome"].as_str().unwrap().starts_with("timed_out/"), "{answer}");
    assert!(tagged(attempt_of(&answer)).is_empty(), "nothing of it runs any more");
    assert_diagrams(&[diagram(&answer)]);
    server.stop().await;
    agents.ground.leave();
}

macro_rules! stories {
    ($($agent:ident: $variant:ident),*; $stories:tt) => { $(stories!(@ $agent $variant $stories);)* };
    (@ $agent:ident $variant:ident [$($story:ident),*]) => {
        mod $agent {
            use super::Agent;
            $(
                #[tokio::test]
                async fn $story() {
                    super::$story(Agent::$variant).await;
                }
            )*
        }
    };
}

stories!(claude: Claude, codex: Codex, gemini: Gemini; [
    answer_is_charged_exactly,
    work_is_committed_to_a_branch,
    failure_of_the_provider_has_its_class,
    unreachable_provider_is_a_network_failure,
    agent_with_a_model_that_hangs_is_ended
]);
