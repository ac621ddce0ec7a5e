//! The same work at every interface: command line, REST, and MCP in both eras.

use crate::actors::{shell, with};
use jackfield_behaviour::{Database, Era, Ground};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const COMMAND: &str = "echo hello > hello.txt && echo written";

/// Every field that an answer has, by its path.
fn shape(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                shape(field, &format!("{path}.{name}"), into);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| shape(item, &format!("{path}[]"), into)),
        _ => drop(into.insert(path.to_owned())),
    }
}

fn shape_of(answer: &Value) -> BTreeSet<String> {
    let mut shapes = BTreeSet::new();
    shape(answer, "", &mut shapes);
    shapes
}

fn assert_recorded(database: &Database, answer: &Value) {
    let id = |field: &Value| field.as_str().unwrap().to_owned();
    let (task, run, attempt) = (id(&answer["task_id"]), id(&answer["run_id"]), id(&answer["attempt"]["id"]));
    let rows = database.row(&format!(
        "SELECT tasks.state AS task, runs.state AS run, attempts.state AS attempt, attempts.process,
                attempts.delivered, attempts.verified, attempts.branch, attempts.exit_code, attempts.reserved
         FROM attempts JOIN runs ON runs.id = attempts.run JOIN tasks ON tasks.id = attempts.task
         WHERE attempts.id = '{attempt}' AND runs.id = '{run}' AND tasks.id = '{task}'"
    ));
    let expected = json!({
        "task": "done", "run": "succeeded", "attempt": "settled", "process": "exited", "delivered": "diff",
        "verified": "not_run", "branch": answer["attempt"]["branch"], "exit_code": 0, "reserved": 0,
    });
    assert_eq!(rows, expected);
    let calls = database.rows(&format!(
        "SELECT function, plugin, plugins.kind FROM plugin_calls JOIN plugins ON plugins.digest = plugin_calls.plugin
         WHERE task = '{task}' AND run = '{run}' AND error IS NULL ORDER BY id"
    ));
    let made: Vec<_> = calls.iter().map(|call| (call["function"].as_str(), call["kind"].as_str())).collect();
    let decisions =
        [("choose", "chooser"), ("plan", "executor"), ("next", "chooser"), ("compress", "compressor")];
    assert_eq!(made, decisions.map(|(function, kind)| (Some(function), Some(kind))));
    assert!(calls.iter().all(|call| call["plugin"].as_str().is_some_and(|digest| digest.len() == 64)));
    let diff =
        database.row(&format!("SELECT target, bytes FROM artifacts WHERE run = '{run}' AND kind = 'diff'"));
    let text = std::fs::read_to_string(diff["target"].as_str().unwrap()).unwrap();
    assert!(text.contains("+hello") && text.len() as i64 == diff["bytes"].as_i64().unwrap(), "{text}");
}

#[tokio::test]
async fn same_work_at_every_interface_has_the_same_answer_and_record() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    // No executor is named: the chooser is asked, and a command as it is written is the shell's.
    let request = json!({ "instruction": COMMAND, "workspace": repository.text(), "task_type": "command" });

    let typed = ["run", "--json", "--type", "command", "--workspace", &repository.text(), COMMAND];
    let mut answers = vec![("cli", ground.cli().run(typed).await.fine().json())];
    answers.push(("rest", server.rest().execute(&request).await.fine()));
    for (door, era) in [("mcp", Era::Legacy), ("mcp", Era::Stateless)] {
        let mcp = server.mcp(era);
        let hello = mcp.open().await;
        assert!(hello["capabilities"]["tools"].is_object(), "{hello}");
        assert!(mcp.tools().await.contains(&"execute".to_owned()));
        let said = mcp.call("execute", request.clone()).await;
        assert_eq!(said.text, said.data["text"].as_str().unwrap(), "the text stands alone");
        assert_eq!(said.structured["answer"], said.data["text"], "and so does what is structured");
        answers.push((door, said.fine()));
    }

    let database = ground.database();
    let expected = shape_of(&answers[0].1);
    for (door, answer) in &answers {
        assert_eq!(shape_of(answer), expected, "{door}");
        assert_eq!(answer["state"], "succeeded");
        assert!(answer["text"].as_str().unwrap().starts_with("flowchart LR"), "{answer}");
        assert_eq!(
            answer["files"],
            json!([{ "path": "hello.txt", "kind": "added", "added": 1, "removed": 0 }])
        );
        let branch = answer["attempt"]["branch"].as_str().unwrap();
        assert_eq!(repository.file(branch, "hello.txt"), "hello");
        assert_recorded(&database, answer);
        let task = answer["task_id"].as_str().unwrap();
        let row = database.row(&format!("SELECT principal FROM tasks WHERE id = '{task}'"));
        assert_eq!(row["principal"], *door);
    }
    assert_eq!(database.count("runs"), 4);
    assert_eq!(repository.branches().len(), 4, "each attempt has a branch of its own");
    database.assert_events_without_gap();
    repository.assert_untouched();
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn mcp_progress_arrives_before_the_answer_and_increases() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    for era in Era::ALL {
        let mcp = server.mcp(era);
        mcp.open().await;
        let said = mcp.call_with_progress("execute", shell(&repository, "echo first; echo second")).await;
        let numbers: Vec<f64> = said.progress.iter().map(|(number, _)| *number).collect();
        assert!(numbers.len() > 3, "{said:#?}");
        assert!(numbers.windows(2).all(|pair| pair[0] < pair[1]), "{numbers:?}");
        let told: Vec<&str> = said.progress.iter().map(|(_, message)| message.as_str()).collect();
        assert!(told.iter().any(|message| message.starts_with("worktree ready")), "{told:?}");
        assert_eq!(told.last(), Some(&"succeeded"), "{told:?}");
        assert_eq!(said.fine()["state"], "succeeded");
    }
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn run_longer_than_the_wait_returns_a_handle_and_its_answer_later() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let gate = ground.path().join("gate");
    let command = format!("until [ -e {} ]; do sleep 0.05; done; echo through", gate.display());
    let request = with(shell(&repository, &command), json!({ "wait_s": 0 }));

    let reply = server.rest().execute(&request).await;
    assert_eq!(reply.status, 202, "{reply:?}");
    let handle = reply.json();
    let run = handle["run_id"].as_str().unwrap();
    assert!(handle["next"].as_str().unwrap().contains(run), "{handle}");

    std::fs::write(&gate, "").unwrap();
    let mcp = server.mcp(Era::Stateless);
    let full = mcp.call("result", json!({ "run_id": run, "verbosity": "full" })).await;
    assert!(full.text.contains("through"), "{full:#?}");
    assert_eq!(full.fine()["state"], "succeeded");

    let logs = server.rest().get(&format!("/api/runs/{run}/logs")).await.fine();
    let typed = ground.cli().run(["logs", "--json", run]).await.fine();
    let lines: Vec<Value> = typed.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(Value::Array(lines), logs, "the command line and REST tell the same steps");
    let summary = mcp.call("workflow_query", json!({ "query": "summary" })).await.fine();
    assert_eq!(summary["runs"][0]["run"], run, "{summary}");
    server.stop().await;
    ground.leave();
}
