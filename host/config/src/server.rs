//! `[server]`: the one port, who may come in, and how it stops.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// `[server]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServerSection {
    /// Address and port; loopback only, unless there is TLS or `plain_http` is set.
    pub listen: String,
    /// The certificate with its chain, PEM; TLS where it is set.
    pub tls_cert: Option<PathBuf>,
    /// Its key, PEM.
    pub tls_key: Option<PathBuf>,
    /// Whether others may come in from beyond this machine without TLS: on a network that is trusted.
    pub plain_http: bool,
    /// The names and addresses, without a port, by which others may call it.
    pub names: Vec<String>,
    /// How long a server that is told to stop waits for the attempts at work, seconds.
    pub drain_s: u64,
    /// What becomes of those that are at work still.
    pub on_stop: OnStop,
    /// Calls a second of each token but the owner's; 0: any number.
    pub calls_per_s: u32,
    /// Calls of each token that are answered at once, streams among them.
    pub calls_at_once: usize,
    /// Connections at once.
    pub connections: usize,
}

impl Default for ServerSection {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:7700".into(),
            tls_cert: None,
            tls_key: None,
            plain_http: false,
            names: Vec::new(),
            calls_per_s: 100,
            calls_at_once: 1_000,
            connections: 4_000,
            drain_s: 5,
            on_stop: OnStop::HandOver,
        }
    }
}

/// What becomes of agents that are at work still when a server has waited for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnStop {
    /// They go on, and the next host on the data folder takes them up.
    HandOver,
    /// They are ended, and their runs settled as cancelled.
    Cancel,
}
