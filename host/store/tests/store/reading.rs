//! What can be read back: lists, statistics, decisions, histories.

use crate::support::*;
use jackfield_model::RunEvent;
use jackfield_store::*;
use jackfield_types::*;
use serde_json::json;

#[tokio::test]
async fn a_run_is_found_by_the_beginning_of_its_id_when_it_is_the_only_one() {
    let house = house().await;
    let first = house.admit(cents(1), &Limits::none()).await.unwrap().run;
    let id = first.to_string();
    assert_eq!(house.store.runs().find(&id, None).await.unwrap(), first);
    assert_eq!(house.store.runs().find(&id[..12].to_lowercase(), None).await.unwrap(), first);
    let mut twin = admission(house.workspace, cents(1));
    let last = if id.ends_with('0') { '1' } else { '0' };
    twin.run.id = format!("{}{last}", &id[..25]).parse().unwrap();
    house.store.admissions().admit(twin, &Limits::none()).await.unwrap();
    let ambiguous = house.store.runs().find(&id[..25], None).await.unwrap_err();
    assert_eq!(ambiguous.problem().code, "ambiguous_id");
    assert!(ambiguous.to_string().contains(&id), "{ambiguous}");
    assert_eq!(house.store.runs().find(&id, None).await.unwrap(), first);
    assert_eq!(house.store.runs().find("7ZZZZZZZ", None).await.unwrap_err().problem().code, "run_not_found");
    for nonsense in ["", "01", "' OR 1=1 --"] {
        assert_eq!(house.store.runs().find(nonsense, None).await.unwrap_err().problem().code, "bad_request");
    }
}

