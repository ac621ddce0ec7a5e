//! External work that is recorded, and work that is dispatched without waiting.

use crate::actors::{shell, with};
use jackfield_behaviour::{Cli, Era, Ground, Mcp, Rest, until};
use serde_json::{Value, json};

/// The same steps at one interface; each returns the data of the answer.
enum Door<'a> {
    Rest(Rest),
    Mcp(Mcp),
    Cli(Cli<'a>),
}

impl Door<'_> {
    const fn principal(&self) -> &'static str {
        match self {
            Self::Rest(_) => "rest",
            Self::Mcp(_) => "mcp",
            Self::Cli(_) => "cli",
        }
    }

    async fn init(&self, workspace: &str) -> Value {
        let asked = json!({
            "instruction": "Move the till to the left", "title": "The till", "workspace": workspace,
            "task_type": "bugfix", "language": "rust", "acceptance": ["it rings"],
        });
        match self {
            Self::Rest(rest) => rest.post("/api/tasks", &asked).await.fine(),
            Self::Mcp(mcp) => mcp.call("workflow", with(asked, json!({ "action": "init" }))).await.fine(),
            Self::Cli(cli) => {
                let typed = [
                    "task",
                    "init",
                    "--json",
                    "Move the till to the left",
                    "--title",
                    "The till",
                    "--workspace",
                    workspace,
                    "--type",
                    "bugfix",
                    "--language",
                    "rust",
                    "--accept",
                    "it rings",
                ];
                cli.run(typed).await.fine().json()
            }
        }
    }

    async fn spec(&self, task: &str) -> Value {
        let asked = json!({ "acceptance": ["it rings", "it opens"], "notes": "mind the cable" });
        match self {
            Self::Rest(rest) => rest.post(&format!("/api/tasks/{task}/spec"), &asked).await.fine(),
            Self::Mcp(mcp) => {
                let asked = with(asked, json!({ "action": "spec", "task_id": task }));
                mcp.call("workflow", asked).await.fine()
            }
            Self::Cli(cli) => {
                let typed = [
                    "task",
                    "spec",
                    "--json",
                    task,
                    "--accept",
                    "it rings",
                    "--accept",
                    "it opens",
                    "--notes",
                    "mind the cable",
                ];
                cli.run(typed).await.fine().json()
            }
        }
    }

    async fn write(&self, task: &str) -> Value {
        let asked = json!({
            "executor": "claude", "model": "claude-sonnet-4-5", "outcome": "succeeded", "summary": "It is moved.",
            "verified": "passed", "latency_ms": 90_000, "cost_usd": 0.25, "input_tokens": 1000, "output_tokens": 200,
            "branch": "till-left", "url": "https://example.com/pull/7",
        });
        match self {
            Self::Rest(rest) => rest.post(&format!("/api/tasks/{task}/write"), &asked).await.fine(),
            Self::Mcp(mcp) => {
                let asked = with(asked, json!({ "action": "write", "task_id": task }));
                mcp.call("workflow", asked).await.fine()
            }
            Self::Cli(cli) => {
                let typed = [
                    "task",
                    "write",
                    "--json",
                    task,
                    "--executor",
                    "claude",
                    "--model",
                    "claude-sonnet-4-5",
                    "--outcome",
                    "succeeded",
                    "--summary",
                    "It is moved.",
                    "--verified",
                    "passed",
                    "--took",
                    "90",
                    "--cost",
                    "0.25",
                    "--input",
                    "1000",
                    "--output",
                    "200",
                    "--branch",
                    "till-left",
                    "--url",
                    "https://example.com/pull/7",
                ];
                cli.run(typed).await.fine().json()
            }
        }
    }

    async fn close(&self, task: &str) -> Value {
        let asked = json!({ "state": "done", "reason": "it is merged" });
        match self {
            Self::Rest(rest) => rest.post(&format!("/api/tasks/{task}/close"), &asked).await.fine(),
            Self::Mcp(mcp) => {
                let asked = with(asked, json!({ "action": "close", "task_id": task }));
                mcp.call("workflow", asked).await.fine()
            }
            Self::Cli(cli) => {
                let typed = ["task", "close", "--json", task, "--reason", "it is merged"];
                cli.run(typed).await.fine().json()
            }
        }
    }
}

