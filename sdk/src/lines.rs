//! Whole lines out of a byte stream that is split anywhere, inside a character too.

use alloc::vec::Vec;
use memchr::memchr;

/// Collects bytes and hands out whole lines, each seen once and without its line end.
///
/// A line that lies within one chunk is borrowed from it; only what is left over at the end of a
/// chunk is copied. A line of 10 MB fed in chunks of 64 KiB is searched once, not once a chunk.
#[derive(Debug, Default)]
pub struct Lines {
    partial: Vec<u8>,
}

impl Lines {
    /// Nothing read yet.
    pub const fn new() -> Self {
        Self { partial: Vec::new() }
    }

    /// Calls `line` with every line that `bytes` completes. Blank lines are passed over.
    pub fn feed(&mut self, mut bytes: &[u8], mut line: impl FnMut(&[u8])) {
        while let Some(end) = memchr(b'\n', bytes) {
            let (head, tail) = bytes.split_at(end);
            if self.partial.is_empty() {
                emit(head, &mut line);
            } else {
                self.partial.extend_from_slice(head);
                emit(&self.partial, &mut line);
                self.partial.clear();
            }
            bytes = tail.get(1..).unwrap_or_default();
        }
        self.partial.extend_from_slice(bytes);
    }

    /// Calls `line` with what came after the last line end, if anything did.
    pub fn finish(&mut self, mut line: impl FnMut(&[u8])) {
        let rest = core::mem::take(&mut self.partial);
        emit(&rest, &mut line);
    }
}

fn emit(bytes: &[u8], line: &mut impl FnMut(&[u8])) {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    if !bytes.trim_ascii().is_empty() {
        line(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn split_at_every(text: &str, size: usize) -> Vec<String> {
        let mut lines = Lines::new();
        let mut seen = Vec::new();
        let mut keep = |line: &[u8]| seen.push(String::from_utf8(line.to_vec()).unwrap());
        for chunk in text.as_bytes().chunks(size) {
            lines.feed(chunk, &mut keep);
        }
        lines.finish(&mut keep);
        seen
    }

    #[test]
    fn lines_are_whole_however_the_bytes_are_split() {
        let text = "{\"a\":\"日本🦀\"}\r\n\n{\"b\":2}\n   \nlast without end";
        let whole = ["{\"a\":\"日本🦀\"}", "{\"b\":2}", "last without end"];
        for size in 1..text.len() {
            assert_eq!(split_at_every(text, size), whole, "split every {size} bytes");
        }
    }

    #[test]
    fn a_line_of_ten_megabytes_comes_out_whole() {
        let text = "x".repeat(10 << 20) + "\nend\n";
        let seen = split_at_every(&text, 64 << 10);
        assert_eq!(seen.len(), 2);
        assert_eq!(seen[0].len(), 10 << 20);
    }
}
