//! What follows for a card, as a function of its recipe, the settings of its workspace, and how its last step ended.

use jackfield_model::{
    AutomationLevel, AutomationMode, BoardSettings, CardWait, GateSubject, OnFail, Recipe, StepEnd,
};
use jackfield_types::StageName;

/// What a decision depends on.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The recipe of the card's stage; `None`: the stage has none.
    pub recipe: Option<&'a Recipe>,
    /// The settings of its workspace.
    pub settings: &'a BoardSettings,
    /// The stages of its workflow, in order.
    pub stages: &'a [StageName],
    /// Its stage.
    pub stage: &'a StageName,
    /// A person has started the stage.
    pub started: bool,
    /// How the last step of this entry ended; `None`: no step was made.
    pub last: Option<&'a LastStep>,
    /// A skill of the recipe that is not vetted.
    pub not_vetted: Option<&'a str>,
    /// A card that it depends on and that has not passed the stage.
    pub unfinished: Option<&'a str>,
    /// Why a gate that looks at the card does not let it pass.
    pub held_back: Option<&'a str>,
}

/// The last step of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastStep {
    /// Its number, from 1.
    pub step: u32,
    /// The number of its try, from 1.
    pub attempt: u32,
    /// Its end.
    pub end: StepEnd,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The run of this step is admitted.
    Begin {
        /// The number of the step, from 1.
        step: u32,
        /// The number of the try, from 1.
        attempt: u32,
    },
    /// The card waits; `None`: for nothing but a person who wants something of it.
    Wait(Option<CardWait>, String),
    /// The card enters the next stage.
    Advance(StageName),
    /// The card goes back to this stage.
    Revert(StageName, String),
    /// The card's open questions become human tasks.
    Ask(String),
    /// The card is done.
    Finish,
}

/// Decides what follows.
pub fn decide(facts: &Facts<'_>) -> Next {
    let Some(recipe) = facts.recipe else { return Next::Wait(None, String::new()) };
    let next = follows(facts, recipe);
    if let (Next::Begin { .. }, None, Some(card)) = (&next, facts.last, facts.unfinished) {
        return Next::Wait(Some(CardWait::Cards), format!("{card} has not passed the stage {}", facts.stage));
    }
    // A skill can lose its trust between two steps.
    match facts.not_vetted {
        Some(skill) if matches!(next, Next::Begin { .. }) && facts.needs_trust(recipe) => {
            Next::Wait(Some(CardWait::Start), format!("the skill {skill} is not vetted"))
        }
        _ => next,
    }
}

fn follows(facts: &Facts<'_>, recipe: &Recipe) -> Next {
    match facts.last {
        None => on_entry(facts, recipe),
        Some(last) => match &last.end {
            StepEnd::Done if last.step < steps(recipe) => Next::Begin { step: last.step + 1, attempt: 1 },
            StepEnd::Done => match facts.held_back {
                None => on_success(facts, recipe),
                Some(why) => unsuccessful(facts, recipe, why),
            },
            StepEnd::Cancelled => Next::Wait(Some(CardWait::Start), "the run was cancelled".to_owned()),
            StepEnd::Failed { message } => on_failure(facts, recipe, last, message),
        },
    }
}

fn steps(recipe: &Recipe) -> u32 {
    u32::try_from(recipe.steps.len()).unwrap_or(u32::MAX)
}

fn on_entry(facts: &Facts<'_>, recipe: &Recipe) -> Next {
    const FIRST: Next = Next::Begin { step: 1, attempt: 1 };
    let waits = |why: String| Next::Wait(Some(CardWait::Start), why);
    if recipe.steps.is_empty() {
        return without_steps(facts, recipe);
    }
    if facts.started {
        return FIRST;
    }
    let level = if recipe.enabled { recipe.automation_level } else { AutomationLevel::Manual };
    match level {
        AutomationLevel::Manual => Next::Wait(None, String::new()),
        AutomationLevel::HumanApproval => waits(String::new()),
        _ if facts.settings.automation_mode == AutomationMode::Manual => Next::Wait(None, String::new()),
        _ if !facts.may_start() => waits(format!("automation ends at the stage {}", facts.stop_stage())),
        AutomationLevel::FullyAuto | AutomationLevel::AutoNotify => FIRST,
    }
}

