//! The MCP Inspector on the command line, in both eras of the protocol.

use crate::clients::Clients;
use crate::ran::Ran;
use jackfield_behaviour::{Ground, Server};
use serde_json::json;

const INSPECTOR: &str = "node_modules/.bin/mcp-inspector";

async fn inspect(clients: &Clients, ground: &Ground, server: &Server, era: &str, more: &[&str]) -> Ran {
    let url = format!("http://{}/mcp", server.address());
    let header = format!("Authorization: Bearer {}", server.token());
    let to = ["--cli", &url, "--transport", "http", "--header", &header, "--protocol-era", era];
    let arguments = [&to[..], more].concat();
    clients.run(INSPECTOR, &ground.path().join("home"), &arguments).await
}

#[tokio::test]
async fn inspector_accepts_the_tools_and_calls_one_in_both_eras() {
    let Some(clients) = Clients::for_test().await else { return };
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    for era in ["legacy", "modern"] {
        let listed =
            inspect(&clients, &ground, &server, era, &["--strict", "--method", "tools/list"]).await.fine();
        assert_eq!(listed.stderr, "", "{era}: what it warns of");
        assert_eq!(listed.json()["tools"][0]["name"], "execute");

        let workspace = format!("workspace={}", repository.text());
        let arguments = ["instruction=echo inspected > made.txt", "executor=shell", &workspace];
        let execute = ["--method", "tools/call", "--tool-name", "execute", "--format", "json", "--tool-arg"];
        let called =
            inspect(&clients, &ground, &server, era, &[&execute[..], &arguments[..]].concat()).await.fine();
        let result = &called.json()["result"];
        assert_eq!(result["isError"], json!(false), "{era}: {result:#}");
        let branch = result["_meta"]["jackfield/data"]["attempt"]["branch"].as_str().unwrap();
        assert_eq!(repository.file(branch, "made.txt"), "inspected", "{era}");
    }
    server.stop().await;
    ground.leave();
}
