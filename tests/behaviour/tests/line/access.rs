//! Access tokens: scopes, visibility, limits, expiry and the audit log.

use crate::actors::{shell, with};
use jackfield_behaviour::{Era, Ground, Reply, Rest, Server, Sse, sent, until, until_told};
use reqwest::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::path::Path;

/// A token, as the operator makes it while the host runs.
pub(crate) async fn token(ground: &Ground, name: &str, more: &[&str]) -> String {
    let typed = [&["token", "create", name, "--json"], more].concat();
    let made = ground.cli().run(typed).await.fine().json();
    made["text"].as_str().unwrap().to_owned()
}

async fn ran(rest: &Rest, request: &Value) -> Value {
    rest.execute(request).await.fine()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn assert_refused(reply: &Reply, status: StatusCode, code: &str) {
    assert_eq!((reply.status, reply.json()["code"].as_str()), (status, Some(code)), "{reply:?}");
}

#[tokio::test]
async fn work_of_another_token_is_answered_as_not_found() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let ci = server.rest_as(&token(&ground, "ci", &["--scope", "execute"]).await);
    let other = token(&ground, "other", &["--scope", "execute"]).await;
    let other_mcp = server.mcp_as(&other, Era::Stateless);
    let other = server.rest_as(&other);
    let wall = server.rest_as(&token(&ground, "wall", &["--scope", "read", "--sees", "all"]).await);

    let done = ran(&ci, &shell(&repository, "echo mine > mine.txt")).await;
    let (run, task) = (text(&done["run_id"]), text(&done["task_id"]));
    let todo = json!({ "title": "look at it", "run_id": run });
    let todo = ci.post("/api/human-tasks", &todo).await.fine();
    let todo = text(&todo["id"]);
    assert_eq!(ci.get(&format!("/api/tasks/{task}")).await.fine()["task"]["principal"], "ci");

    let nowhere = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ";
    for (path, id) in [
        ("/api/runs/{}", run),
        ("/api/runs/{}/logs", run),
        ("/api/runs/{}/logs?stream=true", run),
        ("/api/runs/{}/diff", run),
        ("/api/tasks/{}", task),
        ("/api/tasks/{}/spec", task),
        ("/api/tasks/{}/explain", task),
        ("/api/tasks/{}/explain", run),
        ("/api/tasks/{}/consensus", task),
        ("/api/human-tasks/{}", todo),
    ] {
        let (path, absent) = (path.replace("{}", id), path.replace("{}", nowhere));
        let (hidden, absent) = (other.get(&path).await, other.get(&absent).await);
        assert_eq!(hidden.status, StatusCode::NOT_FOUND, "{path}: {hidden:?}");
        let same = |reply: &Reply, id: &str| reply.text.replace(id, "ID");
        assert_eq!(same(&hidden, id), same(&absent, nowhere), "{path}: nothing tells that it is there");
        assert!(ci.get(&path).await.status.is_success(), "{path}: its own is there");
        assert!(wall.get(&path).await.status.is_success(), "{path}: who sees all is shown it");
    }
    for (path, body) in [
        (format!("/api/runs/{run}"), json!({ "action": "cancel" })),
        (format!("/api/tasks/{task}/spec"), json!({ "notes": "mine now" })),
        (format!("/api/tasks/{task}/close"), json!({ "reason": "done", "state": "done" })),
        (
            format!("/api/tasks/{task}/write"),
            json!({ "executor": "shell", "outcome": "succeeded", "latency_ms": 1 }),
        ),
        (format!("/api/human-tasks/{todo}/answer"), json!({ "action": "stop", "text": "" })),
        ("/api/human-tasks".to_owned(), json!({ "title": "x", "task_id": task })),
    ] {
        let reply = other.post(&path, &body).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}: {reply:?}");
    }
    let short = &run[..20];
    assert_eq!(other.get(&format!("/api/runs/{short}")).await.status, StatusCode::NOT_FOUND);
    for list in ["/api/runs", "/api/tasks", "/api/human-tasks"] {
        let (theirs, own) = (other.get(list).await.text, ci.get(list).await.text);
        assert!(
            !theirs.contains(run) && !theirs.contains(task) && !theirs.contains(todo),
            "{list}: {theirs}"
        );
        assert!(own.contains(task) || own.contains(run), "{list}: {own}");
    }
    assert_refused(&other.get("/api/events").await, StatusCode::FORBIDDEN, "insufficient_scope");

    let said = other_mcp.call("result", json!({ "run_id": run })).await;
    assert!(said.is_error && said.data["code"] == "run_not_found", "{said:#?}");
    for uri in ["log", "diff", "result", "diagram"].map(|kind| format!("run://{run}/{kind}")) {
        let read = other_mcp.ask("resources/read", json!({ "uri": uri })).await;
        assert!(read["error"].is_object(), "{read}");
    }
    let listed = other_mcp.ask("resources/list", json!({})).await;
    assert_eq!(listed["result"]["resources"], json!([]), "{listed}");
    let asked = json!({ "ref": { "type": "ref/resource", "uri": "run://{run_id}/log{?after}" },
                        "argument": { "name": "run_id", "value": &run[..6] } });
    let completed = other_mcp.ask("completion/complete", asked).await;
    assert_eq!(completed["result"]["completion"]["values"], json!([]), "{completed}");

    // One key, two principals: each has a run of its own.
    let keyed = with(shell(&repository, "echo once"), json!({ "idempotency_key": "same" }));
    let (mine, theirs) = (ran(&ci, &keyed).await, ran(&other, &keyed).await);
    assert_ne!(mine["run_id"], theirs["run_id"]);
    assert_eq!(ran(&ci, &keyed).await["run_id"], mine["run_id"]);
    server.stop().await;
    ground.leave();
}

