//! The sample cases of each kind, with which a component shows that it can do its work before it is
//! given any.

use crate::evidence::Evidence;
use crate::facts::{choosing, driving, gating, judging, reporting, types};

/// Of one that has not described itself.
pub(crate) fn no_description() -> driving::Description {
    driving::Description {
        programs: Vec::new(),
        environment: Vec::new(),
        models: Vec::new(),
        default_model: None,
        capabilities: driving::Capabilities::empty(),
    }
}

/// A request that every adapter can plan for: nothing is installed or granted in it, and its folders do not exist.
pub fn request(description: &driving::Description) -> driving::Request {
    driving::Request {
        attempt: "01HZZZZZZZZZZZZZZZZZZZZZZZ".to_owned(),
        instruction: "Say hello.".to_owned(),
        model: description.default_model.clone(),
        effort: None,
        role: types::Role::Implement,
        access: driving::Access::Edit,
        session: None,
        prior_usage: None,
        budget: Some(1_000_000),
        timeout: 60_000,
        folders: driving::Folders {
            worktree: "/nonexistent/worktree".to_owned(),
            scratch: "/nonexistent/scratch".to_owned(),
            state: "/nonexistent/state".to_owned(),
        },
        present: Vec::new(),
        settings: Vec::new(),
        prompt_syntax: false,
    }
}

/// What no agent would say: cut-off JSON, half a character, a zero byte.
pub(crate) const GARBAGE: [&[u8]; 4] = [b"{\"type\":\"no", b"t a word\xc3", b"\x28\n\0\n{}\n[1,2\n", b"last"];

pub(crate) fn exit() -> driving::Exit {
    driving::Exit {
        code: Some(1),
        signal: None,
        ending: driving::Ending::Itself,
        stderr: "it did not work\n".to_owned(),
    }
}

pub(crate) fn task() -> choosing::Task {
    choosing::Task {
        task_type: "feature".to_owned(),
        complexity: 5,
        language: Some("rust".to_owned()),
        stack: vec!["axum".to_owned()],
        role: types::Role::Implement,
        keywords: vec!["endpoint".to_owned()],
        context_tokens: 1000,
        open_quality_issues: 0,
        decisions_in_context: 0,
        effort: None,
    }
}

