//! From where a request may come: by the names of this host only, and from no page but its own.
//!
//! A web page anywhere can make a browser send requests to this port, and a page of another port of this machine is as
//! foreign as any: agents start servers there. A browser names the page's origin in `Origin`, so one that is named must
//! be the host's: scheme, name and port.

use super::refused;
use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use jackfield_types::{ErrorCode, Problem};
use std::sync::Arc;

/// Whether the port speaks TLS. A router inside another server does not know.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tls(pub(super) bool);

/// Refuses requests to other names than the host's own, and from pages of other origins.
pub(super) async fn own_only(State(names): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    // HTTP/2 names the host in the address.
    let in_address = request.uri().authority().map(Authority::as_str);
    let in_header = headers.get_all(HOST).iter().count();
    if in_header > 1 || (in_header == 0 && in_address.is_none()) {
        let problem = Problem::caller(
            ErrorCode::BadHost,
            format!("the request has {in_header} Host headers"),
            "send one Host header, with the name and port that the host is called by",
        );
        return refused::refuse(StatusCode::BAD_REQUEST, problem);
    }
    let header = headers.get(HOST).map(|value| value.to_str().unwrap_or_default());
    let called: Vec<_> = in_address.into_iter().chain(header).collect();
    let tls = request.extensions().get().map(|Tls(tls)| *tls);
    let own = called.iter().all(|authority| is_own(authority, &names));
    let from_own = headers.get_all(ORIGIN).iter().all(|origin| {
        let origin = origin.to_str().unwrap_or_default();
        called.iter().all(|authority| is_origin_of(origin, authority, tls))
    });
    if own && from_own {
        return next.run(request).await;
    }
    refused::refuse(StatusCode::FORBIDDEN, foreign(headers))
}

/// The problem of a request from a page of another origin.
pub(super) fn foreign(headers: &HeaderMap) -> Problem {
    let named =
        [ORIGIN, HOST].into_iter().filter_map(|name| headers.get(name)?.to_str().ok().map(str::to_owned));
    let named = named.collect::<Vec<_>>().join(" / ");
    Problem::caller(
        ErrorCode::ForeignOrigin,
        format!("the request names {named} as its host or origin"),
        "call this host as 127.0.0.1 or localhost, or by a name in server.names of jackfield.toml; a page in a browser \
         must have the same scheme, name and port",
    )
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
    is_loopback(name) || names.iter().any(|own| own.trim_matches(['[', ']']).eq_ignore_ascii_case(name))
}

fn is_loopback(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a page of `origin` was loaded from the host that is called as `authority`: the same name and port, and the
/// scheme that the port speaks. Where that is unknown, or a proxy may stand before a plain port, either scheme will do.
fn is_origin_of(origin: &str, authority: &str, tls: Option<bool>) -> bool {
    let (https, from) = match (origin.strip_prefix("http://"), origin.strip_prefix("https://")) {
        (Some(from), _) => (false, from),
        (_, Some(from)) => (true, from),
        (None, None) => return false,
    };
    let Some(name) = host_name(from) else { return false };
    let speaks = match tls {
        Some(true) => https,
        Some(false) => !https || !is_loopback(name),
        None => true,
    };
    let default = if https { ":443" } else { ":80" };
    let without_default = |authority: &str| {
        let lower = authority.to_ascii_lowercase();
        lower.strip_suffix(default).map_or_else(|| lower.clone(), str::to_owned)
    };
    speaks && without_default(from) == without_default(authority)
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
            assert!(!is_origin_of(&format!("http://{broken}"), broken, None), "{broken}");
        }
    }

    #[test]
    fn origin_with_another_scheme_name_or_port_is_refused() {
        let plain = Some(false);
        assert!(is_origin_of("http://127.0.0.1:7700", "127.0.0.1:7700", plain));
        assert!(is_origin_of("http://LOCALHOST:7700", "localhost:7700", plain));
        assert!(is_origin_of("http://localhost", "localhost:80", plain));
        assert!(is_origin_of("https://build.example.com", "build.example.com", Some(true)));
        for foreign in [
            "http://127.0.0.1:7701",
            "http://127.0.0.1",
            "http://localhost:7700",
            "https://127.0.0.1:7700",
            "http://127.0.0.1:7700@evil.com",
            "http://127.0.0.1:7700/",
            "http://127.0.0.1:7700?x",
            "http://example.com",
            "null",
            "file://",
            "127.0.0.1:7700",
        ] {
            assert!(!is_origin_of(foreign, "127.0.0.1:7700", plain), "{foreign}");
        }
        assert!(!is_origin_of("http://build.example.com", "build.example.com", Some(true)), "TLS is spoken");
    }

    #[test]
    fn origin_behind_a_proxy_with_tls_has_the_name_of_the_request() {
        assert!(is_origin_of("https://build.example.com", "build.example.com", Some(false)));
        assert!(!is_origin_of("https://build.example.com", "127.0.0.1:7700", Some(false)));
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
    }
}
