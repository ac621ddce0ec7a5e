//! What an answer must keep, beyond its type. Each check says in one sentence how it was broken; a
//! broken contract fails the call that broke it and nothing else.

use crate::code::Identity;
use crate::facts::{choosing, compressing, gating, judging};
use bounds::{Kept, TEXT_BYTES, few, must, text, unique};
use names::is_name;
use std::collections::BTreeSet;

// Said, because the fuzzed copy of this file is included by its path.
#[path = "contract/bounds.rs"]
mod bounds;
#[path = "contract/driving.rs"]
mod driving;
#[path = "contract/instructing.rs"]
mod instructing;
#[path = "contract/names.rs"]
mod names;
#[path = "contract/variables.rs"]
mod variables;

pub(crate) use driving::{command, description, events, failure, health, outcome, probes};
pub(crate) use instructing::{counts_as_command, prompts};
pub(crate) use names::{granted_name, program_name, variable_name};

/// Longest summary of a component, in bytes.
const SUMMARY_BYTES: usize = 500;

/// Most levels of one compressor.
const LEVELS: usize = 32;

/// Most dimensions of one judge.
const DIMENSIONS: usize = 32;

/// Highest score on a dimension.
const SCORE: u16 = 1000;

/// Most kinds of one gate component, and most measurements of one ruling.
const GATES: usize = 64;
const MEASUREMENTS: usize = 100;

/// Longest JSON Schema of a gate's config, bytes.
const SCHEMA_BYTES: usize = 64 << 10;

pub(crate) fn identity(identity: &Identity) -> Kept {
    let Identity { name, version, summary } = identity;
    granted_name(name)?;
    must(semver::Version::parse(version).is_ok(), || {
        format!("the version {version:?} is not a semantic version such as 1.0.0")
    })?;
    must(!summary.trim().is_empty() && summary.len() <= SUMMARY_BYTES && !summary.contains('\n'), || {
        format!("the summary is not one sentence of at most {SUMMARY_BYTES} bytes")
    })
}

pub(crate) fn choices(choices: &[choosing::Choice], candidates: usize) -> Kept {
    let mut seen = BTreeSet::new();
    for choice in choices {
        choice_of(choice, candidates)?;
        must(seen.insert(choice.candidate), || format!("candidate {} is chosen twice", choice.candidate))?;
    }
    Ok(())
}

fn choice_of(choice: &choosing::Choice, candidates: usize) -> Kept {
    index(choice.candidate, candidates)?;
    reason(&choice.reason, "choice")
}

fn index(candidate: u32, candidates: usize) -> Kept {
    let within = usize::try_from(candidate).is_ok_and(|at| at < candidates);
    must(within, || format!("it chose candidate {candidate}, where there are {candidates} (counted from 0)"))
}

fn reason(reason: &str, what: &str) -> Kept {
    must(!reason.trim().is_empty(), || format!("a {what} comes without its reason"))?;
    text(reason, "reason")
}

pub(crate) fn step(step: &choosing::Step, candidates: usize) -> Kept {
    match step {
        choosing::Step::Retry(choice) => choice_of(choice, candidates),
        choosing::Step::Consensus(among) => {
            among.candidates.iter().try_for_each(|candidate| index(*candidate, candidates))?;
            let different: BTreeSet<_> = among.candidates.iter().collect();
            must(different.len() >= 2 && different.len() == among.candidates.len(), || {
                "a consensus needs two or more candidates, each once".to_owned()
            })?;
            reason(&among.reason, "consensus")
        }
        choosing::Step::Done(why) | choosing::Step::Human(why) | choosing::Step::Stop(why) => {
            reason(why, "step")
        }
    }
}

pub(crate) fn levels(levels: &[compressing::Level]) -> Kept {
    must((1..=LEVELS).contains(&levels.len()), || {
        format!("it offers {} levels, where 1 to {LEVELS} are right", levels.len())
    })?;
    for level in levels {
        must(is_name(&level.name), || {
            format!("the level {:?} is not 1 to 64 of a-z, 0-9 and '-'", level.name)
        })?;
    }
    unique(levels.iter().map(|level| level.name.as_str()), "level")
}

