//! Explains a task: merges its records into one list of steps with their causes.

use crate::handles::Tasks;
use jackfield_api::{Explanation, Step, StepKind};
use jackfield_replay::Difference;
use jackfield_replay::describe::{self, Told, named, span};
use jackfield_store::{
    Attempt, Checkpoint, Decision, HumanTask, HumanTaskKind, HumanTaskState, PluginCall, RunInFull,
    TaskHistory,
};
use jackfield_types::clip;
use jackfield_types::{
    ErrorClass, ErrorCode, Operation, Problem, RunId, Scope, Settled, TaskId, Timestamp, WorkflowName,
};
use serde_json::Value;

/// Decisions that record the use of a component's answer.
const FOLLOWED: [&str; 7] = ["choice", "retry", "consensus", "verdict", "handoff", "done", "stop"];
/// Last lines of a failed check's output that a step shows.
const LAST_LINES: usize = 3;

impl Tasks<'_> {
    /// Returns every decision about a task or a run: its facts, its maker, its reason and its consequence. `id` is the
    /// id of a task or run, or the beginning of one. An empty `id` means the newest run.
    ///
    /// # Errors
    /// A [`Problem`] if no task or run matches or the principal may not see it.
    pub async fn explain(self, id: &str) -> Result<Explanation, Problem> {
        self.0.caller.require(Scope::Read)?;
        let (task, run) = self.meant(id.trim()).await?;
        let history = self.0.inner.store.tasks().history(task).await?;
        Ok(explanation(&history, run))
    }

    /// Resolves `id` to a task. The id of a run limits the explanation to that run.
    async fn meant(self, id: &str) -> Result<(TaskId, Option<RunId>), Problem> {
        if id.is_empty() {
            let run = self.0.runs().find("").await?;
            return self.resolve(None, Some(&run.to_string())).await;
        }
        let not_found = |problem: &Problem| problem.code.class() == ErrorClass::NotFound;
        match self.resolve(None, Some(id)).await {
            Err(problem) if not_found(&problem) => match self.resolve(Some(id), None).await {
                Err(problem) if not_found(&problem) => Err(Problem::caller(
                    ErrorCode::TaskNotFound,
                    format!("there is no task and no run {id}"),
                    "list the tasks or the runs for their ids",
                )
                .with(Operation::ListTasks)
                .with(Operation::ListRuns)),
                meant => meant,
            },
            meant => meant,
        }
    }

    /// Returns every component call that decided about a task, with the digest of the component and its facts.
    ///
    /// # Errors
    /// A [`Problem`] if the task does not exist or the principal may not see it.
    pub async fn decisions(self, task: TaskId) -> Result<Vec<PluginCall>, Problem> {
        self.0.caller.shown_task(&self.0.inner.store, task).await?;
        Ok(self.0.inner.store.decisions().of_task(task).await?)
    }
}

fn explanation(history: &TaskHistory, only: Option<RunId>) -> Explanation {
    let TaskHistory { view, calls, .. } = history;
    let told_of = |run: Option<RunId>| only.is_none() || run.is_none() || run == only;
    let runs: Vec<&RunInFull> = view.runs.iter().filter(|run| told_of(Some(run.run.id))).collect();
    let mut steps = vec![asked(history)];
    steps.extend(view.checkpoints.iter().filter(|one| one.kind == "spec").map(checkpoint));
    for run in &runs {
        let of_run: Vec<&PluginCall> = calls.iter().filter(|call| call.run == Some(run.run.id)).collect();
        steps.extend(
            run.attempts.iter().filter_map(|attempt| unrecorded_choice(history, run, attempt, &of_run)),
        );
        steps.extend(run.attempts.iter().map(|attempt| attempted(history, attempt)));
        let decided =
            |call: &&PluginCall| asked_aside(call, calls).unwrap_or_else(|| decided_by_component(call, run));
        steps.extend(of_run.iter().map(decided));
        steps.extend(ended(run));
    }
    for decision in view.decisions.iter().filter(|decision| told_of(decision.run)) {
        // Checkpoints have steps of their own.
        if ["init", "spec", "write"].contains(&decision.kind.as_str()) {
            continue;
        }
        match followed(&mut steps, decision) {
            Some(step) => step.then.insert(0, format!("the host: {}", said(decision))),
            None => steps.push(ruling(decision)),
        }
    }
    steps.extend(view.human_tasks.iter().filter(|task| told_of(task.run)).flat_map(person));
    steps.sort_by_key(|step| (step.at, step.kind));
    Explanation {
        task_id: view.task.id,
        title: view.task.title.clone(),
        state: view.task.state,
        run_ids: runs.iter().map(|run| run.run.id).collect(),
        steps: collapsed(steps),
    }
}

