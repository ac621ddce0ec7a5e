//! What the operator orders: grants given and taken back, versions pinned, what serves locked; heeded by every
//! process over the same folder.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "test code")]

mod common;

use common::{NAME, OTHER_PROGRAM, PROGRAM, VERSION, chooser, executor, gate, rewritten, setup, variant};
use jackfield_plugins::{
    Change, CheckVerdict, Grant, PluginError, PluginStatus, Service, State, keygen, sign,
};
use jackfield_types::{Digest, PluginKind};
use std::path::Path;

/// A program, and the variable that the guest asks for.
fn program(name: &str) -> Grant {
    let environment = [VARIABLE.to_owned()].into();
    Grant { programs: [name.to_owned()].into(), environment, ..Grant::default() }
}

/// The variable that the guest executor asks for.
const VARIABLE: &str = "VARIABLE_NAME_A";

fn of_file(host: &common::Host, name: &str) -> PluginStatus {
    let file = host.path(name);
    host.plugins.list().into_iter().find(|one| one.file.as_deref() == Some(&file)).unwrap()
}

async fn taken(host: &common::Host, name: &str, bytes: &[u8]) -> Digest {
    host.drop_in(name, bytes);
    host.plugins.rescan().await.unwrap();
    of_file(host, name).digest.unwrap()
}

/// A second host over the folders of a first, as another process has one.
async fn beside(host: &common::Host) -> std::sync::Arc<jackfield_plugins::Plugins> {
    common::over(host.folder.path(), Vec::new(), Service::default()).await.unwrap()
}

#[tokio::test]
async fn a_grant_by_command_is_heeded_by_a_host_that_runs_and_so_is_its_revocation() {
    let mut host = setup().open().await;
    host.plugins.watch().unwrap();
    host.drop_in("mine.wasm", executor());
    let held = host.event(Change::Held).await;
    let command = format!("jackfield plugin grant executor {NAME} --program {PROGRAM} --env {VARIABLE}");
    assert!(held.why.contains(&command), "{}", held.why);
    assert!(of_file(&host, "mine.wasm").reason.unwrap().contains(&command));
    let note = host.path("mine.wasm.held.txt");
    assert!(std::fs::read_to_string(&note).unwrap().contains(&command));

    let other = beside(&host).await;
    other.grant(PluginKind::Executor, NAME, &program(OTHER_PROGRAM)).await.unwrap();
    host.event(Change::Held).await;
    other.grant(PluginKind::Executor, NAME, &program(PROGRAM)).await.unwrap();
    host.event(Change::Serving).await;
    assert_eq!(host.plugins.executors().len(), 1);
    assert!(!note.exists(), "the note goes with its reason");

    other.revoke(PluginKind::Executor, NAME).await.unwrap();
    let retired = host.event(Change::Retired).await;
    assert!(retired.why.contains(&command), "{}", retired.why);
    assert!(host.plugins.executors().is_empty());
    let again = other.revoke(PluginKind::Executor, NAME).await.unwrap_err();
    assert_eq!(again.problem().code, "nothing_to_undo");
}

#[tokio::test]
async fn a_gate_that_was_dropped_in_needs_leave_to_look_at_worktrees() {
    let host = setup().open().await;
    taken(&host, "mine.wasm", gate()).await;
    let held = of_file(&host, "mine.wasm");
    assert_eq!(held.state, State::Held);
    let command = format!("jackfield plugin grant gate {NAME} --import evidence");
    assert!(held.reason.unwrap().contains(&command));
    let check = host.plugins.check(&host.path("mine.wasm")).await.unwrap();
    assert!(matches!(check.verdict, CheckVerdict::WouldBeHeld { command: said, .. } if said == command));
    let evidence = Grant { imports: ["evidence".to_owned()].into(), ..Grant::default() };
    host.plugins.grant(PluginKind::Gate, NAME, &evidence).await.unwrap();
    assert_eq!(host.plugins.gates().len(), 1);
}

