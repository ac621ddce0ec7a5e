//! What outlives a call and a host: replay, roll-back, and who serves after a restart.

use crate::common::{self, NAME, VERSION, chooser, rewritten, setup, std_chooser, variant, well_behaved};
use jackfield_plugins::{Change, Drive, FailureMode, Plugins, State};
use jackfield_types::PluginKind;

async fn reopened(folder: tempfile::TempDir) -> common::Host {
    let mut setup = setup();
    setup.embedded = vec![chooser().to_vec()];
    setup.folder = folder;
    setup.open().await
}

async fn opened() -> common::Host {
    reopened(tempfile::tempdir().unwrap()).await
}

#[tokio::test]
async fn a_recorded_call_replays_to_the_same_answer() {
    let mut setup = setup();
    setup.embedded = vec![std_chooser().to_vec()];
    let host = setup.open().await;
    let recorded = host.choose("look-around").await.unwrap();
    let trial = host.plugins.try_digest(recorded.plugin.digest).await.unwrap();
    let (task, candidates, budget) = (common::task("look-around"), common::candidates(), common::budget());
    let again = trial.choose(recorded.now, recorded.seed, &task, &candidates, &budget).await.unwrap();
    assert_eq!(again.value, recorded.value, "its clock and its random numbers are those of the record");
    let other = trial.choose(recorded.now, !recorded.seed, &task, &candidates, &budget).await.unwrap();
    assert_ne!(other.value, recorded.value);
}

#[tokio::test]
async fn a_component_that_is_tried_serves_nobody() {
    let host = opened().await;
    let file = host.folder.path().join("candidate.wasm");
    std::fs::write(&file, rewritten(chooser(), VERSION, "2.4.2")).unwrap();
    let trial = host.plugins.try_file(&file).await.unwrap();
    let (task, candidates, budget) = (common::task("trap"), common::candidates(), common::budget());
    for seed in 0..5 {
        assert!(trial.choose(common::now(), seed, &task, &candidates, &budget).await.is_err());
    }
    assert_eq!(host.choose("well").await.unwrap().plugin.version, VERSION);
    std::fs::write(&file, "nothing of the kind").unwrap();
    let error = host.plugins.try_file(&file).await.err().unwrap();
    assert_eq!(error.problem().code, "plugin_not_sound");
}

#[tokio::test]
async fn what_served_goes_on_serving_after_a_restart_though_its_file_is_no_good() {
    let host = opened().await;
    host.drop_in("mine.wasm", &rewritten(chooser(), VERSION, "2.4.2"));
    host.plugins.rescan().await.unwrap();
    host.drop_in("mine.wasm", b"\0asm\x01\0\0\0");
    host.plugins.rescan().await.unwrap();
    let folder = host.folder;
    drop(host.plugins);

    let host = reopened(folder).await;
    host.plugins.rescan().await.unwrap();
    assert_eq!(host.choose("well").await.unwrap().plugin.version, "2.4.2");
    let list = host.plugins.list();
    let serving = list.iter().find(|status| status.state == State::Serving).unwrap();
    assert!(serving.reason.as_ref().unwrap().contains("is rejected"), "{serving:?}");

    std::fs::remove_file(host.path("mine.wasm")).unwrap();
    let host = reopened(host.folder).await;
    assert_eq!(host.choose("well").await.unwrap().plugin.version, VERSION, "it went with its file");
}

#[tokio::test]
async fn a_version_that_is_rolled_back_stays_away_until_it_is_released() {
    let mut host = opened().await;
    let nothing = host.plugins.policies().roll_back(PluginKind::Chooser, NAME).await.unwrap_err();
    assert_eq!(nothing.problem().code, "plugin_not_dropped");
    for version in ["2.4.2", "3.4.2"] {
        host.drop_in("mine.wasm", &rewritten(chooser(), VERSION, version));
        host.plugins.rescan().await.unwrap();
    }
    let third = host.choose("well").await.unwrap().plugin;
    let now = host.plugins.policies().roll_back(PluginKind::Chooser, NAME).await.unwrap().unwrap();
    assert_eq!(now.version, "2.4.2", "the one before, and not the embedded one");
    assert_eq!(host.choose("well").await.unwrap().plugin, now);
    assert_eq!(host.event(Change::Quarantined).await.from, Some(third.digest));
    let before = host.plugins.inspect(None, NAME).unwrap().before;
    assert_eq!(before.len(), 2, "{before:?}");

    host.plugins.policies().release(third.digest).await.unwrap();
    assert_eq!(host.choose("well").await.unwrap().plugin, third);
}

#[tokio::test]
async fn the_version_before_answers_where_that_was_configured() {
    let mut setup = setup();
    setup.embedded = vec![chooser().to_vec()];
    setup.failure_modes.chooser = FailureMode::Previous;
    let host = setup.open().await;
    let before = well_behaved(chooser());
    for bytes in [before, variant(chooser(), 1)] {
        host.drop_in("mine.wasm", &bytes);
        host.plugins.rescan().await.unwrap();
    }
    let previous = host.plugins.inspect(Some(PluginKind::Chooser), NAME).unwrap().before[1].clone();
    let called = host.choose("twice").await.unwrap();
    assert_eq!(called.plugin, previous);
    assert!(called.instead.is_some());
}

#[tokio::test]
async fn calls_can_be_made_from_any_task() {
    fn goes_anywhere<T: Send>(future: T) -> T {
        future
    }
    fn shared<T: Send + Sync>() {}
    shared::<Plugins>();
    let host = opened().await;
    let (task, candidates, budget) = (common::task("well"), common::candidates(), common::budget());
    goes_anywhere(host.plugins.choose(common::now(), &task, &candidates, &budget)).await.unwrap();
    let driven = goes_anywhere(host.plugins.drive("nobody")).await;
    assert_eq!(driven.err().unwrap().problem().code, "plugin_not_serving");
    let _feed = |mut drive: Drive| goes_anywhere(async move { drive.feed(b"").await.is_ok() });
}
