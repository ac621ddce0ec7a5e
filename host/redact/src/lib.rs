//! Secrets out of text and bytes: the values of the variables that hold them, in whatever form they are printed.
//!
//! A value is found as it is; with terminal sequences, control characters and characters that are not shown between
//! its own; with some of its characters or all of them escaped, as in JSON, in a URL or in HTML; in base64 and in
//! hexadecimal digits; and across the pieces in which a stream arrives. What stands in its place is the variable's
//! name. Pure: it knows values and bytes, and nothing of where they come from or go to.

mod known;
mod needles;
mod stream;
mod view;

pub use known::{Secrets, password_of};
pub use stream::{Stream, Texts};

use needles::{Finder, Span};
use serde_json::Value;
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use view::Decoding;

/// Shorter values are not treated as secrets: they would blank out ordinary words.
pub(crate) const SHORTEST: usize = 8;
/// What is kept back of a stream at most, bytes, beside sixteen times the longest value.
const MOST_HELD: usize = 16 << 10;

/// Replaces the values of secret variables by their names. Clones share what it knows.
#[derive(Debug, Clone, Default)]
pub struct Redactor(Arc<Known>);

#[derive(Debug, Default)]
struct Known {
    /// What stands in the place of a value, and the value.
    secrets: Vec<(String, String)>,
    /// Made when something is looked for: most commands print nothing that could hold one.
    finders: OnceLock<Vec<Finder>>,
}

impl Redactor {
    /// For these variables and their values.
    pub fn new(secrets: impl IntoIterator<Item = (String, String)>) -> Self {
        let known = secrets.into_iter().filter_map(|(name, value)| {
            let value = value.trim();
            (value.len() >= SHORTEST).then(|| (label(&name), value.to_owned()))
        });
        Self(Arc::new(Known { secrets: known.collect(), finders: OnceLock::new() }))
    }

    /// Whether it knows no secret.
    pub fn is_empty(&self) -> bool {
        self.0.secrets.is_empty()
    }

    /// A text that is whole.
    pub fn text(&self, text: &str) -> String {
        self.changed(text).unwrap_or_else(|| text.to_owned())
    }

    /// The same, and nothing where there is no secret in it.
    pub fn changed(&self, text: &str) -> Option<String> {
        if self.is_empty() || text.len() < SHORTEST {
            return None;
        }
        match self.replaced(text.as_bytes(), false).0 {
            Cow::Borrowed(_) => None,
            Cow::Owned(clean) => Some(String::from_utf8_lossy(&clean).into_owned()),
        }
    }

    /// Every text in a value, the names of its fields among them.
    pub fn json(&self, value: Value) -> Value {
        if self.is_empty() {
            return value;
        }
        match value {
            Value::String(text) => self.changed(&text).unwrap_or(text).into(),
            Value::Array(values) => values.into_iter().map(|value| self.json(value)).collect(),
            Value::Object(fields) => {
                let clean =
                    |(name, value): (String, Value)| (self.changed(&name).unwrap_or(name), self.json(value));
                fields.into_iter().map(clean).collect()
            }
            other => other,
        }
    }

    /// A text on its way to a record: JSON stays JSON. Nothing where there is no secret in it.
    pub fn record(&self, text: &str) -> Option<String> {
        let clean = self.changed(text)?;
        if !text.starts_with(['{', '[', '"']) {
            return Some(clean);
        }
        match serde_json::from_str::<Value>(text) {
            Ok(value) => Some(self.json(value).to_string()),
            Err(_) => Some(clean),
        }
    }

    /// For bytes that come in pieces.
    pub fn stream(&self) -> Stream {
        Stream::new(self.clone())
    }

    /// How many bytes a piece cut out of a longer text must begin earlier, so that no value is cut.
    pub fn margin(&self) -> usize {
        let longest = self.0.secrets.iter().map(|(_, value)| value.len()).max();
        longest.map_or(0, |longest| MOST_HELD + longest.saturating_mul(16))
    }

    /// The clean bytes, and how many of `bytes` they stand for: where `more` may come, it ends at the first place
    /// from which a secret could still run past the end.
    fn replaced<'a>(&self, bytes: &'a [u8], more: bool) -> (Cow<'a, [u8]>, usize) {
        let views: Vec<_> =
            self.finders().iter().filter_map(|finder| Some((finder, finder.view(bytes, more)?))).collect();
        let mut found = Vec::new();
        for (finder, view) in &views {
            finder.spans(view, &mut found);
        }
        let mut spans = apart(found);
        let mut end = bytes.len();
        if more {
            let begun = views.iter().filter_map(|(finder, view)| {
                let begun = finder.begun(view, &spans);
                begun.into_iter().chain(view.unfinished).min()
            });
            end = begun.min().unwrap_or(end);
            // No secret is cut in two, and one that may become a longer one waits for it.
            if let Some(span) = spans.iter().find(|span| span.from < end && end < span.to) {
                end = span.from;
            }
            if bytes.len() - end > self.margin() {
                end = bytes.len();
            }
            spans.retain(|span| span.to <= end);
        }
        let whole = bytes.get(..end).unwrap_or_default();
        if spans.is_empty() {
            return (Cow::Borrowed(whole), end);
        }
        let mut clean = Vec::with_capacity(end);
        let mut at = 0;
        for span in spans {
            clean.extend_from_slice(whole.get(at..span.from).unwrap_or_default());
            if let Some((label, _)) = self.0.secrets.get(span.secret) {
                clean.extend_from_slice(label.as_bytes());
            }
            at = span.to;
        }
        clean.extend_from_slice(whole.get(at..).unwrap_or_default());
        (Cow::Owned(clean), end)
    }

    fn finders(&self) -> &[Finder] {
        self.0.finders.get_or_init(|| {
            let values: Vec<_> = self
                .0
                .secrets
                .iter()
                .enumerate()
                .map(|(index, (_, value))| (index, value.as_str()))
                .collect();
            let all =
                [Decoding::Nothing, Decoding::Shown, Decoding::Escapes, Decoding::Web, Decoding::Hexadecimal];
            all.into_iter().filter_map(|decoding| Finder::new(decoding, &values)).collect()
        })
    }
}

/// A name that can stand in any text.
fn label(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' };
    format!("[{}]", name.chars().map(plain).collect::<String>())
}

/// Spans that do not overlap, in their order. What begins first counts, and of several the longest.
fn apart(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_by_key(|span| (span.from, std::cmp::Reverse(span.to)));
    let mut apart: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match apart.last_mut() {
            Some(last) if span.from < last.to => last.to = last.to.max(span.to),
            _ => apart.push(span),
        }
    }
    apart
}

#[cfg(test)]
mod tests;
