//! Bad input at each interface: an error with a remedy, and nothing is created.

use crate::actors::{shell, with};
use jackfield_behaviour::{Era, Ground, Reply, Repository, Rest, sent};
use reqwest::header::{CONTENT_TYPE, HOST, ORIGIN};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Fails where an error lacks its code, its message or what to do next.
fn assert_helpful(problem: &Value, code: &str) {
    let message = problem.get("message").or(problem.get("detail"));
    assert_eq!(problem["code"], code, "{problem}");
    assert!(message.and_then(Value::as_str).is_some_and(|text| text.len() > 10), "{problem}");
    assert!(problem["remedy"].as_str().is_some_and(|text| text.len() > 3), "{problem}");
}

fn assert_nothing_made(ground: &Ground, repository: &Repository) {
    if ground.data().join("jackfield.db").exists() {
        let database = ground.database();
        for table in ["tasks", "runs", "attempts", "ledger"] {
            assert_eq!(database.count(table), 0, "{table}");
        }
    }
    assert_eq!(repository.branches(), Vec::<String>::new());
    repository.assert_untouched();
    assert_eq!(ground.worktrees(), Vec::<std::path::PathBuf>::new());
}

fn assert_refused(reply: &Reply, status: StatusCode, code: &str) {
    assert_eq!(reply.status, status, "{reply:?}");
    assert_eq!(reply.content_type, "application/problem+json", "{reply:?}");
    assert_helpful(&reply.json(), code);
}

/// What is wrong, and the code by which a program knows it.
fn bad_requests(ground: &Ground, repository: &Repository) -> Vec<(Value, &'static str)> {
    let good = || shell(repository, "echo hi > hi.txt");
    let file = ground.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let bad = |field: &str, value: Value| with(good(), json!({ field: value }));
    vec![
        (bad("executor", json!("nobody")), "unknown_executor"),
        (bad("executor", json!("claude")), "program_missing"),
        (bad("instruction", json!("")), "empty_instruction"),
        (bad("instruction", json!(" \n\t ")), "empty_instruction"),
        (bad("instruction", json!("x".repeat(2 << 20))), "instruction_too_long"),
        (bad("workspace", json!(ground.path().join("nowhere"))), "workspace_not_found"),
        (bad("workspace", json!(file)), "workspace_not_a_folder"),
        (bad("workspace", json!("no-such-name")), "unknown_workspace"),
        (bad("workspace", json!(repository.path().join(".git"))), "repository_internal_folder"),
        (bad("verbosity", json!("chatty")), "unknown_verbosity"),
        (bad("complexity", json!("hard")), "bad_complexity"),
        (bad("max_cost_usd", json!(0)), "bad_max_cost"),
        (bad("timeout_s", json!(0)), "bad_timeout"),
    ]
}

#[tokio::test]
async fn bad_requests_are_refused_over_rest_and_mcp_alike() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let mcp = Era::ALL.map(|era| server.mcp(era));
    for (request, code) in bad_requests(&ground, &repository) {
        let reply = server.rest().execute(&request).await;
        assert!(reply.status.is_client_error() || reply.status.is_server_error(), "{reply:?}");
        assert_eq!(reply.content_type, "application/problem+json");
        assert_helpful(&reply.json(), code);
        for mcp in &mcp {
            let said = mcp.call("execute", request.clone()).await;
            assert!(said.is_error, "{said:#?}");
            assert_helpful(&said.data, code);
            assert!(said.text.contains(said.data["remedy"].as_str().unwrap()), "{said:#?}");
        }
    }
    let nul = with(shell(&repository, "echo"), json!({ "instruction": "a\0b" }));
    assert_refused(&server.rest().execute(&nul).await, StatusCode::BAD_REQUEST, "instruction_has_nul");
    let model = json!({ "instruction": "x", "model": "no-such-model", "workspace": repository.text() });
    assert_refused(&server.rest().execute(&model).await, StatusCode::BAD_REQUEST, "unknown_model");
    assert_nothing_made(&ground, &repository);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn bad_requests_are_refused_on_the_command_line() {
    let ground = Ground::new();
    let repository = ground.repository();
    for (request, code) in bad_requests(&ground, &repository) {
        let text = |field: &str| {
            request[field].as_str().map(str::to_owned).unwrap_or_else(|| request[field].to_string())
        };
        let mut typed = vec!["run".to_owned(), "--json".to_owned(), "-".to_owned()];
        for (field, flag) in [
            ("executor", "--executor"),
            ("workspace", "--workspace"),
            ("verbosity", "--verbosity"),
            ("complexity", "--complexity"),
            ("max_cost_usd", "--max-cost"),
            ("timeout_s", "--timeout"),
        ] {
            if !request[field].is_null() {
                typed.extend([flag.to_owned(), text(field)]);
            }
        }
        let told = ground.cli().run_with(&typed, text("instruction").as_bytes()).await;
        assert_eq!(told.code, 2, "{told:#?}");
        assert_helpful(&told.problem(), code);
        assert_eq!(told.stdout, "");
    }
    let huge = vec![b'x'; 10 << 20];
    let typed = ["run", "--json", "--executor", "shell", "--workspace", &repository.text(), "-"];
    let told = ground.cli().run_with(typed, &huge).await;
    assert_eq!(told.code, 2);
    assert_helpful(&told.problem(), "instruction_too_long");
    assert_nothing_made(&ground, &repository);
    ground.leave();
}

