//! The money side of one attempt, read from its row in the transaction that changes it.

use crate::file::{Columns, Sql, Tx, signed, summed};
use crate::money::ledger::{AttemptAccount, Entry, post};
use crate::money::{Today, breaker};
use crate::{Account, Charged, Hold, LedgerKind, LimitStatus, Limits, RecordKind, Spender, StoreError};
use jackfield_sql::{Row, params};
use jackfield_types::{AttemptId, AttemptState, CostSource, Micros, Usage};

/// What an attempt holds and has spent.
pub(crate) struct Money {
    pub(crate) attempt_account: AttemptAccount,
    pub(crate) state: AttemptState,
    /// The claim on its run that is in force.
    pub(crate) in_force: Hold,
    /// Held at admission.
    pub(crate) reserve: Micros,
    /// Held now.
    pub(crate) held: Micros,
    pub(crate) spent: Micros,
}

/// Where a price came from.
#[derive(Clone, Copy)]
pub(crate) struct Price<'a> {
    pub(crate) source: CostSource,
    pub(crate) as_of: Option<&'a str>,
}

impl Money {
    pub(crate) fn of(tx: &Tx<'_>, attempt: AttemptId) -> Result<Self, StoreError> {
        let found = tx.one(
            "SELECT attempts.*, runs.epoch, iif(EXISTS (SELECT 1 FROM ledger WHERE attempt = attempts.id AND principal IS NULL),
                                    '', COALESCE(runs.principal, tasks.principal)) AS principal
             FROM attempts JOIN runs ON runs.id = attempts.run JOIN tasks ON tasks.id = attempts.task
             WHERE attempts.id = ?1",
            [attempt.to_string()],
            Self::read,
        )?;
        found.ok_or_else(|| StoreError::NotFound { what: RecordKind::Attempt, id: attempt.to_string() })
    }

    fn read(row: &Row<'_>) -> jackfield_sql::Result<Self> {
        let spender = Spender {
            workspace: row.parsed("workspace")?,
            executor: row.get("executor")?,
            principal: row.get("principal")?,
            task: row.parsed("task")?,
            run: row.parsed("run")?,
            attempt: row.parsed("id")?,
        };
        let account: Account = row.word("account")?;
        Ok(Self {
            in_force: Hold { run: spender.run, epoch: row.count("epoch")? },
            attempt_account: AttemptAccount { spender, model: row.get("model")?, account },
            state: row.word("state")?,
            reserve: row.micros("reserve")?,
            held: row.micros("reserved")?,
            spent: row.micros("cost")?,
        })
    }

    /// Records what was spent beyond what is recorded, whatever the limits say: it is spent. No attempt
    /// spends more than [`Micros::MOST`].
    pub(crate) fn spend(&mut self, tx: &Tx<'_>, total: Micros, price: Price<'_>) -> Result<(), StoreError> {
        let more = total.bounded() - self.spent;
        if more <= Micros::ZERO {
            return Ok(());
        }
        let of_held = more.min(self.held);
        let today = tx.calendar.today(tx.now);
        self.post(tx, LedgerKind::Charge, -of_held, more, &today, Some(price), None)
    }

    /// Holds as much more as was held at first, or what the limits leave of that. For when more was
    /// spent than was held.
    pub(crate) fn extend(&mut self, tx: &Tx<'_>, limits: &Limits) -> Result<Charged, StoreError> {
        let step = if self.reserve > Micros::ZERO { self.reserve } else { self.spent }.bounded();
        let left =
            breaker::tightest(tx, limits, &self.attempt_account.spender, self.attempt_account.account)?;
        let more = left.as_ref().map_or(step, |LimitStatus { left, .. }| step.min(*left));
        match left {
            Some(tightest) if more <= Micros::ZERO => {
                Ok(Charged::Stop(Box::new(breaker::refusal(tightest, step))))
            }
            _ => {
                let today = tx.calendar.today(tx.now);
                self.post(tx, LedgerKind::Extend, more, Micros::ZERO, &today, None, None)?;
                Ok(Charged::Extended(more))
            }
        }
    }

    /// Gives back what was charged above `total`, newest day first, each on the day it was charged:
    /// taken from today, it would make room that today does not have.
    pub(crate) fn give_back(
        &mut self,
        tx: &Tx<'_>,
        total: Micros,
        price: Option<Price<'_>>,
        note: Option<&str>,
    ) -> Result<Vec<Today>, StoreError> {
        if self.spent <= total {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT day, month, {} FROM ledger WHERE attempt = ?1 GROUP BY day, month ORDER BY day DESC",
            summed("spent_delta", "spent")
        );
        let charged = tx.all(&sql, [self.attempt_account.spender.attempt.to_string()], |row| {
            Ok((Today { day: row.get("day")?, month: row.get("month")? }, row.sum("spent")?))
        })?;
        let mut days = Vec::new();
        for (day, spent) in charged {
            let back = spent.min(self.spent - total);
            if back > Micros::ZERO {
                self.post(tx, LedgerKind::Correct, Micros::ZERO, -back, &day, price, note)?;
                days.push(day);
            }
        }
        Ok(days)
    }

    /// Charges up to `total` today because an operator says that it cost so much.
    pub(crate) fn add_charge(&mut self, tx: &Tx<'_>, total: Micros, note: &str) -> Result<(), StoreError> {
        let (more, today) = (total - self.spent, tx.calendar.today(tx.now));
        self.post(tx, LedgerKind::Correct, Micros::ZERO, more, &today, None, Some(note))
    }

    /// Releases what is still held and says how much it was.
    pub(crate) fn release(&mut self, tx: &Tx<'_>) -> Result<Micros, StoreError> {
        let held = self.held;
        if held > Micros::ZERO {
            let today = tx.calendar.today(tx.now);
            self.post(tx, LedgerKind::Release, -held, Micros::ZERO, &today, None, None)?;
        }
        Ok(held)
    }

    /// Puts an attempt that cost nothing on the ledger too: whoever adds it up sees every attempt.
    pub(crate) fn note_free(&mut self, tx: &Tx<'_>, price: Price<'_>) -> Result<(), StoreError> {
        if price.source != CostSource::Free || self.spent != Micros::ZERO {
            return Ok(());
        }
        let today = tx.calendar.today(tx.now);
        let note = Some("costs nothing");
        self.post(tx, LedgerKind::Charge, Micros::ZERO, Micros::ZERO, &today, Some(price), note)
    }

    #[allow(clippy::too_many_arguments)] // one row of the ledger
    fn post(
        &mut self,
        tx: &Tx<'_>,
        kind: LedgerKind,
        reserved: Micros,
        spent: Micros,
        on: &Today,
        price: Option<Price<'_>>,
        note: Option<&str>,
    ) -> Result<(), StoreError> {
        let (source, price_as_of) = (price.map(|price| price.source), price.and_then(|price| price.as_of));
        post(tx, &self.attempt_account, &Entry { kind, reserved, spent, on, source, price_as_of, note })?;
        self.held += reserved;
        self.spent += spent;
        Ok(())
    }
}

/// Records the tokens of an attempt, at most what one can have, and where its price came from.
pub(crate) fn record_usage(
    tx: &Tx<'_>,
    attempt: AttemptId,
    usage: &Usage,
    price: Price<'_>,
) -> Result<(), StoreError> {
    let usage = usage.bounded();
    tx.exec(
        "UPDATE attempts SET input_tokens = ?2, cached_input_tokens = ?3, cache_write_tokens = ?4,
                             output_tokens = ?5, reasoning_tokens = ?6, agent_cost = ?7, usage_estimated = ?8,
                             cost_source = ?9, price_as_of = ?10
         WHERE id = ?1",
        params![
            attempt.to_string(),
            signed(usage.input),
            signed(usage.cached_input),
            signed(usage.cache_write),
            signed(usage.output),
            signed(usage.reasoning),
            usage.cost.map(|cost| cost.0),
            usage.estimated,
            price.source.as_str(),
            price.as_of,
        ],
    )
    .map(drop)
}
