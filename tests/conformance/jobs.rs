//! Tools that a client may have as tasks.

use crate::asking::{form, requests};
use crate::fixture::{Fixture, tool};
use crate::simple::text;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ClientCapabilities, CreateTaskResult, ErrorData,
    InputRequest, InputRequiredResult,
};
use rmcp::service::{RequestContext, RoleServer};
use rmcp::task_manager::{TaskContext, TaskExit, TaskOptions};
use serde_json::{Value, json};
use std::time::Duration;

pub(crate) fn tools() -> Vec<Value> {
    let (text, number) = (json!({ "type": "string" }), json!({ "type": "number" }));
    vec![
        tool("greet", json!({ "name": &text })),
        tool("slow_compute", json!({ "seconds": number, "label": &text })),
        tool("failing_job", json!({})),
        tool("protocol_error_job", json!({})),
        tool("confirm_delete", json!({ "filename": &text })),
        tool("multi_input", json!({})),
        tool("test_tool_with_task", json!({})),
    ]
}

type Done = Result<CallToolResult, TaskExit>;

/// Tools that cannot be had without a task.
const ONLY_TASKS: [&str; 5] =
    ["failing_job", "protocol_error_job", "confirm_delete", "multi_input", "test_tool_with_task"];

pub(crate) async fn call(
    fixture: &Fixture,
    request: &CallToolRequestParams,
    context: &RequestContext<RoleServer>,
) -> Option<Result<CallToolResponse, ErrorData>> {
    let given = |name: &str| request.arguments.as_ref().and_then(|arguments| arguments.get(name)).cloned();
    let name = request.name.to_string();
    if name == "greet" {
        let who = given("name").and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default();
        return Some(Ok(CallToolResponse::Complete(text(format!("Hello, {who}!")))));
    }
    let seconds = given("seconds").and_then(|seconds| seconds.as_f64()).unwrap_or_default();
    let able = context.client_capabilities().is_some_and(|client| client.supports_tasks());
    if name == "slow_compute" && !able {
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        return Some(Ok(CallToolResponse::Complete(text("computed"))));
    }
    if name != "slow_compute" && !ONLY_TASKS.contains(&name.as_str()) {
        return None;
    }
    if !able {
        let needed = ClientCapabilities::builder().enable_tasks().build();
        return Some(Err(ErrorData::missing_required_client_capability(needed)));
    }
    let responses = request.input_responses.as_ref();
    let who = responses.and_then(|responses| responses.get("user_name")?["content"]["name"].as_str());
    if name == "test_tool_with_task" && who.is_none() {
        let asked = requests(json!({ "user_name": form("What is your name?", "name", "string") }));
        return Some(Ok(CallToolResponse::InputRequired(InputRequiredResult::from_input_requests(asked))));
    }
    let who = who.unwrap_or_default().to_owned();
    let task = fixture.tasks.spawn(TaskOptions::new(), move |task| Box::pin(work(name, seconds, who, task)));
    Some(Ok(CallToolResponse::Task(CreateTaskResult::new(task))))
}

async fn work(name: String, seconds: f64, who: String, task: TaskContext) -> Done {
    match name.as_str() {
        "slow_compute" => tokio::select! {
            () = task.cancelled() => Err(TaskExit::Cancelled),
            () = tokio::time::sleep(Duration::from_secs_f64(seconds)) => Ok(text("computed")),
        },
        "failing_job" => {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let mut failed = text("it failed, as it is to");
            failed.is_error = Some(true);
            Ok(failed)
        }
        "protocol_error_job" => Err(ErrorData::internal_error("it broke, as it is to", None).into()),
        "confirm_delete" => {
            let said = task.request_input("confirm", question("Delete it?", "confirm", "boolean")).await?;
            Ok(text(format!("confirmed: {}", said["content"]["confirm"])))
        }
        "multi_input" => {
            let one = task.request_input("one", question("The first?", "name", "string"));
            let two = task.request_input("two", question("The second?", "name", "string"));
            let (one, two) = tokio::join!(one, two);
            Ok(text(format!("{} and {}", one?["content"]["name"], two?["content"]["name"])))
        }
        _ => Ok(text(format!("Hello, {who}!"))),
    }
}

fn question(message: &str, field: &str, kind: &str) -> InputRequest {
    serde_json::from_value(form(message, field, kind)).expect("a request")
}
