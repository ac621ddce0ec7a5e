//! The library inside another program: several hosts in one process, and its routes below a path of that program's.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "test code, which looks on as a person would"
)]

use axum::Router;
use axum::routing::get;
use jackfield::config::Config;
use jackfield::{ExecuteRequest, Host};
use jackfield_server::{Token, http};
use jackfield_types::RunState;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);
const TOKEN: &str = "a-token-of-sixteen-and-more";

async fn host(folder: &Path, config: Config) -> Host {
    let environment = [("PATH".to_owned(), std::env::var("PATH").unwrap())];
    Host::builder(folder).config(config).environment(environment).open().await.unwrap()
}

fn command(workspace: &Path, command: &str) -> ExecuteRequest {
    std::fs::create_dir_all(workspace).unwrap();
    ExecuteRequest {
        executor: Some("shell".into()),
        workspace: Some(workspace.display().to_string()),
        ..ExecuteRequest::new(command)
    }
}

async fn until(what: &str, mut look: impl AsyncFnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !look().await {
        assert!(Instant::now() < end, "this did not come: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hosts_in_one_process_do_not_meet() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut narrow = Config::default();
    narrow.run.max_concurrent = 1;
    let one = host(&at("one"), narrow.clone()).await;
    let two = host(&at("two"), narrow).await;

    // Each has a place of its own, so both are at work at once.
    let gate = at("gate");
    let waits = format!("until [ -e {} ]; do sleep 0.05; done; echo done > done.txt", gate.display());
    let first = one.runs().dispatch(command(&at("work-one"), &waits)).await.unwrap();
    let second = two.runs().dispatch(command(&at("work-two"), &waits)).await.unwrap();
    until("both at work", async || {
        let at_work =
            async |host: &Host, run| host.runs().get(run).await.unwrap().attempts[0].started_at.is_some();
        at_work(&one, first).await && at_work(&two, second).await
    })
    .await;
    assert_eq!(one.runs().get(second).await.unwrap_err().code, two.runs().get(first).await.unwrap_err().code);
    assert_eq!(one.status().orchestrator().await.unwrap().running, 1, "it knows of its own");

    // A component that is dropped into the folder of one serves there alone.
    let component = compressor(&at("one"));
    std::fs::write(one.plugins().folder().join("own.wasm"), component).unwrap();
    let has_own = |host: &Host| host.plugins().list().iter().any(|plugin| plugin.file.is_some());
    until("its component", async || has_own(&one)).await;
    assert!(!has_own(&two));

    let mut wider = Config::default();
    wider.run.max_concurrent = 5;
    one.reconfigure(wider).await.unwrap();
    assert_eq!((one.config().run.max_concurrent, two.config().run.max_concurrent), (5, 1));

    // One ends, and what it has in hand with it; the other one goes on.
    one.shutdown().await;
    assert_eq!(one.runs().get(first).await.unwrap().run.state, RunState::Cancelled);
    assert_eq!(two.runs().get(second).await.unwrap().run.state, RunState::Running);
    std::fs::write(&gate, "").unwrap();
    assert_eq!(two.runs().wait_for(second, PATIENCE, |_| {}).await.unwrap(), RunState::Succeeded);
    two.shutdown().await;
}

/// One of the shipped components, under another digest: a custom section changes nothing that it does.
fn compressor(data: &Path) -> Vec<u8> {
    let kept = std::fs::read_dir(data.join("plugin-store/components")).unwrap();
    let mut kept = kept.map(|file| std::fs::read(file.unwrap().path()).unwrap());
    let mermaid = kept.find(|bytes| bytes.windows(12).any(|word| word == b"flowchart LR"));
    let mut bytes = mermaid.expect("the compressor is kept");
    bytes.extend([0, 9, 4]);
    bytes.extend(b"test\x01\x00\x00\x00");
    bytes
}

/// What was answered, which must have gone well.
async fn fine(request: reqwest::RequestBuilder) -> Value {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    assert!(status.is_success(), "{status}: {text}");
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

#[tokio::test(flavor = "multi_thread")]
async fn its_routes_work_below_a_path_of_another_program() {
    let folder = tempfile::tempdir().unwrap();
    let host = host(&folder.path().join("data"), Config::default()).await;
    let own = Router::new().route("/", get(async || "the program's own"));
    let app = own.nest("/teams/{run}/agents", http::router(&host, Token::new(TOKEN), &[]));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let root = format!("http://{}", listener.local_addr().unwrap());
    let served = tokio::spawn(async move { axum::serve(listener, app).await });
    let base = format!("{root}/teams/red/agents");
    let client = jackfield_http::client().timeout(PATIENCE).no_proxy().build().unwrap();
    let get = |url: String| client.get(url).bearer_auth(TOKEN);

    assert_eq!(fine(client.get(&root)).await, "the program's own", "its own routes are not behind the token");
    assert_eq!(fine(client.get(format!("{base}/health"))).await["status"], "ok");
    let refused = client.get(format!("{base}/api/runs")).send().await.unwrap();
    assert_eq!(refused.status(), 401, "the host's are");

    // What an answer links to lies below the same path.
    let work = command(&folder.path().join("work"), "echo done > done.txt");
    let execute = client.post(format!("{base}/tasks/execute")).bearer_auth(TOKEN).json(&work);
    let answer = fine(execute).await;
    assert_eq!(answer["state"], "succeeded", "{answer}");
    let links = answer["links"].as_array().unwrap();
    assert_eq!(links.len(), 3, "{answer}");
    for link in links {
        fine(get(format!("{base}{}", link["path"].as_str().unwrap()))).await;
    }
    // The program's own part of the path is taken for none of ours, although it has the name of one.
    let shell = fine(get(format!("{base}/api/plugins/executor/shell"))).await;
    assert_eq!(shell["description"]["default_model"], "command", "{shell}");
    let described = fine(get(format!("{base}/openapi.json"))).await;
    assert_eq!(described["servers"][0]["url"], "/teams/red/agents", "{described}");
    let stranger = get(format!("{base}/api/nowhere")).send().await.unwrap();
    assert_eq!(stranger.status(), 404);

    // MCP: a call, and what its answer links to.
    let mcp = async |method: &str, name: Option<&str>, mut params: Value| {
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
            "io.modelcontextprotocol/clientInfo": { "name": "test", "version": "1" },
        });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let request = client.post(format!("{base}/mcp")).bearer_auth(TOKEN).json(&body);
        let request = request
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method);
        let request = name.into_iter().fold(request, |request, name| request.header("mcp-name", name));
        let answer = fine(request).await;
        assert!(answer["error"].is_null(), "{method}: {answer}");
        answer["result"].clone()
    };
    let called = json!({ "name": "result", "arguments": { "run_id": answer["run_id"] } });
    let told = mcp("tools/call", Some("result"), called).await;
    assert!(told["content"][0]["text"].as_str().unwrap().starts_with("flowchart LR"), "{told}");
    let content = told["content"].as_array().unwrap();
    let linked: Vec<_> = content.iter().filter(|part| part["type"] == "resource_link").collect();
    assert!(!linked.is_empty(), "{told}");
    for link in linked {
        let uri = link["uri"].as_str().unwrap();
        let read = mcp("resources/read", Some(uri), json!({ "uri": uri })).await;
        assert!(!read["contents"][0]["text"].as_str().unwrap().is_empty(), "{uri}: {read}");
    }
    served.abort();
    host.shutdown().await;
}
