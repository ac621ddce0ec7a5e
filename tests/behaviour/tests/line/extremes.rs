//! Figures that nobody means, in every numeric field of every interface: refused or bounded, and the host works on.
//!
//! The fields are those of the host's own descriptions, so that a new one is tried without a word here.

use crate::actors::{recorded_claude, shell};
use futures::StreamExt;
use jackfield_behaviour::{Era, Ground, Rest, sent};
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};
use std::time::Duration;

/// What stands for the figure until its text is put there.
const MARK: &str = "@figure@";
/// Figures as they are written: past what 64 bits hold, below nothing, no numbers at all.
const LITERALS: [&str; 12] = [
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775807",
    "-9223372036854775808",
    "-1",
    "0",
    "1e308",
    "-1e308",
    "1e400",
    "0.5",
    "\"NaN\"",
    "99999999999999999999999999999999",
];
/// Longest that one of them is waited for: a worker may ask to wait for a minute.
const PATIENCE: Duration = Duration::from_secs(4);

/// Bodies that a schema allows but for one figure, which is [`MARK`].
struct Bodies<'a> {
    description: &'a Value,
    names: &'a [(&'a str, Value)],
}

impl<'a> Bodies<'a> {
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            Some(to) => self.description.pointer(to.trim_start_matches('#')).unwrap(),
            None => schema,
        }
    }

    fn is(schema: &Value, kind: &str) -> bool {
        let is = |value: &Value| value == kind;
        is(&schema["type"]) || schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(is))
    }

    fn variants(schema: &'a Value) -> Vec<&'a Value> {
        let of = |name: &str| schema[name].as_array().into_iter().flatten();
        of("oneOf").chain(of("anyOf")).collect()
    }

    fn known(&self, name: &str) -> Option<Value> {
        self.names.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    }

    /// Something that the schema allows.
    fn sample(&self, schema: &'a Value, name: &str, depth: usize) -> Value {
        let schema = self.resolved(schema);
        let first = |values: &Value| values.as_array().and_then(|values| values.first().cloned());
        if let Some(value) = schema.get("const").cloned().or_else(|| first(&schema["enum"])) {
            return value;
        }
        if let Some(variant) = Self::variants(schema).first().filter(|_| depth > 0) {
            return self.sample(variant, name, depth - 1);
        }
        if let Some(known) = self.known(name) {
            return known;
        }
        match () {
            () if Self::is(schema, "object") => self.object(schema, depth),
            () if Self::is(schema, "array") => json!([]),
            () if Self::is(schema, "integer") || Self::is(schema, "number") => json!(1),
            () if Self::is(schema, "boolean") => json!(false),
            () => json!("x"),
        }
    }

    fn object(&self, schema: &'a Value, depth: usize) -> Value {
        let needed = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let field = |name: &str| {
            (name.to_owned(), self.sample(&schema["properties"][name], name, depth.saturating_sub(1)))
        };
        Value::Object(needed.map(field).collect::<Map<_, _>>())
    }

    /// A body for every figure in it.
    fn marked(&self, schema: &'a Value, depth: usize) -> Vec<Value> {
        let schema = self.resolved(schema);
        if depth == 0 {
            return Vec::new();
        }
        if Self::is(schema, "integer") || Self::is(schema, "number") {
            return vec![json!(MARK)];
        }
        let mut bodies: Vec<Value> =
            Self::variants(schema).into_iter().flat_map(|variant| self.marked(variant, depth - 1)).collect();
        if Self::is(schema, "array") {
            let items = self.marked(&schema["items"], depth - 1);
            bodies.extend(items.into_iter().map(|item| json!([item])));
        }
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            for figure in self.marked(property, depth - 1) {
                let mut body = self.object(schema, depth);
                body[name] = figure;
                bodies.push(body);
            }
        }
        bodies
    }
}

/// What is asked, and how it is answered: a status; nothing where it was waited for too long.
async fn answered(rest: &Rest, method: Method, path: String, body: Option<String>) -> (String, u16, String) {
    let shown = format!("{method} {path} {}", body.as_deref().unwrap_or_default());
    let mut request = rest.request(method, &path).timeout(PATIENCE);
    if let Some(body) = body {
        request = request.header(CONTENT_TYPE, "application/json").body(body);
    }
    match request.send().await {
        Ok(response) => {
            let status = response.status().as_u16();
            (shown, status, response.text().await.unwrap_or_default())
        }
        Err(error) if error.is_timeout() => (shown, 0, String::new()),
        Err(error) => panic!("{shown}: {error}"),
    }
}

