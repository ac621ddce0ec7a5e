//! What the operator orders: grants given and taken back, versions pinned, what serves locked; heeded by every
//! process over the same folder.

use crate::common::{
    self, NAME, OTHER_PROGRAM, PROGRAM, VERSION, chooser, executor, gate, rewritten, setup, variant,
};
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
    let missing = program(PROGRAM);
    let line = missing.line(PluginKind::Executor, NAME);
    assert!(held.why.contains(&line), "{}", held.why);
    let status = of_file(&host, "mine.wasm");
    assert!(status.reason.unwrap().contains(&line));
    assert_eq!(status.missing, missing);
    let note = host.path("mine.wasm.held.txt");
    assert!(std::fs::read_to_string(&note).unwrap().contains(&line));

    let other = beside(&host).await;
    other.policies().grant(PluginKind::Executor, NAME, &program(OTHER_PROGRAM)).await.unwrap();
    host.event(Change::Held).await;
    other.policies().grant(PluginKind::Executor, NAME, &program(PROGRAM)).await.unwrap();
    host.event(Change::Serving).await;
    assert_eq!(host.plugins.executors().len(), 1);
    assert!(!note.exists(), "the note goes with its reason");

    other.policies().revoke(PluginKind::Executor, NAME).await.unwrap();
    let retired = host.event(Change::Retired).await;
    assert!(retired.why.contains(&line), "{}", retired.why);
    assert!(host.plugins.executors().is_empty());
    let again = other.policies().revoke(PluginKind::Executor, NAME).await.unwrap_err();
    assert_eq!(again.problem().code, "nothing_to_undo");
}

#[tokio::test]
async fn a_gate_that_was_dropped_in_needs_leave_to_look_at_worktrees() {
    let host = setup().open().await;
    taken(&host, "mine.wasm", gate()).await;
    let held = of_file(&host, "mine.wasm");
    assert_eq!(held.state, State::Held);
    let evidence = Grant { imports: ["evidence".to_owned()].into(), ..Grant::default() };
    assert!(held.reason.unwrap().contains(&evidence.line(PluginKind::Gate, NAME)));
    assert_eq!(held.missing, evidence);
    let check = host.plugins.check(&host.path("mine.wasm")).await.unwrap();
    assert!(matches!(check.verdict, CheckVerdict::WouldBeHeld { missing, .. } if missing == evidence));
    host.plugins.policies().grant(PluginKind::Gate, NAME, &evidence).await.unwrap();
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
    other.policies().pin(PluginKind::Chooser, NAME, first).await.unwrap();
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
    assert!(held.reason.unwrap().contains("unpin it to let another version serve"));
    assert_eq!((held.pinned, held.missing), (Some(first), Grant::default()));
    let inspected = host.plugins.inspect(Some(PluginKind::Chooser), NAME).unwrap();
    assert_eq!(inspected.status.pinned, Some(first), "a single component is shown as the list shows it");
    assert_eq!(version(&host).await, VERSION);
    let restarted = beside(&host).await;
    let serving = restarted.list().into_iter().find(|one| one.state == State::Serving).unwrap();
    assert_eq!(serving.digest, Some(first), "a restart changes nothing");

    host.plugins.policies().unpin(PluginKind::Chooser, NAME).await.unwrap();
    assert_eq!(version(&host).await, "1.4.4");
    let unknown = Digest::from_bytes([7; 32]);
    let never = host.plugins.policies().pin(PluginKind::Chooser, NAME, unknown).await.unwrap_err();
    assert_eq!(never.problem().code, "plugin_not_kept");
    let mistaken = host.plugins.policies().pin(PluginKind::Chooser, "other", first).await.unwrap_err();
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
    host.plugins.policies().pin(PluginKind::Chooser, NAME, shipped).await.unwrap();
    assert_eq!(host.choose("well").await.unwrap().plugin.version, VERSION);
    host.plugins.policies().unpin(PluginKind::Chooser, NAME).await.unwrap();
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
    assert!(held.iter().all(|one| one.reason.as_ref().unwrap().contains("the components are locked")));
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
    assert!(rejected.why.contains("sign it, and drop the .sig beside it"), "{}", rejected.why);
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
    let pinned = distrusted.policies().pin(PluginKind::Chooser, NAME, serving.to.unwrap()).await.unwrap_err();
    assert!(pinned.to_string().contains("of none of the keys"), "{pinned}");
    let no_key = common::over(&folder, Vec::new(), signed_by(&[&"zz".to_owned()])).await;
    assert!(matches!(no_key, Err(PluginError::BadKey(_))));
}

