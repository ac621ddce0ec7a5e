//! The board as text.

use crate::table::{table, when};
use crate::text::each_on_one;
use jackfield::board::{CardView, Document, SkillSync, SkillView, Validation};
use jackfield::model::StepEnd;
use jackfield::{BoardOverview, StageOverview};
use jackfield_store::{Card, RecipeRecord, SettingsRecord};

/// The stages of a workflow.
pub fn board(overview: &BoardOverview) -> String {
    let row = |stage: &StageOverview| {
        [
            stage.stage.to_string(),
            stage.automation_level.map(word).unwrap_or_default(),
            stage.cards.to_string(),
            stage.active.to_string(),
            stage.waiting.to_string(),
            stage.blocked.to_string(),
            stage.cost.to_string(),
        ]
    };
    let names = ["STAGE", "AUTOMATION", "CARDS", "ACTIVE", "WAITING", "BLOCKED", "COST"];
    let mut lines = vec![table(names, overview.stages.iter().map(row))];
    lines.extend(overview.no_workers.iter().map(|why| format!("\nwarning: no workers are available: {why}")));
    lines.join("\n")
}

/// A list of cards.
pub fn cards(cards: &[Card]) -> String {
    if cards.is_empty() {
        return "no cards".into();
    }
    let row = |card: &Card| {
        [
            card.id.to_string(),
            card.stage.to_string(),
            word(card.state),
            when(card.entered_at),
            card.cost.to_string(),
            card.workspace_name.clone(),
            card.title.clone(),
        ]
    };
    table(["CARD", "STAGE", "STATE", "SINCE (UTC)", "COST", "WORKSPACE", "TITLE"], cards.iter().map(row))
}

/// One card with its steps and moves.
pub fn card(view: &CardView) -> String {
    let card = &view.card;
    let mut lines = vec![
        format!("card      {}  {} in {}", card.id, word(card.state), card.stage),
        card.title.clone(),
        format!("made      {} by {}, in {}", when(card.created_at), card.author, card.workspace_name),
        format!("branch    {}, folder {}", view.branch, view.folder),
        format!("cost      {}", card.cost),
    ];
    lines.extend(card.run.map(|run| format!("locked    by run {run}")));
    lines.extend((!card.note.is_empty()).then(|| format!("note      {}", card.note)));
    let links = [
        ("depends", &view.links.depends_on),
        ("needed by", &view.links.dependents),
        ("ticket", &view.links.tickets),
    ];
    for (what, cards) in links {
        lines.extend(cards.iter().map(|card| {
            let key = card.ticket.as_deref().map(|key| format!("{key} ")).unwrap_or_default();
            format!("{what:<9} {}  {key}{} ({} in {})", card.id, card.title, word(card.state), card.stage)
        }));
    }
    lines.extend(card.gates.iter().map(|gate| {
        let passed = if gate.passed { "passed" } else { "failed" };
        format!("gate      {} {passed}: {}", gate.name, gate.message)
    }));
    lines.extend(view.jury.iter().map(|jury| {
        let cast = jury.ballots.len();
        format!(
            "jury      {} of 100, spread {}, {cast} ballots, quorum {}",
            jury.jury_score, jury.spread, jury.quorum
        )
    }));
    lines.extend(view.metrics.iter().map(|(name, value)| format!("metric    {name} = {value}")));
    for step in &view.steps {
        let end = match &step.end {
            None => "at work".to_owned(),
            Some(StepEnd::Done) => "done".to_owned(),
            Some(StepEnd::Cancelled) => "cancelled".to_owned(),
            Some(StepEnd::Failed { message }) => format!("failed: {message}"),
        };
        let persona = step.persona.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
        lines.push(format!(
            "step      {} {} {}{persona}  run {}  {end}",
            step.stage, step.step, step.skill, step.run
        ));
    }
    for one in &view.transitions {
        let from = one.from.as_ref().map_or("-", |stage| stage.as_str());
        let to = one.to.as_ref().map_or("done", |stage| stage.as_str());
        lines.push(format!("move      {} {from} -> {to} by {}: {}", when(one.at), one.actor, one.reason));
    }
    each_on_one(lines).join("\n")
}

