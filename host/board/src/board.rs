//! The board of a host: decides about cards that are due, one at a time, and carries decisions out.

use crate::automation::{Facts, LastStep, Next, decide};
use crate::inputs::Material;
use crate::questions;
use crate::shelf::{KnownSkill, Shelf};
use crate::step;
use crate::workflows::{position, stages, workflow};
use jackfield_model::{CardWait, Recipe, StepEnd, StepRun};
use jackfield_plugins::Plugins;
use jackfield_runs::admission::stage::StageAdmissions;
use jackfield_skills::Trust;
use jackfield_store::{
    AdmitError, Card, Entering, HumanTask, HumanTaskFilter, HumanTaskState, NewStep, Store, Task,
};
use jackfield_types::{ErrorCode, Problem, TaskId, clip};
use jackfield_workspace::{Repository, Source};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How often the board looks for cards that another process left to it.
const LOOK: Duration = Duration::from_secs(2);
/// Cards that are decided about between two looks.
const MOST: u32 = 100;
/// The actor of what the board does by itself.
const BOARD: &str = "board";
/// Longest note of a card, bytes.
const LONGEST_NOTE: usize = 600;

/// The principal that something is done for.
#[derive(Debug, Clone, Copy)]
pub struct Principal<'a> {
    /// Its name.
    pub name: &'a str,
}

/// The board of a host.
pub struct Board {
    pub(crate) store: Store,
    pub(crate) shelf: Shelf,
    admissions: StageAdmissions,
    plugins: Arc<Plugins>,
    woken: Notify,
    stop: CancellationToken,
}

/// What is known about a due card.
struct Due {
    card: Card,
    task: Task,
    recipe: Option<Recipe>,
    steps: Vec<StepRun>,
    repository: Option<Repository>,
    branch: String,
    answers: Vec<HumanTask>,
}

impl Board {
    /// Creates the board over the services of a host.
    pub fn new(runs: &jackfield_runs::Services) -> Self {
        Self {
            store: runs.shared.store.clone(),
            shelf: Shelf::new(runs.shared.store.clone()),
            admissions: StageAdmissions::new(Arc::clone(&runs.admissions)),
            plugins: Arc::clone(&runs.shared.plugins),
            woken: Notify::new(),
            stop: runs.shared.stop.clone(),
        }
    }

    /// The skills of the host.
    pub const fn shelf(&self) -> &Shelf {
        &self.shelf
    }

    /// The kinds of gate that components offer.
    pub(crate) fn gate_kinds(&self) -> BTreeSet<String> {
        self.plugins.gates().into_iter().map(|info| info.kind.name).collect()
    }

    /// Looks for due cards soon.
    pub(crate) fn wake(&self) {
        self.woken.notify_one();
    }

