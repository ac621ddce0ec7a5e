//! What the program tells about itself while it runs: lines on standard error, and traces to a collector where one is
//! named. Only the program does this: a host in somebody else's process leaves both to its owner.

use jackfield::{Host, TRACE_TARGET, continue_trace};
use jackfield_config::{LogFormat, TelemetrySection};
use jackfield_redact::Secrets;
use jackfield_render::screen::{colours_wanted, printable_json, printable_log};
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::runtime::Handle;
use tracing::Span;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::{FilterExt, Targets, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// How long one delivery to the collector may take.
const SENDING: Duration = Duration::from_secs(5);
/// How long what is left may take when the program ends.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// The variables that name a collector, the more special one first.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/// Keeps traces going. Dropping it sends what is left.
pub(super) struct Telemetry(Option<SdkTracerProvider>);

/// Begins to log, and to trace in `runtime` where `section` or the environment names a collector.
pub(super) fn start(usual: &str, section: &TelemetrySection, runtime: Option<&Handle>) -> Telemetry {
    // The MCP library writes lines of its own for every request; only what goes wrong in it is of use.
    let quiet = || match usual {
        "info" => EnvFilter::new("info,rmcp=warn"),
        usual => EnvFilter::new(usual),
    };
    let filter = EnvFilter::try_from_env("JACKFIELD_LOG").unwrap_or_else(|_| quiet());
    // Spans are for the collector; a log line has what it needs in itself.
    let filter = filter.and(filter_fn(|about| about.target() != TRACE_TARGET));
    let (json, colour) =
        (section.log_format == LogFormat::Json, io::stderr().is_terminal() && colours_wanted());
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(move || LogLine { json, colour })
        .with_target(false)
        // Else a log that cannot be written, as when its terminal is gone, would end the program.
        .log_internal_errors(false);
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match section.log_format {
        LogFormat::Text => lines.with_ansi(colour).with_filter(filter).boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(false)
            .with_filter(filter)
            .boxed(),
    };
    let provider = runtime.map_or(Ok(None), |runtime| provider(section, runtime));
    let (provider, problem) = match provider {
        Ok(provider) => (provider, None),
        Err(problem) => (None, Some(problem)),
    };
    let traces = provider.as_ref().map(|provider| {
        let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("jackfield"));
        let layer =
            layer.with_location(false).with_threads(false).with_tracked_inactivity(false).with_target(false);
        layer.with_filter(Targets::new().with_target(TRACE_TARGET, LevelFilter::INFO)).boxed()
    });
    // As a list: a layer that is none of its own would have every span made, with nobody to collect it.
    let layers: Vec<_> = [lines].into_iter().chain(traces).collect();
    tracing_subscriber::registry().with(layers).init();
    if let Some(problem) = problem {
        tracing::error!("failed to start tracing: {problem}");
    }
    Telemetry(provider)
}

/// What the log is kept clear of.
static SECRETS: OnceLock<Arc<Secrets>> = OnceLock::new();

/// Keeps what this host knows to be secret out of the log.
pub(super) fn keep_from_log(host: &Host) {
    // A second host of this process knows the same environment.
    let _ = SECRETS.set(host.access().secrets());
}

/// Writes one line of the log, whatever is in it: what components, agents and git say can neither look like another
/// line nor do anything to a terminal.
struct LogLine {
    json: bool,
    colour: bool,
}

