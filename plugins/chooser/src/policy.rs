//! Whom to ask first: everyone who can be asked, best first, and a note on everyone who cannot.

use crate::effort;
use crate::facts::{Budget, Candidate, Choice, Task, Timestamp};
use crate::reason::{self, Aside};
use crate::score::{Ranked, ranked};
use crate::standing::{Standing, standing};
use crate::wanted::{Wanted, wanted};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// An answer to `choose`, with what the operator's log should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chosen {
    /// Best first; empty when nobody can be asked.
    pub choices: Vec<Choice>,
    /// One line for each candidate that was passed over.
    pub notes: Vec<String>,
}

/// Ranks `candidates` for `task`.
pub fn choose(now: Timestamp, task: &Task, candidates: &[Candidate], budget: &Budget) -> Chosen {
    let wanted = wanted(task);
    let ranked = ranked(now, task, &wanted, candidates, budget);
    let of_tier = |one: &Ranked| candidates.get(one.index).is_some_and(|one| one.tier == wanted.tier);
    let first_of_tier = ranked.iter().position(of_tier);
    let choices = ranked
        .iter()
        .enumerate()
        .filter_map(|(place, one)| {
            let aside = match first_of_tier {
                None => Aside::NobodyOfTier,
                Some(first) if place < first => Aside::First,
                Some(_) => Aside::After,
            };
            let mut choice = choice(now, task, &wanted, candidates, budget, one.index, false, aside)?;
            if one.trial {
                choice.reason.push_str(reason::TRIAL);
            }
            Some(choice)
        })
        .collect::<Vec<_>>();
    let mut notes = passed_over(now, &wanted, candidates, budget);
    if choices.is_empty() {
        notes.push(format!(
            "nobody can do this now ({} candidates, wanted: {})",
            candidates.len(),
            if wanted.command { "the shell" } else { reason::tier(wanted.tier) },
        ));
    }
    Chosen { choices, notes }
}

/// The choice of one candidate, with its effort and its reason; none where there is no such candidate.
#[allow(clippy::too_many_arguments)] // everything that a reason tells of
pub(crate) fn choice(
    now: Timestamp,
    task: &Task,
    wanted: &Wanted,
    candidates: &[Candidate],
    budget: &Budget,
    index: usize,
    failed_before: bool,
    aside: Aside,
) -> Option<Choice> {
    let candidate = candidates.get(index)?;
    let waits = standing(now, wanted, candidate, budget) == Standing::Full;
    let preset = effort::preset(task, failed_before);
    Some(Choice {
        candidate: u32::try_from(index).ok()?,
        effort: preset.0,
        reason: reason::sentence(task, wanted, candidate, aside, waits, preset),
    })
}

