//! The breaker: what the sums say about the limits, read and judged inside the transaction that
//! spends, so that no two spenders can both take what is left.
//!
//! A halting limit refuses when `spent + reserved + asked > amount + allowance`. What is held counts
//! whatever day it was made; what is spent counts on its own day.

use super::sums::{self, Sum};
use super::{
    Account, Action, BreakerState, Calendar, Counts, Limit, LimitScope, LimitStatus, Limits, Period, Refusal,
    Scope, Spender,
};
use crate::StoreError;
use crate::file::Tx;
use crate::view::trail;
use jackfield_model::{BreakerChanged, BreakerRefused, HostEvent};
use jackfield_sql::Connection;
use jackfield_types::{Micros, Timestamp};

/// The period of the row that holds what is reserved.
const EVER: &str = "ever";

/// Reads how limits stand, at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Gauge<'a> {
    rows: Rows<'a>,
    calendar: &'a Calendar,
    now: Timestamp,
    counts: Counts,
}

/// Where the sums are read.
#[derive(Clone, Copy)]
enum Rows<'a> {
    Committed(&'a Connection),
    /// With what the jobs of the open transaction changed.
    Open(&'a Tx<'a>),
}

impl<'a> Gauge<'a> {
    pub(crate) fn of(tx: &'a Tx<'_>, limits: &Limits) -> Self {
        Self { rows: Rows::Open(tx), calendar: tx.calendar, now: tx.now, counts: limits.counts }
    }

    /// What is committed, for readers.
    pub(crate) const fn committed(
        conn: &'a Connection,
        calendar: &'a Calendar,
        now: Timestamp,
        counts: Counts,
    ) -> Self {
        Self { rows: Rows::Committed(conn), calendar, now, counts }
    }

    fn sum(&self, scope: &Scope, period: &str) -> Result<Sum, StoreError> {
        let sum = match self.rows {
            Rows::Committed(conn) => sums::read(conn, &scope.to_string(), period)?,
            Rows::Open(tx) => tx.sum(scope, period)?,
        };
        Ok(sum.unwrap_or_default())
    }

    /// How `limit` stands for `scope`, and the least that it refused.
    pub(super) fn read(
        &self,
        limit: &Limit,
        scope: Scope,
    ) -> Result<(LimitStatus, Option<Micros>), StoreError> {
        let period = self.calendar.today(self.now).key(limit.period);
        let (of_period, ever) = (self.sum(&scope, &period)?, self.sum(&scope, EVER)?);
        let spent = self.counts.pick(of_period.spent_billed, of_period.spent_equivalent);
        let reserved = self.counts.pick(ever.reserved_billed, ever.reserved_equivalent);
        let Sum { allowance, refused, .. } = of_period;
        let left = (limit.amount + allowance - spent - reserved).max(Micros::ZERO);
        let state = match limit.action {
            Action::Halt if left == Micros::ZERO || refused.is_some_and(|least| left < least) => {
                BreakerState::Halted
            }
            Action::Alert if spent >= limit.amount + allowance => BreakerState::Alert,
            Action::Halt | Action::Alert => BreakerState::Closed,
        };
        let resets_at = self.calendar.ends(limit.period, self.now);
        let limit = limit.clone();
        Ok((
            LimitStatus { limit, scope, period, spent, reserved, allowance, left, state, resets_at },
            refused,
        ))
    }

    pub(super) fn status(&self, limit: &Limit, scope: Scope) -> Result<LimitStatus, StoreError> {
        self.read(limit, scope).map(|(status, _)| status)
    }
}

/// Asks every halting limit for `asked`. What costs nothing, or is on an account that does not
/// count, is never refused.
pub(crate) fn ask(
    tx: &Tx<'_>,
    limits: &Limits,
    spender: &Spender,
    account: Account,
    asked: Micros,
) -> Result<Option<Refusal>, StoreError> {
    if asked <= Micros::ZERO || !limits.counts.includes(account) {
        return Ok(None);
    }
    let gauge = Gauge::of(tx, limits);
    for (limit, scope) in limits.of(spender).filter(|(limit, _)| limit.action == Action::Halt) {
        let status = gauge.status(limit, scope)?;
        if asked > status.left {
            return Ok(Some(refusal(status, asked)));
        }
    }
    Ok(None)
}

