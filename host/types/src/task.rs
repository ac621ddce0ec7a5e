//! Tasks: their states, and what the changes of their runs mean for them.

use crate::state::RunState;
use crate::words::words;
use crate::workflow::{OnFailure, OnSuccess, StageName, StagePosition, WorkflowName};
use serde::{Deserialize, Serialize};

words! {
    /// Where a task is in its life.
    TaskState {
        /// Not to be started yet.
        Pending = "pending",
        /// May be started.
        Ready = "ready",
        /// A run is at work on it.
        InProgress = "in_progress",
        /// Waits for a review.
        NeedsReview = "needs_review",
        /// Waits to be mended.
        NeedsImprovement = "needs_improvement",
        /// Waits for something else.
        Blocked = "blocked",
        /// Finished.
        Done = "done",
        /// Given up.
        Failed = "failed",
        /// Called off.
        Cancelled = "cancelled",
    }
}

/// How a task is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TaskEnd {
    /// Finished.
    Done,
    /// Given up.
    Failed,
    /// Called off.
    Cancelled,
}

impl From<TaskEnd> for TaskState {
    fn from(end: TaskEnd) -> Self {
        match end {
            TaskEnd::Done => Self::Done,
            TaskEnd::Failed => Self::Failed,
            TaskEnd::Cancelled => Self::Cancelled,
        }
    }
}

/// What happens to a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskEvent {
    /// A run of it waits in the queue.
    RunQueued,
    /// A run of it is at work.
    RunStarted,
    /// A run of it waits for a person.
    RunWaiting,
    /// A run of it succeeded.
    RunSucceeded(OnSuccess),
    /// A run of it failed.
    RunFailed(OnFailure),
    /// A run of it was cancelled.
    RunCancelled(OnFailure),
    /// A run records work that was done elsewhere.
    WorkRecorded,
    /// A person closed it.
    Closed(TaskEnd),
    /// A person or the board put it into a stage.
    Moved(StageName),
}

impl TaskEvent {
    /// What it is for its task that a run, which was made for `position`, is `state` now.
    pub fn of_run(position: &StagePosition, state: RunState) -> Self {
        if position.workflow == WorkflowName::EXTERNAL {
            return Self::WorkRecorded;
        }
        let on_end = &position.on_end;
        match state {
            RunState::Queued => Self::RunQueued,
            RunState::Running => Self::RunStarted,
            RunState::Waiting => Self::RunWaiting,
            RunState::Succeeded => Self::RunSucceeded(on_end.success.clone()),
            RunState::Failed => Self::RunFailed(on_end.failure),
            RunState::Cancelled => Self::RunCancelled(on_end.failure),
        }
    }
}

/// What an event makes of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskChange {
    /// Its state afterwards, which may be the same.
    pub state: TaskState,
    /// The stage that it enters; `None` if it stays where it is.
    pub enters: Option<StageName>,
}

impl TaskState {
    /// The end that this state is; `None` if the task is open.
    pub const fn end(self) -> Option<TaskEnd> {
        match self {
            Self::Done => Some(TaskEnd::Done),
            Self::Failed => Some(TaskEnd::Failed),
            Self::Cancelled => Some(TaskEnd::Cancelled),
            _ => None,
        }
    }

    /// The task is closed. Unlike a run, it can be opened again: by another run.
    pub const fn is_final(self) -> bool {
        self.end().is_some()
    }

