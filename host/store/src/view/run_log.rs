//! Reading the events of a run: pages in either direction, by kind, and with a text in them.

use super::runs::run_of;
use crate::file::{Sql, signed};
use crate::handles::Logs;
use crate::record::run_event;
use crate::{RunEventRecord, StoreError};
use jackfield_sql::{Connection, Value, params, params_from_iter};
use jackfield_types::RunId;

/// Rows that a search looks at in one statement.
const SEARCHED: u32 = 1_000;

/// Events of a run, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct EventPage {
    /// The kept events.
    pub events: Vec<RunEventRecord>,
    /// The last deleted event before them that was requested, if any.
    pub gone_to: Option<u64>,
}

/// Which events of a run to read. They are always returned oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LogFilter {
    /// Events after this one.
    pub after: u64,
    /// Events before this one.
    pub before: Option<u64>,
    /// The last that match, instead of the first.
    pub last: bool,
    /// Of these kinds; empty: of any.
    pub kinds: Vec<String>,
    /// Events whose payload has this text, in any case of ASCII letters.
    pub text: Option<String>,
    /// At most this many.
    pub limit: u32,
}

impl LogFilter {
    /// Rows after `place`, in the direction of the filter.
    fn rows(
        &self,
        conn: &Connection,
        run: RunId,
        place: u64,
        limit: u32,
    ) -> Result<Vec<RunEventRecord>, StoreError> {
        let (after, before) = match self.last {
            false => (place, self.before),
            true => (self.after, Some(place)),
        };
        let mut values = vec![
            Value::from(run.to_string()),
            Value::from(signed(after)),
            // SQLite's numbers have a sign.
            Value::from(before.map_or(i64::MAX, signed)),
            Value::from(limit),
        ];
        let mut sql = "SELECT * FROM run_events WHERE run = ?1 AND seq > ?2 AND seq < ?3".to_owned();
        if let Some(text) = &self.text {
            values.push(Value::from(format!("%{}%", escaped(text))));
            sql.push_str(&format!(" AND payload LIKE ?{} ESCAPE '!'", values.len()));
        }
        if !self.kinds.is_empty() {
            let places = (1..=self.kinds.len()).map(|number| format!("?{}", values.len() + number));
            sql.push_str(&format!(" AND kind IN ({})", places.collect::<Vec<_>>().join(", ")));
            values.extend(self.kinds.iter().cloned().map(Value::from));
        }
        sql.push_str(if self.last { " ORDER BY seq DESC LIMIT ?4" } else { " ORDER BY seq LIMIT ?4" });
        conn.all(&sql, params_from_iter(values), run_event)
    }

    /// Whether the payload has the text in a value, and not in its syntax.
    fn includes(&self, event: &RunEventRecord) -> bool {
        let Some(text) = &self.text else { return true };
        let payload = serde_json::from_str(event.payload.get()).unwrap_or_default();
        has(&payload, &text.to_ascii_lowercase())
    }
}

/// A text as it stands in the JSON of a payload, for LIKE.
fn escaped(text: &str) -> String {
    let json = serde_json::Value::from(text).to_string();
    let inner = json.get(1..json.len() - 1).unwrap_or_default();
    inner
        .chars()
        .flat_map(|letter| matches!(letter, '!' | '%' | '_').then_some('!').into_iter().chain([letter]))
        .collect()
}

fn has(value: &serde_json::Value, text: &str) -> bool {
    match value {
        serde_json::Value::String(said) => said.to_ascii_lowercase().contains(text),
        serde_json::Value::Array(values) => values.iter().any(|value| has(value, text)),
        serde_json::Value::Object(fields) => fields.values().any(|value| has(value, text)),
        _ => false,
    }
}

impl Logs<'_> {
    /// Returns events of a run, oldest first.
    pub async fn page(self, run: RunId, filter: LogFilter) -> Result<Vec<RunEventRecord>, StoreError> {
        self.0
            .read(move |conn| {
                let most = usize::try_from(filter.limit).unwrap_or(usize::MAX);
                let rows_at_once = if filter.text.is_some() { SEARCHED } else { filter.limit };
                let mut place = if filter.last { filter.before.unwrap_or(u64::MAX) } else { filter.after };
                let mut found = Vec::new();
                loop {
                    let rows = filter.rows(conn, run, place.min(i64::MAX as u64), rows_at_once)?;
                    let is_end = rows.len() < usize::try_from(rows_at_once).unwrap_or(usize::MAX);
                    place = rows.last().map_or(place, |row| row.seq);
                    found.extend(rows.into_iter().filter(|row| filter.includes(row)));
                    if is_end || found.len() >= most {
                        break;
                    }
                }
                found.truncate(most);
                if filter.last {
                    found.reverse();
                }
                Ok(found)
            })
            .await
    }

    /// Returns the events of a run after a sequence number, oldest first.
    pub async fn events(self, run: RunId, after: u64, limit: u32) -> Result<Vec<RunEventRecord>, StoreError> {
        self.0
            .read(move |conn| {
                conn.all(
                    "SELECT * FROM run_events WHERE run = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
                    params![run.to_string(), signed(after), limit],
                    run_event,
                )
            })
            .await
    }

    /// Returns the same, with the number of the last requested event that was deleted. All events before the first of
    /// the page, or up to the run's last one, are final.
    pub async fn events_kept(self, run: RunId, after: u64, limit: u32) -> Result<EventPage, StoreError> {
        self.0
            .read(move |conn| {
                let events = conn.all(
                    "SELECT * FROM run_events WHERE run = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
                    params![run.to_string(), signed(after), limit],
                    run_event,
                )?;
                let before_first = match events.first() {
                    Some(first) => first.seq - 1,
                    None => run_of(conn, run)?.last_seq,
                };
                Ok(EventPage { events, gone_to: Some(before_first).filter(|last| *last > after) })
            })
            .await
    }
}