/// The halting limit that is reached, or that refused work which still does not fit; none: new work of
/// this spender may be taken in, if it is small enough.
pub(crate) fn halted(
    tx: &Tx<'_>,
    limits: &Limits,
    spender: &Spender,
    usual: Micros,
) -> Result<Option<Refusal>, StoreError> {
    let gauge = Gauge::of(tx, limits);
    for (limit, scope) in limits.of(spender).filter(|(limit, _)| limit.action == Action::Halt) {
        let (status, refused) = gauge.read(limit, scope)?;
        if status.state == BreakerState::Halted {
            return Ok(Some(refusal(status, refused.unwrap_or(usual))));
        }
    }
    Ok(None)
}

/// What the tightest halting limit leaves, and which it is; none: nothing limits this spender.
pub(crate) fn tightest(
    tx: &Tx<'_>,
    limits: &Limits,
    spender: &Spender,
    account: Account,
) -> Result<Option<LimitStatus>, StoreError> {
    if !limits.counts.includes(account) {
        return Ok(None);
    }
    let gauge = Gauge::of(tx, limits);
    let mut tightest: Option<LimitStatus> = None;
    for (limit, scope) in limits.of(spender).filter(|(limit, _)| limit.action == Action::Halt) {
        let status = gauge.status(limit, scope)?;
        if tightest.as_ref().is_none_or(|least| status.left < least.left) {
            tightest = Some(status);
        }
    }
    Ok(tightest)
}

/// The refusal of what a limit does not leave.
pub(crate) fn refusal(status: LimitStatus, asked: Micros) -> Refusal {
    let LimitStatus { limit, scope, period, spent, reserved, allowance, resets_at, .. } = status;
    Refusal { limit, scope, period, spent, reserved, allowance, asked, resets_at }
}

/// Records a refusal: on the event log, and on the limit, which is halted until `least` fits. That is
/// what one attempt takes: whoever asks for many at once halts nothing for those who ask for one.
pub(crate) fn refused(
    tx: &Tx<'_>,
    limits: &Limits,
    spender: &Spender,
    refusal: &Refusal,
    least: Micros,
) -> Result<(), StoreError> {
    let event = HostEvent::BreakerRefused(Box::new(BreakerRefused {
        refusal: refusal.clone(),
        executor: spender.executor.clone(),
        workspace: spender.workspace,
    }));
    log(tx, &refusal.scope, &event)?;
    let could_ever_fit = least <= refusal.limit.amount + refusal.allowance;
    let outlives_the_refused = !matches!(refusal.scope, Scope::Task(_) | Scope::Run(_));
    if could_ever_fit && outlives_the_refused {
        tx.change_sum(&refusal.scope, &refusal.period, |sum| {
            sum.refused = Some(sum.refused.map_or(least, |before| before.min(least)));
        })?;
    }
    tell(tx, limits, spender)
}

/// Work was admitted: whatever was refused before, these limits do not halt now.
pub(crate) fn admitted(tx: &Tx<'_>, limits: &Limits, spender: &Spender) -> Result<(), StoreError> {
    let today = tx.calendar.today(tx.now);
    for (limit, scope) in limits.of(spender).filter(|(limit, _)| limit.action == Action::Halt) {
        forget_refused(tx, &scope, &today.key(limit.period))?;
    }
    Ok(())
}

fn forget_refused(tx: &Tx<'_>, scope: &Scope, period: &str) -> Result<(), StoreError> {
    if tx.sum(scope, period)?.is_some_and(|sum| sum.refused.is_some()) {
        tx.change_sum(scope, period, |sum| sum.refused = None)?;
    }
    Ok(())
}

