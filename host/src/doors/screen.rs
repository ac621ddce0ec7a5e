//! What a text is printed on: a terminal of some width, in colours or not. Nothing of the kind where a program or
//! a model reads, so a server that was started in a terminal answers its callers without regard to that.

use std::io::IsTerminal;
use tokio::task_local;

task_local! {
    /// Set while a command works for a person; a server never sets it.
    static SCREEN: Screen;
}

/// See the module. The default is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Screen {
    /// Columns; none: as wide as need be.
    pub(crate) width: Option<u16>,
    pub(crate) colours: bool,
}

/// What a colour says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Careful,
    Bad,
    Aside,
}

impl Screen {
    /// Standard output as it is.
    pub(crate) fn of_stdout() -> Self {
        if !std::io::stdout().is_terminal() {
            return Self::default();
        }
        let width = comfy_table::Table::new().width().filter(|width| *width > 0);
        Self { width, colours: colours_wanted() }
    }

    /// What is printed for whoever is at work for it.
    pub(crate) async fn showing<F: Future>(self, work: F) -> F::Output {
        SCREEN.scope(self, work).await
    }

    /// The one that is printed on now.
    pub(crate) fn now() -> Self {
        SCREEN.try_with(|screen| *screen).unwrap_or_default()
    }

    /// The text in the colour of its tone.
    pub(crate) fn paint(self, tone: Tone, text: &str) -> String {
        if !self.colours {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Good => 32,
            Tone::Careful => 33,
            Tone::Bad => 31,
            Tone::Aside => 2,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// Whether a terminal is to have colours: see <https://no-color.org>.
pub(crate) fn colours_wanted() -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
}

/// How a state sounds: of a run, a component, a worker, a limit.
pub(crate) fn tone(state: &str) -> Option<Tone> {
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
    async fn only_what_is_done_for_a_screen_knows_of_it() {
        assert_eq!(Screen::now(), Screen::default());
        let screen = Screen { width: Some(60), colours: true };
        assert_eq!(screen.showing(async { Screen::now() }).await, screen);
        let elsewhere = screen.showing(async { tokio::spawn(async { Screen::now() }).await.unwrap() }).await;
        assert_eq!(elsewhere, Screen::default(), "a server's own tasks print on none");
    }

    #[test]
    fn a_state_is_heard_by_its_first_word() {
        assert_eq!(tone("failed (timeout)"), Some(Tone::Bad));
        assert_eq!(tone("succeeded"), Some(Tone::Good));
        assert_eq!(tone("running"), None);
        let plain = Screen::default().paint(Tone::Bad, "failed");
        assert_eq!(plain, "failed");
        let red = Screen { width: None, colours: true }.paint(Tone::Bad, "failed");
        assert_eq!(red, "\x1b[31mfailed\x1b[0m");
    }
}
