//! Cards as people and agents ask for them.

use crate::board::Board;
use crate::jury::Poll;
use crate::slug::slug;
use crate::step::{folder, numbered};
use crate::workflows::{position, workflow};
use jackfield_model::{CardLinks, CardWait, JuryRecord, StepRun, Transition};
use jackfield_store::{Card, CardEdit, Entering, Idempotency, NewCard, NewTask, Workspace};
use jackfield_types::{Digest, ErrorCode, Problem, Role, StageName, TaskId, WorkflowName, clip};
use jackfield_workspace::Repository;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Longest title, bytes, and most labels.
const LONGEST_TITLE: usize = 200;
const MOST_LABELS: usize = 32;
/// Most cards that a card depends on.
const MOST_DEPENDENCIES: usize = 100;

/// A card to be created.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CardRequest {
    /// A workspace's name, or the path of a git repository or folder.
    #[serde(default, alias = "workspaceId", alias = "workspace_id", skip_serializing_if = "Option::is_none")]
    pub workspace: Option<String>,
    /// Its title.
    pub title: String,
    /// Its text: a transcript, a request, a description.
    #[serde(default, alias = "description")]
    pub body: String,
    /// The workflow; default: `product`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workflow: Option<WorkflowName>,
    /// The stage that it begins in; default: the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<StageName>,
    /// For people.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
    /// Higher goes first, -100 to 100; default 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// The person or agent that it is assigned to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// The ids of cards of the workspace that have to pass a stage before it begins the stage.
    #[serde(default, alias = "dependsOn", skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<TaskId>,
    /// The same key and request create one card.
    #[serde(default, alias = "idempotencyKey", skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
}

/// A change of a card. What is missing stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CardPatch {
    /// The version that the caller has seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its text.
    #[serde(default, alias = "description", skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub labels: Option<Vec<String>>,
    /// Higher goes first, -100 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// The person or agent that it is assigned to. An empty text removes the assignment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<String>,
    /// The ids of cards of the workspace that have to pass a stage before it begins the stage.
    #[serde(default, alias = "dependsOn", skip_serializing_if = "Option::is_none")]
    pub depends_on: Option<Vec<TaskId>>,
}

/// A move of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CardMove {
    /// The stage.
    #[serde(alias = "toStage", alias = "to_stage")]
    pub stage: StageName,
    /// The version that the caller has seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// Everything about a card.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct CardView {
    /// The card.
    pub card: Card,
    /// Its whole text.
    pub body: String,
    /// The branch on which its work accumulates.
    pub branch: String,
    /// The folder of its artifacts in the workspace.
    pub folder: String,
    /// The runs of its steps, oldest first.
    pub steps: Vec<StepRun>,
    /// Its moves, oldest first.
    pub transitions: Vec<Transition>,
    /// Its metrics by name.
    pub metrics: BTreeMap<String, f64>,
    /// The record of its newest jury, as long as the recipe of that stage has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jury: Option<JuryRecord>,
    /// The cards that it has to do with.
    #[serde(flatten)]
    pub links: CardLinks,
}

impl Board {
    /// Creates a card in a workspace. The board decides next what happens in its stage.
    ///
    /// # Errors
    /// A [`Problem`] if a text is too long, or the workflow or the stage does not exist.
    pub async fn create(
        &self,
        workspace: &Workspace,
        request: &CardRequest,
        author: &str,
    ) -> Result<Card, Problem> {
        let title = checked_title(&request.title)?;
        jackfield_api::bounds::check(request)?;
        checked_body(&request.body)?;
        checked_labels(&request.labels)?;
        let defined = workflow(request.workflow.as_ref().unwrap_or(&WorkflowName::PRODUCT))?;
        let stage = match &request.stage {
            None => defined.first(),
            Some(stage) => position(&defined, stage)?,
        };
        let asked = serde_json::json!({ "card": request }).to_string();
        let idempotency =
            request.idempotency_key.clone().map(|key| Idempotency { key, digest: digest(&asked) });
        let task = NewTask {
            id: TaskId::new(),
            workspace: workspace.id,
            principal: author.to_owned(),
            title: title.clone(),
            instruction: request.body.clone(),
            task_type: "docs".to_owned(),
            complexity: 5,
            language: None,
            stack: Vec::new(),
            role: Role::Plan,
            expect_change: false,
            position: stage,
            idempotency,
        };
        let new = NewCard {
            task,
            slug: slug(&title),
            labels: request.labels.clone(),
            priority: checked_priority(request.priority)?.unwrap_or(0),
            assignee: request.assignee.clone().filter(|name| !name.is_empty()),
            depends_on: checked_dependencies(&request.depends_on)?,
        };
        let card = self.store.cards().open(new).await?;
        self.wake();
        Ok(card)
    }

