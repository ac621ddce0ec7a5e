//! A text that is written from the top and never grows past its limit: what matters comes first,
//! and a cut says where the rest is.

use crate::facts::Report;
use crate::visible;
use alloc::format;
use alloc::string::String;

/// Room kept for the line that says where the rest is.
const CUT_BYTES: usize = 160;

/// A text with a limit.
#[derive(Debug)]
pub(crate) struct Page {
    text: String,
    most: usize,
    rest: String,
    /// Something was left out.
    cut: bool,
    /// There was no room for a line, so there is none for what comes after it either.
    closed: bool,
}

impl Page {
    /// An empty page of at most `most` bytes.
    pub(crate) fn new(report: &Report, most: usize) -> Self {
        let rest = format!("… cut; all of it: {}", read_more(report));
        Self { text: String::new(), most: most.saturating_sub(CUT_BYTES), rest, cut: false, closed: false }
    }

    /// One line; left out, and the cut marked, where there is no room for all of it.
    pub(crate) fn line(&mut self, line: &str) {
        if self.closed || self.text.len() + line.len() + 1 > self.most {
            self.cut = true;
            self.closed = true;
            return;
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A heading and a line for each item, at most `most` of them; nothing where there are none.
    pub(crate) fn list(
        &mut self,
        heading: &str,
        count: usize,
        most: usize,
        items: impl Iterator<Item = String>,
    ) {
        if count == 0 {
            return;
        }
        self.line(&format!("{heading}:"));
        items.take(most).for_each(|item| self.line(&format!("  {item}")));
        if count > most {
            self.line(&format!("  +{} more", count - most));
        }
    }

    /// What somebody else wrote, as it is but for what cannot be seen, at most `most` bytes of it.
    pub(crate) fn words(&mut self, heading: &str, words: &str, most: usize) {
        if self.closed || words.trim_ascii().is_empty() {
            return;
        }
        self.line(&format!("{heading}:"));
        let room = most.min(self.most.saturating_sub(self.text.len()));
        let from = self.text.len();
        for this in visible::visible(words) {
            if self.text.len() - from + this.len_utf8() > room {
                self.cut = true;
                self.text.push('…');
                break;
            }
            self.text.push(this);
        }
        self.text.truncate(self.text.trim_end().len());
        self.text.push('\n');
    }

    /// The text, without a line end.
    pub(crate) fn finish(mut self) -> String {
        if self.cut {
            self.text.push_str(&self.rest);
        }
        self.text.truncate(self.text.trim_end().len());
        self.text
    }
}

/// Where the rest is: the host's link to the log, else the URI of the log.
pub(crate) fn read_more(report: &Report) -> String {
    const MOST: usize = 96;
    let linked = report.links.iter().find(|link| link.label == "log").map(|link| link.target.as_str());
    match linked {
        Some(target) if !target.trim().is_empty() && target.len() <= MOST => visible::line(target, MOST),
        _ => format!("run://{}/log", visible::line(&report.run, 40)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Link;
    use crate::sample::{RUN, report};

    #[test]
    fn what_does_not_fit_is_cut_and_says_where_the_rest_is() {
        let mut page = Page::new(&report(), 400);
        page.line("first");
        page.words("Answer", &"word ".repeat(1_000), 10_000);
        page.line("never");
        let text = page.finish();
        assert!(text.len() <= 400 && text.starts_with("first\nAnswer:\nword"), "{text}");
        assert!(text.ends_with(&format!("run://{RUN}/log")) && !text.contains("never"), "{text}");
    }

    #[test]
    fn long_words_do_not_take_the_room_of_what_comes_after() {
        let mut page = Page::new(&report(), 400);
        page.words("Instruction", &"x".repeat(1_000), 20);
        page.words("Answer", "42", 20);
        let text = page.finish();
        assert!(
            text.starts_with(&format!("Instruction:\n{}…\nAnswer:\n42\n… cut", "x".repeat(20))),
            "{text}"
        );
    }

    #[test]
    fn what_fits_is_whole() {
        let mut page = Page::new(&report(), 400);
        page.list("Files", 3, 2, ["a", "b", "c"].into_iter().map(String::from));
        page.list("Checks", 0, 2, core::iter::empty());
        assert_eq!(page.finish(), "Files:\n  a\n  b\n  +1 more");
    }

    #[test]
    fn the_hosts_own_link_to_the_log_is_preferred_unless_it_is_absurd() {
        let mut report = report();
        let link = |target: String| Link { label: "log".into(), target };
        report.links = vec![link("jackfield://runs/7/log".into())];
        assert_eq!(read_more(&report), "jackfield://runs/7/log");
        report.links = vec![link("x".repeat(9_000))];
        assert_eq!(read_more(&report), format!("run://{RUN}/log"));
    }
}
