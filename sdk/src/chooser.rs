//! A chooser as a policy: whom to ask, best first.
//!
//! ```
//! use jackfield_sdk::chooser::{Choice, Chooser, Effort, Facts};
//!
//! struct First;
//!
//! impl Chooser for First {
//!     fn choose(facts: &Facts) -> Vec<Choice> {
//!         facts.ready().map(|ready| ready.choice(Effort::Medium, "it can start now")).collect()
//!     }
//! }
//!
//! jackfield_sdk::chooser!(First);
//! # let candidates = vec![jackfield_sdk::chooser::candidate("claude")];
//! # let facts = Facts { candidates, ..Facts::default() };
//! # assert_eq!(First::choose(&facts).len(), 1);
//! ```

use alloc::string::ToString;
use alloc::vec::Vec;
use alloc::{borrow::ToOwned, format};

/// What `wit/chooser.wit` says, as Rust, but for `about`, which all kinds share.
#[doc(hidden)]
#[allow(missing_docs, unsafe_code, unreachable_pub, clippy::all, clippy::pedantic, reason = "generated")]
pub mod bindings {
    wit_bindgen::generate!({
        path: "../wit",
        inline: "package jackfield:sdk-chooser;
            world chooser-part {
                import jackfield:plugin/log@1.1.0;
                export jackfield:plugin/choosing@1.1.0;
            }",
        world: "jackfield:sdk-chooser/chooser-part",
        additional_derives: [PartialEq],
        generate_all,
        pub_export_macro: true,
        default_bindings_module: "jackfield_sdk::chooser::bindings",
    });
}

pub use bindings::exports::jackfield::plugin::choosing::{
    BreakerState, Budget, Candidate, Choice, Consensus, DeliveredAxis, Effort, FailureClass, Login, Past,
    Rates, Role, Step, Task, Tier, VerifiedAxis,
};
pub use bindings::jackfield::plugin::log::{Level, log};

/// A policy. Every function is given all the facts and answers from them alone.
pub trait Chooser {
    /// Whom to ask, best first; nobody where nobody can do it now.
    fn choose(facts: &Facts) -> Vec<Choice>;

    /// What next, after an attempt. Unless said otherwise: done where it succeeded, a stop where the money
    /// is spent or somebody called it off, else the next of [`choose`](Self::choose) who has not tried yet,
    /// and a person when all have.
    fn next(facts: &Facts, history: &[Past]) -> Step {
        if let Some(last) = history.last() {
            if last.succeeded {
                return Step::Done(format!("{} did it", last.executor));
            }
            if matches!(last.class, Some(FailureClass::Budget | FailureClass::Cancelled)) {
                return Step::Stop("it was called off, or the money is spent".to_owned());
            }
        }
        let tried = |choice: &Choice| {
            let candidate = facts.candidate(choice);
            candidate.is_some_and(|candidate| history.iter().any(|past| candidate.made(past)))
        };
        let next = Self::choose(facts).into_iter().find(|choice| !tried(choice));
        next.map_or_else(|| Step::Human("everybody who can start has tried".to_owned()), Step::Retry)
    }
}

/// Everything that a chooser is told.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Milliseconds since the Unix epoch.
    pub now: u64,
    /// What is to be done.
    pub task: Task,
    /// Who could do it.
    pub candidates: Vec<Candidate>,
    /// What may be spent.
    pub budget: Budget,
}

impl Facts {
    /// Those who can start now, in the order in which they came. Without the shell, which runs the instruction as a
    /// command, unless the task is one: the host does not offer it for others, but decisions on record may be older.
    pub fn ready(&self) -> impl Iterator<Item = Ready<'_>> {
        let all = (0_u32..).zip(&self.candidates);
        all.filter(|(_, candidate)| candidate.is_ready(self.now))
            .filter(|(_, candidate)| candidate.executor != "shell" || self.task.task_type == "command")
            .map(|(index, candidate)| Ready { index, candidate })
    }

    /// The effort that was asked for, or this.
    pub fn effort_or(&self, usual: Effort) -> Effort {
        self.task.effort.unwrap_or(usual)
    }

    /// Who is meant by a choice.
    pub fn candidate(&self, choice: &Choice) -> Option<&Candidate> {
        self.candidates.get(usize::try_from(choice.candidate).ok()?)
    }
}

impl Default for Facts {
    /// A feature of middling size, nobody to do it, and no limit on money: for tests.
    fn default() -> Self {
        Self {
            now: 0,
            task: Task {
                task_type: "feature".to_owned(),
                complexity: 5,
                language: None,
                stack: Vec::new(),
                role: Role::Implement,
                keywords: Vec::new(),
                context_tokens: 0,
                open_quality_issues: 0,
                decisions_in_context: 0,
                effort: None,
            },
            candidates: Vec::new(),
            budget: Budget { state: BreakerState::Closed, day_left: None, month_left: None, run_left: None },
        }
    }
}

/// A candidate who can start now.
#[derive(Debug, Clone, Copy)]
pub struct Ready<'a> {
    /// Its place among the candidates.
    pub index: u32,
    /// What is known of it.
    pub candidate: &'a Candidate,
}

impl Ready<'_> {
    /// Chooses it, for a reason in one sentence for a person.
    pub fn choice(self, effort: Effort, reason: impl ToString) -> Choice {
        Choice { candidate: self.index, effort, reason: reason.to_string() }
    }
}

