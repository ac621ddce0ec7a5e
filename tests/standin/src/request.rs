//! What the stand-in remembers of a request: enough to assert on, and never a secret.

use crate::protocol::Api;
use axum::http::{HeaderMap, header};
use serde::Serialize;
use sha2::{Digest, Sha256};

/// One request that reached the stand-in. It is in the log before it is answered.
#[derive(Debug, Clone, Serialize)]
pub struct Request {
    /// Which request since the start, from 1.
    pub number: u64,
    /// Which API, unless it is a probe or something that no API has.
    pub api: Option<Api>,
    /// `POST` and the like.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The model asked for.
    pub model: Option<String>,
    /// Whether the answer was to be streamed.
    pub streamed: bool,
    /// The scenario's word, when one was played; `aside` for a side request that plays none.
    pub scenario: Option<String>,
    /// How many user prompts the conversation carries: more than one shows a resumed session.
    pub prompts: usize,
    /// The last of them.
    pub last_prompt: Option<String>,
    /// How many tool results came since the last prompt: 0 in the first request of a turn.
    pub results: usize,
    /// The names of the tools on offer, MCP tools among them.
    pub tools: Vec<String>,
    /// The credential that came with it.
    pub credential: Option<Credential>,
    /// The status that it was answered with; a hanging request has the one that it would get.
    pub status: u16,
}

/// A credential as evidence: which header, and a digest to compare with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Credential {
    /// The header that carried it, in lower case.
    pub header: String,
    /// SHA-256 of the credential, without `Bearer`, in hexadecimal.
    pub sha256: String,
}

impl Credential {
    /// Whether it was this key.
    pub fn is(&self, key: &str) -> bool {
        self.sha256 == sha256(key)
    }

    /// The first credential among the headers that the three APIs take one in.
    pub(crate) fn among(headers: &HeaderMap) -> Option<Self> {
        ["x-api-key", "x-goog-api-key", header::AUTHORIZATION.as_str()].into_iter().find_map(|name| {
            let value = headers.get(name)?.to_str().ok()?;
            let key = value.strip_prefix("Bearer ").unwrap_or(value);
            Some(Self { header: name.to_owned(), sha256: sha256(key) })
        })
    }
}

fn sha256(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_known_again_and_cannot_be_read_from_the_log() {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", "Bearer top-secret".parse().unwrap());
        let credential = Credential::among(&headers).unwrap();
        assert!(credential.is("top-secret") && !credential.is("other"));
        assert_eq!(credential.header, "authorization");
        assert!(!serde_json::to_string(&credential).unwrap().contains("top-secret"));
    }
}
