//! A run told in few words: by the compressor of the level that was asked for, else of the usual one, else by the
//! host itself. A run's work is done and paid by then: nothing that a component does keeps anybody from its answer.

use crate::records::decisions::{decision, failed_decision};
use crate::records::report;
use jackfield_config::RunSection;
use jackfield_plugins::Plugins;
use jackfield_plugins::facts::reporting::Report;
use jackfield_store::NewPluginCall;
use serde_json::json;

/// A run in words.
pub struct Told {
    /// The text.
    pub text: String,
    /// What was not as it was asked for.
    pub warnings: Vec<String>,
    /// Every call that was made for it.
    pub calls: Vec<NewPluginCall>,
}

/// Tells a report at a level, or else at the usual one.
pub async fn told_at(plugins: &Plugins, level: &str, usual: &str, report: &Report) -> Told {
    let shipped = RunSection::default().verbosity;
    let mut levels = vec![level, usual, shipped.as_str()];
    levels.dedup();
    let (mut failed, mut calls) = (Vec::new(), Vec::new());
    for tried in levels {
        let facts = json!({ "level": tried, "report": report });
        match plugins.compress(tried, report).await {
            Ok(called) => {
                calls.extend(decision(&called, "compress", facts));
                let warnings = warnings(failed, level, &format!("this is '{tried}'"));
                return Told { text: with(called.value, &warnings), warnings, calls };
            }
            Err(error) => {
                calls.extend(failed_decision(&error, "compress", facts));
                failed.push(error.to_string());
            }
        }
    }
    let warnings = warnings(failed, level, "this is the host's own account");
    Told { text: with(report::plain(report), &warnings), warnings, calls }
}

/// One sentence of why it is not told as it was asked for; the first reason is what counts.
fn warnings(failed: Vec<String>, level: &str, instead: &str) -> Vec<String> {
    let why = failed.into_iter().next();
    why.map(|why| format!("the verbosity '{level}' is not available, so {instead}: {why}"))
        .into_iter()
        .collect()
}

fn with(text: String, warnings: &[String]) -> String {
    warnings.iter().fold(text, |text, warning| format!("{text}\nwarning: {warning}"))
}
