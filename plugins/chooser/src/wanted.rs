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
/// So many quality issues open in the task's area mean that the usual way is not working there: one tier up.
const QUALITY_TROUBLE: u32 = 3;
/// Up to this complexity a task is too small for old failures to make it dearer.
pub(crate) const SMALL_COMPLEXITY: u8 = 2;
/// Up to this one a word like "typo" makes a task light.
const LIGHT_COMPLEXITY: u8 = 3;

const COMMAND_TYPES: &[&str] = &["command"];
const STRATEGIC_TYPES: &[&str] = &[
    "epic",
    "design",
    "architecture",
    "review",
    "code-review",
    "security-review",
    "audit",
    "plan",
    "planning",
    "strategy",
    "roadmap",
    "rfc",
    "adr",
];
const PLANNING_TYPES: &[&str] =
    &["epic", "design", "architecture", "plan", "planning", "strategy", "roadmap", "rfc", "adr"];
/// Keywords of a caller that mean strategic work, whatever the type.
const STRATEGIC_KEYWORDS: &[&str] = &[
    "architecture",
    "architectural",
    "architect",
    "system design",
    "system-design",
    "design",
    "redesign",
    "epic",
    "roadmap",
    "strategy",
    "strategic",
    "planning",
    "review",
    "code review",
    "code-review",
    "security review",
    "security-review",
    "audit",
    "threat model",
    "threat-model",
    "trade-off",
    "tradeoff",
    "rfc",
    "adr",
];
/// Keywords of a caller that mean a trifle.
const TRIVIAL_KEYWORDS: &[&str] =
    &["typo", "typos", "spelling", "whitespace", "formatting", "trivial", "wording", "comment", "rename"];

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
    } else if let Some(why) = light(task) {
        (Tier::Light, why)
    } else {
        (
            Tier::Workhorse,
            Cow::Owned(format!("it is {} of complexity {}", kind_of_work(task), task.complexity)),
        )
    };
    let (tier, why) = if command { (tier, why) } else { raised(task, tier, why) };
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
    } else {
        let word = keyword(task, STRATEGIC_KEYWORDS)?;
        Some(Cow::Owned(format!("its keyword '{word}' means strategic work")))
    }
}

fn light(task: &Task) -> Option<Cow<'static, str>> {
    if task.effort == Some(Effort::High) {
        return None;
    }
    if task.complexity <= 1 {
        return Some(Cow::Borrowed("it is trivial"));
    }
    let word = keyword(task, TRIVIAL_KEYWORDS).filter(|_| task.complexity <= LIGHT_COMPLEXITY)?;
    Some(Cow::Owned(format!("its keyword '{word}' means a small change")))
}

/// One tier up at most, where work of this area keeps failing. What is small stays where it is.
fn raised(task: &Task, tier: Tier, why: Cow<'static, str>) -> (Tier, Cow<'static, str>) {
    if task.open_quality_issues < QUALITY_TROUBLE || task.complexity <= SMALL_COMPLEXITY {
        return (tier, why);
    }
    let up = match tier {
        Tier::Light => Tier::Workhorse,
        Tier::Workhorse => Tier::Strategist,
        Tier::Strategist => return (tier, why),
    };
    (up, Cow::Owned(format!("{why}, and {} quality issues are open in this area", task.open_quality_issues)))
}

/// The first of the caller's keywords that is among `words`.
fn keyword(task: &Task, words: &'static [&'static str]) -> Option<&'static str> {
    let known = |given: &alloc::string::String| {
        words.iter().copied().find(|word| given.trim().eq_ignore_ascii_case(word))
    };
    task.keywords.iter().find_map(known)
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
        for word in STRATEGIC_KEYWORDS {
            assert_eq!(tier(|task| task.keywords = vec![word.to_uppercase()]), Tier::Strategist, "{word}");
        }
    }

    #[test]
    fn open_quality_issues_raise_a_task_by_one_tier_at_most_and_small_tasks_never() {
        let troubled = |complexity, keywords: &[&str]| {
            tier(|task| {
                task.open_quality_issues = 1_000;
                task.complexity = complexity;
                task.keywords = keywords.iter().map(|word| (*word).to_owned()).collect();
            })
        };
        assert_eq!(troubled(1, &[]), Tier::Light);
        assert_eq!(troubled(2, &[]), Tier::Workhorse);
        assert_eq!(troubled(2, &["typo"]), Tier::Light);
        assert_eq!(troubled(3, &["typo"]), Tier::Workhorse);
        assert_eq!(troubled(4, &[]), Tier::Strategist);
        assert_eq!(tier(|task| task.open_quality_issues = QUALITY_TROUBLE - 1), Tier::Workhorse);
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