/// Every route that changes something, with a body that is understood, and the scope that it needs.
fn changing(repository: &str, id: &str) -> Vec<(Method, String, Value, &'static str)> {
    let work = || json!({ "instruction": "true", "executor": "shell", "workspace": repository });
    let post = |path: &str, body: Value, scope| (Method::POST, path.replace("{}", id), body, scope);
    vec![
        post("/execute", work(), "execute"),
        post("/tasks/execute", work(), "execute"),
        post("/tasks/dispatch", work(), "execute"),
        post("/tasks/consensus", with(work(), json!({ "executor": null })), "execute"),
        post("/api/runs/{}", json!({ "action": "cancel" }), "execute"),
        post("/api/tasks", json!({ "instruction": "x", "workspace": repository }), "execute"),
        post("/api/tasks/{}/spec", json!({ "notes": "x" }), "execute"),
        post(
            "/api/tasks/{}/write",
            json!({ "executor": "shell", "outcome": "succeeded", "latency_ms": 1 }),
            "execute",
        ),
        post("/api/tasks/{}/close", json!({ "reason": "x", "state": "done" }), "execute"),
        post("/api/human-tasks", json!({ "title": "x" }), "execute"),
        (Method::PATCH, format!("/api/human-tasks/{id}"), json!({ "title": "x" }), "execute"),
        (Method::DELETE, format!("/api/human-tasks/{id}"), json!({}), "execute"),
        post("/api/human-tasks/{}/answer", json!({ "action": "stop", "text": "" }), "execute"),
        post("/api/breaker", json!({ "action": "reset", "reason": "x" }), "admin"),
        post("/api/breaker", json!({ "action": "raise", "usd": 1, "reason": "x" }), "admin"),
        post("/api/workers", json!({ "action": "rescue" }), "admin"),
        post("/api/tokens", json!({ "name": "more", "scopes": ["admin"] }), "admin"),
        (Method::DELETE, "/api/tokens/looker".into(), json!({}), "admin"),
        post("/api/worker/release", json!({ "worker": id }), "work"),
        post("/api/worker/work", json!({ "worker": id, "free": 1, "executors": [], "wait_s": 0 }), "work"),
    ]
}