    /// Changes what a card says.
    ///
    /// # Errors
    /// A [`Problem`] if the card is locked, was changed meanwhile, or a text is too long.
    pub async fn edit(&self, card: TaskId, patch: CardPatch) -> Result<Card, Problem> {
        jackfield_api::bounds::check(&patch)?;
        patch.body.as_deref().map_or(Ok(()), checked_body)?;
        let edit = CardEdit {
            title: patch.title.as_deref().map(checked_title).transpose()?,
            body: patch.body,
            labels: patch.labels.map(|labels| checked_labels(&labels).map(|()| labels)).transpose()?,
            priority: checked_priority(patch.priority)?,
            assignee: patch.assignee.map(|name| Some(name).filter(|name| !name.is_empty())),
            depends_on: patch.depends_on.map(|on| checked_dependencies(&on)).transpose()?,
        };
        Ok(self.store.cards().edit(card, patch.version, edit).await?)
    }

    /// Moves a card to a stage. The board decides next what happens there.
    ///
    /// # Errors
    /// A [`Problem`] if the card is locked or was changed meanwhile, or the stage does not exist.
    pub async fn move_to(&self, card: TaskId, to: CardMove, by: &str) -> Result<Card, Problem> {
        jackfield_api::bounds::check(&to)?;
        let found = self.store.cards().get(card).await?;
        position(&workflow(&found.workflow)?, &to.stage)?;
        let entering = Entering {
            card,
            version: to.version,
            to: Some(to.stage),
            actor: by.to_owned(),
            reason: to.reason,
            run: None,
            waits: None,
            note: String::new(),
            settings: None,
        };
        let moved = self.store.cards().enter(entering).await?;
        self.wake();
        Ok(moved)
    }

    /// Starts the stage of a card, whatever its level of automation.
    ///
    /// # Errors
    /// A [`Problem`] if the card is locked, closed, or was changed meanwhile.
    pub async fn start(&self, card: TaskId, version: Option<u64>) -> Result<Card, Problem> {
        let started = self.store.cards().start(card, version).await?;
        self.wake();
        Ok(started)
    }

    /// Approves the work of a stage: the card enters the next one, or is done after the last.
    ///
    /// # Errors
    /// A [`Problem`] if the card waits for no review, or somebody else than its author has to approve it.
    pub async fn approve(
        &self,
        card: TaskId,
        version: Option<u64>,
        reason: &str,
        by: &str,
    ) -> Result<Card, Problem> {
        jackfield_api::bounds::check_text("reason", reason)?;
        let found = self.store.cards().get(card).await?;
        match found.waits {
            Some(CardWait::OtherReview) if found.author == by => {
                return Err(Problem::caller(
                    ErrorCode::ApprovalByAuthor,
                    format!("failed to approve card {card}: its author cannot approve it at this stage"),
                    "ask another person",
                ));
            }
            Some(CardWait::Review | CardWait::OtherReview) if found.run.is_none() => {}
            _ => {
                return Err(Problem::caller(
                    ErrorCode::NothingToApprove,
                    format!("failed to approve card {card}: it waits for no review"),
                    "start its stage, or move it",
                ));
            }
        }
        let defined = workflow(&found.workflow)?;
        let mut after = defined.stages().skip_while(|stage| stage.name != found.stage).skip(1);
        let reason = if reason.is_empty() { "approved" } else { reason };
        let entering = Entering {
            card,
            version: version.or(Some(found.version)),
            to: after.next().map(|stage| stage.name.clone()),
            actor: by.to_owned(),
            reason: reason.to_owned(),
            run: None,
            waits: None,
            note: String::new(),
            settings: None,
        };
        let moved = self.store.cards().enter(entering).await?;
        self.wake();
        Ok(moved)
    }

