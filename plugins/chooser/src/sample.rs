//! Facts that the tests start from.

use crate::facts::{
    BreakerState, Budget, Candidate, DeliveredAxis, FailureClass, Login, Past, Rates, Role, Task, Tier,
    VerifiedAxis,
};

pub(crate) fn task() -> Task {
    Task {
        task_type: "feature".to_owned(),
        complexity: 4,
        language: Some("rust".to_owned()),
        stack: Vec::new(),
        role: Role::Implement,
        keywords: Vec::new(),
        context_tokens: 2_000,
        open_quality_issues: 0,
        decisions_in_context: 0,
        effort: None,
    }
}

pub(crate) fn candidate(executor: &str, model: &str, tier: Tier) -> Candidate {
    let (input, output) = match tier {
        Tier::Light => (300_000, 2_500_000),
        Tier::Workhorse => (3_000_000, 15_000_000),
        Tier::Strategist => (5_000_000, 25_000_000),
    };
    Candidate {
        executor: executor.to_owned(),
        model: Some(model.to_owned()),
        tier,
        rates: Some(Rates {
            input,
            cached_input: None,
            cache_write: None,
            output,
            reasoning: None,
            as_of: "2026-11-01".to_owned(),
        }),
        free: false,
        rung: None,
        installed: true,
        login: Login::LoggedIn,
        busy: 0,
        slots: 2,
        cooling_until: None,
        attempts: 0,
        succeeded: 0,
        verified: 0,
        mean_cost: None,
        mean_latency: None,
        usage_share: 0,
    }
}

pub(crate) fn shell() -> Candidate {
    Candidate {
        model: None,
        rates: None,
        free: true,
        attempts: 50,
        succeeded: 50,
        verified: 50,
        mean_cost: Some(0),
        mean_latency: Some(10),
        ..candidate("shell", "", Tier::Light)
    }
}

/// The shipped ladder, without the shell, lowest rung first.
pub(crate) fn ladder() -> Vec<Candidate> {
    let rungs = [
        ("claude", "deepseek", Tier::Light),
        ("gemini", "flash", Tier::Light),
        ("gemini", "pro", Tier::Workhorse),
        ("codex", "codex", Tier::Workhorse),
        ("claude", "sonnet", Tier::Workhorse),
        ("claude", "opus", Tier::Strategist),
    ];
    rungs
        .iter()
        .zip(0..)
        .map(|(&(executor, model, tier), rung)| Candidate {
            rung: Some(rung),
            ..candidate(executor, model, tier)
        })
        .collect()
}

pub(crate) fn budget() -> Budget {
    Budget {
        state: BreakerState::Closed,
        day_left: Some(20_000_000),
        month_left: Some(80_000_000),
        run_left: None,
    }
}

pub(crate) fn failed(candidate: &Candidate, class: FailureClass) -> Past {
    Past {
        executor: candidate.executor.clone(),
        model: candidate.model.clone(),
        tier: candidate.tier,
        succeeded: false,
        class: Some(class),
        delivered: DeliveredAxis::Diff,
        verified: VerifiedAxis::Failed,
        cost: Some(40_000),
        latency: 30_000,
    }
}

pub(crate) fn succeeded(candidate: &Candidate, verified: VerifiedAxis) -> Past {
    Past { succeeded: true, class: None, verified, ..failed(candidate, FailureClass::Unknown) }
}
