//! Tasks that pass the stages of a workflow, with runs of their own in each.

use crate::support::*;
use jackfield_model::{HostEvent, RunEvent, RunQueued};
use jackfield_store::*;
use jackfield_types::*;
use serde_json::{Value, json};

fn stage(name: &str, review: bool) -> Stage {
    Stage { name: name.parse().unwrap(), review, on_failure: OnFailure::Stay }
}

/// `plan`, then `build`, which is the last.
fn board() -> Workflow {
    Workflow::new("board".parse().unwrap(), vec![stage("plan", false), stage("build", false)]).unwrap()
}

fn at(workflow: &Workflow, stage: &str) -> StagePosition {
    workflow.at(&stage.parse().unwrap()).unwrap()
}

/// A task in a stage, with a run that is at work.
async fn at_work_in(house: &House, position: StagePosition) -> AtWork {
    let mut admission = admission(house.workspace, CENT);
    admission.task.position = position;
    let work = AtWork { task: admission.task.id, run: admission.run.id, attempt: admission.attempt.id };
    house.store.admissions().admit(admission, &Limits::none()).await.unwrap();
    start(house, &work).await;
    work
}

async fn start(house: &House, work: &AtWork) {
    house.store.attempts().run_started(work.run).await.unwrap();
    house.store.attempts().started(work.attempt, started()).await.unwrap();
}

async fn admit_another(house: &House, task: TaskId, position: StagePosition) -> Result<AtWork, AdmitError> {
    let (run, attempt) = (run(), attempt(1, CENT));
    let work = AtWork { task, run: run.id, attempt: attempt.id };
    let limits = Limits::none();
    house.store.admissions().admit_run(task, run_of(position, run, attempt), &limits).await.map(|()| work)
}

async fn end(house: &House, work: &AtWork, state: RunState) {
    let settlement = match state {
        RunState::Succeeded => settlement(work.attempt, CENT),
        state => Settlement { then: Then::End(state), ..failed(work.attempt, CENT, FailureClass::TestFail) },
    };
    house.store.attempts().settle(settlement, &Limits::none()).await.unwrap();
}

async fn stands(house: &House, task: TaskId) -> (TaskState, String) {
    let task = house.store.runs().task(task).await.unwrap();
    (task.state, task.stage.to_string())
}

async fn stage_changes(house: &House) -> Vec<Value> {
    let events = house.store.host_log().list(0, 1000).await.unwrap();
    let moved = events.into_iter().filter(|record| matches!(record.event(), HostEvent::TaskStageChanged(_)));
    moved.map(|record| record.payload.to_value()).collect()
}

#[tokio::test]
async fn task_with_two_stages_is_done_after_the_run_of_the_second() {
    let house = house().await;
    let board = board();
    let first = at_work_in(&house, board.first()).await;
    assert_eq!(stands(&house, first.task).await, (TaskState::InProgress, "plan".to_owned()));
    end(&house, &first, RunState::Succeeded).await;
    assert_eq!(stands(&house, first.task).await, (TaskState::Ready, "build".to_owned()));
    let moved = json!({ "workflow": "board", "from": "plan", "to": "build", "run": first.run });
    assert_eq!(stage_changes(&house).await, [moved]);

    let second = admit_another(&house, first.task, at(&board, "build")).await.unwrap();
    assert_eq!(stands(&house, first.task).await, (TaskState::Ready, "build".to_owned()));
    start(&house, &second).await;
    assert_eq!(stands(&house, first.task).await, (TaskState::InProgress, "build".to_owned()));
    end(&house, &second, RunState::Succeeded).await;
    assert_eq!(stands(&house, first.task).await, (TaskState::Done, "build".to_owned()));
    assert_eq!(stage_changes(&house).await.len(), 1, "no stage follows the last one");

    let view = house.store.tasks().get(first.task).await.unwrap();
    let runs: Vec<_> =
        view.runs.iter().map(|one| (one.run.id, one.run.stage.as_str(), one.run.state)).collect();
    assert_eq!(runs, [(first.run, "plan", RunState::Succeeded), (second.run, "build", RunState::Succeeded)]);
    assert!(view.runs.iter().all(|one| one.run.workflow == view.task.workflow));
    let told = serde_json::to_value(&view.task).unwrap();
    assert_eq!((&told["workflow"], &told["stage"]), (&json!("board"), &json!("build")));
    let queued = house.store.logs().events(second.run, 0, 1).await.unwrap().remove(0);
    let RunEvent::RunQueued(RunQueued::Admitted(admitted)) = queued.event() else { panic!("{queued:?}") };
    assert_eq!((admitted.workflow.as_str(), admitted.stage.as_str()), ("board", "build"));
}

