//! What a browser shows of its session: a cookie, and the key that only pages of this origin can read.
//!
//! A browser sends the cookie of a name to every port of it, also with requests of foreign pages. So the cookie alone
//! opens nothing, and a request with both must come from a page of this host.

use axum::extract::Request;
use axum::http::header::{COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderValue, Method};
use jackfield_types::{ErrorCode, Problem};

/// Carries the key of a session.
const KEY: &str = "x-jackfield-key";
/// Where the request comes from, in the browser's words.
const FETCH_SITE: &str = "sec-fetch-site";
/// How long a browser keeps the cookie, seconds: as long as a session lasts at most.
const KEPT_S: u32 = 7 * 24 * 3_600;

/// The secrets of a session that a request shows.
#[derive(Debug)]
pub(super) struct Shown {
    /// The values of all cookies of this port's name: a page of another port can add one.
    pub(super) cookies: Vec<String>,
    pub(super) key: String,
}

/// The session of a request; `None` without a key.
pub(super) fn shown(headers: &HeaderMap) -> Option<Shown> {
    let key = headers.get(KEY)?.to_str().ok()?.to_owned();
    let names = names(headers);
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let cookies = pairs.filter(|(name, _)| names.iter().any(|own| own == name));
    Some(Shown { cookies: cookies.map(|(_, value)| value.to_owned()).collect(), key })
}

/// Checks that a request with a session was sent by a page of this host. Another origin in `Origin` is refused before.
///
/// # Errors
/// The problem `foreign_origin` if it was not.
pub(super) fn check_page(request: &Request) -> Result<(), Problem> {
    let headers = request.headers();
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    if changes && !headers.contains_key(ORIGIN) {
        return Err(Problem::caller(
            ErrorCode::ForeignOrigin,
            "the request changes something and names no Origin",
            "send it from a page of this host; a program sends a bearer token and no cookie",
        ));
    }
    check_site(headers)
}

/// Checks that a browser says that the request comes from a page of this host. Older browsers, pages over plain HTTP by
/// another name than loopback, and programs say nothing.
///
/// # Errors
/// The problem `foreign_origin` if it says something else.
pub(super) fn check_site(headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get(FETCH_SITE) {
        Some(site) if site != "same-origin" => Err(super::origin::foreign(headers)),
        _ => Ok(()),
    }
}

/// The header that sets the cookie of a session.
pub(super) fn cookie(request: &HeaderMap, secret: &str) -> Option<HeaderValue> {
    set(request, secret, KEPT_S)
}

/// The header that deletes the cookie.
pub(super) fn no_cookie(request: &HeaderMap) -> Option<HeaderValue> {
    set(request, "", 0)
}

fn set(request: &HeaderMap, value: &str, kept_s: u32) -> Option<HeaderValue> {
    let [plain, secure] = names(request);
    let is_secure = request.get(ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"));
    let (name, secure) = if is_secure { (secure, "; Secure") } else { (plain, "") };
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={kept_s}{secure}");
    HeaderValue::from_str(&text).ok()
}

/// The names of the cookie, on a plain port and under TLS. Hosts on several ports of one machine have a cookie each.
fn names(headers: &HeaderMap) -> [String; 2] {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let port = host
        .rsplit_once(':')
        .map(|(_, port)| port)
        .filter(|port| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = format!("jackfield_{}", port.unwrap_or("0"));
    [name.clone(), format!("__Host-{name}")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn headers(given: &[(&'static str, &'static str)]) -> HeaderMap {
        given.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn cookies_of_other_ports_and_names_are_not_read() {
        let both = headers(&[
            ("host", "127.0.0.1:7700"),
            ("cookie", "a=1; jackfield_7701=other; jackfield_7700=one"),
            ("cookie", "__Host-jackfield_7700=two"),
            ("x-jackfield-key", "key"),
        ]);
        let Shown { cookies, key } = shown(&both).unwrap();
        assert_eq!((cookies, key.as_str()), (vec!["one".to_owned(), "two".to_owned()], "key"));
        assert!(shown(&headers(&[("host", "localhost"), ("cookie", "jackfield_0=one")])).is_none(), "no key");
    }

    #[test]
    fn cookie_is_hidden_from_scripts_and_secure_under_tls() {
        let plain = cookie(&headers(&[("host", "127.0.0.1:7700"), ("origin", "http://127.0.0.1:7700")]), "s")
            .unwrap();
        assert_eq!(plain, "jackfield_7700=s; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800");
        let secure =
            cookie(&headers(&[("host", "a.example"), ("origin", "https://a.example")]), "s").unwrap();
        assert_eq!(secure, "__Host-jackfield_0=s; Path=/; HttpOnly; SameSite=Strict; Max-Age=604800; Secure");
    }

    #[test]
    fn request_of_another_site_or_a_change_without_an_origin_is_refused() {
        let request = |method: &str, given: &[(&'static str, &'static str)]| {
            let mut request = Request::new(Body::empty());
            *request.method_mut() = method.parse().unwrap();
            *request.headers_mut() = headers(given);
            check_page(&request).is_ok()
        };
        assert!(request("GET", &[]));
        assert!(request("GET", &[("sec-fetch-site", "same-origin")]));
        assert!(request("POST", &[("origin", "http://localhost")]));
        assert!(!request("POST", &[]));
        for site in ["same-site", "cross-site", "none"] {
            assert!(!request("GET", &[("sec-fetch-site", site)]), "{site}");
        }
    }
}
