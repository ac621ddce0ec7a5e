//! REST as its own description has it: fuzzed by schemathesis, and worked with by a client that openapi-python-client
//! has generated from it. `tests/clients` has their settings and what the client does.

use crate::python::Python;
use jackfield_behaviour::{Ground, Rest};
use serde_json::json;
use std::fs;

/// How many requests each operation is sent that fit its schema, and as many that do not; and how long at most, seconds.
const EXAMPLES: &str = "5";
const LONGEST: &str = "60";
/// The same sequence of requests each time.
const SEED: &str = "20261128";
/// What must hold of every answer. Not that whatever fits its schema is done: that a run exists, no schema can say.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
    response_headers_conformance,response_schema_conformance,negative_data_rejection,missing_required_header,\
    unsupported_method,allow_header_conformance,use_after_free,ignored_auth";

/// Every executor is there, so that whatever is asked for could be done; nothing is begun, and money is no object.
const CONFIG: &str = "[run]\nhere = false\nwait_s = 0\n[breaker]\nday_usd = 1000000000\n";

#[tokio::test]
async fn fuzzed_requests_are_answered_as_described() {
    let Some(python) = Python::for_test().await else { return };
    let mut ground = Ground::new().with_config(CONFIG);
    for program in ["claude", "codex", "gemini"] {
        ground = ground.with_script(program, "#!/bin/sh\necho 1.0.0\n");
    }
    let server = ground.serve().await;
    let (url, token) = (
        format!("http://{}/openapi.json", server.address()),
        format!("Authorization: Bearer {}", server.token()),
    );
    let settings = python.file("rest_fuzz.toml");
    let arguments = [
        "--config-file",
        &settings,
        "run",
        &url,
        "--header",
        &token,
        "--phases",
        "coverage,fuzzing",
        "--checks",
        CHECKS,
        "--max-examples",
        EXAMPLES,
        "--max-time",
        LONGEST,
        "--seed",
        SEED,
        "--request-timeout",
        "20",
        "--no-color",
    ];
    let hooks = [
        ("SCHEMATHESIS_HOOKS", "rest_fuzz_hooks"),
        ("PYTHONPATH", &python.file("")),
        ("PYTHONDONTWRITEBYTECODE", "1"),
    ];
    let fuzzed = python.tool("st", &ground.path().join("home"), &arguments, &hooks).await;
    assert_eq!(fuzzed.code, Some(0), "{}\n{}", fuzzed.stdout, fuzzed.stderr);
    let said = &fuzzed.stdout;
    let sent = said.lines().find_map(|line| line.trim().split_once(" generated, ")?.0.parse::<u32>().ok());
    assert!(sent.is_some_and(|sent| sent > 500), "it sent next to nothing: {said}");
    assert!(server.rest().get("/health").await.status.is_success());
    assert!(!ground.server_log().contains("panicked"), "{}", ground.server_log());
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn generated_client_does_real_work() {
    let Some(python) = Python::for_test().await else { return };
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let home = ground.path().join("home");
    let described = Rest::new(server.address(), None).get("/openapi.json").await.text;
    let (description, client) = (home.join("openapi.json"), home.join("client").display().to_string());
    fs::write(&description, described).unwrap();
    let settings = python.file("openapi_python_client.yml");
    let description = description.display().to_string();
    let arguments = [
        "generate",
        "--path",
        &description,
        "--output-path",
        &client,
        "--config",
        &settings,
        "--fail-on-warning",
    ];
    python.tool("openapi-python-client", &home, &arguments, &[]).await.fine();

    let url = format!("http://{}", server.address());
    let arguments = [url.as_str(), server.token(), &repository.text(), &client];
    let saw = python.run("rest_generated.py", &home, &arguments).await.fine().json();
    assert_eq!(saw["state"], "succeeded");
    assert_eq!(repository.file(saw["branch"].as_str().unwrap(), "made.txt"), "made by a generated client");
    assert!(saw["diff"].as_str().unwrap().contains("+made by a generated client"), "{saw:#}");
    assert_eq!((&saw["chosen"], &saw["again"], &saw["runs"]), (&json!("shell"), &json!(304), &json!(2)));
    assert_eq!(saw["handles"][0], saw["handles"][1], "one key, one run");
    let kinds = saw["kinds"].as_array().unwrap();
    assert_eq!((&kinds[0], kinds.last()), (&json!("run_queued"), Some(&json!("run_succeeded"))));
    assert!(saw["steps"].as_array().unwrap().contains(&json!("choice")), "{saw:#}");
    assert_eq!((&saw["done"], &saw["breaker"]), (&json!("done"), &json!("closed")));
    assert!(saw["components"].as_u64().unwrap() > 5, "{saw:#}");
    assert!(!saw["refused"][1].as_str().unwrap().is_empty(), "{saw:#}");
    server.stop().await;
    repository.assert_untouched();
    ground.leave();
}
