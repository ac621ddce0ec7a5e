//! The HTTP surface: which path is which API, what is logged, what is answered.
//!
//! A request is in the log before anything of its answer is sent, so a test that waits for it never races.

use crate::{
    conversation::Conversation,
    playback::{self, Course},
    protocol::{Api, Envelope, PathFacts, Protocol},
    request::{Credential, Request},
    scenario::{Fault, UnknownScenario},
    script::{self, Act, Reply},
    standin::{Patience, Shared},
};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use std::sync::Arc;

pub(crate) fn router(shared: Arc<Shared>) -> Router {
    // Programs send prompts of megabytes.
    Router::new().fallback(answer).layer(DefaultBodyLimit::disable()).with_state(shared)
}

/// Where a request goes.
enum Route {
    Model(Api, PathFacts),
    /// How many tokens a request would have.
    Count(Api),
    /// What programs send to see whether the API is there.
    Probe,
    /// codex asks to speak by WebSocket first, and goes on without.
    Upgrade,
    Nowhere,
}

impl Route {
    fn of(method: &Method, path: &str) -> Self {
        let post = method == Method::POST;
        match path {
            "/v1/messages" if post => Self::Model(Api::Anthropic, PathFacts::default()),
            "/v1/messages/count_tokens" if post => Self::Count(Api::Anthropic),
            "/v1/responses" if post => Self::Model(Api::OpenAi, PathFacts::default()),
            "/v1/responses" => Self::Upgrade,
            "/" if !post => Self::Probe,
            _ => path.strip_prefix("/v1beta/models/").filter(|_| post).map_or(Self::Nowhere, Self::of_gemini),
        }
    }

    fn of_gemini(call: &str) -> Self {
        let facts = |model: &str, streamed| PathFacts { model: model.to_owned(), streamed };
        match call.split_once(':') {
            Some((model, "streamGenerateContent")) => Self::Model(Api::Gemini, facts(model, true)),
            Some((model, "generateContent")) => Self::Model(Api::Gemini, facts(model, false)),
            Some((_, "countTokens")) => Self::Count(Api::Gemini),
            _ => Self::Nowhere,
        }
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut request = Request {
        number: shared.next_number(),
        api: None,
        method: method.to_string(),
        path: uri.path().to_owned(),
        model: None,
        streamed: false,
        scenario: None,
        prompts: 0,
        last_prompt: None,
        results: 0,
        tools: Vec::new(),
        credential: Credential::among(&headers),
        status: 0,
    };
    let (status, told) = match Route::of(&method, uri.path()) {
        Route::Model(api, path) => {
            request.api = Some(api);
            return converse(&shared, api, &path, &body, request).await;
        }
        Route::Count(api) => {
            request.api = Some(api);
            // Four bytes a token is what the providers give as a rule of thumb.
            let tokens = (body.len() / 4).max(1);
            (StatusCode::OK, json!({"input_tokens": tokens, "totalTokens": tokens}))
        }
        Route::Probe => (StatusCode::OK, json!({})),
        Route::Upgrade => (StatusCode::UPGRADE_REQUIRED, complaint("no WebSocket is spoken here")),
        Route::Nowhere => (StatusCode::NOT_FOUND, complaint("the stand-in has nothing at this path")),
    };
    request.status = status.as_u16();
    shared.remember(request);
    (status, Json(told)).into_response()
}

/// Answers a request to a model.
async fn converse(
    shared: &Shared,
    api: Api,
    path: &PathFacts,
    body: &[u8],
    mut request: Request,
) -> Response {
    let protocol = api.protocol();
    let planned =
        protocol.read(body, path).map_err(|error| format!("the stand-in cannot read this: {error}"));
    let planned = planned.and_then(|conversation| {
        describe(&mut request, &conversation);
        plan(shared, api, &conversation, &mut request).map_err(|unknown| unknown.to_string())
    });
    let answerer = Answerer {
        protocol,
        envelope: Envelope { model: request.model.clone().unwrap_or_default(), number: request.number },
        streamed: request.streamed,
        patience: shared.patience(),
        retry_after: shared.retry_after(),
    };
    let act = match planned {
        Ok(act) => act,
        Err(message) => {
            request.status = StatusCode::BAD_REQUEST.as_u16();
            shared.remember(request);
            return (StatusCode::BAD_REQUEST, Json(complaint(&message))).into_response();
        }
    };
    request.status = answerer.status(&act);
    shared.remember(request);
    answerer.perform(act).await
}

fn describe(request: &mut Request, conversation: &Conversation) {
    request.model = Some(conversation.model.clone());
    request.streamed = conversation.streamed;
    request.prompts = conversation.prompts.len();
    request.last_prompt = conversation.prompts.last().cloned();
    request.results = conversation.results.len();
    request.tools = conversation.tools.iter().map(|tool| tool.name.clone()).collect();
}

fn plan(
    shared: &Shared,
    api: Api,
    conversation: &Conversation,
    request: &mut Request,
) -> Result<Act, UnknownScenario> {
    if conversation.is_aside() {
        request.scenario = Some("aside".to_owned());
        return Ok(Act::Answer(script::aside(conversation), Course::Through));
    }
    let scenario = shared.choose(api, &conversation.model, &conversation.prompts)?;
    request.scenario = Some(scenario.to_string());
    Ok(script::act(&scenario, conversation))
}

fn complaint(message: &str) -> serde_json::Value {
    json!({"type": "error", "error": {"type": "standin_error", "message": message}})
}

/// Carries one act out.
struct Answerer {
    protocol: &'static dyn Protocol,
    envelope: Envelope,
    streamed: bool,
    patience: Patience,
    retry_after: u64,
}

impl Answerer {
    fn status(&self, act: &Act) -> u16 {
        match act {
            Act::Answer(..) | Act::Withhold(..) => StatusCode::OK.as_u16(),
            Act::Refuse(fault) => self.protocol.refuse(*fault, &self.envelope.model, self.retry_after).status,
        }
    }

