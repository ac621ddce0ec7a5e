//! Texts on their way into the file. Each goes through the store's [`Redact`] unless it is [`Exact`], so whoever adds a
//! column has nothing to remember: what an agent, a component or a caller wrote is never stored as it came.

use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Params, ToSql};
use std::fmt;
use std::sync::Arc;

/// What takes secrets out of a text: the text to store in its place, or nothing where it can be stored as it is. A text
/// that is JSON has to stay JSON.
#[derive(Clone)]
pub struct Redact(Arc<Cleaner>);

type Cleaner = dyn Fn(&str) -> Option<String> + Send + Sync;

impl Redact {
    /// Through this function, which is called for every text that is written.
    pub fn new(redact: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self(Arc::new(redact))
    }
}

impl Default for Redact {
    fn default() -> Self {
        Self::new(|_| None)
    }
}

impl fmt::Debug for Redact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Redact")
    }
}

/// What the store or the host works with and finds things by: a path, a branch, a name that is a key, a hash. It is
/// stored as it is, and holds nothing that an agent or a component made up.
pub(crate) struct Exact<T>(pub(crate) T);

impl<T: ToSql> ToSql for Exact<T> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        // An owned value is how `cleaned` knows it: texts of any other type are borrowed.
        Ok(match self.0.to_sql()? {
            ToSqlOutput::Borrowed(value) => ToSqlOutput::Owned(value.try_into()?),
            other => other,
        })
    }
}

/// Parameters that can be looked at before they are bound.
pub(crate) trait Given: Params {
    fn each(&self) -> Vec<&dyn ToSql>;
}

impl Given for &[&dyn ToSql] {
    fn each(&self) -> Vec<&dyn ToSql> {
        self.to_vec()
    }
}

impl Given for [&(dyn ToSql + Send + Sync); 0] {
    fn each(&self) -> Vec<&dyn ToSql> {
        Vec::new()
    }
}

impl<T: ToSql> Given for [T; 1] {
    fn each(&self) -> Vec<&dyn ToSql> {
        self.iter().map(|value| value as &dyn ToSql).collect()
    }
}

impl<T: ToSql> Given for [T; 2] {
    fn each(&self) -> Vec<&dyn ToSql> {
        self.iter().map(|value| value as &dyn ToSql).collect()
    }
}

/// The value to store: a text without what `redact` takes out of it.
pub(super) fn cleaned(value: &dyn ToSql, redact: &Redact) -> rusqlite::Result<Value> {
    Ok(match value.to_sql()? {
        ToSqlOutput::Borrowed(ValueRef::Text(bytes)) => {
            let text = std::str::from_utf8(bytes)?;
            Value::Text((redact.0)(text).unwrap_or_else(|| text.to_owned()))
        }
        ToSqlOutput::Borrowed(other) => other.try_into()?,
        ToSqlOutput::Owned(own) => own,
        _ => return Err(rusqlite::Error::ToSqlConversionFailure("a value of another kind".into())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_any_type_is_redacted_unless_it_is_exact() {
        let redact = Redact::new(|text| text.contains("hush").then(|| text.replace("hush", "[KEY]")));
        let text = |value: &dyn ToSql| match cleaned(value, &redact).unwrap() {
            Value::Text(text) => text,
            other => format!("{other:?}"),
        };
        assert_eq!(text(&"a hush"), "a [KEY]");
        assert_eq!(text(&"a hush".to_owned()), "a [KEY]");
        assert_eq!(text(&Some("a hush".to_owned())), "a [KEY]");
        assert_eq!(text(&Some(&"a hush".to_owned())), "a [KEY]");
        assert_eq!(text(&std::borrow::Cow::from("a hush")), "a [KEY]");
        assert_eq!(text(&Value::Text("a hush".into())), "a [KEY]");
        assert_eq!(text(&Exact("a hush")), "a hush");
        assert_eq!(text(&Exact(Some("a hush".to_owned()))), "a hush");
        assert_eq!(text(&None::<String>), "Null");
        assert_eq!(text(&5), "Integer(5)");
    }
}
