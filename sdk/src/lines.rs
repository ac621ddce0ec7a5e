//! Whole lines out of a byte stream that is split anywhere, inside a character too.

use alloc::vec::Vec;
use memchr::memchr;

/// The longest line that is handed out whole, bytes. A component has 256 MiB, and what reads a line may need its
/// text several times over.
const LONGEST: usize = 48 << 20;

/// What an adapter warns of where [`Lines::skipped`] tells of lines.
pub const TOO_LONG: &str = "A line of more than 48 MiB was skipped; it is in the log.";

/// Collects bytes and hands out whole lines, each seen once and without its line end.
///
/// A line that lies within one chunk is borrowed from it; only what is left over at the end of a
/// chunk is copied. A line of 10 MB fed in chunks of 64 KiB is searched once, not once a chunk. A line of more
/// than 48 MiB is passed over, however long it is, and [`skipped`](Self::skipped) tells of it.
#[derive(Debug)]
pub struct Lines {
    partial: Vec<u8>,
    most: usize,
    /// What is too long is cut, not passed over.
    cuts: bool,
    /// More of the line came than is kept.
    over: bool,
    skipped: u64,
}

impl Default for Lines {
    fn default() -> Self {
        Self::new()
    }
}

impl Lines {
    /// Nothing read yet.
    pub const fn new() -> Self {
        Self { partial: Vec::new(), most: LONGEST, cuts: false, over: false, skipped: 0 }
    }

    /// For text of which the first `most` bytes of a line are enough: the rest of each line is dropped as it comes.
    pub const fn cut_at(most: usize) -> Self {
        Self { partial: Vec::new(), most, cuts: true, over: false, skipped: 0 }
    }

    /// Calls `line` with every line that `bytes` completes. Blank lines are passed over.
    pub fn feed(&mut self, mut bytes: &[u8], mut line: impl FnMut(&[u8])) {
        while let Some(end) = memchr(b'\n', bytes) {
            let (head, tail) = bytes.split_at(end);
            if self.partial.is_empty() && !self.over && head.len() <= self.most {
                emit(head, &mut line);
            } else {
                self.keep(head);
                self.end_line(&mut line);
            }
            bytes = tail.get(1..).unwrap_or_default();
        }
        self.keep(bytes);
    }

    /// Calls `line` with what came after the last line end, if anything did.
    pub fn finish(&mut self, mut line: impl FnMut(&[u8])) {
        self.end_line(&mut line);
        self.partial = Vec::new();
    }

    /// How many lines were too long and passed over since this was last asked.
    pub fn skipped(&mut self) -> u64 {
        core::mem::take(&mut self.skipped)
    }

    /// Adds to the line that has not ended, up to what is kept of one.
    fn keep(&mut self, bytes: &[u8]) {
        let room = self.most.saturating_sub(self.partial.len());
        self.over |= bytes.len() > room;
        if self.over && !self.cuts {
            self.partial = Vec::new();
            return;
        }
        let kept = bytes.get(..room).unwrap_or(bytes);
        if self.partial.capacity() < self.partial.len() + kept.len() {
            // Doubled, but not beyond the bound: a component's memory is short.
            let wanted = (self.partial.len() * 2).clamp(kept.len(), self.most) - self.partial.len();
            self.partial.reserve_exact(wanted.max(kept.len()));
        }
        self.partial.extend_from_slice(kept);
    }

    fn end_line(&mut self, line: &mut impl FnMut(&[u8])) {
        if core::mem::take(&mut self.over) && !self.cuts {
            self.skipped += 1;
        } else {
            emit(&self.partial, line);
        }
        self.partial.clear();
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
    fn a_line_without_end_is_passed_over_or_cut_in_bounded_memory() {
        let chunk = [b'x'; 64 << 10];
        for (mut lines, seen) in [(Lines::new(), 0), (Lines::cut_at(100), 1)] {
            let mut long = Vec::new();
            let mut after = Vec::new();
            lines.feed(b"before\n", |_| {});
            for _ in 0..300_000_000 / chunk.len() {
                lines.feed(&chunk, |_| panic!("the line has not ended"));
                assert!(lines.partial.capacity() <= LONGEST, "{}", lines.partial.capacity());
            }
            lines.feed(b"end\n", |line| long.push(line.to_vec()));
            lines.feed(b"{\"after\":1}\n", |line| after.push(line.to_vec()));
            assert_eq!(long, alloc::vec![[b'x'; 100].to_vec(); seen]);
            assert_eq!(after, [b"{\"after\":1}"]);
            assert_eq!((lines.skipped(), lines.skipped()), (1 - seen as u64, 0));
            lines.feed(&chunk, |_| {});
            lines.finish(|line| after.push(line.to_vec()));
            assert_eq!(after[1].len(), if seen == 0 { chunk.len() } else { 100 });
        }
    }

    #[test]
    fn a_line_of_exactly_the_bound_is_whole_and_one_byte_more_is_not() {
        for split in [1, 3, 100] {
            let mut lines = Lines { most: 5, ..Lines::new() };
            let mut seen = Vec::new();
            for chunk in b"12345\n123456\nabc\n".chunks(split) {
                lines.feed(chunk, |line| seen.push(line.to_vec()));
            }
            assert_eq!(seen, [b"12345".to_vec(), b"abc".to_vec()], "split every {split}");
            assert_eq!(lines.skipped(), 1);
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
