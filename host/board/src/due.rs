//! A card that is due, with what a decision about it depends on.

use crate::automation::LastStep;
use crate::inputs::InputSources;
use crate::jury::Poll;
use crate::step;
use jackfield_model::{BOARD, JuryRecord, Recipe, RecipeStep, SettingsRecord, StageState, StepEnd, StepRun};
use jackfield_store::{Card, CardLink, HumanTask, HumanTaskFilter, HumanTaskState, Store, Task, Workspace};
use jackfield_types::{Problem, StageName};
use jackfield_workspace::{Repository, Source};
use std::path::Path;
use tokio::sync::OnceCell;

/// Most answers that are read for a card.
const MOST_ANSWERS: u32 = 100;

/// The repository of a workspace; `None` for a plain folder.
pub(crate) async fn repository_of(workspace: &Workspace) -> Result<Option<Repository>, Problem> {
    Ok(match jackfield_workspace::locate(Path::new(&workspace.path)).await? {
        Source::Git(repository) => Some(repository),
        Source::Folder { .. } => None,
    })
}

/// A card that is due.
pub(crate) struct Due {
    pub(crate) card: Card,
    pub(crate) task: Task,
    pub(crate) workspace: Workspace,
    pub(crate) settings: SettingsRecord,
    pub(crate) recipe: Option<Recipe>,
    /// The runs of its steps, oldest first.
    pub(crate) steps: Vec<StepRun>,
    /// The branch on which its work accumulates.
    pub(crate) branch: String,
    repository: OnceCell<Option<Repository>>,
}

impl Due {
    pub(crate) async fn read(store: &Store, card: Card, recipe: Option<Recipe>) -> Result<Self, Problem> {
        Ok(Self {
            task: store.runs().task(card.id).await?,
            workspace: store.workspaces().get(card.workspace).await?,
            settings: store.recipes().settings(card.workspace).await?,
            steps: store.cards().steps(card.id).await?,
            branch: Repository::collecting_branch(&card.slug),
            repository: OnceCell::new(),
            recipe,
            card,
        })
    }

    /// The repository of its workspace; `None` for a plain folder. Most decisions do not need it, so git is asked at the
    /// first use.
    pub(crate) async fn repository(&self) -> Result<Option<&Repository>, Problem> {
        let found = self.repository.get_or_try_init(async || repository_of(&self.workspace).await).await?;
        Ok(found.as_ref())
    }

    /// The newest run of a step of the present entry.
    pub(crate) fn newest(&self) -> Option<&StepRun> {
        self.steps.iter().rev().find(|step| step.entry == self.card.entry)
    }

    /// The step of its recipe with this number, from 1.
    pub(crate) fn step(&self, number: u32) -> Option<(&Recipe, &RecipeStep)> {
        let recipe = self.recipe.as_ref()?;
        Some((recipe, step::numbered(recipe, number)?))
    }

    /// The ballots of a step of the present entry; `None`: it has no jury.
    pub(crate) fn poll(&self, step: u32) -> Option<Poll<'_>> {
        let jury = self.step(step)?.1.jury.as_ref()?;
        Some(Poll::new(jury, &self.card.stage, &self.steps, self.card.entry, step))
    }

    /// The record of the jury of the present entry.
    pub(crate) fn jury(&self) -> Option<JuryRecord> {
        let steps = 1..=u32::try_from(self.recipe.as_ref()?.steps.len()).ok()?;
        steps.rev().find_map(|step| self.poll(step)?.record())
    }

    /// Where the newest step of the present entry is: its number, its try, and its end. `None`: nothing was begun, or it
    /// has not ended.
    pub(crate) fn last(&self) -> Option<LastStep> {
        let newest = self.newest()?;
        let (step, attempt) = (newest.step, newest.attempt);
        let end = match self.poll(step) {
            None => newest.end.clone()?,
            Some(poll) => poll.end(attempt),
        };
        Some(LastStep { step, attempt, end })
    }

    /// A try of a jury in which personas remain that have not been asked: its step and its number.
    pub(crate) fn open_jury(&self) -> Option<(u32, u32)> {
        let newest = self.newest()?;
        let poll = self.poll(newest.step)?;
        // A person who cancelled a ballot wants no more of them.
        let cancelled = self.steps.iter().any(|one| {
            (one.entry, one.step, one.attempt) == (newest.entry, newest.step, newest.attempt)
                && one.end == Some(StepEnd::Cancelled)
        });
        (!cancelled && !poll.remaining(newest.attempt).is_empty()).then_some((newest.step, newest.attempt))
    }

    /// The steps of the recipe are done.
    pub(crate) fn is_worked_off(&self, last: Option<&LastStep>) -> bool {
        let steps = self.recipe.as_ref().map_or(0, |recipe| recipe.steps.len());
        match last {
            None => steps == 0,
            Some(last) => {
                last.end == StepEnd::Done && usize::try_from(last.step).is_ok_and(|step| step >= steps)
            }
        }
    }

    /// A card that it depends on and that has not passed its stage.
    pub(crate) async fn unfinished(
        &self,
        store: &Store,
        stages: &[StageName],
    ) -> Result<Option<String>, Problem> {
        let links = store.cards().links(self.card.id).await?;
        let at = |stage: &StageName| stages.iter().position(|one| one == stage);
        let open =
            |link: &&CardLink| link.state != StageState::Done && at(&link.stage) <= at(&self.card.stage);
        let found = links.depends_on.iter().find(open);
        Ok(found.map(|link| match &link.ticket {
            Some(ticket) => format!("{ticket} ({})", link.title),
            None => link.title.clone(),
        }))
    }

    /// Why the last step of the stage failed, for the agent that tries again.
    pub(crate) fn feedback(&self) -> Option<&str> {
        let of_stage = |step: &&StepRun| step.stage == self.card.stage;
        match self.steps.iter().rev().find(of_stage)?.end.as_ref()? {
            StepEnd::Failed { message } => Some(message),
            _ => None,
        }
    }

    /// The answers to its questions, oldest first.
    pub(crate) async fn answers(&self, store: &Store) -> Result<Vec<HumanTask>, Problem> {
        let filter = HumanTaskFilter {
            task: Some(self.card.id),
            state: Some(HumanTaskState::Done),
            limit: MOST_ANSWERS,
            ..HumanTaskFilter::default()
        };
        let mut answers = store.human_tasks().list(filter).await?;
        answers.retain(|answer| answer.created_by == BOARD);
        answers.reverse();
        Ok(answers)
    }

    pub(crate) fn sources<'a>(
        &'a self,
        answers: &'a [HumanTask],
        jury: Option<&'a JuryRecord>,
        repository: Option<&'a Repository>,
    ) -> InputSources<'a> {
        InputSources {
            task: &self.task,
            labels: &self.card.labels,
            folder: step::folder(&self.card),
            steps: &self.steps,
            entry: self.card.entry,
            feedback: self.feedback(),
            jury,
            branch: repository.map(|repository| (repository, self.branch.as_str())),
            answers,
        }
    }
}
