//! Bounds of requests: the folders of a run, the worker of a token, the length of texts, the names of the host; and the
//! check that the database is the one that was opened.

use crate::actors::{shell, with};
use jackfield_behaviour::{Ground, Rest, Server, until_told};
use reqwest::StatusCode;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::os::unix::fs::symlink;
use std::path::Path;

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

async fn token(ground: &Ground, name: &str, scope: &str) -> String {
    let typed = ["token", "create", name, "--json", "--scope", scope];
    let made = ground.cli().run(typed).await.fine().json();
    text(&made["text"]).to_owned()
}

async fn ended(rest: &Rest, run: &str) -> Value {
    until_told("the run has ended", async || {
        let view = rest.get(&format!("/api/runs/{run}")).await.fine();
        (!view["run"]["ended_at"].is_null()).then_some(view)
    })
    .await
}

#[tokio::test]
async fn link_that_changes_while_its_run_is_queued_leads_to_no_other_folder() {
    let ground = Ground::new();
    let open = ground.path().join("open");
    std::fs::create_dir(&open).unwrap();
    let config = format!("[run]\nroots = ['{}']\nmax_concurrent = 1\n", open.display());
    let ground = ground.with_config(&config);
    let (site, private) = (open.join("site"), ground.repository());
    private.git(&["clone", "-q", ".", site.to_str().unwrap()]);
    let link = open.join("link");
    symlink(&site, &link).unwrap();
    let asked = |instruction: &str, workspace: &Path| json!({ "instruction": instruction, "executor": "shell", "workspace": workspace });
    let server = ground.serve().await;
    let rest = server.rest_as(&token(&ground, "ann", "execute").await);

    let gate = ground.path().join("go");
    let first = asked(&format!("while ! test -e {}; do sleep 0.1; done", gate.display()), &site);
    rest.post("/tasks/dispatch", &first).await.fine();
    let by_link = rest.post("/tasks/dispatch", &asked("echo x > mine.txt", &link)).await.fine();
    let by_path = rest.post("/tasks/dispatch", &asked("echo x > mine.txt", &site)).await.fine();
    std::fs::remove_file(&link).unwrap();
    symlink(private.path(), &link).unwrap();
    std::fs::write(&gate, "").unwrap();
    let done = ended(&rest, text(&by_link["run_id"])).await;
    assert_eq!(done["run"]["state"], "succeeded", "it works where it was admitted: {done}");
    ended(&rest, text(&by_path["run_id"])).await;
    assert_eq!(private.branches(), Vec::<String>::new(), "nothing was made outside");

    std::fs::remove_file(&gate).unwrap();
    rest.post("/tasks/dispatch", &first).await.fine();
    let waiting = rest.post("/tasks/dispatch", &asked("cat *.md", &site)).await.fine();
    until_told("the first is at work", async || {
        let runs = rest.get("/api/runs?state=running").await.fine();
        (runs.as_array().unwrap().len() == 1).then_some(())
    })
    .await;
    let aside = ground.path().join("aside");
    std::fs::rename(&site, &aside).unwrap();
    symlink(private.path(), &site).unwrap();
    std::fs::write(&gate, "").unwrap();
    let refused = ended(&rest, text(&waiting["run_id"])).await;
    assert_eq!(refused["run"]["state"], "failed", "{refused}");
    assert!(refused.to_string().contains("is not the repository or folder that this run was admitted for"));
    assert_eq!(private.branches(), Vec::<String>::new(), "nothing was made outside");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn work_token_of_one_worker_is_refused_for_another() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let (shed, evil) = (token(&ground, "shed", "work").await, token(&ground, "evil", "work").await);
    let (shed, evil) = (server.rest_as(&shed), server.rest_as(&evil));
    let listed = server.rest().get("/api/workers").await.fine();
    let local = listed["workers"][0]["id"].clone();
    assert_eq!(listed["workers"][0]["kind"], "local");
    let own = json!("01ARZ3NDEKTSV4RRFFQ69G5FAV");
    let nobody = json!("01ARZ3NDEKTSV4RRFFQ69G5FAW");
    let registration = |worker: &Value| {
        json!({
        "worker": worker, "name": "w", "version": "1", "slots": 5, "executors": ["shell"] })
    };
    let register =
        async |rest: &Rest, worker: &Value| rest.post("/api/worker/register", &registration(worker)).await;
    register(&shed, &own).await.fine();
    register(&shed, &own).await.fine();

    let held = server.rest().post("/tasks/dispatch", &shell(&repository, "sleep 600")).await.fine();
    for worker in [&local, &own] {
        assert_eq!(register(&evil, worker).await.status, StatusCode::NOT_FOUND, "it is not taken over");
        for (path, body) in [
            ("/api/worker/work", json!({ "worker": worker, "holds": [], "free": 5, "wait_s": 0 })),
            ("/api/worker/release", json!({ "worker": worker })),
            ("/api/worker/beat", json!({ "worker": worker, "holds": [], "ending": [], "wait_s": 0 })),
        ] {
            let foreign = evil.post(path, &body).await;
            let unknown = evil.post(path, &with(body, json!({ "worker": nobody }))).await;
            let plain = |text: &str, id: &Value| text.replace(id.as_str().unwrap(), "ID");
            assert_eq!(
                (foreign.status, plain(&foreign.text, worker)),
                (unknown.status, plain(&unknown.text, &nobody)),
                "{path}: the same answer as for a worker that is not known"
            );
        }
    }
    let listed = server.rest().get("/api/workers").await.fine();
    let find =
        |id: &Value| listed["workers"].as_array().unwrap().iter().find(|line| line["id"] == *id).cloned();
    assert_eq!(find(&local).unwrap()["kind"], "local");
    assert_ne!(find(&local).unwrap()["name"], "w");
    assert!(find(&own).is_some(), "it is there still");

    // One token, one worker, until that has gone.
    register(&evil, &nobody).await.fine();
    let other = json!("01ARZ3NDEKTSV4RRFFQ69G5FAX");
    let second = register(&evil, &other).await;
    assert_eq!(
        (second.status, &second.json()["code"]),
        (StatusCode::BAD_REQUEST, &json!("token_has_worker"))
    );
    evil.post("/api/worker/release", &json!({ "worker": nobody })).await.fine();
    register(&evil, &other).await.fine();
    let workspace = server.rest().get(&format!("/api/runs/{}", text(&held["run_id"]))).await.fine();
    let workspace = text(&workspace["run"]["workspace"]).to_owned();
    let packed = evil.get(&format!("/api/worker/workspaces/{workspace}")).await;
    assert_eq!(packed.status, StatusCode::NOT_FOUND, "only what it has a run of: {packed:?}");
    let huge = with(registration(&other), json!({ "name": "x".repeat(1_000) }));
    assert_eq!(evil.post("/api/worker/register", &huge).await.status, StatusCode::BAD_REQUEST);
    server
        .rest()
        .post(&format!("/api/runs/{}", text(&held["run_id"])), &json!({ "action": "cancel" }))
        .await
        .fine();
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn text_or_list_over_its_limit_is_refused_with_the_name_of_the_field() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    for (field, value, code) in [
        ("title", json!("x".repeat(500_000)), "text_too_long"),
        ("task_type", json!("x".repeat(100_000)), "text_too_long"),
        ("model", json!("x".repeat(100_000)), "text_too_long"),
        ("keywords", json!(vec!["x"; 20_000]), "list_too_long"),
        ("stack", json!(vec!["x"; 20_000]), "list_too_long"),
        ("idempotency_key", json!("x".repeat(100_000)), "text_too_long"),
    ] {
        let reply =
            rest.post("/tasks/dispatch", &with(shell(&repository, "true"), json!({ field: value }))).await;
        assert_eq!((reply.status, &reply.json()["code"]), (StatusCode::BAD_REQUEST, &json!(code)), "{field}");
        assert!(reply.text.contains(field) && reply.text.len() < 1_000, "{field}: {}", reply.text.len());
    }
    assert_eq!(ground.database().count("tasks"), 0);
    for query in ["audit?who", "runs?workspace", "tasks?workspace"] {
        let reply = rest.get(&format!("/api/{query}={}", "x".repeat(5_000))).await;
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (StatusCode::BAD_REQUEST, &json!("text_too_long")),
            "{query}"
        );
    }
    let description = rest.get("/openapi.json").await.fine();
    let fields = &description["components"]["schemas"]["ExecuteRequest"]["properties"];
    assert_eq!((&fields["model"]["maxLength"], &fields["keywords"]["maxItems"]), (&json!(200), &json!(100)));
    server.stop().await;
    ground.leave();
}

