//! A span for each call of a component, for whoever collects them: which component, which function, how it went. Not
//! for what an agent prints, which comes in hundreds of pieces.

use jackfield_types::PluginRef;
use tracing::field::Empty;
use tracing::{Span, info_span};

/// What the spans of the host are under, so that they can be told from what is logged.
pub const TRACE_TARGET: &str = "jackfield::trace";

pub(crate) fn call(function: &str, plugin: &PluginRef) -> Span {
    info_span!(
        target: TRACE_TARGET, "component",
        otel.name = format!("{function} {}", plugin.name),
        jackfield.plugin.function = function,
        jackfield.plugin.kind = %plugin.kind,
        jackfield.plugin.name = %plugin.name,
        jackfield.plugin.version = %plugin.version,
        jackfield.plugin.digest = %plugin.digest,
        otel.status_code = Empty,
    )
}

pub(crate) fn answered(span: &Span, well: bool) {
    if !well {
        span.record("otel.status_code", "ERROR");
    }
}
