//! Assignments: runs of remote workers with their late charges, and runs that another host assigned to this one.

use super::claim::Claimed;
use crate::file::{Columns, Sql};
use crate::handles::Workers;
use crate::life::{attempt_account, events};
use crate::money::breaker;
use crate::view::runs;
use crate::{Hold, Limits, StoreError};
use jackfield_model::{ChargedLate, RunEvent};
use jackfield_types::{AttemptId, CostSource, Micros, RunId, Usage, WorkerId};

impl Workers<'_> {
    /// Returns the unsettled attempts of a worker, by run.
    pub async fn assigned(self, worker: WorkerId) -> Result<Vec<Claimed>, StoreError> {
        self.0
            .read(move |conn| {
                let rows = conn.all(
                    "SELECT runs.id AS run, runs.epoch, attempts.id AS attempt
                 FROM runs JOIN attempts ON attempts.run = runs.id AND attempts.state <> 'settled'
                 WHERE runs.worker = ?1 AND runs.state = 'running' ORDER BY runs.id, attempts.number",
                    [worker.to_string()],
                    |row| {
                        let hold = Hold { run: row.parsed("run")?, epoch: row.count("epoch")? };
                        Ok((hold, row.parsed::<AttemptId>("attempt")?))
                    },
                )?;
                let mut handed: Vec<Claimed> = Vec::new();
                for (hold, attempt) in rows {
                    match handed.last_mut().filter(|last| last.hold == hold) {
                        Some(last) => last.attempts.push(attempt),
                        None => handed.push(Claimed { hold, attempts: vec![attempt] }),
                    }
                }
                Ok(handed)
            })
            .await
    }

    /// Charges the late cost of a lost attempt, on the day of the report. What was charged before is not charged
    /// again. Returns the amount charged now.
    pub async fn charge_late(
        self,
        attempt: AttemptId,
        total: Micros,
        usage: &Usage,
        source: CostSource,
        price_as_of: Option<&str>,
        limits: &Limits,
    ) -> Result<Micros, StoreError> {
        let (usage, as_of, limits) = (*usage, price_as_of.map(str::to_owned), limits.clone());
        self.0
            .write(move |tx| {
                let mut money = attempt_account::Money::of(tx, attempt)?;
                let more = total.bounded() - money.spent;
                if more <= Micros::ZERO {
                    return Ok(Micros::ZERO);
                }
                let price = attempt_account::Price { source, as_of: as_of.as_deref() };
                attempt_account::record_usage(tx, attempt, &usage, price)?;
                money.spend(tx, total, price)?;
                breaker::tell(tx, &limits, &money.attempt_account.spender)?;
                let run = runs::attempt_of(tx, attempt)?.run;
                let late = ChargedLate { more, total: total.bounded() };
                events::add(tx, run, Some(attempt), &RunEvent::ChargedLate(late))?;
                Ok(more)
            })
            .await
    }

    /// Returns the runs assigned to this host that are not reported in full, oldest first.
    pub async fn unreported(self) -> Result<Vec<RunId>, StoreError> {
        self.0
            .read(|conn| {
                conn.all("SELECT id FROM runs WHERE assigned = 1 ORDER BY id", [], |row| row.parsed("id"))
            })
            .await
    }

    /// Marks an assigned run as reported in full.
    pub async fn mark_reported(self, run: RunId) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                tx.exec("UPDATE runs SET assigned = 2 WHERE id = ?1 AND assigned = 1", [run.to_string()])
                    .map(drop)
            })
            .await
    }
}
