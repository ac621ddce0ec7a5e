//! What a text is printed on: a terminal of some width, in colours or not. Nothing of the kind where a program or
//! a model reads, so a server that was started in a terminal answers its callers without regard to that.
//!
//! What is printed was written by agents, components and callers as well: [`printable`] leaves nothing in it that a
//! terminal acts on or hides but the program's own colours, which are known by a mark that nobody else can write.

use jackfield_files::random_hex;
use jackfield_sdk::visible::{hidden, visible};
use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::LazyLock;
use tokio::task_local;

/// What stands for the beginning of a control sequence of the program's own until it is printed: made anew in each
/// process, so that no text holds it.
static MARK: LazyLock<String> = LazyLock::new(|| {
    let random = random_hex::<16>().unwrap_or_else(|_| std::process::id().to_string());
    format!("\u{10fffe}{random};")
});

task_local! {
    /// Set while a command works for a person; a server never sets it.
    static SCREEN: Screen;
}

/// See the module. The default is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Screen {
    /// Columns; none: as wide as need be.
    pub width: Option<u16>,
    /// Whether colours are written.
    pub colours: bool,
}

/// What a colour says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Worth a look.
    Careful,
    /// Wrong.
    Bad,
    /// Of little interest.
    Aside,
}

impl Screen {
    /// Standard output as it is.
    pub fn of_stdout() -> Self {
        if !std::io::stdout().is_terminal() {
            return Self::default();
        }
        let width = comfy_table::Table::new().width().filter(|width| *width > 0);
        Self { width, colours: colours_wanted() }
    }

    /// What is printed for whoever is at work for it.
    pub async fn showing<F: Future>(self, work: F) -> F::Output {
        SCREEN.scope(self, work).await
    }

    /// The one that is printed on now.
    pub fn now() -> Self {
        SCREEN.try_with(|screen| *screen).unwrap_or_default()
    }

    /// The text in the colour of its tone.
    pub fn paint(self, tone: Tone, text: &str) -> String {
        if !self.colours {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Good => 32,
            Tone::Careful => 33,
            Tone::Bad => 31,
            Tone::Aside => 2,
        };
        let mark = &*MARK;
        format!("{mark}{code}m{text}{mark}0m")
    }
}

/// A text of the program's own, its control sequences as marks.
pub fn marked(text: &str) -> String {
    text.replace("\x1b[", &MARK)
}

/// What can be printed of a text.
pub fn printable(text: &str) -> String {
    visible(text).collect::<String>().replace(&*MARK, "\x1b[")
}

/// The same on one line, so that a name or a title cannot look like lines of the program's own.
pub fn one_line(text: &str) -> String {
    visible(text).map(|c| if c.is_whitespace() { ' ' } else { c }).collect()
}

/// JSON for whoever may print it: what a terminal acts on or hides is escaped.
pub fn printable_json(json: &str) -> String {
    escaped(json, |out, this| {
        for unit in this.encode_utf16(&mut [0; 2]) {
            let _ = write!(out, "\\u{unit:04x}");
        }
    })
}

/// A line of a log, on one line whatever is in it.
pub fn printable_log(line: &str) -> String {
    escaped(&line.replace('\n', "\\n"), |out, this| {
        let _ = write!(out, "{}", this.escape_unicode());
    })
}

fn escaped(text: &str, escape: impl Fn(&mut String, char)) -> String {
    if !text.chars().any(|this| hidden(this) && !matches!(this, '\n' | '\t')) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for this in text.chars() {
        match this {
            '\n' | '\t' => out.push(this),
            this if hidden(this) => escape(&mut out, this),
            this => out.push(this),
        }
    }
    out
}

/// Whether a terminal is to have colours: see <https://no-color.org>.
pub fn colours_wanted() -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
}

/// How a state sounds: of a run, a component, a worker, a limit.
pub fn tone(state: &str) -> Option<Tone> {
    let word = state.split(|c: char| !c.is_alphabetic() && c != '_').next().unwrap_or_default();
    match word {
        "succeeded" | "serving" | "alive" | "closed" | "done" | "passed" | "ok" => Some(Tone::Good),
        "failed" | "rejected" | "quarantined" | "gone" | "halted" | "BAD" => Some(Tone::Bad),
        "held" | "waiting" | "stale" | "warned" | "open" | "warning" => Some(Tone::Careful),
        "cancelled" | "superseded" => Some(Tone::Aside),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn screen_is_known_only_within_its_own_task() {
        assert_eq!(Screen::now(), Screen::default());
        let screen = Screen { width: Some(60), colours: true };
        assert_eq!(screen.showing(async { Screen::now() }).await, screen);
        let elsewhere = screen.showing(async { tokio::spawn(async { Screen::now() }).await.unwrap() }).await;
        assert_eq!(elsewhere, Screen::default(), "a server's own tasks print on none");
    }

    #[test]
    fn tone_of_a_state_follows_from_its_first_word() {
        assert_eq!(tone("failed (timeout)"), Some(Tone::Bad));
        assert_eq!(tone("succeeded"), Some(Tone::Good));
        assert_eq!(tone("running"), None);
        let plain = Screen::default().paint(Tone::Bad, "failed");
        assert_eq!(plain, "failed");
        let red = Screen { width: None, colours: true }.paint(Tone::Bad, "failed");
        assert_eq!(printable(&red), "\x1b[31mfailed\x1b[0m");
    }

    /// Everything that a terminal acts on or hides, around what can be read.
    const NASTY: &str = "a\u{1b}[2J\u{1b}]0;t\u{7}\0\u{8}\u{7f}\u{9b}31m\u{85}\u{202e}\u{2066}\u{2028}\u{200b}\u{e0041}b\r\nc";

    #[test]
    fn control_sequences_are_not_printed_except_own_colours() {
        assert_eq!(printable(NASTY), "ab\nc");
        assert_eq!(one_line(NASTY), "ab c");
        let red = Screen { width: None, colours: true }.paint(Tone::Bad, NASTY);
        assert_eq!(printable(&red), "\x1b[31mab\nc\x1b[0m");
        assert_eq!(printable("\u{10fffe};31mforged"), "\u{10fffe};31mforged");
        assert_eq!(printable(&marked("\x1b[1mbold\x1b[0m")), "\x1b[1mbold\x1b[0m");
    }

    #[test]
    fn control_characters_in_json_and_log_lines_are_escaped() {
        let shown = |text: &str| text.chars().all(|c| c == '\n' || !hidden(c));
        let json = printable_json(&serde_json::to_string(NASTY).unwrap());
        assert!(shown(&json), "{json}");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), NASTY);
        let line = printable_log(NASTY);
        assert!(shown(&line) && !line.contains('\n') && line.contains("\\u{202e}"), "{line}");
    }
}