impl Write for LogLine {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let clean = SECRETS.get().and_then(|secrets| secrets.redactor().changed(text));
        let text = clean.as_deref().unwrap_or(text);
        let text = if self.json { printable_json(&text.replace('\n', " ")) } else { self.text(text) };
        writeln!(io::stderr().lock(), "{text}")?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

impl LogLine {
    /// The colours are the formatter's own: it escapes the character that begins one in everything it is given.
    fn text(&self, text: &str) -> String {
        if !self.colour {
            return printable_log(text);
        }
        let colour = |part: &str| {
            let end = part.find('m')?;
            part.get(..end)?.chars().all(|c| c.is_ascii_digit() || c == ';').then_some(end)
        };
        let mut parts = text.split("\x1b[");
        let mut out = printable_log(parts.next().unwrap_or_default());
        for part in parts {
            match colour(part).and_then(|end| part.split_at_checked(end + 1)) {
                Some((code, rest)) => {
                    out.push_str("\x1b[");
                    out.push_str(code);
                    out.push_str(&printable_log(rest));
                }
                None => {
                    out.push_str("\\u{1b}[");
                    out.push_str(&printable_log(part));
                }
            }
        }
        out
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(provider) = &self.0
            && let Err(error) = provider.shutdown_with_timeout(LAST_WORDS)
        {
            tracing::debug!(%error, "failed to deliver the last traces");
        }
    }
}

/// A command that has work done, as a part of the trace that `TRACEPARENT` names.
pub(super) fn command(name: &str) -> Span {
    let span = tracing::info_span!(target: TRACE_TARGET, "command", otel.name = format!("jackfield {name}"));
    let variable = |name: &str| Some((name.to_lowercase(), std::env::var(name).ok()?));
    continue_trace(&span, &["TRACEPARENT", "TRACESTATE"].into_iter().filter_map(variable).collect());
    span
}

/// Nothing where no collector is named, or `OTEL_SDK_DISABLED` says so.
fn provider(section: &TelemetrySection, runtime: &Handle) -> Result<Option<SdkTracerProvider>, String> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let own = Some(section.otlp_endpoint.trim_end_matches('/')).filter(|own| !own.is_empty());
    let named = own.is_some() || ENDPOINTS.into_iter().any(|name| variable(name).is_some());
    if !named || variable("OTEL_SDK_DISABLED").is_some_and(|said| said.eq_ignore_ascii_case("true")) {
        return Ok(None);
    }
    let client = jackfield_http::client()
        .timeout(SENDING)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| error.to_string())?;
    let sender = Sender { client, runtime: runtime.clone() };
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(sender)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(SENDING);
    let exporter = match own {
        Some(own) => exporter.with_endpoint(format!("{own}/v1/traces")),
        None => exporter,
    };
    let exporter = exporter.build().map_err(|error| error.to_string())?;
    let resource = Resource::builder();
    let resource = match variable("OTEL_SERVICE_NAME") {
        Some(_) => resource,
        None => resource.with_service_name(section.service_name.clone()),
    };
    let resource =
        resource.with_attribute(opentelemetry::KeyValue::new("service.version", jackfield::VERSION)).build();
    Ok(Some(SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource).build()))
}

/// Sends over the host's own HTTP client, in its runtime, for an exporter that has a thread and no runtime.
#[derive(Debug)]
struct Sender {
    client: reqwest::Client,
    runtime: Handle,
}

impl HttpClient for Sender {
    fn send_bytes<'me, 'sent>(
        &'me self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, HttpError>> + Send + 'sent>>
    where
        'me: 'sent,
        Self: 'sent,
    {
        let client = self.client.clone();
        let sent = self.runtime.spawn(async move {
            let mut answer = client.execute(request.try_into()?).await?;
            let mut response = Response::builder().status(answer.status());
            if let Some(headers) = response.headers_mut() {
                std::mem::swap(headers, answer.headers_mut());
            }
            Ok::<_, HttpError>(response.body(answer.bytes().await?)?)
        });
        Box::pin(async move { sent.await? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_record_is_one_line_with_no_colours_but_those_of_the_formatter() {
        let plain = LogLine { json: false, colour: false };
        let said = "\u{1b}[2mnow\u{1b}[0m ERROR a\r\nFAKE \u{202e}b\u{1b}]0;t\u{7}";
        assert_eq!(plain.text(said), r"\u{1b}[2mnow\u{1b}[0m ERROR a\u{d}\nFAKE \u{202e}b\u{1b}]0;t\u{7}");
        let colour = LogLine { json: false, colour: true };
        let shown = colour.text(said);
        assert_eq!(shown, "\u{1b}[2mnow\u{1b}[0m ERROR a\\u{d}\\nFAKE \\u{202e}b\\u{1b}]0;t\\u{7}");
        assert_eq!(colour.text("\u{1b}[2J\u{1b}[8m"), "\\u{1b}[2J\u{1b}[8m");
    }
}
