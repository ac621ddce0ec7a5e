//! Tasks: their states, and what the changes of their runs mean for them.

use crate::state::{RunState, states};
use crate::workflow::{OnFailure, OnSuccess, StageName, StagePosition, WorkflowName};

states! {
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

    /// Whether a task may go from here to the other state `next`. To stay is no transition.
    pub const fn may_become(self, next: Self) -> bool {
        match next {
            // A task is only created so.
            Self::Pending => false,
            // Another run opens a closed task again.
            Self::Ready => !matches!(self, Self::Ready),
            // An open task follows its runs.
            Self::InProgress | Self::NeedsReview | Self::NeedsImprovement | Self::Blocked => {
                !self.is_final() && self as u8 != next as u8
            }
            // A person may correct how a task was closed.
            Self::Done | Self::Failed | Self::Cancelled => self as u8 != next as u8,
        }
    }

    /// What an event makes of a task in this state.
    ///
    /// Every event has a result in every state, so a run never fails to change because of its task. A closed task
    /// stays closed, and in its stage, until another run of it is queued.
    pub fn after(self, event: &TaskEvent) -> TaskChange {
        let stays = |state| TaskChange { state, enters: None };
        match event {
            TaskEvent::RunQueued => stays(Self::Ready),
            TaskEvent::Closed(end) => stays((*end).into()),
            _ if self.is_final() => stays(self),
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
        Blocked, Cancelled, Done, Failed, InProgress, NeedsImprovement, NeedsReview, Pending, Ready,
    };
    use super::*;
    use crate::workflow::{OnEnd, Workflow};

    const ALL: [TaskState; 9] =
        [Pending, Ready, InProgress, NeedsReview, NeedsImprovement, Blocked, Done, Failed, Cancelled];

    fn next_stage() -> StageName {
        "build".parse().unwrap()
    }

    fn events() -> [TaskEvent; 13] {
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
            TaskEvent::Closed(TaskEnd::Cancelled),
        ]
    }

    #[test]
    fn task_state_table_allows_these_transitions_and_no_others() {
        // Columns in the order of `ALL`: pending, ready, in progress, needs review, needs improvement, blocked, done,
        // failed, cancelled.
        let table = [
            (Pending, "- x x x x x x x x"),
            (Ready, "- - x x x x x x x"),
            (InProgress, "- x - x x x x x x"),
            (NeedsReview, "- x x - x x x x x"),
            (NeedsImprovement, "- x x x - x x x x"),
            (Blocked, "- x x x x - x x x"),
            (Done, "- x - - - - - x x"),
            (Failed, "- x - - - - x - x"),
            (Cancelled, "- x - - - - x x -"),
        ];
        for (from, row) in table {
            let row: Vec<bool> = row.split(' ').map(|cell| cell == "x").collect();
            assert_eq!(row.len(), ALL.len());
            for (to, allowed) in ALL.into_iter().zip(row) {
                assert_eq!(from.may_become(to), allowed, "{from} -> {to}");
            }
        }
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
            (Cancelled, Some(Cancelled)),
        ];
        for (event, (open, closed)) in events().iter().zip(table) {
            for from in ALL {
                let expected = if from.is_final() { closed.unwrap_or(from) } else { open };
                let change = from.after(event);
                assert_eq!(change.state, expected, "{from} after {event:?}");
                let advances =
                    !from.is_final() && *event == TaskEvent::RunSucceeded(OnSuccess::Advance(next_stage()));
                assert_eq!(change.enters, advances.then(next_stage), "{from} after {event:?}");
            }
        }
    }

    #[test]
    fn events_make_every_legal_transition_and_no_illegal_one() {
        let closed_as_failed = TaskEvent::Closed(TaskEnd::Failed);
        for from in ALL {
            let events = events().into_iter().chain([closed_as_failed.clone()]);
            let made: Vec<TaskState> = events.map(|event| from.after(&event).state).collect();
            for to in ALL.into_iter().filter(|to| *to != from) {
                assert_eq!(from.may_become(to), made.contains(&to), "{from} -> {to}");
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
        for state in ALL {
            assert_eq!(state.is_final(), matches!(state, Done | Failed | Cancelled), "{state}");
            assert_eq!(state.end().map(TaskState::from), state.is_final().then_some(state));
            assert_eq!(TaskState::parse(state.as_str()), Some(state));
        }
    }
}
