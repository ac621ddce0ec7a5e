//! Components that misbehave: each way has its named answer, and the host goes on.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use common::{chooser, compressor, executor, granted, request, rewritten, setup, std_chooser, well_behaved};
use jackfield_plugins::{Deed, FailureMode, FailureModes, Misbehaviour, PluginError};
use jackfield_types::Audience;

const NOBODY_INSTEAD: FailureModes = FailureModes {
    executor: FailureMode::Fail,
    chooser: FailureMode::Fail,
    compressor: FailureMode::Fail,
    judge: FailureMode::Fail,
    gate: FailureMode::Fail,
};

async fn alone() -> common::Host {
    let mut setup = setup();
    setup.embedded = vec![chooser().to_vec()];
    setup.failure_modes = NOBODY_INSTEAD;
    setup.open().await
}

fn misbehaviour(error: PluginError) -> Misbehaviour {
    match error {
        PluginError::Misbehaved(misbehaviour) => *misbehaviour,
        other => panic!("{other}"),
    }
}

async fn deed(how: &str) -> Misbehaviour {
    misbehaviour(alone().await.choose(how).await.unwrap_err())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_endless_loop_is_ended_while_other_calls_are_answered() {
    let host = alone().await;
    let looping = host.choose("loop");
    let others = async {
        let mut answered = 0;
        for _ in 0..20 {
            answered += usize::from(host.choose("well").await.is_ok());
        }
        answered
    };
    // One worker thread: the others are answered only because the loop has to yield.
    let (looped, answered) = tokio::join!(looping, others);
    let misbehaviour = misbehaviour(looped.unwrap_err());
    assert!(matches!(misbehaviour.deed, Deed::Cpu(_)), "{misbehaviour}");
    assert_eq!(answered, 20);
    let problem = misbehaviour.problem();
    assert_eq!((problem.code.as_str(), problem.audience), ("plugin_cpu_deadline", Audience::Author));
    assert!(problem.message.contains("ran past its CPU budget of 100ms in `choosing.choose`"), "{problem}");
}

#[tokio::test]
async fn a_memory_bomb_is_refused_its_memory() {
    let misbehaviour = deed("bomb").await;
    let Deed::Memory { asked, limits } = misbehaviour.deed else { panic!("{misbehaviour}") };
    assert!(asked > limits.memory_bytes);
}

#[tokio::test]
async fn a_trap_comes_with_the_last_words_of_who_trapped() {
    let misbehaviour = deed("trap").await;
    let Deed::Trapped { last_words: Some(words), .. } = &misbehaviour.deed else { panic!("{misbehaviour}") };
    assert!(words.contains("the guest was told to trap"), "{words}");
    assert_eq!(misbehaviour.plugin.name, common::NAME);
    assert!(misbehaviour.to_string().contains(&misbehaviour.plugin.digest.short()));
}

#[tokio::test]
async fn a_component_with_the_standard_library_has_last_words_too() {
    let mut setup = setup();
    setup.embedded = vec![std_chooser().to_vec()];
    setup.failure_modes = NOBODY_INSTEAD;
    let misbehaviour = misbehaviour(setup.open().await.choose("trap").await.unwrap_err());
    assert!(matches!(&misbehaviour.deed, Deed::Trapped { last_words: Some(_), .. }), "{misbehaviour}");
}

#[tokio::test]
async fn a_component_that_sleeps_is_ended_by_the_clock_on_the_wall() {
    let mut setup = setup();
    setup.embedded = vec![std_chooser().to_vec()];
    setup.failure_modes = NOBODY_INSTEAD;
    setup.limits.chooser.wall = std::time::Duration::from_millis(300);
    let misbehaviour = misbehaviour(setup.open().await.choose("sleep").await.unwrap_err());
    assert!(matches!(misbehaviour.deed, Deed::Wall(_)), "{misbehaviour}");
}

#[tokio::test]
async fn deep_recursion_is_a_trap_and_not_the_end_of_the_host() {
    let misbehaviour = deed("recurse").await;
    assert!(matches!(misbehaviour.deed, Deed::Trapped { .. }), "{misbehaviour}");
}

#[tokio::test]
async fn a_storm_of_log_lines_is_bounded_and_answered() {
    let host = alone().await;
    match host.choose("storm").await {
        Ok(called) => assert_eq!(called.value.len(), 1),
        Err(error) => assert!(matches!(misbehaviour(error).deed, Deed::Cpu(_))),
    }
    assert!(host.choose("well").await.is_ok());
}

#[tokio::test]
async fn an_answer_past_its_bound_is_not_taken_in() {
    let misbehaviour = deed("verbose").await;
    assert!(matches!(misbehaviour.deed, Deed::Output(_)), "{misbehaviour}");
}

#[tokio::test]
async fn a_choice_that_is_not_there_breaks_the_contract_and_fails_that_call_only() {
    let host = alone().await;
    for (how, why) in [
        ("lie", "candidate 10, where there are 3"),
        ("twice", "chosen twice"),
        ("silent", "without its reason"),
    ] {
        let misbehaviour = misbehaviour(host.choose(how).await.unwrap_err());
        let Deed::Contract(said) = &misbehaviour.deed else { panic!("{misbehaviour}") };
        assert!(said.contains(why), "{said}");
        assert!(host.choose("well").await.is_ok());
    }
    let (task, candidates, budget) = (common::task("alone"), common::candidates(), common::budget());
    let alone = host.plugins.next(common::now(), &task, &[], &candidates, &budget);
    let misbehaviour = misbehaviour(alone.await.unwrap_err());
    assert!(misbehaviour.to_string().contains("a consensus needs two or more"), "{misbehaviour}");
}

#[tokio::test]
async fn a_command_that_was_not_described_is_never_handed_on() {
    let mut setup = setup();
    setup.embedded = vec![executor().to_vec()];
    let host = setup.open().await;
    for (instruction, why) in [
        ("other program", "not among the programs"),
        ("nothing to run", "no program to run"),
        ("escape", "not a relative path"),
        ("preload", "sets LD_PRELOAD"),
        ("steal", "passes HOME_OF_SECRETS, which it did not describe"),
    ] {
        let mut drive = host.plugins.drive(common::NAME).await.unwrap();
        let misbehaviour = misbehaviour(drive.plan(&request(instruction)).await.unwrap_err());
        assert!(misbehaviour.to_string().contains(why), "{misbehaviour}");
    }
    let mut drive = host.plugins.drive(common::NAME).await.unwrap();
    assert!(drive.plan(&request("refuse")).await.unwrap().is_err(), "a refusal is an answer like any other");
    assert!(drive.plan(&request("well")).await.unwrap().is_ok());
}

#[tokio::test]
async fn the_builtin_answers_for_a_dropped_component_that_fails() {
    let mut setup = setup();
    setup.embedded = vec![well_behaved(compressor())];
    let host = setup.open().await;
    host.drop_in("mine.wasm", compressor());
    host.plugins.rescan().await.unwrap();
    let called = host.plugins.compress("level-two", &common::report("trap")).await.unwrap();
    assert_eq!(called.value, "level-two: 12 bytes");
    let instead = called.instead.unwrap();
    assert_ne!(instead.failed.digest, called.plugin.digest);
    assert!(instead.error.contains("trapped") && instead.error.contains("told to trap"), "{}", instead.error);
    let error = host.plugins.compress("level-six", &common::report("well")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "no compressor offers the level 'level-six' (there is level-one, level-two)"
    );
}

#[tokio::test]
async fn where_the_builtin_fails_as_well_the_call_fails_and_names_it() {
    let mut setup = setup();
    setup.embedded = vec![chooser().to_vec()];
    let host = setup.open().await;
    host.drop_in("mine.wasm", &rewritten(chooser(), common::NAME, common::OTHER_NAME));
    host.plugins.rescan().await.unwrap();
    assert_eq!(host.choose("well").await.unwrap().plugin.name, common::OTHER_NAME);
    let both = misbehaviour(host.choose("trap").await.unwrap_err());
    assert_eq!(both.plugin.name, common::NAME);
}

#[tokio::test]
async fn what_serves_instead_is_told_with_the_reason() {
    let mut setup = setup();
    setup.embedded = vec![well_behaved(chooser())];
    let host = setup.open().await;
    host.drop_in("mine.wasm", chooser());
    host.plugins.rescan().await.unwrap();
    let called = host.choose("twice").await.unwrap();
    let instead = called.instead.unwrap();
    assert_ne!(instead.failed.digest, called.plugin.digest);
    assert!(instead.error.contains("chosen twice"), "{}", instead.error);
}

#[tokio::test]
async fn three_failures_in_a_row_put_a_version_away_for_good() {
    let mut setup = setup();
    setup.embedded = vec![chooser().to_vec()];
    let mut host = setup.open().await;
    let bad = common::variant(chooser(), 1);
    host.drop_in("mine.wasm", &bad);
    host.plugins.rescan().await.unwrap();
    let dropped = host.choose("well").await.unwrap().plugin.digest;
    for _ in 0..2 {
        host.choose("trap").await.unwrap_err();
    }
    assert_eq!(host.choose("well").await.unwrap().plugin.digest, dropped, "two in a row are not three");
    for _ in 0..3 {
        host.choose("trap").await.unwrap_err();
    }
    let event = host.event(jackfield_plugins::Change::Quarantined).await;
    let back = host.choose("well").await.unwrap().plugin.digest;
    assert_eq!((event.from, event.to), (Some(dropped), Some(back)));
    assert_ne!(back, dropped);

    std::fs::remove_file(host.path("mine.wasm")).unwrap();
    host.plugins.rescan().await.unwrap();
    host.drop_in("again.wasm", &bad);
    host.plugins.rescan().await.unwrap();
    assert_eq!(host.choose("well").await.unwrap().plugin.digest, back);
    let note = std::fs::read_to_string(host.path("again.wasm.rejected.txt")).unwrap();
    assert!(note.contains("these very bytes were put away"), "{note}");
}

#[tokio::test]
async fn an_adapter_that_trapped_is_not_entered_again() {
    let mut setup = setup();
    setup.grants = granted(&[], &[]);
    setup.embedded = vec![executor().to_vec()];
    let host = setup.open().await;
    let mut drive = host.plugins.drive(common::NAME).await.unwrap();
    drive.begin(&request("well")).await.unwrap();
    drive.feed(b"fine").await.unwrap();
    let trapped = misbehaviour(drive.feed(b"trap").await.unwrap_err());
    assert_eq!(trapped.function, "driving.reading.feed");
    let after = drive.feed(b"fine").await.unwrap_err();
    assert!(matches!(after, PluginError::OutOfTurn { .. }), "{after}");
    assert!(matches!(drive.finish(common::exit()).await.unwrap_err(), PluginError::OutOfTurn { .. }));
}

#[tokio::test]
async fn a_call_that_is_given_up_takes_its_store_with_it() {
    let mut setup = setup();
    setup.embedded = vec![executor().to_vec()];
    setup.limits.executor.cpu = std::time::Duration::from_secs(60);
    setup.instances = 1;
    let host = setup.open().await;
    let mut drive = host.plugins.drive(common::NAME).await.unwrap();
    drive.begin(&request("well")).await.unwrap();
    let given_up = tokio::time::timeout(std::time::Duration::from_millis(20), drive.feed(b"loop")).await;
    assert!(given_up.is_err());
    assert!(matches!(drive.feed(b"fine").await.unwrap_err(), PluginError::OutOfTurn { .. }));
    drop(drive);
    assert!(host.plugins.drive(common::NAME).await.is_ok(), "its place is free again");
}
