//! How hard the model should think.

use crate::facts::{Effort, Task};
use crate::wanted::SMALL_COMPLEXITY;

/// The preset and, as half a sentence, why.
pub(crate) fn preset(task: &Task, failed_before: bool) -> (Effort, &'static str) {
    let (effort, why) = match task.effort {
        Some(asked) => (asked, "it was asked for"),
        None if task.complexity >= 7 => (Effort::High, "the task is hard"),
        None if task.open_quality_issues > 0 && task.complexity > SMALL_COMPLEXITY => {
            (Effort::High, "quality issues are open in this area")
        }
        None if task.complexity <= SMALL_COMPLEXITY => (Effort::Low, "the task is small"),
        None => (Effort::Medium, "nothing asks for more or less"),
    };
    match (failed_before, effort) {
        // More thought is the cheapest thing to change after bad work.
        (true, Effort::Low) => (Effort::Medium, "an attempt failed before"),
        (true, Effort::Medium) => (Effort::High, "an attempt failed before"),
        _ => (effort, why),
    }
}

/// As people write it.
pub(crate) fn word(effort: Effort) -> &'static str {
    match effort {
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::task;

    #[test]
    fn effort_follows_complexity_unless_one_is_asked_for() {
        for (complexity, expected) in [
            (1, Effort::Low),
            (2, Effort::Low),
            (3, Effort::Medium),
            (6, Effort::Medium),
            (7, Effort::High),
            (10, Effort::High),
        ] {
            let task = Task { complexity, ..task() };
            assert_eq!(preset(&task, false).0, expected, "{complexity}");
            let asked = Task { effort: Some(Effort::Low), ..task };
            assert_eq!(preset(&asked, false), (Effort::Low, "it was asked for"));
        }
    }

    #[test]
    fn open_quality_issues_raise_the_effort_of_all_but_small_tasks() {
        let troubled = |complexity| preset(&Task { complexity, open_quality_issues: 9, ..task() }, false).0;
        assert_eq!((troubled(2), troubled(3)), (Effort::Low, Effort::High));
    }

    #[test]
    fn a_failure_raises_the_effort_by_one_step() {
        let small = Task { complexity: 2, ..task() };
        assert_eq!(preset(&small, true).0, Effort::Medium);
        assert_eq!(preset(&task(), true).0, Effort::High);
    }
}
