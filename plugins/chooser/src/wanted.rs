//! What sort of model a task wants, and why.

use crate::facts::{Effort, Role, Task, Tier};
use alloc::borrow::Cow;
use alloc::format;

/// From this complexity on a task is strategic (10 is an epic).
const STRATEGIC_COMPLEXITY: u8 = 8;
/// From this one on it is hard enough that a strong model's better record may decide.
const HARD_COMPLEXITY: u8 = 7;
/// So many decisions in the context make a task strategic.
const MANY_DECISIONS: u32 = 5;
/// So many open quality issues mean that the usual way is not working.
const QUALITY_TROUBLE: u32 = 3;

const COMMAND_TYPES: &[&str] = &["command"];
const STRATEGIC_TYPES: &[&str] =
    &["epic", "design", "architecture", "review", "plan", "planning", "strategy", "roadmap"];
const PLANNING_TYPES: &[&str] =
    &["epic", "design", "architecture", "plan", "planning", "strategy", "roadmap"];

/// What a task wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The tier that fits best.
    pub tier: Tier,
    /// What it is about the task that says so, as half a sentence: "the plan decides what follows".
    pub why: Cow<'static, str>,
    /// A shell command, to be run as it is written.
    pub command: bool,
    /// Never for a light model.
    pub planning: bool,
    /// Workhorse work at the edge of what a workhorse does well.
    pub hard: bool,
}

/// What `task` wants. The first rule that holds gives the reason.
pub(crate) fn wanted(task: &Task) -> Wanted {
    let is = |types: &[&str]| types.iter().any(|one| task.task_type.eq_ignore_ascii_case(one));
    let planning = task.role == Role::Plan || is(PLANNING_TYPES);
    let command = is(COMMAND_TYPES);
    let (tier, why) = if command {
        (Tier::Light, Cow::Borrowed("it is a command, to be run as it is written"))
    } else if let Some(why) = strategic(task, is(STRATEGIC_TYPES)) {
        (Tier::Strategist, why)
    } else if task.complexity <= 1 && task.open_quality_issues == 0 && task.effort != Some(Effort::High) {
        (Tier::Light, Cow::Borrowed("it is trivial"))
    } else {
        (
            Tier::Workhorse,
            Cow::Owned(format!("it is {} of complexity {}", kind_of_work(task), task.complexity)),
        )
    };
    let hard = tier == Tier::Workhorse && task.complexity >= HARD_COMPLEXITY;
    Wanted { tier, why, command, planning, hard }
}

fn strategic(task: &Task, by_type: bool) -> Option<Cow<'static, str>> {
    if by_type {
        return Some(Cow::Owned(format!("it is {} work", task.task_type.to_ascii_lowercase())));
    }
    match task.role {
        Role::Plan => return Some(Cow::Borrowed("it is planning, and what follows depends on it")),
        Role::Review => return Some(Cow::Borrowed("it is a review")),
        Role::Implement | Role::Test => {}
    }
    if task.complexity >= STRATEGIC_COMPLEXITY {
        Some(Cow::Owned(format!("its complexity is {} of 10", task.complexity)))
    } else if task.decisions_in_context >= MANY_DECISIONS {
        Some(Cow::Owned(format!("{} decisions hang together in it", task.decisions_in_context)))
    } else if task.open_quality_issues >= QUALITY_TROUBLE {
        Some(Cow::Owned(format!("{} quality issues are open", task.open_quality_issues)))
    } else {
        None
    }
}

fn kind_of_work(task: &Task) -> Cow<'static, str> {
    match task.task_type.trim() {
        "" => Cow::Borrowed("work"),
        named => Cow::Owned(format!("{} work", jackfield_sdk::first_line(named, 40).to_ascii_lowercase())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::task;

    fn tier(change: impl FnOnce(&mut Task)) -> Tier {
        let mut task = task();
        change(&mut task);
        wanted(&task).tier
    }

    #[test]
    fn strategic_work_wants_the_strongest_tier() {
        for kind in STRATEGIC_TYPES {
            assert_eq!(tier(|task| task.task_type = kind.to_string()), Tier::Strategist, "{kind}");
        }
        assert_eq!(tier(|task| task.role = Role::Plan), Tier::Strategist);
        assert_eq!(tier(|task| task.role = Role::Review), Tier::Strategist);
        assert_eq!(tier(|task| task.complexity = 8), Tier::Strategist);
        assert_eq!(tier(|task| task.decisions_in_context = MANY_DECISIONS), Tier::Strategist);
        assert_eq!(tier(|task| task.open_quality_issues = QUALITY_TROUBLE), Tier::Strategist);
    }

    #[test]
    fn implementation_fixes_and_tests_want_a_workhorse() {
        for kind in ["feature", "bugfix", "test", "refactor", "something new"] {
            for complexity in 2..8 {
                let tier = tier(|task| {
                    task.task_type = kind.to_string();
                    task.complexity = complexity;
                });
                assert_eq!(tier, Tier::Workhorse, "{kind} {complexity}");
            }
        }
    }

    #[test]
    fn only_trifles_want_a_light_model_and_planning_never_does() {
        assert_eq!(tier(|task| task.complexity = 1), Tier::Light);
        let careful = |task: &mut Task| {
            task.complexity = 1;
            task.effort = Some(Effort::High);
        };
        assert_eq!(tier(careful), Tier::Workhorse);
        let plan = |task: &mut Task| {
            task.complexity = 1;
            task.role = Role::Plan;
        };
        assert_eq!(tier(plan), Tier::Strategist);
    }

    #[test]
    fn a_command_is_known_by_its_type_and_by_nothing_else() {
        for (kind, command) in [
            ("command", true),
            ("Shell", false),
            ("Command", true),
            ("feature", false),
            ("shell script", false),
        ] {
            let mut task = task();
            task.task_type = kind.to_owned();
            assert_eq!(wanted(&task).command, command, "{kind}");
        }
    }
}
