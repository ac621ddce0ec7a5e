//! The JSON of every kind of event. A change here is a change of what is on record and of what clients get.

use serde_json::{Value, json};

const TASK: &str = "01K4Z3NDEKTSV4RRFFQ69G5FA1";
const RUN: &str = "01K4Z3NDEKTSV4RRFFQ69G5FA2";
const WORKER: &str = "01K4Z3NDEKTSV4RRFFQ69G5FA3";
const WORKSPACE: &str = "01K4Z3NDEKTSV4RRFFQ69G5FA4";
const HUMAN_TASK: &str = "01K4Z3NDEKTSV4RRFFQ69G5FA5";
const DIGEST: &str = "1f2e3d4c5b6a798897a6b5c4d3e2f1001f2e3d4c5b6a798897a6b5c4d3e2f100";

/// Payloads of events of a run, each kind at least once.
pub(crate) fn of_run() -> Vec<(&'static str, Value)> {
    let text = || json!({ "text": "said" });
    let changed = || json!({ "from": "running", "why": "it was done" });
    let mut samples = vec![
        ("run_queued", json!({ "task": TASK, "workflow": "direct", "stage": "impl" })),
        (
            "run_queued",
            json!({
                "task": TASK, "workflow": "direct", "stage": "impl",
                "trace": { "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" },
            }),
        ),
        ("run_queued", json!({ "from": "waiting", "why": null })),
        ("run_retried", json!({ "of": RUN, "by": "owner", "reason": "once more" })),
        ("run_started", json!({ "from": "queued", "why": null })),
        ("run_waiting", changed()),
        ("run_succeeded", changed()),
        ("run_failed", changed()),
        ("run_cancelled", changed()),
        ("run_taken_over", json!({ "from": null, "to": WORKER })),
        ("cancel_asked", json!({ "reason": "cancelled by owner" })),
        (
            "attempt_planned",
            json!({
                "number": 1, "executor": "claude", "model": "sonnet", "effort": "high", "reason": "it is cheap",
                "reserved": 0.25, "round": 1, "rung": null,
            }),
        ),
        (
            "attempt_started",
            json!({
                "executor": "claude", "model": null, "worktree": "{}", "branch": "jackfield/one", "base": null,
            }),
        ),
        ("attempt_adopted", json!({ "how": "running" })),
        (
            "checked",
            json!({ "checks": [
                { "name": "cargo test", "passed": false, "code": 101 },
                { "name": "tests gate", "passed": true, "code": null },
            ] }),
        ),
        ("attempt_settled", settled(json!({ "Succeeded": { "notes": ["not allowed: Bash"] } }), Value::Null)),
        ("attempt_settled", settled(json!({ "Failed": failure() }), failure())),
        ("charged_late", json!({ "more": 0.5, "total": 1.0 })),
    ];
    samples.extend(of_agent());
    samples.extend([
        ("worktree", json!({ "branch": "jackfield/one", "base": "0f5e0d8" })),
        ("host_warning", text()),
        ("host_warning", json!({ "text": "a filter is off", "of": "git" })),
        ("host_warning", json!({ "text": "uncommitted changes", "uncommitted": true })),
        ("decision", text()),
        ("gate", json!({ "gate": "tests", "passed": false, "message": "it ran too long" })),
        (
            "gate",
            json!({
                "gate": "size", "passed": true, "message": "small", "digest": DIGEST,
                "measurements": [{ "name": "lines", "value": 12.5, "unit": "lines" }],
            }),
        ),
        (
            "leftover",
            json!({
                "kind": "ignored", "what": "target", "files": 3, "bytes": 2048, "kept": "/srv/kept",
                "why": "git ignores it", "get": "cp -r /srv/kept .", "text": "ignored files target",
            }),
        ),
        (
            "leftover",
            json!({
                "kind": "earlier_commits", "what": "wip", "files": 0, "bytes": 0, "why": "the agent amended it",
                "text": "earlier commits wip",
            }),
        ),
        ("events_gone", text()),
    ]);
    samples
}

