//! The runs of the steps of a recipe.

use super::changes::set_metric;
use super::log::{card_of, changed};
use super::recipes::settings_of;
use super::tickets::cut;
use crate::file::{Columns, Sql, Tx};
use crate::handles::Cards;
use crate::life::{Beside, RunOfTask, admit_run};
use crate::{AdmitError, Card, Limits, StoreError};
use jackfield_model::{NewStep, StepResult, StepRun};
use jackfield_sql::{Connection, Row, params};
use jackfield_types::{RunId, TaskId};
use serde_json::json;

impl Cards<'_> {
    /// Admits the run of a step, with its first attempt and the money for it. False: the card is not due any more, has
    /// entered another stage, or has an active run, or the settings were changed; nothing was admitted.
    ///
    /// Ballots of one try of a step are cast side by side: the active run may be another ballot of it. No persona casts
    /// two.
    pub async fn begin_step(
        self,
        step: NewStep,
        admission: RunOfTask,
        limits: &Limits,
    ) -> Result<bool, AdmitError> {
        let limits = limits.clone();
        self.0
            .write(move |tx| {
                let card = card_of(tx, step.card)?;
                let settings = settings_of(tx, card.workspace)?.version;
                let (free, beside) = match &step.persona {
                    None => (card.due && card.run.is_none(), Beside::Nothing),
                    Some(persona) => (may_cast(tx, &card, &step, persona)?, Beside::Others),
                };
                if !free || card.entry != step.entry || settings != step.settings {
                    return Ok(Ok(false));
                }
                let run = admission.run.id;
                if let Err(refused) = admit_run(tx, step.card, &admission, beside, &limits)? {
                    return Ok(Err(refused));
                }
                add(tx, &step, run, &card.stage.to_string())?;
                tx.exec(
                    "UPDATE cards SET due = 0, waits = NULL, note = '' WHERE task = ?1",
                    [step.card.to_string()],
                )?;
                changed(tx, step.card)?;
                Ok(Ok(true))
            })
            .await?
    }

    /// Records how the run of a step ended, with everything that its output leads to. A recorded end stays.
    pub async fn end_step(self, card: TaskId, run: RunId, result: StepResult) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                let (end, outputs) = (json!(result.end).to_string(), result.outputs.to_string());
                let ended = tx.exec(
                    "UPDATE card_steps SET ended = ?3, outputs = ?4 WHERE task = ?1 AND run = ?2 AND ended IS NULL",
                    params![card.to_string(), run.to_string(), end, outputs],
                )?;
                if ended == 0 {
                    return Ok(());
                }
                for (name, value) in &result.metrics {
                    set_metric(tx, card, name, *value)?;
                }
                if !result.gates.is_empty() {
                    tx.exec(
                        "UPDATE cards SET gates = ?3 WHERE task = ?1 AND entry = (
                             SELECT entry FROM card_steps WHERE task = ?1 AND run = ?2)",
                        params![card.to_string(), run.to_string(), json!(result.gates).to_string()],
                    )?;
                }
                cut(tx, card, &result.tickets)?;
                changed(tx, card).map(drop)
            })
            .await
    }

    /// Takes a retry of the run of a step as another try of this step, if it belongs to the present entry of the card.
    pub async fn take_retry(self, card: TaskId, retry: RunId, of: RunId) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                tx.exec(
                    "INSERT INTO card_steps (task, run, stage, entry, step, attempt, skill, digest, persona, ended, outputs)
                     SELECT task, ?2, stage, entry, step, attempt + (persona IS NULL), skill, digest, persona, NULL, 'null'
                     FROM card_steps
                     WHERE task = ?1 AND run = ?3 AND entry = (SELECT entry FROM cards WHERE task = ?1)
                     ON CONFLICT DO NOTHING",
                    params![card.to_string(), retry.to_string(), of.to_string()],
                )
                .map(drop)
            })
            .await
    }

    /// Returns the runs of the steps of a card, oldest first.
    pub async fn steps(self, card: TaskId) -> Result<Vec<StepRun>, StoreError> {
        self.0.read(move |conn| of(conn, card)).await
    }
}

/// Whether a persona may cast its ballot: it has cast none in this try of the step, and nothing else is at work.
fn may_cast(tx: &Tx<'_>, card: &Card, step: &NewStep, persona: &str) -> Result<bool, StoreError> {
    let (number, attempt) = (step.step, step.attempt);
    let steps = of(tx, step.card)?;
    let same = |one: &&StepRun| (one.entry, one.step, one.attempt) == (step.entry, number, attempt);
    let mut ballots = steps.iter().filter(same);
    if ballots.clone().any(|ballot| ballot.persona.as_deref() == Some(persona)) {
        return Ok(false);
    }
    Ok(match card.run {
        None => card.due,
        Some(run) => ballots.any(|ballot| ballot.run == run),
    })
}

fn add(tx: &Tx<'_>, step: &NewStep, run: RunId, stage: &str) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO card_steps (task, run, stage, entry, step, attempt, skill, digest, persona, ended, outputs)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL, 'null')",
        params![
            step.card.to_string(),
            run.to_string(),
            stage,
            crate::file::signed(step.entry),
            step.step,
            step.attempt,
            step.skill,
            step.digest.to_string(),
            step.persona,
        ],
    )
    .map(drop)
}

fn of(conn: &Connection, card: TaskId) -> Result<Vec<StepRun>, StoreError> {
    conn.all("SELECT * FROM card_steps WHERE task = ?1 ORDER BY run", [card.to_string()], read)
}

fn read(row: &Row<'_>) -> jackfield_sql::Result<StepRun> {
    Ok(StepRun {
        run: row.parsed("run")?,
        stage: row.parsed("stage")?,
        entry: row.count("entry")?,
        step: row.get("step")?,
        attempt: row.get("attempt")?,
        skill: row.get("skill")?,
        digest: row.parsed("digest")?,
        persona: row.get("persona")?,
        end: row.json_opt("ended")?,
        outputs: row.json("outputs")?,
    })
}
