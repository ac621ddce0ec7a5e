//! Being told to stop: by the terminal or by a service manager, once or again.

use crate::Host;
use crate::config::OnStop;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Interrupt and TERM, heard from when this is made: none is missed in between.
pub(super) struct ToldToStop {
    interrupt: Option<Signal>,
    terminate: Option<Signal>,
}

impl ToldToStop {
    pub(super) fn listen() -> Self {
        Self {
            interrupt: signal(SignalKind::interrupt()).ok(),
            terminate: signal(SignalKind::terminate()).ok(),
        }
    }

    /// Until it is told, or told again.
    pub(super) async fn heard(&mut self) {
        tokio::select! {
            () = one(&mut self.interrupt) => {}
            () = one(&mut self.terminate) => {}
        }
    }
}

async fn one(signal: &mut Option<Signal>) {
    let heard = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if heard.is_none() {
        std::future::pending().await
    }
}

/// Takes nothing new, and waits for what is at work as long as the configuration says.
pub(super) async fn drain(host: &Host, longest: Duration) {
    let in_hand = host.in_hand();
    if in_hand > 0 && !longest.is_zero() {
        tracing::info!(
            "stopping: nothing new is taken in, and {in_hand} run(s) at work are waited for, {} s at most",
            longest.as_secs()
        );
    }
    host.drain(longest).await;
}

/// Ends what is in hand, or leaves it to the next host, and says which.
pub(super) async fn part(host: &Host, on_stop: OnStop) {
    match on_stop {
        OnStop::Cancel => {
            tracing::info!("stopping: {} run(s) in hand are cancelled and settled", host.in_hand());
            host.shutdown().await;
        }
        OnStop::HandOver => match host.hand_over().await.as_slice() {
            [] => tracing::info!("stopping: nothing is at work"),
            left => {
                let runs: Vec<_> = left.iter().map(ToString::to_string).collect();
                tracing::warn!(
                    "stopping: the agents of {} run(s) go on by themselves, and nobody watches what they spend until \
                     the next `jackfield serve` on this data folder takes them up: {}",
                    runs.len(),
                    runs.join(", ")
                );
            }
        },
    }
}