fn of_agent() -> Vec<(&'static str, Value)> {
    let text = || json!({ "text": "said" });
    vec![
        ("agent_started", json!({ "session": "s-1", "model": "sonnet", "version": null })),
        ("text", text()),
        ("thought", text()),
        ("tool_call", json!({ "id": "t-1", "name": "Edit", "summary": "a.rs", "input": "{}" })),
        ("tool_result", json!({ "id": "t-1", "ok": true, "summary": "edited" })),
        ("file_change", json!({ "path": "a.rs", "kind": "Modified" })),
        (
            "usage",
            json!({
                "input": 5, "cached_input": 0, "cache_write": 0, "output": 7, "reasoning": 0, "cost": 56_000,
                "estimated": false,
            }),
        ),
        ("limit", json!({ "name": "five_hour", "rejected": true, "resets_at": 1_796_000_000_000_u64 })),
        (
            "retrying",
            json!({ "attempt": 1, "of": null, "after": 500, "class": "RateLimited", "message": "slow down" }),
        ),
        ("warning", text()),
        ("agent_finished", Value::Null),
        ("raw", text()),
    ]
}

fn failure() -> Value {
    json!({
        "class": "test_fail", "message": "its checks failed", "remedy": null, "retry_after_ms": null, "status": null,
    })
}

fn settled(settled: Value, failure: Value) -> Value {
    json!({
        "settled": settled,
        "outcome": {
            "process": "exited", "delivered": "diff", "verified": "passed", "failure": failure, "denied": [],
        },
        "usage": {
            "input": 5, "cached_input": 0, "cache_write": 0, "output": 7, "reasoning": 0, "cost": 0.056,
            "estimated": false,
        },
        "cost": 0.056, "source": "agent", "latency_ms": 61_000,
    })
}

/// Payloads of events on the host's log, each kind at least once.
pub(crate) fn of_host() -> Vec<(&'static str, Value)> {
    let mut samples = of_breaker();
    let changed = |state: &str| json!({ "by": "owner", "was": human_task("open"), "is": human_task(state) });
    let reopened = json!({ "by": "owner", "was": human_task("done"), "is": human_task("open") });
    let by = || json!({ "by": "owner" });
    samples.extend([
        (
            "config_changed",
            json!({
                "applied": [{ "key": "run.max_concurrent", "old": "2", "new": "4" }], "restart": [],
            }),
        ),
        ("webhook_dead", json!({ "message": "msg_1", "kind": "run_failed", "reason": "it answered 500" })),
        ("task_created", json!({ "title": "mend the till", "workspace": WORKSPACE, "by": "owner" })),
        ("task_closed", json!({ "from": "ready", "to": "cancelled", "reason": "not needed", "by": "owner" })),
        ("card_changed", json!({
            "workspace": WORKSPACE, "stage": "plan", "state": "awaiting_start", "version": 3, "note": "a reason",
        })),
        ("task_stage_changed", json!({ "workflow": "board", "from": "plan", "to": "build", "run": RUN })),
        (
            "human_task_created",
            json!({ "kind": "handoff", "title": "look at it", "task": TASK, "run": null, "by": "host" }),
        ),
        ("human_task_changed", changed("open")),
        ("human_task_reopened", reopened),
        ("human_task_done", changed("done")),
        ("human_task_cancelled", changed("cancelled")),
        ("human_task_cancelled", json!({ "run": RUN, "why": "the run was cancelled" })),
        ("human_task_answered", json!({ "run": RUN, "action": "accept", "by": "owner" })),
        ("human_task_deleted", json!({ "by": "owner", "was": human_task("open") })),
        ("checkpoint_added", json!({ "version": 1, "kind": "spec", "label": "first", "by": "owner" })),
        (
            "decision_made",
            json!({ "decision": 7, "kind": "retry", "run": RUN, "by": DIGEST, "reason": "a better model" }),
        ),
    ]);
    samples.extend(of_components());
    samples.extend([
        ("worker_began", json!({ "worker": WORKER, "kind": "remote", "slots": 2 })),
        ("worker_ended", json!({ "why": "it stopped" })),
        ("token_created", by()),
        ("token_revoked", by()),
        ("session_opened", by()),
        ("session_ended", by()),
    ]);
    samples
}