#[tokio::test]
async fn instruction_of_ten_megabytes_is_refused_at_every_interface() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let huge = shell(&repository, &"x".repeat(10 << 20));
    assert_refused(&server.rest().execute(&huge).await, StatusCode::PAYLOAD_TOO_LARGE, "body_too_large");
    let call = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "execute", "arguments": huge } });
    let reply = sent(server.mcp(Era::Legacy).request("tools/call", None).json(&call)).await;
    assert_refused(&reply, StatusCode::PAYLOAD_TOO_LARGE, "body_too_large");
    assert_nothing_made(&ground, &repository);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn request_without_the_token_or_from_a_foreign_origin_is_refused() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let request = shell(&repository, "echo hi > hi.txt");
    for path in ["/tasks/execute", "/execute", "/mcp", "/api/breaker"] {
        let anyone = Rest::new(server.address(), None);
        assert_refused(&anyone.post(path, &request).await, StatusCode::UNAUTHORIZED, "unauthorized");
        let guess = Rest::new(server.address(), Some("jf_0000000000000000"));
        assert_refused(&guess.post(path, &request).await, StatusCode::UNAUTHORIZED, "unauthorized");
        for (header, value) in [
            (HOST, "example.com"),
            (HOST, "localhost.example.com:80"),
            (ORIGIN, "https://example.com"),
            (ORIGIN, "null"),
        ] {
            let request = server.rest().request(Method::POST, path).header(header, value).json(&request);
            assert_refused(&sent(request).await, StatusCode::FORBIDDEN, "foreign_origin");
        }
    }
    for (token, status) in
        [("jf_0000000000000000", StatusCode::UNAUTHORIZED), (server.token(), StatusCode::BAD_REQUEST)]
    {
        let direct =
            Rest::new(server.address(), None).request(Method::POST, "/execute").header("x-auth-token", token);
        assert_eq!(
            sent(direct.json(&json!({ "instruction": "" }))).await.status,
            status,
            "the executor's own door"
        );
    }
    let health = Rest::new(server.address(), None).get("/health").await.fine();
    assert_eq!(health["status"], "ok", "health alone needs no token");
    assert_nothing_made(&ground, &repository);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn unknown_field_route_or_tool_is_refused_by_name() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    for body in ["{\"instruction\": ", "[]", "", "\u{1}"] {
        let request = rest.request(Method::POST, "/tasks/execute").header(CONTENT_TYPE, "application/json");
        assert_refused(&sent(request.body(body)).await, StatusCode::BAD_REQUEST, "bad_json");
    }
    let typo = with(shell(&repository, "echo"), json!({ "excutor": "claude" }));
    let reply = rest.execute(&typo).await;
    assert_refused(&reply, StatusCode::BAD_REQUEST, "bad_json");
    assert!(reply.text.contains("excutor"), "{reply:?}");
    assert_refused(&rest.get("/api/nothing").await, StatusCode::NOT_FOUND, "no_such_route");
    assert_refused(
        &rest.get("/api/runs/01ARZ3NDEKTSV4RRFFQ69G5FAV").await,
        StatusCode::NOT_FOUND,
        "run_not_found",
    );
    assert_refused(&rest.get("/tasks/execute").await, StatusCode::METHOD_NOT_ALLOWED, "wrong_method");
    assert_refused(&rest.get("/api/runs?limit=many").await, StatusCode::BAD_REQUEST, "bad_query");
    assert_refused(&rest.get("/api/runs?state=asleep").await, StatusCode::BAD_REQUEST, "unknown_state");

    for era in Era::ALL {
        let mcp = server.mcp(era);
        let said = mcp.call("execute", typo.clone()).await;
        assert!(said.is_error && said.text.contains("excutor"), "{said:#?}");
        assert_helpful(&said.data, "bad_arguments");
        let unknown = mcp.ask("tools/call", json!({ "name": "exekute", "arguments": {} })).await;
        assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
        let message = unknown["error"]["message"].as_str().unwrap();
        assert!(message.contains("exekute") && message.contains("execute, dispatch, result"), "{message}");
        let method = mcp.ask("tools/destroy", json!({})).await;
        assert_eq!(method["error"]["code"], -32601, "{method}");
    }
    let broken = server.mcp(Era::Legacy).request("tools/call", None);
    let reply = sent(broken.header(CONTENT_TYPE, "application/json").body("{\"jsonrpc\": ")).await;
    assert!(reply.status.is_client_error(), "{reply:?}");
    assert_nothing_made(&ground, &repository);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn mistake_in_the_configuration_is_reported_with_its_line_and_nothing_starts() {
    for (config, line, named) in [
        ("[run]\n\nmax_concurent = 3\n", "line 3", "max_concurent"),
        ("[breaker]\nday_usd = \"lots\"\n", "line 2", "lots"),
        ("[run\n", "line 1", "run"),
    ] {
        let ground = Ground::new().with_config(config);
        let repository = ground.repository();
        let execute = vec!["run", "--json", "--executor", "shell", "echo hi"];
        for typed in [vec!["serve", "--json", "--listen", "127.0.0.1:0"], execute, vec!["runs", "--json"]] {
            let told = ground.cli().in_folder(repository.path()).run(typed).await;
            assert_eq!(told.code, 2, "{told:#?}");
            let problem = told.problem();
            assert_helpful(&problem, "bad_config");
            let message = problem["message"].as_str().unwrap();
            assert!(message.contains(line) && message.contains(named), "{message}");
            assert!(message.contains("jackfield.toml"), "{message}");
        }
        assert!(!ground.data().join("jackfield.db").exists(), "nothing was opened");
        assert_nothing_made(&ground, &repository);
        ground.leave();
    }
}

