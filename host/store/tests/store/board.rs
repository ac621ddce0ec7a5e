//! Cards in the records: moves, locks, steps, questions, and concurrent edits.

use crate::support::*;
use jackfield_model::{
    AutomationLevel, AutomationMode, BoardSettings, CardWait, GateResult, Recipe, StageState, StepEnd,
};
use jackfield_store::*;
use jackfield_types::*;
use serde_json::{Value, json};

fn stage(name: &str) -> StageName {
    name.parse().unwrap()
}

fn new_card(house: &House, slug: &str, depends_on: &[TaskId]) -> NewCard {
    let task = NewTask { position: Workflow::product().first(), ..admission(house.workspace, cents(1)).task };
    NewCard {
        task,
        slug: slug.to_owned(),
        labels: vec!["till".to_owned()],
        priority: 0,
        assignee: None,
        depends_on: depends_on.to_vec(),
    }
}

async fn card(house: &House, slug: &str) -> Card {
    house.store.cards().open(new_card(house, slug, &[])).await.unwrap()
}

/// The result of a step that has this end.
fn ended(end: StepEnd, outputs: Value) -> StepResult {
    StepResult { end, outputs, gates: vec![], metrics: vec![], tickets: vec![] }
}

fn entering(card: &Card, to: &str) -> Entering {
    Entering {
        card: card.id,
        version: None,
        to: Some(stage(to)),
        actor: "ann".to_owned(),
        reason: "it is time".to_owned(),
        run: None,
        waits: None,
        note: String::new(),
        settings: None,
    }
}

/// Admits the run of a step of a card.
async fn begin(house: &House, card: &Card, step: u32) -> (bool, AtWork) {
    begin_as(house, card, step, None).await
}

/// The same, of the ballot of a persona.
async fn begin_as(house: &House, card: &Card, step: u32, persona: Option<&str>) -> (bool, AtWork) {
    let (run, attempt) = (run(), attempt(1, CENT));
    let work = AtWork { task: card.id, run: run.id, attempt: attempt.id };
    let position = Workflow::product().at(&card.stage).unwrap();
    let digest = Digest::from_bytes([7; 32]);
    let skill = "prd".to_owned();
    let (entry, persona) = (card.entry, persona.map(str::to_owned));
    let new = NewStep { card: card.id, entry, step, attempt: 1, skill, digest, settings: 0, persona };
    let begun = house.store.cards().begin_step(new, run_of(position, run, attempt), &Limits::none()).await;
    (begun.unwrap(), work)
}

async fn state(house: &House, card: &Card) -> StageState {
    house.store.cards().get(card.id).await.unwrap().state
}

#[tokio::test]
async fn card_with_an_active_run_is_locked_until_the_run_ends_however_it_ends() {
    let house = house().await;
    let card = card(&house, "move-the-till").await;
    assert_eq!(card.state, StageState::Queued, "the board decides what follows");
    for end in ["succeeded", "failed", "cancelled", "lost"] {
        let before = house.store.cards().start(card.id, None).await.unwrap();
        let (begun, work) = begin(&house, &before, 1).await;
        assert!(begun);
        assert_eq!(state(&house, &card).await, StageState::Queued);
        let cards = house.store.cards();
        let refused = [
            cards.enter(entering(&card, "prd")).await.map(drop),
            cards.edit(card.id, None, CardEdit::default()).await.map(drop),
            cards.start(card.id, None).await.map(drop),
            cards.remove(card.id, None).await.map(drop),
        ];
        for refused in refused {
            assert_eq!(refused.unwrap_err().problem().code, "card_locked");
        }
        assert!(!cards.wait(card.id, before.entry, Some(CardWait::Review), "").await.unwrap());
        assert_eq!(cards.due(10).await.unwrap(), [], "nothing to decide while it runs");
        let attempts = house.store.attempts();
        attempts.run_started(work.run).await.unwrap();
        attempts.started(work.attempt, started()).await.unwrap();
        assert_eq!(state(&house, &card).await, StageState::Running);
        let with = |state, class| Settlement { then: Then::End(state), ..failed(work.attempt, CENT, class) };
        let end_of_attempt = match end {
            "succeeded" => settlement(work.attempt, CENT),
            "failed" => with(RunState::Failed, FailureClass::TestFail),
            "cancelled" => with(RunState::Cancelled, FailureClass::Cancelled),
            _ => with(RunState::Failed, FailureClass::Lost),
        };
        attempts.settle(end_of_attempt, &Limits::none()).await.unwrap();
        assert_eq!(cards.due(10).await.unwrap(), [card.id], "{end}");
        assert_eq!(cards.get(card.id).await.unwrap().run, None, "{end}");
        let outputs = json!({ "summary": end });
        cards.end_step(card.id, work.run, ended(StepEnd::Done, outputs.clone())).await.unwrap();
        cards.end_step(card.id, work.run, ended(StepEnd::Cancelled, Value::Null)).await.unwrap();
        let steps = cards.steps(card.id).await.unwrap();
        assert_eq!(
            (steps.last().unwrap().end.clone(), &steps.last().unwrap().outputs),
            (Some(StepEnd::Done), &outputs),
            "the first end stays"
        );
    }
    assert_eq!(house.store.ledger().audit().await.unwrap().differences, Vec::<String>::new());
}

