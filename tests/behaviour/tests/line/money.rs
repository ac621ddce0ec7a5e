//! Money: many calls at once against a small limit, and what an operator can do then.

use crate::actors::recorded_claude;
use jackfield_behaviour::{Database, Era, Ground, Rest};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// One dollar, in the ledger's unit.
const LIMIT: i64 = 1_000_000;

fn ground() -> Ground {
    let config = "[run]\nmax_concurrent = 4\n[breaker]\nday_usd = 1\n[executors.claude]\nslots = 4\nreserve_usd = 0.07\n";
    Ground::new()
        .with("ANTHROPIC_API_KEY", "a-key-of-no-account")
        .with_config(config)
        .with_script("claude", &recorded_claude("0.06", ""))
}

/// Fails where, after any row of the ledger, more was spent and held than `limit`.
fn assert_never_beyond(database: &Database, limit: i64) {
    let mut sum = 0;
    for row in database.rows("SELECT reserved_delta, spent_delta FROM ledger ORDER BY id") {
        sum += row["reserved_delta"].as_i64().unwrap() + row["spent_delta"].as_i64().unwrap();
        assert!(sum <= limit, "{sum} of {limit}");
    }
}

/// Asks until the breaker refuses: how many calls came through before it did.
async fn until_refused(rest: &Rest, request: &Value) -> usize {
    for done in 0.. {
        let reply = rest.execute(request).await;
        if reply.status == StatusCode::PAYMENT_REQUIRED {
            return done;
        }
        assert_eq!(reply.fine()["state"], "succeeded");
    }
    unreachable!()
}

#[tokio::test]
async fn two_hundred_concurrent_calls_never_hold_or_spend_more_than_the_limit() {
    let ground = ground();
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let request = json!({
        "instruction": "Say hello", "executor": "claude", "workspace": repository.text(), "verbosity": "summary",
    });
    let replies = futures::future::join_all((0..200).map(|_| rest.execute(&request))).await;
    let (refused, answered): (Vec<_>, Vec<_>) =
        replies.into_iter().partition(|reply| reply.status == StatusCode::PAYMENT_REQUIRED);
    for reply in &refused {
        let problem = reply.json();
        assert_eq!(problem["code"], "budget_exhausted", "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains("$1.00"), "{problem}");
        assert!(problem["remedy"].as_str().unwrap().contains("raise"), "{problem}");
    }
    let answered: Vec<Value> = answered.into_iter().map(jackfield_behaviour::Reply::fine).collect();
    for answer in &answered {
        assert_eq!(answer["state"], "succeeded", "{answer}");
    }
    // Fourteen reservations fit at once; what those left over lets two more in at most.
    let came_through = answered.len();
    assert!((14..=16).contains(&came_through), "{came_through} came through");
    let database = ground.database();
    assert_never_beyond(&database, LIMIT);
    let spent = 60_000 * i64::try_from(came_through).unwrap();
    assert_eq!(database.ledger(), (spent, 0));
    assert_eq!(database.breaker(), (spent, 0));
    let runs = i64::try_from(came_through).unwrap();
    assert_eq!(
        (database.count("tasks"), database.count("runs"), database.count("attempts")),
        (runs, runs, runs)
    );
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn raise_and_reset_of_the_breaker_resume_work_and_are_in_the_history() {
    let ground = ground();
    let repository = ground.repository();
    let server = ground.serve().await;
    let (rest, mcp) = (server.rest(), server.mcp(Era::Stateless).at("?toolsets=admin"));
    let request = json!({
        "instruction": "Say hello", "executor": "claude", "workspace": repository.text(), "verbosity": "summary",
    });
    // A call of $0.06 needs $0.07 left: sixteen leave $0.04.
    assert_eq!(until_refused(&rest, &request).await, 16);
    assert_eq!(rest.get("/api/breaker").await.fine()["state"], "halted");

    let raise = ["breaker", "raise", "0.07", "--reason", "one more, by hand", "--json"];
    ground.cli().run(raise).await.fine();
    assert_eq!(until_refused(&rest, &request).await, 1);

    let raise = json!({ "action": "raise", "usd": 0.05, "reason": "one more, by a script" });
    rest.post("/api/breaker", &raise).await.fine();
    assert_eq!(until_refused(&rest, &request).await, 1);

    let said = mcp.call("breaker", json!({ "action": "reset", "reason": "a new beginning" })).await;
    assert_eq!(said.fine()["state"], "closed");
    assert_eq!(until_refused(&rest, &request).await, 16);
    assert_never_beyond(&ground.database(), 18 * 60_000 + LIMIT);

    let history = rest.get("/api/breaker/history").await.fine();
    for (kind, principal, reason) in [
        ("breaker_raised", "cli", "one more, by hand"),
        ("breaker_raised", "rest", "one more, by a script"),
        ("breaker_reset", "mcp", "a new beginning"),
    ] {
        let is_it = |event: &&Value| {
            let payload = &event["payload"];
            event["kind"] == kind && payload["principal"] == principal && payload["reason"] == reason
        };
        assert_eq!(
            history.as_array().unwrap().iter().filter(is_it).count(),
            1,
            "{kind} {principal}: {history}"
        );
    }
    let typed = ground.cli().run(["breaker", "history", "--json"]).await.fine().json();
    assert_eq!(typed, history, "every door tells the same history");
    let told = mcp.call("breaker", json!({ "action": "history" })).await.fine();
    assert!(told["events"].as_array().is_some_and(|events| !events.is_empty()), "{told}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn breaker_change_without_a_reason_or_an_amount_is_refused() {
    let ground = ground();
    let server = ground.serve().await;
    for (usd, reason, code) in
        [(1.0, " ", "no_reason"), (0.0, "because", "bad_amount"), (-1.0, "because", "bad_amount")]
    {
        let raise = json!({ "action": "raise", "usd": usd, "reason": reason });
        let refused = server.rest().post("/api/breaker", &raise).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["code"].as_str()),
            (400, Some(code)),
            "{refused:?}"
        );
        let said = server.mcp(Era::Stateless).at("?toolsets=admin").call("breaker", raise).await;
        assert!(said.is_error && said.data["code"] == code, "{said:#?}");
    }
    let told = ground.cli().run(["breaker", "raise", "lots", "--reason", "because", "--json"]).await;
    assert_eq!((told.code, told.problem()["code"].as_str()), (2, Some("bad_amount")), "{told:#?}");
    assert_eq!(ground.database().number("SELECT COUNT(*) FROM events WHERE kind GLOB 'breaker_*'"), 0);
    server.stop().await;
    ground.leave();
}