#[tokio::test]
async fn a_pinned_version_serves_whatever_is_dropped_until_it_is_unpinned() {
    let mut host = setup().open().await;
    let first = taken(&host, "mine.wasm", chooser()).await;
    let newer = rewritten(&variant(chooser(), 1), VERSION, "1.4.3");
    taken(&host, "mine.wasm", &newer).await;
    let version = async |host: &common::Host| host.choose("well").await.unwrap().plugin.version;
    assert_eq!(version(&host).await, "1.4.3");

    let other = beside(&host).await;
    host.plugins.watch().unwrap();
    other.pin(PluginKind::Chooser, NAME, first).await.unwrap();
    let event = host.event(Change::Serving).await;
    // The events of what was taken above come first.
    let mut event = event;
    while event.why != "the operator pinned it" {
        event = host.event(Change::Serving).await;
    }
    assert_eq!(event.to, Some(first));
    assert_eq!(version(&host).await, VERSION);
    let newest = rewritten(&variant(chooser(), 2), VERSION, "1.4.4");
    taken(&host, "mine.wasm", &newest).await;
    let held = of_file(&host, "mine.wasm");
    assert_eq!(held.state, State::Held);
    assert!(held.reason.unwrap().contains(&format!("jackfield plugin unpin chooser {NAME}")));
    assert_eq!(version(&host).await, VERSION);
    let restarted = beside(&host).await;
    let serving = restarted.list().into_iter().find(|one| one.state == State::Serving).unwrap();
    assert_eq!(serving.digest, Some(first), "a restart changes nothing");

    host.plugins.unpin(PluginKind::Chooser, NAME).await.unwrap();
    assert_eq!(version(&host).await, "1.4.4");
    let unknown = Digest::from_bytes([7; 32]);
    let never = host.plugins.pin(PluginKind::Chooser, NAME, unknown).await.unwrap_err();
    assert_eq!(never.problem().code, "plugin_not_kept");
    let mistaken = host.plugins.pin(PluginKind::Chooser, "other", first).await.unwrap_err();
    assert!(mistaken.to_string().contains(NAME), "{mistaken}");
}

#[tokio::test]
async fn the_shipped_version_can_be_pinned_too() {
    let mut setup = setup();
    setup.embedded = vec![chooser().to_vec()];
    let host = setup.open().await;
    let newer = rewritten(&variant(chooser(), 1), VERSION, "1.4.3");
    taken(&host, "mine.wasm", &newer).await;
    let shipped = host.plugins.shipped(PluginKind::Chooser, NAME).unwrap();
    host.plugins.pin(PluginKind::Chooser, NAME, shipped).await.unwrap();
    assert_eq!(host.choose("well").await.unwrap().plugin.version, VERSION);
    host.plugins.unpin(PluginKind::Chooser, NAME).await.unwrap();
    assert_eq!(host.choose("well").await.unwrap().plugin.version, "1.4.3");
}

fn locked(folder: &Path, locked: bool) -> Service {
    Service { lock: Some(folder.join("plugins.lock")), locked, ..Service::default() }
}

#[tokio::test]
async fn what_is_locked_serves_and_nothing_else_does() {
    let mut setup = setup();
    let folder = setup.folder.path().to_owned();
    setup.service = locked(&folder, false);
    let host = setup.open().await;
    let lock = folder.join("plugins.lock");
    let first = taken(&host, "mine.wasm", chooser()).await;
    assert!(std::fs::read_to_string(&lock).unwrap().contains(&first.to_string()), "written at every swap");
    let newer = rewritten(&variant(chooser(), 1), VERSION, "1.4.3");
    let second = taken(&host, "mine.wasm", &newer).await;
    let text = std::fs::read_to_string(&lock).unwrap();
    assert!(text.contains(&second.to_string()) && !text.contains(&first.to_string()), "{text}");

    let plugins = common::over(&folder, Vec::new(), locked(&folder, true)).await.unwrap();
    let newest = variant(chooser(), 2);
    host.drop_in("mine.wasm", &newest);
    host.drop_in("more.wasm", &rewritten(&newest, NAME, common::OTHER_NAME));
    plugins.rescan().await.unwrap();
    let listed = plugins.list();
    let held: Vec<_> = listed.iter().filter(|one| one.state == State::Held).collect();
    assert_eq!(held.len(), 2, "{listed:#?}");
    assert!(held.iter().all(|one| one.reason.as_ref().unwrap().contains("what serves is locked")));
    let serving: Vec<_> = listed.iter().filter(|one| one.state == State::Serving).collect();
    assert_eq!(serving.len(), 1);
    assert_eq!(serving[0].digest, Some(second), "it goes on");
    assert_eq!(std::fs::read_to_string(&lock).unwrap(), text, "and the file stays as it is");

    // The same at the next start: what serves comes from the host's own folder.
    let again = common::over(&folder, Vec::new(), locked(&folder, true)).await.unwrap();
    assert!(again.list().iter().any(|one| one.state == State::Serving && one.digest == Some(second)));
    let unknown = common::over(&folder, vec![gate().to_vec()], locked(&folder, true)).await;
    assert!(matches!(unknown, Err(PluginError::Locked(why)) if why.contains("has no gate")));
    std::fs::remove_file(&lock).unwrap();
    let missing = common::over(&folder, Vec::new(), locked(&folder, true)).await;
    assert!(matches!(missing, Err(PluginError::Locked(why)) if why.contains("plugins.lock cannot be used")));
}

