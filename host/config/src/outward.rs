//! The sections about what a host tells others of itself: logs, traces, webhooks.

use serde::{Deserialize, Serialize};

/// `[telemetry]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetrySection {
    /// How lines of the log are written: `text` for people, or `json`, one object each.
    pub log_format: LogFormat,
    /// A collector's address for OTLP over HTTP, without `/v1/traces`; empty: what the environment says, else no traces.
    pub otlp_endpoint: String,
    /// What the collector knows it by, where `OTEL_SERVICE_NAME` does not say.
    pub service_name: String,
}

impl Default for TelemetrySection {
    fn default() -> Self {
        Self { log_format: LogFormat::Text, otlp_endpoint: String::new(), service_name: "jackfield".into() }
    }
}

/// How lines of the log are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

impl LogFormat {
    /// The names that it is read by.
    pub const NAMES: [&str; 2] = ["text", "json"];
}

impl std::str::FromStr for LogFormat {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            other => Err(format!("'{other}' is not a log format: {}", Self::NAMES.join(", "))),
        }
    }
}

/// `[webhooks.NAME]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookSection {
    /// Where messages go: https, and a public address.
    pub url: String,
    /// The variable of the host's environment that holds the secret which signs them.
    pub secret_env: String,
    /// Patterns of the kinds of events that it is told of.
    #[serde(default = "usual_events")]
    pub events: Vec<String>,
    /// The first pause before a message is sent again, seconds; each is twice as long as the one before it.
    #[serde(default = "usual_retry")]
    pub retry_s: u64,
    /// Tries before a message is given up.
    #[serde(default = "usual_tries")]
    pub tries: u32,
    /// Whether it may be on this machine or its network, and without TLS.
    #[serde(default)]
    pub allow_private: bool,
}

fn usual_events() -> Vec<String> {
    let kinds = ["run_succeeded", "run_failed", "run_cancelled", "run_waiting", "breaker_*", "plugin_*"];
    kinds.map(str::to_owned).into()
}

const fn usual_retry() -> u64 {
    5
}

const fn usual_tries() -> u32 {
    15
}
