//! `webhooks`: deliveries of notifications, test messages and retries.

use super::output::{Outcome, say};
use clap::Subcommand;
use jackfield::Host;
use jackfield_render::table::{table, when};
use jackfield_store::WebhookStanding;
use jackfield_types::Problem;
use serde_json::json;

#[derive(Debug, Subcommand)]
pub(crate) enum WebhooksCommand {
    /// Send a test message and show the result
    Test {
        /// Name in the configuration
        name: String,
    },
    /// Resend pending and failed messages at once
    Retry {
        /// Name in the configuration
        name: String,
    },
}

pub(super) async fn webhooks(
    host: &Host,
    command: Option<WebhooksCommand>,
    json: bool,
) -> Result<Outcome, Problem> {
    match command {
        None => {
            let standing = host.notifications().list().await?;
            say(json, || list(&standing), &standing);
            Ok(Outcome::Fine)
        }
        Some(WebhooksCommand::Retry { name }) => {
            let messages = host.notifications().retry(&name).await?;
            say(
                json,
                || format!("queued {messages} message(s), to be sent by `jackfield serve`"),
                &json!({ "messages": messages }),
            );
            Ok(Outcome::Fine)
        }
        Some(WebhooksCommand::Test { name }) => {
            let came = jackfield_notifications::test(host, &name).await?;
            let well = came.is_none();
            let told = || {
                came.clone().map_or_else(
                    || format!("delivered to {name}"),
                    |why| format!("failed to deliver to {name}: {why}"),
                )
            };
            say(json, told, &json!({ "webhook": name, "taken": well, "error": came }));
            Ok(if well { Outcome::Fine } else { Outcome::Failed })
        }
    }
}

fn list(standing: &[WebhookStanding]) -> String {
    if standing.is_empty() {
        return "no webhooks: configure them as [webhooks.NAME] in jackfield.toml, and start `jackfield serve`"
            .to_owned();
    }
    let row = |hook: &WebhookStanding| {
        [
            hook.name.clone(),
            hook.events.join(" "),
            hook.delivered.to_string(),
            hook.delivered_at.map(when).unwrap_or_default(),
            hook.waiting.to_string(),
            hook.dead.to_string(),
            hook.error.clone().unwrap_or_default(),
        ]
    };
    let heads = ["WEBHOOK", "EVENTS", "DELIVERED", "LAST (UTC)", "PENDING", "FAILED", "LAST ERROR"];
    table(heads, standing.iter().map(row))
}