#[tokio::test]
async fn external_work_is_recorded_charged_and_counted_alike_at_every_interface() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let database = ground.database();
    let doors = [Door::Rest(server.rest()), Door::Mcp(server.mcp(Era::Stateless)), Door::Cli(ground.cli())];
    for (door, number) in doors.iter().zip(1..) {
        let made = door.init(&repository.text()).await;
        let task = made["task_id"].as_str().unwrap();
        assert_eq!((&made["state"], &made["existing"]), (&json!("ready"), &json!(false)));
        let version = door.spec(task).await;
        assert_eq!(version["version"], 2, "{version}");
        let expected = json!({
            "instruction": "Move the till to the left", "acceptance": ["it rings", "it opens"], "notes": "mind the cable",
        });
        assert_eq!(version["spec"], expected, "what was not named stays");
        let written = door.write(task).await;
        assert_eq!(
            (&written["state"], &written["cost_usd"]),
            (&json!("succeeded"), &json!(0.25)),
            "{written}"
        );
        assert_eq!((&written["cost_source"], &written["existing"]), (&json!("agent"), &json!(false)));
        let open = database.row(&format!("SELECT state FROM tasks WHERE id = '{task}'"));
        assert_eq!(open["state"], "in_progress", "an attempt does not close it");
        let closed = door.close(task).await;
        assert_eq!((&closed["state"], &closed["version"]), (&json!("done"), &json!(4)));
        assert_eq!(door.close(task).await, closed, "to close it again changes nothing");

        let row = database.row(&format!(
            "SELECT tasks.title, tasks.principal, tasks.task_type, tasks.language, tasks.state, runs.workflow,
                    runs.state AS run, attempts.executor, attempts.model, attempts.state AS attempt, attempts.cost,
                    attempts.verified, attempts.delivered, attempts.latency_ms, attempts.reserved
             FROM tasks JOIN runs ON runs.task = tasks.id JOIN attempts ON attempts.run = runs.id
             WHERE tasks.id = '{task}'"
        ));
        let expected = json!({
            "title": "The till", "principal": door.principal(), "task_type": "bugfix", "language": "rust",
            "state": "done", "workflow": "external", "run": "succeeded", "executor": "claude",
            "model": "claude-sonnet-4-5", "attempt": "settled", "cost": 250_000, "verified": "passed",
            "delivered": "diff", "latency_ms": 90_000, "reserved": 0,
        });
        assert_eq!(row, expected);
        let kinds = |table: &str, order: &str| {
            let rows =
                database.rows(&format!("SELECT kind FROM {table} WHERE task = '{task}' ORDER BY {order}"));
            rows.iter().map(|row| row["kind"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(kinds("checkpoints", "version"), ["spec", "spec", "write", "close"]);
        assert_eq!(kinds("decisions", "id"), ["init", "spec", "write", "close"]);
        assert_eq!(database.ledger(), (250_000 * number, 0));
        assert_eq!(database.breaker(), (250_000 * number, 0));
        let stats = database.row(
            "SELECT attempts, succeeded, verified, cost, latency_ms, input_tokens, output_tokens FROM model_stats
             WHERE executor = 'claude' AND model = 'claude-sonnet-4-5' AND task_type = 'bugfix' AND language = 'rust'",
        );
        let expected = json!({
            "attempts": number, "succeeded": number, "verified": number, "cost": 250_000 * number,
            "latency_ms": 90_000 * number, "input_tokens": 1000 * number, "output_tokens": 200 * number,
        });
        assert_eq!(stats, expected);
    }
    let listed = server.rest().get("/api/tasks?state=done").await.fine();
    assert_eq!(listed.as_array().unwrap().len(), 3);
    assert_eq!(ground.cli().run(["task", "list", "--json", "--state", "done"]).await.fine().json(), listed);
    let task = listed[0]["id"].as_str().unwrap();
    let view = server.rest().get(&format!("/api/tasks/{task}")).await.fine();
    assert_eq!(view["runs"][0]["artifacts"][0]["target"], "till-left");
    assert_eq!(ground.cli().run(["task", "show", "--json", task]).await.fine().json(), view);
    let second = server.rest().get(&format!("/api/tasks/{task}/spec?version=1")).await.fine();
    assert_eq!(second["spec"]["acceptance"], json!(["it rings"]), "every version can be read back");
    repository.assert_untouched();
    assert_eq!(repository.branches(), Vec::<String>::new(), "no run was made here");
    database.assert_events_without_gap();
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn repeated_key_is_charged_once_even_if_sent_concurrently() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let init = json!({ "instruction": "x", "workspace": repository.text(), "idempotency_key": "the-task" });
    let made: Vec<_> = (0..8).map(|_| rest.post("/api/tasks", &init)).collect();
    let made: std::collections::BTreeSet<_> = futures::future::join_all(made)
        .await
        .into_iter()
        .map(|reply| reply.fine()["task_id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(made.len(), 1);
    let task = made.first().unwrap();
    let write = json!({
        "executor": "claude", "outcome": "failed", "failure_class": "test_fail", "summary": "two tests fail",
        "latency_ms": 5, "cost_usd": 0.5, "idempotency_key": "the-attempt",
    });
    let path = format!("/api/tasks/{task}/write");
    let sent: Vec<_> = (0..8).map(|_| rest.post(&path, &write)).collect();
    let mut new = 0;
    for reply in futures::future::join_all(sent).await {
        new += i32::from(reply.status == 201);
        let answer = reply.fine();
        assert_eq!((&answer["state"], &answer["failure_class"]), (&json!("failed"), &json!("test_fail")));
        assert_eq!(answer["cost_usd"], 0.5);
    }
    assert_eq!(new, 1, "one was new");
    let database = ground.database();
    assert_eq!((database.ledger(), database.count("attempts")), ((500_000, 0), 1));
    let other = rest.post(&path, &with(write.clone(), json!({ "cost_usd": 0.6 }))).await;
    assert_eq!((other.status.as_u16(), other.json()["code"].as_str()), (409, Some("idempotency_conflict")));
    let other = rest.post("/api/tasks", &with(init, json!({ "instruction": "y" }))).await;
    assert_eq!(other.status, 409);
    // Without a key it is another attempt.
    rest.post(&path, &with(write, json!({ "idempotency_key": null }))).await.fine();
    assert_eq!(ground.database().ledger(), (1_000_000, 0));
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn external_work_is_priced_by_rates_or_at_the_ceiling_and_a_halted_breaker_refuses_tasks() {
    let config = "[executors.aider.rates.small]\ninput = 1\noutput = 2\nas_of = \"2026-11-01\"\n";
    let ground = Ground::new().with_config(config);
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let init = json!({ "instruction": "x", "workspace": repository.text() });
    let task = rest.post("/api/tasks", &init).await.fine()["task_id"].as_str().unwrap().to_owned();
    let path = format!("/api/tasks/{task}/write");
    let write = |fields: Value| with(json!({ "outcome": "succeeded", "latency_ms": 5 }), fields);
    // An executor that only the configuration knows, at the operator's rates.
    let by_rates = write(json!({ "executor": "aider", "model": "small", "output_tokens": 500_000 }));
    let answer = rest.post(&path, &by_rates).await.fine();
    assert_eq!(
        (&answer["cost_usd"], &answer["cost_source"]),
        (&json!(1.0), &json!("configured")),
        "{answer}"
    );
    // The shell is free, and on the ledger all the same.
    let answer = rest.post(&path, &write(json!({ "executor": "shell" }))).await.fine();
    assert_eq!((&answer["cost_usd"], &answer["cost_source"]), (&json!(0.0), &json!("free")));
    // The price is unknown: every token at the ceiling, which exceeds the limit of the day.
    let unknown = write(json!({ "executor": "aider", "model": "unheard-of", "input_tokens": 1_000_000 }));
    let answer = rest.post(&path, &unknown).await.fine();
    assert_eq!((&answer["cost_usd"], &answer["cost_source"]), (&json!(25.0), &json!("ceiling")));
    let database = ground.database();
    assert_eq!(database.ledger(), (26_000_000, 0));
    assert_eq!(database.count("ledger"), 3);
    assert_eq!(rest.get("/api/breaker").await.fine()["state"], "halted");

    let refused = rest.post("/api/tasks", &init).await;
    assert_eq!(
        (refused.status.as_u16(), refused.json()["code"].as_str()),
        (402, Some("budget_exhausted")),
        "{refused:?}"
    );
    let typed = ["task", "init", "--json", "x", "--workspace", &repository.text()];
    assert_eq!(ground.cli().run(typed).await.problem()["code"], "budget_exhausted");
    assert_eq!(database.count("tasks"), 1, "nothing was made");
    // What is spent is spent: it goes on record whatever the limits say.
    rest.post(&path, &by_rates).await.fine();
    let status = ground.cli().run(["breaker", "--json"]).await.fine().json();
    assert_eq!(status["limits"][0]["spent"], 27.0, "{status}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn task_with_an_active_run_is_not_closed() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let (rest, mcp) = (server.rest(), server.mcp(Era::Stateless));
    let gate = ground.path().join("gate");
    let command = format!("until [ -e {} ]; do sleep 0.05; done", gate.display());
    let reply = rest.post("/tasks/dispatch", &shell(&repository, &command)).await;
    assert_eq!(reply.status, 202, "{reply:?}");
    let handle = reply.json();
    let (task, run) = (handle["task_id"].as_str().unwrap(), handle["run_id"].as_str().unwrap());
    let refused =
        rest.post(&format!("/api/tasks/{task}/close"), &json!({ "state": "done", "reason": "enough" })).await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (409, Some("run_active")));
    assert!(refused.json()["remedy"].as_str().unwrap().contains(run), "{refused:?}");
    let close = json!({ "action": "close", "task_id": task, "state": "done", "reason": "enough" });
    assert!(mcp.call("workflow", close.clone()).await.text.contains("cancel"));
    std::fs::write(&gate, "").unwrap();
    mcp.call("result", json!({ "run_id": run })).await.fine();
    assert_eq!(mcp.call("workflow", close).await.fine()["state"], "done");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn invalid_external_work_is_refused_by_name_and_leaves_nothing() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let (rest, mcp) = (server.rest(), server.mcp(Era::Stateless));
    let init = json!({ "instruction": "x", "workspace": repository.text(), "task_type": "feature" });
    let task = rest.post("/api/tasks", &init).await.fine()["task_id"].as_str().unwrap().to_owned();
    let write = |fields: Value| {
        let usual = json!({ "executor": "claude", "outcome": "succeeded", "latency_ms": 5, "cost_usd": 0.1, "branch": "b" });
        with(usual, fields)
    };
    for (request, code) in [
        (write(json!({ "executor": "nobody" })), "unknown_executor"),
        (write(json!({ "cost_usd": -1 })), "bad_cost"),
        (write(json!({ "cost_usd": null })), "no_cost"),
        (write(json!({ "branch": null })), "nothing_delivered"),
        (write(json!({ "failure_class": "timeout" })), "bad_outcome"),
        (write(json!({ "outcome": "failed" })), "no_summary"),
        (write(json!({ "outcome": "fine" })), "bad_json"),
        (write(json!({ "tokens": 5 })), "bad_json"),
    ] {
        let reply = rest.post(&format!("/api/tasks/{task}/write"), &request).await;
        assert_eq!((reply.status.as_u16(), reply.json()["code"].as_str()), (400, Some(code)), "{reply:?}");
    }
    for (path, request, status, code) in [
        (format!("{task}/spec"), json!({}), 400, "empty_spec"),
        (format!("{task}/spec"), json!({ "instruction": " " }), 400, "empty_instruction"),
        (format!("{task}/close"), json!({ "state": "done", "reason": " " }), 400, "no_reason"),
        (format!("{task}/close"), json!({ "state": "ready", "reason": "x" }), 400, "bad_json"),
        (
            "01ARZ3NDEKTSV4RRFFQ69G5FAV/close".into(),
            json!({ "state": "done", "reason": "x" }),
            404,
            "task_not_found",
        ),
    ] {
        let reply = rest.post(&format!("/api/tasks/{path}"), &request).await;
        assert_eq!((reply.status.as_u16(), reply.json()["code"].as_str()), (status, Some(code)), "{reply:?}");
    }
    assert_eq!(rest.get(&format!("/api/tasks/{task}/spec?version=9")).await.status, 404);
    for (arguments, named) in [
        (json!({ "action": "begin" }), "begin"),
        (json!({}), "init, spec, write, close"),
        (json!({ "action": "close", "task_id": task, "state": "done", "reason": "x", "why": "y" }), "why"),
    ] {
        let said = mcp.call("workflow", arguments).await;
        assert!(
            said.is_error && said.data["code"] == "bad_arguments" && said.text.contains(named),
            "{said:#?}"
        );
    }
    let database = ground.database();
    assert_eq!((database.count("runs"), database.count("ledger"), database.count("checkpoints")), (0, 0, 1));
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn dispatched_run_has_its_id_at_once_and_its_answer_on_request() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless);
    assert!(mcp.tools().await.contains(&"dispatch".to_owned()));
    let gate = ground.path().join("gate");
    let prompt = format!("until [ -e {} ]; do sleep 0.05; done; echo through", gate.display());
    let asked = json!({ "name": "Wait for the gate", "prompt": prompt, "cwd": repository.text(), "executor": "shell" });
    let said = mcp.call("dispatch", asked).await;
    assert!(said.text.contains("result"), "what to do next is said: {said:#?}");
    let handle = said.fine();
    let run = handle["run_id"].as_str().unwrap();
    assert!(["queued", "running"].contains(&handle["state"].as_str().unwrap()), "{handle}");
    let waiting = ground.cli().run(["result", "--json", run]).await.fine().json();
    assert!(waiting["next"].as_str().unwrap().contains(run), "{waiting}");

    std::fs::write(&gate, "").unwrap();
    let told = ground.cli().run(["result", run, "--wait", "60", "--verbosity", "full"]).await.fine();
    assert!(told.stdout.contains("through"), "{told:#?}");
    let title = ground
        .database()
        .row(&format!("SELECT title FROM tasks JOIN runs ON task = tasks.id WHERE runs.id = '{run}'"));
    assert_eq!(title["title"], "Wait for the gate");
    let failing = server.rest().post("/tasks/dispatch", &shell(&repository, "exit 3")).await.fine();
    let run = failing["run_id"].as_str().unwrap();
    assert_eq!(ground.cli().run(["result", run, "--wait", "60"]).await.code, 1, "the work failed");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn run_dispatched_on_the_command_line_is_recorded() {
    let ground = Ground::new();
    let repository = ground.repository();
    let typed = [
        "dispatch",
        "--json",
        "--executor",
        "shell",
        "--workspace",
        &repository.text(),
        "--name",
        "Later",
        "true",
    ];
    let handle = ground.cli().run(typed).await.fine().json();
    let run = handle["run_id"].as_str().unwrap().to_owned();
    let database = ground.database();
    let row = until("the run on record", || {
        let rows = database.rows(&format!(
            "SELECT tasks.title, tasks.principal FROM runs JOIN tasks ON tasks.id = task WHERE runs.id = '{run}'"
        ));
        rows.into_iter().next()
    })
    .await;
    assert_eq!(row, json!({ "title": "Later", "principal": "cli" }));
    let refused = ground.cli().run(["dispatch", "--json", "--executor", "nobody", "true"]).await;
    assert_eq!((refused.code, refused.problem()["code"].as_str()), (2, Some("unknown_executor")));
    ground.leave();
}
