//! Webhooks: the receivers, and their undelivered messages.

use crate::StoreError;
use crate::file::{Columns, Exact, Sql, count, stamp};
use crate::handles::Webhooks;
use crate::queue::milliseconds;
use crate::record::payload;
use crate::view::trail::add_event;
use jackfield_model::{HostEvent, Payload, WebhookDead};
use jackfield_sql::params;
use jackfield_types::Timestamp;
use serde::Serialize;
use serde_json::json;
use std::time::Duration;

/// The kind of a test message, whose payload is empty. It is sent and never recorded, so it is no event of the host.
pub const WEBHOOK_TEST: &str = "webhook_test";

/// A message for a receiver.
#[derive(Debug, Clone, PartialEq)]
pub struct WebhookMessage {
    /// The same for every try.
    pub id: String,
    /// The webhook's name.
    pub webhook: String,
    /// The time of the event.
    pub at: Timestamp,
    /// The id of the run, or the subject of the host's event.
    pub subject: String,
    /// The kind of the event.
    pub kind: String,
    /// The payload of the event.
    pub payload: Payload,
    /// The number of earlier tries.
    pub tries: u32,
}

/// How a webhook stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct WebhookStanding {
    /// As configured.
    pub name: String,
    /// Patterns of the kinds of events that it is told of.
    pub events: Vec<String>,
    /// Since when.
    pub since: Timestamp,
    /// Messages that it has taken.
    pub delivered: u64,
    /// When it took the last of them.
    pub delivered_at: Option<Timestamp>,
    /// Messages that it has still to take.
    pub waiting: u64,
    /// Messages that were given up.
    pub dead: u64,
    /// Why the last delivery failed; none: it did not.
    pub error: Option<String>,
}