#[tokio::test]
async fn each_version_is_counted_with_its_digest_also_when_it_is_gone() {
    let host = setup().open().await;
    let first = taken(&host, "mine.wasm", chooser()).await;
    host.choose("well").await.unwrap();
    host.choose("trap").await.unwrap_err();
    host.choose("loop").await.unwrap_err();
    let second = taken(&host, "mine.wasm", &variant(chooser(), 1)).await;
    host.choose("well").await.unwrap();
    let counted = host.plugins.counted();
    let of = |digest| counted.iter().find(|one| one.plugin.digest == digest).unwrap().figures.clone();
    let (one, two) = (of(first), of(second));
    assert_eq!((one.calls, one.traps, one.deadlines), (3, 1, 1));
    assert_eq!((two.calls, two.failures()), (1, 0));
    assert_eq!(one.buckets.iter().sum::<u64>(), 1, "what was answered has a duration");
    assert!(one.micros > 0 && one.peak_memory_bytes >= 64 << 10, "{one:?}");
    let status = of_file(&host, "mine.wasm");
    assert_eq!(status.figures.unwrap(), two);
}

#[tokio::test]
async fn where_keys_are_listed_only_what_they_signed_serves() {
    let mut setup = setup();
    let folder = setup.folder.path().to_owned();
    let key = |name: &str| folder.join(name);
    let (mine, other) = (keygen(&key("mine")).unwrap(), keygen(&key("other")).unwrap());
    let signed_by = |keys: &[&String]| Service {
        keys: keys.iter().map(|key| (*key).clone()).collect(),
        ..Service::default()
    };
    setup.embedded = vec![rewritten(chooser(), NAME, common::OTHER_NAME)];
    setup.service = signed_by(&[&mine]);
    let mut host = setup.open().await;
    host.plugins.watch().unwrap();
    assert_eq!(
        host.choose("well").await.unwrap().plugin.name,
        common::OTHER_NAME,
        "the shipped one needs none"
    );

    host.drop_in("mine.wasm", chooser());
    let rejected = host.event(Change::Rejected).await;
    assert!(rejected.why.contains("jackfield plugin sign FILE --key KEYFILE"), "{}", rejected.why);
    let note = host.path("mine.wasm.rejected.txt");
    assert!(std::fs::read_to_string(&note).unwrap().contains("it is not signed"));
    let check = host.plugins.check(&host.path("mine.wasm")).await.unwrap();
    assert!(matches!(check.verdict, CheckVerdict::WouldBeRejected { step: State::CheckingSignature, .. }));
    sign(&host.path("mine.wasm"), &key("other")).unwrap();
    assert!(host.event(Change::Rejected).await.why.contains("of none of the keys"));
    sign(&host.path("mine.wasm"), &key("mine")).unwrap();
    let serving = host.event(Change::Serving).await;
    assert_eq!(host.choose("well").await.unwrap().plugin.name, NAME);
    assert!(!note.exists());

    // Other bytes under the old signature; what served before goes on.
    host.drop_in("mine.wasm", &variant(chooser(), 1));
    assert!(host.event(Change::Rejected).await.why.contains("of other bytes"));
    let again = common::over(&folder, Vec::new(), signed_by(&[&other, &mine])).await.unwrap();
    assert!(again.list().iter().any(|one| one.state == State::Serving && one.digest == serving.to));
    let distrusted = common::over(&folder, Vec::new(), signed_by(&[&other])).await.unwrap();
    assert!(!distrusted.list().iter().any(|one| one.state == State::Serving));
    let pinned = distrusted.pin(PluginKind::Chooser, NAME, serving.to.unwrap()).await.unwrap_err();
    assert!(pinned.to_string().contains("of none of the keys"), "{pinned}");
    let no_key = common::over(&folder, Vec::new(), signed_by(&[&"zz".to_owned()])).await;
    assert!(matches!(no_key, Err(PluginError::BadKey(_))));
}
