//! The configuration's money, in the store's words.

use jackfield_config::BreakerSection;
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
    limits.extend(config.executor_day_usd.iter().map(|(name, amount)| {
        limit(LimitScope::Executor(name.clone()), Period::Day, *amount, config.executor_action)
    }));
    limits.extend(config.token_day_usd.iter().map(|(name, amount)| {
        limit(LimitScope::Token(name.clone()), Period::Day, *amount, config.token_action)
    }));
    let own = [
        workspace.zip(config.workspace_day_usd).map(|(id, amount)| {
            limit(LimitScope::Workspace(id), Period::Day, amount, config.workspace_action)
        }),
        config.task_usd.map(|amount| limit(LimitScope::EachTask, Period::Ever, amount, config.task_action)),
        run.map(|amount| limit(LimitScope::EachRun, Period::Ever, amount, Action::Halt)),
    ];
    limits.extend(own.into_iter().flatten());
    Limits { limits, counts: Counts::Both }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn halts(limits: &Limits) -> Vec<(LimitScope, Period)> {
        let halting = limits.limits.iter().filter(|limit| limit.action == Action::Halt);
        halting.map(|limit| (limit.scope.clone(), limit.period)).collect()
    }

    #[test]
    fn default_day_limit_halts_and_month_limit_only_warns() {
        let limits = limits(&BreakerSection::default(), Some(WorkspaceId::new()), None);
        assert_eq!(halts(&limits), [(LimitScope::All, Period::Day)]);
        let month = limits.limits.iter().find(|limit| limit.period == Period::Month).unwrap();
        assert_eq!((month.amount, month.action), (Micros::dollars(80), Action::Alert));
    }

    #[test]
    fn every_configured_limit_holds_where_it_applies() {
        let config = BreakerSection {
            month_halts: true,
            executor_day_usd: [("claude".to_owned(), Micros::dollars(5))].into(),
            workspace_day_usd: Some(Micros::dollars(3)),
            token_day_usd: [("ci".to_owned(), Micros::dollars(4))].into(),
            task_usd: Some(Micros::dollars(2)),
            ..BreakerSection::default()
        };
        let workspace = WorkspaceId::new();
        let expected = [
            (LimitScope::All, Period::Day),
            (LimitScope::All, Period::Month),
            (LimitScope::Executor("claude".into()), Period::Day),
            (LimitScope::Token("ci".into()), Period::Day),
            (LimitScope::Workspace(workspace), Period::Day),
            (LimitScope::EachTask, Period::Ever),
            (LimitScope::EachRun, Period::Ever),
        ];
        assert_eq!(halts(&limits(&config, Some(workspace), Some(Micros(1)))), expected);
        // Without a workspace there is none whose day could be over.
        assert_eq!(halts(&limits(&config, None, None)).len(), 5);
        let warning = BreakerSection {
            executor_action: Action::Alert,
            token_action: Action::Alert,
            workspace_action: Action::Alert,
            task_action: Action::Alert,
            ..config
        };
        let left = [(LimitScope::All, Period::Day), (LimitScope::All, Period::Month)];
        assert_eq!(halts(&limits(&warning, Some(workspace), None)), left);
    }
}
