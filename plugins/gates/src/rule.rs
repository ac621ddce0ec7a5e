//! The gates that need no look into a file.

use crate::Evidence;
use crate::config::{ArtifactExists, Command, FileExists, JuryScore, MetricThreshold};
use crate::content::{Wanted, named};
use crate::facts::{Measurement, Ruling};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use jackfield_sdk::clip;

/// Longest piece of a check's output in a message, bytes.
const OUTPUT: usize = 600;

pub(crate) fn ruling(passed: bool, message: String, measurements: Vec<Measurement>) -> Ruling {
    Ruling { passed, message, measurements }
}

pub(crate) fn measured(name: &str, value: f64, unit: &str) -> Measurement {
    Measurement { name: name.to_string(), value, unit: unit.to_string() }
}

/// Counts are far below what a float holds exactly.
#[allow(clippy::cast_precision_loss)]
pub(crate) const fn number(count: usize) -> f64 {
    count as f64
}

pub(crate) fn file_exists(config: &FileExists, evidence: &impl Evidence) -> Result<Ruling, String> {
    let FileExists { path, min, max } = config;
    if path.trim().is_empty() {
        return Err("`path` is empty".to_string());
    }
    if let Some(max) = max.filter(|max| max < min) {
        return Err(format!("`max` is {max}, less than `min`, which is {min}"));
    }
    let found = evidence.files(path).map_err(|error| format!("`path`: {error}"))?;
    let count = found.len() as u64;
    let passed = count >= *min && max.is_none_or(|max| count <= max);
    let wanted = match (min, max) {
        (1, None) => String::new(),
        (min, None) => format!(", where {min} or more are wanted"),
        (0, Some(0)) => ", where none may be".to_string(),
        (min, Some(max)) => format!(", where {min} to {max} are wanted"),
    };
    let message = match found.as_slice() {
        [] => format!("no file matches {path}{wanted}"),
        [one] => format!("{one} is there{wanted}"),
        several => format!("{} files match {path}{wanted}: {}", several.len(), named(several)),
    };
    Ok(ruling(passed, message, vec![measured("files", number(found.len()), "files")]))
}

pub(crate) fn artifact_exists(config: &ArtifactExists, evidence: &impl Evidence) -> Result<Ruling, String> {
    let ArtifactExists { kind, label_contains, min_bytes } = config;
    if kind.trim().is_empty() {
        return Err("`kind` is empty".to_string());
    }
    let all = evidence.artifacts();
    let fits = |label: &str| label_contains.as_ref().is_none_or(|text| label.contains(text.as_str()));
    let of_kind = all.iter().filter(|artifact| artifact.kind == *kind && fits(&artifact.label));
    let found: Vec<_> = of_kind.filter(|artifact| artifact.size >= *min_bytes).collect();
    let message = match found.first() {
        Some(artifact) => format!("the artifact {kind} is there: {}", clip(&artifact.label, 200)),
        None if all.is_empty() => format!("there is no artifact {kind}, and no other"),
        None => {
            let there: Vec<_> =
                all.iter().map(|artifact| format!("{} ({} bytes)", artifact.kind, artifact.size)).collect();
            format!("no artifact {kind} is as wanted; there is {}", clip(&there.join(", "), 400))
        }
    };
    Ok(ruling(!found.is_empty(), message, vec![measured("artifacts", number(found.len()), "artifacts")]))
}

pub(crate) fn metric_threshold(config: &MetricThreshold, evidence: &impl Evidence) -> Result<Ruling, String> {
    let MetricThreshold { metric, min, max } = config;
    match (min, max) {
        (None, None) => return Err("neither `min` nor `max` is given".to_string()),
        (Some(min), Some(max)) if max < min => {
            return Err(format!("`max` is {max}, less than `min`, which is {min}"));
        }
        _ => {}
    }
    let Some(value) = evidence.metric(metric) else {
        return Ok(ruling(false, format!("there is no figure {metric}"), Vec::new()));
    };
    let message = match (min, max) {
        (Some(min), _) if value < *min => format!("{metric} is {value}, less than {min}"),
        (_, Some(max)) if value > *max => format!("{metric} is {value}, more than {max}"),
        _ if value.is_nan() => format!("{metric} is not a number"),
        _ => return Ok(ruling(true, format!("{metric} is {value}"), vec![measured(metric, value, "")])),
    };
    let measurements = if value.is_finite() { vec![measured(metric, value, "")] } else { Vec::new() };
    Ok(ruling(false, message, measurements))
}

/// The metric of a card that a jury sets, 0 to 100.
const JURY: &str = "jury_score";

pub(crate) fn jury_score(config: &JuryScore, evidence: &impl Evidence) -> Result<Ruling, String> {
    let threshold = config.threshold;
    if !(0.0..=100.0).contains(&threshold) {
        return Err(format!("`threshold` is {threshold}, which is not 0 to 100"));
    }
    let Some(score) = evidence.metric(JURY) else {
        return Ok(ruling(false, "no jury has scored the card".to_string(), Vec::new()));
    };
    if !score.is_finite() {
        return Ok(ruling(false, "the score of the jury is not a number".to_string(), Vec::new()));
    }
    let passed = score >= threshold;
    let below = if passed { String::new() } else { format!(", less than {threshold}") };
    let message = format!("the jury scored {score} of 100{below}");
    Ok(ruling(passed, message, vec![measured(JURY, score, "points")]))
}

pub(crate) fn command(config: &Command, evidence: &impl Evidence) -> Result<Ruling, String> {
    let Command { name, code, contains, not_contains } = config;
    let wanted = Wanted::of(contains, not_contains, false)?;
    let all = evidence.commands();
    let Some(result) = all.iter().find(|result| result.name == *name) else {
        let names: Vec<_> = all.iter().map(|result| result.name.clone()).collect();
        let there = if names.is_empty() { "there is none".to_string() } else { names.join(", ") };
        return Ok(ruling(false, format!("no check is named {name}: {}", clip(&there, 400)), Vec::new()));
    };
    let ended = result
        .code
        .map_or_else(|| "was ended before it was done".to_string(), |code| format!("ended with {code}"));
    let measurements =
        result.code.map(|code| measured("exit-code", f64::from(code), "")).into_iter().collect();
    if result.code != Some(*code) {
        let message = format!(
            "the check {name} {ended}, where {code} is wanted: {}",
            clip(result.output.trim(), OUTPUT)
        );
        return Ok(ruling(false, message, measurements));
    }
    Ok(match wanted.fault(&result.output) {
        Some(fault) => ruling(false, format!("the check {name}: what it printed {fault}"), measurements),
        None => ruling(true, format!("the check {name} {ended}"), measurements),
    })
}
