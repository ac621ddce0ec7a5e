//! How well each candidate suits a task, in points: whole numbers, so that every host agrees.

use crate::facts::{BreakerState, Budget, Candidate, Micros, Millis, Task, Tier, Timestamp};
use crate::price;
use crate::reason::is_preferred;
use crate::standing::{Standing, standing};
use crate::wanted::Wanted;
use alloc::vec::Vec;
use core::cmp::Reverse;

/// What each consideration weighs; together 1,000.
const FIT: i64 = 350;
const SUCCESS: i64 = 350;
const VERIFIED: i64 = 80;
const COST: i64 = 100;
const LATENCY: i64 = 40;
const LOAD: i64 = 80;

/// What it is worth to find out how somebody does of whom little is known, and the most that it can be.
/// A record is not the truth: without this, one early failure would keep a good model out for ever, and
/// nobody would get a first task beside somebody who does tolerably. The most is too little to pass over
/// whoever does well and is checked.
const CURIOSITY: i64 = 90;
const MOST_CURIOUS: i64 = 80;
/// So many tasks of one's peers before there is cause to wonder.
const BEFORE_WONDERING: u32 = 8;

/// Taken off where every slot is busy: a peer that is free comes first, a dearer tier does not.
const WAITING: i64 = 100;
/// Taken off where the expected price is more than what is left.
const BEYOND_MEANS: i64 = 150;

/// Added for the strategist that is asked first for strategic work: more than any difference in price, less than
/// a bad record, and less than a full house.
const PREFERRED: i64 = 200;

/// The strategists' share of the work at 5 : 1, in thousandths.
const STRATEGIST_SHARE: i64 = 167;

/// A candidate that can be asked, with its points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ranked {
    /// Into the candidates.
    pub index: usize,
    /// More is better.
    pub points: i64,
    /// It stands before somebody whose record is better: to find out how it does.
    pub trial: bool,
}

/// What the candidates are compared by: the extremes among those that can be asked.
struct Field {
    cheapest: Option<Micros>,
    dearest: Option<Micros>,
    fastest: Option<Millis>,
    strategist_share: i64,
    /// Attempts at like tasks by everybody of the tier that is wanted.
    of_tier: u32,
}

/// Everyone who can be asked, best first. Equal points go to the lower rung, then to position.
pub(crate) fn ranked(
    now: Timestamp,
    task: &Task,
    wanted: &Wanted,
    candidates: &[Candidate],
    budget: &Budget,
) -> Vec<Ranked> {
    let able: Vec<(usize, &Candidate, Standing)> = candidates
        .iter()
        .enumerate()
        .map(|(index, candidate)| (index, candidate, standing(now, wanted, candidate, budget)))
        .filter(|(_, _, standing)| standing.can_be_asked())
        .collect();
    let costs = || able.iter().filter_map(|(_, candidate, _)| price::expected(task, candidate));
    let field = Field {
        cheapest: costs().min(),
        dearest: costs().max(),
        fastest: able.iter().filter_map(|(_, candidate, _)| candidate.mean_latency).min(),
        strategist_share: strategist_share(candidates),
        of_tier: able
            .iter()
            .filter(|(_, candidate, _)| candidate.tier == wanted.tier)
            .fold(0, |sum, (_, candidate, _)| sum.saturating_add(candidate.attempts)),
    };
    let mut ranked: Vec<_> = able
        .iter()
        .map(|(index, candidate, standing)| {
            let waiting = if *standing == Standing::Full { WAITING } else { 0 };
            let known = points(task, wanted, candidate, budget, &field) - waiting;
            let points = known + curiosity(wanted, candidate, field.of_tier);
            (Ranked { index: *index, points, trial: false }, candidate.rung.unwrap_or(u16::MAX), known)
        })
        .collect();
    ranked.sort_by_key(|(one, rung, _)| (Reverse(one.points), *rung, one.index));
    let mut best_below = i64::MIN;
    for (one, _, known) in ranked.iter_mut().rev() {
        one.trial = *known < best_below;
        best_below = best_below.max(*known);
    }
    ranked.into_iter().map(|(one, ..)| one).collect()
}

