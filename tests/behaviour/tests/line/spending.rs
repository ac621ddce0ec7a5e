//! Spending: amounts that a token may record, limits of tokens, corrections, usage that a program reports, and the
//! notices of all that.

use crate::actors::{recorded_claude, shell, with};
use jackfield_behaviour::{Era, Ground, Reply, Rest, Server, until};
use serde_json::{Value, json};

fn ground(config: &str, claude: &str) -> Ground {
    Ground::new()
        .with_config(config)
        .with("ANTHROPIC_API_KEY", "a-key-of-no-account")
        .with_script("claude", claude)
}

async fn as_token(ground: &Ground, server: &Server, name: &str, scope: &str) -> Rest {
    let typed = ["token", "create", name, "--scope", scope, "--json"];
    let made = ground.cli().run(typed).await.fine().json();
    server.rest_as(made["text"].as_str().unwrap())
}

fn assert_refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status.as_u16(), reply.json()["code"].as_str()), (status, Some(code)), "{reply:?}");
}

async fn state(rest: &Rest) -> Value {
    rest.get("/api/breaker").await.fine()["state"].clone()
}

fn claude(repository: &str) -> Value {
    json!({ "instruction": "Say hello", "executor": "claude", "workspace": repository })
}

/// A task of the asker's own, and where to write down what was done for it.
async fn task(rest: &Rest, repository: &str) -> String {
    let init = json!({ "instruction": "x", "workspace": repository });
    let task = rest.post("/api/tasks", &init).await.fine()["task_id"].as_str().unwrap().to_owned();
    format!("/api/tasks/{task}/write")
}

fn write(fields: Value) -> Value {
    with(json!({ "executor": "claude", "outcome": "succeeded", "latency_ms": 5 }), fields)
}

