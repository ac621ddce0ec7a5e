//! Secrets out of a byte stream, however it is split.
//!
//! What an agent prints is read by a component, stored and shown; a secret that the host passed to
//! the agent must reach none of them. So the bytes go through here first.

/// Shorter values are not treated as secrets: they would blank out ordinary words.
const SHORTEST: usize = 8;

/// Replaces the values of secret variables by their names.
#[derive(Debug, Default)]
pub(crate) struct Redactor {
    secrets: Vec<(Vec<u8>, Vec<u8>)>,
    /// The end of what was fed so far, while it may still be the beginning of a secret.
    held: Vec<u8>,
}

impl Redactor {
    /// For these variables and their values. The longest is looked for first, so that a secret
    /// that contains another one is replaced whole.
    pub(crate) fn new(secrets: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut secrets: Vec<_> = secrets
            .into_iter()
            .filter(|(_, value)| value.len() >= SHORTEST)
            .map(|(name, value)| (value.into_bytes(), format!("[{name}]").into_bytes()))
            .collect();
        secrets.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        Self { secrets, held: Vec::new() }
    }

    /// What can be shown of `bytes` now; the rest is held until it is clear what it is.
    pub(crate) fn feed(&mut self, bytes: Vec<u8>) -> Vec<u8> {
        if self.secrets.is_empty() {
            return bytes;
        }
        let mut pending = std::mem::take(&mut self.held);
        pending.extend(bytes);
        let keep = self.undecided(&pending);
        self.held = pending.split_off(pending.len() - keep);
        self.replace(pending)
    }

    /// The rest, once nothing more will come.
    pub(crate) fn finish(&mut self) -> Vec<u8> {
        let rest = std::mem::take(&mut self.held);
        self.replace(rest)
    }

    /// A text that is whole.
    pub(crate) fn text(&self, text: &str) -> String {
        String::from_utf8_lossy(&self.replace(text.as_bytes().to_vec())).into_owned()
    }

    /// How many bytes at the end could be the beginning of a secret.
    ///
    /// This ensures that no secret is cut in two: the held tail starts at the earliest place from
    /// which a secret could still run past the end, and everything before it is whole.
    fn undecided(&self, bytes: &[u8]) -> usize {
        let longest = self.secrets.first().map_or(0, |(value, _)| value.len());
        (1..longest.min(bytes.len() + 1))
            .rev()
            .find(|&size| {
                let tail = bytes.get(bytes.len() - size..).unwrap_or_default();
                self.secrets.iter().any(|(value, _)| value.len() > size && value.starts_with(tail))
            })
            .unwrap_or(0)
    }

    fn replace(&self, bytes: Vec<u8>) -> Vec<u8> {
        let mut clean = bytes;
        for (value, label) in &self.secrets {
            let mut from = 0;
            while let Some(at) = find(clean.get(from..).unwrap_or_default(), value) {
                let start = from + at;
                clean.splice(start..start + value.len(), label.iter().copied());
                from = start + label.len();
            }
        }
        clean
    }
}

fn find(bytes: &[u8], value: &[u8]) -> Option<usize> {
    bytes.windows(value.len()).position(|window| window == value)
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
    fn short_values_and_no_values_change_nothing() {
        assert_eq!(redacted(&[("PORT", "8080")], "port 8080", 3), "port 8080");
        assert_eq!(redacted(&[], "anything", 3), "anything");
    }
}