impl core::ops::Deref for Ready<'_> {
    type Target = Candidate;

    fn deref(&self) -> &Candidate {
        self.candidate
    }
}

impl Candidate {
    /// Whether it is installed, not logged out, not to be left alone for a while, and has a place free.
    pub fn is_ready(&self, now: u64) -> bool {
        self.installed
            && self.login != Login::LoggedOut
            && self.busy < self.slots
            && self.cooling_until.is_none_or(|until| until <= now)
    }

    /// What a million tokens in and a million out cost, in micro-dollars; nothing where that is not known.
    pub fn price(&self) -> Option<u64> {
        if self.free {
            return Some(0);
        }
        self.rates.as_ref().map(|rates| rates.input.saturating_add(rates.output))
    }

    /// Whether an attempt was its own.
    pub fn made(&self, past: &Past) -> bool {
        self.executor == past.executor && self.model == past.model
    }
}

/// One who is installed, logged in and idle, and of whom nothing else is known: for tests.
pub fn candidate(executor: &str) -> Candidate {
    Candidate {
        executor: executor.to_owned(),
        model: None,
        tier: Tier::Workhorse,
        rates: None,
        free: false,
        rung: None,
        installed: true,
        login: Login::LoggedIn,
        busy: 0,
        slots: 1,
        cooling_until: None,
        attempts: 0,
        succeeded: 0,
        verified: 0,
        mean_cost: None,
        mean_latency: None,
        usage_share: 0,
    }
}

/// Makes a policy the component of this crate: its name, version and summary are those of `Cargo.toml`.
#[macro_export]
macro_rules! chooser {
    ($policy:ty) => {
        const _: () = {
            use $crate::chooser::bindings::exports::jackfield::plugin::choosing;
            use $crate::chooser::{Budget, Candidate, Choice, Chooser, Facts, Past, Step, Task};

            struct Component;

            $crate::about!(Component);

            impl choosing::Guest for Component {
                fn choose(now: u64, task: Task, candidates: Vec<Candidate>, budget: Budget) -> Vec<Choice> {
                    <$policy as Chooser>::choose(&Facts { now, task, candidates, budget })
                }

                fn next(
                    now: u64,
                    task: Task,
                    history: Vec<Past>,
                    candidates: Vec<Candidate>,
                    budget: Budget,
                ) -> Step {
                    <$policy as Chooser>::next(&Facts { now, task, candidates, budget }, &history)
                }
            }

    $crate::chooser::bindings::export!(Component with_types_in $crate::chooser::bindings);
        };
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    struct Cheapest;

    impl Chooser for Cheapest {
        fn choose(facts: &Facts) -> Vec<Choice> {
            let mut ready: Vec<_> = facts.ready().collect();
            ready.sort_by_key(|ready| ready.price().unwrap_or(u64::MAX));
            ready.iter().map(|ready| ready.choice(facts.effort_or(Effort::Low), "cheap")).collect()
        }
    }

    fn past(executor: &str) -> Past {
        Past {
            executor: executor.to_owned(),
            model: None,
            tier: Tier::Workhorse,
            succeeded: false,
            class: Some(FailureClass::TestFail),
            delivered: DeliveredAxis::Diff,
            verified: VerifiedAxis::Failed,
            cost: None,
            latency: 0,
        }
    }

    fn facts() -> Facts {
        let dear = Candidate { free: false, ..candidate("dear") };
        let free = Candidate { free: true, ..candidate("free") };
        let busy = Candidate { busy: 1, ..candidate("busy") };
        let tired = Candidate { cooling_until: Some(1), ..candidate("tired") };
        Facts { candidates: vec![dear, free, busy, tired], ..Facts::default() }
    }

    #[test]
    fn only_who_can_start_is_ready_and_keeps_its_place() {
        let places: Vec<_> = facts().ready().map(|ready| ready.index).collect();
        assert_eq!(places, [0, 1]);
        let later: Vec<_> = Facts { now: 1, ..facts() }.ready().map(|ready| ready.index).collect();
        assert_eq!(later, [0, 1, 3]);
    }

    #[test]
    fn the_shell_is_ready_for_a_command_and_for_nothing_else() {
        let candidates = vec![Candidate { free: true, ..candidate("shell") }, candidate("dear")];
        let ready = |task_type: &str| {
            let task = Task { task_type: task_type.to_owned(), ..facts().task };
            let facts = Facts { task, candidates: candidates.clone(), ..facts() };
            facts.ready().map(|ready| ready.index).collect::<Vec<_>>()
        };
        assert_eq!(ready("feature"), [1]);
        assert_eq!(ready("command"), [0, 1]);
    }

    #[test]
    fn after_a_failure_the_next_who_has_not_tried_is_asked_and_then_a_person() {
        let retried = |history: &[Past]| match Cheapest::next(&facts(), history) {
            Step::Retry(choice) => Some(choice.candidate),
            _ => None,
        };
        assert_eq!(retried(&[past("free")]), Some(0));
        assert_eq!(retried(&[past("free"), past("dear")]), None);
        assert!(matches!(Cheapest::next(&facts(), &[past("free"), past("dear")]), Step::Human(_)));
        let well = Past { succeeded: true, class: None, ..past("free") };
        assert_eq!(Cheapest::next(&facts(), &[well]), Step::Done("free did it".to_owned()));
        let spent = Past { class: Some(FailureClass::Budget), ..past("free") };
        assert!(matches!(Cheapest::next(&facts(), &[spent]), Step::Stop(_)));
    }
}