#[tokio::test]
async fn call_without_its_scope_is_refused_with_the_name_of_the_scope() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let looker = token(&ground, "looker", &["--scope", "read", "--sees", "all"]).await;
    let worker = server.rest_as(&token(&ground, "shed", &["--scope", "work"]).await);
    let done = ran(&server.rest(), &shell(&repository, "true")).await;
    let before = ground.database().count("tasks");
    for (method, path, body, scope) in changing(&repository.text(), text(&done["run_id"])) {
        let request = server.rest_as(&looker).request(method.clone(), &path).json(&body);
        let response = request.send().await.unwrap();
        let asks = response.headers().get(WWW_AUTHENTICATE).map(|asks| asks.to_str().unwrap().to_owned());
        let status = response.status();
        let said = response.text().await.unwrap();
        assert_eq!(status, StatusCode::FORBIDDEN, "{method} {path}: {said}");
        assert!(said.contains("insufficient_scope") && said.contains("looker"), "{path}: {said}");
        let wanted = format!("scope=\"{scope}\"");
        assert!(asks.as_ref().is_some_and(|asks| asks.contains(&wanted)), "{method} {path}: {asks:?}");
        let without = Rest::new(server.address(), None).request(method, &path).json(&body);
        assert_refused(&sent(without).await, StatusCode::UNAUTHORIZED, "unauthorized");
    }
    assert_eq!(ground.database().count("tasks"), before, "nothing was made");
    for path in [
        "/api/runs",
        "/api/tasks",
        "/api/human-tasks",
        "/api/status",
        "/api/auth",
        "/api/breaker",
        "/api/breaker/history",
        "/api/plugins",
        "/api/workers",
        "/api/events",
        "/workflow/stats",
        "/metrics",
    ] {
        assert!(server.rest_as(&looker).get(path).await.status.is_success(), "{path}");
        assert_refused(&worker.get(path).await, StatusCode::FORBIDDEN, "insufficient_scope");
        let without = Rest::new(server.address(), None).get(path).await;
        assert_refused(&without, StatusCode::UNAUTHORIZED, "unauthorized");
    }
    for path in ["/api/tokens", "/api/audit"] {
        let refused = server.rest_as(&looker).get(path).await;
        assert_refused(&refused, StatusCode::FORBIDDEN, "insufficient_scope");
    }
    for era in Era::ALL {
        let mcp = server.mcp_as(&looker, era);
        mcp.open().await;
        let said = mcp.call("execute", shell(&repository, "true")).await;
        assert!(said.is_error && said.data["code"] == "insufficient_scope", "{said:#?}");
        mcp.call("orchestrator_status", json!({})).await.fine();
        let admin = server.mcp_as(&looker, era).at("?toolsets=core,admin");
        admin.open().await;
        let said = admin.call("breaker", json!({ "action": "reset", "reason": "x" })).await;
        assert!(said.is_error && said.data["code"] == "insufficient_scope", "{said:#?}");
    }
    let admin = server.rest_as(&token(&ground, "boss", &["--scope", "admin"]).await);
    let made = admin.post("/api/tokens", &json!({ "name": "made", "scopes": ["read"] })).await.fine();
    assert!(server.rest_as(text(&made["text"])).get("/api/status").await.status.is_success());
    let again = admin.post("/api/tokens", &json!({ "name": "made", "scopes": ["read"] })).await;
    assert_refused(&again, StatusCode::CONFLICT, "token_exists");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn revoked_or_expired_token_is_refused_and_its_streams_end() {
    let ground = Ground::new().with_config("[run]\ngrace_s = 1\n");
    let repository = ground.repository();
    let server = ground.serve().await;
    let shown = token(&ground, "ci", &["--scope", "execute"]).await;
    let ci = server.rest_as(&shown);
    let handle = ci.post("/tasks/dispatch", &shell(&repository, "echo begun; sleep 600")).await.fine();
    let run = text(&handle["run_id"]).to_owned();
    let mut stream = Sse::open(&ci, &format!("/api/runs/{run}/logs?stream=true"), None).await;
    assert!(stream.next().await.is_some());
    let listed = until_told("that the token is in use", async || {
        let list = ground.cli().run(["token", "list", "--json"]).await.fine().json();
        (!list[0]["used_at"].is_null()).then_some(list)
    })
    .await;
    assert_eq!((&listed[0]["name"], &listed[0]["scopes"]), (&json!("ci"), &json!(["execute"])));

    ground.cli().run(["token", "revoke", "ci"]).await.fine();
    assert_refused(&ci.get("/api/runs").await, StatusCode::UNAUTHORIZED, "unauthorized");
    while stream.next().await.is_some() {}
    let still = server.rest().get(&format!("/api/runs/{run}")).await.fine();
    assert_eq!(still["run"]["state"], "running", "what it handed in goes on");
    // A new token of the same name sees the work of the old one, which stays revoked.
    let anew = server.rest_as(&token(&ground, "ci", &["--scope", "execute"]).await);
    anew.post(&format!("/api/runs/{run}"), &json!({ "action": "cancel" })).await.fine();
    assert_refused(&ci.get("/api/runs").await, StatusCode::UNAUTHORIZED, "unauthorized");

    let brief = server.rest_as(&token(&ground, "brief", &["--scope", "read", "--expires", "2s"]).await);
    assert!(brief.get("/api/runs").await.status.is_success());
    until_told("that it has expired", async || {
        (brief.get("/api/runs").await.status == StatusCode::UNAUTHORIZED).then_some(())
    })
    .await;
    let bad =
        ground.cli().run(["token", "create", "x", "--scope", "read", "--expires", "soon", "--json"]).await;
    assert_eq!((bad.code, &bad.problem()["code"]), (2, &json!("bad_time")));

    // The token is nowhere on the disk.
    let secret = shown.rsplit_once('_').unwrap().1;
    assert_absent(ground.path(), secret.as_bytes());
    server.stop().await;
    ground.leave();
}

