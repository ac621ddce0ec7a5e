//! Gates: what the work must keep before the task goes on, ruled by components that look at the worktree
//! as it was committed.
//!
//! They are asked after the acceptance checks, and what they say is kept beside what those came to. A gate
//! that cannot be asked lets nothing through, but is no fault of the work.

use crate::execution::ended::Ended;
use crate::execution::recording::record_of_host;
use crate::execution::running::Running;
use crate::records::decisions::{concerning, decision, failed_decision};
use crate::verification::evidence::{Diff, WorktreeEvidence, changed_path};
use jackfield_api::Gate;
use jackfield_core::secrets::Redaction;
use jackfield_core::settings::Settings;
use jackfield_model::{GateRuled, Measured, RunEvent};
use jackfield_plugins::facts::gating::{Artifact, CommandResult, Ruling};
use jackfield_plugins::{Called, PluginError, Plugins};
use jackfield_store::{CheckResult, NewRunEvent, Store};
use jackfield_types::clip;
use jackfield_types::{AttemptId, Clock, ErrorCode, Failure, FailureClass, Operation, Problem};
use jackfield_workspace::{View, Worktree};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Most gates of a task, those of the configuration counted, and the longest config of one, bytes.
const MOST_GATES: usize = 32;
const LONGEST_CONFIG: usize = 32 << 10;

/// What the gates said.
pub(crate) struct Ruled {
    pub(crate) results: Vec<CheckResult>,
    /// One could not be asked.
    pub(crate) broken: Option<Failure>,
}

/// Asks gates for their rulings.
pub struct Gates {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) store: Store,
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) redaction: Arc<Redaction>,
    pub(crate) stop: CancellationToken,
}

impl Gates {
    /// Asks every gate of the order, in turn.
    pub(crate) async fn gates(
        &self,
        run: &Running,
        attempt: AttemptId,
        worktree: &Worktree,
        ended: &Ended,
        checks: &[CheckResult],
    ) -> Ruled {
        let evidence = Arc::new(WorktreeEvidence::of(worktree, ended, checks));
        let redactor = self.redaction.redactor();
        let mut ruled = Ruled { results: Vec::new(), broken: None };
        for gate in &run.order.gates {
            let config = gate.config_text();
            let asked = self.plugins.evaluate(&gate.kind, &config, Arc::clone(&evidence) as _).await;
            self.record_ruling(run, attempt, gate, &evidence.facts(gate, ended), &asked).await;
            let (passed, output, took_ms) = match &asked {
                Ok(called) => match &called.value {
                    Ok(ruling) => (ruling.passed, ruling.message.clone(), called.micros / 1000),
                    Err(why) => (false, format!("its config is refused: {why}"), called.micros / 1000),
                },
                Err(error) => (false, format!("it could not be asked: {error}"), 0),
            };
            let output = redactor.text(&output);
            if !matches!(&asked, Ok(called) if called.value.is_ok()) {
                ruled.broken.get_or_insert_with(|| broken(gate, &output));
            }
            let name = clip(&gate.label(), 80);
            ruled.results.push(CheckResult {
                name,
                command: gate.label(),
                gate: Some(gate.kind.clone()),
                passed,
                code: None,
                output,
                took_ms,
            });
        }
        ruled
    }

    /// The decision with its digest, and the event that tells of it. Neither holds the work up.
    async fn record_ruling(
        &self,
        run: &Running,
        attempt: AttemptId,
        gate: &Gate,
        facts: &Value,
        asked: &Result<Called<Result<Ruling, String>>, PluginError>,
    ) {
        let calls = match asked {
            Ok(called) => {
                let mut facts = facts.clone();
                if let Some(fields) = facts.as_object_mut() {
                    fields.insert("looked_at".into(), json!(called.looked_at));
                }
                decision(called, "evaluate", facts)
            }
            Err(error) => failed_decision(error, "evaluate", facts.clone()).into_iter().collect(),
        };
        let calls = concerning(calls, run.task, run.id, Some(attempt));
        if let Err(error) = self.store.decisions().record_calls(calls).await {
            tracing::warn!(run = %run.id, %error, "a gate's ruling was not recorded");
        }
        let event = NewRunEvent { at: self.clock.now(), event: RunEvent::Gate(ruled(gate.label(), asked)) };
        record_of_host(&self.store, &self.stop, run, attempt, vec![event]).await;
    }

    /// The gates of a request with those that the configuration puts before them, each of them known and
    /// with a config that makes sense.
    pub(crate) async fn all_gates(
        &self,
        asked: &[Gate],
        workspace: Option<&str>,
    ) -> Result<Vec<Gate>, Problem> {
        let config = self.settings.config();
        let section = workspace.and_then(|name| config.workspaces.get(name));
        let mut gates: Vec<Gate> = Vec::new();
        let configured =
            config.run.gates.iter().chain(section.into_iter().flat_map(|section| &section.gates));
        for gate in configured.chain(asked) {
            if !gates.contains(gate) {
                gates.push(gate.clone());
            }
        }
        if gates.len() > MOST_GATES {
            return Err(Problem::caller(
                ErrorCode::TooManyGates,
                format!(
                    "{} gates are more than {MOST_GATES}, those of the configuration counted",
                    gates.len()
                ),
                "give fewer, with wider globs",
            ));
        }
        for gate in &gates {
            self.check_gate(gate).await?;
        }
        Ok(gates)
    }

