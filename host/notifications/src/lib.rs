//! Carries messages to webhooks: signed, tried again with growing pauses, and given up in the end, which is told.
//!
//! Messages wait in the records, so that one is carried at least once whatever becomes of the host: who takes one
//! holds it for the length of a lease, and a host that is killed meanwhile leaves it to the next. Every try has the
//! same `webhook-id`, by which a receiver knows what it has already.

mod reach;
mod sign;

use jackfield::Host;
use jackfield_config::WebhookSection;
use jackfield_store::{WEBHOOK_TEST, WebhookMessage};
use jackfield_types::{ErrorCode, Problem};
use reach::Reach;
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, StatusCode, Url};
use std::time::Duration;

/// How long one try may take.
const TRY: Duration = Duration::from_secs(10);
/// For how long a message is in the hands of whoever carries it.
const LEASE: Duration = Duration::from_secs(15);
/// How often a look is taken for what is to be carried. It is a read, of microseconds.
const LOOK: Duration = Duration::from_millis(250);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(6 * 60 * 60);
/// Messages that are carried to one webhook at once.
const AT_ONCE: u32 = 8;

/// Sends messages: to where anybody may be told, and to where only those may be that the operator lets be there. Made
/// once, since a client reads the machine's certificates.
struct Post {
    public: Client,
    anywhere: Client,
}

impl Post {
    fn new() -> Result<Self, Problem> {
        let client = |allow_private| {
            jackfield_http::client()
                .timeout(TRY)
                .redirect(reqwest::redirect::Policy::none())
                // Else the proxy would look the address up, and nobody would look at it.
                .no_proxy()
                .dns_resolver(std::sync::Arc::new(Reach { allow_private }))
                .user_agent(format!("jackfield/{}", jackfield::VERSION))
                .build()
        };
        let made = || Ok::<_, reqwest::Error>(Self { public: client(false)?, anywhere: client(true)? });
        made().map_err(|error| {
            Problem::operator(
                ErrorCode::NoClient,
                error.to_string(),
                "check the CA certificates of this machine",
            )
        })
    }

    const fn to(&self, section: &WebhookSection) -> &Client {
        if section.allow_private { &self.anywhere } else { &self.public }
    }
}

/// What became of one try.
enum Came {
    Taken,
    /// It may be taken the next time, which the receiver may have named.
    NotYet(String, Option<Duration>),
    /// It never will be.
    Never(String),
}

/// Carries what is to be told until the host begins to stop.
pub async fn deliver(host: &Host) {
    if let Err(problem) = host.notifications().register().await {
        return tracing::error!("webhook delivery is disabled: {problem}");
    }
    if host.config().webhooks.is_empty() {
        return;
    }
    let post = match Post::new() {
        Ok(post) => post,
        Err(problem) => return tracing::error!("webhook delivery is disabled: {problem}"),
    };
    // Each has a carrier of its own, so that nobody waits for one that does not answer.
    let config = host.config();
    let carriers = config.webhooks.keys().map(|name| deliver_to(host, &post, name));
    tokio::select! {
        () = host.stopping() => {}
        _ = futures::future::join_all(carriers) => {}
    }
}

/// Carries what one webhook is to be told, for ever.
async fn deliver_to(host: &Host, post: &Post, webhook: &str) {
    loop {
        match host.notifications().take_messages(webhook, LEASE, AT_ONCE).await {
            Ok(due) if due.is_empty() => tokio::time::sleep(LOOK).await,
            Ok(due) => {
                futures::future::join_all(due.iter().map(|message| deliver_message(host, post, message)))
                    .await;
            }
            Err(problem) => {
                tracing::error!(webhook, "what is to be told cannot be read: {problem}");
                tokio::time::sleep(LOOK).await;
            }
        }
    }
}

