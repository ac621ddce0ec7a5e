//! The operator's view of the breaker, and its allowances. An allowance is stored beside the sums, for one scope and
//! one period, and in the event log. It does not change the ledger.

use super::breaker::{Gauge, log, refusal, tell_scope};
use super::{Action, BreakerState, BreakerStatus, Limit, LimitStatus, Limits, Raise, Refusal, Reset, Scope};
use crate::file::{Sql, Tx};
use crate::handles::Breaker;
use crate::record::host_event;
use crate::{HostEventRecord, Spender, StoreError};
use jackfield_model::{AllowanceAdded, HostEvent};
use jackfield_types::{AttemptId, Micros, RunId, TaskId, WorkspaceId};
use std::sync::Arc;

/// The state of every limit on one scope: all work, a workspace, an executor or a token.
pub(crate) fn own_statuses(gauge: &Gauge<'_>, limits: &Limits) -> Result<BreakerStatus, StoreError> {
    statuses(gauge, own_scopes(limits))
}

fn own_scopes(limits: &Limits) -> Vec<(Limit, Scope)> {
    let scoped = |limit: &Limit| Some((limit.clone(), limit.own_scope()?));
    limits.limits.iter().filter_map(scoped).collect()
}

fn statuses(gauge: &Gauge<'_>, scoped: Vec<(Limit, Scope)>) -> Result<BreakerStatus, StoreError> {
    let limits = scoped
        .into_iter()
        .map(|(limit, scope)| gauge.status(&limit, scope))
        .collect::<Result<Vec<_>, StoreError>>()?;
    let state = limits.iter().filter(|status| status.scope == Scope::All).map(|status| status.state);
    Ok(BreakerStatus { state: state.max().unwrap_or(BreakerState::Closed), limits })
}

impl Breaker<'_> {
    /// Returns the state of every limit on the total, a workspace, an executor or a token.
    pub async fn status(self, limits: &Limits) -> Result<BreakerStatus, StoreError> {
        self.statuses(limits, own_scopes(limits)).await
    }

    /// Returns the state of every limit of this spender, including those of its task and run.
    pub async fn status_for(self, spender: &Spender, limits: &Limits) -> Result<BreakerStatus, StoreError> {
        let scoped = limits.of(spender).map(|(limit, scope)| (limit.clone(), scope)).collect();
        self.statuses(limits, scoped).await
    }

    /// Returns the halting limit with the least left for an executor in a workspace, as the refusal of `asked` or of
    /// more than it leaves. `None` if no limit applies. Records nothing.
    pub async fn would_refuse(
        self,
        executor: &str,
        workspace: WorkspaceId,
        asked: Micros,
        limits: &Limits,
    ) -> Result<Option<Refusal>, StoreError> {
        let spender = Spender {
            workspace,
            executor: executor.to_owned(),
            principal: String::new(),
            task: TaskId::new(),
            run: RunId::new(),
            attempt: AttemptId::new(),
        };
        let status = self.status_for(&spender, limits).await?;
        let halting = status.limits.into_iter().filter(|status| status.limit.action == Action::Halt);
        let tightest = halting.min_by_key(|status| status.left);
        Ok(tightest.map(|status| refusal(status, asked)))
    }

    async fn statuses(
        self,
        limits: &Limits,
        scoped: Vec<(Limit, Scope)>,
    ) -> Result<BreakerStatus, StoreError> {
        let (counts, now, calendar) = (limits.counts, self.0.clock().now(), Arc::clone(self.0.calendar()));
        self.0.read(move |conn| statuses(&Gauge::committed(conn, &calendar, now, counts), scoped)).await
    }

    /// Raises the limits of one scope until their period ends. Returns their state after it. Refused if the scope has
    /// no limit of that period.
    pub async fn raise(self, raise: Raise, limits: &Limits) -> Result<Vec<LimitStatus>, StoreError> {
        let limits = limits.clone();
        self.0
            .write(move |tx| {
                if raise.by <= Micros::ZERO || raise.by > Micros::MOST {
                    let why = format!(
                        "failed to raise a limit: {} is not more than $0.00 and at most {}",
                        raise.by,
                        Micros::MOST
                    );
                    return Err(StoreError::Misuse(why));
                }
                let holds = |limit: &&Limit| limit.holds_for(&raise.scope) && limit.period == raise.period;
                let raised: Vec<&Limit> = limits.limits.iter().filter(holds).collect();
                if raised.is_empty() {
                    let what = raise.period.adjective();
                    return Err(StoreError::Misuse(format!("{} has no {what} limit to raise", raise.scope)));
                }
                let period = tx.calendar.today(tx.now).key(raise.period);
                allow(tx, &raise.scope, &period, raise.by)?;
                let event = HostEvent::BreakerRaised(AllowanceAdded {
                    period,
                    allowance: raise.by,
                    principal: raise.principal.clone(),
                    reason: raise.reason.clone(),
                });
                log(tx, &raise.scope, &event)?;
                tell_scope(tx, &limits, &raise.scope)?;
                let gauge = Gauge::of(tx, &limits);
                raised.into_iter().map(|limit| gauge.status(limit, raise.scope.clone())).collect()
            })
            .await
    }

    /// Resets every reached limit of a scope, as if its period just began. Returns those limits after it; empty if
    /// none was reached.
    pub async fn reset(self, reset: Reset, limits: &Limits) -> Result<Vec<LimitStatus>, StoreError> {
        let limits = limits.clone();
        self.0
            .write(move |tx| {
                let gauge = Gauge::of(tx, &limits);
                let mut begun = Vec::new();
                for limit in limits.limits.iter().filter(|limit| limit.holds_for(&reset.scope)) {
                    let status = gauge.status(limit, reset.scope.clone())?;
                    if status.state == BreakerState::Closed {
                        continue;
                    }
                    let allowance = (status.spent - status.allowance).max(Micros::ZERO);
                    allow(tx, &reset.scope, &status.period, allowance)?;
                    let event = HostEvent::BreakerReset(AllowanceAdded {
                        period: status.period,
                        allowance,
                        principal: reset.principal.clone(),
                        reason: reset.reason.clone(),
                    });
                    log(tx, &reset.scope, &event)?;
                    begun.push(gauge.status(limit, reset.scope.clone())?);
                }
                tell_scope(tx, &limits, &reset.scope)?;
                Ok(begun)
            })
            .await
    }

    /// Returns the events of the breaker, newest first: refusals, changes of state, raises and resets.
    pub async fn history(self, limit: u32) -> Result<Vec<HostEventRecord>, StoreError> {
        self.0
            .read(move |conn| {
                conn.all(
                    "SELECT * FROM events WHERE kind GLOB 'breaker_*' ORDER BY seq DESC LIMIT ?1",
                    [limit],
                    host_event,
                )
            })
            .await
    }
}

fn allow(tx: &Tx<'_>, scope: &Scope, period: &str, more: Micros) -> Result<(), StoreError> {
    tx.change_sum(scope, period, |sum| {
        sum.allowance += more;
        sum.refused = None;
    })
}