fn assert_absent(folder: &Path, secret: &[u8]) {
    for entry in folder.read_dir().unwrap().flatten() {
        let (path, kind) = (entry.path(), entry.file_type().unwrap());
        if kind.is_dir() {
            assert_absent(&path, secret);
        } else if kind.is_file() {
            let bytes = std::fs::read(&path).unwrap_or_default();
            assert!(!bytes.windows(secret.len()).any(|part| part == secret), "in {}", path.display());
        }
    }
}

#[tokio::test]
async fn worker_without_the_scope_work_is_refused() {
    let ground = Ground::new().with_config("[run]\nhere = false\n");
    let there = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let work = token(&ground, "shed", &["--scope", "work"]).await;
    let run = server.rest().post("/tasks/dispatch", &shell(&repository, "echo there")).await.fine();
    let worker = there.work_for(&format!("http://{}", server.address()), &work, 1, None).await;
    let answer = format!("/api/runs/{}", text(&run["run_id"]));
    until_told("the run's end", async || {
        (server.rest().get(&answer).await.fine()["run"]["state"] == "succeeded").then_some(())
    })
    .await;
    worker.stop().await;
    let hand_in = server.rest_as(&work).execute(&shell(&repository, "true")).await;
    assert_refused(&hand_in, StatusCode::FORBIDDEN, "insufficient_scope");
    server.stop().await;
    there.leave();
    ground.leave();
}

