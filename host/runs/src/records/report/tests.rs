//! What callers and compressors are told of runs that went this way or that.

use super::*;
use jackfield_model::{Payload, RunEvent, ToolCall};
use jackfield_store::{Account, Artifact, Run, Task};
use jackfield_types::{
    AttemptId, AttemptState, Failure, FailureClass, Operation, Outcome, PluginKind, PluginRef, Role, RunId,
    TaskId, TaskState, Workflow, WorkspaceId,
};
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn attempt(run: RunId, task: TaskId) -> Attempt {
    Attempt {
        id: AttemptId::new(),
        task,
        run,
        number: 1,
        executor: "shell".into(),
        model: None,
        effort: None,
        adapter: PluginRef {
            kind: PluginKind::Executor,
            name: "shell".into(),
            version: "1.0.0".into(),
            digest: jackfield_types::Digest::from_bytes([7; 32]),
        },
        chosen_by: None,
        reason: "requested by the caller".into(),
        account: Account::Billed,
        host: "h".into(),
        rung: None,
        round: 1,
        context: None,
        heard: 0,
        checking: None,
        adopted: false,
        checks: None,
        state: AttemptState::Settled,
        identity: None,
        worktree: None,
        branch: Some("jackfield/x".into()),
        base: None,
        usage: Usage { input: 10, output: 5, ..Usage::default() },
        cost: Micros(40),
        reserved: Micros::ZERO,
        cost_source: Some(CostSource::Adapter),
        price_as_of: None,
        outcome: Some(Outcome {
            process: Process::Exited,
            delivered: Delivered::Diff,
            verified: Verified::NotRun,
            failure: None,
            denied: Vec::new(),
        }),
        settled: Some(Settled::Succeeded { notes: vec!["not allowed: Bash".into()] }),
        exit_code: Some(0),
        signal: None,
        latency_ms: Some(5),
        answer: Some("done".into()),
        session: None,
        transcript: None,
        created_at: NOW,
        started_at: Some(NOW),
        settled_at: Some(NOW),
    }
}

/// A run with one attempt for each cost source, and a diff of these files.
fn view(state: RunState, sources: &[CostSource], files: &Value) -> RunView {
    let (task, run, workspace) = (TaskId::new(), RunId::new(), WorkspaceId::new());
    let attempts: Vec<_> =
        sources.iter().map(|source| Attempt { cost_source: Some(*source), ..attempt(run, task) }).collect();
    let artifacts = attempts.last().map(|attempt| Artifact {
        id: 1,
        run,
        attempt: attempt.id,
        kind: "diff".into(),
        label: "1 file(s) changed".into(),
        target: "/d".into(),
        bytes: None,
        meta: json!({ "files": files }),
        created_at: NOW,
    });
    let position = Workflow::direct().first();
    RunView {
        task: Task {
            id: task,
            workspace,
            principal: "me".into(),
            title: "t".into(),
            instruction: "do it".into(),
            task_type: "feature".into(),
            complexity: 3,
            language: None,
            stack: Vec::new(),
            role: Role::Implement,
            expect_change: false,
            idempotency_key: None,
            workflow: position.workflow.clone(),
            stage: position.stage.clone(),
            state: TaskState::Done,
            created_at: NOW,
            updated_at: NOW,
        },
        run: Run {
            id: run,
            task,
            workspace,
            workflow: position.workflow,
            stage: position.stage,
            on_end: position.on_end,
            priority: 0,
            request: Value::Null,
            state,
            worker: None,
            epoch: 0,
            affinity: None,
            assigned: false,
            place: None,
            retry_of: None,
            cancel_reason: None,
            chosen: None,
            not_before: None,
            last_seq: 0,
            created_at: NOW,
            started_at: Some(NOW),
            ended_at: None,
        },
        attempts,
        artifacts: artifacts.into_iter().collect(),
    }
}

fn one_file() -> Value {
    json!([ChangedFile {
        path: "a.txt".into(),
        kind: ChangeKind::Added,
        added: 3,
        removed: 0,
        binary: false
    }])
}

#[test]
fn report_of_a_run_with_a_change_names_branch_files_and_diff() {
    let view = view(RunState::Succeeded, &[CostSource::Adapter], &one_file());
    let answer = answer(&view, "text".into(), None, NOW);
    assert_eq!(answer.files.len(), 1);
    assert_eq!((answer.files[0].path.as_str(), answer.files[0].kind.as_str()), ("a.txt", "added"));
    assert!(answer.links.iter().any(|link| link.label == "diff"));
    let attempt = answer.attempt.unwrap();
    assert_eq!(attempt.branch.as_deref(), Some("jackfield/x"));
    assert_eq!(attempt.outcome, "exited/diff/not_run");
    assert_eq!(answer.next, None, "nothing is left to do");
    let told = report(&view, &[], "site", NOW);
    assert_eq!(told.warnings, ["not allowed: Bash"]);
    assert_eq!(told.branch.as_deref(), Some("jackfield/x"));
}

