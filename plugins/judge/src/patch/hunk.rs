//! One hunk, read into places: runs of lines that differ, with what is alike at their edges taken
//! off.
//!
//! Blank lines neither begin a place nor end one, so that two diffs that differ in blank lines come
//! to the same places.

use super::change::Place;
use super::layout::Layout;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write as _;
use core::ops::Range;

/// What a hunk's first line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Header {
    /// The line of the base that comes first.
    first: u32,
    old: u32,
    new: u32,
}

impl Header {
    pub(crate) fn parse(line: &str) -> Option<Self> {
        let (ranges, _) = line.strip_prefix("@@ -")?.split_once(" @@")?;
        let (old, new) = ranges.split_once(" +")?;
        let (start, old) = range(old)?;
        let (_, new) = range(new)?;
        // Of no lines, the one before them is named.
        Some(Self { first: start.saturating_add(u32::from(old == 0)), old, new })
    }
}

fn range(text: &str) -> Option<(u32, u32)> {
    match text.split_once(',') {
        Some((start, lines)) => Some((start.parse().ok()?, lines.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    }
}

/// Reads hunks of one file.
pub(crate) struct Hunks {
    layout: Layout,
    /// Lines of the place under way, without what says nothing.
    lines: String,
    removed: Vec<(u32, Range<usize>)>,
    added: Vec<Range<usize>>,
    pub(crate) found: Found,
}

/// What hunks came to.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) text: String,
    pub(crate) places: Vec<Place>,
    pub(crate) added: u32,
    pub(crate) removed: u32,
    pub(crate) blank: u32,
}

impl Hunks {
    pub(crate) const fn new(layout: Layout, found: Found) -> Self {
        Self { layout, lines: String::new(), removed: Vec::new(), added: Vec::new(), found }
    }

    /// Reads the lines that a header announces, as far as they are there and until there are `most`
    /// places.
    pub(crate) fn read(&mut self, header: Header, rest: &mut &str, most: usize) {
        let Header { first: mut number, mut old, mut new } = header;
        while old > 0 || new > 0 {
            let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
            if rest.is_empty() || self.found.places.len() >= most {
                break;
            }
            let mark = line.bytes().next().unwrap_or(b' ');
            let line = line.get(1..).unwrap_or_default();
            match mark {
                b'-' if old > 0 => {
                    old -= 1;
                    self.found.removed = self.found.removed.saturating_add(1);
                    if let Some(text) = self.keep(line) {
                        self.removed.push((number, text));
                    }
                    number = number.saturating_add(1);
                }
                b'+' if new > 0 => {
                    new -= 1;
                    self.found.added = self.found.added.saturating_add(1);
                    if let Some(text) = self.keep(line) {
                        self.added.push(text);
                    }
                }
                b' ' | b'\r' if old > 0 && new > 0 => {
                    (old, new) = (old - 1, new - 1);
                    if !line.trim().is_empty() {
                        self.end(number);
                    }
                    number = number.saturating_add(1);
                }
                // "No newline at end of file", which is blank space too.
                b'\\' => {}
                _ => break,
            }
            *rest = after;
        }
        self.end(number);
    }

    /// A line without what says nothing; none where nothing is left.
    fn keep(&mut self, line: &str) -> Option<Range<usize>> {
        let from = self.lines.len();
        self.layout.append(line, &mut self.lines);
        (self.lines.len() > from).then_some(from..self.lines.len())
    }

    /// The place under way ends before the line `next`.
    fn end(&mut self, next: u32) {
        let line = |text: &Range<usize>| self.lines.get(text.clone()).unwrap_or_default();
        let alike = |(old, new): &(&(u32, Range<usize>), &Range<usize>)| line(&old.1) == line(new);
        let head = self.removed.iter().zip(&self.added).take_while(alike).count();
        let (removed, added) = (after(&self.removed, head), after(&self.added, head));
        let tail = removed.iter().rev().zip(added.iter().rev()).take_while(alike).count();
        let (removed, stays) = removed.split_at(removed.len().saturating_sub(tail));
        let added = added.get(..added.len().saturating_sub(tail)).unwrap_or_default();
        let alike = u32::try_from(head + tail).unwrap_or(u32::MAX);
        self.found.blank = self.found.blank.saturating_add(alike.saturating_mul(2));
        if !removed.is_empty() || !added.is_empty() {
            let next = stays.first().map_or(next, |(number, _)| *number);
            let start = removed.first().map_or(next, |(number, _)| *number);
            let end = removed.last().map_or(next, |(number, _)| number.saturating_add(1));
            let text = &mut self.found.text;
            let from = text.len();
            // Writing to a string does not fail.
            let _ = writeln!(text, "@{start}");
            let marked = removed.iter().map(|(_, old)| ('-', old)).chain(added.iter().map(|new| ('+', new)));
            for (mark, range) in marked {
                text.push(mark);
                text.push_str(line(range));
                text.push('\n');
            }
            let text = from..text.len();
            self.found.places.push(Place { start, end, text });
        }
        self.lines.clear();
        self.removed.clear();
        self.added.clear();
    }
}

fn after<T>(items: &[T], count: usize) -> &[T] {
    items.get(count..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(layout: Layout, header: &str, lines: &str) -> Found {
        let mut hunks = Hunks::new(layout, Found::default());
        let mut rest = lines;
        hunks.read(Header::parse(header).unwrap(), &mut rest, 1000);
        assert_eq!(rest, "", "all was read");
        hunks.found
    }

    #[test]
    fn a_header_names_the_first_line() {
        let first = |line| Header::parse(line).map(|header| (header.first, header.old, header.new));
        assert_eq!(first("@@ -12,3 +14,4 @@ fn main() {"), Some((12, 3, 4)));
        assert_eq!(first("@@ -5 +5 @@"), Some((5, 1, 1)));
        assert_eq!(first("@@ -0,0 +1,9 @@"), Some((1, 0, 9)));
        assert_eq!(first("@@ -7,0 +8,2 @@"), Some((8, 0, 2)));
        for line in ["@@ -x +1 @@", "@@ -1 @@", "@@", "@@@ -1 -1 +1 @@@", "@@ -99999999999 +1 @@"] {
            assert_eq!(first(line), None, "{line}");
        }
    }

    #[test]
    fn places_are_found_in_the_base_whatever_came_before_them() {
        let found = found(Layout::Free, "@@ -10,5 +10,6 @@", " a\n-b\n+B\n c\n+new\n d\n e\n");
        assert_eq!(found.text, "@11\n-b\n+B\n@13\n+new\n");
        let spans: Vec<_> = found.places.iter().map(|place| (place.start, place.end)).collect();
        assert_eq!(spans, [(11, 12), (13, 13)]);
        assert_eq!((found.added, found.removed, found.blank), (2, 1, 0));
    }

    #[test]
    fn what_differs_in_blank_space_only_is_no_change() {
        let plain = found(Layout::Free, "@@ -1,3 +1,3 @@", " a\n-x = 1;\n+x = 2;\n y();\n");
        let noisy =
            found(Layout::Free, "@@ -1,3 +1,4 @@", "-a\n-x = 1;\n-y();\n+  a\n+x = 2;\n+\n+  y( );\r\n");
        assert_eq!(plain.text, noisy.text);
        assert_eq!(noisy.blank, 4);
        let nothing = found(Layout::Free, "@@ -1 +1 @@", "-a\n\\ No newline at end of file\n+a\n");
        assert!(nothing.text.is_empty() && nothing.places.is_empty());
    }

    #[test]
    fn blank_lines_neither_begin_nor_end_a_place() {
        let kept = found(Layout::Kept, "@@ -1,4 +1,4 @@", "-x\n+X\n \n-y\n+Y\n end\n");
        let dropped = found(Layout::Kept, "@@ -1,4 +1,3 @@", "-x\n-\n-y\n+X\n+Y\n end\n");
        assert_eq!(kept.text, dropped.text);
        let before = found(Layout::Kept, "@@ -1,3 +1,5 @@", " a\n+new\n+\n \n b\n");
        let behind = found(Layout::Kept, "@@ -1,3 +1,5 @@", " a\n \n+new\n+\n b\n");
        assert_eq!(before.text, behind.text);
    }

    #[test]
    fn a_hunk_that_says_less_than_it_announces_ends_where_it_ends() {
        let mut hunks = Hunks::new(Layout::Free, Found::default());
        let mut rest = " a\n-b\ndiff --git a/x b/x\n";
        hunks.read(Header::parse("@@ -1,9 +1,9 @@").unwrap(), &mut rest, 1000);
        assert_eq!(rest, "diff --git a/x b/x\n");
        assert_eq!(hunks.found.text, "@2\n-b\n");
        let mut rest = "--- a/x\n+++ b/x\n more";
        hunks.read(Header::parse("@@ -5 +5 @@").unwrap(), &mut rest, 1000);
        assert_eq!(rest, " more", "lines within a hunk are content whatever they look like");
    }
}