async fn none_fails(rest: &Rest, asked: Vec<(Method, String, Option<String>)>, at_once: usize) {
    let answers = futures::stream::iter(
        asked.into_iter().map(|(method, path, body)| answered(rest, method, path, body)),
    );
    let mut answers = answers.buffer_unordered(at_once);
    while let Some((shown, status, text)) = answers.next().await {
        assert!(status < 500, "{shown}: {status} {text}");
    }
}

/// Every request of the description that has a figure, in its body or behind its `?`, with every literal.
fn requests(description: &Value, names: &[(&str, Value)]) -> Vec<(Method, String, Option<String>)> {
    let bodies = Bodies { description, names };
    let mut asked = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
            let mut path = path.clone();
            for parameter in parameters.iter().filter(|parameter| parameter["in"] == "path") {
                let name = parameter["name"].as_str().unwrap();
                let value = bodies.known(name).unwrap_or_else(|| json!("x"));
                path = path.replace(&format!("{{{name}}}"), value.as_str().unwrap());
            }
            for parameter in parameters.iter().filter(|parameter| parameter["in"] == "query") {
                if !Bodies::is(&parameter["schema"], "integer") && !Bodies::is(&parameter["schema"], "number")
                {
                    continue;
                }
                let name = parameter["name"].as_str().unwrap();
                let plain = LITERALS.iter().map(|literal| literal.trim_matches('"').replace('+', "%2B"));
                asked.extend(plain.map(|figure| (method.clone(), format!("{path}?{name}={figure}"), None)));
            }
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            for body in bodies.marked(schema, 7) {
                let text = body.to_string();
                let mark = format!("\"{MARK}\"");
                assert!(text.contains(&mark), "{text}");
                asked.extend(
                    LITERALS
                        .iter()
                        .map(|literal| (method.clone(), path.clone(), Some(text.replace(&mark, literal)))),
                );
            }
        }
    }
    asked
}

/// A worker that is known, and an attempt that it was given.
async fn given(rest: &Rest, worker: &str, work: &Value) -> String {
    let known =
        json!({ "worker": worker, "name": "shed", "version": "1", "slots": 4, "executors": ["claude"] });
    rest.post("/api/worker/register", &known).await.fine();
    rest.post("/tasks/dispatch", work).await.fine();
    let ask = json!({ "worker": worker, "holds": [], "free": 4, "wait_s": 5 });
    let assignment = rest.post("/api/worker/work", &ask).await.fine();
    assignment["attempts"][0]["id"].as_str().unwrap().to_owned()
}

fn ground(config: &str) -> Ground {
    Ground::new()
        .with_config(config)
        .with("ANTHROPIC_API_KEY", "a-key-of-no-account")
        .with_script("claude", &recorded_claude("0.06", ""))
}

/// Nothing of what was sent is in the ledger, and a paid run still succeeds.
async fn assert_sound(ground: &Ground, rest: &Rest, paid: &Value) {
    assert_eq!(rest.get("/health").await.fine()["status"], "ok");
    for path in ["/workflow/stats", "/api/status", "/api/breaker", "/api/runs", "/api/tasks"] {
        rest.get(path).await.fine();
    }
    let log = ground.server_log();
    assert!(!log.contains("panicked"), "{log}");
    let database = ground.database();
    let (spent, held) = database.ledger();
    assert_eq!(database.breaker(), (spent, held), "the breaker is what the ledger says");
    assert!((0..20_000_000).contains(&spent), "{spent}");
    assert_eq!(rest.get("/api/breaker").await.fine()["state"], "closed");
    let answer = rest.execute(paid).await.fine();
    assert_eq!(answer["state"], "succeeded", "{answer}");
    assert!(ground.database().ledger().0 >= spent + 60_000, "it was charged");
}