#[tokio::test]
async fn failed_or_cancelled_run_leaves_its_task_open_in_its_stage() {
    let house = house().await;
    let ends = [(RunState::Failed, TaskState::NeedsImprovement), (RunState::Cancelled, TaskState::Ready)];
    for stage in ["plan", "build"] {
        for (state, expected) in ends {
            let work = at_work_in(&house, at(&board(), stage)).await;
            end(&house, &work, state).await;
            assert_eq!(stands(&house, work.task).await, (expected, stage.to_owned()), "run {state}");
            // Another run of the stage goes on from there.
            let again = admit_another(&house, work.task, at(&board(), stage)).await.unwrap();
            start(&house, &again).await;
            assert_eq!(stands(&house, work.task).await, (TaskState::InProgress, stage.to_owned()));
        }
    }
    assert_eq!(stage_changes(&house).await, Vec::<Value>::new());
}

#[tokio::test]
async fn task_of_direct_ends_as_its_run_does() {
    let house = house().await;
    let ends = [
        (RunState::Succeeded, TaskState::Done),
        (RunState::Failed, TaskState::Failed),
        (RunState::Cancelled, TaskState::Cancelled),
    ];
    for (state, expected) in ends {
        let work = house.at_work(CENT, &Limits::none()).await;
        end(&house, &work, state).await;
        assert_eq!(stands(&house, work.task).await, (expected, "impl".to_owned()));
    }
    // One that nobody claimed, too.
    let queued = house.admit(Micros::ZERO, &Limits::none()).await.unwrap();
    let lost =
        Settlement { then: Then::Nothing, ..failed(queued.attempt, Micros::ZERO, FailureClass::Cancelled) };
    let (limits, state) = (Limits::none(), RunState::Cancelled);
    assert!(
        house.store.attempts().settle_waiting(queued.run, vec![lost], state, "no", &limits).await.unwrap()
    );
    assert_eq!(stands(&house, queued.task).await, (TaskState::Cancelled, "impl".to_owned()));
    assert_eq!(stage_changes(&house).await, Vec::<Value>::new());
}

#[tokio::test]
async fn success_in_a_stage_with_review_leaves_the_task_there_for_a_person() {
    let house = house().await;
    let reviewed =
        Workflow::new("board".parse().unwrap(), vec![stage("plan", true), stage("build", true)]).unwrap();
    for stage in ["plan", "build"] {
        let work = at_work_in(&house, at(&reviewed, stage)).await;
        end(&house, &work, RunState::Succeeded).await;
        assert_eq!(stands(&house, work.task).await, (TaskState::NeedsReview, stage.to_owned()));
    }
}

#[tokio::test]
async fn work_that_a_person_accepts_moves_its_task_on() {
    let house = house().await;
    let work = at_work_in(&house, board().first()).await;
    let handoff = NewHandoff { title: "Look at the plan".into(), body: String::new(), evidence: Value::Null };
    let asked =
        Settlement { then: Then::Human(handoff), ..failed(work.attempt, CENT, FailureClass::TestFail) };
    house.store.attempts().settle(asked, &Limits::none()).await.unwrap();
    assert_eq!(stands(&house, work.task).await, (TaskState::Blocked, "plan".to_owned()));
    let asked = house.store.human_tasks().list(HumanTaskFilter::default()).await.unwrap().remove(0);
    let answer = Answered::Accept(work.attempt);
    house.store.human_tasks().answer(asked.id, answer, json!({}), "ann", &Limits::none()).await.unwrap();
    assert_eq!(stands(&house, work.task).await, (TaskState::Ready, "build".to_owned()));
}