pub(crate) fn comparison(comparison: &judging::Comparison, results: usize) -> Kept {
    let judging::Comparison { winner, reason: why, points_of_agreement, differences, .. } = comparison;
    if let Some(winner) = *winner {
        let within = usize::try_from(winner).is_ok_and(|at| at < results);
        must(within, || {
            format!("its winner is result {winner}, where there are {results} (counted from 0)")
        })?;
    }
    reason(why, "comparison")?;
    few(points_of_agreement, "points of agreement")?;
    few(differences, "differences")?;
    points_of_agreement.iter().try_for_each(|point| text(point, "point of agreement"))?;
    differences.iter().try_for_each(|difference| {
        text(&difference.subject, "difference's subject")?;
        text(&difference.summary, "difference")
    })
}

pub(crate) fn dimensions(dimensions: &[String]) -> Kept {
    must((1..=DIMENSIONS).contains(&dimensions.len()), || {
        format!("it rates on {} dimensions, where 1 to {DIMENSIONS} are right", dimensions.len())
    })?;
    for dimension in dimensions {
        must(is_name(dimension), || {
            format!("the dimension {dimension:?} is not 1 to 64 of a-z, 0-9 and '-'")
        })?;
    }
    unique(dimensions.iter().map(String::as_str), "dimension")
}

pub(crate) fn ratings(ratings: &[judging::Rating]) -> Kept {
    let rated: Vec<_> = ratings.iter().map(|rating| rating.dimension.clone()).collect();
    dimensions(&rated)?;
    ratings.iter().try_for_each(|rating| {
        let judging::Rating { dimension, score, reason: why } = rating;
        must(*score <= SCORE, || format!("the score of '{dimension}' is {score}, past {SCORE}"))?;
        reason(why, "rating")
    })
}

/// A component that rates on what it did not name cannot be read by those who asked for the names.
pub(crate) fn rated_on(ratings: &[judging::Rating], dimensions: &[String]) -> Kept {
    ratings.iter().try_for_each(|rating| {
        must(dimensions.contains(&rating.dimension), || {
            format!("it rates on '{}', which is not among its dimensions", rating.dimension)
        })
    })
}

/// What is the same cannot but agree.
pub(crate) fn equal_results_agree(comparison: &judging::Comparison) -> Kept {
    must(comparison.agreement == judging::Agreement::Full, || {
        "two equal results are not in full agreement for it".to_owned()
    })
}

fn is_gate_name(name: &str) -> bool {
    let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    (1..=64).contains(&name.len()) && name.bytes().all(fits)
}

pub(crate) fn gates(kinds: &[gating::GateKind]) -> Kept {
    must((1..=GATES).contains(&kinds.len()), || {
        format!("it has {} kinds of gates, where 1 to {GATES} are right", kinds.len())
    })?;
    for kind in kinds {
        let gating::GateKind { name, summary, schema } = kind;
        must(is_gate_name(name), || format!("the kind {name:?} is not 1 to 64 of a-z, 0-9, '-' and '_'"))?;
        text(summary, "kind's summary")?;
        let is_schema =
            || serde_json::from_str::<serde_json::Value>(schema).is_ok_and(|schema| schema.is_object());
        must(schema.len() <= SCHEMA_BYTES && is_schema(), || {
            format!("the schema of '{name}' is not a JSON object of at most {SCHEMA_BYTES} bytes")
        })?;
    }
    unique(kinds.iter().map(|kind| kind.name.as_str()), "kind")
}

pub(crate) fn ruled(ruled: &Result<gating::Ruling, String>) -> Kept {
    let ruling = match ruled {
        Ok(ruling) => ruling,
        Err(why) => return text(why, "refusal"),
    };
    text(&ruling.message, "ruling's message")?;
    must(ruling.measurements.len() <= MEASUREMENTS, || {
        format!("{} measurements are more than {MEASUREMENTS}", ruling.measurements.len())
    })?;
    ruling.measurements.iter().try_for_each(|measurement| {
        text(&measurement.name, "measurement's name")?;
        must(measurement.unit.len() <= TEXT_BYTES, || "a measurement's unit is too long".to_owned())?;
        must(measurement.value.is_finite(), || {
            format!("the measurement '{}' is not a number", measurement.name)
        })
    })
}

/// A gate that takes whatever it is asked would let through what nobody described.
pub(crate) fn refused<T>(answer: &Result<T, String>, what: &str) -> Kept {
    must(answer.is_err(), || format!("it takes {what}, where it must say what is wrong with it"))
}