    /// Decides about cards until the host stops.
    pub async fn work(self: Arc<Self>) {
        let mut runs = self.store.run_changes();
        loop {
            self.decide_all().await;
            tokio::select! {
                () = self.stop.cancelled() => return,
                () = self.woken.notified() => {}
                _ = runs.recv() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Decides about every card that is due now, and about those that a decision makes due.
    async fn decide_all(&self) {
        loop {
            let due = match self.store.cards().due(MOST).await {
                Ok(due) => due,
                Err(error) => return tracing::warn!(%error, "failed to read the cards that are due"),
            };
            let mut decided = false;
            for card in due {
                if self.stop.is_cancelled() {
                    return;
                }
                match self.decide(card).await {
                    Ok(()) => decided = true,
                    // The next host decides.
                    Err(problem) if problem.code == ErrorCode::Stopping => return,
                    Err(problem) => self.block(card, &problem).await,
                }
            }
            if !decided {
                return;
            }
        }
    }

    /// A card that cannot be decided about waits for a person, so that it does not stand in the way of others.
    async fn block(&self, card: TaskId, problem: &Problem) {
        tracing::warn!(%card, "failed to decide about a card: {problem}");
        let note = clip(&format!("{}: {}", problem.message, problem.remedy), LONGEST_NOTE);
        let cards = self.store.cards();
        let blocked = match cards.get(card).await {
            Ok(found) => cards.wait(card, found.entry, Some(CardWait::Problem), &note).await,
            Err(error) => Err(error),
        };
        if let Err(error) = blocked {
            tracing::warn!(%card, %error, "failed to record why a card waits");
        }
    }

    async fn decide(&self, card: TaskId) -> Result<(), Problem> {
        let mut due = self.read(card).await?;
        if due.card.run.is_some() || !due.card.due {
            return Ok(());
        }
        self.record_ends(&mut due).await?;
        let settings = self.store.recipes().settings(due.card.workspace).await?.settings;
        let defined = workflow(&due.card.workflow)?;
        let stages = stages(&defined);
        let not_vetted = self.not_vetted(due.recipe.as_ref()).await?;
        let last = due.steps.iter().rev().find(|step| step.entry == due.card.entry);
        let last = last.and_then(|step| {
            Some(LastStep { step: step.step, attempt: step.attempt, end: step.end.as_ref()? })
        });
        let next = decide(&Facts {
            recipe: due.recipe.as_ref(),
            settings: &settings,
            stages: &stages,
            stage: &due.card.stage,
            started: due.card.started,
            last,
            not_vetted: not_vetted.as_deref(),
        });
        self.carry_out(&due, next).await
    }

    async fn carry_out(&self, due: &Due, next: Next) -> Result<(), Problem> {
        let card = &due.card;
        let run = due.steps.last().filter(|step| step.entry == card.entry).map(|step| step.run);
        let entering = |to, reason: String, waits: Option<CardWait>, note: String| Entering {
            card: card.id,
            // Somebody who changed the card meanwhile wins; the board looks again.
            version: Some(card.version),
            to,
            actor: BOARD.to_owned(),
            reason,
            run,
            waits,
            note,
        };
        let cards = self.store.cards();
        match next {
            Next::Begin { step, attempt } => return self.begin(due, step, attempt).await,
            Next::Wait(waits, note) => {
                cards.wait(card.id, card.entry, waits, &clip(&note, LONGEST_NOTE)).await.map(drop)
            }
            Next::Ask(message) => {
                let questions = questions::of(card, &due.steps, &message);
                cards.ask(card.id, card.entry, questions, &clip(&message, LONGEST_NOTE)).await.map(drop)
            }
            Next::Advance(stage) => {
                let reason = format!("the work of {} passed its gates", card.stage);
                cards.enter(entering(Some(stage), reason, None, String::new())).await.map(drop)
            }
            Next::Revert(stage, message) => {
                let message = clip(&message, LONGEST_NOTE);
                let entering = entering(Some(stage), message.clone(), Some(CardWait::Start), message);
                cards.enter(entering).await.map(drop)
            }
            Next::Finish => {
                let reason = format!("the work of {} passed its gates", card.stage);
                cards.enter(entering(None, reason, None, String::new())).await.map(drop)
            }
        }
        .or_else(|error| match error {
            jackfield_store::StoreError::CardChanged { .. }
            | jackfield_store::StoreError::CardLocked { .. } => Ok(()),
            error => Err(error.into()),
        })
    }

    /// Admits the run of a step. What stands in its way becomes the note of the card.
    async fn begin(&self, due: &Due, number: u32, attempt: u32) -> Result<(), Problem> {
        let stuck = async |why: String| -> Result<(), Problem> {
            let note = clip(&why, LONGEST_NOTE);
            let (cards, card) = (self.store.cards(), &due.card);
            cards.wait(card.id, card.entry, Some(CardWait::Problem), &note).await?;
            Ok(())
        };
        let card = &due.card;
        let step =
            due.recipe.as_ref().zip(usize::try_from(number).ok().and_then(|number| number.checked_sub(1)));
        let step = step.and_then(|(recipe, index)| Some((recipe, recipe.steps.get(index)?)));
        let Some((recipe, step)) = step else {
            return stuck(format!("the recipe has no step {number}")).await;
        };
        let known: KnownSkill = match self.shelf.get(&step.skill_id).await {
            Ok(known) => known,
            Err(problem) => return stuck(problem.message).await,
        };
        if let Some(repository) = &due.repository {
            repository.begin_branch(&due.branch).await?;
        }
        let feedback = due.feedback();
        let request =
            step::request(card, recipe, (number, attempt), step, &known, &due.material(feedback.as_deref()))
                .await;
        let mut request = match request {
            Ok(request) => request,
            Err(why) => return stuck(why).await,
        };
        request.workspace = Some(self.store.workspaces().get(card.workspace).await?.path);
        let at = position(&workflow(&card.workflow)?, &card.stage)?;
        let prepared = match self.admissions.prepare(&due.task, at, request).await {
            Ok(prepared) => prepared,
            Err(problem) if problem.code == ErrorCode::Stopping => return Err(problem),
            Err(problem) => return stuck(format!("{}: {}", problem.message, problem.remedy)).await,
        };
        let new = NewStep {
            card: card.id,
            entry: card.entry,
            step: number,
            attempt,
            skill: step.skill_id.clone(),
            digest: known.skill.digest,
        };
        match self.store.cards().begin_step(new, prepared.admission.clone(), &prepared.limits).await {
            Ok(true) => self.admissions.admitted(&prepared),
            Ok(false) => {}
            Err(AdmitError::Refused(refusal)) => return stuck(refusal.to_string()).await,
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Records how runs ended whose end the board has not seen, and collects their work on the branch of the card.
    async fn record_ends(&self, due: &mut Due) -> Result<(), Problem> {
        for at in 0..due.steps.len() {
            let Some(step) = due.steps.get(at).filter(|step| step.end.is_none()) else { continue };
            let view = self.store.runs().get(step.run).await?;
            if !view.run.state.is_final() {
                continue;
            }
            let skill = self.shelf.get(&step.skill).await.ok();
            let (mut end, outputs) = step::end(&view, skill.as_ref().map(|known| &*known.skill));
            if end == StepEnd::Done
                && let Some(repository) = &due.repository
                && let Some(branch) = step::chosen(&view).and_then(|attempt| attempt.branch.as_deref())
                && step::has_change(&view)
                && !repository.advance_branch(&due.branch, branch).await?
            {
                let message = format!(
                    "the branch {} was changed by somebody else, so {branch} is not on it",
                    due.branch
                );
                end = StepEnd::Failed { message };
            }
            let run = step.run;
            self.store.cards().end_step(due.card.id, run, end.clone(), outputs.clone()).await?;
            if let Some(step) = due.steps.get_mut(at) {
                (step.end, step.outputs) = (Some(end), outputs);
            }
        }
        Ok(())
    }

    async fn read(&self, id: TaskId) -> Result<Due, Problem> {
        let cards = self.store.cards();
        let card = cards.get(id).await?;
        let recipe =
            self.recipe(card.workspace, &card.workflow, &card.stage).await?.map(|found| found.recipe);
        let workspace = self.store.workspaces().get(card.workspace).await?;
        let repository = match jackfield_workspace::locate(Path::new(&workspace.path)).await? {
            Source::Git(repository) => Some(repository),
            Source::Folder { .. } => None,
        };
        let asked = HumanTaskFilter {
            task: Some(id),
            state: Some(HumanTaskState::Done),
            limit: MOST,
            ..HumanTaskFilter::default()
        };
        let mut answers = self.store.human_tasks().list(asked).await?;
        answers.retain(|answer| answer.created_by == BOARD);
        answers.reverse();
        Ok(Due {
            task: self.store.runs().task(id).await?,
            steps: cards.steps(id).await?,
            branch: Repository::collecting_branch(&card.slug),
            recipe,
            repository,
            answers,
            card,
        })
    }

    /// A skill of the recipe that is not vetted, or does not exist.
    async fn not_vetted(&self, recipe: Option<&Recipe>) -> Result<Option<String>, Problem> {
        for step in recipe.map(|recipe| recipe.steps.as_slice()).unwrap_or_default() {
            match self.shelf.get(&step.skill_id).await {
                Ok(known) if known.trust == Trust::Vetted => {}
                Ok(_) | Err(_) => return Ok(Some(step.skill_id.clone())),
            }
        }
        Ok(None)
    }
}

impl Due {
    fn material<'a>(&'a self, feedback: Option<&'a str>) -> Material<'a> {
        Material {
            task: &self.task,
            labels: &self.card.labels,
            folder: step::folder(&self.card),
            steps: &self.steps,
            entry: self.card.entry,
            answers: &self.answers,
            feedback,
            branch: self.repository.as_ref().map(|repository| (repository, self.branch.as_str())),
        }
    }

    /// Why the step before failed, for the agent that tries again.
    fn feedback(&self) -> Option<String> {
        let of_stage = |step: &&StepRun| step.stage == self.card.stage;
        match &self.steps.iter().rev().find(of_stage)?.end {
            Some(StepEnd::Failed { message }) => Some(message.clone()),
            _ => None,
        }
    }
}