fn of_breaker() -> Vec<(&'static str, Value)> {
    let limit = json!({ "scope": "all", "period": "day", "amount": 20.0, "action": "halt" });
    let status = |state: &str| {
        json!({
            "limit": limit, "scope": "all", "period": "day:2026-11-21", "spent": 20.1, "reserved": 0.5,
            "allowance": 0.0, "left": 0.0, "state": state, "resets_at": "2026-11-22T00:00:00Z",
        })
    };
    let refusal = json!({
        "limit": { "scope": { "token": "ci" }, "period": "ever", "amount": 1.5, "action": "halt" },
        "scope": "token:ci", "period": "ever", "spent": 1.0, "reserved": 0.0, "allowance": 0.0, "asked": 0.75,
        "resets_at": null,
    });
    let allowed = |allowance: f64| json!({ "period": "day:2026-11-21", "allowance": allowance, "principal": "owner", "reason": "release" });
    vec![
        ("breaker_closed", json!({ "from": "halted", "to": "closed", "limit": null })),
        ("breaker_alert", json!({ "from": "closed", "to": "alert", "limit": status("alert") })),
        ("breaker_halted", json!({ "from": "closed", "to": "halted", "limit": status("halted") })),
        ("breaker_refused", json!({ "refusal": refusal, "executor": "claude", "workspace": WORKSPACE })),
        ("breaker_stopped", json!({ "refusal": refusal, "run": RUN })),
        ("breaker_raised", allowed(5.0)),
        ("breaker_reset", allowed(0.25)),
        (
            "breaker_corrected",
            json!({ "run": RUN, "was": 5.0, "cost": 0.5, "principal": "owner", "reason": "the bill" }),
        ),
        (
            "breaker_corrected",
            json!({
                "period": "ever", "allowance": -4.5, "run": RUN, "principal": "owner", "reason": "the bill",
            }),
        ),
    ]
}

fn of_components() -> Vec<(&'static str, Value)> {
    let version = |change: &str| {
        json!({
            "plugin": { "kind": "gate", "name": "size", "version": "1.0.0", "digest": DIGEST },
            "reason": "it was dropped in", "details": receipt(change),
        })
    };
    let grant = json!({ "programs": ["claude"], "environment": [], "imports": ["evidence"] });
    vec![
        ("plugin_serving", version("serving")),
        ("plugin_serving", {
            let plugin = json!({ "kind": "gate", "name": "size", "version": "1.0.0", "digest": DIGEST });
            json!({ "plugin": plugin, "reason": "it answered", "details": null })
        }),
        ("plugin_held", version("held")),
        ("plugin_rejected", version("rejected")),
        ("plugin_rejected", json!({ "why": "it is no component", "receipt": receipt("rejected") })),
        ("plugin_quarantined", version("quarantined")),
        ("plugin_retired", version("retired")),
        ("plugin_granted", json!({ "grant": grant })),
        ("plugin_revoked", json!({})),
        ("plugin_pinned", json!({ "from": null, "to": DIGEST })),
        ("plugin_unpinned", json!({})),
        ("plugin_rolled_back", json!({ "from": DIGEST, "to": null })),
    ]
}

fn receipt(change: &str) -> Value {
    json!({
        "at": "2026-11-21T10:00:00Z", "change": change, "kind": "gate", "name": "size", "version": "1.0.0",
        "file": "/srv/plugins/size.wasm", "from": null, "to": DIGEST, "why": "it was dropped in",
        "steps": [{ "step": "parsing", "micros": 120 }],
    })
}

fn human_task(state: &str) -> Value {
    json!({
        "id": HUMAN_TASK, "kind": "todo", "workspace": WORKSPACE, "workspace_name": "till", "task": null, "run": null,
        "title": "look at it", "body": "soon", "evidence": null, "state": state, "priority": 3,
        "due_at": "2026-11-24T10:00:00Z", "created_by": "owner", "answer": { "text": "done" },
        "answered_by": "owner", "created_at": "2026-11-21T10:00:00Z", "updated_at": "2026-11-21T11:00:00Z",
        "closed_at": null,
    })
}
