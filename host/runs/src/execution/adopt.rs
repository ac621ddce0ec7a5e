//! Going on with an attempt that a host which is gone had begun.
//!
//! ```text
//! its agent        what is on disk           what happens
//! never was        status: nothing           it is made again, as if nothing had happened
//! at work          its process lives         it is listened to again, from the first byte
//! has ended        status: ended N           its log is read to the end, and it ended as it did
//! went unseen      status: started           its log is read to the end; it is lost, unless it had said its last word
//! ```
//!
//! An adapter keeps no state on disk, so it is given the whole log again; what it says of it is counted, and
//! what is on record already is not recorded twice. Charges are totals, so nothing is charged twice.

use crate::admission::planned::Planned;
use crate::execution::attempt::Attempts;
use crate::execution::completion::Completion;
use crate::execution::ended::{Ended, Heard};
use crate::execution::output_reader::Agent;
use crate::execution::running::Running;
use jackfield_core::files::Files;
use jackfield_plugins::facts::driving::Request;
use jackfield_plugins::{Drive, PluginError};
use jackfield_process::{Exited, Fate, Identity, adopt, end_leftovers};
use jackfield_store::Attempt;
use jackfield_types::{Failure, FailureClass, PluginRef, Process};
use jackfield_workspace::Worktree;
use std::time::Duration;

impl Attempts {
    /// Resumes an attempt whose process is on record.
    pub(crate) async fn resume_attempt(
        &self,
        run: &Running,
        attempt: &Attempt,
        planned: &Planned,
    ) -> Completion<Ended> {
        let identity = attempt.identity.clone().and_then(|value| serde_json::from_value(value).ok());
        let Some(identity): Option<Identity> = identity else {
            return Completion::Done(lost(attempt, LOST_ELSEWHERE));
        };
        self.end_check(attempt).await;
        let agent = match (adopt(identity.clone()), identity.fate()) {
            (Some(running), _) => Agent::Alive(Box::new(running)),
            (None, Fate::Ended(exited)) => Agent::Gone(exited),
            (None, Fate::Started) => Agent::Gone(Exited::UNKNOWN),
            (None, Fate::NeverStarted) => return self.restart_attempt(run, attempt, planned).await,
        };
        if let Agent::Gone(_) = &agent
            && let Err(error) = end_leftovers(&identity).await
        {
            tracing::error!(attempt = %attempt.id, %error, "what an agent left behind could not be ended");
        }
        let how = match &agent {
            Agent::Alive(_) => "its agent is at work",
            Agent::Gone(Exited::UNKNOWN) => "its agent is gone, unseen",
            Agent::Gone(_) => "its agent has ended meanwhile",
        };
        tracing::info!(attempt = %attempt.id, run = %run.id, "taken over from a host that is gone: {how}");
        if let Err(error) = self.store.held(run.hold).adopted(attempt.id, how).await {
            tracing::warn!(attempt = %attempt.id, %error, "the adoption is not on record");
        }
        self.finish_attempt(run, attempt, planned, agent).await
    }

    /// The gate went with its host before the agent came to be.
    async fn restart_attempt(
        &self,
        run: &Running,
        attempt: &Attempt,
        planned: &Planned,
    ) -> Completion<Ended> {
        if let Err(error) = self.store.held(run.hold).unstarted(attempt.id).await {
            tracing::error!(attempt = %attempt.id, %error, "an attempt cannot be made again");
            return Completion::Done(lost(attempt, "the host went away before the agent began"));
        }
        if run.cancel.is_cancelled() {
            return Completion::Done(crate::execution::rounds::never_begun(planned, run.cancelled()));
        }
        self.execute_attempt(run, planned).await
    }

    /// Reads the agent's output to the end, and finishes the work in its worktree.
    async fn finish_attempt(
        &self,
        run: &Running,
        attempt: &Attempt,
        planned: &Planned,
        agent: Agent,
    ) -> Completion<Ended> {
        let mut unseen = matches!(agent, Agent::Gone(Exited::UNKNOWN));
        let files = self.folders.attempt_files(run.id, attempt.id);
        let mut ended = Ended::unknown(attempt);
        let worktree =
            attempt.worktree.as_deref().and_then(|text| serde_json::from_str::<Worktree>(text).ok());
        match self.reread_output(run, attempt, planned, &files, agent).await {
            Ok(Completion::Done(heard)) => {
                unseen &= !heard.finished;
                self.take_heard(&mut ended, heard, planned);
            }
            Ok(Completion::HandedOver) => return Completion::HandedOver,
            Err(failure) => ended.fail(failure),
        }
        if unseen {
            ended.outcome.process = Process::Lost;
            ended.outcome.failure =
                Some(loss("the host went away while the agent was at work, and the agent with it"));
        }
        match worktree {
            Some(worktree) => self.finish_work(run, attempt.id, &files, &worktree, ended).await,
            None => {
                ended.transcript = crate::execution::attempt::transcript(&files.stdout);
                Completion::Done(ended)
            }
        }
    }

