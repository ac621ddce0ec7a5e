//! The board: cards, recipes, settings and skills.

use crate::handles::Board;
use jackfield_board::{CardMove, CardPatch, CardRequest, CardView, Document, DocumentText, Validation};
use jackfield_model::{AutomationLevel, BoardSettings, Recipe, StageState};
use jackfield_store::{Artifact, Card, CardFilter, RecipeRecord, SettingsRecord, StageCount};
use jackfield_types::{
    ErrorCode, Micros, Operation, Problem, Scope, StageName, TaskId, WorkflowName, WorkspaceId,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::time::Duration;

/// Most cards of one list.
const MOST: u32 = 5_000;
/// How often a card is read while somebody waits for it.
const WAIT_INTERVAL: Duration = Duration::from_millis(500);

/// Which cards to list: by priority, then in the order in which they entered their stage.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CardsFilter {
    /// Of one workspace: its name, path or id.
    #[serde(default, alias = "workspaceId", alias = "workspace_id")]
    pub workspace: Option<String>,
    /// Of one workflow.
    #[serde(default)]
    pub workflow: Option<WorkflowName>,
    /// In one stage.
    #[serde(default)]
    pub stage: Option<StageName>,
    /// With this text in the title.
    #[serde(default)]
    pub q: Option<String>,
    /// At most this many: 200 where not given, 5,000 at most.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Skip this many.
    #[serde(default)]
    pub skip: Option<u64>,
}

/// A workflow of the board at a glance.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct BoardOverview {
    /// The workflow.
    pub workflow: WorkflowName,
    /// Its stages, in order.
    pub stages: Vec<StageOverview>,
    /// Why nothing starts, where no worker is connected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_workers: Option<String>,
}

/// A stage of the board at a glance.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct StageOverview {
    /// The stage.
    pub stage: StageName,
    /// Its level of automation; `None`: all workspaces were asked for, or it has no recipe.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub automation_level: Option<AutomationLevel>,
    /// Its cards that are not done.
    pub cards: u32,
    /// Those whose run is queued or at work.
    pub active: u32,
    /// Those that wait for a person.
    pub waiting: u32,
    /// Those that are blocked.
    pub blocked: u32,
    /// Spent by its cards.
    pub cost: Micros,
}

