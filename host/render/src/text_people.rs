//! Tasks, what they are to be, and what waits for people, as text: the same words at every door.

use super::screen::one_line;
use super::table::{or_dash, table, when};
use super::text::{each_on_one, run_lines};
use jackfield_api::{CloseAnswer, Handle, InitAnswer, SpecVersion, WriteAnswer};
use jackfield_store::{
    Decision, HumanTask, HumanTaskKind, HumanTaskState, Round, RoundAttempt, TaskSummary, TaskView,
};
use serde_json::Value;

/// Human tasks as a table.
pub fn human_tasks(tasks: &[HumanTask]) -> String {
    if tasks.is_empty() {
        return "nothing waits for a person".into();
    }
    let row = |task: &HumanTask| {
        [
            task.id.to_string(),
            kind(task.kind).to_owned(),
            task.state.as_str().to_owned(),
            task.priority.to_string(),
            or_dash(task.due_at.map(when)),
            or_dash(task.workspace_name.as_ref()),
            task.title.clone(),
        ]
    };
    table(["ID", "KIND", "STATE", "PRIORITY", "DUE (UTC)", "WORKSPACE", "TITLE"], tasks.iter().map(row))
}

/// One human task.
pub fn human_task(task: &HumanTask) -> String {
    let mut lines = vec![
        format!("{}  {}  {}", kind(task.kind), task.id, task.state.as_str()),
        one_line(&task.title),
        format!("made      {} by {}", when(task.created_at), one_line(&task.created_by)),
    ];
    if task.priority != 0 {
        lines.push(format!("priority  {}", task.priority));
    }
    lines.extend(task.due_at.map(|at| format!("due       {}", when(at))));
    lines.extend(task.workspace_name.iter().map(|name| format!("workspace {}", one_line(name))));
    lines.extend(task.task.map(|id| format!("task      {id}")));
    lines.extend(task.run.map(|id| format!("run       {id}")));
    if !task.body.is_empty() {
        lines.push(format!("\n{}", task.body.trim_end()));
    }
    if !task.evidence.is_null() {
        let evidence = serde_json::to_string_pretty(&task.evidence).unwrap_or_default();
        lines.push(format!("\nevidence\n{evidence}"));
    }
    let by = task.answered_by.as_deref().unwrap_or("somebody");
    lines.extend(task.answer.as_ref().map(|answer| format!("\nsaid by {by}: {}", words(answer))));
    lines.extend(task.closed_at.map(|at| {
        let how = if task.state == HumanTaskState::Cancelled { "called off" } else { "done" };
        format!("{how} {} by {by}", when(at))
    }));
    lines.join("\n")
}

const fn kind(kind: HumanTaskKind) -> &'static str {
    match kind {
        HumanTaskKind::Todo => "todo",
        HumanTaskKind::Handoff => "handoff",
    }
}

/// The text of what was said, or all of it where it has no text alone.
fn words(value: &Value) -> String {
    match value.as_object() {
        Some(fields) if fields.len() == 1 => {
            fields.get("text").and_then(Value::as_str).map_or_else(|| value.to_string(), str::to_owned)
        }
        _ => value.to_string(),
    }
}

/// Tasks as a table.
pub fn tasks(tasks: &[TaskSummary]) -> String {
    if tasks.is_empty() {
        return "no tasks".into();
    }
    let row = |summary: &TaskSummary| {
        [
            summary.id.to_string(),
            when(summary.created_at),
            summary.state.to_string(),
            summary.runs.to_string(),
            summary.cost.to_string(),
            summary.workspace_name.clone(),
            summary.title.clone(),
        ]
    };
    table(["TASK", "MADE (UTC)", "STATE", "RUNS", "COST", "WORKSPACE", "TITLE"], tasks.iter().map(row))
}

/// One task with its runs.
pub fn task(view: &TaskView) -> String {
    let task = &view.task;
    let mut lines = vec![
        format!("task      {}  {}", task.id, task.state),
        task.title.clone(),
        format!("kind      {}, complexity {}, in {}", task.task_type, task.complexity, view.workspace_name),
        format!("stage     {} of {}", task.stage, task.workflow),
        format!("made      {} by {}", when(task.created_at), task.principal),
    ];
    lines = each_on_one(lines);
    let spec = view.checkpoints.iter().rev().find(|checkpoint| checkpoint.kind == "spec");
    lines.extend(spec.map(|spec| format!("\nspecification {}\n{}", spec.version, spec_text(&spec.content))));
    for run in &view.runs {
        let (workflow, stage) = (&run.run.workflow, &run.run.stage);
        lines.push(format!("\nrun       {}  {}  ({workflow}, {stage})", run.run.id, run.run.state));
        lines.extend(run_lines(&run.attempts, &run.artifacts));
    }
    if !view.decisions.is_empty() {
        lines.push("\ndecided".to_owned());
        lines.extend(view.decisions.iter().map(decision));
    }
    if !view.human_tasks.is_empty() {
        lines.push("\nfor people".to_owned());
        let row =
            |task: &HumanTask| format!("  {}  {}  {}", task.id, task.state.as_str(), one_line(&task.title));
        lines.extend(view.human_tasks.iter().map(row));
    }
    lines.join("\n")
}

