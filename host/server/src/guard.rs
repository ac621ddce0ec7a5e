//! Authentication: the owner's token, an access token or a browser session, shown with every request.
//!
//! What comes in carries a [`Principal`] from here on, and each door narrows the host to it. A stream that is open
//! when its token or session ends or expires is closed within seconds. Nobody asks more than the limits allow, and every
//! call is put on the audit log.

use super::limits::{Bounds, Limits, Permit, TooMuch};
use super::{Token, session, traced};
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use jackfield::{Host, KnownSession, KnownToken, Principal};
use jackfield_api::AuditEntry;
use jackfield_types::{ErrorCode, Operation, Problem, Scope, SessionId, TokenId};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::time::{Duration, Instant};

/// Carries the token where a caller has no say over `Authorization`, as those of `/execute`.
const OWN_HEADER: &str = "x-auth-token";
/// How often it is asked whether the token of an open stream is still good.
const LOOK: Duration = Duration::from_secs(2);
/// Under which name those are counted that show no good token.
const NOBODY: &str = "";
/// Most characters of a path on the audit log.
const LONGEST_PATH: usize = 256;

/// Who is let in.
#[derive(Clone)]
pub(super) struct Guard {
    owner: Token,
    /// Whose tokens are known besides; none where there are only another's tools to be guarded.
    host: Option<Host>,
    limits: Limits,
}

/// Who came in, and with what.
struct Entrant {
    asker: Principal,
    credential: Credential,
}

/// What somebody came in with.
#[derive(Clone, Copy)]
enum Credential {
    /// The owner's token, which cannot be revoked while the host runs.
    Owner,
    Token(TokenId),
    /// A browser session, of the owner or of somebody else.
    Session {
        id: SessionId,
        is_owner: bool,
    },
}

impl Credential {
    /// Whether the number of calls in a second is limited.
    const fn is_limited(self) -> bool {
        match self {
            Self::Owner => false,
            Self::Token(_) => true,
            Self::Session { is_owner, .. } => !is_owner,
        }
    }
}

/// The browser session of a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Session(pub(super) SessionId);

impl Guard {
    /// For a host: its owner's token, and those that it has made.
    pub(super) fn of(owner: Token, host: &Host) -> Self {
        let server = &host.config().server;
        let bounds =
            Bounds { per_second: NonZeroU32::new(server.calls_per_s), at_once: server.calls_at_once };
        Self { owner, host: Some(host.clone()), limits: Limits::new(bounds) }
    }

    /// For tools that are no host's.
    pub(super) fn alone(owner: Token) -> Self {
        let bounds = Bounds { per_second: None, at_once: usize::MAX };
        Self { owner, host: None, limits: Limits::new(bounds) }
    }

    /// The owner's token.
    pub(super) const fn owner(&self) -> &Token {
        &self.owner
    }

    /// The principal of one of the tokens that are shown.
    async fn of_token(&self, shown: &[String], door: &str) -> Result<Option<Entrant>, Problem> {
        if shown.iter().any(|text| self.owner.is(text)) {
            return Ok(Some(Entrant { asker: Principal::owner(door), credential: Credential::Owner }));
        }
        let Some(host) = &self.host else { return Ok(None) };
        for text in shown {
            if let Some(KnownToken { token, asker }) = host.access().authenticate(text).await? {
                return Ok(Some(Entrant { asker, credential: Credential::Token(token) }));
            }
        }
        Ok(None)
    }

    /// The principal of the session whose cookie and key are shown.
    async fn of_session(&self, shown: &session::Shown) -> Result<Option<Entrant>, Problem> {
        let Some(host) = &self.host else { return Ok(None) };
        let owner = self.owner.fingerprint();
        for cookie in &shown.cookies {
            let known = host.sessions().authenticate(cookie, &shown.key, &owner).await?;
            if let Some(KnownSession { session: id, asker, is_owner }) = known {
                return Ok(Some(Entrant { asker, credential: Credential::Session { id, is_owner } }));
            }
        }
        Ok(None)
    }

    /// Counts a request of somebody who is not known yet.
    pub(super) fn enter_unknown(&self) -> Result<Permit, TooMuch> {
        self.limits.enter(NOBODY, true)
    }

