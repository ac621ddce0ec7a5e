//! The tables in `docs/board.md` say what follows in every case: they are the test.

use jackfield_board::{Facts, LastStep, Next, decide};
use jackfield_model::{
    AutomationLevel, AutomationMode, BoardSettings, CardWait, GateSubject, OnFail, Recipe, RecipeStep,
    StageGate, StepEnd,
};
use jackfield_types::StageName;

const DOCUMENT: &str = include_str!("../../../../docs/board.md");
const LEVELS: [(&str, AutomationLevel); 4] = [
    ("manual", AutomationLevel::Manual),
    ("human_approval", AutomationLevel::HumanApproval),
    ("auto_notify", AutomationLevel::AutoNotify),
    ("fully_auto", AutomationLevel::FullyAuto),
];
const ON_FAIL: [(&str, OnFail); 4] = [
    ("stay", OnFail::Stay),
    ("revert", OnFail::Revert),
    ("create_questions", OnFail::CreateQuestions),
    ("review_required", OnFail::ReviewRequired),
];
const MODES: [&str; 5] = ["manual", "before", "at", "after", "auto_all"];

fn stages() -> Vec<StageName> {
    ["inbox", "discovery", "prd", "design", "build"].map(|name| name.parse().unwrap()).into()
}

/// The settings in which the stage `prd` has this place.
fn settings(mode: &str, stop: Option<&str>) -> BoardSettings {
    let stop = match mode {
        "before" => Some("design"),
        "at" => Some("prd"),
        "after" => stop,
        _ => None,
    };
    BoardSettings {
        automation_mode: match mode {
            "manual" => AutomationMode::Manual,
            "auto_all" => AutomationMode::AutoAll,
            _ => AutomationMode::AutoToStage,
        },
        automation_stop_stage: stop.map(|name| name.parse().unwrap()),
    }
}

fn recipe(level: AutomationLevel, on_fail: OnFail) -> Recipe {
    let step = RecipeStep { skill_id: "prd".to_owned(), retry_count: 1, ..RecipeStep::default() };
    let steps = vec![step.clone(), step];
    Recipe { automation_level: level, steps, gates: vec![], on_fail, executor: None, enabled: true }
}

/// What follows, by the one row below a heading whose cells allow these.
fn documented(heading: &str, cells: &[&str]) -> String {
    let section = DOCUMENT.split("\n### ").find(|section| section.starts_with(heading)).unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
    let allows = |allowed: &str, cell: &str| allowed == "any" || allowed.split(", ").any(|one| one == cell);
    let fitting: Vec<_> = rows
        .map(|row| row.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>())
        .filter(|row| row.len() == cells.len() + 1)
        .filter(|row| row.iter().zip(cells).all(|(allowed, cell)| allows(allowed, cell)))
        .collect();
    assert_eq!(fitting.len(), 1, "{heading}: {cells:?} has the rows {fitting:?}");
    fitting[0][cells.len()].to_owned()
}

fn name(next: &Next) -> &'static str {
    match next {
        Next::Begin { .. } => "step",
        Next::Wait(None, _) => "nothing",
        Next::Wait(Some(CardWait::Start), _) => "wait for start",
        Next::Wait(Some(CardWait::Review), _) => "wait for review",
        Next::Wait(Some(CardWait::OtherReview), _) => "wait for review by another",
        Next::Wait(Some(CardWait::Problem), _) => "blocked",
        Next::Wait(Some(CardWait::Answers), _) | Next::Ask(_) => "wait for answers",
        Next::Wait(Some(CardWait::Cards), _) => "wait for cards",
        Next::Advance(_) | Next::Finish => "next stage",
        Next::Revert(..) => "stage before",
    }
}

/// Every level, mode, trust and behaviour after a failure.
fn each(mut check: impl FnMut((&str, AutomationLevel), (&str, &BoardSettings), bool, (&str, OnFail))) {
    for level in LEVELS {
        for mode in MODES {
            for stop in [Some("inbox"), Some("no-such-stage"), None] {
                for vetted in [true, false] {
                    for on_fail in ON_FAIL {
                        check(level, (mode, &settings(mode, stop)), vetted, on_fail);
                    }
                }
            }
        }
    }
}