#[tokio::test]
async fn mistyped_command_line_is_refused_with_what_is_possible() {
    let ground = Ground::new();
    let repository = ground.repository();
    for (typed, named) in [
        (vec!["run", "--exekutor", "shell", "echo"], "--executor"),
        (vec!["rnu"], "run"),
        (vec!["run"], "<INSTRUCTION>"),
        (vec!["runs", "--set", "nothing"], "KEY=VALUE"),
    ] {
        let told = ground.cli().run(typed).await;
        assert_eq!(told.code, 2, "{told:#?}");
        assert!(told.stderr.contains(named), "{told:#?}");
    }
    for (typed, code) in [
        (vec!["serve", "--json", "--listen", "0.0.0.0:0"], "not_loopback"),
        (vec!["serve", "--json", "--listen", "here"], "bad_address"),
        (vec!["runs", "--json", "01ARZ3NDEKTSV4RRFFQ69G5FAV"], "run_not_found"),
        (vec!["logs", "--json"], "no_runs"),
        (vec!["runs", "--json", "--set", "run.timeout_s=0"], "bad_config"),
    ] {
        let told = ground.cli().run(typed).await;
        assert_eq!(told.code, 2, "{told:#?}");
        assert_helpful(&told.problem(), code);
    }
    assert_nothing_made(&ground, &repository);
    ground.leave();
}