/// The documents of a card.
pub fn documents(documents: &[Document]) -> String {
    if documents.is_empty() {
        return "no documents".into();
    }
    table(["BYTES", "PATH"], documents.iter().map(|one| [one.bytes.to_string(), one.path.clone()]))
}

/// The recipes of a workspace.
pub fn recipes(recipes: &[RecipeRecord]) -> String {
    let row = |record: &RecipeRecord| {
        let steps: Vec<_> = record.recipe.steps.iter().map(|step| step.skill_id.as_str()).collect();
        [
            record.stage.to_string(),
            word(record.recipe.automation_level),
            word(record.recipe.on_fail),
            if record.version == 0 { "default".to_owned() } else { record.version.to_string() },
            record.recipe.gates.len().to_string(),
            steps.join(", "),
        ]
    };
    table(["STAGE", "AUTOMATION", "ON FAIL", "VERSION", "GATES", "SKILLS"], recipes.iter().map(row))
}

/// One recipe with its version, as JSON.
pub fn recipe(record: &RecipeRecord) -> String {
    let recipe = serde_json::to_string_pretty(&record.recipe).unwrap_or_default();
    format!("recipe of {}, version {}\n{recipe}", record.stage, record.version)
}

/// The errors and warnings of a recipe.
pub fn validation(checked: &Validation) -> String {
    let errors = checked.errors.iter().map(|why| format!("error: {why}"));
    let warnings = checked.warnings.iter().map(|why| format!("warning: {why}"));
    let lines: Vec<_> = errors.chain(warnings).collect();
    if lines.is_empty() { "the recipe is valid".to_owned() } else { lines.join("\n") }
}

/// How far cards of a workspace move by themselves.
pub fn settings(record: &SettingsRecord) -> String {
    let stop = record.settings.automation_stop_stage.as_ref();
    let stop = stop.map(|stage| format!(", stop stage {stage}")).unwrap_or_default();
    format!("automation {}{stop}, version {}", word(record.settings.automation_mode), record.version)
}

/// A list of skills.
pub fn skills(skills: &[SkillView]) -> String {
    let row = |skill: &SkillView| {
        [
            skill.id.clone(),
            skill.trust.as_str().to_owned(),
            skill.version.clone(),
            skill.digest.short(),
            skill.origin.clone(),
            skill.title.clone(),
        ]
    };
    table(["SKILL", "TRUST", "VERSION", "DIGEST", "ORIGIN", "TITLE"], skills.iter().map(row))
}

/// One skill.
pub fn skill(skill: &SkillView) -> String {
    let mut lines = vec![
        format!("skill     {} {}  {}", skill.id, skill.version, skill.trust.as_str()),
        skill.title.clone(),
        skill.description.clone(),
        format!("from      {} ({}), digest {}", skill.origin, skill.source.as_str(), skill.digest),
    ];
    let vetted = skill.vetted_by.as_ref().zip(skill.vetted_at.as_ref());
    lines.extend(vetted.map(|(by, at)| format!("vetted    by {by} at {at}")));
    for finding in &skill.findings {
        let line = finding.line.map(|line| format!(":{line}")).unwrap_or_default();
        lines.push(format!("finding   {} in {}{line}: {}", word(finding.kind), finding.file, finding.text));
    }
    let mut lines = each_on_one(lines);
    lines.extend(skill.prompt.as_ref().map(|prompt| format!("\n{prompt}")));
    lines.join("\n")
}

/// The result of reading a folder.
pub fn synced(sync: &SkillSync) -> String {
    let mut lines = vec![format!("read {}", sync.folder)];
    let lists = [
        ("added", &sync.added),
        ("changed", &sync.changed),
        ("removed", &sync.removed),
        ("unchanged", &sync.unchanged),
    ];
    let lists = lists.into_iter().filter(|(_, ids)| !ids.is_empty());
    lines.extend(lists.map(|(what, ids)| format!("{what}: {}", ids.join(", "))));
    lines.extend(sync.invalid.iter().map(|why| format!("invalid: {why}")));
    each_on_one(lines).join("\n")
}

/// A word as JSON has it.
fn word(value: impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