    async fn perform(mut self, act: Act) -> Response {
        match act {
            Act::Answer(reply, course) => self.reply(&reply, course),
            Act::Withhold(time, reply) => {
                self.patience.pause(time).await;
                self.reply(&reply, Course::Through)
            }
            Act::Refuse(fault) => self.refuse(fault),
        }
    }

    fn reply(self, reply: &Reply, course: Course) -> Response {
        let mut response = Response::new(Body::empty());
        let headers = response.headers_mut();
        headers.insert("request-id", self.request_id());
        headers.insert("x-request-id", self.request_id());
        if self.streamed {
            let events = self.protocol.stream(reply, &self.envelope);
            headers
                .insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream; charset=utf-8"));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
            let frames = playback::streamed(events, course, self.protocol.keepalive());
            *response.body_mut() = playback::body(frames, self.patience);
        } else {
            let text = self.protocol.whole(reply, &self.envelope).to_string();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            // The whole length is promised, so that a client can tell a cut from an end.
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(text.len()));
            *response.body_mut() = playback::body(playback::whole(text, course), self.patience);
        }
        response
    }

    fn refuse(self, fault: Fault) -> Response {
        let refusal = self.protocol.refuse(fault, &self.envelope.model, self.retry_after);
        let status = StatusCode::from_u16(refusal.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(refusal.body)).into_response();
        let headers = response.headers_mut();
        headers.insert("request-id", self.request_id());
        headers.insert("x-request-id", self.request_id());
        if fault == Fault::RateLimited {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(self.retry_after));
        }
        response
    }

    fn request_id(&self) -> HeaderValue {
        HeaderValue::from_str(&self.envelope.id("req", 0)).unwrap_or(HeaderValue::from_static("req"))
    }
}
