//! What a component would have decided, as text.

use super::table::table;
use jackfield_api::{Bounds, ChangedChoice, Replayed, Shadowed};
use std::path::Path;

/// What a component would have decided otherwise.
pub fn replayed(replayed: &Replayed) -> String {
    let Replayed { component, since, decisions, exact, same, took_ms, .. } = replayed;
    if *decisions == 0 {
        return format!("{component}: no decision of its kind is on record since {since}");
    }
    let rate = decisions.saturating_mul(1_000) / (*took_ms).max(1);
    let mut parts = vec![format!(
        "{component}, on {decisions} decision(s) since {since}, in {took_ms} ms ({rate} each second)\n\
         {} came to the same, {} to the last word",
        share(*same, *decisions),
        share(*exact, *decisions),
    )];
    if replayed.functions.len() > 1 {
        let rows = replayed.functions.iter().map(|one| {
            [
                one.function.clone(),
                one.decisions.to_string(),
                share(one.same, one.decisions),
                share(one.exact, one.decisions),
            ]
        });
        parts.push(table(["asked", "times", "the same", "to the last word"], rows));
    }
    if !replayed.changes.is_empty() {
        parts.push(changes(&replayed.changes));
    }
    for failure in &replayed.failures {
        parts.push(format!("{} time(s) it failed: {}", failure.count, failure.why));
    }
    if let Some(prediction) = &replayed.prediction {
        let rows = vec![
            [
                "good enough".to_owned(),
                percent(prediction.recorded_success),
                percent(prediction.success.mean),
                between(prediction.success, percent),
            ],
            [
                "cost of an attempt".to_owned(),
                dollars(prediction.recorded_cost_usd),
                dollars(prediction.cost_usd.mean),
                between(prediction.cost_usd, dollars),
            ],
        ];
        parts.push(format!(
            "{}\nof {} first choices whose outcome is known: {} it would have made as well, {} are told from like work, \
             and of {} nothing alike is on record",
            table(["", "recorded", "predicted", "95 % between"], rows),
            prediction.decisions,
            prediction.observed,
            prediction.estimated,
            prediction.unknown,
        ));
    }
    parts.join("\n\n")
}

/// What shadows would have decided.
pub fn shadows(shadows: &[Shadowed], folder: &Path) -> String {
    if shadows.is_empty() {
        return format!("nothing is asked on the side; drop a component into {}", folder.display());
    }
    let told = shadows.iter().map(|shadow| {
        let Shadowed { component, file, decisions, same, failed, .. } = shadow;
        let file = file.as_deref().unwrap_or("its file is gone");
        let answered = decisions.saturating_sub(*failed);
        let mut text = format!("{component} ({file}): asked {decisions} time(s)");
        if answered > 0 {
            text += &format!(", {} came to the same", share(*same, answered));
        }
        if *failed > 0 {
            text += &format!(", {failed} not answered");
        }
        if !shadow.changes.is_empty() {
            text += &format!("\n\n{}", changes(&shadow.changes));
        }
        text
    });
    let told: Vec<_> = told.collect();
    told.join("\n\n")
}

fn changes(changes: &[ChangedChoice]) -> String {
    let rows = changes.iter().map(|change| {
        let example = change.example.map(|task| format!("task {task}")).unwrap_or_default();
        [change.count.to_string(), change.from.clone(), change.to.clone(), example]
    });
    table(["times", "was", "would be", "for example"], rows)
}

fn share(part: u64, whole: u64) -> String {
    format!("{part} of {whole} ({})", percent(part as f64 / whole.max(1) as f64))
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn dollars(usd: f64) -> String {
    format!("${usd:.4}")
}

fn between(bounds: Bounds, told: fn(f64) -> String) -> String {
    format!("{} and {}", told(bounds.low), told(bounds.high))
}
