//! A stand-in for a collector of traces: takes OTLP over HTTP, and reads what a real one would.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::trace::v1::Span;
use parking_lot::Mutex;
use prost::Message;
use std::collections::BTreeMap;
use std::sync::Arc;

/// See the module. It collects until it is dropped.
pub struct Collector {
    address: String,
    collected: Arc<Mutex<Collected>>,
}

#[derive(Default)]
struct Collected {
    spans: Vec<Traced>,
    services: Vec<String>,
    content_types: Vec<String>,
}

/// A span as it was sent.
#[derive(Debug, Clone)]
pub struct Traced {
    /// What it is called.
    pub name: String,
    /// Its trace, in hexadecimal digits.
    pub trace: String,
    /// Its own id.
    pub id: String,
    /// The span above it; empty: none.
    pub parent: String,
    /// Its attributes, each as text.
    pub attributes: BTreeMap<String, String>,
    /// Whether it says that it failed.
    pub failed: bool,
}

impl Collector {
    /// On a port of its own.
    pub async fn start() -> Self {
        let collected = Arc::new(Mutex::new(Collected::default()));
        let router = Router::new().route("/v1/traces", post(take)).with_state(Arc::clone(&collected));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, collected }
    }

    /// What a host is told as the endpoint.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Every span so far.
    pub fn spans(&self) -> Vec<Traced> {
        self.collected.lock().spans.clone()
    }

    /// The only span of this name.
    pub fn the(&self, name: &str) -> Traced {
        let spans = self.spans();
        let found: Vec<_> = spans.iter().filter(|span| span.name == name).collect();
        match found.as_slice() {
            [one] => (*one).clone(),
            _ => panic!("{} spans are called {name}: {spans:#?}", found.len()),
        }
    }

    /// Who sent them, and as what.
    pub fn senders(&self) -> (Vec<String>, Vec<String>) {
        let collected = self.collected.lock();
        (collected.services.clone(), collected.content_types.clone())
    }
}

async fn take(State(collected): State<Arc<Mutex<Collected>>>, headers: HeaderMap, body: Bytes) -> Vec<u8> {
    let request = ExportTraceServiceRequest::decode(body).expect("what is sent is OTLP");
    let mut collected = collected.lock();
    collected.content_types.push(headers["content-type"].to_str().unwrap().to_owned());
    for of_resource in request.resource_spans {
        let resource = texts(of_resource.resource.unwrap().attributes);
        collected.services.push(resource["service.name"].clone());
        let spans = of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
        collected.spans.extend(spans.map(traced));
    }
    Vec::new()
}

fn traced(span: Span) -> Traced {
    Traced {
        name: span.name,
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        attributes: texts(span.attributes),
        failed: span.status.is_some_and(|status| status.code == 2),
    }
}

fn texts(attributes: Vec<KeyValue>) -> BTreeMap<String, String> {
    let text = |attribute: KeyValue| match attribute.value.and_then(|value| value.value) {
        Some(Value::StringValue(text)) => (attribute.key, text),
        Some(Value::IntValue(number)) => (attribute.key, number.to_string()),
        Some(Value::DoubleValue(number)) => (attribute.key, number.to_string()),
        Some(Value::BoolValue(yes)) => (attribute.key, yes.to_string()),
        other => (attribute.key, format!("{other:?}")),
    };
    attributes.into_iter().map(text).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