#[tokio::test]
async fn run_for_another_stage_or_beside_an_active_one_is_refused_and_changes_nothing() {
    let house = house().await;
    let board = board();
    let first = at_work_in(&house, board.first()).await;
    let problem = |refused: Result<AtWork, AdmitError>| refused.err().unwrap().problem();
    let refused = problem(admit_another(&house, first.task, at(&board, "build")).await);
    assert_eq!(refused.code, "illegal_transition");
    assert!(refused.message.contains("'build' of 'board'"), "{}", refused.message);
    assert!(refused.message.contains("in the stage 'plan' of 'board'"), "{}", refused.message);
    let refused = problem(admit_another(&house, first.task, Workflow::direct().first()).await);
    assert_eq!(refused.code, "illegal_transition");
    let refused = problem(admit_another(&house, first.task, board.first()).await);
    assert_eq!(refused.code, "illegal_transition");
    assert!(refused.message.contains(&first.run.to_string()), "{}", refused.message);
    let view = house.store.tasks().get(first.task).await.unwrap();
    assert_eq!((view.runs.len(), view.task.state), (1, TaskState::InProgress));
    house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn retry_is_for_the_stage_of_its_run_and_refused_once_the_task_has_left_it() {
    let house = house().await;
    let board = board();
    let work = at_work_in(&house, board.first()).await;
    end(&house, &work, RunState::Failed).await;
    let retry = |of| Retry {
        of,
        key: None,
        principal: "ann".to_owned(),
        reason: "again".to_owned(),
        run: run(),
        attempts: vec![attempt(1, CENT)],
        calls: Vec::new(),
    };
    let retried = retry(work.run);
    let again = AtWork { task: work.task, run: retried.run.id, attempt: retried.attempts[0].id };
    let admitted = house.store.admissions().admit_retry(retried, &Limits::none()).await.unwrap();
    assert_eq!(admitted, Retried::Admitted(again.run));
    assert_eq!(stands(&house, work.task).await, (TaskState::Ready, "plan".to_owned()));
    assert_eq!(house.store.runs().get(again.run).await.unwrap().run.position(), board.first());
    start(&house, &again).await;
    end(&house, &again, RunState::Succeeded).await;
    assert_eq!(stands(&house, work.task).await, (TaskState::Ready, "build".to_owned()));
    let late = house.store.admissions().admit_retry(retry(work.run), &Limits::none()).await.unwrap_err();
    assert_eq!(late.problem().code, "illegal_transition");
    assert_eq!(house.store.tasks().get(work.task).await.unwrap().runs.len(), 2);
}

#[tokio::test]
async fn closed_task_is_opened_again_by_another_run_in_its_stage() {
    let house = house().await;
    let board = board();
    let work = at_work_in(&house, board.first()).await;
    end(&house, &work, RunState::Succeeded).await;
    let closing = Closing {
        task: work.task,
        end: TaskEnd::Cancelled,
        reason: "not wanted".to_owned(),
        principal: "ann".to_owned(),
    };
    house.store.tasks().close(closing).await.unwrap();
    assert_eq!(stands(&house, work.task).await, (TaskState::Cancelled, "build".to_owned()));
    let again = admit_another(&house, work.task, at(&board, "build")).await.unwrap();
    assert_eq!(stands(&house, work.task).await, (TaskState::Ready, "build".to_owned()));
    start(&house, &again).await;
    end(&house, &again, RunState::Succeeded).await;
    assert_eq!(stands(&house, work.task).await, (TaskState::Done, "build".to_owned()));
}

#[tokio::test]
async fn recorded_work_is_in_the_stage_of_its_task_and_moves_it_to_no_other() {
    let house = house().await;
    let position = at(&board(), "build");
    let task = NewTask { position, ..admission(house.workspace, Micros::ZERO).task };
    let task = house.store.tasks().open(task, json!({}), CENT, &Limits::none()).await.unwrap().task;
    assert_eq!(stands(&house, task).await, (TaskState::Ready, "build".to_owned()));
    let attempt = attempt(1, Micros::ZERO);
    let external = ExternalAttempt {
        task,
        principal: "tester".to_owned(),
        bound: None,
        run: run(),
        settlement: settlement(attempt.id, CENT),
        attempt,
        without_component: false,
        idempotency: None,
        label: "shell succeeded elsewhere".to_owned(),
        content: Value::Null,
    };
    let logged = house.store.tasks().log_attempt(external, &Limits::none()).await.unwrap();
    assert_eq!(stands(&house, task).await, (TaskState::InProgress, "build".to_owned()));
    let run = house.store.runs().get(logged.run).await.unwrap().run;
    assert_eq!((run.workflow, run.stage.as_str()), (WorkflowName::EXTERNAL, "build"));
    assert_eq!(run.state, RunState::Succeeded);
}
