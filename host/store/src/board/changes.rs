//! Changes of cards. A card with an active run is locked: the run itself is the lock, so it goes with the run, however
//! that ends.

use super::dependencies::{depend, left};
use super::log::{add_transition, card_of, changed};
use super::recipes::settings_of;
use crate::file::{Columns, Exact, Sql, Tx, stamp, word};
use crate::handles::Cards;
use crate::life::task_state;
use crate::people::add_human_task;
use crate::view::runs;
use crate::{Card, CardEdit, Entering, NewHumanTask, RecordKind, StoreError, Task};
use jackfield_model::{BOARD, CardWait, GateResult, Transition};
use jackfield_sql::params;
use jackfield_types::{TaskEnd, TaskEvent, TaskId, Timestamp};
use serde_json::json;

impl Cards<'_> {
    /// Changes what a card says. Returns it as it is then.
    pub async fn edit(self, card: TaskId, version: Option<u64>, edit: CardEdit) -> Result<Card, StoreError> {
        self.0
            .write(move |tx| {
                let before = unlocked(tx, card, version)?;
                let text = card.to_string();
                tx.exec(
                    "UPDATE tasks SET title = COALESCE(?2, title), instruction = COALESCE(?3, instruction),
                                      updated_at = ?4 WHERE id = ?1",
                    params![text, edit.title, edit.body, stamp(tx.now)],
                )?;
                let labels = edit.labels.as_ref().map(|labels| json!(labels).to_string());
                tx.exec(
                    "UPDATE cards SET labels = COALESCE(?2, labels), priority = COALESCE(?3, priority),
                                      assignee = iif(?4, ?5, assignee) WHERE task = ?1",
                    params![
                        text,
                        labels,
                        edit.priority,
                        edit.assignee.is_some(),
                        Exact(&edit.assignee.clone().flatten())
                    ],
                )?;
                if let Some(on) = &edit.depends_on {
                    depend(tx, &before, on)?;
                }
                changed(tx, card)
            })
            .await
    }

    /// Moves a card to another stage, or closes it. Refused while a run of it is active.
    pub async fn enter(self, entering: Entering) -> Result<Card, StoreError> {
        self.0.write(move |tx| enter(tx, &entering)).await
    }

    /// Records what a card waits for in its stage; `None`: nothing. Returns false if the card has entered another stage,
    /// or a run of it is active.
    pub async fn wait(
        self,
        card: TaskId,
        entry: u64,
        waits: Option<CardWait>,
        note: &str,
    ) -> Result<bool, StoreError> {
        let note = note.to_owned();
        self.0.write(move |tx| wait(tx, card, entry, waits, &note)).await
    }

    /// Records the gates of the stage of a card as they are now, and a metric. The gates of an entry that is over stay as
    /// they are.
    pub async fn assess(
        self,
        card: TaskId,
        entry: u64,
        gates: Vec<GateResult>,
        metric: Option<(String, f64)>,
    ) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                if let Some((name, value)) = &metric {
                    set_metric(tx, card, name, *value)?;
                }
                let gates = json!(gates).to_string();
                let set = tx.exec(
                    "UPDATE cards SET gates = ?3 WHERE task = ?1 AND entry = ?2 AND gates <> ?3",
                    params![card.to_string(), crate::file::signed(entry), gates],
                )?;
                if set > 0 {
                    changed(tx, card)?;
                }
                Ok(())
            })
            .await
    }

    /// Creates human tasks about a card, which waits until all of them are closed. False: as for [`Cards::wait`].
    pub async fn ask(
        self,
        card: TaskId,
        entry: u64,
        questions: Vec<NewHumanTask>,
        note: &str,
    ) -> Result<bool, StoreError> {
        let note = note.to_owned();
        self.0
            .write(move |tx| {
                if !wait(tx, card, entry, Some(CardWait::Answers), &note)? {
                    return Ok(false);
                }
                for question in &questions {
                    let question = NewHumanTask { created_by: BOARD.to_owned(), ..question.clone() };
                    add_human_task(tx, &question)?;
                }
                Ok(true)
            })
            .await
    }

    /// Starts the stage of a card for a person: the board decides next, and holds nothing back.
    pub async fn start(self, card: TaskId, version: Option<u64>) -> Result<Card, StoreError> {
        self.0
            .write(move |tx| {
                unlocked(tx, card, version)?;
                open_task(tx, card)?;
                // What the stage did before is over: its steps begin anew.
                tx.exec(
                    "UPDATE cards SET started = 1, due = 1, waits = NULL, note = '', entry = entry + 1 WHERE task = ?1",
                    [card.to_string()],
                )?;
                changed(tx, card)
            })
            .await
    }

    /// Removes a card from the board and closes its task. Its runs stay on record.
    pub async fn remove(self, card: TaskId, version: Option<u64>) -> Result<Card, StoreError> {
        self.0
            .write(move |tx| {
                let was = unlocked(tx, card, version)?;
                let task = runs::task_of(tx, card)?;
                if !task.state.is_final() {
                    task_state::apply(tx, &task, &TaskEvent::Closed(TaskEnd::Cancelled), None)?;
                }
                left(tx, card)?;
                tx.exec("DELETE FROM cards WHERE task = ?1", [card.to_string()])?;
                Ok(was)
            })
            .await
    }

    /// Records a metric of a card; an earlier value is replaced.
    pub async fn measure(self, card: TaskId, name: &str, value: f64) -> Result<Card, StoreError> {
        let name = name.to_owned();
        self.0
            .write(move |tx| {
                set_metric(tx, card, &name, value)?;
                // A gate of its stage may look at the metric.
                tx.exec(
                    "UPDATE cards SET due = 1 WHERE task = ?1 AND gates <> '[]'
                         AND (waits IS NULL OR waits IN ('review', 'problem'))",
                    [card.to_string()],
                )?;
                changed(tx, card)
            })
            .await
    }

    /// Returns the metrics of a card, by name: value and time.
    pub async fn metrics(self, card: TaskId) -> Result<Vec<(String, f64, Timestamp)>, StoreError> {
        self.0
            .read(move |conn| {
                let sql = "SELECT name, value, at FROM card_metrics WHERE task = ?1 ORDER BY name";
                conn.all(sql, [card.to_string()], |row| {
                    Ok((row.get("name")?, row.get("value")?, row.parsed("at")?))
                })
            })
            .await
    }
}

