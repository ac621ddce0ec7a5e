//! Settlement: the last charge, the release of the rest, and the outcome, in one transaction.

use super::attempt_account::{Money, Price, record_usage};
use super::fence::Fence;
use super::{events, states, then};
use crate::file::{Counted, Exact, Tx, signed, stamp};
use crate::handles::Attempts;
use crate::money::breaker;
use crate::view::{runs, trail};
use crate::{Limits, NewArtifact, NewTranscript, RecordKind, Refusal, Settlement, Spender, StoreError};
use jackfield_model::{AttemptSettled, HostWarning, RunEvent};
use jackfield_sql::params;
use jackfield_types::{
    AttemptId, AttemptState, FailureKind, Micros, RunId, RunState, Settled, Usage, Verified,
};
use serde::Serialize;

/// Longest recorded duration of an attempt, milliseconds: some 30 years.
const LONGEST: u64 = 1_000_000_000_000;
/// Upper bound of a model's statistics, so that a sum over all models fits 64 bits.
const MOST_OF_MODEL: i64 = 1_000_000_000_000_000;

/// The result of a settlement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settling {
    /// Recorded.
    Settled {
        /// The released amount.
        released: Micros,
        /// The refusal of the next step, if any; then the run has failed.
        refused: Option<Box<Refusal>>,
    },
    /// The attempt was settled before. Nothing was changed or charged.
    Already,
}

impl Attempts<'_> {
    /// Settles an attempt: corrects its charges to the final cost, releases the rest of its reservation, records the
    /// outcome, and applies the next step of the run.
    pub async fn settle(self, settlement: Settlement, limits: &Limits) -> Result<Settling, StoreError> {
        let (fence, limits) = (self.fence, limits.clone());
        self.store.write(move |tx| settled(tx, &settlement, &limits, Some(fence))).await
    }

    /// Makes the work of an attempt that of its run, which has succeeded; `said` goes on the run's log. Returns the number
    /// of that event. A run that has ended is nobody's claim, so no claim is compared.
    pub async fn choose(self, run: RunId, attempt: AttemptId, said: String) -> Result<u64, StoreError> {
        self.store
            .write(move |tx| {
                let changed = tx.exec(
                    "UPDATE runs SET chosen = ?2 WHERE id = ?1 AND state = 'succeeded' AND EXISTS
                         (SELECT 1 FROM attempts WHERE attempts.id = ?2 AND attempts.run = runs.id)",
                    params![run.to_string(), attempt.to_string()],
                )?;
                if changed == 0 {
                    return Err(StoreError::NotFound { what: RecordKind::Attempt, id: attempt.to_string() });
                }
                events::add(tx, run, Some(attempt), &RunEvent::Decision(said.clone().into()))
            })
            .await
    }

    /// Ends a queued or waiting run and settles its open attempts. False: the run is neither.
    pub async fn settle_waiting(
        self,
        run: RunId,
        settlements: Vec<Settlement>,
        state: RunState,
        why: &str,
        limits: &Limits,
    ) -> Result<bool, StoreError> {
        let (limits, why) = (limits.clone(), why.to_owned());
        self.store
            .write(move |tx| {
                let found = runs::run_of(tx, run)?;
                if !matches!(found.state, RunState::Queued | RunState::Waiting) {
                    return Ok(false);
                }
                for settlement in &settlements {
                    settled(tx, settlement, &limits, None)?;
                }
                then::close_handoff(tx, run, &why)?;
                states::run_becomes(tx, run, state, Some(&why))?;
                Ok(true)
            })
            .await
    }
}

