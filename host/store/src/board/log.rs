//! A card as it stands, and the record of its changes.

use crate::file::{Exact, Sql, Tx, stamp};
use crate::record::{self, CARDS};
use crate::view::trail;
use crate::{Card, RecordKind, StoreError};
use jackfield_model::{CardChanged, HostEvent, Transition};
use jackfield_sql::{Connection, params};
use jackfield_types::TaskId;

pub(super) fn card_of(conn: &Connection, card: TaskId) -> Result<Card, StoreError> {
    let sql = format!("{CARDS} WHERE cards.task = ?1");
    conn.one(&sql, [card.to_string()], record::card)?
        .ok_or_else(|| StoreError::NotFound { what: RecordKind::Card, id: card.to_string() })
}

pub(super) fn add_transition(tx: &Tx<'_>, card: TaskId, transition: &Transition) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO card_transitions (task, number, at, from_stage, to_stage, actor, reason, run)
         SELECT ?1, COALESCE(MAX(number), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7 FROM card_transitions WHERE task = ?1",
        params![
            card.to_string(),
            stamp(transition.at),
            transition.from.as_ref().map(ToString::to_string),
            transition.to.as_ref().map(ToString::to_string),
            Exact(&transition.actor),
            transition.reason,
            transition.run.map(|run| run.to_string()),
        ],
    )
    .map(drop)
}

/// Counts a change of a card and adds its event. Returns the card as it is then.
pub(super) fn changed(tx: &Tx<'_>, card: TaskId) -> Result<Card, StoreError> {
    tx.exec("UPDATE cards SET version = version + 1 WHERE task = ?1", [card.to_string()])?;
    let now = card_of(tx, card)?;
    let event = CardChanged {
        workspace: now.workspace,
        stage: now.stage.clone(),
        state: now.state,
        version: now.version,
        note: now.note.clone(),
    };
    trail::add_event(tx, &card.to_string(), &HostEvent::CardChanged(event))?;
    Ok(now)
}
