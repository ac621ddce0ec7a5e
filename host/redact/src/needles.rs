//! The forms in which the value of a secret is looked for, and where one of them begins or stands.

use super::view::{Decoding, View, has_hexadecimal, hexadecimal_from};
use aho_corasick::{AhoCorasick, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::BTreeSet;

/// Shorter values are not treated as secrets: they would blank out ordinary words.
pub(super) const SHORTEST: usize = 8;
/// Longest value that is looked for in base64 and in hexadecimal digits as well, bytes.
const LONGEST_ENCODED: usize = 4 << 10;
/// Shortest line of a value of several that is looked for by itself, bytes.
const SHORTEST_LINE: usize = 20;

/// A place in the bytes that is replaced, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) secret: usize,
}

/// Looks in one view.
#[derive(Debug)]
pub(super) struct Finder {
    decoding: Decoding,
    automaton: AhoCorasick,
    needles: Vec<(Vec<u8>, usize)>,
    /// The needles that begin with a byte.
    by_first: Vec<Vec<usize>>,
    longest: usize,
    shortest: usize,
}

impl Finder {
    /// For these values, each with the number of its secret; nothing where none can be looked for.
    pub(super) fn new(decoding: Decoding, values: &[(usize, &str)]) -> Option<Self> {
        let mut needles: Vec<(Vec<u8>, usize)> = Vec::new();
        for (secret, value) in values {
            let forms = forms(decoding, value).into_iter().filter(|form| form.len() >= SHORTEST);
            needles.extend(forms.map(|form| (form, *secret)));
        }
        let longest = needles.iter().map(|(needle, _)| needle.len()).max()?;
        let shortest = needles.iter().map(|(needle, _)| needle.len()).min()?;
        let built = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(needles.iter().map(|(needle, _)| needle));
        let automaton = match built {
            Ok(automaton) => automaton,
            Err(error) => {
                tracing::error!(%error, "failed to look for secrets: their values are too long");
                return None;
            }
        };
        let mut by_first = vec![Vec::new(); 256];
        for (index, (needle, _)) in needles.iter().enumerate() {
            if let Some(list) = needle.first().and_then(|first| by_first.get_mut(usize::from(*first))) {
                list.push(index);
            }
        }
        Some(Self { decoding, automaton, needles, by_first, longest, shortest })
    }

    /// The view in which something could stand; nothing where it would show what another one shows.
    pub(super) fn view(&self, bytes: &[u8], more: bool) -> Option<View> {
        let has = |wanted: fn(u8) -> bool| bytes.iter().any(|byte| wanted(*byte));
        match self.decoding {
            Decoding::Nothing | Decoding::Shown => {}
            Decoding::Escapes if has(|byte| matches!(byte, b'\\' | 0x1b | 0xc2)) => {}
            Decoding::Web if has(|byte| matches!(byte, b'%' | b'&' | b'+')) => {}
            Decoding::Escapes | Decoding::Web => return None,
            Decoding::Hexadecimal if has_hexadecimal(bytes, self.shortest) => {}
            // The beginning of one may be the end of these bytes.
            Decoding::Hexadecimal => return more.then(|| hexadecimal_from(bytes, true, true)),
        }
        Some(View::of(bytes, self.decoding, more))
    }

    pub(super) fn spans(&self, view: &View, spans: &mut Vec<Span>) {
        for found in self.automaton.find_iter(&view.bytes) {
            let Some((_, secret)) = self.needles.get(found.pattern().as_usize()) else { continue };
            let (from, to) = (view.start(found.start()), view.end(found.end()));
            spans.push(Span { from, to, secret: *secret });
        }
    }

    /// The first place from which one could run past the end, but for those within a span.
    pub(super) fn begun(&self, view: &View, spans: &[Span]) -> Option<usize> {
        let first = view.bytes.len().saturating_sub(self.longest.saturating_sub(1));
        (first..view.bytes.len()).find_map(|place| {
            let rest = view.bytes.get(place..)?;
            let list = self.by_first.get(usize::from(*rest.first()?))?;
            let runs_on = list
                .iter()
                .filter_map(|index| self.needles.get(*index))
                .any(|(needle, _)| needle.len() > rest.len() && needle.starts_with(rest));
            let from = runs_on.then(|| view.start(place))?;
            spans.iter().all(|span| from <= span.from || from >= span.to).then_some(from)
        })
    }
}

fn forms(decoding: Decoding, value: &str) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::new();
    if decoding == Decoding::Hexadecimal {
        if value.len() <= LONGEST_ENCODED {
            forms.insert(value.bytes().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect());
        }
        return forms;
    }
    let mut add = |text: &str| forms.insert(View::of(text.as_bytes(), decoding, false).bytes);
    add(value);
    // Of a key of many lines, each one: who prints some of them prints most of it.
    let lines = value.lines().map(str::trim).filter(|line| line.len() >= SHORTEST_LINE);
    let lines = lines.filter(|line| !line.starts_with("-----") && !line.contains(char::is_whitespace));
    lines.for_each(|line| {
        add(line);
    });
    if value.len() <= LONGEST_ENCODED {
        for shift in 0..3 {
            for text in in_base64(value.as_bytes(), shift) {
                add(&text);
            }
        }
    }
    forms
}

/// The characters of base64 that stand for these bytes and for nothing else, where so many bytes of a group of
/// three stand before them; in both alphabets.
fn in_base64(value: &[u8], shift: usize) -> [String; 2] {
    let mut padded = vec![0; shift];
    padded.extend_from_slice(value);
    let from = (shift * 8).div_ceil(6);
    let to = padded.len() * 8 / 6;
    let own = |text: String| text.get(from..to).unwrap_or_default().to_owned();
    [own(STANDARD_NO_PAD.encode(&padded)), own(URL_SAFE_NO_PAD.encode(&padded))]
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    #[test]
    fn base64_is_found_whatever_stands_before_and_behind_the_value() {
        let value = "sk-ant-0123?>~456789";
        for before in ["", "a", "ab", "abc", "user:"] {
            for behind in ["", "x", "xy", "xyz"] {
                let whole = format!("{before}{value}{behind}");
                let text = STANDARD.encode(&whole);
                let own = in_base64(value.as_bytes(), before.len() % 3);
                assert!(text.contains(&own[0]), "{whole}");
            }
        }
    }
}
