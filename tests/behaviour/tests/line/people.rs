//! Human tasks, at every interface.

use jackfield_behaviour::{Era, Ground, Reply, Rest, sent};
use reqwest::Method;
use serde_json::{Value, json};

async fn patch(rest: &Rest, id: &str, edit: Value) -> Reply {
    sent(rest.request(Method::PATCH, &format!("/api/human-tasks/{id}")).json(&edit)).await
}

async fn remove(rest: &Rest, id: &str) -> Reply {
    sent(rest.request(Method::DELETE, &format!("/api/human-tasks/{id}"))).await
}

fn ids(tasks: &Value) -> Vec<&str> {
    tasks.as_array().unwrap().iter().map(|task| task["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn human_task_is_the_same_at_every_interface_from_creation_to_deletion() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let (rest, mcp, cli) = (server.rest(), server.mcp(Era::Stateless), ground.cli());

    let asked = json!({
        "title": "Sign the lease", "body": "It is in the drawer.", "workspace": repository.text(),
        "due_at": "2026-12-31",
    });
    let reply = rest.post("/api/human-tasks", &asked).await;
    assert_eq!(reply.status, 201, "{reply:?}");
    let by_rest = reply.json();
    let said = mcp.call("task", json!({ "action": "create", "title": "Buy a stamp", "priority": 5 })).await;
    assert!(said.text.contains("Buy a stamp"), "{said:#?}");
    let by_mcp = said.fine();
    let by_cli = cli.run(["todo", "add", "--json", "Water the plants"]).await.fine().json();
    let made = [&by_rest, &by_mcp, &by_cli].map(|task| task["id"].as_str().unwrap().to_owned());
    for (task, principal) in [(&by_rest, "rest"), (&by_mcp, "mcp"), (&by_cli, "cli")] {
        assert_eq!((&task["created_by"], &task["state"]), (&json!(principal), &json!("open")), "{task}");
    }
    assert_eq!(by_rest["due_at"], "2026-12-31T23:59:59Z");
    assert_eq!(by_rest["workspace_name"], "repository");

    // By priority, then newest first, at every interface.
    let expected = vec![made[1].as_str(), made[2].as_str(), made[0].as_str()];
    let listed = rest.get("/api/human-tasks").await.fine();
    assert_eq!(ids(&listed), expected);
    assert_eq!(cli.run(["todo", "list", "--json"]).await.fine().json(), listed);
    let told = mcp.call("task", json!({ "action": "list" })).await.fine();
    assert_eq!(told["human_tasks"], listed);
    let here = rest.get("/api/human-tasks?workspace=repository").await.fine();
    assert_eq!(ids(&here), [made[0].as_str()]);

    // A change at one interface is visible at the others.
    patch(&rest, &made[2], json!({ "title": "Water all plants", "priority": 9 })).await.fine();
    let read = mcp.call("task", json!({ "action": "read", "id": made[2] })).await.fine();
    assert_eq!((&read["title"], &read["priority"]), (&json!("Water all plants"), &json!(9)));
    let edit = ["todo", "edit", "--json", &made[0], "--due", "", "--body", "On the table now."];
    let edited = cli.run(edit).await.fine().json();
    assert_eq!((&edited["due_at"], &edited["body"]), (&Value::Null, &json!("On the table now.")));
    let done = cli.run(["todo", "done", "--json", &made[0], "--note", "signed and sent"]).await.fine().json();
    assert_eq!((&done["state"], &done["answered_by"]), (&json!("done"), &json!("cli")));
    let off = json!({ "action": "update", "id": made[1], "state": "cancelled" });
    assert_eq!(mcp.call("task", off).await.fine()["state"], "cancelled");
    assert_eq!(ids(&rest.get("/api/human-tasks").await.fine()), [made[2].as_str()]);
    let all = cli.run(["todo", "list", "--all", "--json"]).await.fine().json();
    assert_eq!(ids(&all).len(), 3);
    let shown = cli.run(["todo", "show", &made[0]]).await.fine().stdout;
    assert!(shown.contains("signed and sent") && shown.contains("by cli"), "{shown}");

    remove(&rest, &made[0]).await.fine();
    mcp.call("task", json!({ "action": "delete", "id": made[1] })).await.fine();
    cli.run(["todo", "rm", &made[2]]).await.fine();
    let database = ground.database();
    assert_eq!(database.count("human_tasks"), 0);
    let kinds = database
        .rows("SELECT kind, COUNT(*) AS times FROM events WHERE kind GLOB 'human_task_*' GROUP BY kind");
    let times: Vec<_> =
        kinds.iter().map(|row| (row["kind"].as_str().unwrap(), row["times"].as_i64().unwrap())).collect();
    let each = [("cancelled", 1), ("changed", 2), ("created", 3), ("deleted", 3), ("done", 1)];
    assert_eq!(
        times,
        each.map(|(what, times)| (format!("human_task_{what}"), times))
            .iter()
            .map(|(what, times)| (what.as_str(), *times))
            .collect::<Vec<_>>()
    );
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn human_task_about_a_run_is_shown_with_the_run() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let (rest, mcp) = (server.rest(), server.mcp(Era::Stateless));
    let answer = rest.execute(&crate::actors::shell(&repository, "echo hi")).await.fine();
    let (task, run) = (answer["task_id"].as_str().unwrap(), answer["run_id"].as_str().unwrap());
    let made =
        rest.post("/api/human-tasks", &json!({ "title": "Read the answer", "run_id": run })).await.fine();
    assert_eq!((&made["task"], &made["run"]), (&json!(task), &json!(run)));
    assert_eq!(made["workspace_name"], "repository", "a run knows where it is");

    let view = mcp.call("workflow_query", json!({ "query": "state", "task_id": task })).await;
    assert!(view.text.contains("Read the answer"), "{view:#?}");
    assert_eq!(view.fine()["human_tasks"][0]["id"], made["id"]);
    let summary = mcp.call("workflow_query", json!({ "query": "summary" })).await;
    assert!(summary.text.contains("for people"), "{summary:#?}");
    assert_eq!(summary.fine()["human_tasks"][0]["id"], made["id"]);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn invalid_human_task_is_refused_by_name_at_every_interface() {
    let ground = Ground::new();
    let server = ground.serve().await;
    let (rest, mcp) = (server.rest(), server.mcp(Era::Stateless));
    let made = rest.post("/api/human-tasks", &json!({ "title": "Sign" })).await.fine();
    let id = made["id"].as_str().unwrap();
    for (request, code) in [
        (json!({ "title": " " }), "bad_title"),
        (json!({ "title": "two\nlines" }), "bad_title"),
        (json!({ "title": "x", "due_at": "soon" }), "bad_time"),
        (json!({ "title": "x", "workspace": "nowhere" }), "unknown_workspace"),
        (json!({ "title": "x", "run_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV" }), "run_not_found"),
        (json!({ "title": "x", "task_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV" }), "task_not_found"),
    ] {
        let reply = rest.post("/api/human-tasks", &request).await;
        assert!(reply.status.is_client_error(), "{reply:?}");
        assert_eq!(reply.json()["code"], code);
        let mut arguments = request;
        arguments["action"] = json!("create");
        let said = mcp.call("task", arguments).await;
        assert!(said.is_error && said.data["code"] == code, "{said:#?}");
    }
    assert_eq!(patch(&rest, id, json!({ "state": "asleep" })).await.json()["code"], "unknown_state");
    assert_eq!(patch(&rest, id, json!({ "stat": "done" })).await.json()["code"], "bad_json");
    let missing = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
    let reply = rest.get(&format!("/api/human-tasks/{missing}")).await;
    assert_eq!((reply.status.as_u16(), reply.json()["code"].as_str()), (404, Some("human_task_not_found")));
    assert_eq!(remove(&rest, missing).await.status, 404);
    for (arguments, named) in [
        (json!({ "action": "destroy" }), "destroy"),
        (json!({ "action": "list", "states": "open" }), "states"),
        (json!({ "action": "read", "id": id, "title": "x" }), "title"),
        (json!({ "action": "read", "id": 5 }), "id"),
    ] {
        let said = mcp.call("task", arguments).await;
        assert!(
            said.is_error && said.data["code"] == "bad_arguments" && said.text.contains(named),
            "{said:#?}"
        );
    }
    for (typed, code) in [
        (vec!["todo", "show", "--json", missing], "human_task_not_found"),
        (vec!["todo", "edit", "--json", id], "no_change"),
        (vec!["todo", "edit", "--json", id, "--state", "asleep"], "unknown_state"),
        (vec!["todo", "list", "--json", "--kind", "chore"], "unknown_kind"),
    ] {
        let told = ground.cli().run(typed).await;
        assert_eq!((told.code, told.problem()["code"].as_str()), (2, Some(code)), "{told:#?}");
    }
    assert_eq!(ground.database().count("human_tasks"), 1, "the one that was fine");
    server.stop().await;
    ground.leave();
}