fn trust(vetted: bool) -> &'static str {
    if vetted { "vetted" } else { "not vetted" }
}

#[test]
fn entry_is_followed_by_what_the_document_says() {
    each(|(level_name, level), (mode, settings), vetted, (_, on_fail)| {
        for started in [true, false] {
            let next = decide(&Facts {
                recipe: Some(&recipe(level, on_fail)),
                settings,
                stages: &stages(),
                stage: &"prd".parse().unwrap(),
                started,
                last: None,
                not_vetted: (!vetted).then_some("prd"),
                unfinished: None,
                held_back: None,
            });
            let cells = [if started { "yes" } else { "no" }, level_name, mode, trust(vetted)];
            assert_eq!(name(&next), documented("A card enters a stage", &cells), "{cells:?}: {next:?}");
        }
    });
}

#[test]
fn success_is_followed_by_what_the_document_says() {
    each(|(level_name, level), (mode, settings), vetted, (_, on_fail)| {
        let facts = |step, stage: &StageName| {
            let last = LastStep { step, attempt: 2, end: StepEnd::Done };
            decide(&Facts {
                recipe: Some(&recipe(level, on_fail)),
                settings,
                stages: &stages(),
                stage,
                started: true,
                last: Some(&last),
                not_vetted: (!vetted).then_some("prd"),
                unfinished: Some("another"),
                held_back: None,
            })
        };
        let prd: StageName = "prd".parse().unwrap();
        assert_eq!(facts(1, &prd), Next::Begin { step: 2, attempt: 1 }, "the steps of a stage go on");
        let next = facts(2, &prd);
        let cells = [level_name, mode, trust(vetted)];
        let documented = documented("The last step succeeded and the gates passed", &cells);
        assert_eq!(name(&next), documented, "{cells:?}: {next:?}");
        if let Next::Advance(stage) = next {
            assert_eq!(stage.as_str(), "design");
        }
        if mode == "auto_all" && documented == "next stage" {
            assert_eq!(facts(2, &"build".parse().unwrap()), Next::Finish);
        }
    });
}

#[test]
fn failure_is_followed_by_what_the_document_says() {
    each(|(_, level), (_, settings), vetted, (on_fail_name, on_fail)| {
        for (stage, place) in [("inbox", "first"), ("prd", "other")] {
            for attempt in [1, 2] {
                let end = StepEnd::Failed { message: "prd.md is missing".to_owned() };
                let next = decide(&Facts {
                    recipe: Some(&recipe(level, on_fail)),
                    settings,
                    stages: &stages(),
                    stage: &stage.parse().unwrap(),
                    started: true,
                    last: Some(&LastStep { step: 1, attempt, end }),
                    not_vetted: (!vetted).then_some("prd"),
                    unfinished: None,
                    held_back: None,
                });
                let cells = [if attempt == 1 { "yes" } else { "no" }, on_fail_name, place];
                let documented = documented("A step failed, or its gates did", &cells);
                assert_eq!(name(&next), documented, "{cells:?}: {next:?}");
                match next {
                    Next::Begin { step, attempt } => assert_eq!((step, attempt), (1, 2)),
                    Next::Revert(stage, _) => assert_eq!(stage.as_str(), "discovery"),
                    _ => {}
                }
            }
        }
    });
}

#[test]
fn cancelled_run_leaves_the_card_waiting_and_a_stage_without_recipe_does_nothing() {
    let settings = BoardSettings::default();
    let recipe = recipe(AutomationLevel::FullyAuto, OnFail::Stay);
    let (stages, prd) = (stages(), "prd".parse().unwrap());
    let last = LastStep { step: 1, attempt: 1, end: StepEnd::Cancelled };
    let facts = Facts {
        recipe: Some(&recipe),
        settings: &settings,
        stages: &stages,
        stage: &prd,
        started: true,
        last: Some(&last),
        not_vetted: None,
        unfinished: None,
        held_back: None,
    };
    assert_eq!(name(&decide(&facts)), "wait for start");
    assert_eq!(name(&decide(&Facts { recipe: None, ..facts })), "nothing");
    let off = Recipe { enabled: false, ..recipe.clone() };
    let entered = Facts { recipe: Some(&off), last: None, started: false, ..facts };
    assert_eq!(name(&decide(&entered)), "nothing", "a recipe that is not enabled");
}

