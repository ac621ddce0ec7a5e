//! What one result changed: files, and in each the places, found again in the common base.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

/// A whole diff.
#[derive(Debug)]
pub(crate) struct Change<'a> {
    /// By the path that a file has in the base; by its own, where it is not there.
    pub(crate) files: BTreeMap<String, File>,
    /// What was past the bounds.
    pub(crate) unread: &'a str,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Added,
    Modified,
    Deleted,
    Renamed,
    Copied,
}

/// One file of a diff.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) kind: Kind,
    /// Where it was moved to.
    pub(crate) to: Option<String>,
    /// Everything that is changed in it, without the blank space that says nothing.
    pub(crate) text: String,
    /// The places, in the order of the base.
    pub(crate) places: Vec<Place>,
    pub(crate) binary: bool,
    /// Lines, as the diff has them.
    pub(crate) added: u32,
    pub(crate) removed: u32,
    /// Those among them that change blank space only.
    pub(crate) blank: u32,
}

/// Lines of the base that are replaced by others; empty where something is put before `start`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Where in the file's `text` it is.
    pub(crate) text: Range<usize>,
}

impl Place {
    fn key<'a>(&self, text: &'a str) -> (u32, u32, &'a str) {
        (self.start, self.end, text.get(self.text.clone()).unwrap_or_default())
    }
}

impl Change<'_> {
    /// Files in which something changed beside blank space.
    pub(crate) fn touched(&self) -> impl Iterator<Item = (&String, &File)> {
        self.files.iter().filter(|(_, file)| !file.is_blank())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.touched().next().is_none() && self.unread.is_empty()
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let (mut mine, mut theirs) = (self.touched(), other.touched());
        self.unread == other.unread
            && loop {
                match (mine.next(), theirs.next()) {
                    (None, None) => break true,
                    (Some((path, file)), Some((other_path, other_file))) => {
                        if path != other_path || !file.is_same(other_file) {
                            break false;
                        }
                    }
                    _ => break false,
                }
            }
    }

    /// Lines that a reader has to read.
    pub(crate) fn size(&self) -> u64 {
        let read: u64 = self.files.values().map(File::size).sum();
        // Forty bytes are an ordinary line.
        read.saturating_add(self.unread.len().div_ceil(40) as u64)
    }
}

impl File {
    pub(crate) fn is_blank(&self) -> bool {
        self.kind == Kind::Modified && self.text.is_empty()
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.to == other.to && self.text == other.text
    }

    /// Lines; one for what has none.
    pub(crate) fn size(&self) -> u64 {
        (u64::from(self.added) + u64::from(self.removed)).max(1)
    }

    /// A line of the base that both change, or next to which both do; 0 for the file as a whole.
    pub(crate) fn shared_place(&self, other: &Self) -> Option<u32> {
        if (self.kind == Kind::Added && other.kind == Kind::Added) || (self.binary && other.binary) {
            return Some(0);
        }
        let (mut mine, mut theirs) = (self.places.iter().peekable(), other.places.iter().peekable());
        while let (Some(one), Some(two)) = (mine.peek(), theirs.peek()) {
            if one.start <= two.end && two.start <= one.end {
                return Some(one.start.max(two.start));
            }
            if one.end < two.end {
                mine.next();
            } else {
                theirs.next();
            }
        }
        None
    }

    /// How many places are changed alike.
    pub(crate) fn alike(&self, other: &Self) -> usize {
        let mut alike = 0;
        let (mut mine, mut theirs) = (self.keys().peekable(), other.keys().peekable());
        while let (Some(one), Some(two)) = (mine.peek(), theirs.peek()) {
            let order = one.cmp(two);
            alike += usize::from(order.is_eq());
            if order.is_le() {
                mine.next();
            }
            if order.is_ge() {
                theirs.next();
            }
        }
        alike
    }

    /// What the places are in the order of.
    fn keys(&self) -> impl Iterator<Item = (u32, u32, &str)> {
        self.places.iter().map(|place| place.key(&self.text))
    }

    /// Puts the places in order.
    pub(crate) fn sort(&mut self) {
        let text = &self.text;
        self.places.sort_by(|one, other| one.key(text).cmp(&other.key(text)));
    }

    /// What a second entry for the same file adds to this one. Whoever adds puts the places in order.
    pub(crate) fn also(&mut self, other: Self) {
        let by = self.text.len();
        self.text.push_str(&other.text);
        self.places.extend(
            other
                .places
                .into_iter()
                .map(|place| Place { text: place.text.start + by..place.text.end + by, ..place }),
        );
        if self.kind != other.kind {
            self.kind = Kind::Modified;
        }
        self.to = self.to.take().or(other.to);
        self.binary |= other.binary;
        self.added = self.added.saturating_add(other.added);
        self.removed = self.removed.saturating_add(other.removed);
        self.blank = self.blank.saturating_add(other.blank);
    }
}
