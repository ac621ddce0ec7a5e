//! An MCP client of either era: one that opens with `initialize`, and one that sends each request
//! alone with all that it needs. Both speak plain JSON-RPC, so that nothing is hidden.

use crate::PATIENCE;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::time::timeout;

/// Names a client of the older era.
const SESSION: &str = "mcp-session-id";

/// How a client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// `initialize` first.
    Legacy,
    /// Every request stands alone.
    Stateless,
}

impl Era {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Legacy, Self::Stateless];

    const fn version(self) -> &'static str {
        match self {
            Self::Legacy => "2025-11-25",
            Self::Stateless => "2026-07-28",
        }
    }
}

/// See the module.
pub struct Mcp {
    client: Client,
    url: String,
    token: String,
    era: Era,
    next: AtomicU64,
    /// What a stateless client says that it can do.
    capabilities: Value,
    /// What the answer to `initialize` named.
    session: OnceLock<String>,
}

/// What a tool said.
#[derive(Debug)]
pub struct Said {
    /// Whether it is an error.
    pub is_error: bool,
    /// The text that stands alone.
    pub text: String,
    /// The same as data, from where models do not read it.
    pub data: Value,
    /// The text with what the next call needs, as some programs show it to their models.
    pub structured: Value,
    /// Addresses of resources that the answer links to.
    pub links: Vec<String>,
    /// Progress notifications that came before it, in order: number and message.
    pub progress: Vec<(f64, String)>,
}

impl Said {
    /// The data of an answer that must be none of an error.
    pub fn fine(self) -> Value {
        assert!(!self.is_error, "{self:#?}");
        self.data
    }
}

impl Mcp {
    pub(crate) fn new(address: &str, token: &str, era: Era) -> Self {
        let client = crate::server::client();
        let url = format!("http://{address}/mcp");
        Self {
            client,
            url,
            token: token.to_owned(),
            era,
            next: AtomicU64::new(1),
            capabilities: json!({}),
            session: OnceLock::new(),
        }
    }

    /// The same at another address of the door, like `?toolsets=admin`.
    #[must_use]
    pub fn at(mut self, address: &str) -> Self {
        self.url.push_str(address);
        self
    }

    /// The same of a client that can do this.
    #[must_use]
    pub fn able(mut self, capabilities: Value) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// Opens the conversation where the era has an opening; says who the server is.
    pub async fn open(&self) -> Value {
        match self.era {
            Era::Legacy => {
                let client = json!({ "name": "behaviour", "version": "1" });
                let hello = json!({ "protocolVersion": self.era.version(), "capabilities": {}, "clientInfo": client });
                let body = self.body("initialize", hello, 0);
                let opened = self.request("initialize", None).json(&body).send().await.unwrap();
                if let Some(session) = opened.headers().get(SESSION) {
                    let session = session.to_str().unwrap().to_owned();
                    self.session.set(session).expect("a client opens once");
                }
                let answer: Value = opened.json().await.unwrap();
                let note = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
                let noted = self.request("notifications/initialized", None).json(&note).send().await.unwrap();
                assert!(noted.status().is_success(), "{noted:?}");
                answer["result"].clone()
            }
            Era::Stateless => self.ask("server/discover", json!({})).await["result"].clone(),
        }
    }

    /// The tools' names.
    pub async fn tools(&self) -> Vec<String> {
        let answer = self.ask("tools/list", json!({})).await;
        let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("no tools: {answer}"));
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Calls a tool.
    pub async fn call(&self, tool: &str, arguments: Value) -> Said {
        self.said(tool, json!({ "name": tool, "arguments": arguments })).await
    }

    /// Calls a tool and asks to be told of its progress.
    pub async fn call_with_progress(&self, tool: &str, arguments: Value) -> Said {
        let params = json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": "told" } });
        self.said(tool, params).await
    }

    async fn said(&self, tool: &str, params: Value) -> Said {
        let messages = self.exchange("tools/call", Some(tool), params).await;
        let (answer, notes) = messages.split_last().expect("an answer");
        let result = &answer["result"];
        assert!(result.is_object(), "a protocol error: {answer}");
        let told = notes.iter().filter(|note| note["method"] == "notifications/progress").map(|note| {
            assert_eq!(note["params"]["progressToken"], "told");
            let message = note["params"]["message"].as_str().unwrap_or_default();
            (note["params"]["progress"].as_f64().unwrap(), message.to_owned())
        });
        Said {
            is_error: result["isError"] == true,
            text: result["content"][0]["text"].as_str().unwrap_or_default().to_owned(),
            data: result["_meta"]["jackfield/data"].clone(),
            structured: result["structuredContent"].clone(),
            links: links(&result["content"]),
            progress: told.collect(),
        }
    }

