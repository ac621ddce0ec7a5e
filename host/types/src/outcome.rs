//! What became of an attempt: three axes recorded apart, and the one table of truth that turns
//! them into success or a failure class. Nothing else in Jackfield calls work done.

use crate::words::words;
use crate::{Failure, FailureClass};
use serde::{Deserialize, Serialize};

words! {
    /// How the process ended.
    Process {
        /// By itself, and its adapter says that the agent finished its work.
        Exited = "exited",
        /// By itself, and its adapter says that it failed.
        Failed = "failed",
        /// The host ended it for taking too long.
        TimedOut = "timed_out",
        /// The host or somebody else ended it.
        Killed = "killed",
        /// The host found it gone after a restart.
        Lost = "lost",
    }
}

words! {
    /// What it left behind.
    Delivered {
        /// Nothing but words.
        Nothing = "nothing",
        /// A change to the workspace.
        Diff = "diff",
        /// Something else that was asked for.
        Artifact = "artifact",
    }
}

words! {
    /// What its checks said.
    Verified {
        /// There were none, or they did not run.
        NotRun = "not_run",
        /// All required ones passed.
        Passed = "passed",
        /// A required one failed.
        Failed = "failed",
    }
}

/// The three axes, and what the adapter had to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Outcome {
    /// How the process ended.
    pub process: Process,
    /// What it left behind.
    pub delivered: Delivered,
    /// What its checks said.
    pub verified: Verified,
    /// The adapter's or the host's reason, where something failed.
    pub failure: Option<Failure>,
    /// Tools that the agent wanted and was not allowed.
    pub denied: Vec<String>,
}

/// What the table of truth makes of an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub enum Settled {
    /// Done. The note says what a reader should know all the same.
    Succeeded {
        /// For example which tools were denied.
        notes: Vec<String>,
    },
    /// Not done.
    Failed(Failure),
}

/// The table of truth.
///
/// `change_asked` says that the task asked for a change to the workspace: then words alone are
/// not success.
pub fn settle(outcome: &Outcome, change_asked: bool) -> Settled {
    let said = |class: FailureClass, message: &str| {
        Settled::Failed(outcome.failure.clone().unwrap_or_else(|| Failure::new(class, message)))
    };
    match (outcome.process, outcome.verified, outcome.delivered) {
        (Process::Lost, ..) => said(FailureClass::Lost, "the host restarted and found the agent gone"),
        (Process::TimedOut, ..) => said(FailureClass::Timeout, "the agent took too long and was ended"),
        (Process::Killed, ..) => said(FailureClass::Killed, "the agent was ended from outside"),
        (Process::Failed, ..) => said(FailureClass::Unknown, "the agent failed without saying why"),
        (Process::Exited, Verified::Failed, _) => {
            said(FailureClass::TestFail, "the work was delivered and its checks failed")
        }
        (Process::Exited, _, Delivered::Nothing) if change_asked => nothing_delivered(&outcome.denied),
        (Process::Exited, ..) => Settled::Succeeded { notes: notes(&outcome.denied) },
    }
}

fn nothing_delivered(denied: &[String]) -> Settled {
    Settled::Failed(if denied.is_empty() {
        Failure::new(FailureClass::WrongFile, "the agent said that it was done and changed nothing")
            .with_remedy(
                "read its answer; ask again more precisely, or with expect: answer if no change is wanted",
            )
    } else {
        Failure::new(
            FailureClass::Denied,
            format!("the agent changed nothing: it was not allowed to use {}", denied.join(", ")),
        )
        .with_remedy("run it with access: edit, or allow the tool in the executor's settings")
    })
}

/// What the axes do not say by themselves.
fn notes(denied: &[String]) -> Vec<String> {
    if denied.is_empty() { Vec::new() } else { vec![format!("not allowed: {}", denied.join(", "))] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(process: Process, delivered: Delivered, verified: Verified) -> Outcome {
        Outcome { process, delivered, verified, failure: None, denied: Vec::new() }
    }

    fn class(settled: &Settled) -> Option<FailureClass> {
        match settled {
            Settled::Failed(failure) => Some(failure.class),
            Settled::Succeeded { .. } => None,
        }
    }

    #[test]
    fn every_combination_of_axes_settles_as_the_table_says() {
        use FailureClass as F;
        for &process in Process::ALL {
            for &delivered in Delivered::ALL {
                for &verified in Verified::ALL {
                    for change_asked in [false, true] {
                        let expected = match process {
                            Process::Lost => Some(F::Lost),
                            Process::TimedOut => Some(F::Timeout),
                            Process::Killed => Some(F::Killed),
                            Process::Failed => Some(F::Unknown),
                            Process::Exited if verified == Verified::Failed => Some(F::TestFail),
                            Process::Exited if change_asked && delivered == Delivered::Nothing => {
                                Some(F::WrongFile)
                            }
                            Process::Exited => None,
                        };
                        let settled = settle(&outcome(process, delivered, verified), change_asked);
                        assert_eq!(
                            class(&settled),
                            expected,
                            "{process} {delivered} {verified} asked={change_asked}"
                        );
                    }
                }
            }
        }
    }

    #[test]
    fn reason_of_the_adapter_overrides_the_general_one() {
        let failure = Failure::new(FailureClass::RateLimited, "429");
        let told = Outcome {
            failure: Some(failure.clone()),
            ..outcome(Process::Failed, Delivered::Diff, Verified::NotRun)
        };
        assert_eq!(settle(&told, true), Settled::Failed(failure));
    }

    #[test]
    fn denied_tool_is_the_reason_why_nothing_was_delivered() {
        let denied = Outcome {
            denied: vec!["Write".into()],
            ..outcome(Process::Exited, Delivered::Nothing, Verified::NotRun)
        };
        assert_eq!(class(&settle(&denied, true)), Some(FailureClass::Denied));
        assert_eq!(class(&settle(&denied, false)), None);
    }

    #[test]
    fn success_despite_a_denied_tool_names_the_tool() {
        let denied = Outcome {
            denied: vec!["Bash".into()],
            ..outcome(Process::Exited, Delivered::Diff, Verified::NotRun)
        };
        let Settled::Succeeded { notes } = settle(&denied, true) else { panic!("should succeed") };
        assert_eq!(notes, ["not allowed: Bash"]);
    }
}
