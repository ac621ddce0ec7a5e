//! Tools that answer at once.

use crate::fixture::{Changed, Fixture, tool};
use crate::shown::PNG;
use rmcp::model::{
    CallToolRequestParams, CallToolResult, ClientCapabilities, ErrorData, LoggingLevel,
    LoggingMessageNotificationParam, ProgressNotificationParam,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Value, json};
use std::time::Duration;

/// Eight samples of silence.
const WAV: &str = "UklGRiwAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQgAAACAgICAgICAgA==";
const PAUSE: Duration = Duration::from_millis(50);

pub(crate) fn tools() -> Vec<Value> {
    let plain = [
        "test_simple_text",
        "test_image_content",
        "test_audio_content",
        "test_embedded_resource",
        "test_multiple_content_types",
        "test_tool_with_logging",
        "test_error_handling",
        "test_tool_with_progress",
        "test_missing_capability",
        "test_streaming_elicitation",
        "test_logging_tool",
        "test_trigger_tool_change",
        "test_trigger_prompt_change",
    ];
    let mut tools: Vec<_> = plain.iter().map(|name| tool(name, json!({}))).collect();
    let region = json!({ "type": "string", "x-mcp-header": "Region" });
    tools.push(tool("test_header_parameter", json!({ "region": region })));
    let mut dialect = tool("json_schema_2020_12_tool", json!({}));
    dialect["inputSchema"] = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": { "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": { "street": { "type": "string" }, "city": { "type": "string" } },
        } },
        "properties": {
            "name": { "type": "string" },
            "address": { "$ref": "#/$defs/address" },
            "contactMethod": { "type": "string", "enum": ["phone", "email"] },
            "phone": { "type": "string" },
            "email": { "type": "string" },
        },
        "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
        "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
        "then": { "required": ["phone"] },
        "else": { "required": ["email"] },
        "additionalProperties": false,
    });
    tools.push(dialect);
    tools
}

/// An answer with these parts.
pub(crate) fn answer(content: Value) -> CallToolResult {
    serde_json::from_value(json!({ "resultType": "complete", "content": content, "isError": false }))
        .expect("an answer")
}

pub(crate) fn text(said: impl Into<String>) -> CallToolResult {
    answer(json!([{ "type": "text", "text": said.into() }]))
}

fn embedded(uri: &str, mime: &str, text: &str) -> Value {
    json!({ "type": "resource", "resource": { "uri": uri, "mimeType": mime, "text": text } })
}

pub(crate) async fn call(
    fixture: &Fixture,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Result<CallToolResult, ErrorData> {
    let image = json!({ "type": "image", "data": PNG, "mimeType": "image/png" });
    Ok(match request.name.as_ref() {
        "test_simple_text" => text("This is a simple text response for testing."),
        "test_image_content" => answer(json!([image])),
        "test_audio_content" => answer(json!([{ "type": "audio", "data": WAV, "mimeType": "audio/wav" }])),
        "test_embedded_resource" => {
            let said = "This is an embedded resource content.";
            answer(json!([embedded("test://embedded-resource", "text/plain", said)]))
        }
        "test_multiple_content_types" => {
            let data = r#"{"test":"data","value":123}"#;
            let first = json!({ "type": "text", "text": "Multiple content types test:" });
            answer(json!([first, image, embedded("test://mixed-content-resource", "application/json", data)]))
        }
        "test_error_handling" => {
            let mut failed = text("This tool intentionally returns an error for testing");
            failed.is_error = Some(true);
            failed
        }
        "test_tool_with_progress" => with_progress(context).await,
        "test_tool_with_logging" => with_log(context, true).await,
        // The newer era has a log only where the request asks for one.
        "test_logging_tool" => with_log(context, context.meta.log_level().is_some()).await,
        "test_missing_capability" => {
            let able = context.client_capabilities().is_some_and(|client| client.sampling.is_some());
            if !able {
                let needed = serde_json::from_value::<ClientCapabilities>(json!({ "sampling": {} }));
                return Err(ErrorData::missing_required_client_capability(needed.expect("a capability")));
            }
            text("the capability is there")
        }
        "test_trigger_tool_change" => changed(fixture, Changed::Tools),
        "test_trigger_prompt_change" => changed(fixture, Changed::Prompts),
        "test_streaming_elicitation" | "test_header_parameter" | "json_schema_2020_12_tool" => text("ok"),
        other => return Err(ErrorData::invalid_params(format!("there is no tool '{other}'"), None)),
    })
}

fn changed(fixture: &Fixture, what: Changed) -> CallToolResult {
    // Nobody may be listening.
    let _ = fixture.changes.send(what);
    text("changed")
}

async fn with_progress(context: &RequestContext<RoleServer>) -> CallToolResult {
    for done in [0.0, 50.0, 100.0] {
        if let Some(token) = context.meta.get_progress_token() {
            let note = ProgressNotificationParam::new(token, done).with_total(100.0);
            context.peer.notify_progress(note).await.expect("the client listens");
        }
        tokio::time::sleep(PAUSE).await;
    }
    text("done")
}

async fn with_log(context: &RequestContext<RoleServer>, wanted: bool) -> CallToolResult {
    for said in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
        if wanted {
            let note = LoggingMessageNotificationParam::new(LoggingLevel::Info, json!(said));
            context.peer.notify_logging_message(note).await.expect("the client listens");
        }
        tokio::time::sleep(PAUSE).await;
    }
    text("done")
}