#[tokio::test]
async fn runs_are_listed_newest_first_and_page_by_page() {
    let house = house().await;
    let mut all = Vec::new();
    for _ in 0..5 {
        all.push(house.admit(cents(1), &Limits::none()).await.unwrap());
    }
    // Ids made within one millisecond are in no order.
    all.sort_by_key(|work| std::cmp::Reverse(work.run));
    let page = |before| RunFilter { limit: 2, before, ..RunFilter::default() };
    let first = house.store.runs().list(page(None)).await.unwrap();
    let second = house.store.runs().list(page(Some(first[1].run))).await.unwrap();
    let listed: Vec<_> = first.iter().chain(&second).map(|line| line.run).collect();
    assert_eq!(listed, all[..4].iter().map(|work| work.run).collect::<Vec<_>>());

    let work = &all[2];
    house.store.attempts().run_started(work.run).await.unwrap();
    let failure = failed(work.attempt, cents(3), FailureClass::RateLimited);
    house.store.attempts().settle(failure, &Limits::none()).await.unwrap();
    let running = RunFilter { states: vec![RunState::Running], ..RunFilter::default() };
    let line = house.store.runs().list(running).await.unwrap().remove(0);
    assert_eq!((line.run, line.attempts, line.cost), (work.run, 1, cents(3)));
    assert_eq!(line.failure, Some(FailureClass::RateLimited));
    assert_eq!((line.workspace_name.as_str(), line.title.as_str()), ("shop", "Mend the till"));
    let nowhere = RunFilter { workspace: Some(WorkspaceId::new()), ..RunFilter::default() };
    assert!(house.store.runs().list(nowhere).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_folder_is_one_workspace_and_names_are_kept_apart() {
    let house = house().await;
    assert_eq!(workspace(&house.store).await, house.workspace);
    let elsewhere = NewWorkspace {
        name: "shop".to_owned(),
        path: "/srv/other/shop".to_owned(),
        kind: WorkspaceKind::Folder,
    };
    let other = house.store.workspaces().ensure(elsewhere).await.unwrap();
    assert_eq!(other.name, "shop-2");
    assert_eq!(house.store.workspaces().get(other.id).await.unwrap(), other);
    assert_eq!(house.store.workspaces().list().await.unwrap().len(), 2);
    let unknown =
        house.store.admissions().admit(admission(WorkspaceId::new(), cents(1)), &Limits::none()).await;
    assert_eq!(unknown.unwrap_err().problem().code, "workspace_not_found");
}

#[tokio::test]
async fn what_went_badly_of_late_and_stands_so_is_counted_in_its_workspace() {
    let house = house().await;
    let limits = Limits::none();
    let before = house.at();
    for class in
        [None, Some(FailureClass::TestFail), Some(FailureClass::RateLimited), Some(FailureClass::Unknown)]
    {
        let mut asked = admission(house.workspace, cents(10));
        asked.attempt.executor = "claude".to_owned();
        let (run, attempt) = (asked.run.id, asked.attempt.id);
        house.store.admissions().admit(asked, &limits).await.unwrap();
        house.store.attempts().run_started(run).await.unwrap();
        house.store.attempts().started(attempt, started()).await.unwrap();
        let settled = match class {
            None => settlement(attempt, cents(4)),
            Some(class) => {
                Settlement { then: Then::End(RunState::Failed), ..failed(attempt, cents(2), class) }
            }
        };
        house.store.attempts().settle(settled, &limits).await.unwrap();
    }
    let bad = async |workspace, since| {
        house.store.stats().quality(workspace, since, commands()).await.unwrap().bad.len()
    };
    assert_eq!(bad(house.workspace, before).await, 2, "who had no room did no bad work");
    assert_eq!(bad(WorkspaceId::new(), before).await, 0);
    // Whoever looked at one of them can close it.
    let quality = house.store.stats().quality(house.workspace, before, commands()).await.unwrap();
    let closing = Closing {
        task: quality.bad[0].task,
        end: TaskEnd::Done,
        reason: "the check was wrong".into(),
        principal: "ada".into(),
    };
    house.store.tasks().close(closing).await.unwrap();
    assert_eq!(bad(house.workspace, before).await, 1);
    // What was done well is told where it came after something bad.
    let good =
        async || house.store.stats().quality(house.workspace, before, commands()).await.unwrap().good.len();
    assert_eq!(good().await, 0);
    let attempt = house.at_work(cents(10), &limits).await.attempt;
    house.store.attempts().settle(settlement(attempt, cents(4)), &limits).await.unwrap();
    assert_eq!(good().await, 1);
    house.pass(1);
    assert_eq!(bad(house.workspace, house.at()).await, 0);
}

#[tokio::test]
async fn a_command_that_failed_is_no_bad_work() {
    let house = house().await;
    let limits = Limits::none();
    let before = house.at();
    for (task_type, executor, count) in
        [("command", "claude", 0), ("feature", "shell", 0), ("feature", "claude", 1)]
    {
        let mut admission = admission(house.workspace, cents(10));
        admission.task.task_type = task_type.to_owned();
        admission.attempt.executor = executor.to_owned();
        let attempt = admission.attempt.id;
        house.store.admissions().admit(admission, &limits).await.unwrap();
        let end = Then::End(RunState::Failed);
        let settled = Settlement { then: end, ..failed(attempt, cents(2), FailureClass::TestFail) };
        house.store.attempts().settle(settled, &limits).await.unwrap();
        let quality = house.store.stats().quality(house.workspace, before, commands()).await.unwrap();
        assert_eq!(quality.bad.len(), count, "{task_type} {executor}");
    }
}

#[tokio::test]
async fn statistics_are_kept_per_executor_model_type_and_language() {
    let house = house().await;
    let limits = Limits::none();
    for (language, class) in [
        (Some("rust"), None),
        (Some("rust"), Some(FailureClass::TestFail)),
        (Some("go"), Some(FailureClass::RateLimited)),
        (None, None),
    ] {
        let mut admission = admission(house.workspace, cents(10));
        admission.task.language = language.map(str::to_owned);
        let attempt = admission.attempt.id;
        house.store.admissions().admit(admission, &limits).await.unwrap();
        let settled = match class {
            None => Settlement { then: Then::Nothing, ..settlement(attempt, cents(4)) },
            Some(class) => failed(attempt, cents(2), class),
        };
        house.store.attempts().settle(settled, &limits).await.unwrap();
    }
    let stats = async |task_type, language| house.store.stats().by_model(task_type, language).await.unwrap();
    let all = stats(None, None).await.remove(0);
    assert_eq!((all.attempts, all.succeeded, all.verified, all.quality_failed), (4, 2, 2, 1));
    assert_eq!((all.cost, all.tokens), (cents(12), 600));
    assert_eq!(all.mean_cost(), Some(Micros(33_333)), "of the three whose work could be judged");
    assert_eq!(all.mean_latency_ms(), Some(1200));
    assert_eq!(all.model.as_deref(), Some("small-2026-10"));
    let rust = stats(Some("bugfix"), Some("rust")).await.remove(0);
    assert_eq!((rust.attempts, rust.succeeded), (2, 1));
    assert!(stats(Some("design"), None).await.is_empty());
    let totals = house.store.stats().totals().await.unwrap();
    assert_eq!((totals.tasks, totals.queued, totals.attempts, totals.in_flight), (4, 4, 4, 0));
    assert_eq!((totals.input_tokens, totals.output_tokens, totals.billed), (400, 200, cents(12)));
    assert!(totals.database_bytes > 0);
}

#[tokio::test]
async fn the_share_of_each_model_is_counted_from_a_point_in_time() {
    let house = house().await;
    house.admit(cents(1), &Limits::none()).await.unwrap();
    house.pass(1);
    for executor in ["codex", "codex", "claude"] {
        let mut admission = admission(house.workspace, cents(1));
        admission.attempt.executor = executor.to_owned();
        house.store.admissions().admit(admission, &Limits::none()).await.unwrap();
    }
    let shares = house.store.stats().usage_share(house.at()).await.unwrap();
    let told: Vec<_> =
        shares.iter().map(|share| (share.executor.as_str(), share.attempts, share.thousandths)).collect();
    assert_eq!(told, [("codex", 2, 666), ("claude", 1, 333)]);
}

#[tokio::test]
async fn every_decision_about_a_task_can_be_made_again_from_what_is_recorded() {
    let house = house().await;
    let mut admission = admission(house.workspace, cents(1));
    let task = admission.task.id;
    let facts = json!({ "task": { "complexity": 3 }, "candidates": [{ "executor": "shell" }] });
    admission.calls = vec![call(Some(task), facts.clone())];
    admission.attempt.chosen_by = Some(admission.calls[0].plugin.clone());
    let run = house.store.admissions().admit(admission, &Limits::none()).await.unwrap().run;
    house
        .store
        .decisions()
        .record_calls(vec![call(Some(task), json!(2)), call(None, json!(3))])
        .await
        .unwrap();
    let decisions = house.store.decisions().of_task(task).await.unwrap();
    assert_eq!(decisions.len(), 2);
    assert_eq!((&decisions[0].facts, decisions[0].seed), (&facts, Some(u64::MAX)));
    assert_eq!(decisions[0].plugin.to_string(), format!("chooser ladder 1.0.0 ({})", "09".repeat(6)));
    let attempt = house.store.runs().get(run).await.unwrap().attempts.remove(0);
    assert_eq!(attempt.chosen_by.as_ref(), Some(&decisions[0].plugin));
}

#[tokio::test]
async fn every_version_of_a_plugin_that_ever_served_stays_known() {
    let house = house().await;
    let told = house.store.event_changes();
    let receipt = |byte: u8, state, reason: &str| PluginReceipt {
        plugin: PluginRef { digest: Digest::from_bytes([byte; 32]), ..adapter() },
        state,
        reason: reason.to_owned(),
        details: None,
    };
    house.store.host_log().record_plugin(receipt(1, Serving::Serving, "it was dropped in")).await.unwrap();
    house.pass(1);
    house.store.host_log().record_plugin(receipt(2, Serving::Held, "it asks for `git`")).await.unwrap();
    house.pass(1);
    house.store.host_log().record_plugin(receipt(2, Serving::Serving, "it was granted")).await.unwrap();
    house.store.host_log().record_plugin(receipt(1, Serving::Retired, "a newer one serves")).await.unwrap();
    let versions = house.store.host_log().plugin_history().await.unwrap();
    assert_eq!(versions.len(), 2);
    let by = |byte: u8| {
        versions.iter().find(|version| version.plugin.digest == Digest::from_bytes([byte; 32])).unwrap()
    };
    assert_eq!((by(1).state, by(1).reason.as_str()), (Serving::Retired, "a newer one serves"));
    assert_eq!(by(1).first_served_at, Some("2026-11-21T10:00:00Z".parse().unwrap()));
    assert_eq!(by(2).first_seen_at, "2026-11-21T11:00:00Z".parse().unwrap());
    assert_eq!(by(2).first_served_at, Some("2026-11-21T12:00:00Z".parse().unwrap()));
    let events = house.store.host_log().list(0, 10).await.unwrap();
    let kinds: Vec<_> = events.iter().map(|event| event.kind.as_str()).collect();
    assert_eq!(kinds, ["plugin_serving", "plugin_held", "plugin_serving", "plugin_retired"]);
    assert_eq!(events[0].subject, "executor/shell");
    assert_eq!(*told.borrow(), events[3].seq, "watchers of the log were told");
    assert_eq!(house.store.host_log().list(events[2].seq, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn event_of_another_version_is_read_as_it_was_recorded() {
    let house = house().await;
    let work = house.at_work(cents(5), &Limits::none()).await;
    let known = house.store.runs().get(work.run).await.unwrap().run.last_seq;
    let recorded = [
        ("text", r#"{"text":"said","language":"en"}"#, json!({ "text": "said", "language": "en" })),
        ("run_teleported", r#"{"to":["mars"]}"#, json!({ "to": ["mars"] })),
        ("tool_call", "7", json!(7)),
        ("usage", "no JSON", json!("no JSON")),
    ];
    let conn = rusqlite::Connection::open(house.store.file()).unwrap();
    for (seq, (kind, payload, _)) in (known + 1..).zip(&recorded) {
        let of_run = "INSERT INTO run_events (run, seq, at, kind, payload) VALUES (?1, ?2, ?3, ?4, ?5)";
        let at = "2026-11-21T10:00:00.000000Z";
        conn.execute(of_run, rusqlite::params![work.run.to_string(), seq as i64, at, kind, payload]).unwrap();
        let of_host = "INSERT INTO events (at, kind, subject, payload) VALUES (?1, ?2, 'it', ?3)";
        conn.execute(of_host, rusqlite::params![at, kind, payload]).unwrap();
    }
    let of_run = house.store.logs().events(work.run, known, 10).await.unwrap();
    let of_host = house.store.host_log().list(0, 10).await.unwrap();
    assert_eq!((of_run.len(), of_host.len()), (recorded.len(), recorded.len()));
    for ((kind, _, payload), (run, host)) in recorded.into_iter().zip(of_run.iter().zip(&of_host)) {
        assert_eq!((run.kind.as_str(), run.payload.to_value()), (kind, payload.clone()));
        // Only the text with one more field can be typed.
        assert_eq!(matches!(run.event(), RunEvent::Other { .. }), kind != "text", "{run:?}");
        assert_eq!((host.kind.as_str(), host.payload.to_value()), (kind, payload));
    }
}

/// Executors that run the instruction as a command.
fn commands() -> Vec<String> {
    vec!["shell".to_owned()]
}

#[tokio::test]
async fn newest_ends_of_runs_are_counted_with_their_failures() {
    let house = house().await;
    assert_eq!(house.store.runs().newest_ends(3).await.unwrap(), (0, 0));
    for state in
        [RunState::Failed, RunState::Succeeded, RunState::Failed, RunState::Cancelled, RunState::Succeeded]
    {
        house.clock.advance(std::time::Duration::from_millis(1));
        let work = house.at_work(Micros::ZERO, &Limits::none()).await;
        let settlement = Settlement { then: Then::End(state), ..settlement(work.attempt, Micros::ZERO) };
        house.store.attempts().settle(settlement, &Limits::none()).await.unwrap();
    }
    assert_eq!(house.store.runs().newest_ends(3).await.unwrap(), (3, 1));
    assert_eq!(house.store.runs().newest_ends(9).await.unwrap(), (4, 2));
}
