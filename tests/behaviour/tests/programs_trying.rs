//! A policy tried before it serves: replayed on ten thousand decisions, asked on the side, then promoted. The
//! components are built from the templates, with the real toolchain.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test calls fails the test"
)]

use jackfield_behaviour::{Ground, Server, typed, until_told};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// Decisions that the history is made to hold.
const DECISIONS: u64 = 10_000;
/// Attempts with the other model that callers asked for by name, in the history.
const OTHERS: u64 = 400;

/// In place of Claude Code: says what it once said.
fn recorded() -> String {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/claude/tests/transcripts/hello.jsonl");
    let said = fs::read_to_string(file).unwrap();
    format!(
        "#!/bin/sh\ncase \"$1\" in --version) echo '2.1.197 (Claude Code)'; exit 0;; auth) exit 0;; esac\n\
         cat >/dev/null\necho made > made.txt\ncat <<'RECORDED'\n{said}RECORDED\n"
    )
}

fn ground() -> Ground {
    Ground::new()
        .with("ANTHROPIC_API_KEY", "a-key-of-no-account")
        .with_script("claude", &recorded())
        // Free, and no agent: the cheapest would always be it.
        .with_config("[executors.shell]\nenabled = false\n")
}

/// The template's policy, and one that turns its order round.
fn built(ground: &Ground, place: &Path) -> [PathBuf; 2] {
    typed(
        ground,
        place,
        "jackfield plugin new cheapest --lang rust\njackfield plugin new dearest --lang rust",
    );
    let source = place.join("dearest/src/lib.rs");
    let policy = fs::read_to_string(&source).unwrap();
    let turned = policy
        .replace("        if ready.is_empty()", "        ready.reverse();\n        if ready.is_empty()");
    assert_ne!(policy, turned, "the template has changed");
    fs::write(&source, turned).unwrap();
    typed(ground, place, "jackfield plugin build cheapest\njackfield plugin build dearest");
    ["cheapest", "dearest"].map(|name| place.join(name).join(format!("{name}.wasm")))
}

async fn serves(server: &Server, name: &str) {
    until_told(&format!("{name}, serving"), async || {
        let plugins = server.rest().get("/api/plugins").await.fine();
        let mut all = plugins["plugins"].as_array().unwrap().iter();
        all.any(|plugin| plugin["name"] == name && plugin["state"] == "serving").then_some(())
    })
    .await;
}

async fn a_run(server: &Server, repository: &str) -> Value {
    let request = json!({
        "instruction": "Write made.txt", "workspace": repository, "task_type": "feature", "wait_s": 60,
    });
    let answer = server.rest().execute(&request).await.fine();
    assert_eq!(answer["state"], "succeeded", "{answer}");
    answer
}

fn columns(records: &Connection, table: &str) -> Vec<String> {
    let mut statement = records.prepare(&format!("SELECT name FROM pragma_table_info('{table}')")).unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.map(Result::unwrap).collect()
}

/// As many rows again, with other ids and whatever else is said.
fn multiply(records: &Connection, table: &str, which: &str, times: u64, instead: &[(&str, &str)]) {
    let names: Vec<String> =
        columns(records, table).into_iter().filter(|name| table != "plugin_calls" || name != "id").collect();
    let value = |name: &String| {
        let given = instead.iter().find(|(own, _)| own == name);
        given.map_or_else(|| format!("\"{name}\""), |(_, value)| (*value).to_owned())
    };
    let values: Vec<String> = names.iter().map(value).collect();
    let names: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
    records
        .execute_batch(&format!(
            "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {times})
             INSERT INTO {table} ({}) SELECT {} FROM {table}, n WHERE {which}",
            names.join(", "),
            values.join(", "),
        ))
        .unwrap();
}

/// A history of which everything is known: the served policy's choices are good enough in 60 of 100 cases and cost
/// two cents; the other model's are in 90 of 100 and cost ten.
fn history(ground: &Ground, run: &str, other: &str) {
    let records = Connection::open(ground.data().join("jackfield.db")).unwrap();
    records.execute_batch("PRAGMA foreign_keys = OFF; BEGIN").unwrap();
    let copy = |times: u64, prefix: &str, fields: &[(&str, &str)], with_decision: bool| {
        let id = |column: &str| format!("substr({column}, 1, 18) || '{prefix}' || printf('%06d', n)");
        let (task, run_id, attempt) = (id("\"task\""), id("\"run\""), id("id"));
        multiply(
            &records,
            "tasks",
            &format!("id = (SELECT task FROM runs WHERE id = '{run}')"),
            times,
            &[("id", &attempt), ("idempotency_key", "NULL")],
        );
        multiply(&records, "runs", &format!("id = '{run}'"), times, &[("id", &attempt), ("task", &task)]);
        let mut own = vec![("id", attempt.as_str()), ("task", task.as_str()), ("run", run_id.as_str())];
        own.extend_from_slice(fields);
        multiply(&records, "attempts", &format!("run = '{run}'"), times, &own);
        if with_decision {
            let (task, run_id, attempt) = (id("\"task\""), id("\"run\""), id("\"attempt\""));
            multiply(
                &records,
                "plugin_calls",
                &format!("run = '{run}' AND function = 'choose'"),
                times,
                &[("task", &task), ("run", &run_id), ("attempt", &attempt)],
            );
        }
    };
    let good = |of_ten: u64| format!("CASE WHEN n % 10 < {of_ten} THEN NULL ELSE 'test_fail' END");
    copy(DECISIONS - 1, "0A", &[("failure_class", &good(6)), ("cost", "20000")], true);
    let model = format!("'{other}'");
    copy(OTHERS, "0B", &[("failure_class", &good(9)), ("cost", "100000"), ("model", &model)], false);
    // The one real run is as the others are.
    records.execute("UPDATE attempts SET cost = 20000 WHERE run = ?1", [run]).unwrap();
    records.execute_batch("COMMIT").unwrap();
}

