//! A new version that is much slower than the one before it does not stay.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use common::{chooser, rewritten, setup, variant};
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
}

#[tokio::test]
async fn a_version_that_keeps_pace_stays_and_a_first_one_may_be_as_slow_as_it_likes() {
    let mut setup = setup();
    setup.embedded = vec![slow()];
    let mut host = setup.open().await;
    host.event(Change::Optimised).await;
    ask(&host, 50).await;
    for number in 0..2 {
        let bytes = if number == 0 { variant(chooser(), number) } else { variant(&slow(), number) };
        host.drop_in("mine.wasm", &bytes);
        host.plugins.rescan().await.unwrap();
        let serving = host.event(Change::Serving).await;
        host.event(Change::Optimised).await;
        // Too few for the next one to be compared with.
        ask(&host, 20).await;
        assert_eq!(Some(host.choose("well").await.unwrap().plugin.digest), serving.to);
    }
    ask(&host, 100).await;
    let list = host.plugins.list();
    let file = list.iter().find(|one| one.file.is_some()).unwrap();
    assert_eq!(file.state, State::Serving, "{file:?}");
}
