//! Recipes: the defaults of a workspace, edits, and their validation.

use crate::board::Board;
use crate::defaults::default_recipe;
use crate::jury;
use crate::reserved::{CARDS, METRIC, PERSONA};
use crate::skill_index::KnownSkill;
use crate::workflows::{position, stages, workflow};
use jackfield_model::{AutomationLevel, BoardSettings, GateSubject, Recipe, RecipeStep};
use jackfield_skills::Trust;
use jackfield_store::{RecipeRecord, SettingsRecord};
use jackfield_types::{ErrorCode, Problem, StageName, WorkflowName, WorkspaceId};
use serde::Serialize;
use std::collections::BTreeSet;

/// Most steps and gates of a recipe.
const MOST: usize = 20;

/// What is wrong with a recipe.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Validation {
    /// The recipe has no errors.
    pub valid: bool,
    /// What must be corrected.
    pub errors: Vec<String>,
    /// What should be looked at.
    pub warnings: Vec<String>,
    /// The skills of its steps.
    pub skills_status: Vec<SkillStatus>,
}

/// A skill that a recipe uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct SkillStatus {
    /// Its id.
    pub skill_id: String,
    /// Its title.
    pub name: String,
    /// There is such a skill.
    pub found: bool,
    /// It is vetted.
    pub trusted: bool,
    /// Where it is from.
    pub source: String,
}

impl Validation {
    /// The validation of something that is not a recipe.
    pub fn unreadable(why: &str) -> Self {
        Self { errors: vec![format!("failed to read the recipe: {why}")], ..Self::default() }
    }
}

impl Board {
    /// Returns the recipes of a workspace: those on record, and the defaults of the other stages as version 0.
    ///
    /// # Errors
    /// A [`Problem`] if the workflow does not exist or the store cannot be read.
    pub async fn recipes(
        &self,
        workspace: WorkspaceId,
        name: &WorkflowName,
    ) -> Result<Vec<RecipeRecord>, Problem> {
        let defined = workflow(name)?;
        let recorded = self.store.recipes().list(workspace).await?;
        let mut recipes = Vec::new();
        for stage in stages(&defined) {
            let of_stage = |record: &&RecipeRecord| record.workflow == *name && record.stage == stage;
            let own = recorded.iter().find(of_stage).cloned();
            recipes.extend(own.or_else(|| self.default_record(workspace, name, &stage)));
        }
        Ok(recipes)
    }

    /// Returns the recipe of a stage, or its default.
    ///
    /// # Errors
    /// A [`Problem`] if the workflow or the stage does not exist, or the store cannot be read.
    pub async fn recipe_of(
        &self,
        workspace: WorkspaceId,
        name: &WorkflowName,
        stage: &StageName,
    ) -> Result<RecipeRecord, Problem> {
        let at = position(&workflow(name)?, stage)?;
        self.recipe(workspace, name, stage).await?.ok_or_else(|| {
            Problem::caller(
                ErrorCode::UnknownStage,
                format!("the stage {} has no recipe", at.stage),
                "list the recipes of the workspace",
            )
        })
    }

    /// The recipe of a stage, or its default, if it has one.
    pub(crate) async fn recipe(
        &self,
        workspace: WorkspaceId,
        name: &WorkflowName,
        stage: &StageName,
    ) -> Result<Option<RecipeRecord>, Problem> {
        let own = self.store.recipes().get(workspace, name, stage).await?;
        Ok(own.or_else(|| self.default_record(workspace, name, stage)))
    }

    fn default_record(
        &self,
        workspace: WorkspaceId,
        workflow: &WorkflowName,
        stage: &StageName,
    ) -> Option<RecipeRecord> {
        Some(RecipeRecord {
            workspace,
            workflow: workflow.clone(),
            stage: stage.clone(),
            version: 0,
            recipe: default_recipe(stage)?,
            updated_at: self.store.clock().now(),
            updated_by: "default".to_owned(),
        })
    }

    /// Records the default recipes of stages that have none. Returns how many were added.
    ///
    /// # Errors
    /// A [`Problem`] if the workflow does not exist or the store cannot be written.
    pub async fn initialize(
        &self,
        workspace: WorkspaceId,
        name: &WorkflowName,
        by: &str,
    ) -> Result<usize, Problem> {
        let defined = workflow(name)?;
        let defaults = stages(&defined).into_iter().filter_map(|stage| {
            let recipe = default_recipe(&stage)?;
            Some((stage, recipe))
        });
        Ok(self.store.recipes().initialize(workspace, name, defaults.collect(), by).await?)
    }

    /// Replaces the recipe of a stage, if it is valid. `version` is the one that the caller has seen; 0 for the default.
    ///
    /// # Errors
    /// A [`Problem`] with every error of the recipe, or if it was changed meanwhile.
    pub async fn set_recipe(
        &self,
        place: (WorkspaceId, &WorkflowName, &StageName),
        version: u64,
        recipe: Recipe,
        by: &str,
    ) -> Result<RecipeRecord, Problem> {
        let (workspace, name, stage) = place;
        position(&workflow(name)?, stage)?;
        let Validation { errors, .. } = self.validate(&recipe).await?;
        if !errors.is_empty() {
            return Err(Problem::caller(
                ErrorCode::BadRecipe,
                format!("failed to save the recipe of the stage {stage}: {}", errors.join("; ")),
                "correct it as the message says",
            ));
        }
        Ok(self.store.recipes().put(workspace, name, stage, version, recipe, by).await?)
    }