#[tokio::test]
async fn every_extreme_figure_over_rest_is_refused_or_bounded_and_work_goes_on() {
    let ground =
        ground("[run]\nmax_concurrent = 6\n[executors.shell]\nslots = 6\n[server]\ncalls_per_s = 100000\n");
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let paid = json!({ "instruction": "x", "executor": "claude", "workspace": repository.text() });
    let done = rest.execute(&shell(&repository, "true")).await.fine();
    let (run, task) = (done["run_id"].clone(), done["task_id"].clone());
    let worker = json!("01JZZZZZZZZZZZZZZZZZZZZZZZ");
    let names = [
        ("executor", json!("shell")),
        ("instruction", json!("true")),
        ("workspace", json!(repository.text())),
        ("run", run.clone()),
        ("run_id", run.clone()),
        ("id", task.clone()),
        ("task_id", task),
        ("worker", worker.clone()),
        ("attempt", worker),
        ("at", json!("2026-11-21T10:00:00Z")),
        ("reason", json!("a test")),
    ];
    let description = rest.get("/openapi.json").await.json();
    let asked = requests(&description, &names);
    assert!(asked.len() > 300, "only {} requests have a figure", asked.len());
    none_fails(&rest, asked, 12).await;
    assert_sound(&ground, &rest, &paid).await;
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn every_extreme_figure_of_a_worker_is_refused_or_bounded_and_work_goes_on() {
    let ground = ground("[run]\nhere = false\n[server]\ncalls_per_s = 100000\n");
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let paid = json!({ "instruction": "x", "executor": "claude", "workspace": repository.text() });
    let worker = "01JZZZZZZZZZZZZZZZZZZZZZZZ";
    let attempt = given(&rest, worker, &paid).await;
    let names = [
        ("worker", json!(worker)),
        ("attempt", json!(attempt)),
        ("id", json!(attempt)),
        ("at", json!("2026-11-21T10:00:00Z")),
        ("kind", json!("text")),
        ("class", json!("rate_limited")),
        ("slots", json!(4)),
        ("executors", json!(["claude"])),
        ("holds", json!([attempt])),
    ];
    let description = rest.get("/openapi.json").await.json();
    let asked = requests(&description, &names);
    let of_workers: Vec<_> =
        asked.into_iter().filter(|(_, path, _)| path.starts_with("/api/worker/")).collect();
    let (over, news): (Vec<_>, Vec<_>) =
        of_workers.into_iter().partition(|(_, path, _)| path.ends_with("/over"));
    assert!(news.len() > 50 && over.len() > 50, "{} {}", news.len(), over.len());
    none_fails(&rest, news, 12).await;
    // The first that is taken ends the round; all the others come late.
    none_fails(&rest, over, 1).await;
    let run = ground.database().row("SELECT id FROM runs")["id"].as_str().unwrap().to_owned();
    rest.post(&format!("/api/runs/{run}"), &json!({ "action": "cancel" })).await;
    let state = ground.database().row("SELECT state FROM runs")["state"].clone();
    assert!(["succeeded", "failed", "cancelled"].contains(&state.as_str().unwrap()), "{state}");
    let log = ground.server_log();
    assert!(!log.contains("panicked"), "{log}");
    let (spent, held) = ground.database().ledger();
    assert_eq!((ground.database().breaker(), held), ((spent, held), 0));
    assert!((0..=1_000_000_000_000).contains(&spent), "{spent}");
    let correct = ["breaker", "correct", &run, "0.01", "--reason", "its worker made the figures up"];
    ground.cli().run(correct).await.fine();
    assert_eq!(rest.get("/api/breaker").await.fine()["state"], "closed");
    assert_eq!(ground.database().ledger(), (10_000, 0));
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn every_extreme_figure_of_a_tool_is_refused_or_bounded_and_work_goes_on() {
    let ground =
        ground("[run]\nmax_concurrent = 6\n[executors.shell]\nslots = 6\n[server]\ncalls_per_s = 100000\n");
    let repository = ground.repository();
    let server = ground.serve().await;
    let (rest, mcp) = (server.rest(), server.mcp(Era::Stateless).at("?toolsets=core,admin"));
    let done = rest.execute(&shell(&repository, "true")).await.fine();
    let names = [
        ("executor", json!("shell")),
        ("instruction", json!("true")),
        ("prompt", json!("true")),
        ("workspace", json!(repository.text())),
        ("run", done["run_id"].clone()),
        ("run_id", done["run_id"].clone()),
        ("task_id", done["task_id"].clone()),
        ("id", done["task_id"].clone()),
        ("reason", json!("a test")),
        ("outcome", json!("succeeded")),
        ("latency_ms", json!(1)),
    ];
    let tools = mcp.ask("tools/list", json!({})).await["result"]["tools"].clone();
    let figures = [
        json!(u64::MAX),
        json!(i64::MIN),
        json!(-1),
        json!(0),
        json!(1e308),
        json!(-1e308),
        json!(0.5),
        json!("NaN"),
    ];
    let mut calls = Vec::new();
    for tool in tools.as_array().unwrap() {
        let bodies = Bodies { description: &tool["inputSchema"], names: &names };
        let actions = tool["inputSchema"]["properties"]["action"]["enum"].as_array().cloned();
        for body in bodies.marked(&tool["inputSchema"], 7) {
            for action in actions.clone().unwrap_or_else(|| vec![Value::Null]) {
                let mut body = body.clone();
                if !action.is_null() {
                    body["action"] = action;
                }
                for figure in &figures {
                    let text = body.to_string().replace(&format!("\"{MARK}\""), &figure.to_string());
                    let arguments: Value = serde_json::from_str(&text).unwrap();
                    calls.push(json!({ "name": tool["name"], "arguments": arguments }));
                }
            }
        }
    }
    assert!(calls.len() > 100, "only {} calls have a figure", calls.len());
    let mcp = &mcp;
    let asked =
        calls.into_iter().map(|call| async move { (mcp.ask("tools/call", call.clone()).await, call) });
    let mut answers = futures::stream::iter(asked).buffer_unordered(8);
    while let Some((answer, call)) = answers.next().await {
        assert_ne!(answer["error"]["code"], -32603, "an internal error: {call} {answer}");
        let code = &answer["result"]["_meta"]["jackfield/data"]["code"];
        assert_ne!(code, "records_failed", "{call} {answer}");
    }
    let paid = json!({ "instruction": "x", "executor": "claude", "workspace": repository.text() });
    assert_sound(&ground, &rest, &paid).await;
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn every_extreme_figure_on_the_command_line_is_refused_or_bounded() {
    let ground = ground("");
    let repository = ground.repository();
    let work = ["run", "--workspace", &repository.text(), "--executor", "shell", "true"].map(str::to_owned);
    let commands: [(&[String], &str); 6] = [
        (&work, "--timeout"),
        (&work, "--max-cost"),
        (&work, "--max-attempts"),
        (&work, "--priority"),
        (&["runs".to_owned()], "--limit"),
        (&["breaker".to_owned(), "raise".to_owned(), "--reason".to_owned(), "x".to_owned()], ""),
    ];
    let figures = ["18446744073709551615", "-9223372036854775808", "-1", "1e308", "1e400", "NaN", "inf"];
    let asked = commands.iter().flat_map(|(command, flag)| {
        figures.iter().map(move |figure| {
            let figure = if flag.is_empty() { (*figure).to_owned() } else { format!("{flag}={figure}") };
            let end = flag.is_empty().then(|| "--".to_owned());
            command.iter().cloned().chain(end).chain([figure]).collect::<Vec<_>>()
        })
    });
    for words in asked {
        let told = ground.cli().run(&words).await;
        assert!((0..=2).contains(&told.code), "{words:?}: {told:#?}");
        assert!(!told.stderr.contains("panicked"), "{words:?}: {told:#?}");
    }
    assert_eq!(ground.database().number("SELECT COUNT(*) FROM events WHERE kind = 'breaker_raised'"), 0);
    ground.leave();
}

#[tokio::test]
async fn every_extreme_figure_in_the_configuration_is_refused_or_bounded() {
    let ground = ground("");
    let usual = include_str!("../../../../host/config/src/default.toml");
    let mut section = String::new();
    let mut keys = Vec::new();
    for line in usual.lines() {
        if line.starts_with('[') && !line.starts_with("[[") {
            section = line.trim_matches(['[', ']']).to_owned();
        }
        let Some((key, value)) = line.strip_prefix("#: ").and_then(|line| line.split_once(" = ")) else {
            continue;
        };
        if value.parse::<f64>().is_ok() {
            keys.push(format!("{section}.{key}"));
        }
    }
    assert!(keys.len() > 20, "{keys:?}");
    let money =
        ["token_day_usd.bob", "executor_day_usd.claude", "workspace_day_usd", "task_usd", "write_day_usd"];
    keys.extend(money.map(|key| format!("breaker.{key}")));
    let draft = ground.path().join("draft.toml");
    for figure in ["9223372036854775807", "-1", "1e308", "nan", "inf", "'1e400'"] {
        let lines: Vec<_> = keys.iter().map(|key| format!("{key} = {figure}")).collect();
        std::fs::write(&draft, lines.join("\n")).unwrap();
        let told = ground.cli().run(["config", "check", &draft.to_string_lossy()]).await;
        assert!(told.code == 2 && !told.stderr.contains("panicked"), "{figure}: {told:#?}");
        let errors: Vec<_> = told.stdout.lines().filter(|line| line.contains("error:")).collect();
        for key in &keys {
            assert!(errors.iter().any(|line| line.contains(key.as_str())), "{key} = {figure}: {told:#?}");
        }
    }
    let server = ground.serve().await;
    let reply = sent(server.rest().request(Method::GET, "/health")).await;
    assert!(reply.status.is_success());
    server.stop().await;
    ground.leave();
}