fn step(at: Timestamp, kind: StepKind, by: &str, answer: impl Into<String>) -> Step {
    Step {
        at,
        kind,
        by: by.to_owned(),
        digest: None,
        run_id: None,
        attempt: None,
        facts: Vec::new(),
        candidates: Vec::new(),
        answer: answer.into(),
        reason: String::new(),
        notes: Vec::new(),
        then: Vec::new(),
    }
}

fn asked(history: &TaskHistory) -> Step {
    let task = &history.view.task;
    let language = task.language.as_deref().unwrap_or("no language");
    let expects = if task.expect_change { "a change is expected" } else { "words are enough" };
    let facts = format!(
        "{}, complexity {}, {language}, in {}; {expects}",
        task.task_type, task.complexity, history.view.workspace_name
    );
    Step { facts: vec![facts], ..step(task.created_at, StepKind::Asked, &task.principal, task.title.clone()) }
}

fn checkpoint(checkpoint: &Checkpoint) -> Step {
    let criteria = checkpoint.content.get("acceptance").and_then(Value::as_array).map(Vec::as_slice);
    let criteria = criteria.unwrap_or_default().iter().filter_map(Value::as_str);
    let answer = format!("specification {}: {}", checkpoint.version, checkpoint.label);
    let notes = checkpoint.content.get("notes").and_then(Value::as_str);
    Step {
        facts: criteria.map(|one| format!("must hold: {one}")).collect(),
        notes: notes.into_iter().map(str::to_owned).collect(),
        ..step(checkpoint.at, StepKind::Checkpoint, &checkpoint.principal, answer)
    }
}

/// The choice of an attempt that has no recorded chooser call: the caller named the executor, or retention deleted the
/// call.
fn unrecorded_choice(
    history: &TaskHistory,
    run: &RunInFull,
    attempt: &Attempt,
    calls: &[&PluginCall],
) -> Option<Step> {
    let is_recorded = calls.iter().any(|call| {
        call.error.is_none()
            && ((call.function == "choose" && call.attempt == Some(attempt.id))
                || (call.function == "next" && attempt.number > 1))
    });
    if is_recorded
        || run.run.workflow == WorkflowName::EXTERNAL
        || (attempt.chosen_by.is_none() && attempt.number > 1)
    {
        return None;
    }
    let answer = named(&attempt.executor, attempt.model.as_deref());
    let made = match &attempt.chosen_by {
        None => step(attempt.created_at, StepKind::Choice, &history.view.task.principal, answer),
        Some(chooser) => Step {
            digest: Some(chooser.digest),
            facts: vec!["what it was told is no longer on record".to_owned()],
            ..step(attempt.created_at, StepKind::Choice, &chooser.to_string(), answer)
        },
    };
    Some(Step {
        run_id: Some(run.run.id),
        attempt: Some(attempt.number),
        reason: attempt.reason.clone(),
        then: vec![in_short(attempt)],
        ..made
    })
}

/// The step of a shadow's answer, compared with the live answer.
fn asked_aside(call: &PluginCall, calls: &[PluginCall]) -> Option<Step> {
    let of = call.facts.get("of").and_then(Value::as_u64)?;
    let live = calls.iter().find(|live| live.id == of)?;
    let answer = match (&call.error, Difference::between(live, &call.answer)) {
        (Some(error), _) => format!("it was not heard: {error}"),
        (None, Some(Difference { from, to })) => format!("{to}, where {from} was decided"),
        (None, None) => "the same".to_owned(),
    };
    Some(Step {
        digest: Some(call.plugin.digest),
        run_id: call.run,
        then: vec!["it is asked on the side: what it says is not used".to_owned()],
        ..step(call.at, StepKind::Decision, &format!("{} {}", call.plugin.name, call.plugin.version), answer)
    })
}