fn passed_over(now: Timestamp, wanted: &Wanted, candidates: &[Candidate], budget: &Budget) -> Vec<String> {
    candidates
        .iter()
        .filter_map(|candidate| {
            let why = match standing(now, wanted, candidate, budget) {
                Standing::Ready | Standing::Full => return None,
                Standing::Cooling(until) => format!("cooling down for {}", crate::remedy::span(until - now)),
                Standing::Out(why) => why,
            };
            Some(format!("{} is passed over: {why}", reason::named(candidate)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Effort, Role, Tier};
    use crate::sample::{budget, candidate, ladder, shell, task};

    fn names(task: &Task, candidates: &[Candidate]) -> Vec<String> {
        choose(0, task, candidates, &budget())
            .choices
            .iter()
            .map(|choice| reason::named(&candidates[choice.candidate as usize]))
            .collect()
    }

    #[test]
    fn a_feature_goes_to_a_workhorse_and_a_plan_to_the_strongest() {
        let feature = choose(0, &task(), &ladder(), &budget());
        let best = &feature.choices[0];
        assert_eq!(ladder()[best.candidate as usize].tier, Tier::Workhorse);
        assert_eq!(best.effort, Effort::Medium);
        let plan = Task { role: Role::Plan, complexity: 1, ..task() };
        assert_eq!(names(&plan, &ladder())[0], "claude/opus");
        assert!(
            names(&plan, &ladder())
                .iter()
                .all(|name| !["gemini/flash", "claude/deepseek"].contains(&&**name))
        );
    }

    #[test]
    fn planning_is_left_undone_rather_than_given_to_a_light_model() {
        let plan = Task { role: Role::Plan, ..task() };
        let light = [candidate("gemini", "flash", Tier::Light)];
        let chosen = choose(0, &plan, &light, &budget());
        assert_eq!(chosen.choices, []);
        assert_eq!(chosen.notes[0], "gemini/flash is passed over: too light for planning");
    }

    #[test]
    fn the_shell_is_never_chosen_by_itself_even_when_nobody_else_is_there() {
        for (kind, complexity) in [("feature", 1), ("bugfix", 5), ("review", 9), ("script", 1)] {
            let task = Task { task_type: kind.to_owned(), complexity, ..task() };
            assert_eq!(choose(0, &task, &[shell()], &budget()).choices, [], "{kind}");
        }
        let command = Task { task_type: "command".to_owned(), ..task() };
        let mut all = ladder();
        all.push(shell());
        assert_eq!(names(&command, &all), ["shell"]);
    }

    #[test]
    fn the_reason_is_a_sentence_with_the_facts_that_decided() {
        let known = Candidate {
            attempts: 14,
            succeeded: 12,
            mean_cost: Some(48_000),
            ..candidate("claude", "sonnet", Tier::Workhorse)
        };
        let chosen = choose(0, &task(), &[known], &budget());
        assert_eq!(
            chosen.choices[0].reason,
            "claude/sonnet (workhorse), because it is feature work of complexity 4; 12 of 14 like tasks succeeded, \
             about $0.05 each; effort medium, as nothing asks for more or less"
        );
    }

    #[test]
    fn whoever_is_tried_to_find_out_is_said_to_be() {
        let middling =
            Candidate { attempts: 40, succeeded: 26, verified: 26, ..candidate("a", "one", Tier::Workhorse) };
        let chosen = choose(0, &task(), &[middling, candidate("b", "two", Tier::Workhorse)], &budget());
        assert_eq!(chosen.choices[0].candidate, 1);
        assert!(
            chosen.choices[0].reason.ends_with("; little is known of it, so it gets a try"),
            "{chosen:?}"
        );
    }

    #[test]
    fn a_tier_that_was_not_wanted_is_explained() {
        let opus = [candidate("claude", "opus", Tier::Strategist)];
        let chosen = choose(0, &task(), &opus, &budget());
        assert!(chosen.choices[0].reason.contains("and no workhorse is ready now"), "{chosen:?}");
    }

    #[test]
    fn the_reason_of_another_tier_says_what_decided() {
        let mut both = [
            Candidate { attempts: 40, succeeded: 0, ..candidate("codex", "codex", Tier::Workhorse) },
            candidate("gemini", "argon", Tier::Strategist),
        ];
        let reasons = |both: &[Candidate]| {
            choose(0, &task(), both, &budget()).choices.into_iter().map(|one| one.reason).collect::<Vec<_>>()
        };
        assert!(reasons(&both)[0].contains("and it ranks before every workhorse by price and load;"));
        both[1].attempts = 1;
        both[1].succeeded = 1;
        assert!(reasons(&both)[0].contains("and it ranks before every workhorse by record, price and load;"));
        both[0].succeeded = 40;
        assert!(reasons(&both)[1].contains("and a workhorse that ranks before it fits better;"));
    }

    #[test]
    fn claude_is_first_among_strategists_whatever_the_price_unless_it_does_badly_or_is_busy() {
        let plan = Task { role: Role::Plan, ..task() };
        let mut both =
            [candidate("gemini", "argon", Tier::Strategist), candidate("claude", "opus", Tier::Strategist)];
        both[0].rates = candidate("gemini", "flash", Tier::Light).rates;
        let chosen = choose(0, &plan, &both, &budget());
        assert_eq!(chosen.choices[0].candidate, 1);
        assert!(chosen.choices[0].reason.contains("Claude is preferred"), "{chosen:?}");
        let hard = Task { complexity: 9, ..task() };
        assert_eq!(names(&hard, &both)[0], "claude/opus");
        both[1].busy = 2;
        assert_eq!(names(&plan, &both)[0], "gemini/argon");
        both[1] = Candidate { busy: 0, attempts: 20, succeeded: 1, ..both[1].clone() };
        assert_eq!(names(&plan, &both)[0], "gemini/argon");
    }

    #[test]
    fn whoever_has_no_free_slot_comes_later_and_says_so() {
        let busy = Candidate { busy: 2, ..candidate("a", "one", Tier::Workhorse) };
        let free = candidate("b", "two", Tier::Workhorse);
        let chosen = choose(0, &task(), &[busy, free], &budget());
        assert_eq!(chosen.choices[0].candidate, 1);
        assert!(chosen.choices[1].reason.ends_with("; it waits for a free slot"), "{chosen:?}");
    }

    #[test]
    fn a_workhorse_that_keeps_failing_is_cause_enough_for_the_strongest() {
        let candidates = [
            Candidate { attempts: 40, succeeded: 0, ..candidate("codex", "codex", Tier::Workhorse) },
            candidate("claude", "opus", Tier::Strategist),
        ];
        assert_eq!(names(&task(), &candidates)[0], "claude/opus");
    }

    #[test]
    fn the_same_facts_give_the_same_answer_and_every_index_is_real() {
        let candidates = ladder();
        for complexity in 0..=u8::MAX {
            let task = Task { complexity, ..task() };
            let chosen = choose(7, &task, &candidates, &budget());
            assert_eq!(chosen, choose(7, &task, &candidates, &budget()));
            assert!(chosen.choices.iter().all(|choice| (choice.candidate as usize) < candidates.len()));
        }
        assert!(choose(0, &task(), &[], &budget()).notes[0].contains("nobody can do this now"));
    }
}
