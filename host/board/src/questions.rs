//! Open questions of a stage as human tasks.

use jackfield_model::StepRun;
use jackfield_store::{Card, HumanTaskKind, NewHumanTask};
use jackfield_types::{HumanTaskId, clip};
use serde_json::{Value, json};

/// Most questions that become human tasks at once, and the longest title of one, bytes.
const MOST: usize = 20;
const LONGEST: usize = 200;

/// The open questions of the newest output of an entry; if it has none, one about the failure itself.
pub(crate) fn of(card: &Card, steps: &[StepRun], message: &str) -> Vec<NewHumanTask> {
    let last = steps.iter().rev().filter(|step| step.entry == card.entry);
    let open = last.filter_map(|step| step.outputs.get("open_questions")?.as_array()).next();
    let texts =
        open.into_iter().flatten().filter_map(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
    let mut questions: Vec<_> = texts.take(MOST).map(|text| question(card, text, message)).collect();
    if questions.is_empty() {
        let text = format!("How should {} go on in the stage {}?", card.title, card.stage);
        questions.push(question(card, &text, message));
    }
    questions
}

fn question(card: &Card, text: &str, message: &str) -> NewHumanTask {
    NewHumanTask {
        id: HumanTaskId::new(),
        kind: HumanTaskKind::Todo,
        workspace: Some(card.workspace),
        task: Some(card.id),
        run: None,
        title: clip(text, LONGEST),
        body: format!("{text}\n\nThe stage {} of the card '{}': {message}", card.stage, card.title),
        evidence: json!({ "card": card.id, "stage": card.stage }),
        priority: card.priority,
        due_at: None,
        created_by: String::new(),
        idempotency: None,
    }
}
