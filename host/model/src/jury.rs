//! A jury: personas that score a proposal, each in a run of its own.

use jackfield_types::{RunId, StageName};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A person whose point of view a ballot takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Persona {
    /// Unique in its jury.
    pub name: String,
    /// Work, experience and situation.
    pub background: String,
    /// What the person wants.
    pub goals: Vec<String>,
    /// What makes the person refuse.
    #[serde(alias = "dealBreakers")]
    pub deal_breakers: Vec<String>,
}

/// A step that is one run for each persona, side by side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Jury {
    /// The personas; default: twelve that are part of the program.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub personas: Vec<Persona>,
    /// How many ballots must be cast; default: two of three. A persona whose run fails is missing, not zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quorum: Option<u32>,
}

/// The scores of a dimension over all ballots.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct DimensionTally {
    /// Its name.
    pub dimension: String,
    /// The mean of its scores, 0 to 100.
    pub mean: f64,
    /// Their standard deviation.
    pub spread: f64,
    /// The lowest score.
    pub lowest: f64,
    /// The highest score.
    pub highest: f64,
}

/// The ballot of a persona.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Ballot {
    /// The persona.
    pub persona: String,
    /// The run that cast it.
    pub run: RunId,
    /// The judgement of the whole, 0 to 100.
    pub overall: f64,
    /// The whole ballot, as the skill declares it.
    pub ballot: Value,
}

/// The record of a jury.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct JuryRecord {
    /// The stage.
    pub stage: StageName,
    /// The mean of the judgements, 0 to 100.
    pub jury_score: f64,
    /// Their standard deviation.
    pub spread: f64,
    /// How many ballots must be cast.
    pub quorum: u32,
    /// The dimensions, in the order of the first ballot.
    pub dimensions: Vec<DimensionTally>,
    /// Objections that a mean would hide, each with its persona.
    pub dissent: Vec<String>,
    /// Deal-breakers that were met, each with its persona.
    pub deal_breakers: Vec<String>,
    /// Personas without a ballot.
    pub missing: Vec<String>,
    /// Every ballot.
    pub ballots: Vec<Ballot>,
}
