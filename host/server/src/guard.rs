//! Who comes in: the owner's token or one that was made for somebody, shown with every request.
//!
//! What comes in carries a [`Principal`] from here on, and each door narrows the host to it. A stream that is open
//! when its token is revoked or expires ends within seconds. Nobody asks more than the limits allow, and every
//! call is put on the audit log.

use super::limits::{Bounds, Limits, TooMuch};
use super::{Token, traced};
use axum::body::Body;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use jackfield::{Host, KnownToken, Principal};
use jackfield_api::AuditEntry;
use jackfield_types::{ErrorCode, Problem, Scope, TokenId};
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::pin::Pin;
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
    /// None: the owner's, which cannot be revoked while the host runs.
    token: Option<TokenId>,
}

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

    /// Who shows one of the texts.
    async fn entrant(&self, shown: &[String], door: &str) -> Result<Option<Entrant>, Problem> {
        if shown.iter().any(|text| self.owner.is(text)) {
            return Ok(Some(Entrant { asker: Principal::owner(door), token: None }));
        }
        let Some(host) = &self.host else { return Ok(None) };
        for text in shown {
            if let Some(KnownToken { token, asker }) = host.access().authenticate(text).await? {
                return Ok(Some(Entrant { asker, token: Some(token) }));
            }
        }
        Ok(None)
    }

    /// Until the token is no longer good.
    async fn ended(self, token: TokenId) {
        let Some(host) = self.host else { return };
        while host.access().still_valid(token).await {
            tokio::time::sleep(LOOK).await;
        }
    }

    fn audit(&self, heard: Heard, who: Option<&Principal>, status: StatusCode) {
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
struct Heard {
    begun: Instant,
    from: Option<String>,
    method: Method,
    path: String,
    trace: Option<String>,
}

impl Heard {
    fn of(request: &Request) -> Self {
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
    let Entrant { asker, token } = match guard.entrant(&shown, door).await {
        Ok(Some(entrant)) => entrant,
        Ok(None) => {
            let response = match guard.limits.enter(NOBODY, true) {
                Ok(_) => refused(!shown.is_empty()),
                Err(too_much) => later(too_much),
            };
            return (None, response);
        }
        Err(problem) => return (None, super::refused::refuse(StatusCode::SERVICE_UNAVAILABLE, problem)),
    };
    let permit = match guard.limits.enter(asker.name(), token.is_some()) {
        Ok(permit) => permit,
        Err(too_much) => return (Some(asker), later(too_much)),
    };
    request.extensions_mut().insert(asker.clone());
    let mut response = next.run(request).await;
    if let Some(scope) = asker.audit().refused.filter(|_| response.status() == StatusCode::FORBIDDEN) {
        let needs = format!("Bearer realm=\"jackfield\", error=\"insufficient_scope\", scope=\"{scope}\"");
        let needs = HeaderValue::from_str(&needs).ok();
        response.headers_mut().extend(needs.map(|needs| (WWW_AUTHENTICATE, needs)));
    }
    if is_stream(&response) {
        let ended: Pin<Box<dyn Future<Output = ()> + Send>> = match token {
            Some(token) => Box::pin(guard.clone().ended(token)),
            None => Box::pin(std::future::pending()),
        };
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

fn later(too_much: TooMuch) -> Response {
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
