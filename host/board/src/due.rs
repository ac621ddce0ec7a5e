//! A card that is due, with what a decision about it depends on.

use crate::automation::LastStep;
use crate::inputs::InputSources;
use crate::step;
use jackfield_model::{BOARD, Recipe, SettingsRecord, StepEnd, StepRun};
use jackfield_store::{Card, HumanTask, HumanTaskFilter, HumanTaskState, Store, Task, Workspace};
use jackfield_types::Problem;
use jackfield_workspace::{Repository, Source};
use std::path::Path;
use tokio::sync::OnceCell;

/// Most answers that are read for a card.
const MOST_ANSWERS: u32 = 100;

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
        let locate = async || match jackfield_workspace::locate(Path::new(&self.workspace.path)).await? {
            Source::Git(repository) => Ok::<_, Problem>(Some(repository)),
            Source::Folder { .. } => Ok(None),
        };
        Ok(self.repository.get_or_try_init(locate).await?.as_ref())
    }

    /// The newest run of a step of the present entry.
    pub(crate) fn newest(&self) -> Option<&StepRun> {
        self.steps.iter().rev().find(|step| step.entry == self.card.entry)
    }

    /// How the newest step of the present entry ended.
    pub(crate) fn last(&self) -> Option<LastStep<'_>> {
        let step = self.newest()?;
        Some(LastStep { step: step.step, attempt: step.attempt, end: step.end.as_ref()? })
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
        repository: Option<&'a Repository>,
    ) -> InputSources<'a> {
        InputSources {
            task: &self.task,
            labels: &self.card.labels,
            folder: step::folder(&self.card),
            steps: &self.steps,
            entry: self.card.entry,
            feedback: self.feedback(),
            branch: repository.map(|repository| (repository, self.branch.as_str())),
            answers,
        }
    }
}
