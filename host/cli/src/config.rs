//! `config`: the commented default, the effective configuration, and its check.

use super::args::{ConfigCommand, Global};
use super::opening::{layers, settings};
use super::output::{Outcome, say, say_line};
use jackfield::served;
use jackfield_config::{DEFAULT_TOML, Finding, Layers, Review, Severity, without_secrets};
use jackfield_types::{ErrorCode, Problem};
use serde::Serialize;
use std::path::PathBuf;

pub(super) async fn config(
    effective: bool,
    command: Option<ConfigCommand>,
    global: &Global,
) -> Result<Outcome, Problem> {
    match command {
        Some(ConfigCommand::Check { file }) => return check(file, global).await,
        None if effective => {
            let (data, config) = settings(global)?;
            let config = without_secrets(config);
            let text = jackfield_config::effective(&config).map_err(|error| {
                Problem::operator(
                    ErrorCode::UnwritableConfig,
                    format!("failed to write the configuration as TOML: {error}"),
                    "use --json",
                )
            })?;
            let text = || {
                format!(
                    "# Effective configuration without secrets. Data folder: {}\n\n{}",
                    data.display(),
                    text.trim_end()
                )
            };
            say(global.json, text, &serde_json::json!({ "data": data, "config": config }));
        }
        None => say_line(DEFAULT_TOML.trim_end()),
    }
    Ok(Outcome::Fine)
}

/// The findings, as `--json` prints them.
#[derive(Serialize)]
struct Checked<'a> {
    file: &'a str,
    errors: usize,
    warnings: usize,
    findings: &'a [Finding],
}

async fn check(file: Option<PathBuf>, global: &Global) -> Result<Outcome, Problem> {
    let (data, mut layers) = layers(global)?;
    if let Some(file) = file {
        layers = Layers { required: true, file: Some(file), ..layers };
    }
    let mut review = Review::read(&layers);
    let served = served(&data, &review.config, Some(super::opening::THIS_PROGRAM)).await;
    review.warn(&served);
    let (errors, warnings) = (review.count(Severity::Error), review.count(Severity::Warning));
    let checked = Checked { file: &review.origin, errors, warnings, findings: &review.findings };
    say(global.json, || told(&checked, &layers), &checked);
    Ok(if errors > 0 { Outcome::Unusable } else { Outcome::Fine })
}

fn told(checked: &Checked<'_>, layers: &Layers) -> String {
    let mut lines: Vec<_> = checked.findings.iter().map(line).collect();
    let count = |number: usize, what: &str| match number {
        1 => format!("1 {what}"),
        number => format!("{number} {what}s"),
    };
    let there = layers.file.as_ref().is_some_and(|file| file.exists());
    lines.push(match (checked.errors, checked.warnings) {
        (0, 0) if there => format!("{}: fine", checked.file),
        (0, 0) => format!("{} does not exist: the defaults apply", checked.file),
        (0, warnings) => format!("{}; the configuration can be used", count(warnings, "warning")),
        (errors, 0) => count(errors, "error"),
        (errors, warnings) => format!("{}, {}", count(errors, "error"), count(warnings, "warning")),
    });
    lines.join("\n")
}

/// `FILE:LINE:COLUMN`, as editors and terminals understand it.
fn line(finding: &Finding) -> String {
    let place = match (finding.line, finding.column) {
        (Some(line), Some(column)) => format!(":{line}:{column}"),
        _ => String::new(),
    };
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    format!("{}{place}: {severity}: {}\n    {}", finding.origin, finding.message, finding.remedy)
}