impl Board<'_> {
    /// Creates a card. What happens in its stage follows by itself.
    ///
    /// # Errors
    /// A [`Problem`] if a text is too long, or the workspace, the workflow or the stage does not exist.
    pub async fn create(self, request: CardRequest) -> Result<Card, Problem> {
        self.0.caller.require(Scope::Execute)?;
        self.known(&request.depends_on).await?;
        let workspace = self
            .0
            .inner
            .runs
            .places
            .known_workspace(request.workspace.as_deref().unwrap_or_default())
            .await?;
        let card = self.0.inner.board.create(&workspace, &request, self.0.caller.name()).await?;
        self.0.caller.annotate(|audited| audited.task = Some(card.id));
        Ok(card)
    }

    /// Lists cards.
    ///
    /// # Errors
    /// A [`Problem`] if the filter names an unknown workspace.
    pub async fn list(self, filter: CardsFilter) -> Result<Vec<Card>, Problem> {
        self.0.caller.require(Scope::Read)?;
        let filter = CardFilter {
            workspace: self.0.workspaces().filtered(filter.workspace.as_deref()).await?,
            workflow: filter.workflow,
            stage: filter.stage,
            principal: self.0.caller.restricted_to().map(str::to_owned),
            text: filter.q,
            limit: filter.limit.unwrap_or(200).clamp(1, MOST),
            skip: filter.skip.unwrap_or(0),
        };
        Ok(self.0.inner.store.cards().list(filter).await?)
    }

    /// Returns a workflow at a glance: of one workspace, or of all.
    ///
    /// # Errors
    /// A [`Problem`] if the workspace or the workflow does not exist.
    pub async fn overview(
        self,
        workspace: Option<&str>,
        workflow: Option<&WorkflowName>,
    ) -> Result<BoardOverview, Problem> {
        self.0.caller.require(Scope::Read)?;
        let name = workflow.unwrap_or(&WorkflowName::PRODUCT);
        let workspace = self.0.workspaces().filtered(workspace).await?;
        let recipes = match workspace {
            Some(workspace) => self.0.inner.board.recipes(workspace, name).await?,
            None => Vec::new(),
        };
        let (cards, principal) = (self.0.inner.store.cards(), self.0.caller.restricted_to());
        let counts = cards.counts(workspace, name, principal).await?;
        let costs = cards.costs(workspace, name, principal).await?;
        let defined = jackfield_board::workflow(name)?;
        let stages = jackfield_board::stages(&defined).into_iter().map(|stage| {
            let own = recipes.iter().find(|record| record.stage == stage);
            let level = own.map(|record| record.recipe.automation_level);
            let cost = costs.iter().find(|(of, _)| *of == stage).map(|(_, cost)| *cost);
            overview(stage, level, &counts, cost.unwrap_or_default())
        });
        let stages: Vec<_> = stages.collect();
        let backlog = &self.0.inner.runs.backlog;
        let no_workers = (!backlog.somebody_works().await?).then(|| backlog.nobody_works());
        Ok(BoardOverview { workflow: name.clone(), stages, no_workers })
    }

    /// Returns everything about a card.
    ///
    /// # Errors
    /// A [`Problem`] if there is none with this id, or the principal may not see it.
    pub async fn get(self, card: &str) -> Result<CardView, Problem> {
        let card = self.found(card, Scope::Read).await?;
        self.0.inner.board.view(card).await
    }

    /// Waits until a card needs a person, or nothing is left to do for it in its stage. False: that took longer than
    /// `patience`.
    ///
    /// # Errors
    /// A [`Problem`] if there is none with this id, or the principal may not see it.
    pub async fn wait(self, card: &str, patience: Duration) -> Result<bool, Problem> {
        let card = self.found(card, Scope::Read).await?;
        let settled = async {
            // Another process may do the work, so the records are read.
            while self.0.inner.store.cards().get(card).await?.state.is_active() {
                tokio::time::sleep(WAIT_INTERVAL).await;
            }
            Ok(())
        };
        tokio::time::timeout(patience, settled)
            .await
            .map_or(Ok(false), |settled: Result<(), Problem>| settled.map(|()| true))
    }

    /// Returns what the runs of a card left, oldest first.
    ///
    /// # Errors
    /// A [`Problem`] if there is none with this id, or the principal may not see it.
    pub async fn artifacts(self, card: &str) -> Result<Vec<Artifact>, Problem> {
        let card = self.found(card, Scope::Read).await?;
        let view = self.0.tasks().get(card).await?;
        Ok(view.runs.into_iter().flat_map(|run| run.artifacts).collect())
    }

    /// Lists the documents of a card: the files in its folder on its branch, by path.
    ///
    /// # Errors
    /// A [`Problem`] if there is none with this id, the principal may not see it, or its repository cannot be read.
    pub async fn documents(self, card: &str) -> Result<Vec<Document>, Problem> {
        let card = self.found(card, Scope::Read).await?;
        self.0.inner.board.documents().list(card).await
    }

    /// Returns the text of a document of a card. `path` is relative to the folder of the card.
    ///
    /// # Errors
    /// A [`Problem`] if there is no such card or document, or the principal may not see it.
    pub async fn document(self, card: &str, path: &str) -> Result<DocumentText, Problem> {
        let card = self.found(card, Scope::Read).await?;
        self.0.inner.board.documents().get(card, path).await
    }

    /// Changes what a card says.
    ///
    /// # Errors
    /// A [`Problem`] if the card is locked, was changed meanwhile, or a text is too long.
    pub async fn edit(self, card: &str, patch: CardPatch) -> Result<Card, Problem> {
        let card = self.found(card, Scope::Execute).await?;
        self.known(patch.depends_on.as_deref().unwrap_or_default()).await?;
        self.0.inner.board.edit(card, patch).await
    }

    /// Moves a card to a stage.
    ///
    /// # Errors
    /// A [`Problem`] if the card is locked or was changed meanwhile, or the stage does not exist.
    pub async fn move_to(self, card: &str, to: CardMove) -> Result<Card, Problem> {
        let card = self.found(card, Scope::Execute).await?;
        self.0.inner.board.move_to(card, to, self.0.caller.name()).await
    }

    /// Starts the stage of a card, whatever its level of automation.
    ///
    /// # Errors
    /// A [`Problem`] if the card is locked or closed, or was changed meanwhile.
    pub async fn start(self, card: &str, version: Option<u64>) -> Result<Card, Problem> {
        let card = self.found(card, Scope::Execute).await?;
        self.0.inner.board.start(card, version).await
    }

    /// Approves the work of a stage: the card enters the next one, or is done after the last.
    ///
    /// # Errors
    /// A [`Problem`] if the card waits for no review, or somebody else than its author has to approve it.
    pub async fn approve(self, card: &str, version: Option<u64>, reason: &str) -> Result<Card, Problem> {
        let card = self.found(card, Scope::Execute).await?;
        self.0.inner.board.approve(card, version, reason, self.0.caller.name()).await
    }

    /// Records a metric of a card.
    ///
    /// # Errors
    /// A [`Problem`] if the name or the value is none.
    pub async fn measure(self, card: &str, name: &str, value: f64) -> Result<Card, Problem> {
        let card = self.found(card, Scope::Execute).await?;
        self.0.inner.board.measure(card, name, value).await
    }

    /// Removes a card from the board and closes its task. Its runs stay on record.
    ///
    /// # Errors
    /// A [`Problem`] if the card is locked or was changed meanwhile.
    pub async fn remove(self, card: &str, version: Option<u64>) -> Result<Card, Problem> {
        let card = self.found(card, Scope::Execute).await?;
        Ok(self.0.inner.store.cards().remove(card, version).await?)
    }

    /// Returns the recipes of a workspace: those on record, and the defaults of the other stages as version 0.
    ///
    /// # Errors
    /// A [`Problem`] if the workspace or the workflow does not exist.
    pub async fn recipes(
        self,
        workspace: &str,
        workflow: Option<&WorkflowName>,
    ) -> Result<Vec<RecipeRecord>, Problem> {
        self.0.caller.require(Scope::Read)?;
        let workspace = self.workspace(workspace).await?;
        self.0.inner.board.recipes(workspace, workflow.unwrap_or(&WorkflowName::PRODUCT)).await
    }

    /// Returns the recipe of a stage, or its default.
    ///
    /// # Errors
    /// A [`Problem`] if the workspace, the workflow or the stage does not exist.
    pub async fn recipe(
        self,
        workspace: &str,
        workflow: Option<&WorkflowName>,
        stage: &StageName,
    ) -> Result<RecipeRecord, Problem> {
        self.0.caller.require(Scope::Read)?;
        let workspace = self.workspace(workspace).await?;
        self.0.inner.board.recipe_of(workspace, workflow.unwrap_or(&WorkflowName::PRODUCT), stage).await
    }

    /// Records the default recipes of stages that have none. Returns how many were added.
    ///
    /// # Errors
    /// A [`Problem`] if the workspace or the workflow does not exist.
    pub async fn initialize(
        self,
        workspace: &str,
        workflow: Option<&WorkflowName>,
    ) -> Result<usize, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let workspace = self.workspace(workspace).await?;
        let workflow = workflow.unwrap_or(&WorkflowName::PRODUCT);
        self.0.inner.board.initialize(workspace, workflow, self.0.caller.name()).await
    }

    /// Checks a recipe, as JSON: what is not a recipe is an error of the validation.
    ///
    /// # Errors
    /// A [`Problem`] if the skills cannot be read.
    pub async fn validate(self, recipe: Value) -> Result<Validation, Problem> {
        self.0.caller.require(Scope::Read)?;
        match serde_json::from_value::<Recipe>(recipe) {
            Ok(recipe) => self.0.inner.board.validate(&recipe).await,
            Err(error) => Ok(Validation::unreadable(&error.to_string())),
        }
    }

    /// Replaces the recipe of a stage, if it is valid. `version` is the one that the caller has seen; 0 for the default.
    ///
    /// # Errors
    /// A [`Problem`] with every error of the recipe, or if it was changed meanwhile.
    pub async fn set_recipe(
        self,
        workspace: &str,
        workflow: Option<&WorkflowName>,
        stage: &StageName,
        version: u64,
        recipe: Recipe,
    ) -> Result<RecipeRecord, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let workspace = self.workspace(workspace).await?;
        let place = (workspace, workflow.unwrap_or(&WorkflowName::PRODUCT), stage);
        self.0.inner.board.set_recipe(place, version, recipe, self.0.caller.name()).await
    }

    /// Returns the board's settings of a workspace.
    ///
    /// # Errors
    /// A [`Problem`] if the workspace does not exist.
    pub async fn settings(self, workspace: &str) -> Result<SettingsRecord, Problem> {
        self.0.caller.require(Scope::Read)?;
        let workspace = self.workspace(workspace).await?;
        self.0.inner.board.settings(workspace).await
    }

    /// Replaces the board's settings of a workspace. `version` is the one that the caller has seen; 0 for the defaults.
    ///
    /// # Errors
    /// A [`Problem`] if they were changed meanwhile, or the mode needs a stop stage that there is not.
    pub async fn set_settings(
        self,
        workspace: &str,
        version: u64,
        settings: BoardSettings,
    ) -> Result<SettingsRecord, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let workspace = self.workspace(workspace).await?;
        self.0.inner.board.set_settings(workspace, version, settings, self.0.caller.name()).await
    }

    /// The workspace with this name, path or id. One that no run was ever in is recorded now, if it may be used.
    async fn workspace(self, name: &str) -> Result<WorkspaceId, Problem> {
        match self.0.workspaces().named(name).await {
            Ok(found) => Ok(found),
            Err(problem) if problem.code == ErrorCode::UnknownWorkspace => {
                Ok(self.0.inner.runs.places.known_workspace(name).await?.id)
            }
            Err(problem) => Err(problem),
        }
    }

    /// Checks that the principal may see these cards.
    async fn known(self, cards: &[TaskId]) -> Result<(), Problem> {
        for card in cards {
            self.found(&card.to_string(), Scope::Read).await?;
        }
        Ok(())
    }

    async fn found(self, card: &str, scope: Scope) -> Result<TaskId, Problem> {
        self.0.caller.require(scope)?;
        let task = self.0.tasks().find(card).await.map_err(|problem| match problem.code {
            ErrorCode::TaskNotFound => {
                Problem::caller(ErrorCode::CardNotFound, format!("there is no card {card}"), "list the cards")
                    .with(Operation::ListCards)
            }
            _ => problem,
        })?;
        Ok(self.0.inner.store.cards().get(task).await?.id)
    }
}

fn overview(
    stage: StageName,
    automation_level: Option<AutomationLevel>,
    counts: &[StageCount],
    cost: Micros,
) -> StageOverview {
    use StageState::{AwaitingReview, AwaitingStart, Blocked, Done, NeedsAnswers, Queued, Running};
    let count = |states: &[StageState]| {
        let own = counts.iter().filter(|one| one.stage == stage && states.contains(&one.state));
        own.map(|one| one.cards).sum::<u32>()
    };
    let all = counts.iter().filter(|one| one.stage == stage && one.state != Done);
    let (active, waiting) =
        (count(&[Queued, Running]), count(&[AwaitingStart, AwaitingReview, NeedsAnswers]));
    StageOverview {
        automation_level,
        cards: all.map(|one| one.cards).sum(),
        active,
        waiting,
        blocked: count(&[Blocked]),
        cost,
        stage,
    }
}
