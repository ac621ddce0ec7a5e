//! Runs as resources: `run://RUN/{log,diff,result,diagram}`, read a page at a time where they are long.

use super::text_of::plain;
use crate::remedies;
use axum::http::Uri;
use jackfield::Host;
use jackfield_api::{Answer, RunsFilter};
use jackfield_render::text;
use jackfield_store::{RunEventRecord, RunSummary};
use jackfield_types::{Audience, ErrorCode, Problem, RunId};
use rmcp::model::{
    CacheScope, ErrorData, ListResourcesResult, MetaObject, ReadResourceResult, Resource, ResourceContents,
    ResourceTemplate,
};
use serde_json::json;
use std::fmt;

/// Most bytes of a log or a diff on one page: some 8,000 tokens.
const PAGE: usize = 24 << 10;
/// Most events that are read for one page.
const EVENTS: u32 = 500;
/// Runs on one page of the list.
const LISTED: u32 = 20;
/// How long what cannot change any more may be kept by a client, milliseconds.
const FINAL_MS: u64 = 60 * 60 * 1000;
/// How long a list that only another version changes may be kept, milliseconds.
pub(super) const LISTING_MS: u64 = 5 * 60 * 1000;
/// Where in `_meta` of a page the address of the next one is.
const NEXT: &str = "jackfield/next";

/// What of a run is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Log,
    Diff,
    Result,
    Diagram,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Log, Self::Diff, Self::Result, Self::Diagram];

    const fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Diff => "diff",
            Self::Result => "result",
            Self::Diagram => "diagram",
        }
    }

    pub(super) const fn mime(self) -> &'static str {
        match self {
            Self::Log => "text/plain",
            Self::Diff => "text/x-diff",
            Self::Result => "application/json",
            Self::Diagram => "text/vnd.mermaid",
        }
    }

    const fn description(self) -> &'static str {
        match self {
            Self::Log => "What the agent said and did, a line for each event, a page at a time.",
            Self::Diff => "What the run changed, as a unified diff, a page at a time.",
            Self::Result => "The whole answer as data: state, figures, last attempt, files.",
            Self::Diagram => "The answer as a Mermaid diagram.",
        }
    }

    /// Whether a page other than the first can be asked for.
    const fn is_paged(self) -> bool {
        matches!(self, Self::Log | Self::Diff)
    }
}

/// An address, understood: `run://RUN/log?after=120`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) run: RunId,
    kind: Kind,
    /// After which event, or from which byte, the page begins.
    after: u64,
}

impl Place {
    pub(super) const fn of(run: RunId, kind: Kind) -> Self {
        Self { run, kind, after: 0 }
    }

    pub(super) fn parse(uri: &str) -> Option<Self> {
        let uri: Uri = uri.parse().ok()?;
        let scheme = uri.scheme_str().filter(|scheme| *scheme == "run");
        scheme?;
        let run = uri.authority()?.as_str().to_ascii_uppercase().parse().ok()?;
        let kind = Kind::ALL.into_iter().find(|kind| uri.path().strip_prefix('/') == Some(kind.name()))?;
        let after = match uri.query() {
            None => 0,
            Some(query) if kind.is_paged() => query.strip_prefix("after=")?.parse().ok()?,
            Some(_) => return None,
        };
        Some(Self { run, kind, after })
    }

    fn from(self, after: u64) -> Self {
        Self { after, ..self }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run://{}/{}", self.run, self.kind.name())?;
        match self.after {
            0 => Ok(()),
            after => write!(f, "?after={after}"),
        }
    }
}

/// The four kinds of address.
pub(super) fn templates() -> Vec<ResourceTemplate> {
    let template = |kind: Kind| {
        let page = if kind.is_paged() { "{?after}" } else { "" };
        ResourceTemplate::new(
            format!("run://{{run_id}}/{}{page}", kind.name()),
            format!("run_{}", kind.name()),
        )
        .with_description(kind.description())
        .with_mime_type(kind.mime())
    };
    Kind::ALL.into_iter().map(template).collect()
}