#[tokio::test]
async fn token_without_admin_records_a_bounded_amount_and_halts_no_other_work() {
    let ground = ground("", &recorded_claude("0.06", ""));
    let repository = ground.repository();
    let server = ground.serve().await;
    let owner = server.rest();
    let bob = as_token(&ground, &server, "bob", "execute").await;
    let path = task(&bob, &repository.text()).await;
    for (fields, status, code) in [
        (json!({ "cost_usd": 999_999 }), 402, "budget_exhausted"),
        (json!({ "cost_usd": 5.01 }), 402, "budget_exhausted"),
        (json!({ "cost_usd": 1e308 }), 400, "bad_cost"),
        (json!({ "input_tokens": u64::MAX }), 400, "bad_figure"),
        (json!({ "output_tokens": 1_000_000_000_000_u64 }), 400, "bad_figure"),
        (json!({ "cost_usd": 0, "latency_ms": u64::MAX }), 400, "bad_figure"),
    ] {
        assert_refused(&bob.post(&path, &write(fields)).await, status, code);
    }
    assert_eq!((ground.database().ledger(), state(&owner).await), ((0, 0), json!("closed")));
    bob.post(&path, &write(json!({ "cost_usd": 3 }))).await.fine();
    let refused = bob.post(&path, &write(json!({ "cost_usd": 3 }))).await;
    assert_refused(&refused, 402, "budget_exhausted");
    let (detail, remedy) = (refused.json()["detail"].to_string(), refused.json()["remedy"].to_string());
    assert!(detail.contains("'bob' records is $5.00") && detail.contains("$3.00 spent"), "{detail}");
    assert!(remedy.contains("breaker.write_day_usd"), "{remedy}");
    // Many tokens together cannot use the day up either: something is left of it.
    for name in ["ann", "cat", "dan", "eve"] {
        let other = as_token(&ground, &server, name, "execute").await;
        let path = task(&other, &repository.text()).await;
        other.post(&path, &write(json!({ "cost_usd": 5 }))).await;
    }
    assert_eq!(state(&owner).await, "closed");
    owner.execute(&claude(&repository.text())).await.fine();
    // An administrator records amounts without that bound.
    let path = task(&owner, &repository.text()).await;
    owner.post(&path, &write(json!({ "cost_usd": 30 }))).await.fine();
    assert_eq!(state(&owner).await, "halted");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn limit_of_a_token_holds_for_that_token_only() {
    let config = "[breaker]\ntoken_day_usd = { bob = 0.1 }\n[executors.claude]\nreserve_usd = 0.07\n";
    let ground = ground(config, &recorded_claude("0.06", ""));
    let repository = ground.repository();
    let server = ground.serve().await;
    let bob = as_token(&ground, &server, "bob", "execute").await;
    let ann = as_token(&ground, &server, "ann", "execute").await;
    let request = claude(&repository.text());
    bob.execute(&request).await.fine();
    let refused = bob.execute(&request).await;
    assert_refused(&refused, 402, "budget_exhausted");
    assert!(refused.json()["detail"].to_string().contains("of the token 'bob' is $0.10"), "{refused:?}");
    assert!(refused.json()["remedy"].to_string().contains("breaker.token_day_usd.bob"), "{refused:?}");
    ann.execute(&request).await.fine();
    server.rest().execute(&request).await.fine();
    let breaker = server.rest().get("/api/breaker").await.fine();
    let scopes: Vec<_> = breaker["limits"].as_array().unwrap().iter().map(|limit| &limit["scope"]).collect();
    assert!(scopes.contains(&&json!("token:bob")), "{breaker}");
    assert_eq!(breaker["state"], "closed", "one token's limit halts nobody else");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn correction_at_every_interface_is_recorded_with_principal_and_reason() {
    let ground = ground("", &recorded_claude("42.0", ""));
    let repository = ground.repository();
    let server = ground.serve().await;
    let (rest, mcp) = (server.rest(), server.mcp(Era::Stateless).at("?toolsets=core,admin"));
    let answer = rest.execute(&claude(&repository.text())).await.fine();
    let run = answer["run_id"].as_str().unwrap();
    assert_eq!((ground.database().ledger().0, state(&rest).await), (42_000_000, json!("halted")));
    let bob = as_token(&ground, &server, "bob", "execute").await;
    let correct = json!({ "action": "correct", "run": run, "usd": 0.42, "reason": "the bill says so" });
    assert_refused(&bob.post("/api/breaker", &correct).await, 403, "insufficient_scope");
    for (fields, code) in [
        (json!({ "usd": -1 }), "bad_amount"),
        (json!({ "usd": 1e308 }), "bad_amount"),
        (json!({ "reason": " " }), "no_reason"),
        (json!({ "run": "7ZZZZZZZZZZZZZZZZZZZZZZZZZ" }), "run_not_found"),
    ] {
        let refused = rest.post("/api/breaker", &with(correct.clone(), fields)).await;
        assert_eq!(refused.json()["code"], code, "{refused:?}");
    }
    let limits = rest.post("/api/breaker", &correct).await.fine();
    assert_eq!((&limits[0]["spent"], state(&rest).await), (&json!(0.42), json!("closed")), "{limits}");
    let typed = ["breaker", "correct", run, "0.5", "--reason", "and the tax", "--json"];
    let told = ground.cli().run(typed).await.fine().json();
    assert_eq!((&told["was"], &told["cost"]), (&json!(0.42), &json!(0.5)), "{told}");
    mcp.call("breaker", with(correct, json!({ "usd": 0.3 }))).await.fine();
    let database = ground.database();
    assert_eq!((database.ledger(), database.breaker()), ((300_000, 0), (300_000, 0)));
    assert_eq!(rest.get(&format!("/api/runs/{run}")).await.fine()["attempts"][0]["cost"], 0.3);
    let history = rest.get("/api/breaker/history").await.fine();
    let corrected = history.as_array().unwrap().iter().filter(|event| event["kind"] == "breaker_corrected");
    let by: Vec<_> = corrected.map(|event| event["payload"]["principal"].as_str().unwrap()).collect();
    assert_eq!(by, ["mcp", "cli", "rest"], "{history}");
    assert_eq!(database.number("SELECT COUNT(*) FROM ledger WHERE note = 'and the tax (cli)'"), 1);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn final_line_without_figures_does_not_reduce_reported_usage() {
    let message = r#"{"type":"assistant","message":{"id":"m1","model":"claude-sonnet-4-5","content":[{"type":"text","text":"x"}],"usage":{"input_tokens":100000,"output_tokens":20000}}}"#;
    for last in [
        r#"{"type":"result","subtype":"success","is_error":false,"result":"x"}"#,
        r#"{"type":"result","subtype":"success","is_error":false,"result":"x","total_cost_usd":1e26,"usage":{"input_tokens":"many"}}"#,
        r#"{"type":"result","subtype":"success","is_error":false,"result":"x","total_cost_usd":0,"usage":{"input_tokens":0,"output_tokens":0}}"#,
    ] {
        let script = format!(
            "#!/bin/sh\ncase \"$1\" in --version) echo '2.1.197 (Claude Code)'; exit 0;; esac\ncat >/dev/null\n\
             cat <<'SAID'\n{message}\n{last}\nSAID\n"
        );
        let ground = ground("", &script);
        let repository = ground.repository();
        let server = ground.serve().await;
        let answer = server.rest().execute(&claude(&repository.text())).await.fine();
        let run = answer["run_id"].as_str().unwrap();
        let view = server.rest().get(&format!("/api/runs/{run}")).await.fine();
        let attempt = &view["attempts"][0];
        // 100,000 read at $3 a million, 20,000 written at $15.
        assert_eq!(
            (&attempt["cost"], &attempt["usage"]["input"], &attempt["usage"]["estimated"]),
            (&json!(0.6), &json!(100_000), &json!(true)),
            "{last}: {attempt}"
        );
        let database = ground.database();
        assert_eq!((database.ledger(), database.breaker()), ((600_000, 0), (600_000, 0)), "{last}");
        server.stop().await;
        ground.leave();
    }
}

#[tokio::test]
async fn worker_that_reports_an_event_of_a_run_or_too_much_is_refused() {
    let ground = ground("[run]\nhere = false\n", &recorded_claude("0.06", ""));
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let worker = "01JZZZZZZZZZZZZZZZZZZZZZZZ";
    let known =
        json!({ "worker": worker, "name": "shed", "version": "1", "slots": 1, "executors": ["claude"] });
    rest.post("/api/worker/register", &known).await.fine();
    let run = rest.post("/tasks/dispatch", &claude(&repository.text())).await.fine()["run_id"].clone();
    let ask = json!({ "worker": worker, "holds": [], "free": 1, "wait_s": 5 });
    let assignment = rest.post("/api/worker/work", &ask).await.fine();
    let attempt = assignment["attempts"][0]["id"].as_str().unwrap();
    let path = format!("/api/worker/attempts/{attempt}/news");
    let event = |kind: &str, payload: Value| json!({ "at": "2026-11-21T10:00:00Z", "kind": kind, "payload": payload });
    let news = |events: Value, usage: Value| json!({ "worker": worker, "from": 0, "events": events, "base": null, "usage": usage });
    for kind in [
        "run_succeeded",
        "run_failed",
        "run_cancelled",
        "run_queued",
        "run_started",
        "attempt_settled",
        "attempt_planned",
        "decision",
        "checked",
        "charged_late",
        "breaker_raised",
        "anything",
        "",
    ] {
        let refused = rest
            .post(&path, &news(json!([event("text", json!({})), event(kind, json!({}))]), json!(null)))
            .await;
        assert_refused(&refused, 400, "bad_event");
    }
    let many: Vec<_> = (0..1_001).map(|_| event("text", json!({}))).collect();
    assert_refused(&rest.post(&path, &news(json!(many), json!(null))).await, 400, "too_many_events");
    let huge = json!({ "list": vec!["x".repeat(16_000); 20] });
    assert_refused(
        &rest.post(&path, &news(json!([event("text", huge)]), json!(null))).await,
        400,
        "bad_event",
    );
    let usage = |input: Value, cost: Value| {
        json!({ "input": input, "cached_input": 0, "cache_write": 0, "output": 5, "reasoning": 0, "cost": cost,
                "estimated": false })
    };
    for absurd in
        [usage(json!(u64::MAX), json!(null)), usage(json!(1), json!(9e15)), usage(json!(1), json!(-0.5))]
    {
        assert_refused(&rest.post(&path, &news(json!([]), absurd)).await, 400, "bad_figure");
    }
    let said = news(json!([event("text", json!({ "text": "hello" }))]), usage(json!(1000), json!(0.25)));
    assert_eq!(rest.post(&path, &said).await.fine()["heard"], 1);
    // What it says in the end may be less, and takes nothing back.
    let outcome = json!({ "process": "exited", "delivered": "nothing", "verified": "not_run", "failure": null, "denied": [] });
    let over = json!({
        "id": attempt, "outcome": outcome, "usage": usage(json!(0), json!(0)), "exit_code": 0, "signal": null, "answer": "x",
        "session": null, "model": null, "latency_ms": u64::MAX, "head": null, "changed": [], "checks": [], "calls": [],
    });
    rest.post("/api/worker/over", &json!({ "worker": worker, "attempts": [over] })).await.fine();
    let database = ground.database();
    assert_eq!(database.ledger(), (250_000, 0));
    let ends =
        "SELECT COUNT(*) FROM run_events WHERE kind IN ('run_succeeded', 'run_failed', 'run_cancelled')";
    assert_eq!(database.number(ends), 1, "one final event: {run}");
    rest.get("/workflow/stats").await.fine();
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn every_change_of_the_breaker_is_an_event_and_a_line_of_the_log() {
    let config = "[breaker]\nday_usd = 1\nmonth_usd = 2\n";
    let ground = ground(config, &recorded_claude("0.06", ""));
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let path = task(&rest, &repository.text()).await;
    // The day is over by the first; the month, while it is.
    for cost in [1.2, 1.0] {
        rest.post(&path, &write(json!({ "cost_usd": cost }))).await.fine();
    }
    ground.cli().run(["breaker", "raise", "5", "--reason", "by hand"]).await.fine();
    let history = rest.get("/api/breaker/history").await.fine();
    let events = history.as_array().unwrap().iter().rev();
    let kinds: Vec<_> = events.map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds[..3], ["breaker_halted", "breaker_alert", "breaker_raised"], "{history}");
    for line in ["breaker halted: all", "breaker alert: all", "breaker raised: all", "because by hand"] {
        until(line, || ground.server_log().contains(line).then_some(())).await;
    }
    let shown = ground.cli().run(["breaker"]).await.fine().stdout;
    assert!(shown.contains("$6.00 ($5.00 of it allowed on top)"), "{shown}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn message_of_a_limit_names_the_limit_and_what_raises_it() {
    let config = "[breaker]\nday_usd = 1\n[executors.claude]\nreserve_usd = 0.07\n";
    let ground = ground(config, &recorded_claude("0.6", "")).with_script(
        "codex",
        "#!/bin/sh\ncase \"$1\" in --version) echo 'codex-cli 0.107.0';; esac\nexit 0\n",
    );
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    // The run's own limit is nothing that an operator raises.
    let answer =
        rest.execute(&with(claude(&repository.text()), json!({ "max_cost_usd": 0.05 }))).await.fine();
    let run = answer["run_id"].as_str().unwrap();
    let view = rest.get(&format!("/api/runs/{run}")).await.fine().to_string();
    assert!(!view.contains("or allow more with"), "{view}");
    let path = task(&rest, &repository.text()).await;
    rest.post(&path, &write(json!({ "cost_usd": 0.39 }))).await.fine();
    // Money is why nobody is chosen, so that money is what is named; by every door, and for several, too.
    let anybody = json!({ "instruction": "Say hello", "workspace": repository.text() });
    for path in ["/tasks/execute", "/tasks/dispatch", "/api/choose", "/tasks/consensus"] {
        let refused = rest.post(path, &anybody).await;
        assert_refused(&refused, 402, "budget_exhausted");
        assert!(
            refused.json()["detail"].to_string().contains("the daily limit is $1.00"),
            "{path}: {refused:?}"
        );
    }
    let status = rest.get("/api/status").await.fine()["warnings"].to_string();
    assert!(status.contains("used up by $0.99 spent and $0.00 held"), "{status}");
    rest.execute(&shell(&repository, "true")).await.fine();
    server.stop().await;
    ground.leave();
}
