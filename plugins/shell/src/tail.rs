//! The last lines of an output, in bounded memory whatever its length.

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::String;

/// As many lines as a person looks at.
const LINES: usize = 40;

#[derive(Debug, Default)]
pub(crate) struct Tail {
    lines: VecDeque<String>,
    dropped: u64,
}

impl Tail {
    pub(crate) fn push(&mut self, line: String) {
        if self.lines.len() == LINES {
            self.lines.pop_front();
            self.dropped += 1;
        }
        self.lines.push_back(line);
    }

    /// The line that says something, nearest to the end.
    pub(crate) fn last(&self) -> Option<&str> {
        self.lines.back().map(String::as_str)
    }

    /// Whether one of the last lines contains `words`.
    pub(crate) fn says(&self, words: &str) -> bool {
        self.lines.iter().any(|line| line.contains(words))
    }

    pub(crate) fn text(&self) -> String {
        let mut text = match self.dropped {
            0 => String::new(),
            1 => "(1 line before is in the log)\n".into(),
            dropped => format!("({dropped} lines before are in the log)\n"),
        };
        for (at, line) in self.lines.iter().enumerate() {
            if at > 0 {
                text.push('\n');
            }
            text.push_str(line);
        }
        text
    }
}
