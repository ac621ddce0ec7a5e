//! Cards that the work of another card was cut into.

use super::cards::open;
use super::dependencies::depend;
use super::log::{card_of, changed};
use crate::file::{Columns, Tx, stamp};
use crate::{NewTicket, StoreError};
use jackfield_sql::params;
use jackfield_types::TaskId;
use std::collections::BTreeMap;

/// Records the tickets of a card, each as a card of its own. One that is on record by its key is changed as long as
/// nothing was done for it; others stay.
pub(super) fn cut(tx: &Tx<'_>, parent: TaskId, tickets: &[NewTicket]) -> Result<(), StoreError> {
    let mut known: BTreeMap<&str, TaskId> = BTreeMap::new();
    for ticket in tickets {
        let id = match untouched(tx, parent, &ticket.key)? {
            Found::New => {
                let id = open(tx, &ticket.card)?.id;
                tx.exec(
                    "UPDATE cards SET parent = ?2, ticket = ?3 WHERE task = ?1",
                    params![id.to_string(), parent.to_string(), ticket.key],
                )?;
                id
            }
            Found::Untouched(id) => {
                let task = &ticket.card.task;
                tx.exec(
                    "UPDATE tasks SET title = ?2, instruction = ?3, updated_at = ?4 WHERE id = ?1",
                    params![id.to_string(), task.title, task.instruction, stamp(tx.now)],
                )?;
                id
            }
            Found::Begun(id) => {
                known.insert(&ticket.key, id);
                continue;
            }
        };
        let on: Vec<_> =
            ticket.depends_on.iter().filter_map(|key| known.get(key.as_str()).copied()).collect();
        depend(tx, &card_of(tx, id)?, &on)?;
        changed(tx, id)?;
        known.insert(&ticket.key, id);
    }
    Ok(())
}

/// The card of a ticket.
enum Found {
    New,
    /// It has no run, and is where it was created.
    Untouched(TaskId),
    Begun(TaskId),
}

fn untouched(tx: &Tx<'_>, parent: TaskId, key: &str) -> Result<Found, StoreError> {
    let sql =
        "SELECT task, entry = 1 AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.task = cards.task) AS untouched
               FROM cards WHERE parent = ?1 AND ticket = ?2";
    let found = tx.one(sql, params![parent.to_string(), key], |row| {
        let id = row.parsed("task")?;
        Ok(if row.get("untouched")? { Found::Untouched(id) } else { Found::Begun(id) })
    })?;
    Ok(found.unwrap_or(Found::New))
}
