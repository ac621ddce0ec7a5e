//! One port: `/mcp`, `/api` and the short REST routes, behind one set of guards.
//!
//! Every call but `GET /health` carries a bearer token. The `Host` and `Origin` of a request
//! must be this machine's own, so that a web page cannot reach in through somebody's browser.

use super::guard::{self, Guard};
use super::pace::Paced;
use super::refused::LARGEST_BODY;
use super::{Token, mcp, rest, traced};
use axum::Router;
use axum::body::{Body, HttpBody};
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CONTENT_LENGTH, HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use jackfield::Host;
use jackfield_types::{ErrorCode, Problem};
use std::sync::Arc;

/// The same for what a worker elsewhere tells, which holds all that its agents said and its components decided.
/// Files are not bodies in this sense: they go to the disk as they come.
const LARGEST_NEWS: usize = 64 << 20;
/// Most of a body that is too large which is read, bytes.
const LARGEST_DROPPED: usize = 128 << 20;

/// The whole HTTP side of a host; nest it under any path.
///
/// `names` are those by which others may call it, besides this machine's own: a host name or an address, without
/// a port.
pub fn router(host: &Host, token: Token, names: &[String]) -> Router {
    let routes = Router::new().nest_service("/mcp", mcp::service(host)).merge(rest::router(host.clone()));
    behind_guards(routes, rest::open(host.clone()), Guard::of(token, host), names)
}

/// Any MCP handler behind the guards of the host's own, at `/mcp`. The conformance suites come with tools of their
/// own that no product has: so the way to them is the product's.
#[doc(hidden)]
pub fn router_around(handler: impl rmcp::ServerHandler + Clone, token: Token, names: &[String]) -> Router {
    let routes = Router::new().nest_service("/mcp", mcp::around(handler));
    behind_guards(routes, Router::new(), Guard::alone(token), names)
}

fn behind_guards(guarded: Router, open: Router, guard: Guard, names: &[String]) -> Router {
    let names: Arc<[String]> = names.into();
    guarded
        .layer(from_fn(fits))
        .layer(from_fn_with_state(guard, guard::admit))
        .merge(open)
        .fallback(rest::no_route)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(map_response(super::refused::told))
        .layer(from_fn_with_state(names, own_names_only))
        .layer(from_fn(traced::request))
}

/// A body must come in time and fit. Whoever is still sending does not read, so what is too large is taken in and dropped
/// before it is refused: else the answer is lost in a broken connection.
async fn fits(request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let request = request.map(|body| Body::from_stream(Paced::new(body)));
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    let most = if request.uri().path().starts_with("/api/worker/") { LARGEST_NEWS } else { LARGEST_BODY };
    if length.is_none_or(|length: usize| length <= most) {
        return next.run(request).await;
    }
    let mut body = request.into_body().into_data_stream();
    let mut dropped = 0;
    while let Some(Ok(chunk)) = body.next().await {
        dropped += chunk.len();
        if dropped > LARGEST_DROPPED {
            break;
        }
    }
    super::refused::refuse(StatusCode::PAYLOAD_TOO_LARGE, super::refused::too_large())
}

async fn own_names_only(State(names): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    let is_own = |authority: &str| is_own(authority, &names);
    let headers = request.headers();
    // HTTP/2 names the host in the address.
    let in_address = request.uri().authority().map(|authority| is_own(authority.as_str()));
    let named = headers.get_all(HOST).iter().count();
    if named > 1 || (named == 0 && in_address.is_none()) {
        let problem = Problem::caller(
            ErrorCode::BadHost,
            format!("the request has {named} Host headers"),
            "send one Host header, with the name and port that the host is called by",
        );
        return super::refused::refuse(StatusCode::BAD_REQUEST, problem);
    }
    let host = headers.get(HOST).map(|value| value.to_str().is_ok_and(is_own));
    let host = [in_address, host].into_iter().flatten().all(|own| own);
    let origin = headers
        .get_all(ORIGIN)
        .iter()
        .all(|value| value.to_str().is_ok_and(|origin| is_own_origin(origin, &names)));
    if host && origin {
        return next.run(request).await;
    }
    let problem = Problem::caller(
        ErrorCode::ForeignOrigin,
        format!("the request names {} as its host or origin", foreign(headers)),
        "call this host as 127.0.0.1 or localhost, or by a name in server.names of jackfield.toml, and from no other site's page",
    );
    super::refused::refuse(StatusCode::FORBIDDEN, problem).into_response()
}

