//! Fenced code blocks of Markdown, line by line.

/// The state of a reader of lines: inside of a fenced code block or not.
#[derive(Debug, Default)]
pub(crate) struct Fences {
    /// The character and the length of the opening fence.
    open: Option<(char, usize)>,
}

/// A line in relation to fenced code blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    /// Outside of every block.
    Text,
    /// Opens a block; with its info string.
    Opens(&'a str),
    /// Content of a block.
    Inside,
    /// Closes a block.
    Closes,
}

impl Fences {
    pub(crate) fn take<'a>(&mut self, line: &'a str) -> Part<'a> {
        let fence = fence(line);
        match (self.open, fence) {
            (None, Some((mark, length, info))) => {
                self.open = Some((mark, length));
                Part::Opens(info)
            }
            (Some((mark, length)), Some((other, at_least, ""))) if mark == other && at_least >= length => {
                self.open = None;
                Part::Closes
            }
            (Some(_), _) => Part::Inside,
            (None, None) => Part::Text,
        }
    }
}

/// The character, length and info string of a fence. Any indentation is accepted, because blocks of lists are indented.
fn fence(line: &str) -> Option<(char, usize, &str)> {
    let line = line.trim();
    let mark = line.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let info = line.trim_start_matches(mark);
    let length = line.len() - info.len();
    let inline = mark == '`' && info.contains('`');
    (length >= 3 && !inline).then(|| (mark, length, info.trim()))
}
