//! What tools take that the host's own requests do not have, and how the arguments of all tools are read.

use crate::fields;
use jackfield_api::ExecuteRequest;
use jackfield_config::plain;
use jackfield_types::{ErrorCode, Problem};
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// What is to become of a run that waits for a person, as this door names the field.
pub(super) const ANSWER: &str = "answer";

/// Which run, and how long to wait for it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ResultArguments {
    /// The run_id that `execute` gave.
    pub(super) run_id: String,
    /// How long to wait for the end, seconds; default and most 45.
    #[serde(default)]
    pub(super) wait_s: Option<u64>,
    /// summary, mermaid, standard or full.
    #[serde(default)]
    pub(super) verbosity: Option<String>,
}

/// Which run, and why.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CancelArguments {
    /// The run_id that `execute` gave.
    pub(super) run_id: String,
    /// Kept with the run.
    #[serde(default)]
    pub(super) reason: Option<String>,
}

/// Which run to make again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RetryArguments {
    /// A run that has ended.
    pub(super) run_id: String,
    /// Kept with the run.
    #[serde(default)]
    pub(super) reason: Option<String>,
    /// The same key never retries twice.
    #[serde(default)]
    pub(super) idempotency_key: Option<String>,
}

/// What to look up.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum Question {
    /// Recent runs, and what waits for a person.
    Summary,
    /// One task or run in full.
    State,
    /// Totals, and figures by executor and model.
    Stats,
    /// Several agents' work on one task, compared.
    Consensus,
    /// Whom the chooser would pick for `request`; nothing is started.
    Chooser,
}

/// A look at what happened.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QueryArguments {
    pub(super) query: Question,
    /// For `state` and `consensus`; or task_id.
    #[serde(default)]
    pub(super) run_id: Option<String>,
    #[serde(default)]
    pub(super) task_id: Option<String>,
    /// For `summary`: how many, default 10.
    #[serde(default)]
    pub(super) limit: Option<u32>,
    /// For `chooser`: the arguments of `execute`.
    #[serde(default)]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    pub(super) request: Option<ExecuteRequest>,
}

/// Nothing is needed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NoArguments {}

/// Names, as a list or as one text with commas.
#[derive(Deserialize, JsonSchema)]
#[serde(from = "OneOrMore")]
pub(super) struct Names(pub(super) Vec<String>);

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl From<OneOrMore> for Names {
    fn from(given: OneOrMore) -> Self {
        let names = match given {
            OneOrMore::One(text) => text.split(',').map(|name| name.trim().to_owned()).collect(),
            OneOrMore::More(names) => names,
        };
        Self(names.into_iter().filter(|name: &String| !name.is_empty()).collect())
    }
}

pub(super) fn parse<T: DeserializeOwned + JsonSchema>(arguments: Value) -> Result<T, Problem> {
    fields::read(arguments).map_err(|why| bad_arguments(&why))
}

pub(super) fn bad_arguments(why: &str) -> Problem {
    Problem::caller(
        ErrorCode::BadArguments,
        format!("failed to read the arguments: {}", plain(why)),
        "correct the arguments: the tool's input schema lists its fields, their types and which are required",
    )
}

/// Takes a field out that the host's own request does not have.
pub(super) fn taken<T: DeserializeOwned + JsonSchema>(
    arguments: Value,
    field: &str,
) -> Result<(Option<T>, Value), Problem> {
    let mut given: Map<String, Value> = parse(arguments)?;
    let taken = fields::take(&mut given, field).map_err(|why| bad_arguments(&why))?;
    Ok((taken.map(parse).transpose()?, Value::Object(given)))
}
