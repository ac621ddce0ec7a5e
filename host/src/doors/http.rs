//! One port: `/mcp`, `/api` and the short REST routes, behind one set of guards.
//!
//! Every call but `GET /health` carries the bearer token. The `Host` and `Origin` of a request
//! must be this machine's own, so that a web page cannot reach in through somebody's browser.

use super::{Token, mcp, rest};
use crate::Host;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST, ORIGIN, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{Next, from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::serve::ListenerExt;
use futures::StreamExt;
use jackfield_types::Problem;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// Largest request body, bytes: the longest instruction, escaped, and the rest.
pub(super) const LARGEST_BODY: usize = 4 << 20;
/// Carries the token where a caller has no say over `Authorization`, as those of `/execute`.
const OWN_HEADER: &str = "x-auth-token";
/// Most of a body that is too large which is read, bytes.
const LARGEST_DROPPED: usize = 64 << 20;

/// The whole HTTP side of a host; nest it under any path.
pub fn router(host: &Host, token: Token) -> Router {
    let guarded = Router::new()
        .nest_service("/mcp", mcp::service(host))
        .merge(rest::router(host.clone()))
        .layer(from_fn(fits))
        .layer(from_fn_with_state(token, authenticate));
    guarded
        .merge(rest::health(host.clone()))
        .fallback(rest::no_route)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(map_response(rest::told))
        .layer(from_fn(own_machine_only))
}

/// Serves until `stop` resolves and what is being answered then is answered.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    // Without this, every streamed answer waits some 40 ms for an acknowledgement.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY could not be set");
        }
    });
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}

/// Binds `listen`, which must be loopback.
pub(crate) async fn bind(listen: &str) -> Result<TcpListener, Problem> {
    let address: SocketAddr = listen.parse().map_err(|_| {
        Problem::operator(
            "bad_address",
            format!("'{listen}' is not an address and a port"),
            "write it like 127.0.0.1:7700",
        )
    })?;
    if !address.ip().is_loopback() {
        return Err(Problem::operator(
            "not_loopback",
            format!("{address} can be reached from other machines, and Jackfield serves this one only"),
            "listen on 127.0.0.1 or [::1], and put a reverse proxy with TLS in front if others should come in",
        ));
    }
    TcpListener::bind(address).await.map_err(|error| {
        Problem::operator(
            "cannot_listen",
            format!("cannot listen on {address}: {error}"),
            "is another `jackfield serve` running? Choose another port with --listen",
        )
    })
}

async fn authenticate(State(token): State<Token>, request: Request, next: Next) -> Response {
    let (right, given) = shown(request.headers(), &token);
    if right {
        return next.run(request).await;
    }
    let message = if given { "the bearer token is wrong" } else { "the request carries no bearer token" };
    let problem = Problem::caller(
        "unauthorized",
        message,
        "send `Authorization: Bearer TOKEN`; the token is in the file `token` of the host's data folder",
    );
    let mut response = rest::refuse(StatusCode::UNAUTHORIZED, problem);
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"jackfield\""));
    response
}

/// Whether the token is shown, and whether anything was shown at all.
fn shown(headers: &HeaderMap, token: &Token) -> (bool, bool) {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let (given, own) = (header(AUTHORIZATION.as_str()), header(OWN_HEADER));
    let bearer = given.and_then(|value| value.split_once(' '));
    let is_bearer = |scheme: &str| scheme.eq_ignore_ascii_case("bearer");
    let right = own.is_some_and(|text| token.is(text.trim()))
        || bearer.is_some_and(|(scheme, text)| is_bearer(scheme) && token.is(text.trim()));
    (right, given.or(own).is_some())
}

/// Whoever is still sending does not read, so what is too large is taken in and dropped before it is
/// refused: else the answer is lost in a broken connection.
async fn fits(request: Request, next: Next) -> Response {
    let length = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if length.is_none_or(|length: usize| length <= LARGEST_BODY) {
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
    rest::refuse(StatusCode::PAYLOAD_TOO_LARGE, rest::too_large())
}

async fn own_machine_only(request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers.get(HOST).map(|value| value.to_str().is_ok_and(is_own));
    let origin = headers.get_all(ORIGIN).iter().all(|value| value.to_str().is_ok_and(is_own_origin));
    if host.unwrap_or(true) && origin {
        return next.run(request).await;
    }
    let problem = Problem::caller(
        "foreign_origin",
        format!("the request names {} as its host or origin", foreign(headers)),
        "call this host as 127.0.0.1 or localhost, and from no other site's page",
    );
    rest::refuse(StatusCode::FORBIDDEN, problem).into_response()
}

fn foreign(headers: &HeaderMap) -> String {
    let named =
        [ORIGIN, HOST].into_iter().filter_map(|name| headers.get(name)?.to_str().ok().map(str::to_owned));
    named.collect::<Vec<_>>().join(" / ")
}

/// `localhost`, `127.0.0.1`, `[::1]`, each with or without a port.
fn is_own(authority: &str) -> bool {
    let name = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']').map_or("", |(name, _)| name),
        None => authority.split_once(':').map_or(authority, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn is_own_origin(origin: &str) -> bool {
    let authority = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    authority.is_some_and(is_own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machines_own_names_pass() {
        for own in ["localhost", "localhost:7700", "127.0.0.1:7700", "127.0.0.2", "[::1]:7700", "LOCALHOST"] {
            assert!(is_own(own), "{own}");
        }
        for other in
            ["example.com", "localhost.example.com", "127.0.0.1.example.com", "", "[::2]", "10.0.0.1:80"]
        {
            assert!(!is_own(other), "{other}");
        }
        assert!(is_own_origin("http://localhost:5173"));
        for other in ["null", "file://", "https://example.com", "http://localhost.example.com", "localhost"] {
            assert!(!is_own_origin(other), "{other}");
        }
    }

    #[tokio::test]
    async fn nothing_listens_beyond_this_machine() {
        let problem = bind("0.0.0.0:0").await.unwrap_err();
        assert_eq!(problem.code, "not_loopback");
        assert_eq!(bind("nonsense").await.unwrap_err().code, "bad_address");
        let taken = bind("127.0.0.1:0").await.unwrap();
        let again = bind(&taken.local_addr().unwrap().to_string()).await.unwrap_err();
        assert_eq!(again.code, "cannot_listen");
    }
}
