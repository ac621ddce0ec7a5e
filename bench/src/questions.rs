//! What components are asked: facts of an ordinary host, with the three agents that it knows.

use jackfield_plugins::facts::{choosing, driving, reporting, types};

pub(crate) fn task() -> choosing::Task {
    choosing::Task {
        task_type: "bugfix".to_owned(),
        complexity: 4,
        language: Some("rust".to_owned()),
        stack: vec!["axum".to_owned(), "sqlite".to_owned()],
        role: types::Role::Implement,
        keywords: vec!["timeout".to_owned(), "retry".to_owned()],
        context_tokens: 2_000,
        open_quality_issues: 1,
        decisions_in_context: 2,
        effort: None,
    }
}

/// Eight, as three agents with their models come to.
pub(crate) fn candidates() -> Vec<choosing::Candidate> {
    use types::Tier::{Light, Strategist, Workhorse};
    let models = [
        ("claude", "haiku", Light, 1),
        ("claude", "sonnet", Workhorse, 3),
        ("claude", "opus", Strategist, 5),
        ("codex", "mini", Light, 1),
        ("codex", "codex", Workhorse, 2),
        ("codex", "max", Strategist, 4),
        ("gemini", "flash", Light, 1),
        ("gemini", "pro", Workhorse, 2),
    ];
    let candidate =
        |(rung, (executor, model, tier, dollars)): (u16, (&str, &str, _, u64))| choosing::Candidate {
            executor: executor.to_owned(),
            model: Some(model.to_owned()),
            tier,
            rates: Some(types::Rates {
                input: dollars * 1_000_000,
                cached_input: Some(dollars * 100_000),
                cache_write: None,
                output: dollars * 5_000_000,
                reasoning: None,
                as_of: "2026-01-01".to_owned(),
            }),
            free: false,
            rung: Some(rung),
            installed: true,
            login: types::Login::LoggedIn,
            busy: 0,
            slots: 2,
            cooling_until: None,
            attempts: 40,
            succeeded: 30,
            verified: 25,
            mean_cost: Some(dollars * 20_000),
            mean_latency: Some(60_000),
            usage_share: 125,
        };
    (0..).zip(models).map(candidate).collect()
}

pub(crate) fn history() -> Vec<choosing::Past> {
    vec![choosing::Past {
        executor: "claude".to_owned(),
        model: Some("haiku".to_owned()),
        tier: types::Tier::Light,
        succeeded: false,
        class: Some(types::FailureClass::TestFail),
        delivered: types::DeliveredAxis::Diff,
        verified: types::VerifiedAxis::Failed,
        cost: Some(21_000),
        latency: 48_000,
    }]
}

pub(crate) const BUDGET: choosing::Budget = choosing::Budget {
    state: types::BreakerState::Closed,
    day_left: Some(20_000_000),
    month_left: Some(80_000_000),
    run_left: None,
};

pub(crate) fn request() -> driving::Request {
    driving::Request {
        attempt: "01JD4Z0000000000000000000A".to_owned(),
        instruction: "The client gives up after one second. Make it wait as long as it was told to."
            .to_owned(),
        model: None,
        effort: None,
        role: types::Role::Implement,
        access: driving::Access::Edit,
        session: None,
        prior_usage: None,
        budget: Some(1_000_000),
        timeout: 600_000,
        folders: driving::Folders {
            worktree: "/srv/worktrees/one".to_owned(),
            scratch: "/srv/runs/one/scratch".to_owned(),
            state: "/srv/state/claude".to_owned(),
        },
        present: Vec::new(),
        settings: Vec::new(),
        prompt_syntax: false,
    }
}

pub(crate) fn report() -> reporting::Report {
    let file = |path: &str, added, removed| reporting::ChangedFile {
        path: path.to_owned(),
        kind: types::ChangeKind::Modified,
        added,
        removed,
    };
    reporting::Report {
        task: "01JD4Z0000000000000000000T".to_owned(),
        run: "01JD4Z0000000000000000000R".to_owned(),
        instruction: "The client gives up after one second. Make it wait as long as it was told to."
            .to_owned(),
        workspace: "shop".to_owned(),
        state: reporting::State::Succeeded,
        process: types::ProcessAxis::Exited,
        delivered: types::DeliveredAxis::Diff,
        verified: types::VerifiedAxis::NotRun,
        executor: "claude".to_owned(),
        model: Some("sonnet".to_owned()),
        reason: "A workhorse is enough for a bugfix of complexity 4.".to_owned(),
        attempts: 1,
        answer: "The timeout was read in milliseconds and used as seconds. It is a Duration now.".to_owned(),
        failure: None,
        files: vec![
            file("src/client.rs", 12, 4),
            file("src/config.rs", 3, 3),
            file("tests/client.rs", 30, 0),
        ],
        steps: ["read src/client.rs", "read src/config.rs", "edited both", "ran cargo test"]
            .map(str::to_owned)
            .into(),
        checks: Vec::new(),
        warnings: Vec::new(),
        usage: types::Usage {
            input: 5_200,
            cached_input: 31_000,
            cache_write: 2_400,
            output: 1_900,
            reasoning: 0,
            cost: Some(78_000),
            estimated: false,
        },
        cost: Some(78_000),
        wall: 61_000,
        branch: Some("jackfield/01JD4Z".to_owned()),
        links: vec![reporting::Link { label: "log".to_owned(), target: "jackfield logs 01JD4Z".to_owned() }],
    }
}
