//! Whether a candidate can start, and if not, why: what a person would ask first.

use crate::facts::{BreakerState, Budget, Candidate, Login, Tier, Timestamp};
use crate::price;
use crate::wanted::Wanted;
use alloc::string::String;

/// The adapter that runs the instruction itself as a command.
pub(crate) const SHELL: &str = "shell";

/// Whether a candidate can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// At once.
    Ready,
    /// After somebody else's attempt: every slot is taken.
    Full,
    /// Not before then.
    Cooling(Timestamp),
    /// Not for this task, or not before somebody mends something.
    Out(String),
}

impl Standing {
    /// Now, or as soon as a slot is free.
    pub(crate) fn can_be_asked(&self) -> bool {
        matches!(self, Self::Ready | Self::Full)
    }
}

/// How `candidate` stands.
pub(crate) fn standing(now: Timestamp, wanted: &Wanted, candidate: &Candidate, budget: &Budget) -> Standing {
    if let Some(why) = unfit(wanted, candidate) {
        return Standing::Out(String::from(why));
    }
    if !candidate.installed {
        return Standing::Out(String::from("not installed"));
    }
    if candidate.login == Login::LoggedOut {
        return Standing::Out(String::from("not logged in"));
    }
    if !candidate.free && spent(budget) {
        return Standing::Out(String::from("it costs money and none is left"));
    }
    match candidate.cooling_until {
        Some(until) if until > now => Standing::Cooling(until),
        _ if candidate.busy >= candidate.slots => Standing::Full,
        _ => Standing::Ready,
    }
}

fn unfit(wanted: &Wanted, candidate: &Candidate) -> Option<&'static str> {
    let shell = candidate.executor == SHELL;
    match (wanted.command, shell) {
        // An instruction in prose that reaches a shell is executed word by word.
        (false, true) => Some("it would run the instruction as a command"),
        (true, false) => Some("it does not run instructions as commands"),
        _ if wanted.planning && candidate.tier == Tier::Light => Some("too light for planning"),
        _ => None,
    }
}

/// An expected price above what is left only lowers the rank: it is a guess, and the breaker is
/// the one to refuse.
fn spent(budget: &Budget) -> bool {
    budget.state == BreakerState::Halted || price::left(budget) == Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Task;
    use crate::sample::{budget, candidate, shell, task};
    use crate::wanted::wanted;

    const NOW: Timestamp = 1_000_000;

    fn stands(task: &Task, candidate: &Candidate, budget: &Budget) -> Standing {
        standing(NOW, &wanted(task), candidate, budget)
    }

    #[test]
    fn what_keeps_a_candidate_from_starting_is_said() {
        let codex = candidate("codex", "codex", Tier::Workhorse);
        let out = |change: fn(&mut Candidate)| {
            let mut changed = codex.clone();
            change(&mut changed);
            stands(&task(), &changed, &budget())
        };
        assert_eq!(out(|_| ()), Standing::Ready);
        assert_eq!(out(|one| one.login = Login::Unknown), Standing::Ready);
        assert_eq!(out(|one| one.busy = 2), Standing::Full);
        assert_eq!(out(|one| one.cooling_until = Some(NOW + 1)), Standing::Cooling(NOW + 1));
        assert_eq!(out(|one| one.cooling_until = Some(NOW)), Standing::Ready);
        assert_eq!(out(|one| one.installed = false), Standing::Out("not installed".into()));
        assert_eq!(out(|one| one.login = Login::LoggedOut), Standing::Out("not logged in".into()));
    }

    #[test]
    fn the_shell_gets_commands_and_nothing_else_does() {
        let command = Task { task_type: "command".into(), ..task() };
        let codex = candidate("codex", "codex", Tier::Workhorse);
        assert_eq!(stands(&command, &shell(), &budget()), Standing::Ready);
        assert!(!stands(&command, &codex, &budget()).can_be_asked());
        for complexity in 0..=10 {
            let prose = Task { complexity, ..task() };
            assert!(!stands(&prose, &shell(), &budget()).can_be_asked(), "complexity {complexity}");
        }
    }

    #[test]
    fn money_that_is_not_there_is_not_spent() {
        let codex = candidate("codex", "codex", Tier::Workhorse);
        let free = Candidate { free: true, ..codex.clone() };
        let halted = Budget { state: BreakerState::Halted, ..budget() };
        let short = Budget { run_left: Some(0), ..budget() };
        for poor in [halted, short] {
            assert!(matches!(stands(&task(), &codex, &poor), Standing::Out(_)));
            assert_eq!(stands(&task(), &free, &poor), Standing::Ready);
        }
    }
}
