//! What happens, as it happens, on standard error: a moving line on a terminal, plain lines elsewhere.

use crate::api::Progress;
use indicatif::{ProgressBar, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Where progress is told.
pub(super) enum Teller {
    Quiet,
    Lines,
    Bar(ProgressBar),
}

impl Teller {
    pub(super) fn new(quiet: bool) -> Self {
        if quiet {
            return Self::Quiet;
        }
        if !std::io::stderr().is_terminal() {
            return Self::Lines;
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self::Bar(bar)
    }

    pub(super) fn tell(&self, progress: Progress) {
        match self {
            Self::Quiet => {}
            Self::Lines => {
                let _ = writeln!(std::io::stderr().lock(), "· {}", progress.message);
            }
            Self::Bar(bar) => bar.set_message(progress.message),
        }
    }

    pub(super) fn done(&self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
}