    /// Waits until the credential is no longer valid.
    async fn ended(self, credential: Credential) {
        let Some(host) = &self.host else {
            // Only the owner's token is known, which stays valid.
            return std::future::pending().await;
        };
        let owner = self.owner.fingerprint();
        loop {
            let valid = match credential {
                Credential::Owner => return std::future::pending().await,
                Credential::Token(token) => host.access().still_valid(token).await,
                Credential::Session { id, .. } => host.sessions().still_valid(id, &owner).await,
            };
            if !valid {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    pub(super) fn audit(&self, heard: Heard, who: Option<&Principal>, status: StatusCode) {
        let Some(host) = &self.host else { return };
        let audited = who.map(Principal::audit).unwrap_or_default();
        host.access().record(&AuditEntry {
            at: host.now(),
            who: who.map(|asker| asker.name().to_owned()),
            from: heard.from,
            method: heard.method.to_string(),
            path: heard.path,
            tool: audited.tool,
            status: status.as_u16(),
            took_ms: u64::try_from(heard.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
            task: audited.task,
            run: audited.run,
            refused: audited.refused,
            trace: heard.trace,
        });
    }
}

/// What of a request goes on the audit log.
pub(super) struct Heard {
    begun: Instant,
    from: Option<String>,
    method: Method,
    path: String,
    trace: Option<String>,
}

impl Heard {
    pub(super) fn of(request: &Request) -> Self {
        let from = request.extensions().get::<ConnectInfo<SocketAddr>>();
        // A proxy's word on who is behind it is not believed.
        Self {
            begun: Instant::now(),
            from: from.map(|ConnectInfo(address)| address.ip().to_string()),
            method: request.method().clone(),
            path: request.uri().path().chars().take(LONGEST_PATH).collect(),
            trace: traced::id(request),
        }
    }
}

/// Lets in whoever shows a good token, and nobody else.
pub(super) async fn admit(State(guard): State<Guard>, request: Request, next: Next) -> Response {
    let heard = Heard::of(&request);
    let (who, response) = answered(&guard, request, next).await;
    guard.audit(heard, who.as_ref(), response.status());
    response
}

async fn answered(guard: &Guard, mut request: Request, next: Next) -> (Option<Principal>, Response) {
    let shown = shown(request.headers());
    // The owner is known in the records by the door that was used.
    let door = if request.uri().path().starts_with("/mcp") { "mcp" } else { "rest" };
    // A request with a token is a program's, whatever cookies it has.
    let in_browser = session::shown(request.headers()).filter(|_| shown.is_empty());
    if let Some(Err(problem)) = in_browser.as_ref().map(|_| session::check_page(&request)) {
        return (None, super::refused::refuse(StatusCode::FORBIDDEN, problem));
    }
    let entrant = match &in_browser {
        Some(session) => guard.of_session(session).await,
        None => guard.of_token(&shown, door).await,
    };
    let Entrant { asker, credential } = match entrant {
        Ok(Some(entrant)) => entrant,
        Ok(None) => {
            let refused = match (in_browser, shown.is_empty()) {
                (Some(_), _) => session_over(),
                (None, is_empty) => refused(!is_empty),
            };
            return (None, guard.enter_unknown().map_or_else(later, |_| refused));
        }
        Err(problem) => return (None, super::refused::refuse(StatusCode::SERVICE_UNAVAILABLE, problem)),
    };
    let permit = match guard.limits.enter(asker.name(), credential.is_limited()) {
        Ok(permit) => permit,
        Err(too_much) => return (Some(asker), later(too_much)),
    };
    request.extensions_mut().insert(asker.clone());
    if let Credential::Session { id, .. } = credential {
        request.extensions_mut().insert(Session(id));
    }
    let mut response = next.run(request).await;
    if let Some(scope) = asker.audit().refused.filter(|_| response.status() == StatusCode::FORBIDDEN) {
        let needs = format!("Bearer realm=\"jackfield\", error=\"insufficient_scope\", scope=\"{scope}\"");
        let needs = HeaderValue::from_str(&needs).ok();
        response.headers_mut().extend(needs.map(|needs| (WWW_AUTHENTICATE, needs)));
    }
    if is_stream(&response) {
        let ended = Box::pin(guard.clone().ended(credential));
        response = response.map(|body| {
            // The call lasts as long as its stream.
            let kept = body.into_data_stream().take_until(ended).inspect(move |_| {
                let _kept = &permit;
            });
            Body::from_stream(kept)
        });
    }
    (Some(asker), response)
}

pub(super) fn later(too_much: TooMuch) -> Response {
    let mut response = super::refused::refuse(StatusCode::TOO_MANY_REQUESTS, too_much.problem);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(too_much.retry_after_s));
    response
}

/// Everything that is shown as a token, in whichever way.
fn shown(headers: &HeaderMap) -> Vec<String> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = header(AUTHORIZATION.as_str())
        .map(|value| value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")))
        .map(|bearer| bearer.map_or("", |(_, text)| text));
    bearer.into_iter().chain(header(OWN_HEADER)).map(|text| text.trim().to_owned()).collect()
}

fn refused(was_shown: bool) -> Response {
    let message = match was_shown {
        true => "the bearer token is wrong, has expired or was revoked",
        false => "the request carries no bearer token",
    };
    let problem = Problem::caller(
        ErrorCode::Unauthorized,
        message,
        "send `Authorization: Bearer TOKEN`; the owner's token is in the file `token` of the host's data folder, the \
         operator of the host creates others",
    );
    let mut response = super::refused::refuse(StatusCode::UNAUTHORIZED, problem);
    let asks = match was_shown {
        true => "Bearer realm=\"jackfield\", error=\"invalid_token\"",
        false => "Bearer realm=\"jackfield\"",
    };
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static(asks));
    response
}

fn session_over() -> Response {
    let problem = Problem::caller(
        ErrorCode::SessionOver,
        "the browser session has ended, or its cookie or key is wrong",
        "log in again",
    )
    .with(Operation::LogIn);
    super::refused::refuse(StatusCode::UNAUTHORIZED, problem)
}

fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}

/// What the route that is called needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needed(pub(super) Scope);

/// The host as whoever came in may use it; whoever may not call this route at all is refused before anything is read.
pub(super) struct Acting(pub(super) Host);

impl FromRequestParts<Host> for Acting {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, host: &Host) -> Result<Self, Response> {
        let Some(asker) = parts.extensions.get::<Principal>().cloned() else { return Err(refused(false)) };
        let acting = host.acting_as(asker);
        if let Some(Needed(scope)) = parts.extensions.get() {
            acting
                .caller()
                .require(*scope)
                .map_err(|problem| super::refused::Refused::from(problem).into_response())?;
        }
        Ok(Self(acting))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(given: &[(&'static str, &'static str)]) -> HeaderMap {
        given.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn token_is_accepted_in_both_headers() {
        assert!(shown(&headers(&[])).is_empty());
        assert_eq!(shown(&headers(&[("authorization", "bEARER  one ")])), ["one"]);
        let both = headers(&[("authorization", "Bearer one"), ("x-auth-token", "two")]);
        assert_eq!(shown(&both), ["one", "two"]);
        assert_eq!(shown(&headers(&[("authorization", "Basic one")])), [""], "shown, and none");
    }
}
