//! The `admin` toolset: money, components and workers, for whoever runs the host.
//!
//! What a component is granted is not among it: that is for a person at the command line, and not for a model.

use super::arguments::parse;
use super::caller::Caller;
use super::output::{Said, said};
use super::schema::tool;
use jackfield_api::WorkerAction;
use jackfield_render::{text, text_workers};
use jackfield_types::{ErrorCode, Micros, PluginKind, Problem};
use rmcp::model::{Tool, ToolAnnotations};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

/// What to do with the breaker.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum BreakerVerb {
    #[default]
    State,
    History,
    /// Forgive what was spent; needs `reason`.
    Reset,
    /// Allow `usd` more today; needs `reason`.
    Raise,
    /// Record that `run`, which has ended, cost `usd` in all; needs `reason`.
    Correct,
}

/// A look at the money, or a change of it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct BreakerArguments {
    #[serde(default)]
    action: BreakerVerb,
    #[serde(default)]
    usd: Option<f64>,
    /// For correct: its id or the beginning of it.
    #[serde(default)]
    run: Option<String>,
    #[serde(default)]
    reason: Option<String>,
}

/// What to do about components.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum PluginsVerb {
    #[default]
    List,
    Inspect,
    Pin,
    Unpin,
    Rollback,
}

/// A look at components, or another version of one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PluginsArguments {
    #[serde(default)]
    action: PluginsVerb,
    /// executor, chooser, compressor, gate or judge.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    kind: Option<PluginKind>,
    /// For all but list.
    #[serde(default)]
    name: Option<String>,
    /// For pin: a sha256 or its beginning.
    #[serde(default)]
    digest: Option<String>,
}

/// What to do about workers.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct WorkersArguments {
    /// health_check (default): only look; rescue: take over what gone workers left; cleanup: forget them too.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    action: Option<WorkerAction>,
}

pub(super) fn tools() -> Vec<Tool> {
    vec![
        tool::<BreakerArguments>(
            "breaker",
            "Money: what is spent, held and left; its history. `reset`, `raise` and `correct` change it and need a reason: ask \
             your person first.",
            ToolAnnotations::default().read_only(false).destructive(false).open_world(false),
        ),
        tool::<PluginsArguments>(
            "plugins",
            "The components that decide: `list`, `inspect` one, `pin` a version by its digest, `unpin`, `rollback` to \
             the version before. Calls in hand keep the version that they began with.",
            ToolAnnotations::default().read_only(false).destructive(false).idempotent(true).open_world(false),
        ),
        tool::<WorkersArguments>(
            "workers",
            "Who carries runs out, how long the queue is, how many fail; `rescue` takes over what gone workers left.",
            ToolAnnotations::default().read_only(false).destructive(false).idempotent(true).open_world(false),
        ),
    ]
}

pub(super) async fn breaker(caller: &Caller<'_>, arguments: Value) -> Result<Said, Problem> {
    let arguments: BreakerArguments = parse(arguments)?;
    let host = &caller.host;
    let reason = arguments.reason.unwrap_or_default();
    match arguments.action {
        BreakerVerb::State => {}
        BreakerVerb::History => {
            let history = host.budget().history(20).await?;
            return said(text::breaker_history(&history), &json!({ "events": history }));
        }
        BreakerVerb::Reset => drop(host.budget().reset(&reason).await?),
        BreakerVerb::Raise => {
            let by = Micros::from_usd(arguments.usd.unwrap_or_default());
            drop(host.budget().raise(by, &reason).await?);
        }
        BreakerVerb::Correct => {
            let (Some(run), Some(usd)) = (arguments.run.filter(|run| !run.is_empty()), arguments.usd) else {
                return Err(Problem::caller(
                    ErrorCode::BadArguments,
                    "`run` or `usd` is missing",
                    "give the run and its total cost in dollars",
                ));
            };
            let run = host.runs().find(&run).await?;
            drop(host.budget().correct_cost(run, Micros::from_usd(usd), &reason).await?);
        }
    }
    let status = host.budget().breaker().await?;
    said(text::breaker(&status), &status)
}

pub(super) async fn plugins(caller: &Caller<'_>, arguments: Value) -> Result<Said, Problem> {
    let arguments: PluginsArguments = parse(arguments)?;
    let host = &caller.host;
    let needed = |what: Option<String>, field: &str| {
        what.filter(|given| !given.is_empty()).ok_or_else(|| {
            Problem::caller(
                ErrorCode::BadArguments,
                format!("`{field}` is missing"),
                format!("call again with `{field}`"),
            )
        })
    };
    if matches!(arguments.action, PluginsVerb::List) {
        let plugins = host.plugins().list();
        return said(text::plugins(&plugins), &json!({ "plugins": plugins }));
    }
    let name = needed(arguments.name, "name")?;
    if matches!(arguments.action, PluginsVerb::Inspect) {
        let inspection = host.plugins().inspect(arguments.kind, &name)?;
        return said(text::inspection(&inspection), &inspection);
    }
    let kind = arguments.kind.ok_or_else(|| {
        Problem::caller(
            ErrorCode::BadArguments,
            "`kind` is missing",
            "executor, chooser, compressor, gate or judge",
        )
    })?;
    let ordered = match arguments.action {
        PluginsVerb::Pin => host.plugins().pin(kind, &name, &needed(arguments.digest, "digest")?).await?,
        PluginsVerb::Unpin => host.plugins().unpin(kind, &name).await?,
        PluginsVerb::Rollback | PluginsVerb::List | PluginsVerb::Inspect => {
            host.plugins().roll_back(kind, &name).await?
        }
    };
    said(text::ordered(&ordered), &ordered)
}

pub(super) async fn workers(caller: &Caller<'_>, arguments: Value) -> Result<Said, Problem> {
    let arguments: WorkersArguments = parse(arguments)?;
    let status = caller.host.workers().apply(arguments.action.unwrap_or(WorkerAction::HealthCheck)).await?;
    said(text_workers::workers(&status), &status)
}
