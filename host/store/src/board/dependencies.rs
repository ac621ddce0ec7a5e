//! Cards that depend on others.

use super::log::card_of;
use crate::file::{Sql, Tx};
use crate::record::{self, CARDS};
use crate::{Card, CardLink, CardLinks, StoreError};
use jackfield_sql::{Connection, params};
use jackfield_types::TaskId;

/// A path of dependencies that leads from ?1 to ?2.
const LEADS_TO: &str = "
    WITH RECURSIVE reached (task) AS (
        VALUES (?1) UNION SELECT depends_on FROM card_dependencies JOIN reached USING (task))
    SELECT 1 FROM reached WHERE task = ?2";

pub(super) fn links_of(conn: &Connection, card: TaskId) -> Result<CardLinks, StoreError> {
    let among = |condition: &str| links(conn, card, condition, "cards.task");
    Ok(CardLinks {
        depends_on: among("cards.task IN (SELECT depends_on FROM card_dependencies WHERE task = ?1)")?,
        dependents: among("cards.task IN (SELECT task FROM card_dependencies WHERE depends_on = ?1)")?,
        tickets: links(conn, card, "cards.parent = ?1", "length(cards.ticket), cards.ticket")?,
    })
}

fn links(conn: &Connection, card: TaskId, condition: &str, order: &str) -> Result<Vec<CardLink>, StoreError> {
    let sql = format!("{CARDS} WHERE {condition} ORDER BY {order}");
    conn.all(&sql, [card.to_string()], record::card_link)
}

/// Replaces what a card depends on: cards of its workspace that do not depend on it.
pub(super) fn depend(tx: &Tx<'_>, card: &Card, on: &[TaskId]) -> Result<(), StoreError> {
    let text = card.id.to_string();
    tx.exec("DELETE FROM card_dependencies WHERE task = ?1", [text.clone()])?;
    for other in on {
        let other = card_of(tx, *other)?;
        if other.workspace != card.workspace {
            return Err(StoreError::OtherWorkspace { card: card.id, other: other.id });
        }
        let both = params![other.id.to_string(), text];
        if tx.one(LEADS_TO, both, |row| row.get::<_, i64>(0))?.is_some() {
            return Err(StoreError::CardCycle { card: card.id, other: other.id });
        }
        tx.exec(
            "INSERT INTO card_dependencies (task, depends_on) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            params![text, other.id.to_string()],
        )?;
    }
    // What it waited for may be gone.
    tx.exec("UPDATE cards SET due = 1 WHERE task = ?1 AND waits = 'cards'", [text]).map(drop)
}

/// A card has left its stage: the board decides again about those that wait for it.
pub(super) fn left(tx: &Tx<'_>, card: TaskId) -> Result<(), StoreError> {
    tx.exec(
        "UPDATE cards SET due = 1 WHERE waits = 'cards' AND task IN (
             SELECT task FROM card_dependencies WHERE depends_on = ?1)",
        [card.to_string()],
    )
    .map(drop)
}