/// Tells a webhook of nothing, and gives why it did not take that, where it did not.
pub async fn test(host: &Host, name: &str) -> Result<Option<String>, Problem> {
    let Some(section) = host.config().webhooks.get(name).cloned() else {
        return host.notifications().test(name).await.map(|()| None);
    };
    let message = WebhookMessage {
        id: format!("msg_{}", jackfield_types::RunId::new()),
        webhook: name.to_owned(),
        at: jackfield_types::Timestamp::now(),
        subject: name.to_owned(),
        kind: WEBHOOK_TEST.to_owned(),
        payload: serde_json::json!({}).into(),
        tries: 0,
    };
    Ok(match attempt(host, &Post::new()?, &section, &message).await {
        Came::Taken => None,
        Came::NotYet(why, _) | Came::Never(why) => Some(why),
    })
}

async fn deliver_message(host: &Host, post: &Post, message: &WebhookMessage) {
    let config = host.config();
    let Some(section) = config.webhooks.get(&message.webhook) else { return };
    let recorded = match attempt(host, post, section, message).await {
        Came::Taken => host.notifications().delivered(message).await,
        Came::Never(why) => {
            tracing::error!(webhook = message.webhook, message = message.id, "given up: {why}");
            host.notifications().failed(message, &why, None).await
        }
        Came::NotYet(why, asked) => {
            let tries = message.tries.saturating_add(1);
            let again =
                (tries < section.tries).then(|| asked.unwrap_or(pause(section.retry_s, message.tries)));
            match again {
                Some(again) => tracing::warn!(
                    webhook = message.webhook,
                    message = message.id,
                    "not delivered, try {tries}, the next in {again:?}: {why}"
                ),
                None => tracing::error!(
                    webhook = message.webhook,
                    message = message.id,
                    "given up after {tries} tries: {why}"
                ),
            }
            host.notifications().failed(message, &why, again).await
        }
    };
    if let Err(problem) = recorded {
        tracing::error!("what became of a message is not on record, and it is sent again: {problem}");
    }
}

/// Twice as long with each try.
fn pause(first_s: u64, tries: u32) -> Duration {
    Duration::from_secs(first_s.max(1).saturating_mul(1 << tries.min(20))).min(LONGEST_PAUSE)
}

async fn attempt(host: &Host, post: &Post, section: &WebhookSection, message: &WebhookMessage) -> Came {
    let secret = match host.notifications().variable(&section.secret_env) {
        Some(secret) => secret,
        None => {
            return Came::NotYet(
                format!("the variable {} with its secret is not set", section.secret_env),
                None,
            );
        }
    };
    let key = match sign::key(&secret) {
        Ok(key) => key,
        Err(why) => return Came::NotYet(format!("the secret in {} {why}", section.secret_env), None),
    };
    let url = match Url::parse(&section.url) {
        Ok(url) => url,
        Err(error) => return Came::Never(format!("its address is none: {error}")),
    };
    if let Err(why) = reach::allowed(&url, section.allow_private) {
        return Came::NotYet(why, None);
    }
    let body = host.notifications().body(message).await.to_string();
    let now = jackfield_types::Timestamp::now().as_second();
    let sent = post
        .to(section)
        .post(url)
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", &message.id)
        .header("webhook-timestamp", now)
        .header("webhook-signature", sign::signature(&key, &message.id, now, &body))
        .body(body)
        .send()
        .await;
    match sent {
        // The address may hold a secret.
        Err(error) => Came::NotYet(causes(&error.without_url()), None),
        Ok(answer) if answer.status().is_success() => Came::Taken,
        Ok(answer) if answer.status() == StatusCode::GONE => {
            Came::Never("it was answered 410: it is not there any more".to_owned())
        }
        Ok(answer) => {
            let after = answer.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse().ok());
            let after = after.map(|seconds| Duration::from_secs(seconds).min(LONGEST_PAUSE));
            Came::NotYet(format!("it was answered {}", answer.status().as_u16()), after)
        }
    }
}

/// An error with what is behind it: reqwest's own says only that it could not be sent.
fn causes(error: &dyn std::error::Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_between_tries_grow_within_bounds() {
        assert_eq!([0, 1, 2].map(|tries| pause(5, tries).as_secs()), [5, 10, 20]);
        assert_eq!(pause(5, 40), LONGEST_PAUSE);
    }
}
