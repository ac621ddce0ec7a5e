//! What clients are told that there is. Each tool, prompt and template is pinned by a file of its own in
//! `tests/snapshots/mcp`; `BLESS=1` before the test's command writes them anew.

use jackfield_behaviour::{Era, Ground, Mcp, sent};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::{env, fs};

/// Everything that is pinned, by the name of its file.
async fn listed(mcp: &Mcp) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for (method, field, kind) in [
        ("tools/list", "tools", "tool"),
        ("prompts/list", "prompts", "prompt"),
        ("resources/templates/list", "resourceTemplates", "template"),
    ] {
        let answer = mcp.ask(method, json!({})).await;
        for each in answer["result"][field].as_array().unwrap_or_else(|| panic!("{method}: {answer}")) {
            all.insert(format!("{kind}-{}.json", each["name"].as_str().unwrap()), each.clone());
        }
    }
    all
}

#[tokio::test]
async fn listings_equal_their_snapshots_in_both_eras() {
    let ground = Ground::new();
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless).at("/x/all");
    let shown = listed(&mcp).await;
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../snapshots/mcp");
    if env::var_os("BLESS").is_some() {
        fs::remove_dir_all(&folder).unwrap();
        fs::create_dir_all(&folder).unwrap();
        for (file, value) in &shown {
            fs::write(folder.join(file), format!("{value:#}\n")).unwrap();
        }
    }
    let kept = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let kept: BTreeMap<String, Value> = kept
        .map(|file| {
            let text = fs::read_to_string(&file).unwrap();
            (file.file_name().unwrap().to_string_lossy().into_owned(), serde_json::from_str(&text).unwrap())
        })
        .collect();
    let names = |all: &BTreeMap<String, Value>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&shown), names(&kept), "bless what is new or gone: BLESS=1");
    for (file, value) in &shown {
        assert_eq!(value, &kept[file], "{file} is not what it was; if that is meant, bless it: BLESS=1");
    }
    // The older era is shown the same.
    let older = server.mcp(Era::Legacy).at("/x/all");
    older.open().await;
    assert_eq!(listed(&older).await, shown);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn client_gets_the_toolsets_that_it_names() {
    let ground = Ground::new();
    let server = ground.serve().await;
    let core = server.mcp(Era::Stateless).tools().await;
    let expected = [
        "execute",
        "dispatch",
        "result",
        "cancel",
        "retry",
        "workflow_query",
        "workflow",
        "task",
        "consensus",
        "orchestrator_status",
        "auth_status",
    ];
    assert_eq!(core, expected);
    let board = ["board", "card", "recipe", "skill"];
    assert_eq!(server.mcp(Era::Stateless).at("/x/board").tools().await, board);
    let admin = ["breaker", "plugins", "workers"];
    assert_eq!(server.mcp(Era::Stateless).at("?toolsets=admin").tools().await, admin);
    assert_eq!(server.mcp(Era::Legacy).at("/x/admin,core").tools().await, [&expected[..], &admin].concat());

    // The refusal of a tool of another toolset names the toolset.
    let raise = json!({ "action": "raise", "usd": 1, "reason": "x" });
    let hidden =
        server.mcp(Era::Stateless).ask("tools/call", json!({ "name": "breaker", "arguments": raise })).await;
    assert_eq!(hidden["error"]["code"], -32602, "{hidden}");
    assert!(hidden["error"]["message"].as_str().unwrap().contains("?toolsets=core,admin"), "{hidden}");
    assert_eq!(ground.database().number("SELECT COUNT(*) FROM events WHERE kind GLOB 'breaker_*'"), 0);

    for (address, status, code) in [
        ("?toolsets=cards", 400, "no_such_toolset"),
        ("?toolset=admin", 400, "bad_query"),
        ("/y", 404, "no_such_route"),
    ] {
        let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" });
        let asked = server.mcp(Era::Legacy).at(address).request("tools/list", None).json(&list);
        let reply = sent(asked).await;
        assert_eq!((reply.status.as_u16(), reply.json()["code"].as_str()), (status, Some(code)), "{reply:?}");
    }
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn client_that_names_no_toolset_gets_those_of_the_configuration() {
    let ground = Ground::new().with_config("[mcp]\ntoolsets = [\"admin\"]\n");
    let server = ground.serve().await;
    assert_eq!(server.mcp(Era::Stateless).tools().await, ["breaker", "plugins", "workers"]);
    assert_eq!(server.mcp(Era::Stateless).at("?toolsets=core").tools().await[0], "execute");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn lists_have_a_cache_time_and_each_era_gets_its_own_capabilities() {
    let ground = Ground::new();
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless);
    for method in ["tools/list", "prompts/list", "resources/templates/list"] {
        let answer = mcp.ask(method, json!({})).await;
        assert_eq!(answer["result"]["cacheScope"], "public", "{answer}");
        assert!(answer["result"]["ttlMs"].as_u64().unwrap() >= 60_000, "{answer}");
    }
    let runs = mcp.ask("resources/list", json!({})).await;
    assert_eq!((&runs["result"]["cacheScope"], &runs["result"]["ttlMs"]), (&json!("private"), &json!(0)));

    let tasks = "io.modelcontextprotocol/tasks";
    let now = mcp.open().await["capabilities"].clone();
    assert!(now["extensions"][tasks].is_object() && now["resources"]["subscribe"] == true, "{now}");
    let before = server.mcp(Era::Legacy).open().await["capabilities"].clone();
    assert_eq!(
        before,
        json!({ "completions": {}, "prompts": {}, "resources": {}, "tools": {} }),
        "neither tasks nor notices of change"
    );
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn answers_are_text_only_if_the_address_asks_for_it() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let request = crate::actors::shell(&repository, "echo hello > hello.txt");
    let both = server.mcp(Era::Stateless).call("execute", request.clone()).await;
    assert!(both.structured["answer"].as_str().unwrap().starts_with("flowchart LR"), "{both:#?}");
    for handle in ["run_id", "task_id", "state"] {
        assert_eq!(both.structured[handle], both.data[handle]);
    }
    assert_eq!(both.structured.as_object().unwrap().len(), 4, "no more than a model should read");

    let plain = server.mcp(Era::Stateless).at("?answers=text");
    let tools = plain.ask("tools/list", json!({})).await;
    assert!(tools["result"]["tools"].as_array().unwrap().iter().all(|tool| tool["outputSchema"].is_null()));
    let said = plain.call("execute", request).await;
    assert_eq!(said.structured, Value::Null);
    assert!(said.text.starts_with("flowchart LR"), "{said:#?}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn default_answers_are_short_whatever_the_amount_of_data() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless).at("/x/all");
    let long = format!("# {}\nseq 1 5000; seq 1 3000 > many.txt", "a long title ".repeat(30));
    let mut last = Value::Null;
    for _ in 0..12 {
        last = mcp.call("execute", crate::actors::shell(&repository, &long)).await.fine();
        mcp.call("task", json!({ "action": "create", "title": "x".repeat(150), "body": "y".repeat(2_000) }))
            .await
            .fine();
    }
    for (tool, arguments) in [
        ("result", json!({ "run_id": last["run_id"] })),
        ("workflow_query", json!({ "query": "summary" })),
        ("workflow_query", json!({ "query": "state", "run_id": last["run_id"] })),
        ("workflow_query", json!({ "query": "stats" })),
        ("workflow_query", json!({ "query": "consensus", "run_id": last["run_id"] })),
        ("task", json!({ "action": "list" })),
        ("orchestrator_status", json!({})),
        ("auth_status", json!({})),
        ("breaker", json!({})),
        ("breaker", json!({ "action": "history" })),
        ("workers", json!({})),
        ("plugins", json!({})),
    ] {
        let said = mcp.call(tool, arguments.clone()).await;
        assert!(!said.is_error, "{said:#?}");
        // A token of such text is some three bytes; the bound is 2,000 of them.
        let bytes = said.text.len();
        assert!(bytes < 6_000, "{tool} {arguments} answers {bytes} bytes:\n{}", said.text);
    }
    server.stop().await;
    ground.leave();
}
