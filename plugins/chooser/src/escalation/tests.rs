//! What follows each kind of failure.

use super::*;
use crate::facts::{BreakerState, Tier};
use crate::sample::{budget, candidate, failed, ladder, shell, succeeded, task};

const NOW: Timestamp = 1_000_000;

fn step(history: &[Past], candidates: &[Candidate]) -> Step {
    next(NOW, &task(), history, candidates, &budget())
}

fn retried(step: &Step, candidates: &[Candidate]) -> String {
    match step {
        Step::Retry(choice) => reason::named(&candidates[choice.candidate as usize]),
        other => panic!("expected a retry, got {other:?}"),
    }
}

#[test]
fn success_is_done_and_says_whether_anything_was_checked() {
    let ladder = ladder();
    let checked = step(&[succeeded(&ladder[3], VerifiedAxis::Passed)], &ladder);
    assert_eq!(checked, Step::Done("codex/codex succeeded and its checks passed".into()));
    let unchecked = step(&[succeeded(&ladder[3], VerifiedAxis::NotRun)], &ladder);
    assert_eq!(unchecked, Step::Done("codex/codex succeeded; nothing was checked".into()));
}

#[test]
fn of_several_side_by_side_one_success_is_enough() {
    let ladder = ladder();
    let both = [succeeded(&ladder[3], VerifiedAxis::Passed), failed(&ladder[5], FailureClass::TestFail)];
    assert_eq!(step(&both, &ladder), Step::Done("codex/codex succeeded and its checks passed".into()));
}

#[test]
fn bad_work_goes_one_rung_up_each_time() {
    let ladder = ladder();
    for (at, expected) in [(0, "gemini/flash"), (2, "codex/codex"), (3, "claude/sonnet"), (4, "claude/opus")]
    {
        let next = step(&[failed(&ladder[at], FailureClass::TestFail)], &ladder);
        assert_eq!(retried(&next, &ladder), expected);
    }
}

#[test]
fn a_rung_that_cannot_start_is_stepped_over() {
    let mut ladder = ladder();
    ladder[4].installed = false;
    let next = step(&[failed(&ladder[3], FailureClass::WrongFile)], &ladder);
    assert_eq!(retried(&next, &ladder), "claude/opus");
}

#[test]
fn off_the_ladder_the_next_tier_up_is_the_next_rung() {
    let candidates = [
        candidate("gemini", "pro", Tier::Workhorse),
        candidate("codex", "codex", Tier::Workhorse),
        candidate("claude", "opus", Tier::Strategist),
    ];
    let next = step(&[failed(&candidates[0], FailureClass::Unknown)], &candidates);
    assert_eq!(retried(&next, &candidates), "claude/opus");
}

/// The ladder, and models beside it that would rank well.
fn ladder_with_others() -> Vec<Candidate> {
    let mut all = ladder();
    for (executor, model, tier) in [
        ("gemini", "flash-lite", Tier::Light),
        ("codex", "terra", Tier::Workhorse),
        ("gemini", "argon", Tier::Strategist),
    ] {
        let cheap =
            Candidate { attempts: 20, succeeded: 20, verified: 20, ..candidate(executor, model, tier) };
        all.push(Candidate { mean_cost: Some(1), ..cheap });
    }
    all
}

#[test]
fn a_first_pick_off_the_ladder_is_followed_by_the_rung_above_its_tier() {
    let all = ladder_with_others();
    for (at, expected) in [(6, "gemini/pro"), (7, "claude/opus"), (8, "claude/opus")] {
        let next = step(&[failed(&all[at], FailureClass::TestFail)], &all);
        assert_eq!(retried(&next, &all), expected);
        let Step::Retry(choice) = next else { unreachable!() };
        assert!(choice.reason.contains("this is the next rung of the ladder"), "{}", choice.reason);
    }
    let mut history = vec![failed(&all[6], FailureClass::TestFail), failed(&all[2], FailureClass::TestFail)];
    assert_eq!(retried(&step(&history, &all), &all), "codex/codex");
    history.push(failed(&all[3], FailureClass::TestFail));
    let Step::Consensus(consensus) = step(&history, &all) else { panic!("expected consensus") };
    assert_eq!(consensus.candidates, [5, 3], "the two highest rungs of different executors");
}

