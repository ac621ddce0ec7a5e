//! The configuration's money, in the store's words.

use crate::config::BreakerSection;
use jackfield_store::{Action, Counts, Limit, LimitScope, Limits, Period};
use jackfield_types::{Micros, WorkspaceId};

/// Every limit that holds for work in `workspace`, and for a run that may cost `run` at most.
pub(crate) fn limits(config: &BreakerSection, workspace: Option<WorkspaceId>, run: Option<Micros>) -> Limits {
    let limit = |scope, period, amount, action| Limit { scope, period, amount, action };
    let month = if config.month_halts { Action::Halt } else { Action::Alert };
    let mut limits = vec![
        limit(LimitScope::All, Period::Day, config.day_usd, Action::Halt),
        limit(LimitScope::All, Period::Month, config.month_usd, month),
    ];
    limits.extend(
        config.executor_day_usd.iter().map(|(name, amount)| {
            limit(LimitScope::Executor(name.clone()), Period::Day, *amount, Action::Halt)
        }),
    );
    let own = [
        workspace
            .zip(config.workspace_day_usd)
            .map(|(id, amount)| (LimitScope::Workspace(id), Period::Day, amount)),
        config.task_usd.map(|amount| (LimitScope::EachTask, Period::Ever, amount)),
        run.map(|amount| (LimitScope::EachRun, Period::Ever, amount)),
    ];
    limits.extend(
        own.into_iter().flatten().map(|(scope, period, amount)| limit(scope, period, amount, Action::Halt)),
    );
    Limits { limits, counts: Counts::Both }
}