#[tokio::test]
async fn calls_over_the_rate_or_concurrency_limit_are_refused() {
    let ground = Ground::new()
        .with_config("[server]\non_stop = \"cancel\"\ndrain_s = 0\ncalls_per_s = 5\ncalls_at_once = 2\n");
    let repository = ground.repository();
    let server = ground.serve().await;
    let eager = server.rest_as(&token(&ground, "eager", &["--scope", "execute"]).await);
    let calls = async |rest: &Rest| {
        let mut refused = Vec::new();
        for _ in 0..30 {
            let response = rest.request(Method::GET, "/api/status").send().await.unwrap();
            if response.status() == StatusCode::TOO_MANY_REQUESTS {
                let wait = response.headers().get(RETRY_AFTER).unwrap().to_str().unwrap().to_owned();
                refused.push((wait, response.text().await.unwrap()));
            }
        }
        refused
    };
    let refused = calls(&eager).await;
    assert!(!refused.is_empty() && refused.len() <= 20, "{}", refused.len());
    let (wait, said) = &refused[0];
    assert!(wait == "1" && said.contains("too_many_calls"), "{wait} {said}");
    assert!(calls(&server.rest()).await.is_empty(), "the owner is not rated");
    let nobody = calls(&Rest::new(server.address(), Some("jf_guess"))).await;
    assert!(!nobody.is_empty(), "whoever guesses tokens is slowed down");

    let run = server.rest().post("/tasks/dispatch", &shell(&repository, "sleep 600")).await.fine();
    let path = format!("/api/runs/{}/logs?stream=true", text(&run["run_id"]));
    let streams =
        [Sse::open(&server.rest(), &path, None).await, Sse::open(&server.rest(), &path, None).await];
    let third = server.rest().get("/api/status").await;
    assert_refused(&third, StatusCode::TOO_MANY_REQUESTS, "too_many_at_once");
    drop(streams);
    until_told("room again", async || {
        server.rest().get("/api/status").await.status.is_success().then_some(())
    })
    .await;
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn every_call_to_the_port_is_in_the_audit_log() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let secret = token(&ground, "ci", &["--scope", "execute"]).await;
    let done =
        server.rest_as(&secret).execute(&shell(&repository, "echo a-word-of-the-instruction")).await.fine();
    let run = text(&done["run_id"]).to_owned();
    server.mcp_as(&secret, Era::Stateless).call("result", json!({ "run_id": run })).await.fine();
    assert_eq!(server.rest_as(&secret).get("/api/audit").await.status, StatusCode::FORBIDDEN);
    let traced = Rest::new(server.address(), Some("jf_wrong")).request(Method::GET, "/api/runs?x=hidden");
    let trace = "0af7651916cd43dd8448eb211c80319c";
    sent(traced.header("traceparent", format!("00-{trace}-b7ad6b7169203331-01"))).await;

    let list = ground.cli().run(["audit", "--json", "--limit", "10"]).await.fine().json();
    let fields = |entry: &Value, names: [&str; 5]| names.map(|name| entry[name].clone());
    let names = ["who", "method", "path", "status", "run"];
    assert_eq!(
        fields(&list[0], names),
        [json!(null), json!("GET"), json!("/api/runs"), json!(401), json!(null)]
    );
    assert_eq!((&list[0]["trace"], &list[0]["from"]), (&json!(trace), &json!("127.0.0.1")));
    assert_eq!(
        fields(&list[1], names),
        [json!("ci"), json!("GET"), json!("/api/audit"), json!(403), json!(null)]
    );
    assert_eq!(list[1]["refused"], "admin");
    assert_eq!(fields(&list[2], names), [json!("ci"), json!("POST"), json!("/mcp"), json!(200), json!(run)]);
    assert_eq!(list[2]["tool"], "result");
    assert_eq!(
        fields(&list[3], names),
        [json!("ci"), json!("POST"), json!("/tasks/execute"), json!(200), json!(run)]
    );
    let of_ci = server.rest().get("/api/audit?who=ci&since=1h&limit=2").await.fine();
    assert_eq!(of_ci.as_array().unwrap().len(), 2);
    assert!(of_ci.as_array().unwrap().iter().all(|entry| entry["who"] == "ci"));
    let of_run = ground.cli().run(["audit", "--run", &run]).await.fine().stdout;
    assert!(of_run.contains("tool result") && of_run.contains("POST /tasks/execute"), "{of_run}");

    let file = until("the day's file", || {
        ground.data().join("audit").read_dir().ok()?.flatten().next().map(|entry| entry.path())
    })
    .await;
    let text = std::fs::read_to_string(file).unwrap();
    assert!(
        !text.contains("a-word-of-the-instruction") && !text.contains(&secret) && !text.contains("hidden")
    );
    server.stop().await;
    ground.leave();
}

/// MCP tasks belong to the token that created them.
#[tokio::test]
async fn mcp_task_of_another_token_is_answered_as_not_found() {
    let ground = Ground::new().with_config("[run]\ngrace_s = 1\n");
    let repository = ground.repository();
    let server: Server = ground.serve().await;
    let (one, other) = (
        token(&ground, "one", &["--scope", "execute"]).await,
        token(&ground, "other", &["--scope", "execute"]).await,
    );
    let able = json!({ "extensions": { "io.modelcontextprotocol/tasks": {} } });
    let mcp = server.mcp_as(&one, Era::Stateless).able(able.clone());
    let call = json!({ "name": "execute", "arguments": shell(&repository, "echo begun; sleep 600") });
    let task = mcp.ask("tools/call", call).await["result"]["taskId"].clone();
    let theirs = server.mcp_as(&other, Era::Stateless).able(able);
    for method in ["tasks/get", "tasks/cancel"] {
        let answer = theirs.ask(method, json!({ "taskId": task })).await;
        assert!(
            answer["error"]["message"].as_str().is_some_and(|said| said.contains("there is no task")),
            "{answer}"
        );
    }
    let mine = mcp.ask("tasks/get", json!({ "taskId": task })).await;
    assert!(mine["result"]["status"] == "working", "{mine}");
    mcp.ask("tasks/cancel", json!({ "taskId": task })).await;
    server.stop().await;
    ground.leave();
}
