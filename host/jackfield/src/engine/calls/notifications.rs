//! Webhooks as the host keeps them: who is told, what they are told of, how it goes. Who carries messages is
//! `webhooks/`, since here nobody knows HTTP.

use super::super::handles::Notifications;
use jackfield_store::{WebhookMessage, WebhookStanding};
use jackfield_types::{ErrorCode, Problem, RunId, Scope};
use serde_json::{Value, json};
use std::time::Duration;

impl Notifications<'_> {
    /// How each webhook stands.
    ///
    /// # Errors
    /// A [`Problem`] where the records cannot be read.
    pub async fn list(self) -> Result<Vec<WebhookStanding>, Problem> {
        self.0.caller.require(Scope::Admin)?;
        Ok(self.0.inner.store.webhooks().list().await?)
    }

    /// Has a webhook told of nothing, to see whether it hears. It is carried like any other message.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such webhook.
    pub async fn test(self, name: &str) -> Result<(), Problem> {
        self.0.caller.require(Scope::Admin)?;
        match self.0.inner.store.webhooks().test(name).await? {
            true => Ok(()),
            false => Err(unknown(name)),
        }
    }

    /// Has everything carried again at once that was given up or waits; gives how much that is.
    ///
    /// # Errors
    /// A [`Problem`] where there is no such webhook.
    pub async fn retry(self, name: &str) -> Result<u64, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let again = self.0.inner.store.webhooks().retry(name).await?;
        again.ok_or_else(|| unknown(name))
    }

    /// A variable of the host's own environment.
    pub fn variable(self, name: &str) -> Option<String> {
        self.0
            .inner
            .environment
            .get(std::ffi::OsStr::new(name))
            .and_then(|value| value.to_str().map(str::to_owned))
    }

    /// Has those told that the configuration names, and nobody else.
    pub async fn register(self) -> Result<(), Problem> {
        let config = self.0.config();
        let hooks = config.webhooks.iter().map(|(name, section)| (name.clone(), section.events.clone()));
        Ok(self.0.inner.store.webhooks().register(hooks.collect()).await?)
    }

    /// Takes messages that are due, so that nobody else delivers them before the lease is over.
    ///
    /// # Errors
    /// A [`Problem`] where the store cannot be written.
    pub async fn take_messages(
        self,
        webhook: &str,
        lease: Duration,
        most: u32,
    ) -> Result<Vec<WebhookMessage>, Problem> {
        Ok(self.0.inner.store.webhooks().take(webhook, lease, most).await?)
    }

    /// Records that the receiver took a message.
    ///
    /// # Errors
    /// A [`Problem`] where the store cannot be written.
    pub async fn delivered(self, message: &WebhookMessage) -> Result<(), Problem> {
        Ok(self.0.inner.store.webhooks().delivered(message).await?)
    }

    /// Records that the receiver did not take a message.
    ///
    /// # Errors
    /// A [`Problem`] where the store cannot be written.
    pub async fn failed(
        self,
        message: &WebhookMessage,
        why: &str,
        again: Option<Duration>,
    ) -> Result<(), Problem> {
        Ok(self.0.inner.store.webhooks().failed(message, why, again).await?)
    }

    /// What is sent: the event, and of a run what its list tells of it.
    pub async fn body(self, message: &WebhookMessage) -> Value {
        let mut data = json!({ "subject": message.subject, "event": message.payload });
        let run = message.kind.starts_with("run_").then(|| message.subject.parse::<RunId>().ok()).flatten();
        let view = match run {
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
        "use a name that `jackfield webhooks` lists; new webhooks apply when `jackfield serve` starts",
    )
}
