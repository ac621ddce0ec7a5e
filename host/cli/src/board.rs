//! `board`, `card`, `recipe` and `skill`.

use super::board_args::{AddCard, CardCommand, EditCard, RecipeCommand, SkillCommand};
use super::output::{Outcome, say, warn};
use super::request::{instruction, workspace};
use jackfield::board::{CardMove, CardPatch, CardRequest};
use jackfield::model::{AutomationMode, BoardSettings};
use jackfield::{CardsFilter, Host};
use jackfield_render::text_board as text;
use jackfield_types::{ErrorCode, Problem, StageName, TaskId};
use serde_json::json;
use std::path::Path;
use std::time::Duration;

pub(super) async fn board(host: &Host, of: Option<&str>, json: bool) -> Result<Outcome, Problem> {
    let of = of.map(workspace);
    let overview = host.board().overview(of.as_deref(), None).await?;
    say(json, || text::board(&overview), &overview);
    Ok(Outcome::Fine)
}

pub(super) async fn card(host: &Host, command: CardCommand, json: bool) -> Result<Outcome, Problem> {
    let board = host.board();
    let card = match command {
        CardCommand::List { workspace, stage, text, limit } => {
            let stage = stage.as_deref().map(stage_named).transpose()?;
            let workspace = workspace.as_deref().map(super::request::workspace);
            let filter =
                CardsFilter { workspace, stage, q: text, limit: Some(limit), ..CardsFilter::default() };
            let cards = board.list(filter).await?;
            say(json, || self::text::cards(&cards), &cards);
            return Ok(Outcome::Fine);
        }
        CardCommand::Document { card, path: None } => {
            let documents = board.documents(&card).await?;
            say(json, || text::documents(&documents), &documents);
            return Ok(Outcome::Fine);
        }
        CardCommand::Document { card, path: Some(path) } => {
            let document = board.document(&card, &path).await?;
            say(json, || document.text.trim_end().to_owned(), &document);
            return Ok(Outcome::Fine);
        }
        CardCommand::Rm { card } => {
            let removed = board.remove(&card, None).await?;
            say(json, || format!("removed: {}", removed.title), &json!({ "removed": removed }));
            return Ok(Outcome::Fine);
        }
        CardCommand::Show { card } => card,
        CardCommand::Wait { card, timeout } => {
            if let Some(why) = board.overview(None, None).await?.no_workers {
                warn(&format!("no workers are available: {why}"));
            }
            let settled = board.wait(&card, Duration::from_secs(timeout)).await?;
            let view = board.get(&card).await?;
            say(json, || text::card(&view), &view);
            return Ok(if settled { Outcome::Fine } else { Outcome::Failed });
        }
        CardCommand::Add(arguments) => {
            let depends_on = found(host, &arguments.depends_on).await?;
            let request = CardRequest { depends_on, ..added(arguments)? };
            board.create(request).await?.id.to_string()
        }
        CardCommand::Edit(arguments) => {
            let depends_on = match arguments.depends_on.as_deref() {
                Some(cards) => Some(found(host, &given(cards)).await?),
                None => None,
            };
            let card = arguments.card.clone();
            let patch = CardPatch { depends_on, ..edited(arguments)? };
            board.edit(&card, patch).await?.id.to_string()
        }
        CardCommand::Move { card, stage, reason } => {
            let to = CardMove { stage: stage_named(&stage)?, version: None, reason };
            board.move_to(&card, to).await?.id.to_string()
        }
        CardCommand::Start { card } => board.start(&card, None).await?.id.to_string(),
        CardCommand::Approve { card, reason } => board.approve(&card, None, &reason).await?.id.to_string(),
        CardCommand::Metric { card, name, value } => board.measure(&card, &name, value).await?.id.to_string(),
    };
    let view = board.get(&card).await?;
    say(json, || text::card(&view), &view);
    Ok(Outcome::Fine)
}

