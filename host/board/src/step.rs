//! The run of a step: its request, and its output.

use crate::gates;
use crate::inputs::InputSources;
use crate::reserved::{CARDS, FOLDER, METRIC, PERSONA};
use jackfield_api::{Complexity, ExecuteRequest, Expect, Gate};
use jackfield_model::{GateResult, GateSubject, Persona, Recipe, RecipeStep, StageGate, StepEnd};
use jackfield_skills::{Skill, answer, ask};
use jackfield_store::{Attempt, Card, CheckResult, RunView};
use jackfield_types::{Delivered, RunState, clip};
use serde_json::{Map, Value};

/// Longest message of a failure, bytes.
const LONGEST: usize = 600;

/// The folder of a card in its workspace.
pub(crate) fn folder(card: &Card) -> String {
    format!("docs/cards/{}", card.slug)
}

/// Builds the request of a step.
///
/// # Errors
/// What is missing or wrong in its inputs.
pub(crate) async fn request(
    card: &Card,
    recipe: &Recipe,
    (number, attempt): (u32, u32),
    step: &RecipeStep,
    skill: &Skill,
    sources: &InputSources<'_>,
    persona: Option<&Persona>,
) -> Result<ExecuteRequest, String> {
    let mut inputs = sources.inputs(step).await.map_err(|unresolved| unresolved.0)?;
    if let (Some(persona), Value::Object(inputs)) = (persona, &mut inputs) {
        inputs.insert(PERSONA.to_owned(), serde_json::json!(persona));
    }
    skill.check_inputs(&inputs).map_err(|faults| {
        let faults: Vec<_> = faults.iter().map(|fault| format!("{} {}", fault.path, fault.message)).collect();
        clip(&format!("failed to use the inputs of the skill {}: {}", skill.id, faults.join("; ")), LONGEST)
    })?;
    let mut prompt = skill
        .render(&inputs, &sources.of_host())
        .map_err(|error| format!("failed to render the skill {}: {error}", skill.id))?;
    if let Some(outputs) = &skill.output_schema {
        prompt.push_str("\n\n");
        prompt.push_str(&ask(outputs));
    }
    let is_last = usize::try_from(number).is_ok_and(|number| number >= recipe.steps.len());
    let gates = gates_of_run(Some(recipe).filter(|_| is_last), &folder(card));
    let about = persona
        .map_or_else(|| step.skill_id.clone(), |persona| format!("{}: {}", step.skill_id, persona.name));
    Ok(ExecuteRequest {
        title: Some(clip(&format!("{}: {} ({about})", card.title, card.stage), 80)),
        executor: step.executor.clone().or_else(|| recipe.executor.clone()),
        task_type: Some(if step.changes { "feature" } else { "docs" }.to_owned()),
        expect: Some(if step.changes { Expect::Change } else { Expect::Answer }),
        // A try of the step is one attempt: another try is another run, with the failure in its prompt. The chooser takes
        // more able models for work that is more complex.
        max_attempts: Some(1),
        complexity: Some(Complexity::Word(if attempt > 1 { "complex" } else { "moderate" }.to_owned())),
        timeout_s: step.timeout_s,
        priority: Some(card.priority.clamp(-100, 100)),
        base: sources.branch.map(|(_, branch)| branch.to_owned()),
        gates: gates.into_iter().map(|(gate, _)| gate).collect(),
        ..ExecuteRequest::new(prompt)
    })
}

/// The gate of a run, with the folder of the card in its config.
fn gate_of(gate: &StageGate, folder: &str) -> Gate {
    let config: Map<_, _> =
        gate.config.iter().map(|(name, value)| (name.clone(), placed(value, folder))).collect();
    Gate { kind: gate.kind.clone(), config }
}

fn placed(value: &Value, folder: &str) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace(FOLDER, folder)),
        Value::Array(list) => list.iter().map(|one| placed(one, folder)).collect(),
        Value::Object(members) => {
            members.iter().map(|(name, one)| (name.clone(), placed(one, folder))).collect()
        }
        other => other.clone(),
    }
}

/// The attempt whose work counts.
fn chosen(view: &RunView) -> Option<&Attempt> {
    let chosen = view.attempts.iter().find(|attempt| Some(attempt.id) == view.run.chosen);
    chosen.or_else(|| view.attempts.last())
}