    /// What an event makes of a task in this state.
    ///
    /// Every event has a result in every state, so a run never fails to change because of its task. A closed task
    /// stays closed, and in its stage, until another run of it is queued or it is moved.
    pub fn after(self, event: &TaskEvent) -> TaskChange {
        let stays = |state| TaskChange { state, enters: None };
        match event {
            TaskEvent::RunQueued => stays(Self::Ready),
            TaskEvent::Closed(end) => stays((*end).into()),
            TaskEvent::Moved(stage) => TaskChange { state: Self::Ready, enters: Some(stage.clone()) },
            _ if self.is_final() => stays(self),
            // A run still waits for a person, or its work for a review.
            TaskEvent::WorkRecorded if matches!(self, Self::Blocked | Self::NeedsReview) => stays(self),
            TaskEvent::RunStarted | TaskEvent::WorkRecorded => stays(Self::InProgress),
            TaskEvent::RunWaiting => stays(Self::Blocked),
            TaskEvent::RunSucceeded(OnSuccess::Done) => stays(Self::Done),
            TaskEvent::RunSucceeded(OnSuccess::Review) => stays(Self::NeedsReview),
            TaskEvent::RunSucceeded(OnSuccess::Advance(next)) => {
                TaskChange { state: Self::Ready, enters: Some(next.clone()) }
            }
            TaskEvent::RunFailed(OnFailure::End) => stays(Self::Failed),
            TaskEvent::RunFailed(OnFailure::Stay) => stays(Self::NeedsImprovement),
            TaskEvent::RunCancelled(OnFailure::End) => stays(Self::Cancelled),
            TaskEvent::RunCancelled(OnFailure::Stay) => stays(Self::Ready),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::TaskState::{
        Blocked, Cancelled, Done, Failed, InProgress, NeedsImprovement, NeedsReview, Ready,
    };
    use super::*;
    use crate::workflow::{OnEnd, Workflow};

    fn next_stage() -> StageName {
        "build".parse().unwrap()
    }

    fn events() -> [TaskEvent; 15] {
        [
            TaskEvent::RunQueued,
            TaskEvent::RunStarted,
            TaskEvent::RunWaiting,
            TaskEvent::RunSucceeded(OnSuccess::Done),
            TaskEvent::RunSucceeded(OnSuccess::Advance(next_stage())),
            TaskEvent::RunSucceeded(OnSuccess::Review),
            TaskEvent::RunFailed(OnFailure::End),
            TaskEvent::RunFailed(OnFailure::Stay),
            TaskEvent::RunCancelled(OnFailure::End),
            TaskEvent::RunCancelled(OnFailure::Stay),
            TaskEvent::WorkRecorded,
            TaskEvent::Closed(TaskEnd::Done),
            TaskEvent::Closed(TaskEnd::Failed),
            TaskEvent::Closed(TaskEnd::Cancelled),
            TaskEvent::Moved(next_stage()),
        ]
    }

    #[test]
    fn every_event_in_every_state_has_this_result() {
        // One row for each event, in the order of `events`: the result in an open state, then in a closed one
        // (`None`: it stays as it is).
        let table = [
            (Ready, Some(Ready)),
            (InProgress, None),
            (Blocked, None),
            (Done, None),
            (Ready, None),
            (NeedsReview, None),
            (Failed, None),
            (NeedsImprovement, None),
            (Cancelled, None),
            (Ready, None),
            (InProgress, None),
            (Done, Some(Done)),
            (Failed, Some(Failed)),
            (Cancelled, Some(Cancelled)),
            (Ready, Some(Ready)),
        ];
        for (event, (open, closed)) in events().iter().zip(table) {
            for &from in TaskState::ALL {
                let waits = matches!(from, Blocked | NeedsReview) && *event == TaskEvent::WorkRecorded;
                let expected = match (from.is_final(), waits) {
                    (true, _) => closed.unwrap_or(from),
                    (false, true) => from,
                    (false, false) => open,
                };
                let change = from.after(event);
                assert_eq!(change.state, expected, "{from} after {event:?}");
                let advances =
                    !from.is_final() && *event == TaskEvent::RunSucceeded(OnSuccess::Advance(next_stage()));
                let enters = advances || *event == TaskEvent::Moved(next_stage());
                assert_eq!(change.enters, enters.then(next_stage), "{from} after {event:?}");
            }
        }
    }

    #[test]
    fn task_of_direct_follows_its_run() {
        let position = Workflow::direct().first();
        let follows = [
            (RunState::Queued, Ready),
            (RunState::Running, InProgress),
            (RunState::Waiting, Blocked),
            (RunState::Succeeded, Done),
            (RunState::Failed, Failed),
            (RunState::Cancelled, Cancelled),
        ];
        for (run, task) in follows {
            for from in [Ready, InProgress, Blocked] {
                let change = from.after(&TaskEvent::of_run(&position, run));
                assert_eq!(change, TaskChange { state: task, enters: None }, "{from}, run {run}");
            }
        }
    }

    #[test]
    fn run_of_a_stage_that_keeps_its_task_open_closes_it_by_success_only() {
        let on_end = OnEnd { success: OnSuccess::Done, failure: OnFailure::Stay };
        let position = StagePosition { on_end, ..Workflow::direct().first() };
        let after = |run| InProgress.after(&TaskEvent::of_run(&position, run)).state;
        assert_eq!(after(RunState::Succeeded), Done);
        assert_eq!(after(RunState::Failed), NeedsImprovement);
        assert_eq!(after(RunState::Cancelled), Ready);
    }

    #[test]
    fn recorded_work_leaves_an_open_task_open_whatever_its_run_became() {
        let position = StagePosition::recording(next_stage());
        for run in [RunState::Running, RunState::Succeeded, RunState::Failed, RunState::Cancelled] {
            assert_eq!(TaskEvent::of_run(&position, run), TaskEvent::WorkRecorded, "{run}");
        }
    }

    #[test]
    fn closed_states_are_the_ends_and_every_state_reads_back() {
        for &state in TaskState::ALL {
            assert_eq!(state.is_final(), matches!(state, Done | Failed | Cancelled), "{state}");
            assert_eq!(state.end().map(TaskState::from), state.is_final().then_some(state));
            assert_eq!(TaskState::parse(state.as_str()), Some(state));
        }
    }
}
