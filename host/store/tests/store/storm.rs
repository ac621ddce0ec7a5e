//! A storm of operations in an order that a seed fixes: whatever happens, the sums are the ledger's,
//! the limits hold for what is admitted, and every attempt is charged what it cost.

use crate::support::*;
use jackfield_store::Scope;
use jackfield_store::*;
use jackfield_types::*;

/// A small generator of numbers, the same ones for the same seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn throw(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % below
    }

    fn cents(&mut self, below: u64) -> Micros {
        Micros(CENT.0 * i64::try_from(self.throw(below)).unwrap())
    }
}

struct InFlight {
    work: AtWork,
    charged: Micros,
}

#[tokio::test]
async fn after_a_storm_every_sum_is_what_the_ledger_says() {
    for seed in 1..=4 {
        storm(seed).await;
    }
}

async fn storm(seed: u64) {
    let house = house().await;
    let mut dice = Dice(seed);
    let mut limits = daily(Micros::dollars(2));
    let limit = |scope, period, dollars| Limit {
        scope,
        period,
        amount: Micros::dollars(dollars),
        action: Action::Halt,
    };
    limits.limits.push(limit(LimitScope::All, Period::Month, 30));
    limits.limits.push(limit(LimitScope::EachRun, Period::Ever, 1));
    limits.limits.push(limit(LimitScope::Executor("codex".to_owned()), Period::Day, 1));
    let mut flying: Vec<InFlight> = Vec::new();
    let (mut refused, mut stopped, mut paid) = (0, 0, Micros::ZERO);

    for _ in 0..400 {
        let pick = dice.throw(flying.len().max(1) as u64) as usize;
        match dice.throw(12) {
            0..4 => match admit(&house, &mut dice, &limits).await {
                Ok(work) => flying.push(InFlight { work, charged: Micros::ZERO }),
                Err(AdmitError::Refused(_)) => refused += 1,
                Err(other) => panic!("{other}"),
            },
            4..8 if !flying.is_empty() => {
                let total = dice.cents(60);
                let charged = house.charge(flying[pick].work.attempt, total, &limits).await;
                flying[pick].charged = flying[pick].charged.max(total);
                stopped += i32::from(matches!(charged, Charged::Stop(_)));
            }
            8..10 if !flying.is_empty() => {
                let total = dice.cents(60);
                paid += total;
                let work = flying.swap_remove(pick).work;
                house.store.attempts().run_started(work.run).await.unwrap();
                house.store.attempts().settle(settlement(work.attempt, total), &limits).await.unwrap();
                let again =
                    house.store.attempts().settle(settlement(work.attempt, dice.cents(60)), &limits).await;
                assert_eq!(again.unwrap(), Settling::Already);
            }
            10 => house.pass(dice.throw(20)),
            11 => {
                let reset =
                    Reset { scope: Scope::All, principal: "ada".to_owned(), reason: "storm".to_owned() };
                house.store.breaker().reset(reset, &limits).await.unwrap();
            }
            _ => {}
        }
    }
    house.assert_sums_are_proved().await;
    let in_flight: Micros = flying.iter().map(|flight| flight.charged).sum();
    assert_eq!(house.store.stats().totals().await.unwrap().billed, paid + in_flight, "seed {seed}");
    for InFlight { work, .. } in flying {
        house.store.attempts().run_started(work.run).await.unwrap();
        house.store.attempts().settle(settlement(work.attempt, Micros::ZERO), &limits).await.unwrap();
    }
    let totals = house.store.stats().totals().await.unwrap();
    assert_eq!((totals.billed, totals.reserved), (paid, Micros::ZERO), "seed {seed}");
    house.assert_sums_are_proved().await;
    assert!(refused > 0 && stopped > 0, "seed {seed} was no storm: {refused} refused, {stopped} stopped");
}

async fn admit(house: &House, dice: &mut Dice, limits: &Limits) -> Result<AtWork, AdmitError> {
    let mut admission = admission(house.workspace, dice.cents(50));
    let executor = if dice.throw(2) == 0 { "codex" } else { "shell" };
    admission.attempt.executor = executor.to_owned();
    let attempt = admission.attempt.id;
    let before = house.store.breaker().status(limits).await.unwrap();
    let asked = admission.attempt.reserve;
    let Admitted { task, run, .. } = house.store.admissions().admit(admission, limits).await?;
    for status in before
        .limits
        .iter()
        .filter(|status| status.scope == Scope::All || status.scope == Scope::Executor(executor.to_owned()))
    {
        assert!(asked <= status.left, "{asked} was admitted where {status:?}");
    }
    Ok(AtWork { task, run, attempt })
}