impl Webhooks<'_> {
    /// Registers these webhooks with the kinds of their events, and deletes all others.
    pub async fn register(self, hooks: Vec<(String, Vec<String>)>) -> Result<(), StoreError> {
        self.0
            .write(move |tx| {
                let names = json!(hooks.iter().map(|(name, _)| name).collect::<Vec<_>>()).to_string();
                let gone = "NOT IN (SELECT value FROM json_each(?1))";
                tx.exec(&format!("DELETE FROM webhook_messages WHERE webhook {gone}"), [Exact(&names)])?;
                tx.exec(&format!("DELETE FROM webhooks WHERE name {gone}"), [Exact(&names)])?;
                for (name, events) in &hooks {
                    tx.exec(
                        "INSERT INTO webhooks (name, events, since) VALUES (?1, ?2, ?3)
                     ON CONFLICT (name) DO UPDATE SET events = excluded.events",
                        params![Exact(name), Exact(json!(events).to_string()), stamp(tx.now)],
                    )?;
                }
                Ok(())
            })
            .await
    }

    /// Leases the due messages of a webhook, oldest first. No other process gets them before the lease ends.
    pub async fn take(
        self,
        webhook: &str,
        lease: Duration,
        most: u32,
    ) -> Result<Vec<WebhookMessage>, StoreError> {
        let now = milliseconds(self.0.clock().now());
        let due = "SELECT id FROM webhook_messages WHERE webhook = ?1 AND dead = 0 AND next_ms <= ?2
                   ORDER BY seq LIMIT ?3";
        let name = webhook.to_owned();
        // Read without the writer first: mostly there is nothing.
        let first =
            self.0.read(move |conn| conn.one(due, params![name, now, 1], |row| row.get::<_, String>("id")));
        if first.await?.is_none() {
            return Ok(Vec::new());
        }
        let name = webhook.to_owned();
        let until = now.saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX));
        self.0
            .write(move |tx| {
                let ids = tx.all(due, params![name, now, most], |row| row.get::<_, String>("id"))?;
                let taken = ids.iter().map(|id| {
                    tx.one(
                        "UPDATE webhook_messages SET next_ms = ?2 WHERE id = ?1
                     RETURNING id, webhook, at, kind, subject, payload, tries",
                        params![id, until],
                        |row| {
                            Ok(WebhookMessage {
                                id: row.get("id")?,
                                webhook: row.get("webhook")?,
                                at: row.parsed("at")?,
                                subject: row.get("subject")?,
                                kind: row.get("kind")?,
                                payload: payload(row)?,
                                tries: row.get("tries")?,
                            })
                        },
                    )
                });
                Ok(taken.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
            })
            .await
    }

    /// Deletes a delivered message and counts it.
    pub async fn delivered(self, message: &WebhookMessage) -> Result<(), StoreError> {
        let (id, name) = (message.id.clone(), message.webhook.clone());
        self.0.write(move |tx| {
            tx.exec("DELETE FROM webhook_messages WHERE id = ?1", [&id])?;
            tx.exec(
                "UPDATE webhooks SET delivered = delivered + 1, delivered_at = ?2, error = NULL WHERE name = ?1",
                params![Exact(&name), stamp(tx.now)],
            )
            .map(drop)
        })
        .await
    }

    /// Records a failed try. The next one is due after `again`; `None` abandons the message, which is an event of its
    /// own.
    pub async fn failed(
        self,
        message: &WebhookMessage,
        why: &str,
        again: Option<Duration>,
    ) -> Result<(), StoreError> {
        let (message, why) = (message.clone(), why.to_owned());
        self.0.write(move |tx| {
            let pause = again.map_or(0, |again| i64::try_from(again.as_millis()).unwrap_or(i64::MAX));
            let next = milliseconds(tx.now).saturating_add(pause);
            tx.exec(
                "UPDATE webhook_messages SET tries = tries + 1, next_ms = ?2, dead = ?3, error = ?4 WHERE id = ?1",
                params![message.id, next, again.is_none(), why],
            )?;
            tx.exec("UPDATE webhooks SET error = ?2 WHERE name = ?1", params![Exact(&message.webhook), why])?;
            if again.is_none() {
                let dead = WebhookDead {
                    message: message.id.clone(),
                    kind: message.kind.clone(),
                    reason: why.clone(),
                };
                add_event(tx, &message.webhook, &HostEvent::WebhookDead(dead))?;
            }
            Ok(())
        })
        .await
    }

    /// Returns the delivery state of each webhook.
    pub async fn list(self) -> Result<Vec<WebhookStanding>, StoreError> {
        self.0.read(|conn| {
            conn.all(
                "SELECT *, (SELECT COUNT(*) FROM webhook_messages WHERE webhook = name AND dead = 0) AS waiting,
                        (SELECT COUNT(*) FROM webhook_messages WHERE webhook = name AND dead = 1) AS dead
                 FROM webhooks ORDER BY name",
                [],
                |row| {
                    Ok(WebhookStanding {
                        name: row.get("name")?,
                        events: row.json("events")?,
                        since: row.parsed("since")?,
                        delivered: row.count("delivered")?,
                        delivered_at: row.parsed_opt("delivered_at")?,
                        waiting: row.count("waiting")?,
                        dead: row.count("dead")?,
                        error: row.get("error")?,
                    })
                },
            )
        })
        .await
    }

    /// Makes every waiting or abandoned message due now. Returns their number; `None` if the webhook does not exist.
    pub async fn retry(self, name: &str) -> Result<Option<u64>, StoreError> {
        let name = name.to_owned();
        self.0
            .write(move |tx| {
                if !is_known(tx, &name)? {
                    return Ok(None);
                }
                let sql = "UPDATE webhook_messages SET dead = 0, tries = 0, next_ms = 0 WHERE webhook = ?1";
                tx.exec(sql, [Exact(&name)]).map(|changed| Some(changed as u64))
            })
            .await
    }

    /// Queues a test message. False: the webhook does not exist.
    pub async fn test(self, name: &str) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.0
            .write(move |tx| {
                if !is_known(tx, &name)? {
                    return Ok(false);
                }
                tx.exec(
                    "INSERT INTO webhook_messages (id, webhook, at, kind, subject, payload)
                 VALUES ('msg_' || lower(hex(randomblob(16))), ?1, ?2, ?3, ?1, '{}')",
                    params![Exact(&name), stamp(tx.now), WEBHOOK_TEST],
                )?;
                Ok(true)
            })
            .await
    }
}

fn is_known(tx: &crate::file::Tx<'_>, name: &str) -> Result<bool, StoreError> {
    let known =
        tx.one("SELECT COUNT(*) AS known FROM webhooks WHERE name = ?1", [name], |row| row.get("known"))?;
    Ok(known.map_or(0, count) > 0)
}
