//! Component decisions, component versions, and the host's event log.

use crate::file::{Columns, Exact, Sql, Tx, count, signed, stamp, word};
use crate::handles::{Decisions, HostLog};
use crate::record::{host_event, payload_text};
use crate::{HostEventRecord, NewPluginCall, PluginCall, PluginReceipt, PluginVersion, Serving, StoreError};
use jackfield_model::{ComponentReported, HostEvent};
use jackfield_sql::{Connection, params};
use jackfield_types::{PluginRef, TaskId};
use serde_json::json;

impl Decisions<'_> {
    /// Records component calls. A component that is not known yet is recorded too.
    pub async fn record_calls(self, calls: Vec<NewPluginCall>) -> Result<(), StoreError> {
        self.0.write(move |tx| add_calls(tx, &calls)).await
    }

    /// Returns every component call about a task, oldest first.
    pub async fn of_task(self, task: TaskId) -> Result<Vec<PluginCall>, StoreError> {
        self.0.read(move |conn| calls_of(conn, task)).await
    }
}

impl HostLog<'_> {
    /// Records a new state of a component version, also in the event log.
    pub async fn record_plugin(self, receipt: PluginReceipt) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                let PluginReceipt { plugin, state, reason, details } = receipt.clone();
                tx.exec(
                    "INSERT INTO plugins (digest, kind, name, version, state, reason, details,
                                      first_seen_at, first_served_at, changed_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, iif(?5 = 'serving', ?8, NULL), ?8)
                 ON CONFLICT (digest) DO UPDATE SET
                     state = excluded.state, reason = excluded.reason, details = excluded.details,
                     first_served_at = COALESCE(first_served_at, excluded.first_served_at),
                     changed_at = excluded.changed_at",
                    params![
                        plugin.digest.to_string(),
                        plugin.kind.as_str(),
                        Exact(&plugin.name),
                        Exact(&plugin.version),
                        word(state),
                        reason,
                        json!(details).to_string(),
                        stamp(tx.now),
                    ],
                )?;
                let subject = format!("{}/{}", plugin.kind, plugin.name);
                let report = ComponentReported::Version { plugin, reason, details };
                add_event(tx, &subject, &HostEvent::component_stands(state, report)).map(drop)
            })
            .await
    }

    /// Adds an event to the host's log. Returns its sequence number.
    pub async fn record(self, subject: &str, event: HostEvent) -> Result<u64, StoreError> {
        let subject = subject.to_owned();
        self.0.write(move |tx| add_event(tx, &subject, &event)).await
    }

    /// Returns the number of the last event; 0 if there is none.
    pub async fn last(self) -> Result<u64, StoreError> {
        self.0
            .read(|conn| {
                let last = conn
                    .one("SELECT MAX(seq) AS seq FROM events", [], |row| row.get::<_, Option<i64>>("seq"))?;
                Ok(last.flatten().map_or(0, count))
            })
            .await
    }

    /// Returns the host's events after a sequence number, oldest first.
    pub async fn list(self, after: u64, limit: u32) -> Result<Vec<HostEventRecord>, StoreError> {
        self.0
            .read(move |conn| {
                conn.all(
                    "SELECT * FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2",
                    params![signed(after), limit],
                    host_event,
                )
            })
            .await
    }

    /// Returns every component version that the host has seen, last changed first.
    pub async fn plugin_history(self) -> Result<Vec<PluginVersion>, StoreError> {
        self.0
            .read(|conn| {
                conn.all("SELECT * FROM plugins ORDER BY changed_at DESC, digest", [], PluginVersion::read)
            })
            .await
    }

    /// Returns at most `limit` component versions, last changed first, and their total number.
    pub async fn plugin_versions(self, limit: u32) -> Result<(Vec<PluginVersion>, u64), StoreError> {
        self.0
            .read(move |conn| {
                let all =
                    conn.one("SELECT count(*) AS n FROM plugins", [], |row| row.count("n"))?.unwrap_or(0);
                let last = conn.all(
                    "SELECT * FROM plugins ORDER BY changed_at DESC, digest LIMIT ?1",
                    [limit],
                    PluginVersion::read,
                )?;
                Ok((last, all))
            })
            .await
    }
}

pub(crate) fn calls_of(conn: &Connection, task: TaskId) -> Result<Vec<PluginCall>, StoreError> {
    conn.all(
        "SELECT plugin_calls.*, kind, name, version, digest
         FROM plugin_calls JOIN plugins ON digest = plugin WHERE task = ?1 ORDER BY id",
        [task.to_string()],
        PluginCall::read,
    )
}

/// Adds an event to the host's log. Returns its sequence number.
pub(crate) fn add_event(tx: &Tx<'_>, subject: &str, event: &HostEvent) -> Result<u64, StoreError> {
    let seq = tx.one(
        "INSERT INTO events (at, kind, subject, payload) VALUES (?1, ?2, ?3, ?4) RETURNING seq",
        params![stamp(tx.now), event.kind(), subject, payload_text(event.payload_json())?],
        |row| row.count("seq"),
    )?;
    let seq = seq.unwrap_or_default();
    tx.event_added(seq);
    Ok(seq)
}

/// Records a component that answered a call before its state was recorded.
pub(crate) fn know(tx: &Tx<'_>, plugin: &PluginRef) -> Result<(), StoreError> {
    tx.exec(
        "INSERT INTO plugins (digest, kind, name, version, state, reason, details,
                              first_seen_at, first_served_at, changed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, 'it answered a call', 'null', ?6, ?6, ?6) ON CONFLICT DO NOTHING",
        params![
            plugin.digest.to_string(),
            plugin.kind.as_str(),
            Exact(&plugin.name),
            Exact(&plugin.version),
            word(Serving::Serving),
            stamp(tx.now),
        ],
    )
    .map(drop)
}

pub(crate) fn add_calls(tx: &Tx<'_>, calls: &[NewPluginCall]) -> Result<(), StoreError> {
    for call in calls {
        know(tx, &call.plugin)?;
        tx.exec(
            "INSERT INTO plugin_calls (at, task, run, attempt, plugin, function, facts, answer, micros, seed, notes,
                                       error)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                stamp(tx.now),
                call.task.map(|id| id.to_string()),
                call.run.map(|id| id.to_string()),
                call.attempt.map(|id| id.to_string()),
                call.plugin.digest.to_string(),
                call.function,
                tx.packed(&call.facts.to_string()),
                tx.packed(&call.answer.to_string()),
                signed(call.micros),
                call.seed.map(|seed| seed.to_string()),
                json!(call.notes).to_string(),
                call.error,
            ],
        )?;
    }
    Ok(())
}