/// The branch of the work that counts, if it changed files.
pub(crate) fn branch_of_change(view: &RunView) -> Option<&str> {
    let attempt = chosen(view)?;
    let delivered = attempt.outcome.as_ref()?.delivered;
    attempt.branch.as_deref().filter(|_| delivered == Delivered::Diff)
}

/// The step of a recipe with this number, from 1.
pub(crate) fn numbered(recipe: &Recipe, number: u32) -> Option<&RecipeStep> {
    recipe.steps.get(usize::try_from(number).ok()?.checked_sub(1)?)
}

/// The gates of a recipe that look at its last run, as that run has them.
pub(crate) fn gates_of_run<'a>(recipe: Option<&'a Recipe>, folder: &str) -> Vec<(Gate, &'a StageGate)> {
    let gates = recipe.into_iter().flat_map(|recipe| gates::of(recipe, GateSubject::Run));
    gates.map(|gate| (gate_of(gate, folder), gate)).collect()
}

/// The results of these gates in a run.
pub(crate) fn gate_results(view: &RunView, gates: &[(Gate, &StageGate)]) -> Vec<GateResult> {
    let checks = chosen(view).and_then(|attempt| attempt.checks.as_deref()).unwrap_or_default();
    gates::of_checks(gates.iter().map(|(gate, own)| (gate.label(), *own)), checks)
}

/// The metrics in the output of a step: `outputs_mapping` leads from an output to `metric:NAME`.
pub(crate) fn metrics(step: &RecipeStep, outputs: &Value) -> Vec<(String, f64)> {
    let metric = |(output, target): (&String, &String)| {
        Some((target.strip_prefix(METRIC)?.to_owned(), outputs.get(output)?.as_f64()?))
    };
    step.outputs_mapping.iter().filter_map(metric).collect()
}

/// The output of a step that lists tickets.
pub(crate) fn tickets<'a>(step: &RecipeStep, outputs: &'a Value) -> Option<&'a Value> {
    let (output, _) = step.outputs_mapping.iter().find(|(_, target)| *target == CARDS)?;
    outputs.get(output)
}

/// How the run of a step ended, with its structured output.
pub(crate) fn end(view: &RunView, skill: Option<&Skill>, gates: &[(Gate, &StageGate)]) -> (StepEnd, Value) {
    let failed = |message: String| StepEnd::Failed { message: clip(&message, LONGEST) };
    let attempt = chosen(view);
    let text = attempt.and_then(|attempt| attempt.answer.as_deref()).unwrap_or_default();
    let outputs = answer(text).unwrap_or(Value::Null);
    let end = match view.run.state {
        RunState::Succeeded => match skill.map(|skill| check(skill, &outputs)) {
            None => failed("the skill of the step is not on record any more".to_owned()),
            Some(Ok(())) => StepEnd::Done,
            Some(Err(why)) => failed(why),
        },
        RunState::Cancelled => StepEnd::Cancelled,
        _ => failed(why_failed(attempt, gates)),
    };
    (end, outputs)
}

fn check(skill: &Skill, outputs: &Value) -> Result<(), String> {
    let Some(schema) = &skill.output_schema else { return Ok(()) };
    if outputs.is_null() {
        return Err(format!("the answer does not end with the outputs of the skill {} as JSON", skill.id));
    }
    schema.check(outputs).map_err(|faults| {
        let faults: Vec<_> = faults.iter().map(|fault| format!("{} {}", fault.path, fault.message)).collect();
        format!("the outputs are not those of the skill {}: {}", skill.id, faults.join("; "))
    })
}

/// What failed, in one line: the gates and checks that did not pass, else the failure of the attempt.
fn why_failed(attempt: Option<&Attempt>, gates: &[(Gate, &StageGate)]) -> String {
    let Some(attempt) = attempt else { return "the run ended without an attempt".to_owned() };
    let checks = attempt.checks.iter().flatten().filter(|check| !check.passed);
    let message = |command: &str| {
        let own = gates.iter().find(|(gate, _)| gate.label() == command)?;
        Some(&own.1.failure_message).filter(|message| !message.is_empty())
    };
    let told = |check: &CheckResult| match message(&check.command) {
        Some(message) => message.clone(),
        None => format!("{}: {}", check.name, check.output.trim()),
    };
    let checks: Vec<_> = checks.map(told).collect();
    if !checks.is_empty() {
        return checks.join("; ");
    }
    let failure = attempt.outcome.as_ref().and_then(|outcome| outcome.failure.as_ref());
    failure.map_or_else(|| "the run failed".to_owned(), |failure| failure.message.clone())
}