#[tokio::test]
async fn policy_is_replayed_shadowed_and_promoted() {
    let ground = ground();
    let place = tempfile::tempdir().unwrap();
    let [cheapest, dearest] = built(&ground, place.path());
    fs::create_dir_all(ground.plugins().join("shadow")).unwrap();
    fs::copy(&cheapest, ground.plugins().join("cheapest.wasm")).unwrap();
    fs::copy(&dearest, ground.plugins().join("shadow/dearest.wasm")).unwrap();
    let repository = ground.repository();
    let server = ground.serve().await;
    serves(&server, "cheapest").await;
    let answer = a_run(&server, &repository.text()).await;
    let run = answer["run_id"].as_str().unwrap().to_owned();

    // What is asked on the side is on record soon, and was not used.
    let shadows = until_told("an answer on the side", async || {
        let told = ground.cli().run(["--json", "plugin", "shadow"]).await.fine().json();
        (told[0]["decisions"].as_u64()? > 0).then_some(told)
    })
    .await;
    assert_eq!(shadows[0]["component"]["name"], "dearest", "{shadows}");
    let change = shadows[0]["changes"].as_array().unwrap().first().unwrap().clone();
    let model = |which: &str| change[which].as_str().unwrap().strip_prefix("claude/").unwrap().to_owned();
    let (chosen, other) = (model("from"), model("to"));
    assert_ne!(other, chosen);
    assert_eq!(server.rest().get("/api/shadows").await.fine()[0]["changes"], shadows[0]["changes"]);
    let again = json!({ "action": "replay", "name": "dearest.wasm" });
    let replayed = &server.rest().post("/api/shadows", &again).await.fine()["replayed"];
    assert_eq!(replayed["component"], shadows[0]["component"], "{replayed}");
    assert!(replayed["decisions"].as_u64() > replayed["same"].as_u64(), "{replayed}");
    let unknown = json!({ "action": "promote", "name": "../cheapest.wasm" });
    assert_eq!(server.rest().post("/api/shadows", &unknown).await.json()["code"], "no_such_shadow");
    let explained = ground.cli().run(["explain", &run]).await.fine().stdout;
    assert!(explained.contains("asked on the side") && explained.contains(&other), "{explained}");
    server.stop().await;

    history(&ground, &run, &other);
    let replay = async |file: &Path| {
        ground.cli().run(["--json", "plugin", "replay", file.to_str().unwrap()]).await.fine().json()
    };
    let own = replay(&cheapest).await;
    let choices =
        own["functions"].as_array().unwrap().iter().find(|one| one["function"] == "choose").unwrap();
    assert_eq!(choices["decisions"], DECISIONS, "{own}");
    assert_eq!(
        (&own["exact"], &own["same"]),
        (&own["decisions"], &own["decisions"]),
        "its own decisions: {own}"
    );
    let predicted = &own["prediction"];
    assert_eq!(predicted["observed"], DECISIONS);
    assert!((predicted["success"]["mean"].as_f64().unwrap() - 0.6).abs() < 0.01, "{predicted}");

    let turned = replay(&dearest).await;
    let predicted = &turned["prediction"];
    assert_eq!((&predicted["observed"], &predicted["unknown"]), (&json!(0), &json!(0)), "{turned}");
    let within = |bounds: &Value, truth: f64, near: f64| {
        let figure = |name: &str| bounds[name].as_f64().unwrap();
        assert!(
            figure("low") - 1e-9 <= truth && truth <= figure("high") + 1e-9,
            "{truth} is not within {bounds}"
        );
        assert!((figure("mean") - truth).abs() < near, "{truth} is not near {bounds}");
    };
    within(&predicted["success"], 0.9, 0.03);
    within(&predicted["cost_usd"], 0.1, 0.005);
    assert_eq!(turned["changes"][0]["count"], DECISIONS, "{turned}");
    println!("replayed in {} and {} ms", own["took_ms"], turned["took_ms"]);

    let told = ground.cli().run(["plugin", "promote", "dearest"]).await.fine();
    assert!(told.stdout.contains("dearest serves"), "{}", told.stdout);
    let server = ground.serve().await;
    serves(&server, "dearest").await;
    let answer = a_run(&server, &repository.text()).await;
    let decided = ground.database().row(&format!(
        "SELECT plugins.name FROM plugin_calls JOIN plugins ON digest = plugin WHERE run = '{}' AND function = 'choose'",
        answer["run_id"].as_str().unwrap()
    ));
    assert_eq!(decided["name"], "dearest");
    server.stop().await;
    ground.leave();
}
