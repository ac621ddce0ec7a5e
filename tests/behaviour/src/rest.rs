//! A REST client that hides nothing: status, content type and body as they came.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;

/// See the module. Clones share their connections.
#[derive(Clone)]
pub struct Rest {
    client: Client,
    base: String,
    token: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The content type, empty where none was named.
    pub content_type: String,
    /// All headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Reply {
    /// A header that must be there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}: {self:?}")).to_str().unwrap()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// The body of an answer that must have gone well.
    pub fn fine(self) -> Value {
        assert!(self.status.is_success(), "{self:?}");
        self.json()
    }
}

impl Rest {
    /// A client for a server; without a token it sends none.
    pub fn new(address: &str, token: Option<&str>) -> Self {
        let client = crate::server::client();
        Self { client, base: format!("http://{address}"), token: token.map(str::to_owned) }
    }

    /// A request to be finished by the caller.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            None => request,
        }
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        sent(self.request(Method::GET, path)).await
    }

    /// `POST` of a JSON value.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        sent(self.request(Method::POST, path).json(body)).await
    }

    /// `POST /tasks/execute`.
    pub async fn execute(&self, body: &Value) -> Reply {
        self.post("/tasks/execute", body).await
    }
}

/// Sends a request and takes in the whole answer.
pub async fn sent(request: RequestBuilder) -> Reply {
    let response = request.send().await.expect("the server answers");
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    let (status, headers) = (response.status(), response.headers().clone());
    Reply { status, content_type, headers, text: response.text().await.expect("a whole answer") }
}