#[tokio::test]
async fn step_of_a_card_that_moved_meanwhile_is_not_admitted() {
    let house = house().await;
    let before = card(&house, "a").await;
    house.store.cards().enter(entering(&before, "discovery")).await.unwrap();
    let position = Workflow::product().at(&stage("discovery")).unwrap();
    let new = NewStep {
        card: before.id,
        entry: before.entry,
        step: 1,
        attempt: 1,
        skill: "prd".to_owned(),
        digest: Digest::from_bytes([7; 32]),
        settings: 0,
        persona: None,
    };
    let admission = run_of(position, run(), attempt(1, CENT));
    assert!(!house.store.cards().begin_step(new, admission, &Limits::none()).await.unwrap());
    assert_eq!(house.store.runs().latest(before.id).await.unwrap(), None);
    // Two hosts decide about one card: the second one admits nothing.
    let now = house.store.cards().get(before.id).await.unwrap();
    assert!(begin(&house, &now, 1).await.0);
    assert!(!begin(&house, &now, 1).await.0);
}

#[tokio::test]
async fn moves_are_on_record_and_a_change_of_an_old_version_is_refused() {
    let house = house().await;
    let card = card(&house, "a").await;
    let cards = house.store.cards();
    let moved = cards.enter(entering(&card, "prd")).await.unwrap();
    assert_eq!((moved.stage.as_str(), moved.entry), ("prd", card.entry + 1));
    let old = Entering { version: Some(card.version), ..entering(&card, "build") };
    assert_eq!(cards.enter(old).await.unwrap_err().problem().code, "version_conflict");
    let edit = CardEdit {
        title: Some("New".to_owned()),
        assignee: Some(Some("bo".to_owned())),
        ..CardEdit::default()
    };
    let edited = cards.edit(card.id, Some(moved.version), edit).await.unwrap();
    assert_eq!((edited.title.as_str(), edited.assignee.as_deref()), ("New", Some("bo")));
    assert_eq!(edited.labels, card.labels);
    let done = cards.enter(Entering { to: None, ..entering(&card, "prd") }).await.unwrap();
    assert_eq!(done.state, StageState::Done);
    let moves: Vec<_> = cards.transitions(card.id).await.unwrap();
    let name = |stage: &Option<StageName>| stage.as_ref().map(ToString::to_string);
    let moves: Vec<_> =
        moves.iter().map(|one| (name(&one.from), name(&one.to), one.actor.as_str())).collect();
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        moves,
        [(None, some("inbox"), "tester"), (some("inbox"), some("prd"), "ann"), (some("prd"), None, "ann")]
    );
    cards.remove(card.id, None).await.unwrap();
    assert_eq!(cards.get(card.id).await.unwrap_err().problem().code, "card_not_found");
}