fn decided_by_component(call: &PluginCall, run: &RunInFull) -> Step {
    let (kind, told) = match call.function.as_str() {
        "choose" => (StepKind::Choice, describe::choice(call)),
        "next" => (StepKind::Next, describe::next(call)),
        "plan" => (StepKind::Plan, describe::plan(call)),
        "evaluate" => (StepKind::Gate, describe::ruling(call)),
        "compress" => (StepKind::Compress, describe::compress(call)),
        _ => (StepKind::Decision, describe::other(call)),
    };
    let attempt = run.attempts.iter().find(|attempt| Some(attempt.id) == call.attempt);
    let then = match (kind, attempt) {
        (StepKind::Choice, Some(attempt)) => vec![in_short(attempt)],
        (StepKind::Next, Some(judged)) => {
            let later = run.attempts.iter().find(|later| later.number > judged.number);
            later.map(in_short).or_else(|| run_in_short(run)).into_iter().collect()
        }
        _ => Vec::new(),
    };
    let Told { facts, candidates, answer, reason, notes } = told;
    let answer = match &call.error {
        Some(error) => format!("it failed: {error}"),
        None => answer,
    };
    Step {
        digest: Some(call.plugin.digest),
        run_id: call.run,
        attempt: attempt.map(|attempt| attempt.number),
        facts,
        candidates,
        reason,
        notes,
        then,
        ..step(call.at, kind, &format!("{} {}", call.plugin.name, call.plugin.version), answer)
    }
}

fn attempted(history: &TaskHistory, attempt: &Attempt) -> Step {
    let at = attempt.settled_at.or(attempt.started_at).unwrap_or(attempt.created_at);
    let axes = attempt.outcome.as_ref().map(|outcome| {
        format!("process {}, delivered {}, verified {}", outcome.process, outcome.delivered, outcome.verified)
    });
    let mut facts: Vec<_> = axes.into_iter().collect();
    facts.extend(attempt.branch.iter().map(|branch| format!("branch {branch}")));
    let checks = history.checks.iter().filter(|(id, _)| *id == attempt.id);
    facts.extend(checks.flat_map(|(_, checks)| checks.as_array().into_iter().flatten()).map(check));
    let reason = match &attempt.settled {
        Some(Settled::Failed(failure)) => {
            let remedy = failure.remedy.as_deref().map(|remedy| format!(" ({remedy})")).unwrap_or_default();
            format!("{}{remedy}", failure.message)
        }
        Some(Settled::Succeeded { notes }) => notes.join("; "),
        None => String::new(),
    };
    let who = named(&attempt.executor, attempt.model.as_deref());
    Step {
        run_id: Some(attempt.run),
        attempt: Some(attempt.number),
        facts,
        reason,
        ..step(at, StepKind::Attempt, &who, in_short(attempt))
    }
}

/// `attempt 1 failed (test_fail), $0.04, 31.0 s`
fn in_short(attempt: &Attempt) -> String {
    let came_to = match &attempt.settled {
        Some(Settled::Succeeded { .. }) => "succeeded".to_owned(),
        Some(Settled::Failed(failure)) => format!("failed ({})", failure.class),
        None => format!("is {}", attempt.state),
    };
    let took = attempt.latency_ms.map(|ms| format!(", {}", span(ms))).unwrap_or_default();
    format!("attempt {} {came_to}, {}{took}", attempt.number, attempt.cost)
}

/// Describes a check; of a failed one, also the last lines of its output.
fn check(check: &Value) -> String {
    let text = |name: &str| check.get(name).and_then(Value::as_str).unwrap_or_default();
    let what = if check.get("gate").is_some_and(Value::is_string) { "gate" } else { "check" };
    if check.get("passed").and_then(Value::as_bool).unwrap_or_default() {
        return format!("{what} {} passed", text("name"));
    }
    let lines: Vec<_> = text("output").lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let last = lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default().join(" / ");
    let why =
        if last.is_empty() { " and printed nothing".to_owned() } else { format!(": {}", clip(&last, 300)) };
    format!("{what} {} failed{why}", text("name"))
}

