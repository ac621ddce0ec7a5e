//! Words of fixed sets in requests, read once when the request is.

use jackfield_store::{HumanTaskKind, HumanTaskState};
use jackfield_types::{ErrorCode, Problem, RunState, TaskState};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A word of a fixed set, as a request gives it. A word outside of the set is kept until the call refuses it, with the code
/// of the set in place of that of a malformed request. Its schema is that of the set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word<T> {
    /// A word of the set.
    Known(T),
    /// Another one.
    Unknown(String),
}

/// A fixed set of words.
pub trait WordSet: Copy + 'static {
    /// Every word, in the order in which errors list them.
    const ALL: &'static [Self];
    /// What a word of the set is, in errors.
    const WHAT: &'static str;
    /// The code of the problem for another word.
    const UNKNOWN: ErrorCode;

    /// The word as it is written.
    fn word(self) -> &'static str;
}

impl<T: WordSet> Word<T> {
    /// Reads a word.
    pub fn read(text: String) -> Self {
        let known = T::ALL.iter().find(|known| known.word() == text);
        known.map_or(Self::Unknown(text), |known| Self::Known(*known))
    }

    /// The word, if it is one of the set.
    ///
    /// # Errors
    /// The problem of an unknown word, which lists the known ones.
    pub fn known(self) -> Result<T, Problem> {
        let text = match self {
            Self::Known(known) => return Ok(known),
            Self::Unknown(text) => text,
        };
        let words: Vec<_> = T::ALL.iter().map(|known| known.word()).collect();
        let list = match words.split_last() {
            Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
            _ => words.concat(),
        };
        Err(Problem::caller(T::UNKNOWN, format!("there is no {} '{text}'", T::WHAT), format!("use {list}")))
    }
}

impl<T: WordSet> From<T> for Word<T> {
    fn from(known: T) -> Self {
        Self::Known(known)
    }
}

impl<T: WordSet> Serialize for Word<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Known(known) => known.word(),
            Self::Unknown(text) => text,
        })
    }
}

impl<'de, T: WordSet> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::read)
    }
}

#[cfg(feature = "schemas")]
impl<T: schemars::JsonSchema> schemars::JsonSchema for Word<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

impl WordSet for RunState {
    const ALL: &'static [Self] = Self::ALL;
    const WHAT: &'static str = "state";
    const UNKNOWN: ErrorCode = ErrorCode::UnknownState;

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl WordSet for TaskState {
    const ALL: &'static [Self] = Self::ALL;
    const WHAT: &'static str = "state";
    const UNKNOWN: ErrorCode = ErrorCode::UnknownState;

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl WordSet for HumanTaskState {
    const ALL: &'static [Self] = &Self::ALL;
    const WHAT: &'static str = "state";
    const UNKNOWN: ErrorCode = ErrorCode::UnknownState;

    fn word(self) -> &'static str {
        self.as_str()
    }
}

impl WordSet for HumanTaskKind {
    const ALL: &'static [Self] = &[Self::Todo, Self::Handoff];
    const WHAT: &'static str = "kind of human task";
    const UNKNOWN: ErrorCode = ErrorCode::UnknownKind;

    fn word(self) -> &'static str {
        match self {
            Self::Todo => "todo",
            Self::Handoff => "handoff",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HumanTaskStateFilter, HumanTasksFilter, RunsFilter};
    use serde_json::{Value, json};
    use std::fmt::Debug;

    /// Every word is written as the type itself writes it, and read as itself.
    fn assert_words<T: WordSet + Serialize + PartialEq + Debug>() {
        for known in T::ALL {
            assert_eq!(serde_json::to_value(known).unwrap(), known.word());
            let word: Word<T> = serde_json::from_value(json!(known.word())).unwrap();
            assert_eq!(word, Word::Known(*known));
            assert_eq!(serde_json::to_value(&word).unwrap(), known.word());
        }
    }

    #[test]
    fn word_of_a_set_is_read_as_its_type_writes_it() {
        assert_words::<RunState>();
        assert_words::<TaskState>();
        assert_words::<HumanTaskState>();
        assert_words::<HumanTaskStateFilter>();
        assert_words::<HumanTaskKind>();
    }

    #[test]
    fn unknown_word_is_refused_with_the_code_of_its_set() {
        let filter: RunsFilter = serde_json::from_value(json!({ "state": "asleep" })).unwrap();
        let problem = filter.state.unwrap().known().unwrap_err();
        assert_eq!(
            (problem.code, &*problem.message),
            (ErrorCode::UnknownState, "there is no state 'asleep'")
        );
        assert_eq!(problem.remedy, "use queued, running, waiting, succeeded, failed or cancelled");
        let problem = Word::<HumanTaskKind>::read("chore".to_owned()).known().unwrap_err();
        assert_eq!((problem.code, &*problem.remedy), (ErrorCode::UnknownKind, "use todo or handoff"));
    }

    #[cfg(feature = "schemas")]
    #[test]
    fn schema_of_a_filter_names_the_words() {
        let schema = |schema: schemars::Schema| serde_json::to_value(schema).unwrap();
        let words = |schema: &Value, name: &str| {
            let text = schema["$defs"][name].to_string();
            text.contains("\"any\"") || text.contains("\"queued\"") || text.contains("\"handoff\"")
        };
        let runs = schema(schemars::schema_for!(RunsFilter));
        assert!(words(&runs, "RunState"), "{runs}");
        let people = schema(schemars::schema_for!(HumanTasksFilter));
        assert!(words(&people, "HumanTaskStateFilter") && words(&people, "HumanTaskKind"), "{people}");
    }
}
