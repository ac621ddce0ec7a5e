//! Logins of browsers: tickets, the two secrets of a session, who may use it from where, and its end.

use jackfield_behaviour::{Ground, Reply, Rest, Server, sent};
use reqwest::header::{CONTENT_ENCODING, HeaderMap, ORIGIN};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

/// What a browser keeps of a login.
struct Login {
    cookie: String,
    key: String,
    id: String,
}

fn page(server: &Server) -> String {
    format!("http://{}", server.address())
}

/// A ticket of `jackfield open`.
async fn ticket(ground: &Ground, server: &Server) -> String {
    let opened = ground.cli().run(["open", "--json"]).await.fine().json();
    let url = opened["url"].as_str().unwrap();
    url.strip_prefix(&format!("{}/#t=", page(server))).expect("the address of the server").to_owned()
}

async fn post_login(server: &Server, body: &Value) -> Reply {
    let request = Rest::new(server.address(), None).request(Method::POST, "/api/session");
    sent(request.header(ORIGIN, page(server)).header("sec-fetch-site", "same-origin").json(body)).await
}

async fn login(server: &Server, body: &Value) -> Login {
    let reply = post_login(server, body).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{reply:?}");
    let cookie = reply.header("set-cookie").split(';').next().unwrap().to_owned();
    let answer = reply.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Login { cookie, key: text(&answer["key"]), id: text(&answer["session"]["id"]) }
}

/// A request as a page of the dashboard sends it, but for the headers of `instead`; an empty one is left out.
fn request(
    server: &Server,
    login: &Login,
    method: Method,
    path: &str,
    instead: &[(&str, &str)],
) -> RequestBuilder {
    let mut headers = HeaderMap::new();
    let page = page(server);
    let usual = [
        ("cookie", login.cookie.as_str()),
        ("x-jackfield-key", login.key.as_str()),
        ("origin", page.as_str()),
        ("sec-fetch-site", "same-origin"),
    ];
    for (name, value) in usual.iter().chain(instead) {
        let name = reqwest::header::HeaderName::try_from(*name).unwrap();
        match *value {
            "" => drop(headers.remove(name)),
            value => drop(headers.insert(name, value.parse().unwrap())),
        }
    }
    Rest::new(server.address(), None).request(method, path).headers(headers)
}

async fn status(server: &Server, login: &Login, path: &str) -> StatusCode {
    sent(request(server, login, Method::GET, path, &[])).await.status
}

#[tokio::test]
async fn ticket_opens_one_session_once() {
    let ground = Ground::new();
    let refused = ground.cli().run(["open", "--json"]).await;
    assert!(refused.stderr.contains("no_server"), "{refused:?}");
    let server = ground.serve().await;
    let ticket = ticket(&ground, &server).await;
    let first = login(&server, &json!({ "ticket": ticket })).await;
    let again = post_login(&server, &json!({ "ticket": ticket })).await;
    assert_eq!(
        (again.status, again.json()["code"].as_str()),
        (StatusCode::UNAUTHORIZED, Some("unauthorized"))
    );
    let session = sent(request(&server, &first, Method::GET, "/api/session", &[])).await.fine();
    assert_eq!((session["name"].as_str(), session["sees"].as_str()), (Some("dashboard"), Some("all")));
    assert_eq!(status(&server, &first, "/api/runs").await, StatusCode::OK);
    let kept = std::fs::read(ground.data().join("jackfield.db")).unwrap();
    for secret in [&ticket, &first.key, first.cookie.split_once('_').unwrap().1] {
        let secret = secret.rsplit('_').next().unwrap();
        assert!(!kept.windows(secret.len()).any(|part| part == secret.as_bytes()), "a secret is on record");
    }
    server.stop().await;
    ground.leave();
}

