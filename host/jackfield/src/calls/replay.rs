//! Replays of recorded decisions.

use crate::handles::Evaluation;
use crate::host::Host;
use futures::StreamExt;
use jackfield_api::{FunctionReplayed, ReplayFailure, Replayed};
use jackfield_plugins::Trial;
use jackfield_replay::estimate::Estimate;
use jackfield_replay::{Changes, Difference, MOST_TOLD, PAGE, again};
use jackfield_store::RecordedDecision;
use jackfield_types::{ErrorCode, Operation, PluginKind, Problem, Scope, Timestamp};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

impl Evaluation<'_> {
    /// Replays recorded decisions since `since` with the component in `file`: at most `limit`, oldest first. Returns
    /// how its answers differ and what they would have cost.
    ///
    /// # Errors
    /// A [`Problem`] if the file is not a sound chooser, compressor or judge, or the store cannot be read.
    pub async fn replay(self, file: &Path, since: Timestamp, limit: u64) -> Result<Replayed, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let trial = self.0.inner.plugins.try_file(file).await?;
        let kind = trial.plugin().kind;
        if !matches!(kind, PluginKind::Chooser | PluginKind::Compressor | PluginKind::Judge) {
            return Err(Problem::caller(
                ErrorCode::NotReplayable,
                format!(
                    "what a component of kind {kind} is asked cannot be asked again: it is about a process or a worktree that is gone"
                ),
                "replay a chooser, a compressor or a judge; test a component of another kind with a file of cases",
            )
            .with(Operation::TestPluginFile(file.to_owned())));
        }
        Replay::new(self.0, &trial, since).await?.run(kind, limit).await
    }
}

struct Replay<'a> {
    host: &'a Host,
    trial: &'a Trial,
    since: Timestamp,
    estimate: Estimate,
    functions: BTreeMap<String, FunctionReplayed>,
    changes: Changes,
    failures: BTreeMap<String, u64>,
}

impl<'a> Replay<'a> {
    async fn new(host: &'a Host, trial: &'a Trial, since: Timestamp) -> Result<Self, Problem> {
        let outcomes = host.inner.store.decisions().outcomes(since).await?;
        Ok(Self {
            host,
            trial,
            since,
            estimate: Estimate::from(outcomes),
            functions: BTreeMap::new(),
            changes: Changes::default(),
            failures: BTreeMap::new(),
        })
    }

    async fn run(mut self, kind: PluginKind, limit: u64) -> Result<Replayed, Problem> {
        let began = Instant::now();
        let (mut after, mut left) = (0, limit);
        let at_once = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        while left > 0 {
            let page = u32::try_from(left).unwrap_or(PAGE).min(PAGE);
            let read = self.host.inner.store.decisions().recorded(kind, self.since, after, page).await;
            let page = read?;
            let Some(last) = page.last() else { break };
            after = last.call.id;
            left -= u64::try_from(page.len()).unwrap_or(left).min(left);
            let trial = self.trial;
            let asked = futures::stream::iter(page).map(|decision| async move {
                let answer = again(trial, &decision.call).await;
                (decision, answer)
            });
            let answered: Vec<_> = asked.buffered(at_once).collect().await;
            for (decision, answer) in answered {
                self.take(&decision, answer);
            }
        }
        let functions: Vec<_> = self.functions.into_values().collect();
        let sum = |count: fn(&FunctionReplayed) -> u64| functions.iter().map(count).sum();
        Ok(Replayed {
            component: self.trial.plugin().clone(),
            since: self.since,
            decisions: sum(|one| one.decisions),
            exact: sum(|one| one.exact),
            same: sum(|one| one.same),
            changes: self.changes.told(),
            failures: self.failures.into_iter().map(|(why, count)| ReplayFailure { why, count }).collect(),
            prediction: self.estimate.prediction(),
            took_ms: u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
            functions,
        })
    }

    fn take(&mut self, decision: &RecordedDecision, answer: Result<serde_json::Value, String>) {
        let call = &decision.call;
        let entry = self.functions.entry(call.function.clone()).or_insert_with(|| FunctionReplayed {
            function: call.function.clone(),
            decisions: 0,
            exact: 0,
            same: 0,
        });
        entry.decisions += 1;
        let answer = match answer {
            Ok(answer) => answer,
            Err(why) => {
                if self.failures.len() < MOST_TOLD || self.failures.contains_key(&why) {
                    *self.failures.entry(why).or_default() += 1;
                }
                self.estimate.failed(decision);
                return;
            }
        };
        let difference = Difference::between(call, &answer);
        entry.exact += u64::from(answer == call.answer);
        entry.same += u64::from(difference.is_none());
        if let Some(Difference { from, to }) = difference {
            self.changes.count(from, to, call.task);
        }
        self.estimate.take(decision, &answer);
    }
}
