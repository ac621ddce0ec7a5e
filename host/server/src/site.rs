//! The dashboard's files, and the headers that keep a browser from doing anything else with what this port answers.
//!
//! The page holds no secret and needs no session. Any address that is no route shows the page, which has routes of its
//! own.

use super::rest;
use axum::body::Body;
use axum::http::header::{
    ACCEPT, ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG,
    HeaderName, IF_NONE_MATCH, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use jackfield_dashboard::{Asset, PAGE, asset};
use std::io::Read;

/// What the page may do: its own scripts, styles and calls, and nothing inline. Svelte names its policy.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types svelte-trusted-html";
/// What anything else may do in a browser.
const DATA_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";
/// Routes below these are never pages.
const NO_PAGES: [&str; 8] =
    ["/api", "/mcp", "/tasks", "/execute", "/workflow", "/health", "/metrics", "/openapi.json"];

/// Answers what no route answers: a file of the dashboard, its page, or a problem.
pub(super) async fn page(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    let is_read = matches!(method, Method::GET | Method::HEAD);
    let is_page = !NO_PAGES
        .iter()
        .any(|below| path.strip_prefix(below).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')));
    let file = asset(path).or_else(|| {
        // A file is at the root or among the assets; below that, names of components may have dots.
        let is_file = path.starts_with("/assets/") || (path.contains('.') && path.matches('/').count() == 1);
        let wants = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        let wants_page = wants.into_iter().any(|value| value.contains("text/html"));
        asset(PAGE).filter(|_| !is_file && wants_page)
    });
    match file.filter(|_| is_read && is_page) {
        Some(file) => answered(file, &headers),
        None => rest::no_route(uri).await,
    }
}

fn answered(file: &Asset, headers: &HeaderMap) -> Response {
    let is_hashed = file.path.starts_with("/assets/");
    let kept = if is_hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
    let about = [
        (CACHE_CONTROL, HeaderValue::from_static(kept)),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY)),
        (VARY, HeaderValue::from_static("accept-encoding")),
        (ETAG, HeaderValue::from_static(file.tag)),
    ];
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if known.into_iter().any(|value| value.contains(file.tag)) {
        return (StatusCode::NOT_MODIFIED, about).into_response();
    }
    let takes = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let takes_gzip = takes.into_iter().any(|value| value.contains("gzip"));
    let kind = (CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    if takes_gzip {
        let encoding = (CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        return (about, [kind, encoding], Body::from(file.gzip)).into_response();
    }
    let mut plain = Vec::new();
    match GzDecoder::new(file.gzip).read_to_end(&mut plain) {
        Ok(_) => (about, [kind], plain).into_response(),
        Err(error) => {
            tracing::error!(%error, path = file.path, "failed to read an embedded file");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Adds to every response what browsers are told.
pub(super) async fn hardened(mut response: Response) -> Response {
    const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
    const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
    const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");
    let headers = response.headers_mut();
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(DATA_POLICY));
    for (name, value) in [
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
        (OPENER, "same-origin"),
        (RESOURCE, "same-origin"),
        (PERMISSIONS, "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