/// Settles an attempt within a transaction. `fence`: of a run that is running.
pub(super) fn settled(
    tx: &Tx<'_>,
    settlement: &Settlement,
    limits: &Limits,
    fence: Option<Fence>,
) -> Result<Settling, StoreError> {
    let mut money = Money::of(tx, settlement.attempt)?;
    if money.state == AttemptState::Settled {
        return Ok(Settling::Already);
    }
    if let Some(fence) = fence {
        fence.admit(money.in_force)?;
    }
    let total = settlement.total.bounded();
    warn_of_figures(tx, settlement, &money)?;
    let price = Price { source: settlement.source, as_of: settlement.price_as_of.as_deref() };
    record_usage(tx, settlement.attempt, &settlement.usage, price)?;
    if settlement.model.is_some() {
        money.attempt_account.model.clone_from(&settlement.model);
    }
    money.spend(tx, total, price)?;
    money.give_back(tx, total, Some(price), None)?;
    let released = money.release(tx)?;
    money.note_free(tx, price)?;
    let spender = &money.attempt_account.spender;
    record_outcome(tx, settlement)?;
    record_yield(tx, settlement, spender)?;
    count_in(tx, settlement, &money, total)?;
    tell(tx, settlement, spender, total)?;
    let refused = then::follow(tx, settlement, spender, limits)?;
    breaker::tell(tx, limits, spender)?;
    Ok(Settling::Settled { released, refused: refused.map(Box::new) })
}

/// Bounds implausible figures, and warns in the run's events.
fn warn_of_figures(tx: &Tx<'_>, settlement: &Settlement, money: &Money) -> Result<(), StoreError> {
    let usage = settlement.usage;
    if usage.is_plausible() && settlement.total == settlement.total.bounded() {
        return Ok(());
    }
    let text = format!(
        "the agent reported {} tokens at a cost of {}, which no attempt can have: recorded are at most {} tokens of a \
         kind and {}",
        usage.total(),
        settlement.total,
        Usage::MOST,
        Micros::MOST
    );
    let (run, attempt) = (money.attempt_account.spender.run, money.attempt_account.spender.attempt);
    events::add(tx, run, Some(attempt), &RunEvent::HostWarning(HostWarning::new(text))).map(drop)
}

fn record_outcome(tx: &Tx<'_>, settlement: &Settlement) -> Result<(), StoreError> {
    let class = match &settlement.settled {
        Settled::Succeeded { .. } => None,
        Settled::Failed(failure) => Some(failure.class.as_str()),
    };
    tx.exec(
        "UPDATE attempts SET state = ?2, process = ?3, delivered = ?4, verified = ?5, failure_class = ?6,
                             outcome = ?7, settled = ?8, exit_code = ?9, signal = ?10, latency_ms = ?11,
                             answer = ?12, session = ?13, model = COALESCE(?14, model), settled_at = ?15,
                             checking = NULL
         WHERE id = ?1",
        params![
            settlement.attempt.to_string(),
            AttemptState::Settled.as_str(),
            settlement.outcome.process.as_str(),
            settlement.outcome.delivered.as_str(),
            settlement.outcome.verified.as_str(),
            class,
            text(&settlement.outcome)?,
            text(&settlement.settled)?,
            settlement.exit_code,
            settlement.signal,
            signed(settlement.latency_ms.min(LONGEST)),
            settlement.answer,
            settlement.session,
            settlement.model,
            stamp(tx.now),
        ],
    )?;
    tx.count(Counted::AttemptsInFlight, -1);
    Ok(())
}

fn text(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Damaged(error.to_string()))
}

/// Records artifacts, transcript and decisions.
fn record_yield(tx: &Tx<'_>, settlement: &Settlement, spender: &Spender) -> Result<(), StoreError> {
    for NewArtifact { kind, label, target, bytes, meta } in &settlement.artifacts {
        tx.exec(
            "INSERT INTO artifacts (run, attempt, kind, label, target, bytes, meta, created_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                spender.run.to_string(),
                spender.attempt.to_string(),
                kind,
                label,
                Exact(target),
                bytes.map(signed),
                meta.to_string(),
                stamp(tx.now),
            ],
        )?;
    }
    if let Some(NewTranscript { path, bytes }) = &settlement.transcript {
        tx.exec(
            "INSERT INTO transcripts (attempt, run, path, bytes, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                spender.attempt.to_string(),
                spender.run.to_string(),
                Exact(path),
                signed(*bytes),
                stamp(tx.now),
            ],
        )?;
    }
    trail::add_calls(tx, &settlement.calls)
}

