//! Requests exactly as the first documents of the product write them, and harmless variations that clients send.

use crate::actors::{shell, with};
use jackfield_behaviour::{Era, Ground, Reply, Server, sent, until_told};
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// `POST /mcp` with nothing but what is said: no version, no session, and this `Accept`.
async fn mcp(server: &Server, accept: Option<&str>, message: &str) -> Reply {
    let client = jackfield_http::client().build().unwrap();
    let request = client.post(format!("http://{}/mcp", server.address())).bearer_auth(server.token());
    let request = request.header(CONTENT_TYPE, "application/json").body(message.to_owned());
    sent(match accept {
        Some(accept) => request.header(ACCEPT, accept),
        None => request,
    })
    .await
}

#[tokio::test]
async fn plain_post_to_mcp_is_answered_with_json() {
    let ground = Ground::new();
    let server = ground.serve().await;
    let listing = r#"{"jsonrpc":"2.0","method":"tools/list","id":1}"#;
    for accept in [
        None,
        Some("*/*"),
        Some("application/json"),
        Some("application/*, text/*"),
        Some("text/event-stream;q=0.5,application/json"),
        Some("application/json, text/event-stream"),
    ] {
        let reply = mcp(&server, accept, listing).await;
        assert_eq!(
            (reply.status, reply.content_type.as_str()),
            (StatusCode::OK, "application/json"),
            "{reply:?}"
        );
        assert!(reply.json()["result"]["tools"].as_array().unwrap().len() > 5, "{accept:?}");
    }
    let refused = mcp(&server, Some("text/html"), listing).await;
    assert_eq!(refused.status, StatusCode::NOT_ACCEPTABLE);
    assert_eq!(refused.json()["error"]["code"], -32600);
    // Progress makes a stream of the answer, which this client does not take.
    let repository = ground.repository();
    let call = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {
        "name": "execute", "arguments": shell(&repository, "echo hi"), "_meta": { "progressToken": 1 } } });
    let reply = mcp(&server, Some("application/json"), &call.to_string()).await;
    assert_eq!(reply.content_type, "application/json", "{reply:?}");
    assert_eq!(reply.json()["id"], 7);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn malformed_message_is_answered_with_a_json_rpc_error() {
    let ground = Ground::new();
    let server = ground.serve().await;
    for (message, code) in [
        (r#"{"jsonrpc":"#, -32700),
        (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
        (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1]}"#, -32602),
        (
            r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"auth_status","arguments":"{}"}}"#,
            -32602,
        ),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"arguments":{}}}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":7}}"#, -32602),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/destroy"}"#, -32601),
    ] {
        let reply = mcp(&server, None, message).await;
        assert_eq!(reply.content_type, "application/json", "{message}: {reply:?}");
        let said = reply.json();
        assert_eq!(
            (&said["jsonrpc"], &said["error"]["code"]),
            (&json!("2.0"), &json!(code)),
            "{message}: {said}"
        );
        assert!(text(&said["error"]["message"]).len() > 10, "{said}");
    }
    let null = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"workflow_query",
        "arguments":{"query":"summary","limit":null,"run_id":null},"_meta":null}}"#;
    let reply = mcp(&server, None, null).await.json();
    assert_eq!(reply["result"]["isError"], false, "{reply}");
    let kind = server.rest().request(Method::POST, "/mcp").header(CONTENT_TYPE, "text/plain").body("{}");
    let reply = sent(kind).await;
    assert_eq!(
        (reply.status, &reply.json()["error"]["code"]),
        (StatusCode::UNSUPPORTED_MEDIA_TYPE, &json!(-32600))
    );
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn field_names_of_the_first_documents_are_accepted_at_every_interface() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    // `docs`, trivial, `stack` as one text: an answer in words is success.
    let asked = json!({
        "prompt": "echo hello world", "repo": repository.text(), "executor": "shell", "taskType": "docs",
        "complexity": "trivial", "stack": "node", "keywords": null, "maxAttempts": 1,
    });
    let done = rest.execute(&asked).await.fine();
    assert_eq!(done["state"], "succeeded", "{done}");
    let (run, task) = (text(&done["run_id"]).to_owned(), text(&done["task_id"]).to_owned());
    let view = rest.get(&format!("/api/runs/{run}")).await.fine();
    assert_eq!((&view["task"]["stack"], &view["task"]["task_type"]), (&json!(["node"]), &json!("docs")));
    for era in Era::ALL {
        let client = server.mcp(era);
        client.open().await;
        assert_eq!(client.call("execute", asked.clone()).await.fine()["state"], "succeeded");
    }

    let workspace = text(&view["run"]["workspace"]).to_owned();
    let lists = async |query: &str| {
        let runs = rest.get(&format!("/api/runs?{query}")).await.fine();
        runs.as_array().unwrap().iter().map(|line| text(&line["run"]).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(lists(&format!("cardId={task}")).await, std::slice::from_ref(&run));
    assert_eq!(lists(&format!("workspaceId={workspace}&status=succeeded")).await.len(), 3);
    assert_eq!(lists("status=failed").await.len(), 0);
    let twice = rest.get("/api/runs?status=failed&state=queued").await;
    assert_eq!((twice.status, &twice.json()["code"]), (StatusCode::BAD_REQUEST, &json!("bad_query")));
    let twice = rest.execute(&with(asked.clone(), json!({ "workspace": "/elsewhere" }))).await;
    assert!(twice.text.contains("`repo` and `workspace`"), "{twice:?}");
    let typo = rest.get("/api/runs?stat=failed").await;
    assert!(typo.status == StatusCode::BAD_REQUEST && typo.text.contains("did you mean `state`"), "{typo:?}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn unknown_query_parameter_is_refused_by_every_route() {
    let ground = Ground::new();
    let server = ground.serve().await;
    let rest = server.rest();
    let description = rest.get("/openapi.json").await.fine();
    for (path, operations) in description["paths"].as_object().unwrap() {
        let open = operations["get"]["security"].as_array().is_none_or(Vec::is_empty);
        if operations["get"].is_null() || open || path.contains('{') {
            continue;
        }
        let refused = rest.get(&format!("{path}?bogus=1")).await;
        assert_eq!(
            (refused.status, &refused.json()["code"]),
            (StatusCode::BAD_REQUEST, &json!("bad_query")),
            "{path}"
        );
    }
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn missing_arguments_of_a_tool_are_named_at_once() {
    let ground = Ground::new();
    let server = ground.serve().await;
    let client = server.mcp(Era::Stateless);
    for (tool, arguments, named) in [
        (
            "workflow",
            json!({ "action": "write", "task_id": "x" }),
            vec!["`executor`", "`outcome`", "`latency_ms`"],
        ),
        ("workflow", json!({ "action": "close", "task_id": "x" }), vec!["`state`", "`reason`"]),
        ("dispatch", json!({ "name": "x" }), vec!["`prompt`"]),
        (
            "task",
            json!({ "action": "answer", "id": "x", "text": "stop" }),
            vec!["`answer`", "retry, accept, stop"],
        ),
    ] {
        let said = client.call(tool, arguments).await;
        assert!(said.is_error && said.data["code"] == "bad_arguments", "{said:#?}");
        for name in named {
            assert!(said.text.contains(name), "{name}: {said:#?}");
        }
    }
    // The answer reaches the host: what is refused is that nothing waits for it.
    let todo = client.call("task", json!({ "action": "create", "title": "Buy a stamp" })).await.fine();
    let answer = json!({ "action": "answer", "id": todo["id"], "answer": "stop", "text": "enough" });
    let said = client.call("task", answer).await;
    assert_eq!(said.data["code"], "nothing_to_answer", "{said:#?}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn ended_run_is_retried_at_every_interface() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let marker = ground.path().join("mended");
    let request = shell(&repository, &format!("test -e {}", marker.display()));
    let failed = rest.execute(&request).await.fine();
    assert_eq!(failed["state"], "failed");
    let (run, task) = (text(&failed["run_id"]).to_owned(), text(&failed["task_id"]).to_owned());
    std::fs::write(&marker, "").unwrap();

    let again = json!({ "action": "retry", "idempotency_key": "once" });
    let reply = rest.post(&format!("/api/runs/{run}"), &again).await;
    assert_eq!(reply.status, StatusCode::ACCEPTED, "{reply:?}");
    let second = text(&reply.json()["run_id"]).to_owned();
    assert_ne!(second, run);
    assert_eq!(reply.json()["task_id"], json!(task), "the same task");
    let ended = rest.get(&format!("/api/runs/{second}/result?wait_s=30")).await.fine();
    assert_eq!(ended["state"], "succeeded", "{ended}");
    let view = rest.get(&format!("/api/runs/{second}")).await.fine();
    assert_eq!(view["run"]["retry_of"], json!(run));
    let same = rest.post(&format!("/api/runs/{run}"), &again).await.fine();
    assert_eq!(same["run_id"], json!(second), "one key, one run");
    let events = rest.get(&format!("/api/runs/{second}/logs")).await.fine();
    let kinds: Vec<_> = events.as_array().unwrap().iter().map(|event| text(&event["kind"])).collect();
    assert!(kinds.contains(&"run_retried"), "{kinds:?}");

    let client = server.mcp(Era::Stateless);
    let third = client.call("retry", json!({ "run_id": run })).await.fine();
    let third = text(&third["run_id"]).to_owned();
    until_told("the third has ended", async || {
        let view = rest.get(&format!("/api/runs/{third}")).await.fine();
        (view["run"]["state"] == "succeeded").then_some(())
    })
    .await;
    let fourth = ground.cli().run(["retry", "--json", &run]).await.fine().json();
    assert_ne!(fourth["run_id"], json!(third));

    let long = rest.post("/tasks/dispatch", &shell(&repository, "sleep 600")).await.fine();
    let long = text(&long["run_id"]);
    let early = rest.post(&format!("/api/runs/{long}"), &json!({ "action": "retry" })).await;
    assert_eq!(
        (early.status, &early.json()["code"]),
        (StatusCode::CONFLICT, &json!("run_active")),
        "{early:?}"
    );
    rest.post(&format!("/api/runs/{long}"), &json!({ "action": "cancel" })).await.fine();
    let nobody = rest.post("/api/runs/7ZZZZZZZZZZZZZZZZZZZZZZZZZ", &json!({ "action": "retry" })).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn answer_about_many_files_is_short_at_every_verbosity() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let make = "i=0; while [ $i -lt 3000 ]; do echo $i > file-$i.txt; i=$((i+1)); done";
    let done = server.rest().execute(&with(shell(&repository, make), json!({ "wait_s": 120 }))).await.fine();
    assert_eq!(done["files_changed"], 3_000, "{}", done["state"]);
    let run = text(&done["run_id"]);
    let client = server.mcp(Era::Stateless);
    for verbosity in ["summary", "mermaid", "standard", "full"] {
        let reply = server.rest().get(&format!("/api/runs/{run}/result?verbosity={verbosity}")).await;
        assert!(reply.text.len() < 64 << 10, "{verbosity}: {} bytes", reply.text.len());
        assert_eq!(reply.json()["files"].as_array().unwrap().len(), 200);
        let said = client.call("result", json!({ "run_id": run, "verbosity": verbosity })).await;
        let bytes = said.text.len() + said.data.to_string().len() + said.structured.to_string().len();
        assert!(bytes < 128 << 10, "{verbosity}: {bytes} bytes over MCP");
    }
    server.stop().await;
    ground.leave();
}
