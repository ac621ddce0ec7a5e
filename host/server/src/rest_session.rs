//! REST of browser sessions: login, logout, who is calling.

use super::bodies::body;
use super::contract::Routes;
use super::guard::{Acting, Guard, Heard, Session, later};
use super::operation::{Content, delete, get, post};
use super::path::Path;
use super::refused::{Answered, refuse};
use super::session;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request, State};
use axum::http::header::{CACHE_CONTROL, SET_COOKIE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use jackfield::{BrowserLogin, Host, Principal};
use jackfield_api::{LoginAnswer, LoginRequest, Me, SessionView};
use jackfield_store::BrowserSession;
use jackfield_types::{ErrorCode, Problem, Scope};

/// The login, which needs no token.
pub(super) fn open_routes() -> Routes {
    Routes::new().on(
        post(
            "/api/session",
            "login",
            "Log a browser in, with a ticket of the host's operator or a token. The response sets a cookie; every call has \
             to send it with the key in `x-jackfield-key`.",
        )
        .open()
        .takes::<LoginRequest>()
        .or::<LoginAnswer>(201, "The session."),
        login,
    )
}

/// The guarded routes of sessions.
pub(super) fn routes() -> Routes {
    Routes::new()
        .on(
            get("/api/session", "session", "The browser session of the caller.")
                .answers::<SessionView>("The session."),
            current,
        )
        .on(
            delete("/api/session", "logout", "Log out.").needs(Scope::Read).with(
                204,
                "The session has ended.",
                Content::Nothing,
            ),
            logout,
        )
        .on(
            get(
                "/api/sessions",
                "listSessions",
                "The browser sessions of the caller; of all, with the scope admin.",
            )
            .answers::<Vec<BrowserSession>>("Newest first."),
            list,
        )
        .on(
            delete(
                "/api/sessions/{id}",
                "endSession",
                "End a browser session. Its streams end within seconds.",
            )
            .needs(Scope::Read)
            .answers::<BrowserSession>("The ended session."),
            end,
        )
        .on(get("/api/me", "me", "The principal of the caller.").answers::<Me>("The principal."), me)
}

async fn login(State(host): State<Host>, Extension(guard): Extension<Guard>, request: Request) -> Response {
    let headers = request.headers().clone();
    let heard = Heard::of(&request);
    let (who, response) = match session::check_site(&headers) {
        Ok(()) => match guard.enter_unknown() {
            Ok(_permit) => logged_in(&host, &guard, &headers, request).await,
            Err(too_much) => (None, later(too_much)),
        },
        Err(problem) => (None, refuse(StatusCode::FORBIDDEN, problem)),
    };
    guard.audit(heard, who.as_ref(), response.status());
    response
}

async fn logged_in(
    host: &Host,
    guard: &Guard,
    headers: &HeaderMap,
    request: Request,
) -> (Option<Principal>, Response) {
    let bytes = Bytes::from_request(request, &()).await;
    match try_login(host, guard, bytes).await {
        Ok(Some(BrowserLogin { session, cookie, key })) => {
            let who = Principal::new(&session.name, session.scopes.clone(), session.sees);
            let answer = LoginAnswer { key, session: view(session) };
            let mut response =
                (StatusCode::CREATED, [(CACHE_CONTROL, "no-store")], Json(answer)).into_response();
            response.headers_mut().extend(session::cookie(headers, &cookie).map(|value| (SET_COOKIE, value)));
            (Some(who), response)
        }
        Ok(None) => (None, refuse(StatusCode::UNAUTHORIZED, no_login())),
        Err(problem) => (None, super::refused::Refused::from(problem).into_response()),
    }
}

async fn try_login(
    host: &Host,
    guard: &Guard,
    bytes: Result<Bytes, BytesRejection>,
) -> Result<Option<BrowserLogin>, Problem> {
    let sessions = host.sessions();
    match body(bytes)? {
        LoginRequest::Ticket(ticket) => sessions.redeem(&ticket).await,
        LoginRequest::Token(text) if guard.owner().is(text.trim()) => {
            sessions.open_as_owner(&guard.owner().fingerprint()).await
        }
        LoginRequest::Token(text) => sessions.open_with_token(text.trim()).await,
    }
}

fn no_login() -> Problem {
    Problem::caller(
        ErrorCode::Unauthorized,
        "the ticket was used, has expired or is unknown, or the token is wrong",
        "have the operator of the host make another ticket, or log in with a token",
    )
}

fn view(session: BrowserSession) -> SessionView {
    SessionView { session, version: jackfield::VERSION.to_owned() }
}

async fn current(Acting(host): Acting, session: Option<Extension<Session>>) -> Answered<Response> {
    Ok(match own(&host, session).await? {
        Some(session) => Json(view(session)).into_response(),
        None => refuse(StatusCode::NOT_FOUND, no_session()),
    })
}

async fn logout(
    Acting(host): Acting,
    session: Option<Extension<Session>>,
    headers: HeaderMap,
) -> Answered<Response> {
    let Some(session) = own(&host, session).await? else {
        return Ok(refuse(StatusCode::NOT_FOUND, no_session()));
    };
    host.sessions().end(&session.id.to_string()).await?;
    let mut response = StatusCode::NO_CONTENT.into_response();
    response.headers_mut().extend(session::no_cookie(&headers).map(|value| (SET_COOKIE, value)));
    Ok(response)
}

async fn own(host: &Host, session: Option<Extension<Session>>) -> Result<Option<BrowserSession>, Problem> {
    match session {
        Some(Extension(Session(id))) => host.sessions().get(id).await,
        None => Ok(None),
    }
}

fn no_session() -> Problem {
    Problem::caller(
        ErrorCode::SessionNotFound,
        "the request has a bearer token and no browser session",
        "ask GET /api/me who a token is",
    )
}

async fn list(Acting(host): Acting, Extension(guard): Extension<Guard>) -> Answered<Response> {
    Ok(Json(host.sessions().list(&guard.owner().fingerprint()).await?).into_response())
}

async fn end(Acting(host): Acting, Path(id): Path<String>) -> Answered<Response> {
    Ok(Json(host.sessions().end(&id).await?).into_response())
}

async fn me(Acting(host): Acting) -> Answered<Response> {
    let caller = host.caller();
    Ok(Json(Me {
        name: caller.name().to_owned(),
        scopes: caller.scopes().clone(),
        sees: caller.sees(),
        version: jackfield::VERSION.to_owned(),
    })
    .into_response())
}
