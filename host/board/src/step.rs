//! The run of a step: its request, and its output.

use crate::defaults::FOLDER;
use crate::inputs::Material;
use crate::shelf::KnownSkill;
use jackfield_api::{Complexity, ExecuteRequest, Expect, Gate};
use jackfield_model::{Recipe, RecipeStep, StageGate, StepEnd};
use jackfield_skills::{Skill, answer, ask};
use jackfield_store::{Attempt, Card, RunView};
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
    known: &KnownSkill,
    material: &Material<'_>,
) -> Result<ExecuteRequest, String> {
    let skill = &known.skill;
    let inputs = material.inputs(step).await.map_err(|unresolved| unresolved.0)?;
    skill.check_inputs(&inputs).map_err(|faults| {
        let faults: Vec<_> = faults.iter().map(|fault| format!("{} {}", fault.path, fault.message)).collect();
        clip(&format!("failed to use the inputs of the skill {}: {}", skill.id, faults.join("; ")), LONGEST)
    })?;
    let mut prompt = skill
        .render(&inputs, &material.of_host())
        .map_err(|error| format!("failed to render the skill {}: {error}", skill.id))?;
    if let Some(outputs) = &skill.output_schema {
        prompt.push_str("\n\n");
        prompt.push_str(&ask(outputs));
    }
    let is_last = usize::try_from(number).is_ok_and(|number| number >= recipe.steps.len());
    let gates =
        if is_last { recipe.gates.iter().map(|gate| gate_of(gate, &folder(card))).collect() } else { vec![] };
    Ok(ExecuteRequest {
        title: Some(clip(&format!("{}: {} ({})", card.title, card.stage, skill.id), 80)),
        executor: step.executor.clone().or_else(|| recipe.executor.clone()),
        task_type: Some("docs".to_owned()),
        expect: Some(Expect::Answer),
        // A try of the step is one attempt: another try is another run, with the failure in its prompt. The chooser takes
        // more able models for work that is more complex.
        max_attempts: Some(1),
        complexity: Some(Complexity::Word(if attempt > 1 { "complex" } else { "moderate" }.to_owned())),
        timeout_s: step.timeout_s,
        priority: Some(card.priority.clamp(-100, 100)),
        base: material.branch.map(|(_, branch)| branch.to_owned()),
        gates,
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
pub(crate) fn chosen(view: &RunView) -> Option<&Attempt> {
    let chosen = view.attempts.iter().find(|attempt| Some(attempt.id) == view.run.chosen);
    chosen.or_else(|| view.attempts.last())
}

/// The work that counts changed files, so its branch exists.
pub(crate) fn has_change(view: &RunView) -> bool {
    let delivered =
        chosen(view).and_then(|attempt| attempt.outcome.as_ref()).map(|outcome| outcome.delivered);
    delivered == Some(Delivered::Diff)
}

/// How the run of a step ended, with its structured output.
pub(crate) fn end(view: &RunView, skill: Option<&Skill>) -> (StepEnd, Value) {
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
        _ => failed(why_failed(attempt)),
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
fn why_failed(attempt: Option<&Attempt>) -> String {
    let Some(attempt) = attempt else { return "the run ended without an attempt".to_owned() };
    let checks = attempt.checks.iter().flatten().filter(|check| !check.passed);
    let checks: Vec<_> = checks.map(|check| format!("{}: {}", check.name, check.output.trim())).collect();
    if !checks.is_empty() {
        return checks.join("; ");
    }
    let failure = attempt.outcome.as_ref().and_then(|outcome| outcome.failure.as_ref());
    failure.map_or_else(|| "the run failed".to_owned(), |failure| failure.message.clone())
}
