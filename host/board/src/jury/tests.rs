//! The tally of ballots, and the personas of another try.

use super::{Poll, personas, quorum};
use jackfield_model::{Jury, Persona, StepEnd, StepRun};
use jackfield_types::{Digest, RunId, StageName};
use serde_json::{Value, json};

fn jury(quorum: Option<u32>) -> Jury {
    let persona = |name: &str| Persona {
        name: name.to_owned(),
        background: "works".to_owned(),
        goals: vec![],
        deal_breakers: vec![],
    };
    Jury { personas: ["Ann", "Ben", "Cat"].map(persona).into(), quorum }
}

fn ballot(persona: &str, attempt: u32, end: Option<StepEnd>, outputs: Value) -> StepRun {
    StepRun {
        run: RunId::new(),
        stage: "validate".parse().unwrap(),
        entry: 4,
        step: 1,
        attempt,
        skill: "jury-ballot".to_owned(),
        digest: Digest::from_bytes([0; 32]),
        persona: Some(persona.to_owned()),
        end,
        outputs,
    }
}

fn scores(overall: u32, trust: u32) -> Value {
    json!({ "overall": overall, "scores": [
        { "dimension": "value", "score": overall, "reason": "r", "quote": "" },
        { "dimension": "trust", "score": trust, "reason": "r", "quote": "" },
    ] })
}

fn failed(message: &str) -> Option<StepEnd> {
    Some(StepEnd::Failed { message: message.to_owned() })
}

fn stage() -> StageName {
    "validate".parse().unwrap()
}

fn names(personas: &[Persona]) -> Vec<&str> {
    personas.iter().map(|persona| persona.name.as_str()).collect()
}

#[test]
fn missing_persona_is_not_zero_and_the_quorum_decides() {
    let (stage, mut steps) = (stage(), Vec::new());
    steps.push(ballot("Ann", 1, Some(StepEnd::Done), scores(80, 90)));
    steps.push(ballot("Ben", 1, failed("no answer"), Value::Null));
    steps.push(ballot("Cat", 1, Some(StepEnd::Done), scores(60, 30)));
    let poll = Poll::new(&jury(None), &stage, &steps, 4, 1);
    assert_eq!((poll.quorum, poll.end(1)), (2, StepEnd::Done));
    let record = poll.record().unwrap();
    assert_eq!((record.jury_score, record.spread), (70.0, 10.0));
    assert_eq!((record.missing, record.ballots.len()), (vec!["Ben".to_owned()], 2));
    let trust = &record.dimensions[1];
    assert_eq!(
        (trust.dimension.as_str(), trust.mean, trust.spread, trust.lowest, trust.highest),
        ("trust", 60.0, 30.0, 30.0, 90.0)
    );
    let all = Poll::new(&jury(Some(3)), &stage, &steps, 4, 1);
    let StepEnd::Failed { message } = all.end(1) else { panic!("two of three are too few") };
    assert_eq!(message, "2 of 3 ballots were cast; Ben: no answer");
}

#[test]
fn another_try_asks_only_those_who_have_cast_no_ballot() {
    let (stage, jury, mut steps) = (stage(), jury(Some(3)), Vec::new());
    let remaining = |steps: &[StepRun], attempt| {
        let poll = Poll::new(&jury, &stage, steps, 4, 1);
        names(&poll.remaining(attempt)).join(" ")
    };
    assert_eq!(remaining(&steps, 1), "Ann Ben Cat");
    steps.push(ballot("Ann", 1, Some(StepEnd::Done), scores(1, 1)));
    steps.push(ballot("Ben", 1, None, Value::Null));
    assert_eq!(remaining(&steps, 1), "Cat", "a host that was killed asks the rest");
    steps[1].end = failed("cut off");
    steps.push(ballot("Cat", 1, Some(StepEnd::Done), scores(1, 1)));
    assert_eq!(remaining(&steps, 1), "");
    assert_eq!(remaining(&steps, 2), "Ben");
    steps.push(ballot("Ben", 2, Some(StepEnd::Done), scores(1, 1)));
    let poll = Poll::new(&jury, &stage, &steps, 4, 1);
    assert_eq!(poll.end(2), StepEnd::Done);
    assert!(Poll::new(&jury, &stage, &steps, 5, 1).record().is_none(), "another entry has its own ballots");
}

#[test]
fn dissent_and_deal_breakers_name_their_persona() {
    let (stage, mut told) = (stage(), scores(20, 20));
    told["dissent"] = json!("the export leaks names");
    told["deal_breaker"] = json!("no way to leave");
    let steps = [ballot("Ann", 1, Some(StepEnd::Done), told)];
    let record = Poll::new(&jury(Some(1)), &stage, &steps, 4, 1).record().unwrap();
    assert_eq!(record.dissent, ["Ann: the export leaks names"]);
    assert_eq!(record.deal_breakers, ["Ann: no way to leave"]);
}

#[test]
fn shipped_personas_are_twelve_with_names_of_their_own() {
    let personas = personas(&Jury::default());
    let unique: std::collections::BTreeSet<_> = names(&personas).into_iter().collect();
    assert_eq!((personas.len(), unique.len(), quorum(&Jury::default(), 12)), (12, 12, 8));
}
