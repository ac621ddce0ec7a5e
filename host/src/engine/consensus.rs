//! Several agents at one task, side by side: each in its own worktree, and the judge compares what they did.

use super::advance::Follows;
use super::carry::Done;
use super::choose::{Pick, decision, failed_decision};
use super::order::Order;
use super::report;
use super::running::Running;
use super::{Host, Inner, advance};
use crate::api::{Answer, ExecuteRequest};
use jackfield_store::{Artifact, NewArtifact, RunView};
use jackfield_types::{AttemptState, FailureKind, Micros, Problem, Settled};
use serde_json::{Value, json};
use std::io::Read;
use std::time::Duration;

/// Most of a diff that a judge is given, bytes.
const LONGEST_DIFF: u64 = 256 << 10;
/// Most that may be asked side by side.
const MOST: usize = 5;

impl Host {
    /// Has several agents do the same task side by side and compares what they did. `executors` names them
    /// (executors, or rungs of the ladder); where there are none, the chooser's two best of different
    /// executors are asked. Waits as [`execute`](Self::execute) does.
    ///
    /// # Errors
    /// A [`Problem`] where the request is refused, or there are not two who could be asked.
    pub async fn consensus(
        &self,
        request: ExecuteRequest,
        executors: &[String],
        principal: &str,
    ) -> Result<Answer, Problem> {
        let wait = request.wait_s.unwrap_or(self.0.config().run.wait_s);
        let verbosity = request.verbosity.clone();
        let run = self.0.dispatch_several(request, executors, principal).await?;
        self.result(run, Duration::from_secs(wait), verbosity.as_deref()).await
    }
}

impl Inner {
    async fn dispatch_several(
        &self,
        request: ExecuteRequest,
        executors: &[String],
        principal: &str,
    ) -> Result<jackfield_types::RunId, Problem> {
        if request.executor.is_some() {
            return Err(Problem::caller(
                "one_executor_named",
                "`executor` names one, and a consensus asks several",
                "leave `executor` out and give `executors`, or nothing: then the chooser picks two",
            ));
        }
        let _taking_in = self.taking_in()?;
        let order = self.order(request).await?;
        let picks = match executors.len() {
            0 => self.two_best(&order).await?,
            2..=MOST => executors.iter().map(|name| self.asked_for(name, &order)).collect::<Result<_, _>>()?,
            number => {
                return Err(Problem::caller(
                    "not_several",
                    format!("{number} executor(s) are named"),
                    format!("name 2 to {MOST}, or none: then the chooser picks two"),
                ));
            }
        };
        for pick in &picks {
            self.check_program(&pick.executor)?;
        }
        let limits = self.limits(Some(order.workspace.id), order.max_cost);
        let admission = self.admission(&order, picks, principal)?;
        self.admit(admission, &limits).await
    }

    /// The chooser's best, and its best of another executor.
    async fn two_best(&self, order: &Order) -> Result<Vec<Pick>, Problem> {
        let (candidates, picks) = self.ranked(order).await?;
        let mut two: Vec<Pick> = Vec::new();
        for pick in picks {
            if two.iter().all(|other| other.executor.plugin.name != pick.executor.plugin.name) {
                two.push(pick);
            }
            if two.len() == 2 {
                return Ok(two);
            }
        }
        let problem = super::choose::nobody(&candidates);
        Err(Problem::operator(
            "nobody_to_compare",
            format!("two different executors are needed, and {} is ready", two.len()),
            problem.message,
        ))
    }

    pub(super) async fn judged(&self, _run: &Running, view: &RunView, done: &[Done]) -> Follows {
        self.hand_over(view, done, "no judge", "host".to_owned())
    }
}
