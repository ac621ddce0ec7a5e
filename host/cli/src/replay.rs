//! `plugin replay`, `plugin shadow`, `plugin promote`: a component tried on what others decided.

use super::output::{Outcome, say};
use clap::Subcommand;
use jackfield::Host;
use jackfield_render::text_replay;
use jackfield_types::{ErrorCode, Problem, Timestamp};
use std::path::PathBuf;

/// Commands that try a component before it serves.
#[derive(Debug, Subcommand)]
pub(crate) enum TryCommand {
    /// Replay recorded decisions with another component
    ///
    /// Every recorded decision of a chooser, compressor or judge is made again with the same facts, time and seed. The
    /// report counts agreement, lists changed choices, and estimates success and cost from records of similar work; the
    /// bounds are wide where records are few. Nothing is changed.
    Replay {
        /// Component file (.wasm): a chooser, compressor or judge
        file: PathBuf,
        /// Start of the period: an age like 30d or 12h, or a date
        #[arg(long, default_value = "30d", value_name = "AGE OR DATE")]
        since: String,
        /// Maximum number of decisions to replay
        #[arg(long, default_value_t = 100_000, value_name = "NUMBER")]
        limit: u64,
    },
    /// Compare components in the folder `shadow` with the active ones
    ///
    /// A chooser, compressor or judge in the folder `shadow` below the plugin folder is called for every decision, beside
    /// the active component. Its answers are recorded and never used.
    Shadow {
        /// Start of the period: an age like 30d or 12h, or a date
        #[arg(long, default_value = "30d", value_name = "AGE OR DATE")]
        since: String,
    },
    /// Activate a component from the folder `shadow`
    Promote {
        /// Name of the component or of its file
        name: String,
    },
}

pub(super) async fn tried(host: &Host, command: TryCommand, json: bool) -> Result<Outcome, Problem> {
    match command {
        TryCommand::Replay { file, since, limit } => {
            let replayed = host.evaluation().replay(&file, point(&since, Timestamp::now())?, limit).await?;
            let told = || match replayed.changes.is_empty() {
                true => text_replay::replayed(&replayed),
                false => format!(
                    "{}\n\nto look at a task: jackfield explain TASK",
                    text_replay::replayed(&replayed)
                ),
            };
            say(json, told, &replayed);
        }
        TryCommand::Shadow { since } => {
            let shadows = host.evaluation().shadows(point(&since, Timestamp::now())?).await?;
            let folder = host.plugins().folder().join("shadow");
            let told = || match shadows.is_empty() {
                true => text_replay::shadows(&shadows, &folder),
                false => format!(
                    "{}\n\nto let one serve: jackfield plugin promote NAME\nto look at a task: jackfield explain TASK",
                    text_replay::shadows(&shadows, &folder)
                ),
            };
            say(json, told, &shadows);
        }
        TryCommand::Promote { name } => {
            let file = host.evaluation().promote(&name).await?;
            let told = serde_json::json!({ "promoted": name, "file": file });
            say(json, || format!("{name} serves from {} now", file.display()), &told);
        }
    }
    Ok(Outcome::Fine)
}

/// A point in the past, from an age or a date.
fn point(text: &str, now: Timestamp) -> Result<Timestamp, Problem> {
    let wrong = || {
        Problem::caller(
            ErrorCode::BadSince,
            format!("'{text}' is neither an age nor a date"),
            "give an age like 30d or 12h, or a date like 2026-11-01",
        )
    };
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        return date.to_zoned(jiff::tz::TimeZone::system()).map(|at| at.timestamp()).map_err(|_| wrong());
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let span: jiff::Span = text.parse().map_err(|_| wrong())?;
    let day = jiff::SpanRelativeTo::days_are_24_hours();
    let seconds = span.total((jiff::Unit::Second, day)).map_err(|_| wrong())?;
    let age = jiff::SignedDuration::try_from_secs_f64(seconds.abs()).map_err(|_| wrong())?;
    let then = now.checked_sub(age).map_err(|_| wrong())?;
    then.round(jiff::Unit::Second).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_an_age_or_a_date() {
        let now: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
        assert_eq!(point("30d", now).unwrap().to_string(), "2026-10-26T12:00:00Z");
        assert_eq!(point("12h", now).unwrap().to_string(), "2026-11-25T00:00:00Z");
        assert_eq!(point("2026-11-25T11:00:00Z", now).unwrap().to_string(), "2026-11-25T11:00:00Z");
        assert!(point("2026-11-01", now).unwrap() < now);
        assert_eq!(point("soon", now).unwrap_err().code, "bad_since");
    }
}