#[tokio::test]
async fn cards_of_one_workspace_have_names_of_their_own() {
    let house = house().await;
    let slugs = [card(&house, "till").await, card(&house, "till").await, card(&house, "till").await];
    assert_eq!(slugs.map(|card| card.slug), ["till", "till-2", "till-3"]);
    let filter = CardFilter { limit: 2, skip: 1, ..CardFilter::default() };
    assert_eq!(house.store.cards().list(filter).await.unwrap().len(), 2);
    let of_stage = CardFilter { stage: Some(stage("prd")), limit: 9, ..CardFilter::default() };
    assert_eq!(house.store.cards().list(of_stage).await.unwrap(), []);
}

#[tokio::test]
async fn card_goes_on_when_the_last_of_its_questions_is_answered() {
    let house = house().await;
    let card = card(&house, "a").await;
    let question = |title: &str| NewHumanTask {
        id: HumanTaskId::new(),
        kind: HumanTaskKind::Todo,
        workspace: Some(house.workspace),
        task: Some(card.id),
        run: None,
        title: title.to_owned(),
        body: String::new(),
        evidence: Value::Null,
        priority: 0,
        due_at: None,
        created_by: String::new(),
        idempotency: None,
    };
    let questions = vec![question("which till?"), question("when?")];
    let ids: Vec<_> = questions.iter().map(|question| question.id).collect();
    assert!(house.store.cards().ask(card.id, card.entry, questions, "two questions").await.unwrap());
    assert_eq!(state(&house, &card).await, StageState::NeedsAnswers);
    let answer = HumanTaskChange {
        state: Some(HumanTaskState::Done),
        answer: Some(json!({ "text": "the old one" })),
        ..HumanTaskChange::default()
    };
    house.store.human_tasks().change(ids[0], answer.clone(), "ann").await.unwrap();
    assert_eq!(state(&house, &card).await, StageState::NeedsAnswers);
    house.store.human_tasks().change(ids[1], answer, "ann").await.unwrap();
    let now = house.store.cards().get(card.id).await.unwrap();
    assert_eq!((now.state, now.started), (StageState::Queued, true));
}

#[tokio::test]
async fn recipe_and_settings_are_changed_by_those_who_saw_the_last_version() {
    let house = house().await;
    let (workspace, product) = (house.workspace, WorkflowName::PRODUCT);
    let recipe = Recipe {
        automation_level: AutomationLevel::Manual,
        steps: vec![],
        gates: vec![],
        on_fail: Default::default(),
        executor: None,
        enabled: true,
    };
    let recipes = house.store.recipes();
    let defaults = vec![(stage("prd"), recipe.clone()), (stage("design"), recipe.clone())];
    assert_eq!(recipes.initialize(workspace, &product, defaults.clone(), "ann").await.unwrap(), 2);
    let edited = Recipe { automation_level: AutomationLevel::FullyAuto, ..recipe };
    let put = recipes.put(workspace, &product, &stage("prd"), 1, edited.clone(), "bo").await.unwrap();
    assert_eq!((put.version, put.updated_by.as_str()), (2, "bo"));
    assert_eq!(recipes.initialize(workspace, &product, defaults, "ann").await.unwrap(), 0, "no edit is lost");
    let old = recipes.put(workspace, &product, &stage("prd"), 1, edited.clone(), "ann").await.unwrap_err();
    assert_eq!(old.problem().code, "version_conflict");
    assert_eq!(recipes.get(workspace, &product, &stage("prd")).await.unwrap().unwrap().recipe, edited);

    assert_eq!(recipes.settings(workspace).await.unwrap().version, 0);
    let stop = BoardSettings {
        automation_mode: AutomationMode::AutoToStage,
        automation_stop_stage: Some(stage("prd")),
    };
    assert_eq!(recipes.set(workspace, 0, stop.clone(), "ann").await.unwrap().settings, stop);
    assert_eq!(recipes.set(workspace, 0, stop, "ann").await.unwrap_err().problem().code, "version_conflict");

    // What was decided under the settings before is neither admitted nor moved.
    let card = card(&house, "a").await;
    assert!(!begin(&house, &card, 1).await.0);
    let advance = Entering { settings: Some(0), ..entering(&card, "discovery") };
    let refused = house.store.cards().enter(advance).await.unwrap_err();
    assert_eq!(refused.problem().code, "version_conflict");
    house.store.cards().enter(Entering { settings: Some(1), ..entering(&card, "discovery") }).await.unwrap();
}

