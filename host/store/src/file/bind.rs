//! Texts on their way into the file. Each goes through the store's [`Redact`] unless it is [`Exact`], so whoever adds a
//! column has nothing to remember: what an agent, a component or a caller wrote is never stored as it came.

use jackfield_sql::{Params, ToValue, ValueRef};
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

    /// The text to store in place of this one; `None` if it can be stored as it is.
    pub(super) fn clean(&self, text: &str) -> Option<String> {
        (self.0)(text)
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

impl<T: ToValue> ToValue for Exact<T> {
    fn to_value(&self) -> ValueRef<'_> {
        self.0.to_value()
    }

    fn is_exact(&self) -> bool {
        true
    }
}

/// The texts that `redact` changes, with the positions of their parameters. Usually there are none, and parameters
/// are bound without a copy.
pub(super) fn cleaned(params: &impl Params, redact: &Redact) -> Vec<(usize, String)> {
    let (mut changed, mut position) = (Vec::new(), 0);
    params.for_each(|param| {
        if let ValueRef::Text(text) = param.to_value()
            && !param.is_exact()
            && let Some(clean) = redact.clean(text)
        {
            changed.push((position, clean));
        }
        position += 1;
    });
    changed
}

/// The values of parameters, with the cleaned texts in their places.
pub(super) fn values<'a>(params: &'a impl Params, cleaned: &'a [(usize, String)]) -> Vec<ValueRef<'a>> {
    let mut values = params.values();
    for (position, clean) in cleaned {
        if let Some(value) = values.get_mut(*position) {
            *value = ValueRef::Text(clean);
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_sql::Value;

    #[test]
    fn a_text_of_any_type_is_redacted_unless_it_is_exact() {
        let redact = Redact::new(|text| text.contains("hush").then(|| text.replace("hush", "[KEY]")));
        let text = |value: &dyn ToValue| {
            let params = [value];
            let cleaned = cleaned(&params, &redact);
            values(&params, &cleaned)[0].to_string()
        };
        assert_eq!(text(&"a hush"), "a [KEY]");
        assert_eq!(text(&"a hush".to_owned()), "a [KEY]");
        assert_eq!(text(&Some("a hush".to_owned())), "a [KEY]");
        assert_eq!(text(&Some(&"a hush".to_owned())), "a [KEY]");
        assert_eq!(text(&std::borrow::Cow::from("a hush")), "a [KEY]");
        assert_eq!(text(&Value::Text("a hush".into())), "a [KEY]");
        assert_eq!(text(&Exact("a hush")), "a hush");
        assert_eq!(text(&Exact(Some("a hush".to_owned()))), "a hush");
        assert_eq!(text(&None::<String>), "NULL");
        assert_eq!(text(&5), "5");
    }
}