/// Recent runs, newest first, each by its result; `cursor` is the last of the page before.
pub(super) async fn list(host: &Host, cursor: Option<String>) -> Result<ListResourcesResult, ErrorData> {
    let filter = RunsFilter { limit: Some(LISTED), before: cursor, ..RunsFilter::default() };
    let runs = host.runs().list(filter).await.map_err(|problem| told(&problem))?;
    let next = runs.last().filter(|_| runs.len() == LISTED as usize).map(|run| run.run.to_string());
    let listed = |run: &RunSummary| {
        let place = Place::of(run.run, Kind::Result);
        let who = run.executor.as_deref().unwrap_or("nobody yet");
        Resource::new(place.to_string(), format!("run {}", run.run))
            .with_title(plain(&run.title))
            .with_description(format!("{} · {} · {who}", run.state, run.workspace_name))
            .with_mime_type(Kind::Result.mime())
    };
    let mut result = ListResourcesResult::with_all_items(runs.iter().map(listed).collect());
    result.next_cursor = next;
    Ok(result.with_ttl_ms(0).with_cache_scope(CacheScope::Private))
}

/// The links that an answer ends with: what is worth reading besides.
pub(super) fn links(answer: &Answer) -> Vec<Resource> {
    let link = |kind: Kind| {
        Resource::new(Place::of(answer.run_id, kind).to_string(), kind.name()).with_mime_type(kind.mime())
    };
    let changed = (answer.state.is_final() && !answer.files.is_empty()).then(|| link(Kind::Diff));
    changed.into_iter().chain([link(Kind::Log)]).collect()
}

/// One page.
pub(super) async fn read(host: &Host, uri: &str) -> Result<ReadResourceResult, ErrorData> {
    let Some(place) = Place::parse(uri) else {
        return Err(absent(uri, "addresses are run://RUN_ID/log, diff, result or diagram"));
    };
    let view = host.runs().get(place.run).await.map_err(|problem| missing(uri, &problem))?;
    let page = match place.kind {
        Kind::Log => log(host, place).await,
        Kind::Diff => diff(host, place).await,
        Kind::Result => whole(host, place).await,
        Kind::Diagram => host
            .runs()
            .answer(place.run, Some("mermaid"))
            .await
            .map(|answer| Page { text: answer.text, next: None }),
    };
    let page = page.map_err(|problem| missing(uri, &problem))?;
    let mut contents = ResourceContents::text(page.text, uri).with_mime_type(place.kind.mime());
    if let Some(next) = page.next {
        contents = contents
            .with_meta(MetaObject([(NEXT.to_owned(), json!(next.to_string()))].into_iter().collect()));
    }
    let mut contents = vec![contents];
    contents.extend(
        page.next.map(|next| ResourceContents::text(format!("There is more: read {next}"), next.to_string())),
    );
    let ttl = if view.run.state.is_final() { FINAL_MS } else { 0 };
    Ok(ReadResourceResult::new(contents).with_ttl_ms(ttl).with_cache_scope(CacheScope::Private))
}

/// The first page of a diff, for whoever is to read it at once; it says where the rest is.
pub(super) async fn first_page(host: &Host, place: Place) -> Result<String, Problem> {
    let page = diff(host, place).await?;
    Ok(match page.next {
        Some(next) => format!("{}\nThere is more: read {next}\n", page.text),
        None => page.text,
    })
}

struct Page {
    text: String,
    next: Option<Place>,
}

async fn log(host: &Host, place: Place) -> Result<Page, Problem> {
    let events = host.output().events(place.run, place.after, EVENTS).await?;
    let mut text = String::new();
    for event in &events {
        let line = line(event).unwrap_or_default();
        if !text.is_empty() && text.len() + line.len() > PAGE {
            // The page ends before this event, so the next one begins after the one before it.
            return Ok(Page { text, next: Some(place.from(event.seq - 1)) });
        }
        text.push_str(&line);
    }
    let full = events.len() == EVENTS as usize;
    let next = events.last().filter(|_| full).map(|last| place.from(last.seq));
    Ok(Page { text, next })
}