pub(super) async fn recipe(host: &Host, command: RecipeCommand, json: bool) -> Result<Outcome, Problem> {
    let board = host.board();
    match command {
        RecipeCommand::List { workspace: of } => {
            let recipes = board.recipes(&workspace(&of), None).await?;
            say(json, || text::recipes(&recipes), &recipes);
        }
        RecipeCommand::Settings { mode, stop_stage, workspace: of } => {
            let of = workspace(&of);
            let mut record = board.settings(&of).await?;
            if let Some(mode) = mode {
                let settings = BoardSettings {
                    automation_mode: automation_mode(&mode)?,
                    automation_stop_stage: stop_stage.as_deref().map(stage_named).transpose()?,
                };
                record = board.set_settings(&of, record.version, settings).await?;
            }
            say(json, || text::settings(&record), &record);
        }
        RecipeCommand::Show { stage, workspace: of } => {
            let found = board.recipe(&workspace(&of), None, &stage_named(&stage)?).await?;
            say(true, String::new, &found.recipe);
        }
        RecipeCommand::Set { stage, file, workspace: of } => {
            let stage = stage_named(&stage)?;
            let version = board.recipe(&workspace(&of), None, &stage).await?.version;
            let set = board.set_recipe(&workspace(&of), None, &stage, version, read(&file)?).await?;
            say(json, || format!("the recipe of {stage} is version {} now", set.version), &set);
        }
        RecipeCommand::Check { file } => {
            let checked = board.validate(read(&file)?).await?;
            say(json, || text::validation(&checked), &checked);
            return Ok(if checked.valid { Outcome::Fine } else { Outcome::Failed });
        }
    }
    Ok(Outcome::Fine)
}

pub(super) async fn skill(host: &Host, command: SkillCommand, json: bool) -> Result<Outcome, Problem> {
    let skills = host.skills();
    match command {
        SkillCommand::List { text } => {
            let found = skills.list(text.as_deref()).await?;
            say(json, || self::text::skills(&found), &found);
        }
        SkillCommand::Sync { folder } => {
            let folder = folder.map(|folder| folder.canonicalize().unwrap_or(folder));
            let synced = skills.sync(folder.as_deref()).await?;
            say(json, || text::synced(&synced), &synced);
        }
        SkillCommand::Rm { skill } => {
            skills.remove(&skill).await?;
            say(json, || format!("removed: {skill}"), &json!({ "removed": skill }));
        }
        SkillCommand::Show { skill } => {
            let found = skills.get(&skill).await?;
            say(json, || text::skill(&found), &found);
        }
        SkillCommand::Vet { skill, trust } => {
            let found = skills.trust(&skill, &trust).await?;
            say(json, || format!("{skill} is {} now", found.trust.as_str()), &found);
        }
    }
    Ok(Outcome::Fine)
}

fn automation_mode(word: &str) -> Result<AutomationMode, Problem> {
    serde_json::from_value(json!(word)).map_err(|_| {
        Problem::caller(
            ErrorCode::BadArguments,
            format!("there is no mode '{word}'"),
            "use manual, auto_to_stage or auto_all",
        )
    })
}

/// The ids of cards that are named by them or by the beginning of them.
async fn found(host: &Host, cards: &[String]) -> Result<Vec<TaskId>, Problem> {
    let mut ids = Vec::new();
    for card in cards {
        ids.push(host.board().get(card).await?.card.id);
    }
    Ok(ids)
}

/// Values that are given; an empty one stands for none.
fn given(values: &[String]) -> Vec<String> {
    values.iter().filter(|value| !value.is_empty()).cloned().collect()
}

fn edited(arguments: EditCard) -> Result<CardPatch, Problem> {
    let body = match (&arguments.body_file, &arguments.body) {
        (Some(file), _) => Some(text_of(file)?),
        (None, Some(text)) => Some(instruction(text)?),
        (None, None) => None,
    };
    Ok(CardPatch {
        title: arguments.title,
        body,
        labels: arguments.labels.as_deref().map(given),
        priority: arguments.priority,
        assignee: arguments.assignee,
        ..CardPatch::default()
    })
}

fn added(arguments: AddCard) -> Result<CardRequest, Problem> {
    let body = match &arguments.body_file {
        Some(file) => text_of(file)?,
        None => instruction(&arguments.body)?,
    };
    Ok(CardRequest {
        workspace: Some(workspace(&arguments.workspace)),
        title: arguments.title,
        body,
        stage: arguments.stage.as_deref().map(stage_named).transpose()?,
        labels: arguments.labels,
        priority: arguments.priority,
        assignee: arguments.assignee,
        ..CardRequest::default()
    })
}

fn stage_named(name: &str) -> Result<StageName, Problem> {
    name.parse().map_err(|error: jackfield_types::InvalidName| {
        Problem::caller(ErrorCode::UnknownStage, error.to_string(), "give a stage of the workflow")
    })
}

fn read<T: serde::de::DeserializeOwned>(file: &Path) -> Result<T, Problem> {
    serde_json::from_str(&text_of(file)?).map_err(|error| {
        Problem::caller(
            ErrorCode::BadRecipe,
            format!("failed to read the recipe in {}: {error}", file.display()),
            "begin with the output of `jackfield recipe show`",
        )
    })
}

fn text_of(file: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(file).map_err(|error| {
        Problem::caller(
            ErrorCode::UnreadableInput,
            format!("failed to read {}: {error}", file.display()),
            "name a file of UTF-8 text",
        )
    })
}