fn foreign(headers: &HeaderMap) -> String {
    let named =
        [ORIGIN, HOST].into_iter().filter_map(|name| headers.get(name)?.to_str().ok().map(str::to_owned));
    named.collect::<Vec<_>>().join(" / ")
}

/// The name of `name`, `name:port`, `[address]` or `[address]:port`, and of nothing else.
fn host_name(authority: &str) -> Option<&str> {
    let (name, rest) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (name, rest) = rest.split_once(']')?;
            name.parse::<std::net::Ipv6Addr>().ok()?;
            (name, rest)
        }
        None => {
            let (name, rest) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
            (!name.is_empty() && name.bytes().all(fits)).then_some((name, rest))?
        }
    };
    let port = match rest.strip_prefix(':') {
        None => return rest.is_empty().then_some(name),
        Some(port) => port,
    };
    let fits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    (fits && port.parse::<u16>().is_ok()).then_some(name)
}

/// `localhost`, `127.0.0.1`, `[::1]` or one of `names`, each with or without a port.
fn is_own(authority: &str, names: &[String]) -> bool {
    let Some(name) = host_name(authority) else { return false };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        || names.iter().any(|own| own.trim_matches(['[', ']']).eq_ignore_ascii_case(name))
}

fn is_own_origin(origin: &str, names: &[String]) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(|authority| is_own(authority, names))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_name_of_another_machine_is_refused() {
        for own in ["localhost", "localhost:7700", "127.0.0.1:7700", "127.0.0.2", "[::1]:7700", "LOCALHOST"] {
            assert!(is_own(own, &[]), "{own}");
        }
        for other in
            ["example.com", "localhost.example.com", "127.0.0.1.example.com", "", "[::2]", "10.0.0.1:80"]
        {
            assert!(!is_own(other, &[]), "{other}");
        }
        for broken in [
            "[::1].evil.com",
            "[::1]evil",
            "[::1",
            "[127.0.0.1]",
            "localhost:evil.com",
            "localhost:",
            "localhost:70000",
            "localhost:+80",
            "127.0.0.1:80:x",
            "::1",
            "user@localhost",
            "localhost/x",
            "localhost ",
            ":7700",
        ] {
            assert!(!is_own(broken, &[]), "{broken}");
            assert!(!is_own_origin(&format!("http://{broken}"), &[]), "{broken}");
        }
        for origin in [
            "http://localhost:80@evil.com",
            "http://[::1]@evil.com",
            "http://localhost/",
            "http://localhost?x",
        ] {
            assert!(!is_own_origin(origin, &[]), "{origin}");
        }
        assert!(is_own_origin("http://localhost:5173", &[]));
        for other in ["null", "file://", "https://example.com", "http://localhost.example.com", "localhost"] {
            assert!(!is_own_origin(other, &[]), "{other}");
        }
    }

    #[test]
    fn configured_host_name_is_accepted() {
        let names = ["Build.example.com".to_owned(), "10.0.0.5".to_owned(), "[fd00::5]".to_owned()];
        for named in
            ["build.example.com", "build.example.com:7700", "10.0.0.5:7700", "[fd00::5]:7700", "localhost"]
        {
            assert!(is_own(named, &names), "{named}");
        }
        for other in ["example.com", "10.0.0.50", "build.example.com.evil.test"] {
            assert!(!is_own(other, &names), "{other}");
        }
        assert!(is_own_origin("https://build.example.com", &names));
    }
}
