//! The board of a host: decides about cards that are due, one at a time, and carries decisions out.

use crate::automation::{Facts, LastStep, Next, decide};
use crate::documents::Documents;
use crate::due::Due;
use crate::gates;
use crate::jury::JURY_SCORE;
use crate::questions;
use crate::skill_index::SkillIndex;
use crate::step;
use crate::tickets::{self, Ticket};
use crate::workflows::{position, stages, workflow};
use jackfield_model::{
    AutomationLevel, BOARD, CardWait, GateResult, GateSubject, NewTicket, Persona, Recipe, StepEnd,
    StepResult,
};
use jackfield_plugins::Plugins;
use jackfield_runs::admission::stage::StageAdmissions;
use jackfield_skills::Trust;
use jackfield_store::{AdmitError, Entering, NewStep, Store, StoreError};
use jackfield_types::{ErrorCode, Problem, TaskId, clip};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How often the board reads which cards are due: another process on the same records may have changed them.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// Cards that are read at once.
const BATCH: u32 = 100;
/// Longest note of a card, bytes.
const LONGEST_NOTE: usize = 600;

/// The board of a host.
pub struct Board {
    pub(crate) store: Store,
    pub(crate) skills: SkillIndex,
    admissions: StageAdmissions,
    plugins: Arc<Plugins>,
    woken: Notify,
    stop: CancellationToken,
}

impl Board {
    /// Creates the board over the services of a host.
    pub fn new(runs: &jackfield_runs::Services) -> Self {
        Self {
            store: runs.shared.store.clone(),
            skills: SkillIndex::new(runs.shared.store.clone()),
            admissions: StageAdmissions::new(Arc::clone(&runs.admissions)),
            plugins: Arc::clone(&runs.shared.plugins),
            woken: Notify::new(),
            stop: runs.shared.stop.clone(),
        }
    }

    /// The skills of the host.
    pub const fn skills(&self) -> &SkillIndex {
        &self.skills
    }

