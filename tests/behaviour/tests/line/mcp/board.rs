//! The toolset `board`: cards, recipes and skills for agents.

use crate::access::token;
use jackfield_behaviour::{Era, Ground};
use serde_json::{Value, json};

#[tokio::test]
async fn card_is_created_moved_measured_and_read_by_tools() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless).at("/x/board");
    let card = async |arguments: Value| mcp.call("card", arguments).await;
    let made = card(json!({
        "action": "create", "workspace": repository.text(), "title": "Faster till", "body": "Ann: it is slow.",
        "stage": "beta",
    }))
    .await;
    let id = made.structured["id"].as_str().unwrap().to_owned();
    assert!(made.text.contains("Faster till") && made.structured["stage"] == "beta", "{made:#?}");
    let other = card(json!({
        "action": "create", "workspace": repository.text(), "title": "Later", "stage": "beta", "depends_on": [id],
    }))
    .await;
    let read = card(json!({ "action": "read", "id": other.structured["id"] })).await;
    assert!(read.text.contains(&format!("depends   {id}  Faster till")), "{}", read.text);
    let version = card(json!({ "action": "measure", "id": id, "name": "error_rate", "value": 0.2 })).await;
    assert!(version.structured["version"].as_u64().unwrap() > 1);
    let stale = card(json!({ "action": "move", "id": id, "stage": "ga", "version": 1 })).await;
    assert!(stale.is_error && stale.text.contains("was changed meanwhile"), "{}", stale.text);
    card(json!({ "action": "move", "id": id, "stage": "ga", "reason": "it is good" })).await;
    let read = card(json!({ "action": "read", "id": id })).await;
    assert!(read.text.contains("Ann: it is slow.") && read.text.contains("beta -> ga"), "{}", read.text);
    let cycle = card(json!({ "action": "update", "id": id, "depends_on": [other.structured["id"]] })).await;
    assert!(cycle.is_error && cycle.text.contains("cannot depend on"), "{}", cycle.text);
    let listed = card(json!({ "action": "list", "workspace": repository.text(), "stage": "ga" })).await;
    assert_eq!(listed.data["cards"].as_array().unwrap().len(), 1);
    let unknown = card(json!({ "action": "fly" })).await;
    assert!(unknown.is_error && unknown.text.contains("create, read, update"), "{}", unknown.text);
    assert!(card(json!({ "action": "documents", "id": id })).await.text.contains("no documents"));
    card(json!({ "action": "delete", "id": id })).await;
    let gone = card(json!({ "action": "read", "id": id })).await;
    assert!(gone.text.contains("`card` with action `list`"), "the remedy names the tool: {}", gone.text);
    let board = mcp.call("board", json!({ "workspace": repository.text() })).await;
    assert!(board.text.contains("fully_auto"), "{}", board.text);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn recipes_and_settings_are_changed_by_administrators_and_trust_by_no_tool() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let mcp = server.mcp(Era::Stateless).at("/x/board");
    let of = |action: &str, more: Value| {
        let mut all = json!({ "action": action, "workspace": repository.text() });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        all
    };
    let read = mcp.call("recipe", of("read", json!({ "stage": "prd" }))).await;
    let mut recipe = read.data["recipe"].clone();
    recipe["on_fail"] = json!("create_questions");
    let set = of("set", json!({ "stage": "prd", "version": 0, "recipe": recipe }));
    assert_eq!(mcp.call("recipe", set.clone()).await.structured["version"], 1);
    recipe["steps"][0]["skill_id"] = json!("no-such-skill");
    let checked = mcp.call("recipe", json!({ "action": "validate", "recipe": recipe })).await;
    assert!(checked.text.contains("error: step 1: there is no skill 'no-such-skill'"), "{}", checked.text);
    let mode = of("set_settings", json!({ "version": 0, "automation_mode": "manual" }));
    assert!(mcp.call("recipe", mode.clone()).await.text.starts_with("automation manual"));

    let plain = token(&ground, "agent", &["--scope", "execute"]).await;
    let weak = server.mcp_as(&plain, Era::Stateless).at("/x/board");
    for refused in [set, mode, of("initialize", json!({}))] {
        let refused = weak.call("recipe", refused).await;
        assert!(refused.is_error && refused.text.contains("admin"), "{}", refused.text);
    }
    assert!(weak.call("skill", json!({ "action": "sync" })).await.is_error);
    let skills = weak.call("skill", json!({ "action": "list", "q": "jury" })).await;
    assert!(skills.text.contains("jury-ballot"), "{}", skills.text);
    let vetting = weak.call("skill", json!({ "action": "vet", "id": "prd" })).await;
    assert!(vetting.is_error && vetting.text.contains("list, read, sync"), "{}", vetting.text);
    let prompt = weak.call("skill", json!({ "action": "read", "id": "prd" })).await;
    assert!(prompt.text.contains("# Task: write the product requirements"), "{}", prompt.text);
    server.stop().await;
    ground.leave();
}
