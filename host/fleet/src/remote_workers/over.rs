//! Settles a round that a remote worker executed, like a local one.

use super::used;
use crate::remote_workers::RemoteRounds;
use jackfield_api::remote::{AttemptResult, RoundResult};
use jackfield_process::Exited;
use jackfield_runs::execution::attempt::transcript;
use jackfield_runs::execution::ended::Done;
use jackfield_runs::execution::ended::Ended;
use jackfield_runs::execution::running::Running;
use jackfield_store::{Attempt, NewArtifact, NewPluginCall, RunView};
use jackfield_types::{
    AttemptState, Audience, CostSource, Delivered, ErrorCode, Problem, RunState, WorkerId, settle,
};
use jackfield_workspace::Leftover;
use serde_json::json;
use std::sync::Arc;

impl RemoteRounds {
    /// Settles the attempts of a round, and decides what follows.
    ///
    /// # Errors
    /// A [`Problem`] if the worker does not have the run.
    pub async fn end_round(&self, over: RoundResult, view: &RunView) -> Result<(), Problem> {
        let running = match self.loader.running_elsewhere(view).await {
            Ok(running) => Arc::new(running),
            // A retry would not help: the round has failed, and its cost is on the ledger.
            Err(problem) if problem.audience == Audience::Caller => {
                self.rounds.fail_run(view, &problem).await;
                for attempt in &over.attempts {
                    self.late_end(view, attempt).await?;
                }
                return Ok(());
            }
            Err(problem) => return Err(problem),
        };
        // A worker that repeats the report meanwhile gets the answer to its next call.
        if self.running.lock().contains_key(&view.run.id) {
            return Err(Problem::operator(
                ErrorCode::BeingSettled,
                "this round is being settled",
                "ask again",
            ));
        }
        self.running.lock().insert(view.run.id, Arc::clone(&running));
        let ended = self.settle_there(over, view, &running).await;
        self.running.lock().remove(&view.run.id);
        self.wake.notify_one();
        ended
    }

    async fn settle_there(
        &self,
        over: RoundResult,
        view: &RunView,
        running: &Running,
    ) -> Result<(), Problem> {
        let mut done = Vec::new();
        let mut told_of = over.attempts;
        for attempt in view.attempts.iter().filter(|attempt| attempt.state != AttemptState::Settled) {
            let Some(at) = told_of.iter().position(|over| over.id == attempt.id) else {
                return Err(Problem::caller(
                    ErrorCode::RoundIncomplete,
                    format!("the worker reported nothing of attempt {}", attempt.id),
                    "tell of every attempt of the round at once",
                ));
            };
            done.push(self.done_there(view, running, attempt, over.worker, told_of.swap_remove(at)).await?);
        }
        let next = self.escalation.decide_next(running, view, &done).await;
        self.rounds.settle_round(running, done, next).await;
        let after = self.store.runs().get(view.run.id).await?;
        let open = |attempt: &&Attempt| {
            attempt.state != AttemptState::Settled && attempt.host == over.worker.to_string()
        };
        if after.run.state == RunState::Running && after.attempts.iter().any(|attempt| open(&attempt)) {
            return Err(Problem::operator(
                ErrorCode::NotSettled,
                "the round could not be settled",
                "tell of it again",
            ));
        }
        Ok(())
    }

    async fn done_there(
        &self,
        view: &RunView,
        running: &Running,
        attempt: &Attempt,
        worker: WorkerId,
        over: AttemptResult,
    ) -> Result<Done, Problem> {
        let planned = self.rounds.planned_again(attempt);
        let mut usage = attempt.usage.updated(over.usage).bounded();
        if !over.checks.is_empty() && attempt.checks.is_none() {
            self.store.held(view.run.hold()).checks_done(attempt.id, &over.checks).await?;
        }
        let calls = over.calls.into_iter().map(|call| NewPluginCall {
            task: Some(view.task.id),
            run: Some(view.run.id),
            attempt: Some(attempt.id),
            plugin: call.plugin,
            function: call.function,
            facts: call.facts,
            answer: call.answer,
            micros: call.micros,
            seed: call.seed,
            notes: call.notes,
            error: call.error,
        });
        self.store.decisions().record_calls(calls.collect()).await?;
        let files = self.folders.attempt_files(view.run.id, attempt.id);
        let mut ended = Ended::unknown(attempt);
        if let Some(planned) = &planned {
            (usage, ended.cost) = used(attempt, planned, over.usage);
        } else {
            ended.cost.source = attempt.cost_source.unwrap_or(CostSource::Ceiling);
        }
        if over.outcome.delivered == Delivered::Diff {
            ended.artifacts.push(NewArtifact {
                kind: "diff".into(),
                label: format!("{} file(s) changed", over.changed.len()),
                target: files.diff.to_string_lossy().into_owned(),
                bytes: std::fs::metadata(&files.diff).ok().map(|meta| meta.len()),
                meta: json!({ "files": over.changed, "head": over.head }),
            });
        }
        let there = |text: String| format!("{text} (on the worker {worker})");
        ended.take_leftovers(over.leftovers.into_iter().map(|leftover| Leftover {
            kept: leftover.kept.clone().map(there),
            get: leftover.get.clone().map(there),
            ..leftover
        }));
        if let (Some(failure), Some(planned)) = (&over.outcome.failure, &planned) {
            self.cooldowns.rest_after(&planned.executor.plugin.name, planned.name(), failure).await;
        }
        ended.outcome = over.outcome;
        ended.usage = usage;
        ended.exited = Exited { code: over.exit_code, signal: over.signal };
        ended.answer = over.answer;
        ended.session = over.session;
        ended.model = over.model.or(ended.model.take());
        ended.head = over.head;
        ended.changed = over.changed;
        ended.checks = over.checks;
        ended.transcript = transcript(&files.stdout);
        ended.redact(&self.redaction.redactor());
        let settled = settle(&ended.outcome, running.order.expect_change);
        Ok(Done { attempt: attempt.clone(), planned, ended, settled, latency_ms: over.latency_ms })
    }
}