    /// The documents of cards.
    pub fn documents(&self) -> Documents {
        Documents(self.store.clone())
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
                () = tokio::time::sleep(POLL_INTERVAL) => {}
            }
        }
    }

    /// Decides about every card that is due now, and about those that a decision makes due.
    async fn decide_all(&self) {
        loop {
            let due = match self.store.cards().due(BATCH).await {
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
                    // The next host decides, or this one at the next reading.
                    Err(problem) if is_passing(&problem) => {
                        return tracing::warn!(%card, "failed to decide about a card: {problem}");
                    }
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
        let card = self.store.cards().get(card).await?;
        if card.run.is_some() || !card.due {
            return Ok(());
        }
        let recipe = self.recipe(card.workspace, &card.workflow, &card.stage).await?;
        let mut due = Due::read(&self.store, card, recipe.map(|found| found.recipe)).await?;
        self.take_retry(&mut due).await?;
        self.record_ends(&mut due).await?;
        if let Some((step, attempt)) = due.open_jury() {
            return self.begin(&due, step, attempt).await;
        }
        let last = due.last();
        self.assess(&mut due, last.as_ref()).await?;
        let stages = stages(&workflow(&due.card.workflow)?);
        let not_vetted = self.not_vetted(due.recipe.as_ref()).await?;
        let unfinished = due.unfinished(&self.store).await?;
        let next = decide(&Facts {
            recipe: due.recipe.as_ref(),
            settings: &due.settings.settings,
            stages: &stages,
            stage: &due.card.stage,
            started: due.card.started,
            last: last.as_ref(),
            not_vetted: not_vetted.as_deref(),
            unfinished: unfinished.as_deref(),
            held_back: due.held_back.as_deref(),
        });
        match self.carry_out(&due, next).await {
            // A concurrent change wins; the card is due still, and is decided about again.
            Err(StoreError::CardChanged { .. } | StoreError::CardLocked { .. }) => Ok(()),
            Err(error) => Err(error.into()),
            Ok(None) => Ok(()),
            Ok(Some((step, attempt))) => self.begin(&due, step, attempt).await,
        }
    }

    /// Records a decision. Returns the step to begin and the number of its try, if that is the decision.
    async fn carry_out(&self, due: &Due, next: Next) -> Result<Option<(u32, u32)>, StoreError> {
        let card = &due.card;
        let entering = |to, reason: String, waits: Option<CardWait>, note: String| Entering {
            card: card.id,
            version: Some(card.version),
            to,
            actor: BOARD.to_owned(),
            reason,
            run: due.newest().map(|step| step.run),
            waits,
            note,
            settings: Some(due.settings.version),
        };
        let passed = || format!("the work of {} passed its gates", card.stage);
        let cards = self.store.cards();
        match next {
            Next::Begin { step, attempt } => return Ok(Some((step, attempt))),
            Next::Wait(waits, note) => self.wait(due, waits, &note).await?,
            Next::Ask(message) => {
                let questions = questions::of(card, &due.steps, &message);
                cards.ask(card.id, card.entry, questions, &clip(&message, LONGEST_NOTE)).await.map(drop)?;
            }
            Next::Advance(stage) => {
                cards.enter(entering(Some(stage), passed(), None, String::new())).await.map(drop)?;
            }
            Next::Revert(stage, message) => {
                let message = clip(&message, LONGEST_NOTE);
                let entering = entering(Some(stage), message.clone(), Some(CardWait::Start), message);
                cards.enter(entering).await.map(drop)?;
            }
            Next::Finish => {
                cards.enter(entering(None, passed(), None, String::new())).await.map(drop)?;
            }
        }
        Ok(None)
    }

    async fn wait(&self, due: &Due, waits: Option<CardWait>, note: &str) -> Result<(), StoreError> {
        let (card, note) = (&due.card, clip(note, LONGEST_NOTE));
        self.store.cards().wait(card.id, card.entry, waits, &note).await.map(drop)
    }

    /// Records what a jury adds up to, and asks the gates that look at the card, once the steps are done.
    async fn assess(&self, due: &mut Due, last: Option<&LastStep>) -> Result<(), Problem> {
        let Some(recipe) = due.recipe.as_ref().filter(|_| due.is_worked_off(last)) else { return Ok(()) };
        let cards = self.store.cards();
        let recorded = cards.metrics(due.card.id).await?;
        let mut metrics: BTreeMap<_, _> =
            recorded.into_iter().map(|(name, value, _)| (name, value)).collect();
        let jury = due.jury();
        if let Some(jury) = &jury {
            metrics.insert(JURY_SCORE.to_owned(), jury.jury_score);
        }
        let ruled = gates::of_card(&self.plugins, recipe, &metrics).await;
        let held_back = gates::held_back(&ruled);
        let of_run = |known: &GateResult| gates::of(recipe, GateSubject::Run).any(|gate| gate.id == known.id);
        let mut gates: Vec<_> = due.card.gates.iter().filter(|known| of_run(known)).cloned().collect();
        gates.extend(ruled);
        let metric = jury.map(|jury| (JURY_SCORE.to_owned(), jury.jury_score));
        cards.assess(due.card.id, due.card.entry, gates, metric).await?;
        due.card = cards.get(due.card.id).await?;
        due.held_back = held_back;
        Ok(())
    }

    /// Admits the run of a step; of a jury, those of the personas that remain. A refusal becomes the note of the card.
    async fn begin(&self, due: &Due, number: u32, attempt: u32) -> Result<(), Problem> {
        let Some(poll) = due.poll(number) else {
            return self.begin_run(due, (number, attempt), None).await.map(drop);
        };
        for persona in poll.remaining(attempt) {
            if self.begin_run(due, (number, attempt), Some(&persona)).await? == Begun::No {
                break;
            }
        }
        Ok(())
    }

    async fn begin_run(
        &self,
        due: &Due,
        (number, attempt): (u32, u32),
        persona: Option<&Persona>,
    ) -> Result<Begun, Problem> {
        let blocked = async |why: String| {
            self.wait(due, Some(CardWait::Problem), &why).await?;
            Ok(Begun::No)
        };
        let card = &due.card;
        let step = due.recipe.as_ref().and_then(|recipe| Some((recipe, step::numbered(recipe, number)?)));
        let Some((recipe, step)) = step else {
            return blocked(format!("the recipe has no step {number}")).await;
        };
        let known = match self.skills.get(&step.skill_id).await {
            Ok(known) => known,
            Err(problem) if problem.code == ErrorCode::SkillNotFound => {
                return blocked(problem.message).await;
            }
            Err(problem) => return Err(problem),
        };
        // The content that is run is the one whose trust is looked at.
        let by_itself = !card.started && recipe.automation_level == AutomationLevel::FullyAuto;
        if by_itself && known.trust != Trust::Vetted {
            let note = format!("the skill {} is not vetted", step.skill_id);
            self.wait(due, Some(CardWait::Start), &note).await?;
            return Ok(Begun::No);
        }
        let repository = due.repository().await?;
        if let Some(repository) = repository {
            repository.begin_branch(&due.branch).await?;
        }
        let answers = due.answers(&self.store).await?;
        let jury = due.jury();
        let sources = due.sources(&answers, jury.as_ref(), repository);
        let request =
            step::request(card, recipe, (number, attempt), step, &known.skill, &sources, persona).await;
        let mut request = match request {
            Ok(request) => request,
            Err(why) => return blocked(why).await,
        };
        request.workspace = Some(due.workspace.path.clone());
        let at = position(&workflow(&card.workflow)?, &card.stage)?;
        let prepared = self.admissions.prepare(&due.task, at, request).await?;
        let new = NewStep {
            card: card.id,
            entry: card.entry,
            step: number,
            attempt,
            skill: step.skill_id.clone(),
            digest: known.skill.digest,
            settings: due.settings.version,
            persona: persona.map(|persona| persona.name.clone()),
        };
        match self.store.cards().begin_step(new, prepared.admission.clone(), &prepared.limits).await {
            Ok(true) => self.admissions.admitted(&prepared),
            Ok(false) => return Ok(Begun::No),
            Err(AdmitError::Refused(refusal)) => return blocked(refusal.to_string()).await,
            Err(error) => return Err(error.into()),
        }
        Ok(Begun::Yes)
    }

    /// A person may have retried the run of a step: that run is another try of the step.
    async fn take_retry(&self, due: &mut Due) -> Result<(), Problem> {
        let Some(latest) = self.store.runs().latest(due.card.id).await? else { return Ok(()) };
        if due.steps.iter().any(|step| step.run == latest) {
            return Ok(());
        }
        if let Some(of) = self.store.runs().get(latest).await?.run.retry_of {
            self.store.cards().take_retry(due.card.id, latest, of).await?;
            due.steps = self.store.cards().steps(due.card.id).await?;
        }
        Ok(())
    }

    /// Records how runs ended whose end the board has not seen, and collects their work on the branch of the card.
    async fn record_ends(&self, due: &mut Due) -> Result<(), Problem> {
        let open: Vec<_> = due.steps.iter().filter(|step| step.end.is_none()).cloned().collect();
        if open.is_empty() {
            return Ok(());
        }
        for step in open {
            let view = self.store.runs().get(step.run).await?;
            if !view.run.state.is_final() {
                continue;
            }
            // Of a stage that the card has left, the recipe is not at hand.
            let recipe = due.recipe.as_ref().filter(|_| step.stage == due.card.stage);
            let of_recipe = recipe.and_then(|recipe| step::numbered(recipe, step.step));
            let is_ballot = step.persona.is_some();
            let gates = step::gates_of_run(recipe.filter(|_| !is_ballot), &step::folder(&due.card));
            let skill = match self.skills.get(&step.skill).await {
                Ok(known) => Some(known.skill),
                Err(problem) if problem.code == ErrorCode::SkillNotFound => None,
                Err(problem) => return Err(problem),
            };
            let (mut end, outputs) = step::end(&view, skill.as_deref(), &gates);
            let listed = of_recipe.filter(|_| end == StepEnd::Done && !is_ballot);
            let tickets = match listed.and_then(|own| step::tickets(own, &outputs)).map(tickets::read) {
                Some(Err(why)) => {
                    end = StepEnd::Failed { message: why };
                    Vec::new()
                }
                Some(Ok(tickets)) => tickets,
                None => Vec::new(),
            };
            // A ballot is an answer: files that its run changed are left on the branch of the run.
            if end == StepEnd::Done
                && !is_ballot
                && let Some(repository) = due.repository().await?
                && let Some(branch) = step::branch_of_change(&view)
                && !repository.advance_branch(&due.branch, branch).await?
            {
                let message =
                    format!("failed to fast-forward {} to {branch}: it was changed meanwhile", due.branch);
                end = StepEnd::Failed { message };
            }
            let is_done = end == StepEnd::Done;
            let result = StepResult {
                gates: step::gate_results(&view, &gates),
                metrics: listed
                    .filter(|_| is_done)
                    .map(|own| step::metrics(own, &outputs))
                    .unwrap_or_default(),
                tickets: if is_done { self.tickets(due, tickets)? } else { Vec::new() },
                end,
                outputs,
            };
            self.store.cards().end_step(due.card.id, step.run, result).await?;
        }
        // A metric is a change of the card.
        due.card = self.store.cards().get(due.card.id).await?;
        due.steps = self.store.cards().steps(due.card.id).await?;
        Ok(())
    }

    /// The tickets of a card as cards that begin in the stage after it.
    fn tickets(&self, due: &Due, tickets: Vec<Ticket>) -> Result<Vec<NewTicket>, Problem> {
        let defined = workflow(&due.card.workflow)?;
        let begin = defined.stages().skip_while(|stage| stage.name != due.card.stage).nth(1);
        let begin = match begin {
            Some(stage) => position(&defined, &stage.name)?,
            None => position(&defined, &due.card.stage)?,
        };
        Ok(tickets::cards(tickets, &due.card, &due.task, &begin))
    }

    /// A skill of the recipe that is not vetted, or does not exist.
    async fn not_vetted(&self, recipe: Option<&Recipe>) -> Result<Option<String>, Problem> {
        for step in recipe.map(|recipe| recipe.steps.as_slice()).unwrap_or_default() {
            match self.skills.get(&step.skill_id).await {
                Ok(known) if known.trust == Trust::Vetted => {}
                Err(problem) if problem.code != ErrorCode::SkillNotFound => return Err(problem),
                _ => return Ok(Some(step.skill_id.clone())),
            }
        }
        Ok(None)
    }
}

/// Whether the run of a step was admitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begun {
    Yes,
    /// The card waits, or has changed meanwhile.
    No,
}

/// The same decision may succeed later, without a person.
fn is_passing(problem: &Problem) -> bool {
    matches!(
        problem.code,
        ErrorCode::Stopping
            | ErrorCode::StoreClosed
            | ErrorCode::RecordsBusy
            | ErrorCode::RecordsFailed
            | ErrorCode::RecordsReplaced
            | ErrorCode::DiskFull
    )
}
