//! Traces for a collector, and lines of the log.

use crate::actors::{recorded_claude, shell, with};
use jackfield_behaviour::{Collector, Era, Ground, Traced, sent};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const CALLER: &str = "00f067aa0ba902b7";
const SECRET: &str = "mend the till, which rounds down";

fn of<'a>(span: &'a Traced, attribute: &str) -> &'a str {
    span.attributes.get(attribute).unwrap_or_else(|| panic!("no {attribute}: {span:#?}"))
}

#[tokio::test]
async fn trace_connects_the_request_with_every_decision_and_the_process() {
    let collector = Collector::start().await;
    let work = "echo \"$TRACEPARENT\" > parent.txt";
    let ground = Ground::new()
        .with("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address())
        .with_script("claude", &recorded_claude("0.005", work));
    let repository = ground.repository();
    let server = ground.serve().await;
    let request = json!({ "instruction": SECRET, "workspace": repository.text(), "wait_s": 60 });
    let call = server.rest().request(Method::POST, "/tasks/execute").json(&request);
    let call = call.header("traceparent", format!("00-{TRACE}-{CALLER}-01"));
    let answer = sent(call).await.fine();
    assert_eq!(answer["state"], "succeeded", "{answer}");
    server.stop().await;

    let door = collector.the("POST /tasks/execute");
    assert_eq!((door.trace.as_str(), door.parent.as_str()), (TRACE, CALLER), "it goes on with the caller's");
    assert_eq!(of(&door, "http.response.status_code"), "200");
    assert_eq!(of(&door, "http.route"), "/tasks/execute");
    let choice = collector.the("choosing.choose chooser");
    assert_eq!(choice.parent, door.id);
    assert_eq!(
        (of(&choice, "jackfield.plugin.kind"), of(&choice, "jackfield.plugin.digest").len()),
        ("chooser", 64)
    );
    let run = collector.the("run");
    assert_eq!(
        (run.parent.as_str(), of(&run, "jackfield.run.id")),
        (door.id.as_str(), answer["run_id"].as_str().unwrap())
    );
    let attempt = collector.the("invoke_agent claude");
    assert_eq!(attempt.parent, run.id);
    for (attribute, value) in [
        ("gen_ai.operation.name", "invoke_agent"),
        ("gen_ai.agent.name", "claude"),
        ("gen_ai.provider.name", "anthropic"),
        ("jackfield.attempt.outcome", "exited/diff/not_run"),
        ("jackfield.attempt.id", answer["attempt"]["id"].as_str().unwrap()),
    ] {
        assert_eq!(of(&attempt, attribute), value);
    }
    assert_eq!(of(&attempt, "gen_ai.response.model"), answer["attempt"]["model"]);
    let usage = &answer["metrics"]["usage"];
    let input: u64 =
        ["input", "cached_input", "cache_write"].iter().filter_map(|part| usage[part].as_u64()).sum();
    assert_eq!(of(&attempt, "gen_ai.usage.input_tokens"), input.to_string(), "{usage}");
    assert_eq!(of(&attempt, "gen_ai.usage.output_tokens"), usage["output"].to_string());
    assert_eq!(collector.the("driving.plan claude").parent, attempt.id);
    let process = collector.the("process claude");
    assert_eq!((process.parent.as_str(), of(&process, "process.exit.code")), (attempt.id.as_str(), "0"));
    assert_eq!(collector.the("choosing.next chooser").parent, run.id);
    let told = repository.file(answer["attempt"]["branch"].as_str().unwrap(), "parent.txt");
    assert_eq!(told, format!("00-{TRACE}-{}-01", process.id), "the agent can go on with it");

    let spans = collector.spans();
    for span in &spans {
        let shown = format!("{span:?}");
        assert!(!shown.contains(SECRET) && !shown.contains("jf_"), "{shown}");
    }
    let (services, kinds) = collector.senders();
    assert!(services.iter().all(|service| service == "jackfield"), "{services:?}");
    assert!(kinds.iter().all(|kind| kind == "application/x-protobuf"), "{kinds:?}");
    ground.leave();
}

#[tokio::test]
async fn trace_continues_at_a_remote_worker() {
    let collector = Collector::start().await;
    let collected = || Ground::new().with("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address());
    let (ground, there) = (collected().with_config("[run]\nhere = false\n"), collected());
    let repository = ground.repository();
    let server = ground.serve().await;
    let worker = there.work_for(&format!("http://{}", server.address()), server.token(), 1, None).await;
    let request = shell(&repository, "echo \"$TRACEPARENT\" > parent.txt");
    let call = server.rest().request(Method::POST, "/tasks/execute").json(&request);
    let answer = sent(call.header("traceparent", format!("00-{TRACE}-{CALLER}-01"))).await.fine();
    assert_eq!(answer["state"], "succeeded", "{answer}");
    worker.stop().await;
    server.stop().await;

    let (door, run) = (collector.the("POST /tasks/execute"), collector.the("run"));
    assert_eq!((run.trace.as_str(), &run.parent), (TRACE, &door.id), "the worker's is below the host's");
    let process = collector.the("process sh");
    let told = repository.file(answer["attempt"]["branch"].as_str().unwrap(), "parent.txt");
    assert_eq!(told, format!("00-{TRACE}-{}-01", process.id));
    there.leave();
    ground.leave();
}

#[tokio::test]
async fn failed_attempt_is_marked_and_a_tool_call_has_a_span_of_its_own() {
    let collector = Collector::start().await;
    let ground = Ground::new().with_config(&format!(
        "[telemetry]\notlp_endpoint = \"{}/\"\nservice_name = \"till\"\n",
        collector.address()
    ));
    let repository = ground.repository();
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless);
    mcp.open().await;
    let request = json!({ "instruction": "exit 3", "executor": "shell", "workspace": repository.text() });
    mcp.call("execute", request).await;
    server.stop().await;
    let tool = collector.the("tools/call execute");
    assert_eq!(
        (of(&tool, "gen_ai.operation.name"), of(&tool, "gen_ai.tool.name")),
        ("execute_tool", "execute")
    );
    let door = collector.spans().into_iter().find(|span| span.id == tool.parent).expect("the request");
    assert!(door.name.starts_with("POST /mcp"), "{door:?}");
    assert_eq!(collector.the("run").parent, tool.id);
    let attempt = collector.the("invoke_agent shell");
    assert!(attempt.failed && !of(&attempt, "error.type").is_empty(), "{attempt:?}");
    let exited = collector.spans().into_iter().find(|span| span.name.starts_with("process ")).unwrap();
    assert_eq!(of(&exited, "process.exit.code"), "3");
    assert!(collector.senders().0.iter().all(|service| service == "till"));
    ground.leave();
}

#[tokio::test]
async fn unreachable_collector_disturbs_nothing_and_a_command_is_traced() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ground = Ground::new().with("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{nobody}"));
    let repository = ground.repository();
    let server = ground.serve().await;
    let request = json!({ "instruction": "echo fine", "executor": "shell", "workspace": repository.text() });
    let answer = server.rest().execute(&with(request, json!({ "expect": "answer" }))).await.fine();
    assert_eq!(answer["state"], "succeeded");
    let begun = Instant::now();
    server.stop().await;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    ground.leave();

    let collector = Collector::start().await;
    let ground = Ground::new()
        .with("OTEL_EXPORTER_OTLP_ENDPOINT", collector.address())
        .with("TRACEPARENT", format!("00-{TRACE}-{CALLER}-01"));
    let repository = ground.repository();
    let typed =
        ["run", "--json", "--executor", "shell", "--workspace", &repository.text(), "echo hi > hi.txt"];
    ground.cli().run(typed).await.fine();
    let command = collector.the("jackfield run");
    assert_eq!((command.trace.as_str(), command.parent.as_str()), (TRACE, CALLER));
    assert_eq!(collector.the("run").parent, command.id);
    assert_eq!(collector.the("invoke_agent shell").trace, TRACE);
    ground.leave();
}

#[tokio::test]
async fn nothing_is_traced_without_configuration() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let command = "echo \"[$TRACEPARENT]\" > parent.txt";
    let request = json!({ "instruction": command, "executor": "shell", "workspace": repository.text() });
    let answer = server.rest().execute(&request).await.fine();
    assert_eq!(repository.file(answer["attempt"]["branch"].as_str().unwrap(), "parent.txt"), "[]");
    let queued = ground.database().row("SELECT payload FROM run_events WHERE kind = 'run_queued'");
    let payload: Value = serde_json::from_str(queued["payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload.get("trace"), None);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn json_log_has_one_object_per_line() {
    let ground = Ground::new().with_config("[telemetry]\nlog_format = \"json\"\n");
    let server = ground.serve().await;
    server.stop().await;
    let log = ground.server_log();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("no JSON ({error}): {line}")))
        .collect();
    let stopping =
        lines.iter().find(|line| line["message"].as_str().is_some_and(|text| text.starts_with("stopping")));
    let stopping = stopping.unwrap_or_else(|| panic!("{log}"));
    assert_eq!(stopping["level"], "INFO");
    assert!(stopping["timestamp"].is_string());
    ground.leave();
}
