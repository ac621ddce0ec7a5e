//! What an attempt may cost, and how money is written.

use crate::facts::{Budget, Candidate, Micros, Task};
use alloc::format;
use alloc::string::String;

/// What an agent reads before it does anything: its own prompt, the tools, the first files.
const READ_ANYWAY: u64 = 20_000;
/// Tokens read and written per step of complexity. Rough, and the same for every candidate: it
/// decides between price lists only until there is a record.
const READ_PER_STEP: u64 = 15_000;
const WRITTEN_PER_STEP: u64 = 1_500;

/// What `candidate` will probably cost for `task`; none where nobody knows.
pub(crate) fn expected(task: &Task, candidate: &Candidate) -> Option<Micros> {
    if candidate.free {
        return Some(0);
    }
    if candidate.attempts > 0 && candidate.mean_cost.is_some() {
        return candidate.mean_cost;
    }
    candidate.rates.as_ref().map(|rates| {
        let steps = u64::from(task.complexity.clamp(1, 10));
        let read = READ_ANYWAY + u64::from(task.context_tokens) + steps * READ_PER_STEP;
        let written = steps * WRITTEN_PER_STEP;
        per_million(read, rates.input).saturating_add(per_million(written, rates.output))
    })
}

fn per_million(tokens: u64, rate: Micros) -> Micros {
    tokens.saturating_mul(rate) / 1_000_000
}

/// The tightest limit, where there is one.
pub(crate) fn left(budget: &Budget) -> Option<Micros> {
    [budget.day_left, budget.month_left, budget.run_left].into_iter().flatten().min()
}

/// `$1.20`, `$0.05`, or under a cent `$0.0056`.
pub(crate) fn dollars(micros: Micros) -> String {
    if micros == 0 || micros >= 10_000 {
        let cents = micros.saturating_add(5_000) / 10_000;
        return format!("${}.{:02}", cents / 100, cents % 100);
    }
    let fraction = format!("{micros:06}");
    format!("$0.{}", fraction.trim_end_matches('0'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Tier;
    use crate::sample::{candidate, task};

    #[test]
    fn the_record_says_more_than_the_price_list() {
        let by_rates = candidate("codex", "codex", Tier::Workhorse);
        // 20,000 + 2,000 + 4 * 15,000 read at $3, 6,000 written at $15.
        assert_eq!(expected(&task(), &by_rates), Some(246_000 + 90_000));
        let known = Candidate { attempts: 3, mean_cost: Some(50_000), ..by_rates };
        assert_eq!(expected(&task(), &known), Some(50_000));
        let unknown = Candidate { rates: None, attempts: 0, ..known };
        assert_eq!(expected(&task(), &unknown), None);
    }

    #[test]
    fn absurd_figures_do_not_overflow() {
        let mut dear = candidate("codex", "codex", Tier::Workhorse);
        if let Some(rates) = dear.rates.as_mut() {
            rates.input = u64::MAX;
            rates.output = u64::MAX;
        }
        assert!(expected(&task(), &dear).is_some());
        assert!(dollars(u64::MAX).starts_with('$'));
    }

    #[test]
    fn money_is_written_with_as_many_digits_as_matter() {
        assert_eq!(dollars(0), "$0.00");
        assert_eq!(dollars(5_600), "$0.0056");
        assert_eq!(dollars(48_300), "$0.05");
        assert_eq!(dollars(1_204_000), "$1.20");
    }
}