    /// Reads the agent's output from its first byte to its end.
    async fn reread_output(
        &self,
        run: &Running,
        attempt: &Attempt,
        planned: &Planned,
        files: &Files,
        agent: Agent,
    ) -> Result<Completion<Heard>, Failure> {
        let Some(plan) = self.recorded_plan(attempt).await else {
            let failure = "what the agent was asked is not on record, so it cannot be listened to";
            return Err(self.give_up(run, agent, failure).await);
        };
        let drive = match self.drive_again(attempt, &plan.adapter).await {
            Ok(mut drive) => drive.begin(&plan.request).await.map(|()| drive),
            Err(error) => Err(error),
        };
        let drive = match drive {
            Ok(drive) => drive,
            Err(error) => return Err(self.give_up(run, agent, &error.to_string()).await),
        };
        self.redaction.learn_secrets();
        let redactor = self.redaction.redactor();
        let reading = crate::execution::output_reader::OutputReader::new(
            &self.outputs,
            run,
            planned,
            drive,
            &redactor,
            plan.grace,
        );
        reading.again(attempt.started_at).listen(agent, files).await
    }

    /// Ends an agent that nobody can listen to.
    async fn give_up(&self, run: &Running, agent: Agent, why: &str) -> Failure {
        if let Agent::Alive(mut running) = agent {
            self.processes.end(run.id, &mut running).await;
        }
        Failure::new(FailureClass::Lost, why).with_remedy("run it again")
    }

    /// The adapter that planned it: another version may read what its program prints in another way. Where that
    /// one cannot be had any more, the one that serves now is better than none.
    async fn drive_again(&self, attempt: &Attempt, began_with: &PluginRef) -> Result<Drive, PluginError> {
        match self.plugins.drive_as(began_with).await {
            Ok(drive) => Ok(drive),
            Err(error) => {
                let drive = self.plugins.drive(&attempt.executor).await?;
                tracing::warn!(
                    attempt = %attempt.id,
                    "its adapter {began_with} cannot go on with it, and {} does: {error}",
                    drive.plugin()
                );
                Ok(drive)
            }
        }
    }

    /// What is on record of how its adapter planned it.
    async fn recorded_plan(&self, attempt: &Attempt) -> Option<RecordedPlan> {
        let calls = self.store.decisions().of_task(attempt.task).await.ok()?;
        let plan = calls
            .into_iter()
            .rev()
            .find(|call| call.function == "plan" && call.attempt == Some(attempt.id))?;
        let grace = plan.answer.get("final_grace").and_then(serde_json::Value::as_u64).unwrap_or_default();
        Some(RecordedPlan {
            adapter: plan.plugin,
            request: serde_json::from_value(plan.facts).ok()?,
            grace: Duration::from_millis(grace),
        })
    }

    /// A check that was running when its host went is ended, and made again.
    async fn end_check(&self, attempt: &Attempt) {
        let check = attempt.checking.clone().and_then(|value| serde_json::from_value::<Identity>(value).ok());
        if let Some(check) = check
            && let Err(error) = end_leftovers(&check).await
        {
            tracing::error!(attempt = %attempt.id, %error, "a check of a lost host could not be ended");
        }
    }
}

/// How an attempt was planned.
struct RecordedPlan {
    /// By whom.
    adapter: PluginRef,
    /// What it was given.
    request: Request,
    /// What it asked for, after the last word of its program.
    grace: Duration,
}

const LOST_ELSEWHERE: &str = "the worker that had it was not heard of any more";

/// An attempt of which nothing more can be heard.
pub(crate) fn lost(attempt: &Attempt, why: &str) -> Ended {
    let mut ended = Ended::unknown(attempt);
    ended.outcome.process = Process::Lost;
    ended.outcome.failure = Some(loss(why));
    ended
}

fn loss(why: &str) -> Failure {
    Failure::new(FailureClass::Lost, why).with_remedy(
        "its work so far is on its branch; where the run is not tried again by itself, start it again",
    )
}
