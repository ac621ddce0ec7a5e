//! Juries, gates that look at the card, and many cards at once.

use crate::actors::recorded_claude_that_answers;
use crate::board::{ONE, act, quoted, sent, settles};
use jackfield_behaviour::{Ground, Repository, Server, until_told};
use reqwest::Method;
use serde_json::{Value, json};

/// An agent that casts the ballot of a persona. `before` is shell that sees the prompt in `$asked`, and may set `ballot`.
fn ground(before: &str, more: &str) -> Ground {
    let ballot =
        r#"{"scores":[{"dimension":"trust","score":60,"reason":"I see it.","quote":""}],"overall":70}"#;
    let script = format!("echo x >> \"$HOME/runs\"; result='{}'\n{before}\n", quoted(ballot));
    Ground::new()
        .with("ANTHROPIC_API_KEY", "a-key-of-no-account")
        .with_config(&format!("{ONE}{more}"))
        .with_script("claude", &recorded_claude_that_answers("0.01", &script))
}

fn runs(ground: &Ground) -> usize {
    std::fs::read_to_string(ground.path().join("home/runs")).unwrap_or_default().lines().count()
}

/// Replaces the recipe of a stage.
async fn set(server: &Server, repository: &Repository, stage: &str, recipe: Value) {
    let edit = json!({ "workspace": repository.text(), "version": 0, "recipe": recipe });
    sent(server, Method::PATCH, &format!("/api/stage-recipes/{stage}"), &edit).await.fine();
}

/// A recipe with one jury of three, and a gate on its score.
fn jury(threshold: u32) -> Value {
    let persona =
        |name: &str| json!({ "name": name, "background": "works", "goals": ["done"], "deal_breakers": [] });
    json!({
        "automation_level": "auto_notify",
        "steps": [{
            "skill_id": "jury-ballot",
            "inputs_mapping": { "proposal": "$.card.body" },
            "retry_count": 1,
            "jury": { "personas": [persona("Ann"), persona("Ben"), persona("Cat")], "quorum": 3 },
        }],
        "gates": [{ "id": "jury", "kind": "jury_score", "subject": "card", "config": { "threshold": threshold } }],
    })
}