/// The less is known of one and the more of its peers, the more there is to learn from it: it grows as
/// the root of ln(peers' tasks) / own tasks. Only among the tier that is wanted: being unknown is no
/// cause to send work to a stronger or a lighter one.
fn curiosity(wanted: &Wanted, candidate: &Candidate, of_tier: u32) -> i64 {
    if candidate.tier != wanted.tier {
        return 0;
    }
    let peers = of_tier.saturating_sub(candidate.attempts) / BEFORE_WONDERING;
    // ln 2 = 0.693; the root of millionths is in thousandths.
    let logarithm = u64::from((peers + 1).ilog2()) * 693_000;
    // Beside the three tasks that stand for not knowing anything.
    let root = (logarithm / (u64::from(candidate.attempts) + 3)).isqrt();
    i64::try_from(root).map_or(MOST_CURIOUS, |root| (CURIOSITY * root / 1_000).min(MOST_CURIOUS))
}

fn points(task: &Task, wanted: &Wanted, candidate: &Candidate, budget: &Budget, field: &Field) -> i64 {
    let weighed = |weight: i64, thousandths: i64| weight * thousandths / 1_000;
    let (cost_weight, beyond) = money(task, candidate, budget);
    weighed(FIT, fit(wanted, candidate.tier, field.strategist_share))
        + weighed(SUCCESS, success(candidate))
        + weighed(VERIFIED, verified(candidate))
        + weighed(cost_weight, cheapness(price::expected(task, candidate).or(field.dearest), field.cheapest))
        + weighed(LATENCY, cheapness(candidate.mean_latency, field.fastest))
        + weighed(LOAD, freedom(candidate))
        + if is_preferred(wanted, candidate) { PREFERRED } else { 0 }
        - beyond
}

/// How well a tier suits what is wanted, in thousandths.
fn fit(wanted: &Wanted, tier: Tier, strategist_share: i64) -> i64 {
    let base = match (wanted.tier, tier) {
        (Tier::Strategist, Tier::Strategist)
        | (Tier::Workhorse, Tier::Workhorse)
        | (Tier::Light, Tier::Light) => 1_000,
        (Tier::Workhorse, Tier::Strategist) if wanted.hard => 800,
        (Tier::Workhorse, Tier::Strategist) => 550,
        (Tier::Workhorse, Tier::Light) if wanted.hard => 0,
        (Tier::Workhorse, Tier::Light) => 300,
        (Tier::Strategist, Tier::Workhorse) => 500,
        (Tier::Strategist, Tier::Light) => 0,
        (Tier::Light, Tier::Workhorse) => 700,
        (Tier::Light, Tier::Strategist) => 200,
    };
    let by_share = match (wanted.tier, tier) {
        (Tier::Workhorse, Tier::Strategist) if strategist_share > STRATEGIST_SHARE => -150,
        (Tier::Workhorse, Tier::Strategist) if wanted.hard && strategist_share < STRATEGIST_SHARE => 100,
        _ => 0,
    };
    base + by_share
}

/// Observed success with a prior of two successes in three, so that nobody is judged by one task.
fn success(candidate: &Candidate) -> i64 {
    let succeeded = i64::from(candidate.succeeded.min(candidate.attempts));
    (succeeded + 2) * 1_000 / (i64::from(candidate.attempts) + 3)
}

/// How much of what succeeded was also checked, with a prior of one half.
fn verified(candidate: &Candidate) -> i64 {
    let verified = i64::from(candidate.verified.min(candidate.succeeded));
    (verified + 1) * 1_000 / (i64::from(candidate.succeeded) + 2)
}

/// A thousand for the least, half for twice as much; half also where nothing is known.
fn cheapness(this: Option<u64>, least: Option<u64>) -> i64 {
    let (Some(this), Some(least)) = (this, least) else { return 500 };
    let ratio = (u128::from(least) + 1) * 1_000 / (u128::from(this) + 1);
    i64::try_from(ratio).unwrap_or(1_000).min(1_000)
}

fn freedom(candidate: &Candidate) -> i64 {
    let free = candidate.slots.saturating_sub(candidate.busy);
    i64::from(free) * 1_000 / i64::from(candidate.slots.max(1))
}

/// What cost weighs now, and what is taken off for a price beyond what is left.
fn money(task: &Task, candidate: &Candidate, budget: &Budget) -> (i64, i64) {
    let weight = if budget.state == BreakerState::Closed { COST } else { 2 * COST };
    let beyond = match (price::expected(task, candidate), price::left(budget)) {
        (Some(expected), Some(left)) if expected > left => BEYOND_MEANS,
        _ => 0,
    };
    (weight, beyond)
}