    async fn check_gate(&self, gate: &Gate) -> Result<(), Problem> {
        let config = gate.config_text();
        if config.len() > LONGEST_CONFIG {
            return Err(Problem::caller(
                ErrorCode::BadGate,
                format!("the config of the gate {} is longer than {LONGEST_CONFIG} bytes", gate.kind),
                "give a shorter one",
            ));
        }
        match self.plugins.gate_fault(&gate.kind, &config).await {
            Ok(None) => Ok(()),
            Ok(Some(why)) => Err(Problem::caller(
                ErrorCode::BadGate,
                format!("failed to use the gate {}: {why}", clip(&gate.label(), 200)),
                "inspect the component that offers it, to see what its config takes",
            )
            .with(self.inspection(&gate.kind))),
            Err(error) => Err(error.problem()),
        }
    }

    /// Inspects the component that offers a kind of gate.
    fn inspection(&self, kind: &str) -> Option<Operation> {
        let known = self.plugins.gates().into_iter().find(|info| info.kind.name == kind);
        known.map(|info| Operation::InspectPlugin { kind: info.plugin.kind, name: info.plugin.name })
    }
}

fn broken(gate: &Gate, why: &str) -> Failure {
    let message = format!("the gate {} does not work: {}", clip(&gate.label(), 120), clip(why, 300));
    // Another agent would not get past it either.
    Failure::new(FailureClass::SyntaxError, message).with_remedy("fix the gate, or ask again without it")
}

impl WorktreeEvidence {
    /// What one attempt produced, to look at.
    fn of(worktree: &Worktree, ended: &Ended, checks: &[CheckResult]) -> Self {
        let artifact = |artifact: &jackfield_store::NewArtifact| Artifact {
            kind: artifact.kind.clone(),
            label: artifact.label.clone(),
            // Where the host keeps it is nobody's business.
            target: Path::new(&artifact.target)
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default(),
            size: artifact.bytes.unwrap_or(0),
        };
        let command = |check: &CheckResult| CommandResult {
            name: check.name.clone(),
            code: check.code,
            output: check.output.clone(),
        };
        let within = worktree.cwd.strip_prefix(&worktree.path).unwrap_or(Path::new(""));
        let changed = ended.changed.iter().map(|file| changed_path(file, within)).collect();
        Self {
            view: View::of(&worktree.cwd),
            artifacts: ended.artifacts.iter().map(artifact).collect(),
            metrics: figures(ended, checks),
            commands: checks.iter().map(command).collect(),
            changed: ended.diff.as_ref().map(|_| changed).map_err(Clone::clone),
            diff: ended.diff.clone().map(Diff::File),
            made: None,
        }
    }

    /// What the decision is made from, for the record. The files are in the commit.
    fn facts(&self, gate: &Gate, ended: &Ended) -> Value {
        let commands: Vec<_> =
            self.commands.iter().map(|one| json!({ "name": one.name, "code": one.code })).collect();
        json!({
            "kind": gate.kind, "config": gate.config, "head": ended.head.as_ref().map(|head| head.as_str()),
            "figures": self.metrics, "artifacts": self.artifacts, "commands": commands,
        })
    }
}

/// The event that a gate was asked. One that could not rule did not pass.
fn ruled(gate: String, asked: &Result<Called<Result<Ruling, String>>, PluginError>) -> GateRuled {
    let failed = |gate, message| GateRuled { gate, passed: false, message, measurements: None, digest: None };
    match asked {
        Ok(called) => match &called.value {
            Ok(ruling) => {
                let measured = ruling.measurements.iter().map(|figure| Measured {
                    name: figure.name.clone(),
                    value: figure.value,
                    unit: figure.unit.clone(),
                });
                GateRuled {
                    gate,
                    passed: ruling.passed,
                    message: ruling.message.clone(),
                    measurements: Some(measured.collect()),
                    digest: Some(called.plugin.digest),
                }
            }
            Err(why) => failed(gate, why.clone()),
        },
        Err(error) => failed(gate, error.to_string()),
    }
}

#[allow(clippy::cast_precision_loss, reason = "what is counted here is far below what a float holds exactly")]
fn figures(ended: &Ended, checks: &[CheckResult]) -> BTreeMap<String, f64> {
    let passed = checks.iter().filter(|check| check.passed).count();
    let sum = |lines: fn(&jackfield_workspace::ChangedFile) -> u64| {
        ended.changed.iter().map(lines).sum::<u64>() as f64
    };
    let diff = ended.artifacts.iter().find(|artifact| artifact.kind == "diff");
    [
        ("files-changed", ended.changed.len() as f64),
        ("lines-added", sum(|file| file.added)),
        ("lines-removed", sum(|file| file.removed)),
        ("diff-bytes", diff.and_then(|diff| diff.bytes).unwrap_or(0) as f64),
        ("cost-usd", ended.cost.total.usd()),
        ("input-tokens", ended.usage.input as f64),
        ("output-tokens", ended.usage.output as f64),
        ("checks-passed", passed as f64),
        ("checks-failed", checks.len().saturating_sub(passed) as f64),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