async fn card(server: &Server, repository: &Repository, stage: &str) -> String {
    let request =
        json!({ "workspace": repository.text(), "title": "Faster till", "body": "A till.", "stage": stage });
    let reply = sent(server, Method::POST, "/api/cards", &request).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn failed_ballot_is_cast_again_alone_and_a_low_score_blocks_the_card() {
    // Ben answers nothing that can be counted at first.
    let ground = ground(
        r#"if grep -q '"name":"Ben"' "$asked" && [ ! -e "$HOME/ben" ]; then touch "$HOME/ben"; result='"no idea"'; fi"#,
        "",
    );
    let repository = ground.repository();
    let server = ground.serve().await;
    set(&server, &repository, "validate", jury(75)).await;
    let card = card(&server, &repository, "validate").await;
    let view = settles(&server, &card, "validate", "blocked").await;
    assert_eq!(view["card"]["note"], "jury: the jury scored 70 of 100, less than 75", "{view}");
    let steps = view["steps"].as_array().unwrap();
    let cast: Vec<_> = steps
        .iter()
        .map(|one| {
            (one["persona"].as_str().unwrap(), one["attempt"].as_u64().unwrap(), one["end"]["end"].as_str())
        })
        .collect();
    assert_eq!(cast.last(), Some(&("Ben", 2, Some("done"))), "{cast:?}");
    assert_eq!((cast.len(), runs(&ground)), (4, 4), "only Ben casts again: {cast:?}");
    let jury = &view["jury"];
    assert_eq!((&jury["jury_score"], &jury["missing"]), (&json!(70.0), &json!([])), "{jury}");
    assert_eq!(
        (&jury["dimensions"][0]["mean"], jury["ballots"].as_array().unwrap().len()),
        (&json!(60.0), 3)
    );
    assert_eq!((&view["card"]["gates"][0]["passed"], &view["card"]["cost"]), (&json!(false), &json!(0.04)));
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn host_that_is_killed_during_a_jury_asks_no_persona_twice() {
    let ground = ground(r#"until [ -e "$HOME/go" ]; do sleep 0.05; done"#, "[executors.claude]\nslots = 2\n");
    let repository = ground.repository();
    let server = ground.serve().await;
    set(&server, &repository, "validate", jury(60)).await;
    let card = card(&server, &repository, "validate").await;
    // Two ballots are at work, and one waits in the queue.
    until_told("two ballots at work", async || (runs(&ground) == 2).then_some(())).await;
    server.kill().await;
    std::fs::write(ground.path().join("home/go"), "").unwrap();
    let server = ground.serve().await;
    let view = settles(&server, &card, "validate", "awaiting_review").await;
    assert_eq!((view["steps"].as_array().unwrap().len(), runs(&ground)), (3, 3), "{view}");
    assert_eq!(
        (&view["metrics"]["jury_score"], &view["card"]["cost"]),
        (&json!(70.0), &json!(0.03)),
        "{view}"
    );
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn stage_without_steps_waits_for_the_metric_that_its_gate_looks_at() {
    let ground = ground("", "");
    let repository = ground.repository();
    let server = ground.serve().await;
    let gate = json!({
        "id": "errors", "kind": "metric_threshold", "subject": "card", "config": { "metric": "error_rate", "max": 0.01 },
    });
    set(&server, &repository, "beta", json!({ "automation_level": "auto_notify", "gates": [gate] })).await;
    let card = card(&server, &repository, "beta").await;
    let noted = async |note: &str| {
        until_told(note, async || {
            let view = server.rest().get(&format!("/api/cards/{card}")).await.fine();
            (view["card"]["state"] == "idle" && view["card"]["note"] == note).then_some(())
        })
        .await;
    };
    noted("errors: there is no figure error_rate").await;
    let path = format!("/api/cards/{card}/metrics");
    sent(&server, Method::POST, &path, &json!({ "name": "error_rate", "value": 0.5 })).await.fine();
    noted("errors: error_rate is 0.5, more than 0.01").await;
    sent(&server, Method::POST, &path, &json!({ "metric": "error_rate", "value": 0.002 })).await.fine();
    let view = settles(&server, &card, "beta", "awaiting_review").await;
    assert_eq!(view["card"]["gates"][0]["message"], "error_rate is 0.002", "{view}");
    act(&server, &card, "approve", json!({})).await;
    settles(&server, &card, "ga", "idle").await;
    assert_eq!(runs(&ground), 0);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn many_cards_at_once_lose_nothing_and_pass_no_stop_stage() {
    const CARDS: usize = 40;
    let ground = ground("", "[run]\nmax_concurrent = 8\n[executors.claude]\nslots = 8\n");
    let repository = ground.repository();
    let server = ground.serve().await;
    // Two stages that each cast three ballots and advance by themselves, up to the stop stage.
    let mut recipe = jury(60);
    recipe["automation_level"] = json!("fully_auto");
    for stage in ["discovery", "prd", "design"] {
        set(&server, &repository, stage, recipe.clone()).await;
    }
    let path = format!("/api/workspaces/{}/settings", repository.text().replace('/', "%2F"));
    let settings =
        json!({ "version": 0, "automation_mode": "auto_to_stage", "automation_stop_stage": "prd" });
    sent(&server, Method::PATCH, &path, &settings).await.fine();
    let mut cards = Vec::new();
    for _ in 0..CARDS {
        cards.push(card(&server, &repository, "discovery").await);
    }
    for id in &cards {
        let view = settles(&server, id, "prd", "awaiting_review").await;
        assert_eq!(
            (view["steps"].as_array().unwrap().len(), &view["card"]["cost"]),
            (6, &json!(0.06)),
            "{view}"
        );
    }
    assert_eq!(runs(&ground), CARDS * 6, "nothing twice");
    let overview = server.rest().get(&format!("/api/board?workspace={}", repository.text())).await.fine();
    let stages = overview["stages"].as_array().unwrap();
    let at = |stage: &str| stages.iter().find(|one| one["stage"] == stage).unwrap()["waiting"].clone();
    assert_eq!((at("prd"), at("design")), (json!(CARDS), json!(0)), "{overview}");
    server.stop().await;
    ground.leave();
}
