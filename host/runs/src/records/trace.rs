//! Spans from a request to the process that an agent runs in, for whoever collects them.
//!
//! They go through `tracing`, under one target of their own: an embedder's subscriber gets them if it wants them, and
//! where nobody does they are never made. What they carry are names, numbers and outcomes; never an instruction, an
//! answer, or the value of a variable.
//!
//! ```text
//! POST /tasks/execute                    the door
//! ├─ choosing.choose chooser             a component (made in the plugins' crate)
//! └─ run                                 from its record: perhaps another process, perhaps days later
//!    ├─ invoke_agent claude              an attempt, in the words of OpenTelemetry for generative AI
//!    │  ├─ driving.plan claude
//!    │  └─ process claude                its TRACEPARENT names this one
//!    └─ choosing.next chooser
//! ```

use crate::admission::planned::Planned;
use crate::execution::ended::Ended;
use jackfield_process::{Exited, Identity};
use jackfield_store::RunView;
use jackfield_types::Settled;
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use tracing::field::Empty;
use tracing::{Span, info_span};

/// What every span is under.
pub const TARGET: &str = jackfield_plugins::TRACE_TARGET;

/// Where a trace goes on: the fields that `traceparent` and `tracestate` have in a header.
pub type TraceContext = HashMap<String, String>;

pub use context::{continue_trace, id, trace_context};

/// W3C Trace Context, with the feature `traces`.
#[cfg(feature = "traces")]
mod context {
    use super::TraceContext;
    use opentelemetry::propagation::TextMapPropagator;
    use opentelemetry::trace::TraceContextExt;
    use opentelemetry_sdk::propagation::TraceContextPropagator;
    use tracing::Span;
    use tracing_opentelemetry::OpenTelemetrySpanExt;

    /// Has `span` go on with a trace that began elsewhere; a span that nobody collects has none.
    pub fn continue_trace(span: &Span, carried: &TraceContext) {
        if !carried.is_empty() {
            let context = TraceContextPropagator::new().extract(carried);
            // Refused where nobody collects it.
            let _ = span.set_parent(context);
        }
    }

    /// The trace that goes on, by its id; nothing where what is carried names none.
    pub fn id(carried: &TraceContext) -> Option<String> {
        let context = TraceContextPropagator::new().extract(carried);
        let span = context.span().span_context().clone();
        span.is_valid().then(|| span.trace_id().to_string())
    }

    /// What goes on from `span`; empty where nobody collects it.
    pub fn trace_context(span: &Span) -> TraceContext {
        let context = span.context();
        let mut carried = TraceContext::new();
        if context.span().span_context().is_valid() {
            TraceContextPropagator::new().inject_context(&context, &mut carried);
            carried.retain(|_, value| !value.is_empty());
        }
        carried
    }
}

/// Without the feature `traces`, no trace goes on from one process to another.
#[cfg(not(feature = "traces"))]
mod context {
    use super::TraceContext;
    use tracing::Span;

    /// Has `span` go on with a trace that began elsewhere; it does not without the feature `traces`.
    pub const fn continue_trace(_: &Span, _: &TraceContext) {}

    /// The trace that goes on, by its id; none without the feature `traces`.
    pub const fn id(_: &TraceContext) -> Option<String> {
        None
    }

    /// What goes on from `span`; empty without the feature `traces`.
    pub fn trace_context(_: &Span) -> TraceContext {
        TraceContext::new()
    }
}

/// The trace context of the current span, as it is kept with a run; empty where nobody collects spans.
pub(crate) fn kept() -> BTreeMap<String, String> {
    trace_context(&Span::current()).into_iter().collect()
}

/// The trace context of a span as variables of a program's environment.
pub(crate) fn for_program(span: &Span) -> impl Iterator<Item = (OsString, OsString)> + use<> {
    trace_context(span).into_iter().map(|(name, value)| (name.to_uppercase().into(), value.into()))
}

/// Whether anybody collects spans: else there is nothing to be looked up for them.
pub(crate) fn wanted() -> bool {
    tracing::enabled!(target: TARGET, tracing::Level::INFO)
}

/// A run in this host's hands.
pub(crate) fn run(view: &RunView, begun_in: TraceContext) -> Span {
    let span = info_span!(
        target: TARGET, parent: None, "run",
        jackfield.run.id = %view.run.id,
        jackfield.task.id = %view.task.id,
        "jackfield.task.type" = %view.task.task_type,
    );
    continue_trace(&span, &begun_in);
    span
}

/// An attempt: an agent is invoked.
pub(crate) fn attempt(number: u32, planned: &Planned) -> Span {
    let plugin = &planned.executor.plugin;
    info_span!(
        target: TARGET, "invoke_agent",
        otel.name = format!("invoke_agent {}", plugin.name),
        otel.kind = "internal",
        gen_ai.operation.name = "invoke_agent",
        gen_ai.agent.name = %plugin.name,
        gen_ai.agent.version = %plugin.version,
        gen_ai.provider.name = provider(&plugin.name),
        gen_ai.request.model = planned.model,
        gen_ai.response.model = Empty,
        gen_ai.usage.input_tokens = Empty,
        gen_ai.usage.output_tokens = Empty,
        gen_ai.usage.cache_read.input_tokens = Empty,
        gen_ai.usage.cache_creation.input_tokens = Empty,
        gen_ai.conversation.id = Empty,
        jackfield.attempt.id = %planned.id,
        jackfield.attempt.number = number,
        jackfield.attempt.outcome = Empty,
        jackfield.cost_usd = Empty,
        "error.type" = Empty,
        otel.status_code = Empty,
    )
}

/// Who is behind an agent, in the convention's words; the agent itself where there is none.
fn provider(agent: &str) -> &str {
    match agent {
        "claude" => "anthropic",
        "codex" => "openai",
        "gemini" => "gcp.gemini",
        other => other,
    }
}

/// What became of an attempt.
pub(crate) fn ended(span: &Span, ended: &Ended, settled: &Settled) {
    let usage = &ended.usage;
    // The convention counts what was read from a cache, or written to one, as input too.
    let input = usage.input + usage.cached_input + usage.cache_write;
    span.record("gen_ai.usage.input_tokens", input);
    span.record("gen_ai.usage.output_tokens", usage.output);
    span.record("gen_ai.usage.cache_read.input_tokens", usage.cached_input);
    span.record("gen_ai.usage.cache_creation.input_tokens", usage.cache_write);
    if let Some(model) = &ended.model {
        span.record("gen_ai.response.model", model);
    }
    if let Some(session) = &ended.session {
        span.record("gen_ai.conversation.id", session);
    }
    let outcome = &ended.outcome;
    let outcome = format!("{}/{}/{}", outcome.process, outcome.delivered, outcome.verified);
    span.record("jackfield.attempt.outcome", &outcome);
    span.record("jackfield.cost_usd", ended.cost.total.usd());
    if let Settled::Failed(failure) = settled {
        span.record("error.type", failure.class.as_str());
        span.record("otel.status_code", "ERROR");
    }
}

/// The process of an agent.
pub(crate) fn process(program: &str) -> Span {
    info_span!(
        target: TARGET, "process",
        otel.name = format!("process {program}"),
        process.executable.name = program,
        process.pid = Empty,
        process.exit.code = Empty,
    )
}

pub(crate) fn began(span: &Span, identity: &Identity) {
    span.record("process.pid", identity.pid);
}

pub(crate) fn exited(span: &Span, exited: Exited) {
    if let Some(code) = exited.code {
        span.record("process.exit.code", code);
    }
}