fn run_in_short(run: &RunInFull) -> Option<String> {
    run.run.state.is_final().then(|| format!("the run {}", past_tense(run)))
}

fn past_tense(run: &RunInFull) -> String {
    match run.run.state {
        jackfield_types::RunState::Cancelled => "was cancelled".to_owned(),
        state => state.to_string(),
    }
}

fn ended(run: &RunInFull) -> Option<Step> {
    let at = run.run.ended_at?;
    let cost: jackfield_types::Micros = run.attempts.iter().map(|attempt| attempt.cost).sum();
    let answer = format!("the run {} after {} attempt(s), {cost}", past_tense(run), run.attempts.len());
    Some(Step { run_id: Some(run.run.id), ..step(at, StepKind::Ended, "host", answer) })
}

/// Returns the step of the component's answer that a decision used: the last one before it.
fn followed<'a>(steps: &'a mut [Step], decision: &Decision) -> Option<&'a mut Step> {
    if !FOLLOWED.contains(&decision.kind.as_str()) {
        return None;
    }
    let of_it = |step: &&mut Step| {
        step.digest.is_some_and(|digest| digest.to_string() == decision.decided_by)
            && step.at <= decision.at
            && step.run_id == decision.run
    };
    steps.iter_mut().filter(of_it).max_by_key(|step| step.at)
}

fn said(decision: &Decision) -> String {
    if decision.reason.is_empty() {
        decision.kind.clone()
    } else {
        format!("{}, {}", decision.kind, decision.reason)
    }
}

fn ruling(decision: &Decision) -> Step {
    let detail = |name: &str| decision.details.get(name).and_then(Value::as_str);
    let winner = detail("winner").map(|id| format!("winner: attempt {id}"));
    let answer = match (decision.kind.as_str(), detail("to")) {
        ("close", Some(state)) => format!("the task is closed as {state}"),
        (kind, _) => kind.to_owned(),
    };
    Step {
        digest: decision.decided_by.parse().ok(),
        run_id: decision.run,
        facts: winner.into_iter().collect(),
        reason: decision.reason.clone(),
        ..step(decision.at, StepKind::Decision, &decision.decided_by, answer)
    }
}

/// Returns a step for the creation of a human task and one for its end.
fn person(task: &HumanTask) -> Vec<Step> {
    let what = match task.kind {
        HumanTaskKind::Todo => "to-do",
        HumanTaskKind::Handoff => "handed to a person",
    };
    let made = Step {
        run_id: task.run,
        reason: task.body.clone(),
        ..step(
            task.created_at,
            StepKind::Person,
            &task.created_by,
            format!("{what}: {} ({})", task.title, task.id),
        )
    };
    let Some(at) = task.closed_at else { return vec![made] };
    let closed = match task.state {
        HumanTaskState::Cancelled => "called off",
        HumanTaskState::Open | HumanTaskState::Done => "answered",
    };
    let answer = task.answer.as_ref().map(answered).unwrap_or_default();
    let by = task.answered_by.as_deref().unwrap_or("somebody");
    let done = Step {
        run_id: task.run,
        reason: answer,
        ..step(at, StepKind::Person, by, format!("{closed}: {} ({})", task.title, task.id))
    };
    vec![made, done]
}

/// Returns the action and the text of a person's answer.
fn answered(answer: &Value) -> String {
    let text = |name: &str| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let parts: Vec<_> = [text("action"), text("text")].into_iter().flatten().collect();
    if parts.is_empty() { answer.to_string() } else { parts.join(": ") }
}

/// Merges consecutive equal answers of a compressor into one step.
fn collapsed(steps: Vec<Step>) -> Vec<Step> {
    let mut kept: Vec<(Step, u32)> = Vec::new();
    for step in steps {
        match kept.last_mut() {
            Some((last, times))
                if step.kind == StepKind::Compress
                    && (last.kind, last.digest, last.run_id, &last.answer)
                        == (step.kind, step.digest, step.run_id, &step.answer) =>
            {
                *times += 1;
            }
            _ => kept.push((step, 1)),
        }
    }
    let told = |(mut step, times): (Step, u32)| {
        if times > 1 {
            step.facts.push(format!("{times} times"));
        }
        step
    };
    kept.into_iter().map(told).collect()
}