    /// Checks a recipe.
    ///
    /// # Errors
    /// A [`Problem`] if a text is too long, or the skills cannot be read.
    pub async fn validate(&self, recipe: &Recipe) -> Result<Validation, Problem> {
        jackfield_api::bounds::check(recipe)?;
        let mut found = Validation::default();
        if recipe.steps.len() > MOST || recipe.gates.len() > MOST {
            found.errors.push(format!("a recipe has at most {MOST} steps and {MOST} gates"));
            return Ok(found);
        }
        let skills = self.skills.list().await?;
        for (number, step) in (1..).zip(&recipe.steps) {
            found.errors.extend(faults_of_step(number, step));
        }
        for (index, step) in recipe.steps.iter().enumerate() {
            let known = skills.iter().find(|known| known.skill.id.as_str() == step.skill_id);
            found.skills_status.push(status(&step.skill_id, known));
            let Some(known) = known else {
                found.errors.push(format!("step {}: there is no skill '{}'", index + 1, step.skill_id));
                continue;
            };
            if recipe.automation_level == AutomationLevel::FullyAuto && known.trust != Trust::Vetted {
                let why = "fully_auto runs vetted skills only";
                found.errors.push(format!(
                    "step {}: the skill {} is {}; {why}",
                    index + 1,
                    step.skill_id,
                    known.trust.as_str()
                ));
            }
            let declared: BTreeSet<_> = known.skill.input_schema.names().collect();
            let persona = step.jury.as_ref().map(|_| PERSONA.to_owned());
            let given = step.inputs_mapping.keys().chain(step.params.keys()).chain(&persona);
            for name in given.filter(|name| !declared.contains(name.as_str())) {
                found.errors.push(format!(
                    "step {}: the skill {} has no input '{name}'",
                    index + 1,
                    step.skill_id
                ));
            }
        }
        found.errors.extend(faults_of_gates(recipe, &self.gate_kinds()));
        if recipe.gates.is_empty() && !recipe.steps.is_empty() {
            found.warnings.push("no gate: whatever the steps produce may advance".to_owned());
        }
        found.valid = found.errors.is_empty();
        Ok(found)
    }

    /// Returns the board's settings of a workspace.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn settings(&self, workspace: WorkspaceId) -> Result<SettingsRecord, Problem> {
        Ok(self.store.recipes().settings(workspace).await?)
    }

    /// Replaces the board's settings of a workspace. `version` is the one that the caller has seen; 0 for the defaults.
    ///
    /// # Errors
    /// A [`Problem`] if they were changed meanwhile, or the mode needs a stop stage that there is not.
    pub async fn set_settings(
        &self,
        workspace: WorkspaceId,
        version: u64,
        settings: BoardSettings,
        by: &str,
    ) -> Result<SettingsRecord, Problem> {
        let stop = settings.automation_stop_stage.as_ref();
        if let Some(stop) = stop {
            position(&workflow(&WorkflowName::PRODUCT)?, stop)?;
        } else if settings.automation_mode == jackfield_model::AutomationMode::AutoToStage {
            return Err(Problem::caller(
                ErrorCode::UnknownStage,
                "the mode auto_to_stage needs a stop stage",
                "give automation_stop_stage",
            ));
        }
        let set = self.store.recipes().set(workspace, version, settings, by).await?;
        self.wake();
        Ok(set)
    }
}

/// What is wrong with a step, whatever its skill is.
fn faults_of_step(number: u32, step: &RecipeStep) -> Vec<String> {
    let mut faults = Vec::new();
    let leads = |target: &str| target == CARDS || target.starts_with(METRIC);
    for (output, target) in step.outputs_mapping.iter().filter(|(_, target)| !leads(target)) {
        faults.push(format!(
            "step {number}: the output '{output}' leads to '{target}', which is neither {METRIC}NAME nor {CARDS}"
        ));
    }
    let Some(jury) = &step.jury else { return faults };
    let names: BTreeSet<_> = jury.personas.iter().map(|persona| persona.name.trim()).collect();
    if jury.personas.len() > jury::MOST {
        faults.push(format!("step {number}: a jury has at most {} personas", jury::MOST));
    }
    if names.len() < jury.personas.len() || names.contains("") {
        faults.push(format!("step {number}: two personas have the same name, or one has none"));
    }
    let all = jury::personas(jury).len();
    if jury
        .quorum
        .is_some_and(|quorum| quorum == 0 || usize::try_from(quorum).is_ok_and(|quorum| quorum > all))
    {
        faults.push(format!("step {number}: the quorum is 1 to {all}, the number of personas"));
    }
    faults
}

fn faults_of_gates(recipe: &Recipe, kinds: &BTreeSet<String>) -> Vec<String> {
    let (mut faults, mut ids) = (Vec::new(), BTreeSet::new());
    for gate in &recipe.gates {
        if !kinds.contains(&gate.kind) {
            faults.push(format!("gate {}: there is no kind '{}'", gate.id, gate.kind));
        }
        if gate.id.is_empty() || !ids.insert(&gate.id) {
            faults.push(format!("two gates have the id '{}', or none", gate.id));
        }
        let has_run = recipe.steps.last().is_some_and(|last| last.jury.is_none());
        if gate.subject == GateSubject::Run && !has_run {
            faults.push(format!(
                "gate {}: it looks at the work of the last step, which has none; give it the subject `card`",
                gate.id
            ));
        }
    }
    faults
}

fn status(id: &str, known: Option<&KnownSkill>) -> SkillStatus {
    SkillStatus {
        skill_id: id.to_owned(),
        name: known.map(|known| known.skill.title.clone()).unwrap_or_default(),
        found: known.is_some(),
        trusted: known.is_some_and(|known| known.trust == Trust::Vetted),
        source: known.map(|known| known.source.as_str().to_owned()).unwrap_or_default(),
    }
}