#[test]
fn report_of_a_run_without_a_change_names_neither_branch_nor_diff() {
    let view = view(RunState::Succeeded, &[CostSource::Adapter], &json!([]));
    let answer = answer(&view, String::new(), None, NOW);
    assert!(answer.files.is_empty() && !answer.links.iter().any(|link| link.label == "diff"));
    assert_eq!(answer.attempt.unwrap().branch, None);
    assert_eq!(report(&view, &[], "site", NOW).branch, None);
}

#[test]
fn report_of_an_active_run_says_what_to_do_next() {
    let answer = answer(&view(RunState::Running, &[], &json!([])), String::new(), None, NOW);
    let run = answer.run_id;
    assert_eq!(answer.next.as_deref(), Some("still running; wait for its result, or cancel it"));
    assert_eq!(answer.operations, [Operation::AwaitResult(run), Operation::CancelRun(run)]);
    assert_eq!((answer.metrics.attempts, answer.attempt), (0, None));
}

#[test]
fn report_of_a_waiting_run_names_its_position_or_the_person() {
    let stands = Some("queued, 2 of 3 in line (all 2 places are taken)".to_owned());
    let queued = answer(&view(RunState::Queued, &[], &json!([])), String::new(), stands, NOW).next.unwrap();
    assert!(queued.starts_with("queued, 2 of 3 in line"), "{queued}");
    let asked = view(RunState::Waiting, &[CostSource::Adapter], &json!([]));
    assert!(answer(&asked, String::new(), None, NOW).next.unwrap().contains("a human task has the question"));
    assert!(report(&asked, &[], "site", NOW).warnings.iter().any(|warning| warning.contains("a person")));
}

#[test]
fn answer_for_several_attempts_shows_the_chosen_one() {
    let mut view = view(RunState::Succeeded, &[CostSource::Adapter, CostSource::Adapter], &one_file());
    view.attempts[0].branch = Some("jackfield/first".into());
    view.run.chosen = Some(view.attempts[0].id);
    let told = answer(&view, String::new(), None, NOW);
    assert_eq!(told.attempt.unwrap().id, view.attempts[0].id);
    assert!(told.files.is_empty(), "the diff is the other's");
    view.artifacts[0].attempt = view.attempts[0].id;
    assert_eq!(answer(&view, String::new(), None, NOW).files.len(), 1);
}

#[test]
fn costs_and_tokens_add_up_and_an_unknown_price_is_no_figure() {
    let known = view(RunState::Failed, &[CostSource::Adapter, CostSource::Agent], &json!([]));
    let metrics = answer(&known, String::new(), None, NOW).metrics;
    assert_eq!((metrics.cost_usd, metrics.usage.input), (Some(0.00008), 20));
    let unknown = view(RunState::Failed, &[CostSource::Adapter, CostSource::Ceiling], &json!([]));
    assert_eq!(answer(&unknown, String::new(), None, NOW).metrics.cost_usd, None);
}

#[test]
fn report_of_a_failure_has_its_class() {
    let mut view = view(RunState::Failed, &[CostSource::Adapter], &json!([]));
    let failure = Failure::new(FailureClass::RateLimited, "429");
    view.attempts[0].settled = Some(Settled::Failed(failure.clone()));
    let told = report(&view, &[], "site", NOW).failure.unwrap();
    assert_eq!((told.class, told.message.as_str()), (types::FailureClass::RateLimited, "429"));
    assert_eq!(answer(&view, String::new(), None, NOW).attempt.unwrap().failure, Some(failure));
}

#[test]
fn steps_are_the_tool_calls_and_no_more_than_a_compressor_takes() {
    let call = ToolCall { id: "1".into(), name: "Edit".into(), summary: "a.txt".into(), input: "{}".into() };
    let event = |seq| match seq % 2 {
        0 => RunEvent::ToolCall(call.clone()),
        _ => RunEvent::Text("so".into()),
    };
    let record = |seq| {
        let (kind, payload) = (event(seq).kind().to_owned(), event(seq).payload_json().unwrap());
        RunEventRecord { seq, at: NOW, attempt: None, agent: None, kind, payload: Payload::recorded(payload) }
    };
    let events: Vec<_> = (0..600).map(record).collect();
    let steps = steps(&view(RunState::Succeeded, &[], &one_file()), &events);
    assert_eq!((steps.len(), steps[0].as_str()), (MOST_STEPS, "Edit a.txt"));
}
