//! `ETag` and `If-None-Match`: who has an answer already is told so in place of being sent it again.
//!
//! The tag is the sha256 of the body, so it is right whatever the answer was made from, and the same in every host
//! over one data folder.

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

/// Adds the tag of a good answer, or says that it is the one that the caller has.
pub(super) async fn tag(request: Request, next: Next) -> Response {
    let headers = request.headers().clone();
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    let (parts, body) = response.into_parts();
    match to_bytes(body, usize::MAX).await {
        Ok(bytes) => tagged(&headers, Response::from_parts(parts, Body::empty()), bytes.into()),
        Err(error) => {
            tracing::warn!(%error, "an answer could not be read");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// `answer` with this body, or 304 where `asked` names its tag.
fn tagged(asked: &HeaderMap, answer: Response, body: Vec<u8>) -> Response {
    let hash = Sha256::digest(&body);
    let tag =
        hash.iter().take(16).fold(String::from("\""), |text, byte| text + &format!("{byte:02x}")) + "\"";
    let (mut parts, _) = answer.into_parts();
    if let Ok(value) = HeaderValue::from_str(&tag) {
        parts.headers.insert(ETAG, value);
    }
    if !names(asked, &tag) {
        return Response::from_parts(parts, Body::from(body));
    }
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(CONTENT_TYPE);
    parts.headers.remove(CONTENT_LENGTH);
    Response::from_parts(parts, Body::empty())
}

/// Whether `If-None-Match` names `tag`, as weak or strong as you like.
fn names(asked: &HeaderMap, tag: &str) -> bool {
    let given = asked.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let mut each = given.flat_map(|value| value.split(',')).map(str::trim);
    each.any(|given| given == "*" || given.trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asking(tags: &'static str) -> HeaderMap {
        [(IF_NONE_MATCH, HeaderValue::from_static(tags))].into_iter().collect()
    }

    #[test]
    fn request_with_the_current_etag_gets_no_body() {
        let answer = |asked: &HeaderMap, body: &str| {
            tagged(asked, ([(CONTENT_TYPE, "application/json")], "").into_response(), body.into())
        };
        let first = answer(&HeaderMap::new(), "[1]");
        assert_eq!(first.status(), StatusCode::OK);
        let tag = first.headers()[ETAG].to_str().unwrap().to_owned();
        for given in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
            let asked = [(IF_NONE_MATCH, given.parse().unwrap())].into_iter().collect();
            let again = answer(&asked, "[1]");
            assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{given}");
            assert!(again.headers().get(CONTENT_TYPE).is_none() && again.headers()[ETAG] == tag.as_str());
            assert_eq!(answer(&asked, "[1, 2]").status() == StatusCode::OK, given != "*");
        }
        assert_eq!(answer(&asking("\"other\""), "[1]").status(), StatusCode::OK);
    }
}