#[test]
fn skill_that_lost_its_trust_stops_the_next_step_unless_a_person_started_the_stage() {
    let failed = StepEnd::Failed { message: "prd.md is missing".to_owned() };
    for (level_name, level) in LEVELS {
        for end in [&StepEnd::Done, &failed] {
            for started in [true, false] {
                let next = decide(&Facts {
                    recipe: Some(&recipe(level, OnFail::Stay)),
                    settings: &BoardSettings::default(),
                    stages: &stages(),
                    stage: &"prd".parse().unwrap(),
                    started,
                    last: Some(&LastStep { step: 1, attempt: 1, end: end.clone() }),
                    not_vetted: Some("prd"),
                    unfinished: None,
                    held_back: None,
                });
                let stops = level == AutomationLevel::FullyAuto && !started;
                let expected = if stops { "wait for start" } else { "step" };
                assert_eq!(name(&next), expected, "{level_name}, started by a person: {started}");
            }
        }
    }
}

#[test]
fn first_step_waits_for_cards_as_the_document_says() {
    let settings = BoardSettings::default();
    let (recipe, stages) = (recipe(AutomationLevel::AutoNotify, OnFail::Stay), stages());
    let done = LastStep { step: 1, attempt: 1, end: StepEnd::Done };
    for (first, last) in [("yes", None), ("no", Some(&done))] {
        for (place, unfinished) in
            [("in this stage or before", Some("T1 (Log in)")), ("past this stage", None)]
        {
            for started in [true, false] {
                let next = decide(&Facts {
                    recipe: Some(&recipe),
                    settings: &settings,
                    stages: &stages,
                    stage: &"prd".parse().unwrap(),
                    started,
                    last,
                    not_vetted: None,
                    unfinished,
                    held_back: None,
                });
                assert_eq!(name(&next), documented("A step would begin", &[first, place]), "{next:?}");
                if let Next::Wait(_, note) = next {
                    assert_eq!(note, "T1 (Log in) has not passed the stage prd");
                }
            }
        }
    }
}

#[test]
fn gates_that_look_at_the_card_hold_it_back_as_the_document_says() {
    let gate = StageGate {
        id: "jury".to_owned(),
        name: String::new(),
        kind: "jury_score".to_owned(),
        config: serde_json::Map::new(),
        subject: GateSubject::Card,
        failure_message: String::new(),
    };
    each(|(level_name, level), (mode, settings), vetted, (on_fail_name, on_fail)| {
        for steps in [true, false] {
            for (result, held_back) in
                [("passed", None), ("failed", Some("the jury scored 40")), ("none", None)]
            {
                let mut recipe = recipe(level, on_fail);
                recipe.gates = if result == "none" { vec![] } else { vec![gate.clone()] };
                if !steps {
                    recipe.steps.clear();
                }
                let last = LastStep { step: 2, attempt: 2, end: StepEnd::Done };
                let next = decide(&Facts {
                    recipe: Some(&recipe),
                    settings,
                    stages: &stages(),
                    stage: &"prd".parse().unwrap(),
                    started: false,
                    last: Some(&last).filter(|_| steps),
                    not_vetted: (!vetted).then_some("prd"),
                    unfinished: None,
                    held_back,
                });
                let cells = [if steps { "yes" } else { "no" }, result];
                let expected = match documented("The gates that look at the card were asked", &cells).as_str()
                {
                    "as for success" => {
                        let cells = [level_name, mode, trust(vetted)];
                        documented("The last step succeeded and the gates passed", &cells)
                    }
                    "as for failure" => {
                        documented("A step failed, or its gates did", &["no", on_fail_name, "other"])
                    }
                    other => other.to_owned(),
                };
                assert_eq!(name(&next), expected, "{cells:?}, {level_name}, {mode}: {next:?}");
            }
        }
    });
}
