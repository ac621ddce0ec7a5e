//! A unified diff, from its text to the files that it changes. Written by git or by another program,
//! whole or cut off: what cannot be read as a change is kept as it is and compared as it is.

use super::change::{Change, File, Kind};
use super::hunk::{Found, Header, Hunks};
use super::layout::Layout;
use super::path;
use alloc::borrow::ToOwned;
use alloc::collections::BTreeMap;
use alloc::string::String;

/// How much of a diff is read; what comes after is not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) bytes: usize,
    pub(crate) files: usize,
    pub(crate) places: usize,
}

impl Bounds {
    /// For all diffs of a comparison together.
    pub(crate) const ALL: Self = Self { bytes: 8 << 20, files: 40_000, places: 100_000 };

    /// The same share for each of so many.
    pub(crate) fn shared_by(self, results: usize) -> Self {
        let share = |all: usize| all.checked_div(results).unwrap_or(all);
        Self { bytes: share(self.bytes), files: share(self.files), places: share(self.places) }
    }
}

/// The mode of an ordinary file.
const PLAIN: &str = "100644";

/// Reads a diff, within bounds.
pub(crate) fn read(diff: &str, bounds: Bounds) -> Change<'_> {
    let whole = if diff.len() <= bounds.bytes {
        diff.len()
    } else {
        // Lines are read whole; the bound may be within a character.
        let bytes = diff.as_bytes().get(..bounds.bytes).unwrap_or_default();
        bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1)
    };
    let mut reader = Reader { bounds, files: BTreeMap::new(), places: 0, open: None };
    let mut rest = diff.get(..whole).unwrap_or_default();
    while !rest.is_empty() && reader.has_room() {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        rest = after;
        reader.line(line.strip_suffix('\r').unwrap_or(line), &mut rest);
    }
    reader.close();
    // Hunks come in the order of the file, unless somebody wrote them by hand. Once, for all entries
    // of a file together: there may be thousands.
    reader.files.values_mut().for_each(File::sort);
    let read = whole.saturating_sub(rest.len());
    Change { files: reader.files, unread: diff.get(read..).unwrap_or_default() }
}

struct Reader {
    bounds: Bounds,
    files: BTreeMap<String, File>,
    places: usize,
    open: Option<Open>,
}

/// A file whose lines are being read.
struct Open {
    /// None: not there.
    old: Option<String>,
    new: Option<String>,
    kind: Kind,
    /// Where git tells what the file became.
    blob: Option<String>,
    binary: bool,
    /// A `---` line was read: the next one is of another file.
    sided: bool,
    found: Found,
}

impl Reader {
    fn has_room(&self) -> bool {
        let (files, places) = self.open.as_ref().map_or((0, 0), |open| (1, open.found.places.len()));
        self.files.len() + files < self.bounds.files && self.places + places < self.bounds.places
    }

    fn line(&mut self, line: &str, rest: &mut &str) {
        if let Some(paths) = line.strip_prefix("diff --git ") {
            let (old, new) = path::both(paths);
            self.begin(Some(old), Some(new));
        } else if let Some(old) = line.strip_prefix("--- ")
            && rest.starts_with("+++ ")
        {
            self.sides(path::side(old), rest);
        } else if let Some(header) = Header::parse(line)
            && let Some(open) = &mut self.open
        {
            let layout = Layout::of(open.new.as_deref().or(open.old.as_deref()).unwrap_or_default());
            let mut hunks = Hunks::new(layout, core::mem::take(&mut open.found));
            hunks.read(header, rest, self.bounds.places.saturating_sub(self.places));
            open.found = hunks.found;
        } else if let Some(open) = &mut self.open {
            open.told(line);
        }
    }

    fn begin(&mut self, old: Option<String>, new: Option<String>) {
        self.close();
        self.open = Some(Open {
            old,
            new,
            kind: Kind::Modified,
            blob: None,
            binary: false,
            sided: false,
            found: Found::default(),
        });
    }

    /// A `---` line, and the `+++` line that follows it.
    fn sides(&mut self, old: Option<String>, rest: &mut &str) {
        let (line, after) = rest.split_once('\n').unwrap_or((rest, ""));
        *rest = after;
        let line = line.strip_suffix('\r').unwrap_or(line);
        let new = path::side(line.strip_prefix("+++ ").unwrap_or_default());
        if self.open.as_ref().is_none_or(|open| open.sided) {
            self.begin(None, None);
        }
        if let Some(open) = &mut self.open {
            open.sided = true;
            // The names of a rename have lines of their own.
            if open.kind != Kind::Renamed && open.kind != Kind::Copied {
                open.kind = match (&old, &new) {
                    (None, Some(_)) => Kind::Added,
                    (Some(_), None) => Kind::Deleted,
                    _ => open.kind,
                };
                (open.old, open.new) = (old, new);
            }
        }
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        self.places += open.found.places.len();
        let (path, file) = open.file();
        match self.files.get_mut(&path) {
            Some(known) => known.also(file),
            None => {
                self.files.insert(path, file);
            }
        }
    }
}

impl Open {
    /// A line of a file that is not in a hunk.
    fn told(&mut self, line: &str) {
        let after = |beginning| line.strip_prefix(beginning);
        if let Some(mode) = after("new file mode ") {
            self.kind = Kind::Added;
            if mode != PLAIN {
                self.note("mode ", mode);
            }
        } else if let Some(mode) = after("new mode ") {
            self.note("mode ", mode);
        } else if after("deleted file mode ").is_some() {
            self.kind = Kind::Deleted;
        } else if let Some(from) = after("rename from ") {
            (self.kind, self.old) = (Kind::Renamed, Some(path::plain(from)));
        } else if let Some(from) = after("copy from ") {
            self.kind = Kind::Copied;
            self.note("from ", from);
        } else if let Some(to) = after("rename to ").or_else(|| after("copy to ")) {
            self.new = Some(path::plain(to));
        } else if let Some(blobs) = after("index ") {
            let new = blobs.split_once("..").map(|(_, new)| new.split(' ').next().unwrap_or(new));
            self.blob = new.map(str::to_owned);
        } else if after("Binary files ").is_some() || line == "GIT binary patch" {
            self.binary = true;
        } else if self.binary {
            // What it became tells more than how it got there.
            if self.blob.is_none() {
                self.note("", line);
            }
        } else if !says_nothing(line) {
            self.note("?", line);
        }
    }

    /// Something that makes this change another one.
    fn note(&mut self, what: &str, text: &str) {
        for part in [what, text, "\n"] {
            self.found.text.push_str(part);
        }
    }

    fn file(mut self) -> (String, File) {
        if self.binary {
            let blob = self.blob.take().unwrap_or_default();
            self.note("binary ", &blob);
        }
        let Self { old, new, kind, binary, found, .. } = self;
        let to = if kind == Kind::Renamed { new.clone() } else { None };
        let path = if matches!(kind, Kind::Added | Kind::Copied) { new.or(old) } else { old.or(new) };
        let Found { text, places, added, removed, blank } = found;
        let file = File { kind, to, text, places, binary, added, removed, blank };
        (path.unwrap_or_default(), file)
    }
}

fn says_nothing(line: &str) -> bool {
    let beginnings = ["similarity index ", "dissimilarity index ", "old mode ", "\\ "];
    line.trim().is_empty() || beginnings.iter().any(|beginning| line.starts_with(beginning))
}

#[cfg(test)]
mod tests;