fn enter(tx: &Tx<'_>, entering: &Entering) -> Result<Card, StoreError> {
    let before = unlocked(tx, entering.card, entering.version)?;
    if let Some(seen) = entering.settings
        && seen != settings_of(tx, before.workspace)?.version
    {
        return Err(StoreError::CardChanged { card: entering.card, version: before.version });
    }
    let task = runs::task_of(tx, entering.card)?;
    match &entering.to {
        Some(to) => task_state::apply(tx, &task, &TaskEvent::Moved(to.clone()), entering.run)?,
        None => task_state::apply(tx, &task, &TaskEvent::Closed(TaskEnd::Done), entering.run)?,
    }
    let due = entering.to.is_some() && entering.waits.is_none();
    tx.exec(
        "UPDATE cards SET entry = entry + 1, entered_at = ?2, started = 0, due = ?3, waits = ?4, note = ?5,
                          gates = '[]' WHERE task = ?1",
        params![entering.card.to_string(), stamp(tx.now), due, entering.waits.map(word), entering.note],
    )?;
    let transition = Transition {
        at: tx.now,
        from: Some(before.stage),
        to: entering.to.clone(),
        actor: entering.actor.clone(),
        reason: entering.reason.clone(),
        run: entering.run,
    };
    add_transition(tx, entering.card, &transition)?;
    left(tx, entering.card)?;
    changed(tx, entering.card)
}

fn wait(
    tx: &Tx<'_>,
    card: TaskId,
    entry: u64,
    waits: Option<CardWait>,
    note: &str,
) -> Result<bool, StoreError> {
    let found = card_of(tx, card)?;
    if found.entry != entry || found.run.is_some() {
        return Ok(false);
    }
    tx.exec(
        "UPDATE cards SET due = 0, waits = ?2, note = ?3 WHERE task = ?1",
        params![card.to_string(), waits.map(word), note],
    )?;
    changed(tx, card)?;
    Ok(true)
}

/// A card that a run does not lock, in the version that the caller has seen.
fn unlocked(tx: &Tx<'_>, card: TaskId, version: Option<u64>) -> Result<Card, StoreError> {
    let found = card_of(tx, card)?;
    if let Some(run) = found.run {
        return Err(StoreError::CardLocked { card, run });
    }
    if version.is_some_and(|seen| seen != found.version) {
        return Err(StoreError::CardChanged { card, version: found.version });
    }
    Ok(found)
}

fn open_task(tx: &Tx<'_>, card: TaskId) -> Result<Task, StoreError> {
    let task = runs::task_of(tx, card)?;
    if task.state.is_final() {
        return Err(StoreError::not_now("start", RecordKind::Task, card, task.state));
    }
    Ok(task)
}

pub(super) fn set_metric(tx: &Tx<'_>, card: TaskId, name: &str, value: f64) -> Result<(), StoreError> {
    card_of(tx, card)?;
    tx.exec(
        "INSERT INTO card_metrics (task, name, value, at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (task, name) DO UPDATE SET value = excluded.value, at = excluded.at",
        params![card.to_string(), name, value, stamp(tx.now)],
    )
    .map(drop)
}
