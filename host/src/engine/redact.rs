//! Secrets out of a byte stream, however it is split.
//!
//! What an agent prints is read by a component, stored and shown; a secret that the host passed to
//! the agent must reach none of them. So the bytes go through here first.

use serde_json::Value;

/// Shorter values are not treated as secrets: they would blank out ordinary words.
const SHORTEST: usize = 8;

/// Replaces the values of secret variables by their names.
#[derive(Debug, Default)]
pub(crate) struct Redactor {
    /// What must not be seen and what stands in its place, the longest first.
    secrets: Vec<(Vec<u8>, Vec<u8>)>,
    /// The end of what was fed so far, while it may still be the beginning of a secret.
    held: Vec<u8>,
}

impl Redactor {
    /// For these variables and their values, as they are and as a JSON string has them: most agents
    /// print JSON, where a quote or a line break in a secret looks different.
    pub(crate) fn new(secrets: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut all = Vec::new();
        for (name, value) in secrets.into_iter().filter(|(_, value)| value.len() >= SHORTEST) {
            let label = format!("[{name}]").into_bytes();
            let quoted = serde_json::Value::from(value.as_str()).to_string();
            let escaped = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
            if escaped != value {
                all.push((escaped.as_bytes().to_vec(), label.clone()));
            }
            all.push((value.into_bytes(), label));
        }
        all.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        Self { secrets: all, held: Vec::new() }
    }

    /// What can be shown of `bytes` now; the rest is held until it is clear what it is.
    pub(crate) fn feed(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        if self.secrets.is_empty() {
            return bytes;
        }
        let mut pending = std::mem::take(&mut self.held);
        pending.extend(bytes);
        let (clean, decided) = self.replace(&pending, true);
        self.held = pending.split_off(decided);
        clean
    }

    /// The rest, once nothing more will come.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        let rest = std::mem::take(&mut self.held);
        self.replace(&rest, false).0
    }

    /// A text that is whole.
    pub(crate) fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.replace(text.as_bytes(), false).0).into_owned()
    }

    /// A value that is about to be recorded.
    pub(crate) fn json(&self, value: Value) -> Value {
        if self.secrets.is_empty() {
            return value;
        }
        // A label needs no escaping, so what was JSON still is.
        serde_json::from_str(&self.text(&value.to_string())).unwrap_or_default()
    }

    /// The clean bytes, and how many of `bytes` they stand for.
    ///
    /// Read from the left, and at each place the longest secret counts. Where `more` may come, it
    /// ends at the first place from which a secret could still run past the end. This ensures that
    /// none is cut in two: a secret that has ended is replaced before its last bytes are looked at
    /// as the beginning of the next one.
    fn replace(&self, bytes: &[u8], more: bool) -> (Vec<u8>, usize) {
        let mut clean = Vec::with_capacity(bytes.len());
        let mut rest = bytes;
        while !rest.is_empty() {
            let unclear = |value: &[u8]| value.len() > rest.len() && value.starts_with(rest);
            if more && self.secrets.iter().any(|(value, _)| unclear(value)) {
                break;
            }
            let found = self.secrets.iter().find(|(value, _)| rest.starts_with(value));
            let (shown, taken) = match found {
                Some((value, label)) => (label.as_slice(), value.len()),
                None => {
                    let plain = rest.iter().skip(1).take_while(|byte| !self.begins(**byte)).count() + 1;
                    (rest.get(..plain).unwrap_or_default(), plain)
                }
            };
            clean.extend_from_slice(shown);
            rest = rest.get(taken..).unwrap_or_default();
        }
        (clean, bytes.len() - rest.len())
    }

    fn begins(&self, byte: u8) -> bool {
        self.secrets.iter().any(|(value, _)| value.first() == Some(&byte))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redacted(secrets: &[(&str, &str)], text: &str, size: usize) -> String {
        let mut redactor =
            Redactor::new(secrets.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        let mut out = Vec::new();
        for chunk in text.as_bytes().chunks(size) {
            out.extend(redactor.feed(chunk.to_vec()));
        }
        out.extend(redactor.finish());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_secret_never_gets_through_however_the_bytes_are_split() {
        let secrets = [("KEY", "sk-aaaa-bbbb"), ("LONGER", "sk-aaaa-bbbb-cccc"), ("OTHER", "bbbb-ccc")];
        let text = "a sk-aaaa-bbbb b sk-aaaa-bbbb-cccc c sk-aaaa-bbb d bbbb-ccc sk-sk-aaaa-bbbbsk-aaaa";
        let expected = "a [KEY] b [LONGER] c sk-aaaa-bbb d [OTHER] sk-[KEY]sk-aaaa";
        for size in 1..=text.len() {
            assert_eq!(redacted(&secrets, text, size), expected, "split every {size} bytes");
        }
    }

    #[test]
    fn a_secret_that_ends_as_it_or_another_begins_is_replaced_all_the_same() {
        let secrets = [("SAME", "sk-aaaa-bbbs"), ("NEXT", "bbbs-cccc"), ("TWICE", "xyxyxyxy")];
        let text = "sk-aaaa-bbbs xyxyxyxy xyxyxyxyxyxyxyxy sk-aaaa-bbbssk-aaaa-bbbs bbbs-cccc";
        let expected = "[SAME] [TWICE] [TWICE][TWICE] [SAME][SAME] [NEXT]";
        for size in 1..=text.len() {
            assert_eq!(redacted(&secrets, text, size), expected, "split every {size} bytes");
        }
    }

    #[test]
    fn a_secret_inside_json_is_found_in_its_escaped_form() {
        let value = "line one\n\"quoted\"";
        let redactor = Redactor::new([("KEY".to_owned(), value.to_owned())]);
        let line = serde_json::json!({ "text": format!("it is {value}"), "n": 1 });
        assert_eq!(redactor.text(&line.to_string()), r#"{"n":1,"text":"it is [KEY]"}"#);
        assert_eq!(redactor.json(line), serde_json::json!({ "text": "it is [KEY]", "n": 1 }));
    }

    #[test]
    fn short_values_and_no_values_change_nothing() {
        assert_eq!(redacted(&[("PORT", "8080")], "port 8080", 3), "port 8080");
        assert_eq!(redacted(&[], "anything", 3), "anything");
    }
}
