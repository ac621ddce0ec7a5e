//! Lists of runs by filter, parts of a run's log, and what was spent by day.

use crate::support::*;
use jackfield_model::RunEvent;
use jackfield_store::*;
use jackfield_types::*;
use std::time::Duration;

async fn titled(house: &House, title: &str, principal: &str) -> RunId {
    let mut admission = admission(house.workspace, cents(5));
    admission.task.title = title.to_owned();
    admission.task.principal = principal.to_owned();
    house.store.admissions().admit(admission, &Limits::none()).await.unwrap().run
}

async fn page(house: &House, filter: RunFilter) -> (Vec<RunId>, Option<RunId>) {
    let page = house.store.runs().page(filter).await.unwrap();
    (page.runs.iter().map(|run| run.run).collect(), page.next)
}

#[tokio::test]
async fn runs_that_match_a_filter_are_found_page_by_page() {
    let house = house().await;
    let mut matching = Vec::new();
    for number in 0..1_200 {
        let is_match = number % 400 == 7;
        let run = titled(&house, if is_match { "Größe des Fensters" } else { "other" }, "ann").await;
        matching.extend(is_match.then_some(run));
    }
    matching.sort_by_key(|run| std::cmp::Reverse(*run));
    let filter = |before| RunFilter {
        text: Some("GRÖẞE".to_owned()),
        principal: Some("ann".to_owned()),
        limit: 2,
        before,
        ..RunFilter::default()
    };
    let (first, next) = page(&house, filter(None)).await;
    assert_eq!((first.as_slice(), next), (&matching[..2], Some(matching[1])));
    let (second, next) = page(&house, filter(next)).await;
    assert_eq!((second.as_slice(), next), (&matching[2..], None));
    let none = RunFilter { executor: Some("claude".to_owned()), ..RunFilter::default() };
    assert_eq!(page(&house, none).await, (Vec::new(), None));
    let of_bob = RunFilter { principal: Some("bob".to_owned()), ..RunFilter::default() };
    assert_eq!(page(&house, of_bob).await, (Vec::new(), None));
    let since = |since| RunFilter { since: Some(since), limit: 10_000, ..RunFilter::default() };
    assert_eq!(page(&house, since(Timestamp::UNIX_EPOCH)).await.0.len(), 1_200);
    assert_eq!(page(&house, since(Timestamp::MAX)).await.0.len(), 0);
}

#[tokio::test]
async fn most_expensive_runs_come_first_and_free_ones_not_at_all() {
    let house = house().await;
    let mut spent = Vec::new();
    for cost in [3, 9, 0, 5] {
        let work = house.admit(cents(20), &Limits::none()).await.unwrap();
        house.store.attempts().run_started(work.run).await.unwrap();
        let failure = failed(work.attempt, cents(cost), FailureClass::Timeout);
        house.store.attempts().settle(failure, &Limits::none()).await.unwrap();
        spent.push(work.run);
    }
    let found = house.store.runs().by_cost(RunFilter::default()).await.unwrap();
    let runs: Vec<_> = found.iter().map(|run| (run.run, run.cost)).collect();
    assert_eq!(runs, [(spent[1], cents(9)), (spent[3], cents(5)), (spent[0], cents(3))]);
    let since = RunFilter { since: Some(Timestamp::MAX), ..RunFilter::default() };
    assert!(house.store.runs().by_cost(since).await.unwrap().is_empty());

    let days = house.store.spending().days(1).await.unwrap();
    let [day] = days.as_slice() else { panic!("{days:?}") };
    assert_eq!((day.day.as_str(), day.cost, day.charges), ("2026-11-21", cents(17), 3));
    assert_eq!(
        (day.executor.as_str(), day.model.as_deref(), day.workspace_name.as_str()),
        ("shell", Some("small-2026-10"), "shop")
    );
    house.clock.advance(Duration::from_secs(24 * 3_600));
    assert!(house.store.spending().days(1).await.unwrap().is_empty(), "today only");
    assert_eq!(house.store.spending().days(2).await.unwrap(), days);
    let audit = house.store.ledger().audit().await.unwrap();
    assert_eq!(audit.differences, Vec::<String>::new());
}

#[tokio::test]
async fn log_is_read_from_either_end_by_kind_and_by_text() {
    let house = house().await;
    let work = house.admit(cents(1), &Limits::none()).await.unwrap();
    let before = house.store.logs().events(work.run, 0, 1_000).await.unwrap().len() as u64;
    let said = |number: u64| match number % 3 {
        0 => RunEvent::Thought(format!("thought {number}").into()),
        _ => RunEvent::Text(format!("100% of \"{number}\"\nTEXT").into()),
    };
    let events =
        (1..=3_000).map(|number| NewRunEvent { at: house.clock.now(), event: said(number) }).collect();
    house.store.attempts().append_events(work.run, None, events).await.unwrap();
    let last = before + 3_000;
    let log = async |filter: LogFilter| -> Vec<u64> {
        let found = house.store.logs().page(work.run, filter).await.unwrap();
        found.iter().map(|event| event.seq).collect()
    };
    let filter = LogFilter { limit: 3, ..LogFilter::default() };
    assert_eq!(log(LogFilter { last: true, ..filter.clone() }).await, [last - 2, last - 1, last]);
    let earlier = LogFilter { last: true, before: Some(last - 2), ..filter.clone() };
    assert_eq!(log(earlier).await, [last - 5, last - 4, last - 3]);
    let thoughts = LogFilter { kinds: vec!["thought".to_owned()], after: before, ..filter.clone() };
    assert_eq!(log(thoughts).await, [before + 3, before + 6, before + 9]);
    let text = |text: &str| LogFilter { text: Some(text.to_owned()), ..filter.clone() };
    assert_eq!(log(text("thought 2997")).await, [before + 2_997]);
    assert_eq!(log(text("\"2999\"\ntext")).await, [before + 2_999], "quotes and lines as they were said");
    assert_eq!(log(text("100% of")).await.len(), 3);
    assert_eq!(log(text("1000 of")).await, [0; 0], "a percent sign is one");
    assert_eq!(log(text("{\"text\"")).await, [0; 0], "names of fields are not searched");
    let newest = LogFilter { last: true, ..text("thought") };
    assert_eq!(log(newest).await, [before + 2_994, before + 2_997, before + 3_000]);
}
