//! Webhooks in the store: receivers, their events and the state of their deliveries. The notifications crate delivers
//! the messages; this module knows no HTTP.

use crate::handles::Notifications;
use jackfield_store::{WebhookMessage, WebhookStanding};
use jackfield_types::{ErrorCode, Operation, Problem, RunId, Scope};
use serde_json::{Value, json};
use std::time::Duration;

impl Notifications<'_> {
    /// Returns the delivery state of each webhook.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn list(self) -> Result<Vec<WebhookStanding>, Problem> {
        self.0.caller.require(Scope::Admin)?;
        Ok(self.0.inner.store.webhooks().list().await?)
    }

    /// Queues a test message for a webhook. It is delivered like any other message.
    ///
    /// # Errors
    /// A [`Problem`] if the webhook does not exist.
    pub async fn test(self, name: &str) -> Result<(), Problem> {
        self.0.caller.require(Scope::Admin)?;
        match self.0.inner.store.webhooks().test(name).await? {
            true => Ok(()),
            false => Err(unknown(name)),
        }
    }

    /// Makes every waiting or abandoned message of a webhook due now. Returns their number.
    ///
    /// # Errors
    /// A [`Problem`] if the webhook does not exist.
    pub async fn retry(self, name: &str) -> Result<u64, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let again = self.0.inner.store.webhooks().retry(name).await?;
        again.ok_or_else(|| unknown(name))
    }

    /// Returns a variable of the host's environment.
    pub fn variable(self, name: &str) -> Option<String> {
        self.0
            .inner
            .runs
            .shared
            .environment
            .get(std::ffi::OsStr::new(name))
            .and_then(|value| value.to_str().map(str::to_owned))
    }

    /// Replaces the registered webhooks with those of the configuration.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be written.
    pub async fn register(self) -> Result<(), Problem> {
        let config = self.0.config();
        let hooks = config.webhooks.iter().map(|(name, section)| (name.clone(), section.events.clone()));
        Ok(self.0.inner.store.webhooks().register(hooks.collect()).await?)
    }

    /// Leases at most `most` due messages, so that no other process delivers them before the lease ends.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be written.
    pub async fn take_messages(
        self,
        webhook: &str,
        lease: Duration,
        most: u32,
    ) -> Result<Vec<WebhookMessage>, Problem> {
        Ok(self.0.inner.store.webhooks().take(webhook, lease, most).await?)
    }

    /// Records that the receiver accepted a message.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be written.
    pub async fn delivered(self, message: &WebhookMessage) -> Result<(), Problem> {
        Ok(self.0.inner.store.webhooks().delivered(message).await?)
    }

    /// Records a failed delivery. The next one is due after `again`; `None` abandons the message.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be written.
    pub async fn failed(
        self,
        message: &WebhookMessage,
        why: &str,
        again: Option<Duration>,
    ) -> Result<(), Problem> {
        Ok(self.0.inner.store.webhooks().failed(message, why, again).await?)
    }

    /// Returns the body of a message: the event and, for an event of a run, the fields of that run.
    pub async fn body(self, message: &WebhookMessage) -> Value {
        let mut data = json!({ "subject": message.subject, "event": message.payload });
        // Webhooks receive those events of runs whose kind begins so, and no kind of the host's events begins so.
        let run = message.kind.starts_with("run_").then(|| message.subject.parse::<RunId>().ok());
        let view = match run.flatten() {
            Some(run) => self.0.inner.store.runs().get(run).await.ok(),
            None => None,
        };
        if let (Some(view), Some(fields)) = (view, data.as_object_mut()) {
            let last = view.attempts.last();
            let cost: f64 = view.attempts.iter().map(|attempt| attempt.cost.usd()).sum();
            let told = [
                ("run_id", json!(view.run.id)),
                ("task_id", json!(view.task.id)),
                ("title", json!(view.task.title)),
                ("executor", json!(last.map(|attempt| &attempt.executor))),
                ("model", json!(last.and_then(|attempt| attempt.model.as_ref()))),
                ("branch", json!(last.and_then(|attempt| attempt.branch.as_ref()))),
                ("attempts", json!(view.attempts.len())),
                ("cost_usd", json!(cost)),
            ];
            fields.extend(told.map(|(name, value)| (name.to_owned(), value)));
        }
        json!({ "type": message.kind, "timestamp": message.at, "data": data })
    }
}

fn unknown(name: &str) -> Problem {
    Problem::caller(
        ErrorCode::WebhookNotFound,
        format!("there is no webhook '{name}'"),
        "add it to [webhooks] in jackfield.toml and start the host again, or use a name from the list of webhooks",
    )
    .with(Operation::ListWebhooks)
}
