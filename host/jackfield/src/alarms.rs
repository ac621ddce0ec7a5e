//! What happens to the breaker, as lines of the program's log: by this process, and by any other on the same
//! data folder, like the command line that allows more.

use jackfield_store::{Event, Store};
use serde_json::Value;
use std::time::Duration;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Events read at once.
const PAGE: u32 = 100;
/// How often it is looked what another process may have written.
const LOOK: Duration = Duration::from_secs(1);

/// Logs every event of the breaker from now on, until the host is stopped.
pub(super) async fn log_breaker(store: Store, stop: CancellationToken) {
    let mut changes = store.event_changes();
    let last = store.breaker().history(1).await.unwrap_or_default();
    let mut seen = last.first().map_or(0, |event| event.seq);
    loop {
        let stops = stop.is_cancelled();
        while let Ok(events) = store.host_log().list(seen, PAGE).await {
            let Some(last) = events.last() else { break };
            seen = last.seq;
            events.iter().filter(|event| event.kind.starts_with("breaker_")).for_each(log);
        }
        if stops {
            return;
        }
        tokio::select! {
            _ = timeout(LOOK, changes.changed()) => {}
            () = stop.cancelled() => {}
        }
    }
}

fn log(event: &Event) {
    let line = line(event);
    match event.kind.as_str() {
        "breaker_halted" | "breaker_alert" | "breaker_stopped" => tracing::warn!("{line}"),
        _ => tracing::info!("{line}"),
    }
}

/// `breaker halted: all day:2026-11-21, spent 20.1, held 0.5, limit 20`.
fn line(event: &Event) -> String {
    let payload = &event.payload;
    // A refusal and a change of state tell of a limit; what an operator did, of itself.
    let about =
        ["limit", "refusal"].iter().find_map(|name| payload.get(name).filter(|about| about.is_object()));
    let about = about.unwrap_or(payload);
    let figures = [
        ("period", about.get("period")),
        ("spent", about.get("spent")),
        ("held", about.get("reserved")),
        ("limit", about.pointer("/limit/amount")),
        ("allowed on top", about.get("allowance")),
        ("asked", about.get("asked")),
        ("run", payload.get("run")),
        ("was", about.get("was")),
        ("cost", about.get("cost")),
        ("by", about.get("principal")),
        ("because", about.get("reason")),
    ];
    let shown = |value: &Value| {
        value.as_str().map_or_else(|| value.to_string(), |text| text.escape_debug().to_string())
    };
    let told: Vec<_> =
        figures.iter().filter_map(|(name, value)| Some(format!("{name} {}", shown((*value)?)))).collect();
    let kind = event.kind.replace('_', " ");
    format!("{kind}: {}, {}", event.subject.escape_debug(), told.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_types::Timestamp;
    use serde_json::json;

    #[test]
    fn a_line_names_the_scope_the_figures_and_who_did_it() {
        let event = |kind: &str, subject: &str, payload| Event {
            seq: 1,
            at: Timestamp::UNIX_EPOCH,
            kind: kind.to_owned(),
            subject: subject.to_owned(),
            payload,
        };
        let halted = json!({ "from": "closed", "to": "halted", "limit": {
            "limit": { "amount": 20 }, "period": "day:2026-11-21", "spent": 20.1, "reserved": 0.5, "allowance": 0,
        } });
        assert_eq!(
            line(&event("breaker_halted", "all", halted)),
            "breaker halted: all, period day:2026-11-21, spent 20.1, held 0.5, limit 20, allowed on top 0"
        );
        let raised =
            json!({ "period": "day:2026-11-21", "allowance": 5, "principal": "cli", "reason": "a\nb" });
        assert_eq!(
            line(&event("breaker_raised", "all", raised)),
            "breaker raised: all, period day:2026-11-21, allowed on top 5, by cli, because a\\nb"
        );
    }
}
