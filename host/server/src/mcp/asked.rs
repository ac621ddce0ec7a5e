//! The arguments of a tool with several actions.

use super::arguments::{ANSWER, NoArguments, bad_arguments, parse};
use crate::fields;
use jackfield_api::HumanAnswer;
use jackfield_types::{ErrorCode, Problem};
use serde_json::{Map, Value};

/// The arguments of a tool with several actions: the action, the id, and the fields of the action.
pub(super) struct Asked {
    pub(super) action: String,
    id: Option<String>,
    pub(super) rest: Value,
}

impl Asked {
    pub(super) fn of(arguments: Value, id: &str) -> Result<Self, Problem> {
        let mut given: Map<String, Value> = parse(arguments)?;
        let mut text = |name: &str| match fields::take(&mut given, name).map_err(|why| bad_arguments(&why))? {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Problem::caller(
                ErrorCode::BadArguments,
                format!("`{name}` is not a text"),
                format!("give `{name}` as text"),
            )),
        };
        let (action, id) = (text("action")?.unwrap_or_default(), text(id)?);
        Ok(Self { action, id, rest: Value::Object(given) })
    }

    pub(super) fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    /// Nothing more may be said.
    pub(super) fn no_more(&self) -> Result<(), Problem> {
        parse::<NoArguments>(self.rest.clone()).map(drop)
    }

    /// What a person says: `action` is the tool's own field here, so that this one's has another name.
    pub(super) fn person(&self) -> Result<HumanAnswer, Problem> {
        let Value::Object(mut given) = self.rest.clone() else { return parse(self.rest.clone()) };
        let Some(what) = fields::take(&mut given, ANSWER).map_err(|why| bad_arguments(&why))? else {
            return Err(bad_arguments(&format!("missing field `{ANSWER}`: one of retry, accept, stop")));
        };
        given.insert("action".to_owned(), what);
        parse(Value::Object(given))
    }

    pub(super) fn unknown(&self, known: &str) -> Problem {
        Problem::caller(
            ErrorCode::BadArguments,
            format!("there is no action '{}'", self.action),
            format!("set action to one of: {known}"),
        )
    }
}