pub(crate) fn candidates() -> Vec<choosing::Candidate> {
    let tiers = [types::Tier::Light, types::Tier::Workhorse, types::Tier::Strategist];
    let candidate = |(rung, tier)| choosing::Candidate {
        executor: format!("sample-{rung}"),
        model: Some("sample".to_owned()),
        tier,
        rates: Some(types::Rates {
            input: 1_000_000,
            cached_input: None,
            cache_write: None,
            output: 5_000_000,
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
        attempts: 10,
        succeeded: 8,
        verified: 7,
        mean_cost: Some(20_000),
        mean_latency: Some(30_000),
        usage_share: 333,
    };
    (0_u16..).zip(tiers).map(candidate).collect()
}

pub(crate) fn history() -> Vec<choosing::Past> {
    vec![choosing::Past {
        executor: "sample-0".to_owned(),
        model: Some("sample".to_owned()),
        tier: types::Tier::Light,
        succeeded: false,
        class: Some(types::FailureClass::TestFail),
        delivered: types::DeliveredAxis::Diff,
        verified: types::VerifiedAxis::Failed,
        cost: Some(10_000),
        latency: 20_000,
    }]
}

pub(crate) const BUDGET: choosing::Budget = choosing::Budget {
    state: types::BreakerState::Closed,
    day_left: Some(10_000_000),
    month_left: None,
    run_left: Some(1_000_000),
};

pub(crate) fn report() -> reporting::Report {
    reporting::Report {
        task: "01HZZZZZZZZZZZZZZZZZZZZZZZ".to_owned(),
        run: "01HZZZZZZZZZZZZZZZZZZZZZZY".to_owned(),
        instruction: "Add a health endpoint.".to_owned(),
        workspace: "sample".to_owned(),
        state: reporting::State::Succeeded,
        process: types::ProcessAxis::Exited,
        delivered: types::DeliveredAxis::Diff,
        verified: types::VerifiedAxis::Passed,
        executor: "sample-1".to_owned(),
        model: Some("sample".to_owned()),
        reason: "The strongest that is free now.".to_owned(),
        attempts: 2,
        answer: "Added `GET /health`.\n\nIt answers `ok`.".to_owned(),
        failure: None,
        files: vec![reporting::ChangedFile {
            path: "src/health.rs".to_owned(),
            kind: types::ChangeKind::Added,
            added: 20,
            removed: 0,
        }],
        steps: vec!["read src/main.rs".to_owned(), "ran the tests".to_owned()],
        checks: vec![reporting::Check {
            name: "tests".to_owned(),
            passed: true,
            summary: "12 passed".to_owned(),
        }],
        warnings: vec!["the file had no final newline".to_owned()],
        usage: types::Usage {
            input: 1200,
            cached_input: 800,
            cache_write: 0,
            output: 300,
            reasoning: 100,
            cost: Some(12_000),
            estimated: false,
        },
        cost: Some(12_000),
        wall: 42_000,
        branch: Some("jackfield/sample".to_owned()),
        links: vec![reporting::Link { label: "log".to_owned(), target: "run://sample/log".to_owned() }],
    }
}

pub(crate) fn result() -> judging::ResultInQuestion {
    judging::ResultInQuestion {
        report: report(),
        diff: "diff --git a/src/health.rs b/src/health.rs\nnew file mode 100644\n--- /dev/null\n\
               +++ b/src/health.rs\n@@ -0,0 +1,3 @@\n+pub fn health() -> &'static str {\n+    \"ok\"\n+}\n"
            .to_owned(),
    }
}

/// One that delivered nothing.
pub(crate) fn failed_result() -> judging::ResultInQuestion {
    let failed = reporting::Report {
        state: reporting::State::Failed,
        process: types::ProcessAxis::Failed,
        delivered: types::DeliveredAxis::Nothing,
        verified: types::VerifiedAxis::NotRun,
        answer: String::new(),
        files: Vec::new(),
        checks: Vec::new(),
        ..report()
    };
    judging::ResultInQuestion { report: failed, diff: String::new() }
}

/// A kind of gate that nobody has, and a config that is none.
pub(crate) const NO_GATE: &str = "no-such-gate";
pub(crate) const NO_CONFIG: &str = "{\"cut off";

/// Most examples of one schema that are tried.
const EXAMPLES: usize = 10;

/// The examples in the schema of a gate's config.
pub(crate) fn gate_configs(schema: &str) -> Vec<String> {
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap_or_default();
    let examples = schema.get("examples").and_then(serde_json::Value::as_array);
    examples.into_iter().flatten().take(EXAMPLES).map(ToString::to_string).collect()
}

/// A worktree with one file, whatever is asked for, that is no text, and a little of everything else.
pub(crate) struct Files;

impl Evidence for Files {
    fn files(&self, _: &str) -> Result<Vec<String>, String> {
        Ok(vec!["src/health.rs".to_owned()])
    }

    fn read(&self, _: &str, most: u32) -> Result<Vec<u8>, String> {
        let bytes = GARBAGE.concat();
        Ok(bytes.into_iter().take(usize::try_from(most).unwrap_or(usize::MAX)).collect())
    }

    fn artifacts(&self) -> Vec<gating::Artifact> {
        let artifact = |kind: &str| gating::Artifact {
            kind: kind.to_owned(),
            label: "1 file(s) changed".to_owned(),
            target: "sample.patch".to_owned(),
            size: 0,
        };
        vec![artifact("diff"), artifact("other")]
    }

    fn metric(&self, name: &str) -> Option<f64> {
        Some(if name.len().is_multiple_of(2) { f64::NAN } else { -1.0 })
    }

    fn commands(&self) -> Vec<gating::CommandResult> {
        let command =
            |name: &str, code| gating::CommandResult { name: name.to_owned(), code, output: String::new() };
        vec![command("tests", Some(0)), command("lint", None)]
    }

    fn changed(&self) -> Result<Vec<gating::ChangedPath>, String> {
        let changed = |path: &str, was: Option<&str>, kind| gating::ChangedPath {
            path: path.to_owned(),
            was: was.map(str::to_owned),
            kind,
        };
        Ok(vec![
            changed("src/health.rs", None, types::ChangeKind::Added),
            changed("src/new.rs", Some("src/old.rs"), types::ChangeKind::Renamed),
        ])
    }

    fn diff(&self, start: u64, most: u32) -> Result<Vec<u8>, String> {
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Ok(GARBAGE.concat().into_iter().skip(start).take(most).collect())
    }
}