/// Each line fails without the one guard that it is about.
#[tokio::test]
async fn session_is_refused_without_each_of_its_guards() {
    let ground = Ground::new();
    let server = ground.serve().await;
    let login = login(&server, &json!({ "token": server.token() })).await;
    let other = format!("http://127.0.0.1:{}", server.port() - 1);
    let raise = json!({ "action": "raise", "usd": 1, "reason": "a test" });
    for (instead, refusal) in [
        (vec![], StatusCode::OK),
        (vec![("x-jackfield-key", "")], StatusCode::UNAUTHORIZED),
        (vec![("x-jackfield-key", "00")], StatusCode::UNAUTHORIZED),
        (vec![("cookie", "")], StatusCode::UNAUTHORIZED),
        (vec![("cookie", "jackfield_1=x")], StatusCode::UNAUTHORIZED),
        (vec![("origin", other.as_str())], StatusCode::FORBIDDEN),
        (vec![("origin", "http://localhost")], StatusCode::FORBIDDEN),
        (vec![("origin", "null")], StatusCode::FORBIDDEN),
        (vec![("origin", "")], StatusCode::FORBIDDEN),
        (vec![("sec-fetch-site", "same-site")], StatusCode::FORBIDDEN),
        (vec![("sec-fetch-site", "cross-site")], StatusCode::FORBIDDEN),
    ] {
        let posted = request(&server, &login, Method::POST, "/api/breaker", &instead).json(&raise);
        assert_eq!(sent(posted).await.status, refusal, "{instead:?}");
        let read = sent(request(&server, &login, Method::GET, "/api/breaker", &instead)).await;
        let expected = if instead == [("origin", "")] { StatusCode::OK } else { refusal };
        assert_eq!(read.status, expected, "{instead:?}: a browser names no origin when a page reads its own");
    }
    // A cookie of the same name that a page of another port has set does not get in the way.
    let both = format!("{}=x; {}", login.cookie.split_once('=').unwrap().0, login.cookie);
    let tossed = request(&server, &login, Method::GET, "/api/runs", &[("cookie", &both)]);
    assert_eq!(sent(tossed).await.status, StatusCode::OK);
    // A login by a foreign page is refused before its ticket is looked at.
    for (name, value) in [("origin", other.as_str()), ("sec-fetch-site", "same-site")] {
        let posted = Rest::new(server.address(), None).request(Method::POST, "/api/session");
        let reply = sent(posted.header(name, value).json(&json!({ "token": server.token() }))).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{name}");
    }
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn session_ends_with_its_logout_or_its_token_and_so_do_its_streams() {
    let ground = Ground::new();
    let server = ground.serve().await;
    let typed = ["token", "create", "ann", "--scope", "execute", "--json"];
    let token = ground.cli().run(typed).await.fine().json();
    let ann = login(&server, &json!({ "token": token["text"] })).await;
    let second = login(&server, &json!({ "token": token["text"] })).await;
    let owner = login(&server, &json!({ "token": server.token() })).await;

    assert_eq!(
        status(&server, &ann, "/api/tokens").await,
        StatusCode::FORBIDDEN,
        "its token has no scope admin"
    );
    let own = sent(request(&server, &ann, Method::GET, "/api/sessions", &[])).await.fine();
    assert_eq!(own.as_array().unwrap().len(), 2, "{own}");
    let all = sent(request(&server, &owner, Method::GET, "/api/sessions", &[])).await.fine();
    assert_eq!(all.as_array().unwrap().len(), 3, "{all}");
    let of_owner = format!("/api/sessions/{}", owner.id);
    let foreign = sent(request(&server, &ann, Method::DELETE, &of_owner, &[])).await;
    assert_eq!(
        (foreign.status, foreign.json()["code"].as_str()),
        (StatusCode::NOT_FOUND, Some("session_not_found"))
    );

    let out = sent(request(&server, &ann, Method::DELETE, "/api/session", &[])).await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert!(out.header("set-cookie").contains("Max-Age=0"), "{out:?}");
    assert_eq!(status(&server, &ann, "/api/runs").await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&server, &second, "/api/runs").await, StatusCode::OK, "another browser");

    let stream = request(&server, &owner, Method::GET, "/api/events?stream=true", &[]).send().await.unwrap();
    let ended = sent(server.rest().request(Method::DELETE, &of_owner)).await;
    assert_eq!(ended.status, StatusCode::OK, "{ended:?}");
    stream.text().await.expect("the stream ends by itself, within the patience of the client");
    ground.cli().run(["token", "revoke", "ann"]).await.fine();
    assert_eq!(status(&server, &second, "/api/runs").await, StatusCode::UNAUTHORIZED);

    let audited = server.rest().get("/api/audit?who=ann").await.fine();
    let paths: Vec<_> =
        audited.as_array().unwrap().iter().map(|call| call["path"].as_str().unwrap()).collect();
    assert!(paths.contains(&"/api/session") && paths.contains(&"/api/tokens"), "{paths:?}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn session_of_the_owner_ends_with_the_owners_token() {
    let ground = Ground::new();
    let server = ground.serve().await;
    let owner = login(&server, &json!({ "token": server.token() })).await;
    let port = server.address().to_owned();
    server.stop().await;
    let server = ground.serve_on(&port).await;
    assert_eq!(status(&server, &owner, "/api/runs").await, StatusCode::OK, "a restart ends no session");
    server.stop().await;
    std::fs::remove_file(ground.data().join("token")).unwrap();
    let server = ground.serve_on(&port).await;
    assert_eq!(status(&server, &owner, "/api/runs").await, StatusCode::UNAUTHORIZED);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn page_needs_no_login_and_may_run_its_own_scripts_only() {
    let ground = Ground::new();
    let server = ground.serve().await;
    let anyone = Rest::new(server.address(), None);
    let get = |path: &str| anyone.request(Method::GET, path).header("accept", "text/html");
    for path in ["/", "/r/01HX0000000000000000000000", "/budget", "/plugins/gate/of.ann"] {
        let page = sent(get(path)).await;
        assert_eq!(
            (page.status, page.content_type.as_str()),
            (StatusCode::OK, "text/html; charset=utf-8"),
            "{path}"
        );
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("script-src 'self';") && policy.contains("require-trusted-types-for 'script'")
        );
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        let unchanged = sent(get(path).header("if-none-match", page.header("etag"))).await;
        assert_eq!(unchanged.status, StatusCode::NOT_MODIFIED);
    }
    for path in ["/api/none", "/nothing.js", "/assets/none.js", "/tasks"] {
        assert_eq!(sent(get(path)).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(anyone.get("/nothing").await.json()["code"], "no_such_route", "a program is told so");
    let elsewhere = sent(get("/").header("host", "example.com")).await;
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN, "the page has the host's own names only");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn large_answer_is_compressed_and_a_stream_is_not() {
    let ground = Ground::new();
    let server = ground.serve().await;
    for (encoding, accepted) in [("gzip", "gzip"), ("br", "gzip, br")] {
        let request = server.rest().request(Method::GET, "/openapi.json").header("accept-encoding", accepted);
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()[CONTENT_ENCODING], encoding);
        assert!(response.bytes().await.unwrap().len() < 100_000, "it has 300 kB");
    }
    let stream =
        server.rest().request(Method::GET, "/api/events?stream=true").header("accept-encoding", "gzip, br");
    assert!(!stream.send().await.unwrap().headers().contains_key(CONTENT_ENCODING));
    server.stop().await;
    ground.leave();
}
