//! REST against its own description: methods, scopes, pages, tags and keys are as described. The description is pinned
//! by `tests/snapshots/openapi.json`; `BLESS=1` writes it anew.

use crate::actors::{shell, with};
use jackfield_behaviour::{Ground, Reply, Rest, sent};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::{env, fs};

fn operations(description: &Value) -> Vec<(&String, &String, &Value)> {
    let paths = description["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().iter().map(move |(method, operation)| (path, method, operation))
        })
        .collect()
}

fn references<'a>(value: &'a Value, into: &mut BTreeSet<&'a str>) {
    match value {
        Value::Object(fields) => {
            into.extend(fields.get("$ref").and_then(Value::as_str));
            fields.values().for_each(|field| references(field, into));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, into)),
        _ => {}
    }
}

#[tokio::test]
async fn openapi_description_is_complete_and_equals_its_snapshot() {
    let ground = Ground::new();
    let server = ground.serve().await;
    // It holds no secret, so that tools may read it without a token.
    let reply = Rest::new(server.address(), None).get("/openapi.json").await;
    let described = reply.json();
    assert_eq!(described["openapi"], "3.1.0");
    let mut found = BTreeSet::new();
    references(&described, &mut found);
    for reference in &found {
        assert!(described.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }
    let names = described["components"]["schemas"].as_object().unwrap().keys();
    for name in names {
        assert!(found.contains(format!("#/components/schemas/{name}").as_str()), "{name} is of no use");
    }
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&described) {
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{method} {path}");
        assert!(operation["summary"].as_str().unwrap().ends_with('.'), "{method} {path}");
        let open = [("get", "/health"), ("get", "/openapi.json"), ("post", "/api/session")]
            .contains(&(method.as_str(), path.as_str()));
        assert_eq!(operation["security"].as_array().unwrap().is_empty(), open, "{method} {path}");
    }

    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../snapshots/openapi.json");
    let mut shown = described.clone();
    shown["info"]["version"] = json!("VERSION");
    if env::var_os("BLESS").is_some() {
        fs::write(&file, format!("{shown:#}\n")).unwrap();
    }
    let kept: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    assert!(shown == kept, "the description is not what it was; if that is meant, bless it: BLESS=1");
    server.stop().await;
    ground.leave();
}

/// Asks with a method that no route has: the refusal names those that it has.
#[tokio::test]
async fn every_route_answers_the_described_methods_and_no_other() {
    let ground = Ground::new();
    let server = ground.serve().await;
    let rest = server.rest();
    let described = rest.get("/openapi.json").await.json();
    let mut methods: BTreeMap<&String, BTreeSet<String>> = BTreeMap::new();
    for (path, method, _) in operations(&described) {
        let of_path = methods.entry(path).or_default();
        of_path.insert(method.to_uppercase());
        of_path.extend((method == "get").then(|| "HEAD".to_owned()));
    }
    for (path, methods) in methods {
        // Whatever is asked besides.
        let address = format!("{}?limit=1", path.replace(['{', '}'], ""));
        let reply = sent(rest.request(Method::TRACE, &address)).await;
        assert_eq!(reply.status, StatusCode::METHOD_NOT_ALLOWED, "{path}: {reply:?}");
        let allowed: BTreeSet<String> =
            reply.header("allow").split(',').map(|m| m.trim().to_owned()).collect();
        assert_eq!(allowed, methods, "{path}");
        assert_eq!(reply.json()["code"], "wrong_method");
    }
    server.stop().await;
    ground.leave();
}

/// A token with every scope but the needed one, and one with the needed one alone.
#[tokio::test]
async fn every_route_needs_the_described_scope_and_no_more() {
    let ground = Ground::new();
    let server = ground.serve().await;
    let owner = server.rest();
    let mut callers = BTreeMap::new();
    for scopes in
        [&["read"][..], &["execute"], &["work"], &["admin"], &["read", "work"], &["execute", "work"]]
    {
        let request = json!({ "name": scopes.join("-"), "scopes": scopes, "sees": "all" });
        let made = owner.post("/api/tokens", &request).await.fine();
        callers.insert(scopes.join("-"), Rest::new(server.address(), made["text"].as_str()));
    }
    let described = owner.get("/openapi.json").await.json();
    for (path, method, operation) in operations(&described) {
        let Some(scope) = operation["security"][0]["bearer"][0].as_str() else { continue };
        let without = match scope {
            "read" => "work",
            "execute" => "read-work",
            "work" => "execute",
            _ => "execute-work",
        };
        let method: Method = method.to_uppercase().parse().unwrap();
        let address = path.replace(['{', '}'], "");
        for (caller, refused) in [(without, true), (scope, false)] {
            // An empty body is refused too, but only after the scope was checked. A stream has no end to wait for.
            let reply = callers[caller].request(method.clone(), &address).send().await.unwrap();
            let is_refused = reply.status() == StatusCode::FORBIDDEN;
            assert_eq!(is_refused, refused, "{method} {path} with {caller}: {reply:?}");
            if refused {
                let asked = reply.headers()["www-authenticate"].to_str().unwrap();
                assert!(asked.contains(&format!("scope=\"{scope}\"")), "{reply:?}");
            }
        }
    }
    server.stop().await;
    ground.leave();
}