    /// Records a metric of a card.
    ///
    /// # Errors
    /// A [`Problem`] if the name is not one of 1 to 64 letters, digits, `-`, `_` and `.`, or the value is no number.
    pub async fn measure(&self, card: TaskId, name: &str, value: f64) -> Result<Card, Problem> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) || !value.is_finite() {
            return Err(Problem::caller(
                ErrorCode::BadCard,
                format!("'{}' cannot be a metric with that value", clip(name, 64)),
                "give a name of letters, digits, '-', '_' and '.', and a finite number",
            ));
        }
        let measured = self.store.cards().measure(card, name, value).await?;
        self.wake();
        Ok(measured)
    }

    /// Returns everything about a card.
    ///
    /// # Errors
    /// A [`Problem`] if there is none.
    pub async fn view(&self, card: TaskId) -> Result<CardView, Problem> {
        let cards = self.store.cards();
        let card = cards.get(card).await?;
        let task = self.store.runs().task(card.id).await?;
        let metrics = cards.metrics(card.id).await?;
        let steps = cards.steps(card.id).await?;
        let jury = self.newest_jury(&card, &steps).await?;
        Ok(CardView {
            body: task.instruction,
            branch: Repository::collecting_branch(&card.slug),
            folder: folder(&card),
            steps,
            transitions: cards.transitions(card.id).await?,
            metrics: metrics.into_iter().map(|(name, value, _)| (name, value)).collect(),
            jury,
            links: cards.links(card.id).await?,
            card,
        })
    }

    /// The record of the newest jury of a card, whatever stage it is in now.
    async fn newest_jury(&self, card: &Card, steps: &[StepRun]) -> Result<Option<JuryRecord>, Problem> {
        let Some(ballot) = steps.iter().rev().find(|step| step.persona.is_some()) else { return Ok(None) };
        let found = self.recipe(card.workspace, &card.workflow, &ballot.stage).await?;
        let recipe = found.map(|found| found.recipe);
        let jury = recipe.as_ref().and_then(|recipe| numbered(recipe, ballot.step)?.jury.as_ref());
        Ok(jury.and_then(|jury| Poll::new(jury, &ballot.stage, steps, ballot.entry, ballot.step).record()))
    }
}

fn checked_title(title: &str) -> Result<String, Problem> {
    let title = title.trim();
    if title.is_empty() || title.len() > LONGEST_TITLE || title.contains(char::is_control) {
        return Err(Problem::caller(
            ErrorCode::BadCard,
            format!("a title is one line of 1 to {LONGEST_TITLE} bytes"),
            "give another title; the rest belongs into the body",
        ));
    }
    Ok(title.to_owned())
}

fn checked_body(body: &str) -> Result<(), Problem> {
    if !body.contains('\0') {
        return Ok(());
    }
    Err(Problem::caller(
        ErrorCode::BadCard,
        "the body of a card contains a NUL character",
        "send text; put binary material into a file of the workspace",
    ))
}

fn checked_dependencies(on: &[TaskId]) -> Result<Vec<TaskId>, Problem> {
    if on.len() <= MOST_DEPENDENCIES {
        return Ok(on.to_vec());
    }
    Err(Problem::caller(
        ErrorCode::BadCard,
        format!("{} dependencies are more than {MOST_DEPENDENCIES}", on.len()),
        "name the cards that it depends on directly",
    ))
}

fn checked_labels(labels: &[String]) -> Result<(), Problem> {
    if labels.len() <= MOST_LABELS && labels.iter().all(|label| (1..=64).contains(&label.trim().len())) {
        return Ok(());
    }
    Err(Problem::caller(
        ErrorCode::BadCard,
        format!("a card has at most {MOST_LABELS} labels of 1 to 64 bytes"),
        "give fewer or shorter labels",
    ))
}

fn checked_priority(priority: Option<i32>) -> Result<Option<i32>, Problem> {
    match priority {
        Some(priority) if !(-100..=100).contains(&priority) => Err(Problem::caller(
            ErrorCode::BadPriority,
            format!("priority is {priority}"),
            "give -100 to 100; 0 is usual",
        )),
        priority => Ok(priority),
    }
}

fn digest(text: &str) -> String {
    Digest::from_bytes(Sha256::digest(text).into()).to_string()
}
