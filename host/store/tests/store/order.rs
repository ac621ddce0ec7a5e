//! The order of claims, against one statement that sorts the whole queue.

use crate::support::*;
use jackfield_store::*;
use jackfield_types::*;
use rusqlite::{Connection, OpenFlags, params};
use std::time::Duration;

const AGING: Duration = Duration::from_secs(300);

/// The documented order: effective priority, runs that have started before, the workspace with the fewest running runs
/// that was served longest ago, the oldest run.
const SORTED: &str = "
    WITH busy AS (SELECT workspace, COUNT(*) AS runs FROM runs WHERE state = 'running' GROUP BY workspace)
    SELECT runs.id FROM runs JOIN workspaces ON workspaces.id = runs.workspace
    LEFT JOIN busy ON busy.workspace = runs.workspace
    WHERE runs.state = 'queued' AND runs.not_before_ms <= ?1 AND COALESCE(runs.affinity, ?3) = ?3
    ORDER BY runs.priority + (?1 - runs.queued_ms) / ?2 DESC, runs.started_at IS NULL,
             COALESCE(busy.runs, 0), workspaces.served_at, runs.queued_ms, runs.id";

/// Small numbers that look random and are the same in every run of the test.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

struct Queued {
    house: House,
    file: Connection,
    worker: WorkerId,
    workspaces: Vec<WorkspaceId>,
    running: Vec<RunId>,
}

impl Queued {
    async fn new() -> Self {
        let house = house().await;
        let mut workspaces = vec![house.workspace];
        for name in ["a", "b", "c"] {
            let new =
                NewWorkspace { name: name.into(), path: format!("/srv/{name}"), kind: WorkspaceKind::Git };
            workspaces.push(house.store.workspaces().ensure(new).await.unwrap().id);
        }
        let worker = WorkerId::new();
        let new = NewWorker {
            id: worker,
            name: "worker".to_owned(),
            kind: WorkerKind::Local,
            instance: "1-2-boot".to_owned(),
            slots: 100,
            executors: Vec::new(),
            workspaces: None,
            principal: None,
            lease: Duration::from_secs(300),
        };
        house.store.workers().begin(new).await.unwrap();
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let file = Connection::open_with_flags(house.folder.path().join("jackfield.db"), flags).unwrap();
        Self { house, file, worker, workspaces, running: Vec::new() }
    }

    /// All runs that the worker may claim, in order.
    fn sorted(&self) -> Vec<RunId> {
        let aging = i64::try_from(AGING.as_millis()).unwrap();
        let now = self.house.at().as_millisecond();
        let mut sorted = self.file.prepare(SORTED).unwrap();
        let ids = sorted.query_map(params![now, aging, "own"], |row| row.get::<_, String>(0)).unwrap();
        ids.map(|id| id.unwrap().parse().unwrap()).collect()
    }

    fn caps() -> Caps {
        Caps { executor: 1_000, aging: AGING, ..Caps::default() }
    }

    async fn admit(&self, numbers: &mut Numbers) {
        let workspace = self.workspaces[usize::try_from(numbers.below(4)).unwrap()];
        let mut admission = admission(workspace, Micros::ZERO);
        admission.attempt.executor =
            ["shell", "claude"][usize::try_from(numbers.below(2)).unwrap()].to_owned();
        admission.run.priority = i32::try_from(numbers.below(5)).unwrap() - 2;
        admission.run.affinity = (numbers.below(6) == 0).then(|| "own".to_owned());
        self.house.store.admissions().admit(admission, &Limits::none()).await.unwrap();
    }

    async fn claim(&mut self) -> Option<RunId> {
        let offer = Offer {
            worker: self.worker,
            holder: "own".to_owned(),
            free: 100,
            executors: None,
            workspaces: None,
            only_own: false,
            elsewhere: false,
        };
        let claimed = self.house.store.queue().claim(offer, Self::caps()).await.unwrap()?;
        self.running.push(claimed.hold.run);
        Some(claimed.hold.run)
    }