#[tokio::test]
async fn retry_of_a_step_is_another_try_of_it_and_cards_are_counted_by_state() {
    let house = house().await;
    let (card, other) = (card(&house, "a").await, card(&house, "b").await);
    let (_, work) = begin(&house, &card, 2).await;
    let cards = house.store.cards();
    let retry = RunId::new();
    for _ in 0..2 {
        cards.take_retry(card.id, retry, work.run).await.unwrap();
    }
    cards.take_retry(card.id, RunId::new(), RunId::new()).await.unwrap();
    let steps: Vec<_> =
        cards.steps(card.id).await.unwrap().iter().map(|one| (one.step, one.attempt)).collect();
    assert_eq!(steps, [(2, 1), (2, 2)]);
    assert!(cards.wait(other.id, other.entry, Some(CardWait::Review), "look").await.unwrap());
    let inbox = |state, cards| StageCount { stage: stage("inbox"), state, cards };
    let mut counts = cards.counts(Some(house.workspace), &WorkflowName::PRODUCT, None).await.unwrap();
    counts.sort_by_key(|count| count.state == StageState::Queued);
    assert_eq!(counts, [inbox(StageState::AwaitingReview, 1), inbox(StageState::Queued, 1)]);
    assert_eq!(cards.counts(None, &WorkflowName::PRODUCT, Some("other")).await.unwrap(), []);
    assert_eq!(
        cards.costs(None, &WorkflowName::PRODUCT, None).await.unwrap(),
        [(stage("inbox"), Micros::ZERO)]
    );
}

#[tokio::test]
async fn dependencies_are_cards_of_the_workspace_without_a_cycle() {
    let house = house().await;
    let cards = house.store.cards();
    let first = card(&house, "a").await;
    let second = cards.open(new_card(&house, "b", &[first.id])).await.unwrap();
    let third = cards.open(new_card(&house, "c", &[second.id, second.id])).await.unwrap();
    let on = |cards: &[&Card]| CardEdit {
        depends_on: Some(cards.iter().map(|card| card.id).collect()),
        ..CardEdit::default()
    };
    for others in [[&third].as_slice(), &[&first]] {
        let refused = cards.edit(first.id, None, on(others)).await.unwrap_err().problem();
        assert_eq!(refused.code, "card_cycle", "{refused:?}");
    }
    let unknown = new_card(&house, "d", &[TaskId::new()]);
    assert_eq!(cards.open(unknown).await.unwrap_err().problem().code, "card_not_found");
    assert_eq!(cards.list(CardFilter { limit: 9, ..CardFilter::default() }).await.unwrap().len(), 3);
    let links = cards.links(second.id).await.unwrap();
    let ids = |links: &[CardLink]| links.iter().map(|link| link.id).collect::<Vec<_>>();
    assert_eq!((ids(&links.depends_on), ids(&links.dependents)), (vec![first.id], vec![third.id]));

    // Those that wait for a card are decided about again when it moves, and when it is removed.
    for waiting in [&second, &third] {
        assert!(cards.wait(waiting.id, waiting.entry, Some(CardWait::Cards), "").await.unwrap());
    }
    assert_eq!(state(&house, &second).await, StageState::Blocked);
    assert!(!cards.due(9).await.unwrap().contains(&second.id));
    cards.enter(entering(&first, "discovery")).await.unwrap();
    let due = cards.due(9).await.unwrap();
    assert!(due.contains(&second.id) && !due.contains(&third.id), "{due:?}");
    cards.remove(second.id, None).await.unwrap();
    assert!(cards.due(9).await.unwrap().contains(&third.id));
    assert_eq!(cards.links(third.id).await.unwrap(), CardLinks::default());
    cards.edit(first.id, None, on(&[&third])).await.unwrap();
}

