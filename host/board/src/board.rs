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
use jackfield_api::ExecuteRequest;
use jackfield_model::{
    AutomationLevel, BOARD, CardWait, GateResult, GateSubject, NewTicket, Recipe, StepEnd, StepResult,
    StepRun,
};
use jackfield_plugins::Plugins;
use jackfield_runs::admission::stage::StageAdmissions;
use jackfield_skills::Trust;
use jackfield_store::{AdmitError, Entering, NewStep, RunView, Store, StoreError};
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
        let held_back = self.assess(&mut due, last.as_ref()).await?;
        let stages = stages(&workflow(&due.card.workflow)?);
        let not_vetted = self.not_vetted(due.recipe.as_ref()).await?;
        let unfinished = if last.is_none() { due.unfinished(&self.store, &stages).await? } else { None };
        let next = decide(&Facts {
            recipe: due.recipe.as_ref(),
            settings: &due.settings.settings,
            stages: &stages,
            stage: &due.card.stage,
            started: due.card.started,
            last: last.as_ref(),
            not_vetted: not_vetted.as_deref(),
            unfinished: unfinished.as_deref(),
            held_back: held_back.as_deref(),
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

    /// Once the steps are done: records the score of a jury, and asks the gates that look at the card. Returns why they do
    /// not let it pass.
    async fn assess(&self, due: &mut Due, last: Option<&LastStep>) -> Result<Option<String>, Problem> {
        let Some(recipe) = due.recipe.as_ref().filter(|_| due.is_worked_off(last)) else { return Ok(None) };
        let score = due.jury().map(|jury| jury.jury_score);
        if score.is_none() && gates::of(recipe, GateSubject::Card).next().is_none() {
            return Ok(None);
        }
        let cards = self.store.cards();
        let recorded = cards.metrics(due.card.id).await?.into_iter();
        let mut metrics: BTreeMap<_, _> = recorded.map(|(name, value, _)| (name, value)).collect();
        metrics.extend(score.map(|score| (JURY_SCORE.to_owned(), score)));
        let ruled = gates::of_card(&self.plugins, recipe, &metrics).await;
        let held_back = gates::held_back(&ruled);
        let of_run = |known: &GateResult| gates::of(recipe, GateSubject::Run).any(|gate| gate.id == known.id);
        let mut gates: Vec<_> = due.card.gates.iter().filter(|known| of_run(known)).cloned().collect();
        gates.extend(ruled);
        let metric = score.map(|score| (JURY_SCORE.to_owned(), score));
        cards.assess(due.card.id, due.card.entry, gates, metric).await?;
        due.card = cards.get(due.card.id).await?;
        Ok(held_back)
    }

    /// Admits the run of a step; of a jury, those of the personas that remain.
    async fn begin(&self, due: &Due, number: u32, attempt: u32) -> Result<(), Problem> {
        let Some((recipe, step)) = due.step(number) else {
            return self.blocked(due, &format!("the recipe has no step {number}")).await;
        };
        let known = match self.skills.get(&step.skill_id).await {
            Ok(known) => known,
            Err(problem) if problem.code == ErrorCode::SkillNotFound => {
                return self.blocked(due, &problem.message).await;
            }
            Err(problem) => return Err(problem),
        };
        // The content that is run is the one whose trust is looked at.
        let by_itself = !due.card.started && recipe.automation_level == AutomationLevel::FullyAuto;
        if by_itself && known.trust != Trust::Vetted {
            let note = format!("the skill {} is not vetted", step.skill_id);
            return Ok(self.wait(due, Some(CardWait::Start), &note).await?);
        }
        let repository = due.repository().await?;
        if let Some(repository) = repository {
            repository.begin_branch(&due.branch).await?;
        }
        let (answers, jury) = (due.answers(&self.store).await?, due.jury());
        let sources = due.sources(&answers, jury.as_ref(), repository);
        let personas: Vec<_> = match due.poll(number) {
            None => vec![None],
            Some(poll) => poll.remaining(attempt).into_iter().map(Some).collect(),
        };
        for persona in personas {
            let persona = persona.as_ref();
            let at = (number, attempt);
            let request = step::request(&due.card, recipe, at, step, &known.skill, &sources, persona).await;
            let request = match request {
                Ok(request) => request,
                Err(why) => return self.blocked(due, &why).await,
            };
            let new = NewStep {
                card: due.card.id,
                entry: due.card.entry,
                step: number,
                attempt,
                skill: step.skill_id.clone(),
                digest: known.skill.digest,
                settings: due.settings.version,
                persona: persona.map(|persona| persona.name.clone()),
            };
            if !self.admit(due, new, request).await? {
                return Ok(());
            }
        }
        Ok(())
    }

    /// Admits the run of a step. False: the card has changed meanwhile, or the run was refused, which is its note then.
    async fn admit(&self, due: &Due, step: NewStep, mut request: ExecuteRequest) -> Result<bool, Problem> {
        request.workspace = Some(due.workspace.path.clone());
        let at = position(&workflow(&due.card.workflow)?, &due.card.stage)?;
        let prepared = self.admissions.prepare(&due.task, at, request).await?;
        match self.store.cards().begin_step(step, prepared.admission.clone(), &prepared.limits).await {
            Ok(false) => Ok(false),
            Ok(true) => {
                self.admissions.admitted(&prepared);
                Ok(true)
            }
            Err(AdmitError::Refused(refusal)) => {
                self.blocked(due, &refusal.to_string()).await?;
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn blocked(&self, due: &Due, why: &str) -> Result<(), Problem> {
        Ok(self.wait(due, Some(CardWait::Problem), why).await?)
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
            if view.run.state.is_final() {
                let result = self.result(due, &step, &view).await?;
                self.store.cards().end_step(due.card.id, step.run, result).await?;
            }
        }
        // An end is a change of the card.
        due.card = self.store.cards().get(due.card.id).await?;
        due.steps = self.store.cards().steps(due.card.id).await?;
        Ok(())
    }

    /// How the run of a step ended, with what its output leads to. Collects its work if it succeeded.
    async fn result(&self, due: &Due, step: &StepRun, view: &RunView) -> Result<StepResult, Problem> {
        let skill = match self.skills.get(&step.skill).await {
            Ok(known) => Some(known.skill),
            Err(problem) if problem.code == ErrorCode::SkillNotFound => None,
            Err(problem) => return Err(problem),
        };
        // A ballot is an answer: no gate looks at its run, and files that the run changed stay on the branch of the run. Of
        // a stage that the card has left, the recipe is not at hand.
        let is_ballot = step.persona.is_some();
        let recipe = due.recipe.as_ref().filter(|_| step.stage == due.card.stage && !is_ballot);
        let gates = step::gates_of_run(recipe, &step::folder(&due.card));
        let (end, outputs) = step::end(view, skill.as_deref(), &gates);
        let gates = step::gate_results(view, &gates);
        let result = |end, outputs| StepResult { end, outputs, gates, metrics: vec![], tickets: vec![] };
        if end != StepEnd::Done || is_ballot {
            return Ok(result(end, outputs));
        }
        let own = recipe.and_then(|recipe| step::numbered(recipe, step.step));
        let listed = own.and_then(|own| step::tickets(own, &outputs)).map(tickets::read).transpose();
        let tickets = match listed {
            Ok(tickets) => self.tickets(due, tickets.unwrap_or_default())?,
            Err(message) => return Ok(result(StepEnd::Failed { message }, outputs)),
        };
        if let Some(repository) = due.repository().await?
            && let Some(branch) = step::branch_of_change(view)
            && !repository.advance_branch(&due.branch, branch).await?
        {
            let message =
                format!("failed to fast-forward {} to {branch}: it was changed meanwhile", due.branch);
            return Ok(result(StepEnd::Failed { message }, outputs));
        }
        let metrics = own.map(|own| step::metrics(own, &outputs)).unwrap_or_default();
        Ok(StepResult { metrics, tickets, ..result(end, outputs) })
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
