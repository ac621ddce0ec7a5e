//! A new version that is much slower than the one before it does not stay.

use crate::common::{self, NAME, OTHER_NAME, chooser, rewritten, setup, variant, well_behaved};
use jackfield_plugins::{Change, State};

fn slow() -> Vec<u8> {
    rewritten(chooser(), "good-pace", "slow-pace")
}

/// Asks so often, and every call is answered.
async fn ask(host: &common::Host, calls: usize) {
    for _ in 0..calls {
        assert_eq!(host.choose("well").await.unwrap().instead, None);
    }
}

#[tokio::test]
async fn a_slow_version_is_put_away_with_both_figures_and_no_call_fails() {
    let mut setup = setup();
    setup.embedded = vec![chooser().to_vec()];
    let mut host = setup.open().await;
    host.event(Change::Optimised).await;
    ask(&host, 50).await;
    let good = host.choose("well").await.unwrap().plugin;

    host.drop_in("mine.wasm", &slow());
    host.plugins.rescan().await.unwrap();
    let serving = host.event(Change::Serving).await;
    host.event(Change::Optimised).await;
    ask(&host, 24).await;
    let event = host.event(Change::Quarantined).await;
    assert_eq!((event.from, event.to), (serving.to, Some(good.digest)));
    assert!(event.why.contains("its `choosing.choose` takes"), "{}", event.why);
    assert!(event.why.contains("times as long") && event.why.contains("is back"), "{}", event.why);
    assert_eq!(host.choose("well").await.unwrap().plugin, good);
    let list = host.plugins.list();
    let file = list.iter().find(|one| one.file.is_some()).unwrap();
    assert_eq!(file.state, State::Quarantined);
    assert!(file.reason.as_ref().unwrap().contains("times as long"), "{file:?}");
    let note = std::fs::read_to_string(host.path("mine.wasm.rejected.txt")).unwrap();
    assert!(note.contains("times as long"), "{note}");
}

#[tokio::test]
async fn a_version_that_keeps_pace_stays_and_a_shipped_one_may_be_as_slow_as_it_likes() {
    let mut setup = setup();
    setup.embedded = vec![slow()];
    let mut host = setup.open().await;
    host.event(Change::Optimised).await;
    ask(&host, 50).await;
    for bytes in [variant(&slow(), 0), variant(chooser(), 1)] {
        host.drop_in("mine.wasm", &bytes);
        host.plugins.rescan().await.unwrap();
        let serving = host.event(Change::Serving).await;
        host.event(Change::Optimised).await;
        ask(&host, 50).await;
        assert_eq!(Some(host.choose("well").await.unwrap().plugin.digest), serving.to);
    }
    let list = host.plugins.list();
    let file = list.iter().find(|one| one.file.is_some()).unwrap();
    assert_eq!(file.state, State::Serving, "{file:?}");
}

#[tokio::test]
async fn a_slow_chooser_of_a_new_name_is_held_to_the_pace_of_the_one_that_it_outranks() {
    let mut setup = setup();
    setup.embedded = vec![chooser().to_vec()];
    let mut host = setup.open().await;
    host.event(Change::Optimised).await;
    let shipped = host.choose("well").await.unwrap().plugin;
    // One call is nothing to compare with: the shipped one is asked on the side.
    host.drop_in("mine.wasm", &rewritten(&slow(), NAME, OTHER_NAME));
    host.plugins.rescan().await.unwrap();
    host.event(Change::Optimised).await;
    ask(&host, 32).await;
    let event = host.event(Change::Quarantined).await;
    assert_eq!(event.name.as_deref(), Some(OTHER_NAME));
    assert!(event.why.contains("times as long"), "{}", event.why);
    assert_eq!(host.choose("well").await.unwrap().plugin, shipped);
}

#[tokio::test]
async fn a_chooser_that_asks_nobody_where_another_would_is_put_away_and_named() {
    let mut setup = setup();
    setup.embedded = vec![well_behaved(chooser())];
    let mut host = setup.open().await;
    let shipped = host.choose("well").await.unwrap().plugin;
    host.drop_in("mine.wasm", &rewritten(chooser(), NAME, OTHER_NAME));
    host.plugins.rescan().await.unwrap();
    for _ in 0..4 {
        assert!(host.choose("nobody").await.unwrap().value.is_empty());
    }
    assert_eq!(host.choose("well").await.unwrap().value.len(), 1, "which ends the row");
    for _ in 0..4 {
        let called = host.choose("nobody").await.unwrap();
        assert!(called.value.is_empty() && called.plugin.name == OTHER_NAME, "that may be its policy");
        assert_eq!(host.plugins.file_of(&called.plugin), Some(host.path("mine.wasm")));
    }
    let called = host.choose("nobody").await.unwrap();
    assert_eq!((called.plugin, called.value.len()), (shipped.clone(), 1), "the one beneath answers");
    assert_eq!(called.instead.unwrap().failed.name, OTHER_NAME);
    let event = host.event(Change::Quarantined).await;
    assert_eq!(event.name.as_deref(), Some(OTHER_NAME));
    assert!(event.why.starts_with("5 times in a row it chose no executor"), "{}", event.why);
}

#[tokio::test]
async fn a_chooser_that_asks_nobody_where_no_other_would_either_stays() {
    let mut setup = setup();
    setup.embedded = vec![chooser().to_vec()];
    let host = setup.open().await;
    host.drop_in("mine.wasm", &rewritten(chooser(), NAME, OTHER_NAME));
    host.plugins.rescan().await.unwrap();
    for _ in 0..10 {
        assert_eq!(host.choose("nobody").await.unwrap().plugin.name, OTHER_NAME);
    }
}
