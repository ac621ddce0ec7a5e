//! Facts and answers as people write them: JSON in the words of the WIT.
//!
//! `task-type` and `test-fail`, where the generated types say `task_type` and `TestFail`. A record need not
//! be written whole: what is not said is nothing (0, false, empty, none, the first case of an enum), but for
//! the few fields where nothing would be odd ([`usual::USUAL`]). What no record knows is refused, with its place.

mod misread;
mod reading;
mod spelling;
mod usual;
mod writing;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a value that a person wrote. The error says where in it what is wrong.
pub(crate) fn read<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    T::deserialize(reading::Words::given(value)).map_err(|misread| misread.to_string())
}

/// Writes an answer as a person reads it.
pub(crate) fn write(value: &impl Serialize) -> Result<Value, String> {
    value.serialize(writing::Writer).map_err(|misread| misread.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{choosing, driving, reporting, types};
    use crate::samples;
    use serde_json::json;

    #[test]
    fn every_sample_comes_back_as_it_went() {
        fn there_and_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
            assert_eq!(&read::<T>(write(value).unwrap()).unwrap(), value);
        }
        there_and_back(&samples::task());
        there_and_back(&samples::candidates());
        there_and_back(&samples::history());
        there_and_back(&samples::report());
        there_and_back(&samples::result());
        there_and_back(&samples::exit());
        there_and_back(&choosing::Step::Consensus(choosing::Consensus {
            candidates: vec![0, 2],
            reason: "two heads".to_owned(),
        }));
        there_and_back(&driving::Capabilities::all());
        there_and_back(&vec![("NAME".to_owned(), driving::Value::Pass)]);
        there_and_back(&Err::<driving::Command, _>(types::Failure {
            class: types::FailureClass::NoProgram,
            message: "it is not there".to_owned(),
            remedy: None,
            retry_after: Some(5),
            status: None,
        }));
    }

    #[test]
    fn words_are_those_of_the_wit() {
        let step = choosing::Step::Retry(choosing::Choice {
            candidate: 1,
            effort: types::Effort::High,
            reason: "why".to_owned(),
        });
        let words = json!({ "retry": { "candidate": 1, "effort": "high", "reason": "why" } });
        assert_eq!(write(&step).unwrap(), words);
        assert_eq!(write(&types::FailureClass::TestFail).unwrap(), json!("test-fail"));
        let task = write(&samples::task()).unwrap();
        assert_eq!(task.get("task-type"), Some(&json!("feature")));
    }

    #[test]
    fn what_is_not_said_is_nothing_or_the_usual() {
        let candidate: choosing::Candidate =
            read(json!({ "executor": "one", "rates": { "input": 3 } })).unwrap();
        assert!(candidate.installed && !candidate.free);
        assert_eq!(candidate.slots, 1);
        assert_eq!(candidate.tier, types::Tier::Workhorse);
        assert_eq!(candidate.login, types::Login::LoggedIn);
        assert_eq!(candidate.model, None);
        assert_eq!(
            candidate.rates.map(|rates| (rates.input, rates.output, rates.as_of)),
            Some((3, 0, String::new()))
        );
        let report: reporting::Report = read(json!({})).unwrap();
        assert_eq!(report.state, reporting::State::Succeeded);
        assert_eq!(report.usage.input, 0);
        // Either spelling of a name is understood.
        let task: choosing::Task = read(json!({ "context_tokens": 7 })).unwrap();
        assert_eq!((task.context_tokens, task.complexity), (7, 5));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        let why = |value| read::<Vec<choosing::Candidate>>(value).unwrap_err();
        assert_eq!(
            why(json!([{}, { "tier": "strong" }])),
            "[1].tier: 'strong' is not one of light, workhorse, strategist"
        );
        let unknown = why(json!([{ "excutor": "one" }]));
        assert!(
            unknown.starts_with("[0]: 'excutor' is not known; there are executor, model, tier"),
            "{unknown}"
        );
        assert!(why(json!([{ "busy": -1 }])).starts_with("[0].busy: invalid value"));
        assert!(why(json!([{ "rates": { "input": "much" } }])).starts_with("[0].rates.input: invalid type"));
        assert!(why(json!({})).starts_with("invalid type: map"));
    }
}