/// Of what strategists and workhorses did lately, the strategists' part in thousandths.
fn strategist_share(candidates: &[Candidate]) -> i64 {
    let of = |tier: Tier| -> i64 {
        candidates.iter().filter(|one| one.tier == tier).map(|one| i64::from(one.usage_share)).sum()
    };
    let (strategists, workhorses) = (of(Tier::Strategist), of(Tier::Workhorse));
    match strategists + workhorses {
        0 => STRATEGIST_SHARE,
        all => strategists * 1_000 / all,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{budget, candidate, task};
    use crate::wanted::wanted;

    fn first(task: &Task, candidates: &[Candidate], budget: &Budget) -> usize {
        ranked(0, task, &wanted(task), candidates, budget)[0].index
    }

    fn pair() -> [Candidate; 2] {
        [candidate("a", "one", Tier::Workhorse), candidate("b", "two", Tier::Workhorse)]
    }

    #[test]
    fn one_failure_costs_a_place_and_not_the_career() {
        let mut both = pair();
        both[0].attempts = 1;
        assert_eq!(first(&task(), &both, &budget()), 1);
        both[0].attempts = 20;
        both[0].succeeded = 19;
        assert_eq!(first(&task(), &both, &budget()), 0);
    }

    /// How often each is picked over many tasks, when each succeeds as often of ten as is said, and
    /// what succeeds is checked.
    fn over(tasks: u32, of_ten: [u32; 2], mut both: [Candidate; 2]) -> [u32; 2] {
        let mut picked = [0; 2];
        for _ in 0..tasks {
            let one = first(&task(), &both, &budget());
            // Its seventh, fourth, … of ten is the one that fails: no luck, and no streak.
            let good = (both[one].attempts * 7) % 10 < of_ten[one];
            both[one].attempts += 1;
            both[one].succeeded += u32::from(good);
            both[one].verified += u32::from(good);
            picked[one] += 1;
        }
        picked
    }

    #[test]
    fn without_any_history_position_decides_and_everybody_gets_a_turn() {
        assert_eq!(first(&task(), &pair(), &budget()), 0);
        let picked = over(40, [6, 6], pair());
        assert!(picked.iter().all(|times| *times >= 5), "{picked:?}");
    }

    #[test]
    fn a_model_that_failed_its_first_task_and_is_the_better_one_wins_in_the_end() {
        let mut both = pair();
        both[0].attempts = 1;
        let picked = over(400, [9, 5], both);
        assert!(picked[0] > 300, "{picked:?}");
    }

    #[test]
    fn a_model_that_does_badly_is_hardly_asked_again_and_never_quite_forgotten() {
        let picked = over(400, [2, 7], pair());
        assert!((1..40).contains(&picked[0]), "{picked:?}");
    }

    #[test]
    fn whoever_does_well_and_is_checked_is_not_passed_over_for_the_unknown() {
        let mut both = pair();
        for attempts in 10..2_000 {
            both[0] = Candidate { attempts, succeeded: attempts - attempts / 20, ..both[0].clone() };
            both[0].verified = both[0].succeeded;
            assert_eq!(first(&task(), &both, &budget()), 0, "{attempts}");
        }
    }

    #[test]
    fn a_trial_is_marked_as_one() {
        let mut both = pair();
        both[0] = Candidate { attempts: 40, succeeded: 26, verified: 26, ..both[0].clone() };
        let order = ranked(0, &task(), &wanted(&task()), &both, &budget());
        assert_eq!((order[0].index, order[0].trial), (1, true));
        assert_eq!((order[1].index, order[1].trial), (0, false));
    }

    #[test]
    fn being_unknown_sends_no_work_to_another_tier() {
        let mut both = pair();
        both[0] = Candidate { attempts: 500, succeeded: 330, ..both[0].clone() };
        for tier in [Tier::Light, Tier::Strategist] {
            both[1] = candidate("b", "two", tier);
            assert_eq!(first(&task(), &both, &budget()), 0, "{tier:?}");
        }
    }

    #[test]
    fn more_success_a_lower_price_and_less_time_on_record_each_move_the_choice() {
        let known = Candidate {
            attempts: 10,
            succeeded: 7,
            verified: 3,
            mean_cost: Some(60_000),
            mean_latency: Some(60_000),
            ..candidate("a", "one", Tier::Workhorse)
        };
        let changes: [fn(&mut Candidate); 4] = [
            |one| one.succeeded = 9,
            |one| one.verified = 7,
            |one| one.mean_cost = Some(30_000),
            |one| one.mean_latency = Some(20_000),
        ];
        for (at, change) in changes.into_iter().enumerate() {
            let mut both = [known.clone(), Candidate { executor: "b".to_owned(), ..known.clone() }];
            assert_eq!(first(&task(), &both, &budget()), 0);
            change(&mut both[1]);
            assert_eq!(first(&task(), &both, &budget()), 1, "change {at}");
        }
    }

    #[test]
    fn checked_success_counts_for_more() {
        let mut both = pair();
        for one in &mut both {
            one.attempts = 10;
            one.succeeded = 8;
        }
        both[1].verified = 8;
        assert_eq!(first(&task(), &both, &budget()), 1);
    }

    #[test]
    fn the_cheaper_the_faster_and_the_idler_of_equals_comes_first() {
        let changes: [fn(&mut Candidate); 4] = [
            |one| {
                one.attempts = 0;
                one.free = true;
            },
            |one| one.mean_latency = Some(5),
            |one| one.slots = 100,
            |one| one.rung = Some(0),
        ];
        for change in changes {
            let mut both = pair();
            both[0].mean_latency = Some(50);
            both[1].mean_latency = Some(50);
            both[0].busy = 1;
            both[1].busy = 1;
            assert_eq!(first(&task(), &both, &budget()), 0);
            change(&mut both[1]);
            assert_eq!(first(&task(), &both, &budget()), 1);
        }
    }

    #[test]
    fn a_full_workhorse_gives_way_to_a_free_one_but_not_to_a_strategist() {
        let mut both = pair();
        both[0].attempts = 10;
        both[0].succeeded = 9;
        both[0].busy = 2;
        assert_eq!(first(&task(), &both, &budget()), 1);
        both[1].tier = Tier::Strategist;
        assert_eq!(first(&task(), &both, &budget()), 0);
    }

    #[test]
    fn hard_work_goes_to_a_strategist_only_while_strategists_are_under_their_share() {
        let hard = Task { complexity: 7, ..task() };
        let mut both = [
            Candidate { attempts: 10, succeeded: 6, ..candidate("a", "one", Tier::Workhorse) },
            Candidate { attempts: 10, succeeded: 9, ..candidate("b", "two", Tier::Strategist) },
        ];
        both[0].usage_share = 950;
        both[1].usage_share = 50;
        assert_eq!(first(&hard, &both, &budget()), 1);
        both[0].usage_share = 600;
        both[1].usage_share = 400;
        assert_eq!(first(&hard, &both, &budget()), 0);
    }

    #[test]
    fn over_many_hard_tasks_the_strategist_gets_about_one_in_six() {
        let hard = Task { complexity: 7, ..task() };
        let mut both = [
            Candidate { attempts: 10, succeeded: 6, ..candidate("a", "one", Tier::Workhorse) },
            Candidate { attempts: 10, succeeded: 9, ..candidate("b", "two", Tier::Strategist) },
        ];
        let mut done = [0_u16; 2];
        for round in 1..=600_u16 {
            done[first(&hard, &both, &budget())] += 1;
            for (one, count) in both.iter_mut().zip(done) {
                one.usage_share = u16::try_from(u32::from(count) * 1_000 / u32::from(round)).unwrap();
            }
        }
        assert!((90..=110).contains(&done[1]), "{done:?}");
    }

    #[test]
    fn what_is_beyond_the_budget_ranks_behind_what_is_not() {
        let mut both = pair();
        for one in &mut both {
            one.attempts = 5;
            one.succeeded = 5;
        }
        both[0].mean_cost = Some(60_000);
        both[1].mean_cost = Some(45_000);
        both[1].succeeded = 4;
        assert_eq!(first(&task(), &both, &budget()), 0);
        assert_eq!(first(&task(), &both, &Budget { run_left: Some(50_000), ..budget() }), 1);
    }
}