/// A line of the log; longer where the agent said more than one.
fn line(record: &RunEventRecord) -> Option<String> {
    let event = record.event();
    let line = text::event(record, &event)?;
    let whole = event.text().filter(|text| text.contains('\n'));
    let more = whole.map(|text| format!("\n{}", text.trim_end())).unwrap_or_default();
    Some(format!("{} {}\n", record.seq, plain(&format!("{line}{more}"))))
}

/// Lines are not cut, unless one alone is longer than a page.
async fn diff(host: &Host, place: Place) -> Result<Page, Problem> {
    let whole = host.output().diff(place.run).await?;
    let from = usize::try_from(place.after).unwrap_or(usize::MAX);
    let rest = whole.get(from..).unwrap_or_default();
    if rest.len() <= PAGE {
        return Ok(Page { text: String::from_utf8_lossy(rest).into_owned(), next: None });
    }
    let page = rest.get(..PAGE).unwrap_or_default();
    let end = page.iter().rposition(|byte| *byte == b'\n').map_or(PAGE, |newline| newline + 1);
    let text = String::from_utf8_lossy(page.get(..end).unwrap_or_default()).into_owned();
    Ok(Page { text, next: Some(place.from((from + end) as u64)) })
}

async fn whole(host: &Host, place: Place) -> Result<Page, Problem> {
    let answer = host.runs().answer(place.run, None).await?.named(remedies::tool);
    let text = serde_json::to_string(&answer).map_err(|error| {
        Problem::operator(ErrorCode::UnreadableAnswer, error.to_string(), "report this as a bug")
    })?;
    Ok(Page { text, next: None })
}

/// What is not there, or is no longer kept, is not found; what went wrong here is this host's own fault.
fn missing(uri: &str, problem: &Problem) -> ErrorData {
    if problem.audience == Audience::Caller || problem.code == ErrorCode::DiffGone {
        return absent(uri, &problem.clone().named(remedies::tool).to_string());
    }
    told(problem)
}

fn absent(uri: &str, why: &str) -> ErrorData {
    ErrorData::resource_not_found(format!("there is no {uri}: {why}"), Some(json!({ "uri": uri })))
}

/// A problem as an error of the protocol.
pub(super) fn told(problem: &Problem) -> ErrorData {
    let problem = problem.clone().named(remedies::tool);
    let data = serde_json::to_value(&problem).ok();
    match problem.audience {
        Audience::Caller => ErrorData::invalid_params(problem.to_string(), data),
        _ => ErrorData::internal_error(problem.to_string(), data),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resource_address_is_read_back_from_its_text() {
        let run = RunId::new();
        for kind in Kind::ALL {
            let place = Place::of(run, kind);
            assert_eq!(Place::parse(&place.to_string()), Some(place));
        }
        let later = Place::of(run, Kind::Log).from(120);
        assert_eq!(later.to_string(), format!("run://{run}/log?after=120"));
        assert_eq!(Place::parse(&later.to_string()), Some(later));
        let lower = format!("run://{}/log", run.to_string().to_lowercase());
        assert_eq!(
            Place::parse(&lower),
            Some(Place::of(run, Kind::Log)),
            "some clients write hosts in lower case"
        );
    }

    #[test]
    fn other_text_is_no_resource_address() {
        let run = RunId::new();
        for wrong in [
            "run://last/log".to_owned(),
            format!("run://{run}/logs"),
            format!("run://{run}/log/../diff"),
            format!("run://{run}/result?after=1"),
            format!("run://{run}/log?after=x"),
            format!("file://{run}/log"),
            format!("{run}/log"),
        ] {
            assert_eq!(Place::parse(&wrong), None, "{wrong}");
        }
    }
}