/// People do the work of a stage without steps. Its gates say when that is done.
fn without_steps(facts: &Facts<'_>, recipe: &Recipe) -> Next {
    match facts.held_back {
        Some(why) => Next::Wait(None, why.to_owned()),
        None if recipe.gates.iter().any(|gate| gate.subject == GateSubject::Card) => {
            on_success(facts, recipe)
        }
        None => Next::Wait(None, String::new()),
    }
}

fn on_success(facts: &Facts<'_>, recipe: &Recipe) -> Next {
    let review = |why: String| Next::Wait(Some(CardWait::Review), why);
    if !recipe.enabled || recipe.automation_level != AutomationLevel::FullyAuto {
        return review(String::new());
    }
    if let Some(skill) = facts.not_vetted {
        return review(format!("the skill {skill} is not vetted"));
    }
    if !facts.may_leave() {
        return review(match facts.settings.automation_mode {
            AutomationMode::Manual => "automation is off".to_owned(),
            _ => format!("automation ends at the stage {}", facts.stop_stage()),
        });
    }
    facts.next_stage().map_or(Next::Finish, |next| Next::Advance(next.clone()))
}

fn on_failure(facts: &Facts<'_>, recipe: &Recipe, last: &LastStep, message: &str) -> Next {
    let again = recipe.steps.get(last.step.saturating_sub(1) as usize).map_or(0, |step| step.retry_count);
    if last.attempt <= again {
        return Next::Begin { step: last.step, attempt: last.attempt + 1 };
    }
    unsuccessful(facts, recipe, message)
}

/// The work of the stage is over, and the card may not advance.
fn unsuccessful(facts: &Facts<'_>, recipe: &Recipe, message: &str) -> Next {
    let message = message.to_owned();
    match (recipe.on_fail, facts.previous_stage()) {
        (OnFail::Revert, Some(previous)) => Next::Revert(previous.clone(), message),
        (OnFail::Stay | OnFail::Revert, _) => Next::Wait(Some(CardWait::Problem), message),
        (OnFail::CreateQuestions, _) => Next::Ask(message),
        (OnFail::ReviewRequired, _) => Next::Wait(Some(CardWait::OtherReview), message),
    }
}

impl Facts<'_> {
    /// Steps that the board begins by itself, without a person who would look at a result, need vetted skills.
    fn needs_trust(&self, recipe: &Recipe) -> bool {
        !self.started && recipe.automation_level == AutomationLevel::FullyAuto
    }

    fn position(&self, stage: &StageName) -> Option<usize> {
        self.stages.iter().position(|one| one == stage)
    }

    fn next_stage(&self) -> Option<&StageName> {
        self.position(self.stage).and_then(|at| self.stages.get(at + 1))
    }

    fn previous_stage(&self) -> Option<&StageName> {
        self.position(self.stage).and_then(|at| at.checked_sub(1)).and_then(|at| self.stages.get(at))
    }

    /// The board may start the stage of the card by itself.
    fn may_start(&self) -> bool {
        self.within(|stage, stop| stage <= stop)
    }

    /// The board may move the card out of its stage by itself.
    fn may_leave(&self) -> bool {
        self.within(|stage, stop| stage < stop)
    }

    /// A stop stage that is missing or unknown stops everything: a mistake must not let cards pass.
    fn within(&self, holds: impl Fn(usize, usize) -> bool) -> bool {
        match self.settings.automation_mode {
            AutomationMode::Manual => false,
            AutomationMode::AutoAll => true,
            AutomationMode::AutoToStage => {
                let stop = self.settings.automation_stop_stage.as_ref();
                let stop = stop.and_then(|stop| self.position(stop));
                stop.zip(self.position(self.stage)).is_some_and(|(stop, stage)| holds(stage, stop))
            }
        }
    }

    fn stop_stage(&self) -> &str {
        self.settings
            .automation_stop_stage
            .as_ref()
            .map_or("that the settings do not name", StageName::as_str)
    }
}