fn decision(decision: &Decision) -> String {
    let by = decision.decided_by.get(..12).filter(|_| decision.decided_by.len() == 64);
    let by = by.unwrap_or(&decision.decided_by);
    one_line(&format!("  {}  {}, by {by}: {}", when(decision.at), decision.kind, decision.reason))
}

fn spec_text(content: &Value) -> String {
    let text = |name: &str| content.get(name).and_then(Value::as_str).unwrap_or_default();
    let criteria = content.get("acceptance").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut lines = vec![text("instruction").to_owned()];
    lines.extend(criteria.iter().filter_map(Value::as_str).map(|one| format!("- {one}")));
    lines.extend(Some(text("notes")).filter(|notes| !notes.is_empty()).map(str::to_owned));
    lines.join("\n")
}

/// The task that was made.
pub fn init(answer: &InitAnswer) -> String {
    let was = if answer.existing { " (it was there already)" } else { "" };
    format!("task {} is {}{was}", answer.task_id, answer.state)
}

/// A version of a spec.
pub fn spec(version: &SpecVersion) -> String {
    let content = serde_json::to_value(&version.spec).unwrap_or_default();
    format!("specification {} of task {}\n{}", version.version, version.task_id, spec_text(&content))
}

/// What was recorded.
pub fn written(answer: &WriteAnswer) -> String {
    let why = answer.failure_class.map(|class| format!(" ({class})")).unwrap_or_default();
    let source = answer.cost_source.as_str();
    let charged = if answer.existing {
        "it was on record already, nothing is charged now".to_owned()
    } else {
        format!("{} charged (price: {source})", answer.cost_usd)
    };
    format!("run {} {}{why}; {charged}", answer.run_id, answer.state)
}

/// The task that was closed.
pub fn closed(answer: &CloseAnswer) -> String {
    format!("task {} is {} (checkpoint {})", answer.task_id, answer.state, answer.version)
}

/// The run that was queued.
pub fn handle(handle: &Handle) -> String {
    format!("run {} of task {} is {}\n{}", handle.run_id, handle.task_id, handle.state, handle.next)
}

/// The rounds of a consensus.
pub fn rounds(rounds: &[Round]) -> String {
    if rounds.is_empty() {
        return "no consensus was called: nobody's work was compared".into();
    }
    rounds.iter().map(round).collect::<Vec<_>>().join("\n\n")
}

fn round(round: &Round) -> String {
    let mut lines = vec![format!("round {} of run {}", round.round, round.run)];
    lines.extend(round.called.iter().map(|called| format!("  why       {}", called.reason)));
    let winner =
        round.verdict.as_ref().and_then(|verdict| verdict.details.get("winner")).and_then(Value::as_str);
    let row = |attempt: &RoundAttempt| {
        let failure = attempt.failure.map(|class| format!(" ({class})")).unwrap_or_default();
        let won = if winner == Some(attempt.id.to_string().as_str()) { ", the winner" } else { "" };
        let model = attempt.model.as_deref().unwrap_or_default();
        format!(
            "  attempt   {} {} {model}  {}{failure}, {}{won}",
            attempt.number, attempt.executor, attempt.state, attempt.cost
        )
    };
    lines.extend(round.attempts.iter().map(row));
    match &round.verdict {
        None => lines.push("  verdict   not yet".to_owned()),
        Some(verdict) => {
            let none = if winner.is_none() { "no winner: " } else { "" };
            lines.push(format!("  verdict   {none}{}", verdict.reason));
            let listed = |name: &str| {
                verdict.details.get("comparison").and_then(|all| all.get(name)).and_then(Value::as_array)
            };
            for (field, label) in [("points_of_agreement", "agree on"), ("differences", "differ in")] {
                let items = listed(field).map(Vec::as_slice).unwrap_or_default();
                lines.extend(items.iter().map(|item| format!("  {label} {}", item_text(item))));
            }
            let cost = verdict.details.get("cost_usd").and_then(Value::as_f64);
            lines.extend(cost.map(|usd| format!("  cost      ${usd:.4}")));
        }
    }
    each_on_one(lines).join("\n")
}

fn item_text(item: &Value) -> String {
    let field = |name: &str| item.get(name).and_then(Value::as_str);
    match (item.as_str(), field("subject"), field("summary")) {
        (Some(text), ..) => text.to_owned(),
        (None, Some(subject), Some(summary)) => format!("{subject}: {summary}"),
        _ => item.to_string(),
    }
}