fn next(reply: &Reply, path: &str) -> Option<String> {
    let link = reply.headers.get("link")?.to_str().unwrap();
    let query = link.strip_prefix('<').unwrap().strip_suffix(">; rel=\"next\"").unwrap();
    Some(format!("{path}{query}"))
}

#[tokio::test]
async fn paged_list_shows_every_entry_once() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    for number in 0..5 {
        let title = json!({ "title": format!("number {number}"), "wait_s": 30 });
        rest.execute(&with(shell(&repository, "echo done"), title)).await.fine();
        rest.post("/api/human-tasks", &json!({ "title": format!("look at {number}") })).await.fine();
    }
    let run = rest.get("/api/runs?limit=1").await.json()[0]["run"].as_str().unwrap().to_owned();
    let logs = format!("/api/runs/{run}/logs");
    let all_logs = rest.get(&logs).await.json().as_array().unwrap().len();
    for (path, query, field, expected) in [
        ("/api/runs", "?state=succeeded&limit=2", "run", 5),
        ("/api/tasks", "?limit=2", "id", 5),
        ("/api/human-tasks", "?limit=2", "id", 5),
        (logs.as_str(), "?limit=2", "seq", all_logs),
    ] {
        let (mut address, mut seen, mut pages) = (Some(format!("{path}{query}")), Vec::new(), 0);
        while let Some(at) = address {
            let reply = rest.get(&at).await;
            address = next(&reply, path);
            pages += 1;
            let lines = reply.json().as_array().unwrap().clone();
            assert!(lines.len() <= 2, "{at}");
            seen.extend(lines.iter().map(|line| line[field].to_string()));
        }
        assert_eq!(seen.len(), expected, "{path}: {seen:?}");
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), expected, "{path} repeats itself");
        assert!(pages > 2, "{path} has one page");
    }
    let refused = rest.get("/api/runs?stat=failed").await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (400, &json!("bad_query")));
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn request_with_the_current_etag_is_not_answered_again_until_a_change() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let answer = rest.execute(&shell(&repository, "echo hello > hello.txt")).await.fine();
    let (run, task) = (answer["run_id"].as_str().unwrap(), answer["task_id"].as_str().unwrap());
    let person = rest.post("/api/human-tasks", &json!({ "title": "look" })).await.fine();
    let person = format!("/api/human-tasks/{}", person["id"].as_str().unwrap());
    for path in [
        format!("/api/runs/{run}"),
        format!("/api/runs/{run}/diff"),
        format!("/api/tasks/{task}"),
        person.clone(),
        "/openapi.json".to_owned(),
    ] {
        let tag = rest.get(&path).await.header("etag").to_owned();
        let again = sent(rest.request(Method::GET, &path).header("if-none-match", &tag)).await;
        assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""), "{path}");
        assert_eq!(again.header("etag"), tag);
    }
    let tag = rest.get(&person).await.header("etag").to_owned();
    let edit = rest.request(Method::PATCH, &person).json(&json!({ "priority": 5 }));
    assert_eq!(sent(edit).await.fine()["priority"], 5);
    let changed = sent(rest.request(Method::GET, &person).header("if-none-match", &tag)).await;
    assert_eq!((changed.status.as_u16(), &changed.json()["priority"]), (200, &json!(5)));
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn call_repeated_with_an_idempotency_key_header_is_executed_once() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let post = |path: &str, key: &str, body: &Value| {
        sent(rest.request(Method::POST, path).header("idempotency-key", key).json(body))
    };
    let body = shell(&repository, "echo once >> log.txt");
    let mut runs = BTreeSet::new();
    for path in ["/tasks/dispatch", "/tasks/execute", "/tasks/dispatch", "/execute"] {
        let answer = post(path, "deploy-1", &body).await.fine();
        runs.insert(answer["run_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(runs.len(), 1, "{runs:?}");
    let other = post("/tasks/dispatch", "deploy-1", &shell(&repository, "echo twice")).await;
    assert_eq!(other.status, StatusCode::CONFLICT, "{other:?}");

    let task = json!({ "instruction": "mend it by hand", "workspace": repository.text() });
    let first = post("/api/tasks", "hand-1", &task).await;
    let again = post("/api/tasks", "hand-1", &task).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200));
    assert_eq!(first.json()["task_id"], again.json()["task_id"]);
    let path = format!("/api/tasks/{}/write", first.json()["task_id"].as_str().unwrap());
    let made = json!({ "executor": "shell", "outcome": "succeeded", "latency_ms": 5, "cost_usd": 0.25 });
    let first = post(&path, "hand-2", &made).await;
    let again = post(&path, "hand-2", &made).await;
    assert_eq!((first.status.as_u16(), again.status.as_u16()), (201, 200));

    let todo = json!({ "title": "sign the lease" });
    let first = post("/api/human-tasks", "hand-3", &todo).await.fine();
    assert_eq!(post("/api/human-tasks", "hand-3", &todo).await.fine()["id"], first["id"]);
    let other = post("/api/human-tasks", "hand-3", &json!({ "title": "sign the other" })).await;
    assert_eq!((other.status.as_u16(), &other.json()["code"]), (409, &json!("idempotency_conflict")));

    let two = with(body.clone(), json!({ "idempotency_key": "another" }));
    for (key, body) in [("deploy-1", &two), ("", &body), (&"k".repeat(201), &body), ("a b", &body)] {
        let refused = post("/tasks/dispatch", key, body).await;
        let said = (refused.status.as_u16(), refused.json()["code"].clone());
        assert_eq!(said, (400, json!("bad_idempotency_key")), "{key}");
    }
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn what_mcp_tools_do_is_available_over_rest() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let request = with(
        shell(&repository, "until [ -e go ]; do sleep 0.05; done; echo through"),
        json!({ "wait_s": 0 }),
    );
    let run = rest.post("/tasks/dispatch", &request).await.fine()["run_id"].as_str().unwrap().to_owned();
    let waiting = rest.get(&format!("/api/runs/{run}/result?wait_s=0")).await;
    assert_eq!(waiting.status, StatusCode::ACCEPTED);
    assert!(waiting.json()["next"].as_str().unwrap().contains(&run));
    rest.post(&format!("/api/runs/{run}"), &json!({ "action": "cancel" })).await.fine();
    let ended = rest.get(&format!("/api/runs/{run}/result?verbosity=summary")).await;
    assert_eq!((ended.status, &ended.json()["state"]), (StatusCode::OK, &json!("cancelled")));
    let unknown = rest.get(&format!("/api/runs/{run}/result?verbosity=poem")).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST, "{unknown:?}");

    let command =
        json!({ "instruction": "echo hello", "task_type": "command", "workspace": repository.text() });
    let advice = rest.post("/api/choose", &command).await.fine();
    assert_eq!(advice["choices"][0]["executor"], "shell");
    let runs = rest.get("/api/runs").await.json().as_array().unwrap().len();
    assert_eq!(runs, 1, "whom the chooser would pick starts nothing");

    let task = rest.get(&format!("/api/runs/{run}")).await.json()["task"]["id"].as_str().unwrap().to_owned();
    let narrowed = rest.get(&format!("/api/tasks/{task}?run_id={run}")).await.fine();
    assert_eq!(narrowed["runs"][0]["run"]["id"], run.as_str());
    assert_eq!(
        rest.get(&format!("/api/tasks/{task}/consensus?run_id={run}")).await.fine()["rounds"],
        json!([])
    );

    let chooser = &rest.get("/api/plugins").await.fine()["plugins"];
    let chooser = chooser.as_array().unwrap().iter().find(|plugin| plugin["kind"] == "chooser").unwrap();
    let path = format!("/api/plugins/chooser/{}", chooser["name"].as_str().unwrap());
    assert_eq!(rest.get(&path).await.fine()["status"]["digest"], chooser["digest"]);
    let pinned = rest.post(&path, &json!({ "action": "pin", "digest": chooser["digest"] })).await.fine();
    assert_eq!(pinned["pinned"], chooser["digest"]);
    assert_eq!(rest.post(&path, &json!({ "action": "unpin" })).await.fine()["pinned"], Value::Null);
    let nothing = rest.post(&path, &json!({ "action": "rollback" })).await;
    assert_eq!((nothing.status.as_u16(), &nothing.json()["code"]), (400, &json!("nothing_to_undo")));
    assert_eq!(rest.get("/api/plugins/poet/any").await.status, StatusCode::NOT_FOUND);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn path_that_is_not_utf8_is_refused_with_a_problem() {
    let ground = Ground::new();
    let server = ground.serve().await;
    let reply = server.rest().get("/api/runs/%FF%FE").await;
    assert_eq!((reply.status.as_u16(), reply.content_type.as_str()), (400, "application/problem+json"));
    assert_eq!(reply.json()["code"], "bad_address");
    server.stop().await;
    ground.leave();
}
