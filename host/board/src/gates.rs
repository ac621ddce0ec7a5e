//! Gates of a stage: results of those that looked at a run, and rulings of those that look at the card.

use jackfield_model::{GateResult, GateSubject, Recipe, StageGate};
use jackfield_plugins::facts::gating::{Artifact, ChangedPath, CommandResult};
use jackfield_plugins::{Evidence, Plugins};
use jackfield_store::CheckResult;
use jackfield_types::clip;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Longest message of a result, bytes.
const LONGEST: usize = 600;

/// What a gate may see of a card: its metrics.
#[derive(Debug)]
struct CardEvidence {
    metrics: BTreeMap<String, f64>,
}

impl Evidence for CardEvidence {
    fn files(&self, _: &str) -> Result<Vec<String>, String> {
        Err(no_run())
    }

    fn read(&self, _: &str, _: u32) -> Result<Vec<u8>, String> {
        Err(no_run())
    }

    fn artifacts(&self) -> Vec<Artifact> {
        Vec::new()
    }

    fn metric(&self, name: &str) -> Option<f64> {
        self.metrics.get(name).copied()
    }

    fn commands(&self) -> Vec<CommandResult> {
        Vec::new()
    }

    fn changed(&self) -> Result<Vec<ChangedPath>, String> {
        Err(no_run())
    }

    fn diff(&self, _: u64, _: u32) -> Result<Vec<u8>, String> {
        Err(no_run())
    }
}

fn no_run() -> String {
    "a gate with the subject `card` sees the metrics of the card only".to_owned()
}

/// The name of a gate for people.
fn name(gate: &StageGate) -> String {
    if gate.name.is_empty() { gate.id.clone() } else { gate.name.clone() }
}

fn result(gate: &StageGate, passed: bool, message: &str) -> GateResult {
    let message = match passed {
        false if !gate.failure_message.is_empty() => &gate.failure_message,
        _ => message,
    };
    GateResult { id: gate.id.clone(), name: name(gate), passed, message: clip(message.trim(), LONGEST) }
}

/// The gates of a recipe that look at this.
pub(crate) fn of(recipe: &Recipe, subject: GateSubject) -> impl Iterator<Item = &StageGate> {
    recipe.gates.iter().filter(move |gate| gate.subject == subject)
}

/// The results of gates in the checks of an attempt, by the label that each gate has there.
pub(crate) fn of_checks<'a>(
    gates: impl IntoIterator<Item = (String, &'a StageGate)>,
    checks: &[CheckResult],
) -> Vec<GateResult> {
    let found = gates.into_iter().filter_map(|(label, gate)| {
        let check = checks.iter().find(|check| check.gate.is_some() && check.command == label)?;
        Some(result(gate, check.passed, &check.output))
    });
    found.collect()
}

/// Asks the gates that look at the card.
pub(crate) async fn of_card(
    plugins: &Plugins,
    recipe: &Recipe,
    metrics: &BTreeMap<String, f64>,
) -> Vec<GateResult> {
    let evidence = Arc::new(CardEvidence { metrics: metrics.clone() });
    let mut results = Vec::new();
    for gate in of(recipe, GateSubject::Card) {
        let config = Value::Object(gate.config.clone()).to_string();
        let asked = plugins.evaluate(&gate.kind, &config, Arc::clone(&evidence) as _).await;
        results.push(match asked.map(|called| called.value) {
            Ok(Ok(ruling)) => result(gate, ruling.passed, &ruling.message),
            Ok(Err(why)) => result(gate, false, &format!("its config is refused: {why}")),
            Err(error) => result(gate, false, &format!("it could not be asked: {error}")),
        });
    }
    results
}

/// Why a gate lets the card not pass.
pub(crate) fn held_back(results: &[GateResult]) -> Option<String> {
    let failed: Vec<_> = results
        .iter()
        .filter(|result| !result.passed)
        .map(|result| format!("{}: {}", result.name, result.message))
        .collect();
    (!failed.is_empty()).then(|| clip(&failed.join("; "), LONGEST))
}