#[tokio::test]
async fn a_pinned_chooser_is_the_one_that_is_asked_and_the_last_pinned_of_several() {
    let mut setup = setup();
    setup.embedded = vec![chooser().to_vec()];
    let host = setup.open().await;
    let newer = taken(&host, "mine.wasm", &rewritten(chooser(), NAME, common::OTHER_NAME)).await;
    let asked = async || host.choose("well").await.unwrap().plugin.name;
    assert_eq!(asked().await, common::OTHER_NAME);
    let shipped = host.plugins.shipped(PluginKind::Chooser, NAME).unwrap();
    host.plugins.policies().pin(PluginKind::Chooser, NAME, shipped).await.unwrap();
    assert_eq!(asked().await, NAME, "whatever is dropped");
    assert_eq!(host.plugins.asked_for(PluginKind::Chooser, NAME), ["choose", "next"]);
    host.plugins.policies().pin(PluginKind::Chooser, common::OTHER_NAME, newer).await.unwrap();
    assert_eq!(asked().await, common::OTHER_NAME);
    let restarted =
        common::over(host.folder.path(), vec![chooser().to_vec()], Service::default()).await.unwrap();
    assert_eq!(restarted.asked_for(PluginKind::Chooser, common::OTHER_NAME), ["choose", "next"]);
    host.plugins.policies().unpin(PluginKind::Chooser, common::OTHER_NAME).await.unwrap();
    assert_eq!(asked().await, NAME, "which is pinned still");
    host.plugins.policies().unpin(PluginKind::Chooser, NAME).await.unwrap();
    assert_eq!(asked().await, common::OTHER_NAME);
}

#[tokio::test]
async fn the_first_version_of_a_name_can_be_rolled_back_by_another_process() {
    let mut setup = setup();
    setup.embedded = vec![chooser().to_vec()];
    let mut host = setup.open().await;
    host.plugins.watch().unwrap();
    let first = taken(&host, "mine.wasm", &rewritten(chooser(), NAME, common::OTHER_NAME)).await;
    host.plugins.policies().pin(PluginKind::Chooser, common::OTHER_NAME, first).await.unwrap();
    let other = beside(&host).await;
    other.policies().roll_back(PluginKind::Chooser, common::OTHER_NAME).await.unwrap();
    let event = host.event(Change::Quarantined).await;
    assert_eq!(event.from, Some(first));
    assert_eq!(host.choose("well").await.unwrap().plugin.name, NAME, "the shipped one answers again");
    assert!(host.plugins.policies().now().pins.is_empty(), "what was put away is not pinned");
    assert_eq!(of_file(&host, "mine.wasm").state, State::Quarantined);
    let again = other.policies().roll_back(PluginKind::Chooser, common::OTHER_NAME).await.unwrap_err();
    assert_eq!(again.problem().code, "plugin_not_dropped");
}

fn heeding(folder: &Path, lock_use: jackfield_plugins::LockUse) -> Service {
    Service { lock_use, ..locked(folder, false) }
}

