//! Runs as resources, prompts, completions, and notices of change.

use crate::actors::{shell, with};
use jackfield_behaviour::{Era, Ground, Mcp, until_told};
use serde_json::{Value, json};

async fn read(mcp: &Mcp, uri: &str) -> Value {
    mcp.ask("resources/read", json!({ "uri": uri })).await
}

async fn text(mcp: &Mcp, uri: &str) -> String {
    let answer = read(mcp, uri).await;
    let text = answer["result"]["contents"][0]["text"].as_str();
    text.unwrap_or_else(|| panic!("{uri}: {answer}")).to_owned()
}

#[tokio::test]
async fn run_is_read_as_log_diff_result_and_diagram_in_both_eras() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    for era in Era::ALL {
        let mcp = server.mcp(era);
        mcp.open().await;
        let command = "printf '\\033[31mred\\033[0m \\342\\200\\213here\\n'; echo hello > hello.txt";
        let said = mcp.call("execute", shell(&repository, command)).await;
        let run = said.data["run_id"].as_str().unwrap().to_owned();
        assert_eq!(said.links, [format!("run://{run}/diff"), format!("run://{run}/log")]);

        let log = text(&mcp, &format!("run://{run}/log")).await;
        assert!(log.contains("worktree ready") && log.contains("red here"), "{log}");
        assert!(!log.contains('\u{1b}') && !log.contains('\u{200b}'), "nothing that is not shown: {log}");
        assert!(text(&mcp, &format!("run://{run}/diff")).await.contains("+hello"));
        assert!(text(&mcp, &format!("run://{run}/diagram")).await.starts_with("flowchart LR"));
        let result: Value = serde_json::from_str(&text(&mcp, &format!("run://{run}/result")).await).unwrap();
        assert_eq!((&result["run_id"], &result["files"][0]["path"]), (&json!(run), &json!("hello.txt")));

        let listed = mcp.ask("resources/list", json!({})).await;
        assert_eq!(listed["result"]["resources"][0]["uri"], format!("run://{run}/result"), "{listed}");

        for missing in ["run://01ARZ3NDEKTSV4RRFFQ69G5FAV/log", "run://last/log", "file:///etc/passwd"] {
            let answer = read(&mcp, missing).await;
            let code = if era == Era::Legacy { -32002 } else { -32602 };
            assert_eq!(answer["error"]["code"], code, "{answer}");
            assert_eq!(answer["error"]["data"]["uri"], missing, "{answer}");
        }
    }
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn long_resource_is_read_completely_page_by_page() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless);
    let command = "seq 1 20000 > numbers.txt; seq 1 700 | sed 's/^/said /'";
    let run =
        mcp.call("execute", shell(&repository, command)).await.fine()["run_id"].as_str().unwrap().to_owned();
    let rest = server.rest();
    let whole =
        jackfield_behaviour::sent(rest.request(reqwest::Method::GET, &format!("/api/runs/{run}/diff")))
            .await
            .text;
    for kind in ["diff", "log"] {
        let (mut uri, mut all, mut pages) = (format!("run://{run}/{kind}"), String::new(), 0);
        loop {
            let answer = read(&mcp, &uri).await;
            let page = &answer["result"]["contents"][0];
            let part = page["text"].as_str().unwrap_or_else(|| panic!("{answer}"));
            assert!(part.len() < 40_000, "a page is short: {}", part.len());
            all.push_str(part);
            pages += 1;
            let Some(next) = page["_meta"]["jackfield/next"].as_str() else { break };
            let said = answer["result"]["contents"][1]["text"].as_str().unwrap();
            assert!(said.contains(next), "models are told too: {said}");
            uri = next.to_owned();
        }
        match kind {
            "diff" => assert!(pages > 2 && all == whole, "{pages} pages of {} bytes", all.len()),
            _ => {
                let told: Vec<u64> = all
                    .lines()
                    .filter_map(|line| line.split_once("said ").and_then(|(_, number)| number.parse().ok()))
                    .collect();
                assert!(told.is_sorted_by(|a, b| a < b) && told.last() == Some(&700), "{told:?}");
            }
        }
    }
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn prompts_are_filled_in_and_name_missing_arguments() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless);
    let run =
        mcp.call("execute", shell(&repository, "echo hello > hello.txt")).await.fine()["run_id"].clone();
    let get = async |name: &str, arguments: Value| {
        mcp.ask("prompts/get", json!({ "name": name, "arguments": arguments })).await
    };
    let fix = get("fix_failing_test", json!({ "workspace": "site", "command": "make \"all\"" })).await;
    let asked = fix["result"]["messages"][0]["content"]["text"].as_str().unwrap().to_owned();
    assert!(
        asked.contains("workspace: site") && asked.contains(r#"[{"command": "make \"all\""}]"#),
        "{asked}"
    );
    let plan = get("plan_then_build", json!({ "workspace": "site", "goal": "a map" })).await;
    assert!(plan["result"]["messages"][0]["content"]["text"].as_str().unwrap().contains("a map"), "{plan}");
    let review = get("review_diff", json!({ "run_id": run, "focus": "names" })).await;
    let attached = &review["result"]["messages"][1]["content"]["resource"];
    assert!(attached["text"].as_str().unwrap().contains("+hello"), "{review}");
    let explained = get("explain_run", json!({ "run_id": run })).await;
    let account = explained["result"]["messages"][1]["content"]["resource"]["text"].as_str().unwrap();
    assert!(account.contains("shell"), "{explained}");

    for (name, arguments, named) in [
        ("fix_failing_test", json!({ "workspace": "site" }), "command"),
        ("explain_run", json!({ "run_id": run, "loudly": "yes" }), "loudly"),
        ("explain_run", json!({ "run_id": "01ARZ3NDEKTSV4RRFFQ69G5FAV" }), "01ARZ3NDEKTSV4RRFFQ69G5FAV"),
        ("sing", json!({}), "explain_run"),
    ] {
        let refused = get(name, arguments).await;
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
        assert!(refused["error"]["message"].as_str().unwrap().contains(named), "{refused}");
    }
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn existing_ids_and_names_are_completed() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless);
    let run =
        mcp.call("execute", shell(&repository, "true")).await.data["run_id"].as_str().unwrap().to_owned();
    let complete = async |reference: Value, name: &str, typed: &str| {
        let argument = json!({ "name": name, "value": typed });
        mcp.ask("completion/complete", json!({ "ref": reference, "argument": argument })).await
    };
    let prompt = |name: &str| json!({ "type": "ref/prompt", "name": name });
    let log = json!({ "type": "ref/resource", "uri": "run://{run_id}/log{?after}" });
    for (reference, name, typed, expected) in [
        (prompt("explain_run"), "run_id", &run[..10], run.as_str()),
        (log, "run_id", "", run.as_str()),
        (prompt("plan_then_build"), "workspace", "REPO", "repository"),
        (prompt("plan_then_build"), "executor", "sh", "shell"),
    ] {
        let answer = complete(reference, name, typed).await;
        let values = &answer["result"]["completion"]["values"];
        assert_eq!(values, &json!([expected]), "{name} {typed}: {answer}");
    }
    let nothing = complete(prompt("explain_run"), "run_id", "nothing like it").await;
    assert_eq!(nothing["result"]["completion"]["values"], json!([]), "{nothing}");
    let unknown = complete(prompt("sing"), "run_id", "").await;
    assert_eq!(unknown["error"]["code"], -32602, "{unknown}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn subscribed_client_is_notified_of_changes() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless);
    let gate = ground.path().join("gate");
    let command = format!("until [ -e {} ]; do sleep 0.05; done; echo through", gate.display());
    let handle = mcp.call("execute", with(shell(&repository, &command), json!({ "wait_s": 0 }))).await.fine();
    let run = handle["run_id"].as_str().unwrap();
    until_told("the agent at work", async || {
        let view = server.rest().get(&format!("/api/runs/{run}")).await.fine();
        (view["attempts"][0]["state"] == "running").then_some(())
    })
    .await;

    let (log, foreign) = (format!("run://{run}/log"), "file:///etc/passwd");
    let wanted =
        json!({ "notifications": { "resourceSubscriptions": [&log, foreign], "toolsListChanged": true } });
    let mut stream = mcp.open_stream("subscriptions/listen", wanted, 77).await;
    let acknowledged = stream.next().await.unwrap();
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    let granted = &acknowledged["params"]["notifications"];
    assert_eq!(granted, &json!({ "resourceSubscriptions": [&log] }), "no more than is given: {acknowledged}");

    std::fs::write(&gate, "").unwrap();
    let told = stream.next().await.unwrap();
    assert_eq!(told["method"], "notifications/resources/updated", "{told}");
    assert_eq!(told["params"]["uri"], log.as_str(), "{told}");
    assert_eq!(told["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], 77, "{told}");
    until_told("the line in the log", async || text(&mcp, &log).await.contains("through").then_some(()))
        .await;

    // The host says that it goes; the stream ends with the answer to the request.
    let ending = async {
        let mut last = Value::Null;
        while let Some(message) = stream.next().await {
            last = message;
        }
        last
    };
    let (last, ()) = tokio::join!(ending, server.stop());
    assert_eq!(last["id"], 77, "{last}");
    ground.leave();
}
