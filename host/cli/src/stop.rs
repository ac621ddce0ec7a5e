//! Signals that ask a command to stop: from the terminal or from a service manager, once or again.

use jackfield::Host;
use jackfield_config::OnStop;
use std::task::Poll;
use std::time::Duration;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// SIGINT, SIGTERM and SIGQUIT, heard from when this is made: none is missed in between.
pub(super) struct ToldToStop {
    signals: Vec<Signal>,
}

impl ToldToStop {
    pub(super) fn listen() -> Self {
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::quit()];
        Self { signals: kinds.into_iter().filter_map(|kind| signal(kind).ok()).collect() }
    }

    /// The same, and SIGHUP, for a command that ends with its terminal: all but a server, which reads its
    /// configuration again then. Under `nohup` the terminal may go.
    pub(super) fn listen_with_terminal() -> Self {
        let mut told = Self::listen();
        if !ignores(SignalKind::hangup()) {
            told.signals.extend(signal(SignalKind::hangup()));
        }
        told
    }

    /// Until it is told, or told again.
    pub(super) async fn heard(&mut self) {
        std::future::poll_fn(|context| {
            let mut heard = self.signals.iter_mut().map(|signal| signal.poll_recv(context));
            if heard.any(|heard| matches!(heard, Poll::Ready(Some(())))) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }
}

/// Whether this process was started with the signal ignored.
fn ignores(kind: SignalKind) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
    u32::try_from(kind.as_raw_value() - 1).is_ok_and(|bit| mask >> bit & 1 == 1)
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
                    "stopping: the agents of {} run(s) go on by themselves, for {} s at most unless the next \
                     `jackfield serve` on this data folder takes them over: {}",
                    runs.len(),
                    host.config().run.unattended_s,
                    runs.join(", ")
                );
            }
        },
    }
}