#[test]
fn with_a_ladder_nobody_beside_it_is_asked_after_bad_work() {
    let all = ladder_with_others();
    for at in 0..all.len() {
        for class in [FailureClass::TestFail, FailureClass::Unknown, FailureClass::WrongFile] {
            match step(&[failed(&all[at], class)], &all) {
                Step::Retry(choice) => assert!(all[choice.candidate as usize].rung.is_some()),
                Step::Consensus(consensus) => {
                    assert!(consensus.candidates.iter().all(|index| all[*index as usize].rung.is_some()));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn rungs_that_differ_by_their_environment_only_are_climbed_one_by_one() {
    let mut all = ladder();
    all[1] = Candidate { rung: Some(1), ..all[0].clone() };
    let once = failed(&all[0], FailureClass::TestFail);
    let Step::Retry(choice) = step(std::slice::from_ref(&once), &all) else { panic!("expected a retry") };
    assert_eq!(choice.candidate, 1);
    assert_eq!(retried(&step(&[once.clone(), once], &all), &all), "gemini/pro");
}

#[test]
fn a_ladder_whose_higher_rungs_cannot_start_says_why() {
    let mut all = ladder();
    all.retain(|one| one.executor == "claude");
    all[2].login = crate::facts::Login::LoggedOut;
    let Step::Human(why) = step(&[failed(&all[1], FailureClass::TestFail)], &all) else { panic!() };
    assert!(why.contains("no rung above it is ready (claude/opus is not logged in)"), "{why}");
    let Step::Human(why) = step(&[failed(&all[2], FailureClass::TestFail)], &all[2..]) else { panic!() };
    assert!(why.contains("no rung of the ladder is above it"), "{why}");
}

#[test]
fn three_bad_attempts_lead_to_consensus_among_distinct_executors_then_to_a_person() {
    let ladder = ladder();
    let mut history: Vec<Past> = (2..5).map(|at| failed(&ladder[at], FailureClass::TestFail)).collect();
    let Step::Consensus(consensus) = step(&history, &ladder) else { panic!("expected consensus") };
    let asked: Vec<&Candidate> = consensus.candidates.iter().map(|&index| &ladder[index as usize]).collect();
    assert_eq!(asked[0].model.as_deref(), Some("opus"));
    assert_ne!(asked[0].executor, asked[1].executor);
    history.extend(asked.into_iter().map(|one| failed(one, FailureClass::TestFail)));
    assert!(matches!(step(&history, &ladder), Step::Human(_)));
}

#[test]
fn at_the_top_of_the_ladder_several_are_asked_at_once() {
    let ladder = ladder();
    let next = step(&[failed(&ladder[5], FailureClass::TestFail)], &ladder);
    assert!(matches!(next, Step::Consensus(_)), "{next:?}");
}

#[test]
fn with_one_executor_there_is_no_consensus_and_a_person_is_asked() {
    let only = [candidate("codex", "codex", Tier::Workhorse)];
    let next = step(&[failed(&only[0], FailureClass::TestFail)], &only);
    let Step::Human(why) = next else { panic!("{next:?}") };
    assert!(why.contains("test_fail") && why.contains("no stronger model"), "{why}");
}

#[test]
fn what_nobody_could_do_better_stops_with_what_to_do() {
    use FailureClass as F;
    let ladder = ladder();
    let infrastructure = [
        F::AuthFailure,
        F::NoCredit,
        F::Timeout,
        F::SyntaxError,
        F::Network,
        F::UnknownModel,
        F::Denied,
        F::NoProgram,
        F::Killed,
        F::Lost,
    ];
    for class in infrastructure.into_iter().chain([F::Budget, F::Cancelled]) {
        let Step::Stop(why) = step(&[failed(&ladder[0], class)], &ladder) else { panic!("{class:?}") };
        let (what, remedy) = why.split_once(": ").unwrap();
        assert!(what.contains(word(class)) && remedy.len() > 10, "{why}");
    }
}

#[test]
fn no_room_here_means_another_of_the_same_tier_and_no_blame() {
    let mut ladder = ladder();
    ladder[3].cooling_until = Some(NOW + 60_000);
    for class in [FailureClass::RateLimited, FailureClass::Overloaded, FailureClass::ContextOverflow] {
        let next = step(&[failed(&ladder[3], class)], &ladder);
        let Step::Retry(choice) = &next else { panic!("{next:?}") };
        let other = &ladder[choice.candidate as usize];
        assert_eq!(other.tier, Tier::Workhorse);
        assert_ne!(other.executor, "codex");
        assert_eq!(choice.effort, crate::facts::Effort::Medium, "a full house says nothing about the work");
    }
}

#[test]
fn no_room_anywhere_says_when_to_come_back() {
    let mut only = [candidate("codex", "codex", Tier::Workhorse)];
    only[0].cooling_until = Some(NOW + 240_000);
    let next = step(&[failed(&only[0], FailureClass::RateLimited)], &only);
    let Step::Stop(why) = next else { panic!("{next:?}") };
    assert!(why.ends_with("retry the run in 4 min"), "{why}");
}

#[test]
fn no_room_does_not_count_as_bad_work_but_counts_among_the_five() {
    let ladder = ladder();
    let bad = |at: usize| failed(&ladder[at], FailureClass::TestFail);
    let full = |at: usize| failed(&ladder[at], FailureClass::RateLimited);
    let two_bad = step(&[full(2), bad(3), bad(4)], &ladder);
    assert_eq!(retried(&two_bad, &ladder), "claude/opus");
    let five = step(&[full(0), full(1), full(2), full(3), full(4)], &ladder);
    assert!(matches!(five, Step::Human(_)), "{five:?}");
}

#[test]
fn a_failed_command_is_not_handed_to_an_agent() {
    let mut all = ladder();
    all.push(shell());
    let command = Task { task_type: "command".into(), ..task() };
    let next = next(NOW, &command, &[failed(&shell(), FailureClass::TestFail)], &all, &budget());
    assert!(matches!(next, Step::Stop(_)), "{next:?}");
}

#[test]
fn with_the_breaker_halted_nothing_that_costs_is_retried() {
    let ladder = ladder();
    let halted = Budget { state: BreakerState::Halted, ..budget() };
    let next = next(NOW, &task(), &[failed(&ladder[2], FailureClass::TestFail)], &ladder, &halted);
    assert!(matches!(next, Step::Human(_)), "{next:?}");
}

#[test]
fn whatever_the_history_the_host_can_carry_the_step_out() {
    use FailureClass as F;
    let ladder = ladder();
    let classes = [F::TestFail, F::Unknown, F::RateLimited, F::Refused, F::Network, F::ContextOverflow];
    let mut dice = 1_u32;
    let mut roll = |sides: usize| {
        dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (dice >> 16) as usize % sides
    };
    for _ in 0..2_000 {
        let history: Vec<Past> = (0..=roll(7)).map(|_| failed(&ladder[roll(6)], classes[roll(6)])).collect();
        let answer = step(&history, &ladder);
        assert_eq!(answer, step(&history, &ladder));
        match answer {
            Step::Retry(choice) => {
                assert!((choice.candidate as usize) < ladder.len() && history.len() < IN_ALL);
            }
            Step::Consensus(consensus) => {
                assert!(consensus.candidates.len() == VOICES && history.len() + VOICES <= IN_ALL);
            }
            Step::Human(why) | Step::Stop(why) => assert!(why.contains(": ")),
            Step::Done(why) => panic!("nothing succeeded, but: {why}"),
        }
    }
}
