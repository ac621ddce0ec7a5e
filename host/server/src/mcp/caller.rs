//! Who calls, in which era of the protocol, and what was chosen: all that a request says of itself.

use super::choice::Choice;
use super::inflight::InFlight;
use super::inflight::SESSION;
use crate::traced::Trace;
use axum::http::request::Parts;
use jackfield::{Host, Principal};
use rmcp::model::ProtocolVersion;
use rmcp::service::{RequestContext, RoleServer};
use tokio_util::sync::CancellationToken;

/// One request, and the host that it is for.
pub(super) struct Caller<'a> {
    /// The host as whoever asks may use it.
    pub(super) host: Host,
    pub(super) context: &'a RequestContext<RoleServer>,
    pub(super) choice: Choice,
    /// Fires where the client calls the request off in so many words.
    pub(super) called_off: CancellationToken,
}

impl<'a> Caller<'a> {
    pub(super) fn new(host: &Host, context: &'a RequestContext<RoleServer>) -> Self {
        let parts = context.extensions.get::<Parts>();
        let choice = parts.and_then(|parts| parts.extensions.get::<Choice>()).cloned().unwrap_or_default();
        Self { host: acting(host, parts), context, choice, called_off: CancellationToken::new() }
    }

    /// Where the trace of the request goes on.
    pub(super) fn trace(&self) -> Option<&Trace> {
        self.context.extensions.get::<Parts>()?.extensions.get::<Trace>()
    }

    /// The same, known among the calls in flight until it is dropped: it can be called off by its id.
    pub(super) fn known(mut self, calls: &InFlight) -> (Self, Option<super::inflight::Entered>) {
        let parts = self.context.extensions.get::<Parts>();
        let entered = parts.and_then(|parts| {
            let session = parts.headers.get(SESSION)?.to_str().ok()?;
            let id = serde_json::to_string(&self.context.id).ok()?;
            Some(calls.enter(self.host.caller().name(), session, &id))
        });
        if let Some(entered) = &entered {
            self.called_off = entered.called_off();
        }
        (self, entered)
    }
}

/// The host as whoever sent this request may use it; without a request, as nobody in particular may.
pub(super) fn acting(host: &Host, request: Option<&Parts>) -> Host {
    let asker = request.and_then(|parts| parts.extensions.get::<Principal>()).cloned();
    host.acting_as(asker.unwrap_or_else(Principal::nobody))
}

/// Whether this request is of the stateless era.
pub(super) fn modern(context: &RequestContext<RoleServer>) -> bool {
    context
        .protocol_version()
        .is_some_and(|version| version.as_str() >= ProtocolVersion::V_2026_07_28.as_str())
}