#[tokio::test]
async fn tickets_become_cards_once_and_change_until_something_was_done_for_them() {
    let house = house().await;
    let cards = house.store.cards();
    let parent = card(&house, "parent").await;
    let ticket = |key: &str, title: &str, on: &[&str]| {
        let mut card = new_card(&house, "ticket", &[]);
        card.task.title = title.to_owned();
        NewTicket { key: key.to_owned(), card, depends_on: on.iter().map(|key| (*key).to_owned()).collect() }
    };
    let end = async |entry: &Card, tickets: Vec<NewTicket>| {
        let (begun, work) = begin(&house, entry, 1).await;
        assert!(begun);
        house.store.attempts().run_started(work.run).await.unwrap();
        house.store.attempts().started(work.attempt, started()).await.unwrap();
        house.store.attempts().settle(settlement(work.attempt, CENT), &Limits::none()).await.unwrap();
        let result = StepResult {
            metrics: vec![("tickets".to_owned(), 2.0)],
            gates: vec![GateResult {
                id: "tickets".to_owned(),
                name: "tickets.md".to_owned(),
                passed: true,
                message: "it is there".to_owned(),
            }],
            tickets,
            ..ended(StepEnd::Done, Value::Null)
        };
        for _ in 0..2 {
            cards.end_step(parent.id, work.run, result.clone()).await.unwrap();
        }
    };
    end(&parent, vec![ticket("T1", "One", &[]), ticket("T2", "Two", &["T1"])]).await;
    let made = cards.links(parent.id).await.unwrap().tickets;
    let told: Vec<_> = made.iter().map(|one| (one.ticket.as_deref().unwrap(), &*one.title)).collect();
    assert_eq!(told, [("T1", "One"), ("T2", "Two")]);
    assert_eq!(cards.links(made[1].id).await.unwrap().depends_on[0].id, made[0].id);
    let now = cards.get(parent.id).await.unwrap();
    assert_eq!((now.gates[0].id.as_str(), cards.metrics(parent.id).await.unwrap()[0].1), ("tickets", 2.0));

    // Another try renames T2, which has no run, but not T1, which has moved.
    let first = cards.get(made[0].id).await.unwrap();
    assert_eq!(first.parent, Some(parent.id));
    cards.enter(entering(&first, "discovery")).await.unwrap();
    let again = cards.start(parent.id, None).await.unwrap();
    end(&again, vec![ticket("T1", "Uno", &[]), ticket("T2", "Due", &[]), ticket("T3", "Tre", &["T2"])]).await;
    let made = cards.links(parent.id).await.unwrap().tickets;
    let titles: Vec<_> = made.iter().map(|one| one.title.as_str()).collect();
    assert_eq!(titles, ["One", "Due", "Tre"]);
    assert_eq!(cards.links(made[1].id).await.unwrap().depends_on, []);
    cards.enter(entering(&now, "discovery")).await.unwrap();
    assert_eq!(cards.get(parent.id).await.unwrap().gates, [], "another stage has gates of its own");
}

#[tokio::test]
async fn ballots_of_one_try_are_side_by_side_and_no_persona_casts_two() {
    let house = house().await;
    let card = card(&house, "a").await;
    let (begun, ann) = begin_as(&house, &card, 1, Some("Ann")).await;
    assert!(begun);
    assert!(begin_as(&house, &card, 1, Some("Ben")).await.0, "beside the other");
    for (step, persona) in [(1, Some("Ann")), (1, None), (2, Some("Cat"))] {
        assert!(!begin_as(&house, &card, step, persona).await.0, "{step} {persona:?}");
    }
    assert!(house.store.cards().get(card.id).await.unwrap().run.is_some());
    // The end of one ballot does not unlock the card.
    house.store.attempts().run_started(ann.run).await.unwrap();
    house.store.attempts().started(ann.attempt, started()).await.unwrap();
    house.store.attempts().settle(settlement(ann.attempt, CENT), &Limits::none()).await.unwrap();
    assert_eq!(house.store.cards().due(9).await.unwrap(), []);
    assert!(begin_as(&house, &card, 1, Some("Cat")).await.0);
    assert!(!begin_as(&house, &card, 1, Some("Ann")).await.0);
    let personas: Vec<_> =
        house.store.cards().steps(card.id).await.unwrap().into_iter().filter_map(|one| one.persona).collect();
    assert_eq!(personas, ["Ann", "Ben", "Cat"]);
}