#[tokio::test]
async fn what_is_locked_is_locked_for_every_process_until_one_that_decides_lifts_it() {
    use jackfield_plugins::LockUse::{Heed, Look};
    let mut setup = setup();
    let folder = setup.folder.path().to_owned();
    setup.service = locked(&folder, false);
    let host = setup.open().await;
    let first = taken(&host, "mine.wasm", chooser()).await;
    let lock = folder.join("plugins.lock");
    let text = std::fs::read_to_string(&lock).unwrap();
    let common::Host { plugins, folder: kept, .. } = host;
    drop(plugins);

    let server = common::over(&folder, Vec::new(), locked(&folder, true)).await.unwrap();
    std::fs::write(
        kept.path().join("plugins/more.wasm"),
        rewritten(&variant(chooser(), 1), NAME, common::OTHER_NAME),
    )
    .unwrap();
    let held = |plugins: &jackfield_plugins::Plugins| {
        let more =
            plugins.list().into_iter().find(|one| one.name.as_deref() == Some(common::OTHER_NAME)).unwrap();
        (more.state, more.reason.unwrap())
    };
    let others = async |when: &str| {
        for lock_use in [Heed, Look] {
            let other = common::over(&folder, Vec::new(), heeding(&folder, lock_use)).await.unwrap();
            other.rescan().await.unwrap();
            let (state, why) = held(&other);
            assert!(state == State::Held && why.contains("the components are locked"), "{when}: {why}");
            let second = other.list().iter().find(|one| one.state == State::Held).unwrap().digest.unwrap();
            let pinned =
                other.policies().pin(PluginKind::Chooser, common::OTHER_NAME, second).await.unwrap_err();
            assert!(pinned.to_string().contains("the components are locked"), "{when}: {pinned}");
            let grant = Grant { programs: ["x".to_owned()].into(), ..Grant::default() };
            other.policies().grant(PluginKind::Chooser, common::OTHER_NAME, &grant).await.unwrap();
            assert_eq!(held(&other).0, State::Held, "{when}");
            assert_eq!(std::fs::read_to_string(&lock).unwrap(), text, "{when}");
        }
    };
    others("the server runs").await;
    // Another one that decides cannot lift what a running one holds.
    let second = common::over(&folder, Vec::new(), locked(&folder, false)).await.unwrap();
    second.rescan().await.unwrap();
    assert_eq!(held(&second).0, State::Held);
    drop((server, second));
    others("the server is stopped").await;

    // The lock goes with the last task of the server that held it.
    let mut tries = 0;
    let unlocked = loop {
        let unlocked = common::over(&folder, Vec::new(), locked(&folder, false)).await.unwrap();
        unlocked.rescan().await.unwrap();
        let list = unlocked.list();
        if list.iter().all(|one| one.state == State::Serving) {
            break unlocked;
        }
        tries += 1;
        assert!(tries < 100, "{list:?}");
        drop(unlocked);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    };
    assert_ne!(std::fs::read_to_string(&lock).unwrap(), text, "it is written again");
    assert!(unlocked.list().iter().any(|one| one.digest == Some(first)));
}

#[tokio::test]
async fn a_process_that_looks_writes_no_lock() {
    let mut setup = setup();
    let folder = setup.folder.path().to_owned();
    setup.service = heeding(&folder, jackfield_plugins::LockUse::Look);
    let host = setup.open().await;
    taken(&host, "mine.wasm", chooser()).await;
    assert!(!folder.join("plugins.lock").exists());
}

#[tokio::test]
async fn a_locked_host_begins_where_a_dropped_version_has_the_place_of_a_shipped_one() {
    let mut setup = setup();
    let folder = setup.folder.path().to_owned();
    setup.service = locked(&folder, false);
    setup.embedded = vec![chooser().to_vec()];
    let host = setup.open().await;
    let newer = taken(&host, "mine.wasm", &variant(chooser(), 1)).await;
    let shipped = || vec![chooser().to_vec()];
    let again = common::over(&folder, shipped(), locked(&folder, true)).await.unwrap();
    let serving: Vec<_> = again.list().into_iter().filter(|one| one.state == State::Serving).collect();
    assert_eq!(serving.iter().map(|one| one.digest).collect::<Vec<_>>(), [Some(newer)]);
    drop(again);
    // Without it the shipped one would serve, which the lock does not have.
    std::fs::remove_file(host.path("mine.wasm")).unwrap();
    let without = common::over(&folder, shipped(), locked(&folder, true)).await;
    assert!(matches!(without, Err(PluginError::Locked(why)) if why.contains(&newer.short())));
}