    /// Any request; the answer as it came, with `result` or `error`.
    pub async fn ask(&self, method: &str, params: Value) -> Value {
        let name = named(&params);
        self.exchange(method, name.as_deref(), params).await.pop().expect("an answer")
    }

    /// Any request, whose answer is read as it comes. Dropping it closes the connection.
    pub async fn open_stream(&self, method: &str, params: Value, id: u64) -> Stream {
        let request = self.request(method, named(&params).as_deref());
        let response = request.json(&self.body(method, params, id)).send().await.expect("the server answers");
        Stream::new(response)
    }

    /// Calls a request of the older era off.
    pub async fn call_off(&self, id: u64) {
        let note =
            json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } });
        let noted = self.request("notifications/cancelled", None).json(&note).send().await.unwrap();
        assert!(noted.status().is_success(), "{noted:?}");
    }

    fn body(&self, method: &str, mut params: Value, id: u64) -> Value {
        if self.era == Era::Stateless {
            let meta = &mut params["_meta"];
            meta["io.modelcontextprotocol/protocolVersion"] = json!(self.era.version());
            meta["io.modelcontextprotocol/clientCapabilities"] = self.capabilities.clone();
            meta["io.modelcontextprotocol/clientInfo"] = json!({ "name": "behaviour", "version": "1" });
        }
        json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
    }

    async fn exchange(&self, method: &str, name: Option<&str>, params: Value) -> Vec<Value> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let body = self.body(method, params, id);
        let response = self.request(method, name).json(&body).send().await.expect("the server answers");
        let streamed = response
            .headers()
            .get(CONTENT_TYPE)
            .is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"));
        let text = response.text().await.expect("a whole answer");
        let parsed = |text: &str| {
            serde_json::from_str(text).unwrap_or_else(|error| panic!("no JSON ({error}): {text}"))
        };
        if streamed { events(&text).iter().map(|data| parsed(data)).collect() } else { vec![parsed(&text)] }
    }

    /// A request with the headers of the era, to be given a body.
    pub fn request(&self, method: &str, name: Option<&str>) -> RequestBuilder {
        let request = self
            .client
            .post(&self.url)
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .header(ACCEPT, "application/json, text/event-stream");
        if self.era == Era::Legacy && method == "initialize" {
            return request;
        }
        let request = request.header("MCP-Protocol-Version", self.era.version());
        let request = match self.session.get() {
            Some(session) => request.header(SESSION, session),
            None => request,
        };
        match (self.era, name) {
            (Era::Legacy, _) => request,
            (Era::Stateless, None) => request.header("Mcp-Method", method),
            (Era::Stateless, Some(name)) => request.header("Mcp-Method", method).header("Mcp-Name", name),
        }
    }
}

/// What a request names, which the stateless era has in a header too.
fn named(params: &Value) -> Option<String> {
    let names = ["name", "uri", "taskId"].iter().filter_map(|field| params[*field].as_str());
    names.map(str::to_owned).next()
}

fn links(content: &Value) -> Vec<String> {
    let parts = content.as_array().into_iter().flatten().filter(|part| part["type"] == "resource_link");
    parts.map(|part| part["uri"].as_str().unwrap().to_owned()).collect()
}

/// An answer that comes in parts.
pub struct Stream {
    response: Response,
    buffer: Vec<u8>,
}

impl Stream {
    const fn new(response: Response) -> Self {
        Self { response, buffer: Vec::new() }
    }

    /// The next message; none where the stream has ended.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let message: Vec<u8> = self.buffer.drain(..end + 2).collect();
                if let Some(data) = events(&String::from_utf8(message).unwrap()).first() {
                    return Some(serde_json::from_str(data).unwrap());
                }
                continue;
            }
            let chunk = timeout(PATIENCE, self.response.chunk()).await.expect("the stream goes on or ends");
            self.buffer.extend_from_slice(&chunk.expect("the stream is not torn")?);
        }
    }
}

/// The data of a stream of server-sent events, each on one line.
fn events(stream: &str) -> Vec<String> {
    let data = stream.lines().filter_map(|line| line.strip_prefix("data:"));
    data.map(|data| data.trim().to_owned()).filter(|data| !data.is_empty()).collect()
}
