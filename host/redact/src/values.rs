//! The values that are looked for, and how they are replaced in whole bytes.

use super::needles::{Finder, SHORTEST, Span};
use super::view::Decoding;
use std::borrow::Cow;
use std::sync::OnceLock;

/// What is kept back of a stream at most, bytes, beside sixteen times the longest value.
const MOST_HELD: usize = 16 << 10;

/// The values of secret variables, and what replaces each.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// What stands in the place of a value, and the value.
    secrets: Vec<(String, String)>,
    /// Made when something is looked for: most commands print nothing that could hold one.
    finders: OnceLock<Vec<Finder>>,
}

impl Values {
    /// Of these variables. Short values are left out.
    pub(super) fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let secrets = variables.into_iter().filter_map(|(name, value)| {
            let value = value.trim();
            (value.len() >= SHORTEST).then(|| (label(&name), value.to_owned()))
        });
        Self { secrets: secrets.collect(), finders: OnceLock::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    /// How many bytes a piece cut out of a longer text must begin earlier, so that no value is cut.
    pub(super) fn margin(&self) -> usize {
        let longest = self.secrets.iter().map(|(_, value)| value.len()).max();
        longest.map_or(0, |longest| MOST_HELD + longest.saturating_mul(16))
    }

    /// The clean bytes, and how many of `bytes` they stand for: where `more` may come, it ends at the first place
    /// from which a secret could still run past the end.
    pub(super) fn replaced<'a>(&self, bytes: &'a [u8], more: bool) -> (Cow<'a, [u8]>, usize) {
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
            if let Some((label, _)) = self.secrets.get(span.secret) {
                clean.extend_from_slice(label.as_bytes());
            }
            at = span.to;
        }
        clean.extend_from_slice(whole.get(at..).unwrap_or_default());
        (Cow::Owned(clean), end)
    }

    fn finders(&self) -> &[Finder] {
        self.finders.get_or_init(|| {
            let values: Vec<_> =
                self.secrets.iter().enumerate().map(|(index, (_, value))| (index, value.as_str())).collect();
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
