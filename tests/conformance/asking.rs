//! Tools and a prompt that ask their caller back, and go on with what is answered.

use crate::fixture::tool;
use crate::shown::filled;
use crate::simple::text;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, ErrorData, GetPromptRequestParams, GetPromptResponse,
    InputRequests, InputRequiredResult, InputResponses,
};
use rmcp::service::{RequestContext, RoleServer};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const PREFIX: &str = "test_input_required_result_";

pub(crate) fn tools() -> Vec<Value> {
    let kinds = [
        "elicitation",
        "sampling",
        "list_roots",
        "request_state",
        "multiple_inputs",
        "multi_round",
        "tampered_state",
        "capabilities",
    ];
    kinds.iter().map(|kind| tool(&format!("{PREFIX}{kind}"), json!({}))).collect()
}

/// A question that is a form with one field.
pub(crate) fn form(message: &str, field: &str, kind: &str) -> Value {
    json!({
        "method": "elicitation/create",
        "params": {
            "mode": "form",
            "message": message,
            "requestedSchema": { "type": "object", "properties": { field: { "type": kind } }, "required": [field] },
        },
    })
}

fn sampling(question: &str) -> Value {
    let message = json!({ "role": "user", "content": { "type": "text", "text": question } });
    json!({ "method": "sampling/createMessage", "params": { "messages": [message], "maxTokens": 100 } })
}

fn roots() -> Value {
    json!({ "method": "roots/list", "params": {} })
}

pub(crate) fn requests(asked: Value) -> InputRequests {
    serde_json::from_value(asked).expect("requests")
}

type Called = Result<CallToolResponse, ErrorData>;

fn ask(asked: Value, state: Option<String>) -> Called {
    Ok(CallToolResponse::InputRequired(InputRequiredResult::new(Some(requests(asked)), state)))
}

fn done(said: impl Into<String>) -> Called {
    Ok(CallToolResponse::Complete(text(said)))
}

/// A state that its holder can read and cannot change.
fn sealed(state: &str) -> String {
    format!("{state}.{}", seal(state))
}

fn seal(state: &str) -> String {
    let sum = Sha256::digest(format!("{state}{}", std::process::id()));
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The state that was sealed; nothing where none was given.
fn opened(request: &CallToolRequestParams) -> Result<Option<&str>, ErrorData> {
    let Some(given) = request.request_state.as_deref() else { return Ok(None) };
    match given.rsplit_once('.') {
        Some((state, sum)) if seal(state) == sum => Ok(Some(state)),
        _ => Err(ErrorData::invalid_params("requestState was changed on its way", None)),
    }
}

/// What was filled into the form that was asked under `key`.
fn accepted<'a>(responses: Option<&'a InputResponses>, key: &str, field: &str) -> Option<&'a Value> {
    let response = responses?.get(key)?;
    response
        .get("content")?
        .get(field)
        .filter(|_| response.get("action").is_some_and(|action| action == "accept"))
}

pub(crate) fn call(request: &CallToolRequestParams, context: &RequestContext<RoleServer>) -> Option<Called> {
    let kind = request.name.strip_prefix(PREFIX)?;
    Some(of_kind(kind, request, context))
}

fn of_kind(kind: &str, request: &CallToolRequestParams, context: &RequestContext<RoleServer>) -> Called {
    let responses = request.input_responses.as_ref();
    let answered = |key: &str| responses.and_then(|responses| responses.get(key));
    let name = || json!({ "user_name": form("What is your name?", "name", "string") });
    match kind {
        "elicitation" => match accepted(responses, "user_name", "name").and_then(Value::as_str) {
            Some(name) => done(format!("Hello, {name}!")),
            None => ask(name(), None),
        },
        "sampling" => match answered("capital_question") {
            Some(response) => done(response["content"]["text"].as_str().unwrap_or_default()),
            None => ask(json!({ "capital_question": sampling("What is the capital of France?") }), None),
        },
        "list_roots" => match answered("client_roots") {
            Some(response) => done(response["roots"].to_string()),
            None => ask(json!({ "client_roots": roots() }), None),
        },
        "request_state" | "tampered_state" => {
            match (opened(request)?, accepted(responses, "confirm", "ok")) {
                (Some(_), Some(_)) => done("state-ok"),
                _ => {
                    ask(json!({ "confirm": form("Please confirm", "ok", "boolean") }), Some(sealed("asked")))
                }
            }
        }
        "multiple_inputs" => {
            let all = ["user_name", "greeting", "client_roots"].iter().all(|key| answered(key).is_some());
            if opened(request)?.is_some() && all {
                return done("all answered");
            }
            let mut asked = name();
            asked["greeting"] = sampling("Generate a greeting");
            asked["client_roots"] = roots();
            ask(asked, Some(sealed("asked")))
        }
        "multi_round" => match opened(request)? {
            Some("one") if answered("step1").is_some() => {
                let second = form("Step 2: What is your favorite color?", "color", "string");
                ask(json!({ "step2": second }), Some(sealed("two")))
            }
            Some("two") if answered("step2").is_some() => done("both steps are done"),
            _ => {
                let first = form("Step 1: What is your name?", "name", "string");
                ask(json!({ "step1": first }), Some(sealed("one")))
            }
        },
        _ => {
            let able = context.client_capabilities().unwrap_or_default();
            let mut asked = json!({});
            if able.elicitation.is_some() {
                asked["name"] = form("What is your name?", "name", "string");
            }
            if able.sampling.is_some() {
                asked["greeting"] = sampling("Generate a greeting");
            }
            ask(asked, None)
        }
    }
}

pub(crate) fn prompt(request: &GetPromptRequestParams) -> Option<Result<GetPromptResponse, ErrorData>> {
    if request.name != "test_input_required_result_prompt" {
        return None;
    }
    let given = accepted(request.input_responses.as_ref(), "user_context", "context").and_then(Value::as_str);
    Some(Ok(match given {
        Some(context) => {
            filled(vec![json!({ "type": "text", "text": format!("Mind this: {context}") })]).into()
        }
        None => {
            let asked =
                json!({ "user_context": form("What context should the prompt use?", "context", "string") });
            InputRequiredResult::from_input_requests(requests(asked)).into()
        }
    }))
}
