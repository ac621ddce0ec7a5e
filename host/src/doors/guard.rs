//! Who comes in: the owner's token or one that was made for somebody, shown with every request.
//!
//! What comes in carries an [`Asker`] from here on, and each door narrows the host to it. A stream that is open
//! when its token is revoked or expires ends within seconds.

use super::{Token, rest};
use crate::Host;
use crate::engine::{Asker, Known};
use axum::body::Body;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use jackfield_types::{Problem, Scope, TokenId};
use std::time::Duration;

/// Carries the token where a caller has no say over `Authorization`, as those of `/execute`.
const OWN_HEADER: &str = "x-auth-token";
/// How often it is asked whether the token of an open stream is still good.
const LOOK: Duration = Duration::from_secs(2);

/// Who is let in.
#[derive(Clone)]
pub(super) struct Guard {
    owner: Token,
    /// Whose tokens are known besides; none where there are only another's tools to be guarded.
    host: Option<Host>,
}

/// Who came in, and with what.
struct Entrant {
    asker: Asker,
    /// None: the owner's, which cannot be revoked while the host runs.
    token: Option<TokenId>,
}

impl Guard {
    pub(super) fn new(owner: Token, host: Option<Host>) -> Self {
        Self { owner, host }
    }

    /// Who shows one of the texts.
    async fn entrant(&self, shown: &[&str], door: &str) -> Result<Option<Entrant>, Problem> {
        if shown.iter().any(|text| self.owner.is(text)) {
            return Ok(Some(Entrant { asker: Asker::owner(door), token: None }));
        }
        let Some(host) = &self.host else { return Ok(None) };
        for text in shown {
            if let Some(Known { token, asker }) = host.known_by(text).await? {
                return Ok(Some(Entrant { asker, token: Some(token) }));
            }
        }
        Ok(None)
    }

    /// Until the token is no longer good.
    async fn ended(self, token: TokenId) {
        let Some(host) = self.host else { return };
        while host.still_good(token).await {
            tokio::time::sleep(LOOK).await;
        }
    }
}

/// Lets in whoever shows a good token, and nobody else.
pub(super) async fn admit(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let shown = shown(request.headers());
    // The owner is known in the records by the door that was used.
    let door = if request.uri().path().starts_with("/mcp") { "mcp" } else { "rest" };
    let entrant = match guard.entrant(&shown, door).await {
        Ok(Some(entrant)) => entrant,
        Ok(None) => return refused(!shown.is_empty()),
        Err(problem) => return rest::refuse(StatusCode::SERVICE_UNAVAILABLE, problem),
    };
    let asker = entrant.asker.clone();
    request.extensions_mut().insert(entrant.asker);
    let mut response = next.run(request).await;
    if let Some(scope) = asker.deed().refused.filter(|_| response.status() == StatusCode::FORBIDDEN) {
        let needs = format!("Bearer realm=\"jackfield\", error=\"insufficient_scope\", scope=\"{scope}\"");
        response
            .headers_mut()
            .extend(HeaderValue::from_str(&needs).ok().map(|needs| (WWW_AUTHENTICATE, needs)));
    }
    match entrant.token.filter(|_| is_stream(&response)) {
        Some(token) => {
            let ended = Box::pin(guard.ended(token));
            response.map(|body| Body::from_stream(body.into_data_stream().take_until(ended)))
        }
        None => response,
    }
}

/// Everything that is shown as a token, in whichever way.
fn shown(headers: &HeaderMap) -> Vec<&str> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let bearer = header(AUTHORIZATION.as_str())
        .map(|value| value.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")))
        .map(|bearer| bearer.map_or("", |(_, text)| text));
    bearer.into_iter().chain(header(OWN_HEADER)).map(str::trim).collect()
}

fn refused(was_shown: bool) -> Response {
    let message = match was_shown {
        true => "the bearer token is wrong, has expired or was revoked",
        false => "the request carries no bearer token",
    };
    let problem = Problem::caller(
        "unauthorized",
        message,
        "send `Authorization: Bearer TOKEN`; the owner's is in the file `token` of the host's data folder, \
         `jackfield token create` makes others",
    );
    let mut response = rest::refuse(StatusCode::UNAUTHORIZED, problem);
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
        let Some(asker) = parts.extensions.get::<Asker>().cloned() else { return Err(refused(false)) };
        let acting = host.acting_as(asker);
        if let Some(Needed(scope)) = parts.extensions.get() {
            acting.may(*scope).map_err(|problem| rest::Refused::from(problem).into_response())?;
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
    fn a_token_is_shown_in_either_header() {
        assert!(shown(&headers(&[])).is_empty());
        assert_eq!(shown(&headers(&[("authorization", "bEARER  one ")])), ["one"]);
        let both = headers(&[("authorization", "Bearer one"), ("x-auth-token", "two")]);
        assert_eq!(shown(&both), ["one", "two"]);
        assert_eq!(shown(&headers(&[("authorization", "Basic one")])), [""], "shown, and none");
    }
}
