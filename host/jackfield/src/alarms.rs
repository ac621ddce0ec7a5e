//! What happens to the breaker, as lines of the program's log: by this process, and by any other on the same
//! data folder, like the command line that allows more.

use jackfield_model::{
    AllowanceAdded, BreakerCorrected, HostEvent, HostEventRecord, Limit, LimitStatus, Refusal,
};
use jackfield_store::Store;
use jackfield_types::Micros;
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
            events.iter().filter(|event| event.is_of_breaker()).for_each(log);
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

fn log(record: &HostEventRecord) {
    let event = record.event();
    let line = line(&record.subject, &event);
    match event {
        HostEvent::BreakerHalted(_) | HostEvent::BreakerAlert(_) | HostEvent::BreakerStopped(_) => {
            tracing::warn!("{line}");
        }
        _ => tracing::info!("{line}"),
    }
}

/// `breaker halted: all, period day:2026-11-21, spent 20.1, held 0.5, limit 20.0`.
fn line(subject: &str, event: &HostEvent) -> String {
    let figures = match event {
        HostEvent::BreakerClosed(change)
        | HostEvent::BreakerAlert(change)
        | HostEvent::BreakerHalted(change) => change.limit.as_ref().map(of_limit).unwrap_or_default(),
        HostEvent::BreakerRefused(refused) => of_refusal(&refused.refusal),
        HostEvent::BreakerStopped(stopped) => {
            [of_refusal(&stopped.refusal), vec![("run", stopped.run.to_string())]].concat()
        }
        HostEvent::BreakerRaised(added) | HostEvent::BreakerReset(added) => {
            let AllowanceAdded { period, allowance, principal, reason } = added;
            let added = vec![("period", period.clone()), ("allowed on top", dollars(*allowance))];
            [added, by(principal, reason)].concat()
        }
        HostEvent::BreakerCorrected(BreakerCorrected::Cost { run, was, cost, principal, reason }) => {
            let costs = [("run", run.to_string()), ("was", dollars(*was)), ("cost", dollars(*cost))];
            [costs.to_vec(), by(principal, reason)].concat()
        }
        HostEvent::BreakerCorrected(BreakerCorrected::Allowance {
            period,
            allowance,
            run,
            principal,
            reason,
        }) => {
            let allowed = [
                ("period", period.clone()),
                ("allowed on top", dollars(*allowance)),
                ("run", run.to_string()),
            ];
            [allowed.to_vec(), by(principal, reason)].concat()
        }
        _ => Vec::new(),
    };
    let shown = figures.into_iter().map(|(name, figure)| format!(", {name} {}", figure.escape_debug()));
    let kind = event.kind().replace('_', " ");
    format!("{kind}: {}{}", subject.escape_debug(), shown.collect::<String>())
}

/// Figures with their names.
type Figures = Vec<(&'static str, String)>;

fn of_limit(status: &LimitStatus) -> Figures {
    let LimitStatus { limit, period, spent, reserved, allowance, .. } = status;
    of_period(limit, period, [*spent, *reserved, *allowance])
}

fn of_refusal(refusal: &Refusal) -> Figures {
    let Refusal { limit, period, spent, reserved, allowance, asked, .. } = refusal;
    [of_period(limit, period, [*spent, *reserved, *allowance]), vec![("asked", dollars(*asked))]].concat()
}

fn of_period(limit: &Limit, period: &str, [spent, held, allowed]: [Micros; 3]) -> Figures {
    vec![
        ("period", period.to_owned()),
        ("spent", dollars(spent)),
        ("held", dollars(held)),
        ("limit", dollars(limit.amount)),
        ("allowed on top", dollars(allowed)),
    ]
}

fn by(principal: &str, reason: &str) -> Figures {
    vec![("by", principal.to_owned()), ("because", reason.to_owned())]
}

fn dollars(amount: Micros) -> String {
    format!("{:?}", amount.usd())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_model::BreakerState::{Closed, Halted};
    use jackfield_model::{Action, BreakerChanged, BreakerStopped, LimitScope, Period, Scope};
    use jackfield_types::RunId;

    fn limit() -> Limit {
        let (scope, amount) = (LimitScope::All, Micros::dollars(20));
        Limit { scope, period: Period::Day, amount, action: Action::Halt }
    }

    #[test]
    fn line_names_the_scope_the_figures_and_who_did_it() {
        let status = LimitStatus {
            limit: limit(),
            scope: Scope::All,
            period: "day:2026-11-21".to_owned(),
            spent: Micros(20_100_000),
            reserved: Micros(500_000),
            allowance: Micros::ZERO,
            left: Micros::ZERO,
            state: Halted,
            resets_at: None,
        };
        let changed = |to, limit| HostEvent::breaker_changed(BreakerChanged { from: Closed, to, limit });
        assert_eq!(
            line("all", &changed(Halted, Some(status))),
            "breaker halted: all, period day:2026-11-21, spent 20.1, held 0.5, limit 20.0, allowed on top 0.0"
        );
        assert_eq!(line("executor:codex", &changed(Closed, None)), "breaker closed: executor:codex");
        let raised = HostEvent::BreakerRaised(AllowanceAdded {
            period: "day:2026-11-21".to_owned(),
            allowance: Micros::dollars(5),
            principal: "cli".to_owned(),
            reason: "a\nb".to_owned(),
        });
        assert_eq!(
            line("all", &raised),
            "breaker raised: all, period day:2026-11-21, allowed on top 5.0, by cli, because a\\nb"
        );
    }

    #[test]
    fn line_of_a_stopped_attempt_names_what_was_asked_and_the_run() {
        let run = RunId::new();
        let refusal = Refusal {
            limit: limit(),
            scope: Scope::All,
            period: "ever".to_owned(),
            spent: Micros::dollars(20),
            reserved: Micros::ZERO,
            allowance: Micros::ZERO,
            asked: Micros(250_000),
            resets_at: None,
        };
        let stopped = HostEvent::BreakerStopped(Box::new(BreakerStopped { refusal, run }));
        assert_eq!(
            line("it", &stopped),
            format!(
                "breaker stopped: it, period ever, spent 20.0, held 0.0, limit 20.0, allowed on top 0.0, asked 0.25, \
                 run {run}"
            )
        );
    }
}