    /// Ends a running run, or sends it back to the queue, some of them after a rest.
    async fn settle(&mut self, numbers: &mut Numbers) {
        if self.running.is_empty() {
            return;
        }
        let at = usize::try_from(numbers.below(self.running.len() as u64)).unwrap();
        let run = self.running.swap_remove(at);
        let view = self.house.store.runs().get(run).await.unwrap();
        let last = view.attempts.last().unwrap();
        let then = match numbers.below(3) {
            0 => Then::End(RunState::Succeeded),
            rest => {
                let until = self.house.at().checked_add(Duration::from_secs(numbers.below(400))).unwrap();
                let attempts = vec![attempt(last.number + 1, Micros::ZERO)];
                Then::Again { attempts, not_before: (rest == 2).then_some(until) }
            }
        };
        let settlement = Settlement { then, ..settlement(last.id, Micros::ZERO) };
        self.house.store.held(view.run.hold()).settle(settlement, &Limits::none()).await.unwrap();
    }
}

#[tokio::test]
async fn claim_takes_the_first_run_of_the_sorted_queue() {
    let (mut queue, mut numbers) = (Queued::new().await, Numbers(7));
    let mut claims = 0;
    for _ in 0..400 {
        queue.house.clock.advance(Duration::from_millis(numbers.below(120_000)));
        match numbers.below(4) {
            0 | 1 => queue.admit(&mut numbers).await,
            2 => queue.settle(&mut numbers).await,
            _ => {
                let first = queue.sorted().first().copied();
                assert_eq!(queue.claim().await, first);
                claims += usize::from(first.is_some());
            }
        }
    }
    assert!(claims > 40, "{claims} runs were claimed");
    queue.house.assert_sums_are_proved().await;
}

#[tokio::test]
async fn position_in_the_queue_is_the_place_in_the_sorted_queue() {
    let (mut queue, mut numbers) = (Queued::new().await, Numbers(11));
    let mut compared = 0;
    for step in 0..150 {
        queue.house.clock.advance(Duration::from_millis(numbers.below(120_000)));
        match numbers.below(4) {
            0 | 1 => queue.admit(&mut numbers).await,
            2 => queue.settle(&mut numbers).await,
            _ => drop(queue.claim().await),
        }
        if step % 10 != 0 {
            continue;
        }
        // Puts the runs whose rest is over into their lines; a host claims all the time.
        queue.claim().await;
        for (place, run) in (1..).zip(queue.sorted()) {
            let line = queue.house.store.queue().backlog(run, &Queued::caps()).await.unwrap().unwrap();
            assert_eq!(line.position, place, "{run} in step {step}");
            compared += 1;
        }
    }
    assert!(compared > 100, "{compared} positions were compared");
}

#[tokio::test]
async fn resting_run_comes_after_the_lines_and_after_runs_whose_rest_ends_earlier() {
    let (mut queue, mut numbers) = (Queued::new().await, Numbers(3));
    let mut resting = Vec::new();
    for minutes in [3, 1, 2] {
        queue.admit(&mut numbers).await;
        let run = queue.claim().await.unwrap();
        queue.running.clear();
        let until = queue.house.at().checked_add(Duration::from_secs(60 * minutes)).unwrap();
        let attempts = vec![attempt(2, Micros::ZERO)];
        let view = queue.house.store.runs().get(run).await.unwrap();
        let then = Then::Again { attempts, not_before: Some(until) };
        let settlement = Settlement { then, ..settlement(view.attempts[0].id, Micros::ZERO) };
        queue.house.store.held(view.run.hold()).settle(settlement, &Limits::none()).await.unwrap();
        resting.push(run);
    }
    queue.admit(&mut numbers).await;
    queue.admit(&mut numbers).await;
    let mut positions = Vec::new();
    for run in resting {
        let line = queue.house.store.queue().backlog(run, &Queued::caps()).await.unwrap().unwrap();
        positions.push((line.position, line.of));
    }
    assert_eq!(positions, [(5, 5), (3, 5), (4, 5)]);
}