/// Adds the attempt to the statistics of its executor and model. An attempt that never started or was cancelled does
/// not count.
fn count_in(tx: &Tx<'_>, settlement: &Settlement, money: &Money, total: Micros) -> Result<(), StoreError> {
    let policy = matches!(&settlement.settled, Settled::Failed(failure)
        if failure.class.kind() == FailureKind::Policy);
    if policy && money.state == AttemptState::Planned {
        return Ok(());
    }
    let task = runs::task_of(tx, money.attempt_account.spender.task)?;
    let succeeded = matches!(settlement.settled, Settled::Succeeded { .. });
    let verified = succeeded && settlement.outcome.verified == Verified::Passed;
    let quality_failed = matches!(&settlement.settled, Settled::Failed(failure)
        if failure.class.kind() == FailureKind::Quality);
    let judged = succeeded || quality_failed;
    let (usage, latency) = (settlement.usage.bounded(), settlement.latency_ms.min(LONGEST));
    tx.exec(
        "INSERT INTO model_stats (executor, model, task_type, language, attempts, succeeded, verified,
                                  quality_failed, cost, latency_ms, input_tokens, cached_input_tokens,
                                  cache_write_tokens, output_tokens, last_at,
                                  judged_cost, judged_latency_ms)
         VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
         ON CONFLICT DO UPDATE SET
             attempts = attempts + 1, succeeded = succeeded + excluded.succeeded,
             verified = verified + excluded.verified, quality_failed = quality_failed + excluded.quality_failed,
             cost = MIN(cost + excluded.cost, ?17), latency_ms = MIN(latency_ms + excluded.latency_ms, ?17),
             input_tokens = MIN(input_tokens + excluded.input_tokens, ?17),
             cached_input_tokens = MIN(cached_input_tokens + excluded.cached_input_tokens, ?17),
             cache_write_tokens = MIN(cache_write_tokens + excluded.cache_write_tokens, ?17),
             output_tokens = MIN(output_tokens + excluded.output_tokens, ?17), last_at = excluded.last_at,
             judged_cost = MIN(judged_cost + excluded.judged_cost, ?17),
             judged_latency_ms = MIN(judged_latency_ms + excluded.judged_latency_ms, ?17)",
        params![
            Exact(&money.attempt_account.spender.executor),
            money.attempt_account.model.as_deref().unwrap_or(""),
            task.task_type,
            task.language.as_deref().unwrap_or(""),
            succeeded,
            verified,
            quality_failed,
            total.0,
            signed(latency),
            signed(usage.input),
            signed(usage.cached_input),
            signed(usage.cache_write),
            signed(usage.output),
            stamp(tx.now),
            if judged { total.0 } else { 0 },
            if judged { signed(latency) } else { 0 },
            MOST_OF_MODEL,
        ],
    )
    .map(drop)
}

/// Adds the events of the settlement, then the settlement itself.
fn tell(tx: &Tx<'_>, settlement: &Settlement, spender: &Spender, total: Micros) -> Result<(), StoreError> {
    let (run, attempt) = (spender.run, Some(spender.attempt));
    let settled = AttemptSettled {
        settled: settlement.settled.clone(),
        outcome: settlement.outcome.clone(),
        usage: settlement.usage.bounded(),
        cost: total,
        source: settlement.source,
        latency_ms: settlement.latency_ms.min(LONGEST),
    };
    let settled = RunEvent::AttemptSettled(Box::new(settled));
    let mut events: Vec<_> = settlement.events.iter().map(|event| (event.at, &event.event)).collect();
    events.push((tx.now, &settled));
    events::add_all(tx, run, attempt, events).map(drop)
}