/// Tells the event log where the state of anything this spender counts for has changed.
pub(crate) fn tell(tx: &Tx<'_>, limits: &Limits, spender: &Spender) -> Result<(), StoreError> {
    let alerts = |scope: &LimitScope| {
        limits.limits.iter().any(|limit| limit.scope == *scope && limit.action == Action::Alert)
    };
    let own = [
        Some(Scope::All),
        Some(Scope::Workspace(spender.workspace)),
        Some(Scope::Executor(spender.executor.clone())),
        token_of(limits, spender),
        // Tasks and runs that a limit halts have no state of their own: their refusals say it all.
        alerts(&LimitScope::EachTask).then_some(Scope::Task(spender.task)),
        alerts(&LimitScope::EachRun).then_some(Scope::Run(spender.run)),
    ];
    own.iter().flatten().try_for_each(|scope| tell_scope(tx, limits, scope))
}

/// The scope of the spender's token, where a limit is on it.
fn token_of(limits: &Limits, spender: &Spender) -> Option<Scope> {
    let scope = Scope::Token(spender.principal.clone());
    limits.limits.iter().any(|limit| limit.holds_for(&scope)).then_some(scope)
}

/// The same for one scope: a change of its state, and every alert that is reached, also where a halt
/// of the same scope is the state.
pub(super) fn tell_scope(tx: &Tx<'_>, limits: &Limits, scope: &Scope) -> Result<(), StoreError> {
    let gauge = Gauge::of(tx, limits);
    let mut worst: Option<LimitStatus> = None;
    let mut alerted = false;
    for limit in limits.limits.iter().filter(|limit| limit.holds_for(scope)) {
        let (status, refused) = gauge.read(limit, scope.clone())?;
        if refused.is_some_and(|least| status.left >= least) && limit.action == Action::Halt {
            forget_refused(tx, scope, &status.period)?;
        }
        alerted |= tell_alert(tx, &status)?;
        if worst.as_ref().is_none_or(|worst| status.state > worst.state) {
            worst = Some(status);
        }
    }
    let to = worst.as_ref().map_or(BreakerState::Closed, |status| status.state);
    let from = logged_state(tx, scope, EVER)?;
    if from == to {
        return Ok(());
    }
    set_logged_state(tx, scope, EVER, to)?;
    if to == BreakerState::Alert && alerted {
        return Ok(());
    }
    let event = HostEvent::breaker_changed(BreakerChanged { from, to, limit: worst });
    log(tx, scope, &event).map(drop)
}

/// Tells of a limit that alerts once in its period, on the row of which that it was told is kept. True: now.
fn tell_alert(tx: &Tx<'_>, status: &LimitStatus) -> Result<bool, StoreError> {
    // The row of a limit without a period is the one of the scope's own state.
    if status.limit.action != Action::Alert || status.limit.period == Period::Ever {
        return Ok(false);
    }
    let from = logged_state(tx, &status.scope, &status.period)?;
    if from == status.state {
        return Ok(false);
    }
    set_logged_state(tx, &status.scope, &status.period, status.state)?;
    if status.state != BreakerState::Alert {
        return Ok(false);
    }
    let change = BreakerChanged { from, to: status.state, limit: Some(status.clone()) };
    log(tx, &status.scope, &HostEvent::breaker_changed(change)).map(|_| true)
}

/// The state that the event log has.
fn logged_state(tx: &Tx<'_>, scope: &Scope, period: &str) -> Result<BreakerState, StoreError> {
    Ok(tx.sum(scope, period)?.map(|sum| sum.state).unwrap_or_default())
}

fn set_logged_state(tx: &Tx<'_>, scope: &Scope, period: &str, state: BreakerState) -> Result<(), StoreError> {
    tx.change_sum(scope, period, |sum| sum.state = state)
}

/// Puts an event about a scope on the host's log.
pub(crate) fn log(tx: &Tx<'_>, scope: &Scope, event: &HostEvent) -> Result<u64, StoreError> {
    trail::add_event(tx, &scope.to_string(), event)
}
