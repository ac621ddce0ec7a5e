//! Waiting for a run on behalf of a client: progress while it waits, and what its going away means.

use super::caller::Caller;
use super::output::{Said, answered};
use jackfield_api::Progress;
use jackfield_config::OnClose;
use jackfield_types::{ErrorCode, Operation, Problem, RunId};
use rmcp::model::ProgressNotificationParam;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Longest that a call blocks, seconds: many clients give up after 60.
pub(super) const LONGEST_WAIT: u64 = 45;
/// A client that is told of progress hears something at least so often; it is promised 15 seconds.
const BEAT: Duration = Duration::from_secs(10);

/// What is waited for, and how it is told.
pub(super) struct Wait<'a> {
    pub(super) run: RunId,
    /// How long, seconds.
    pub(super) seconds: Option<u64>,
    pub(super) verbosity: Option<&'a str>,
    /// What becomes of the run when its caller goes away; nothing where the call only looks.
    pub(super) on_close: Option<OnClose>,
}

impl Wait<'_> {
    /// Until the run has ended or the time is over; then the answer.
    pub(super) async fn answer(self, caller: &Caller<'_>) -> Result<Said, Problem> {
        let (host, run) = (&caller.host, self.run);
        let longest = Duration::from_secs(self.seconds.unwrap_or(LONGEST_WAIT).min(LONGEST_WAIT));
        let (tell, told) = mpsc::unbounded_channel();
        // The sender goes with the waiting, or the notifier would wait for ever.
        let waiting =
            async move { host.runs().wait_for(run, longest, |progress| drop(tell.send(progress))).await };
        let both = async { tokio::join!(waiting, pass_on(caller, told)).0.map(drop) };
        let gone = tokio::select! {
            waited = both => {
                waited?;
                None
            }
            () = caller.called_off.cancelled() => Some((true, "its caller called it off")),
            () = caller.context.ct.cancelled() => {
                Some((self.on_close == Some(OnClose::Cancel), "its caller closed the connection"))
            }
        };
        match gone {
            Some((true, why)) if self.on_close.is_some() => match host.runs().cancel(run, why).await {
                Ok(answer) => return answered(answer),
                // It ended at the same moment.
                Err(problem) if problem.code == ErrorCode::RunEnded => {}
                Err(problem) => return Err(problem),
            },
            // Nobody hears the answer; it need not be made.
            Some(_) => return Err(left(run)),
            None => {}
        }
        answered(host.runs().answer(run, self.verbosity).await?)
    }
}

fn left(run: RunId) -> Problem {
    Problem::caller(
        ErrorCode::CallClosed,
        format!("the call is over and run {run} goes on"),
        "wait for its result",
    )
    .with(Operation::AwaitResult(run))
}

/// Tells a client that asked for it of each step, and that it still goes on where there is none.
async fn pass_on(caller: &Caller<'_>, mut told: mpsc::UnboundedReceiver<Progress>) {
    let Some(token) = caller.context.meta.get_progress_token() else {
        return;
    };
    let mut last = "waiting".to_owned();
    for count in 1_u32.. {
        let message = match timeout(BEAT, told.recv()).await {
            Ok(Some(progress)) => {
                last.clone_from(&progress.message);
                progress.message
            }
            Ok(None) => return,
            Err(_) => format!("still at: {last}"),
        };
        let note = ProgressNotificationParam::new(token.clone(), f64::from(count)).with_message(message);
        if caller.context.peer.notify_progress(note).await.is_err() {
            return;
        }
    }
}