/// The status line of the answer to a request that is sent as it is.
fn raw(server: &Server, head: &str) -> String {
    let mut stream = std::net::TcpStream::connect(server.address()).unwrap();
    let head = head.replace("TOKEN", server.token()).replace('\n', "\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn request_with_a_missing_repeated_or_foreign_host_is_refused() {
    let ground = Ground::new();
    let server = ground.serve().await;
    let own = format!("Host: {}\n", server.address());
    let ask = |hosts: &str| {
        let rest = "Authorization: Bearer TOKEN\nConnection: close\n\n";
        raw(&server, &format!("GET /api/status HTTP/1.1\n{hosts}{rest}"))
    };
    assert!(ask(&own).contains("200"), "{}", ask(&own));
    for (hosts, status) in [
        (String::new(), "400"),
        (format!("{own}Host: example.com\n"), "400"),
        (format!("{own}{own}"), "400"),
        ("Host: [::1].evil.com\n".into(), "403"),
        ("Host: [::1]evil\n".into(), "403"),
        ("Host: localhost:evil.com\n".into(), "403"),
        ("Host: 127.0.0.1:80:x\n".into(), "403"),
        (format!("{own}Origin: http://localhost:80@evil.com\n"), "403"),
        (format!("{own}Origin: http://[::1]@evil.com\n"), "403"),
        (format!("{own}Origin: http://localhost/\n"), "403"),
    ] {
        let line = ask(&hosts);
        assert!(line.contains(status), "{hosts}: {line}");
    }
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn database_that_is_replaced_while_the_host_runs_refuses_requests() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    server.rest().execute(&shell(&repository, "echo hi > hi.txt")).await.fine();
    let (file, aside) = (ground.data().join("jackfield.db"), ground.path().join("aside.db"));
    std::fs::rename(&file, &aside).unwrap();
    let refused = server.rest().post("/tasks/dispatch", &shell(&repository, "true")).await;
    assert_eq!(
        (refused.status, &refused.json()["code"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("records_replaced")),
        "{refused:?}"
    );
    let health = Rest::new(server.address(), None).get("/health").await;
    assert_eq!(health.status, StatusCode::SERVICE_UNAVAILABLE, "{health:?}");
    std::fs::rename(&aside, &file).unwrap();
    server.rest().execute(&shell(&repository, "true")).await.fine();
    server.stop().await;

    std::fs::write(&file, "").unwrap();
    let told = ground.cli().run(["runs", "--json"]).await;
    assert_eq!((told.code, &told.problem()["code"]), (2, &json!("records_emptied")), "{told:#?}");
    ground.leave();
}

#[tokio::test]
async fn small_file_size_limit_of_the_user_is_reported_as_an_error() {
    let ground = Ground::new();
    let repository = ground.repository();
    let through = ["sh", "-c", "ulimit -f 8; exec \"$@\"", "sh"];
    let told = ground.cli().through(through).run(["runs", "--json"]).await;
    assert_eq!(told.code, 2, "it is told, and ends by itself: {told:#?}");
    assert!(told.problem()["message"].is_string(), "{told:#?}");
    // What it starts has the usual answer to the signal.
    let agent = "ulimit -f 1; head -c 100000 /dev/zero > big || kill -l $?";
    let server = ground.serve().await;
    let done =
        server.rest().execute(&with(shell(&repository, agent), json!({ "verbosity": "full" }))).await.fine();
    assert!(done["text"].as_str().unwrap().contains("XFSZ"), "{done}");
    server.stop().await;
    ground.leave();
}
