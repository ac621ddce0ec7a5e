//! Files that come, change and go, under calls.

mod folders;

use crate::common::{
    self, NAME, OTHER_NAME, OTHER_PROGRAM, PROGRAM, VERSION, chooser, compressor, executor, granted, request,
    rewritten, setup, std_chooser, variant,
};
use jackfield_plugins::{Change, CheckVerdict, State};
use jackfield_types::PluginKind;
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

fn version(number: u32) -> Vec<u8> {
    rewritten(&variant(chooser(), number), VERSION, &format!("{number}.4.2"))
}

async fn with_chooser() -> common::Host {
    let mut setup = setup();
    setup.embedded = vec![chooser().to_vec()];
    setup.open().await
}

#[tokio::test]
async fn a_dropped_file_serves_the_next_call_and_the_embedded_one_is_back_when_it_goes() {
    let mut host = with_chooser().await;
    host.plugins.watch().unwrap();
    let embedded = host.choose("well").await.unwrap().plugin;
    host.drop_in("mine.wasm", &rewritten(chooser(), VERSION, "2.4.2"));
    let event = host.event(Change::Serving).await;
    let called = host.choose("well").await.unwrap();
    assert_eq!(called.plugin.version, "2.4.2");
    assert_eq!((event.from, event.to), (Some(embedded.digest), Some(called.plugin.digest)));
    let steps: Vec<_> = event.steps.iter().map(|step| step.step).collect();
    let all = [
        State::Settling,
        State::Parsing,
        State::CheckingWorld,
        State::Linking,
        State::Compiling,
        State::SelfCheck,
        State::CheckingGrants,
    ];
    assert_eq!(steps, all);

    std::fs::remove_file(host.path("mine.wasm")).unwrap();
    let event = host.event(Change::Retired).await;
    assert_eq!(event.to, Some(embedded.digest));
    assert_eq!(host.choose("well").await.unwrap().plugin, embedded);
}

#[tokio::test]
async fn better_code_follows_the_first_and_is_there_at_once_the_next_time() {
    let mut host = with_chooser().await;
    let event = host.event(Change::Optimised).await;
    let list = host.plugins.list();
    assert_eq!(list[0].compiled, Some(jackfield_plugins::Compiled::Optimised));
    assert_eq!(event.to, list[0].digest);
    let folder = host.folder;
    drop(host.plugins);
    let mut setup = setup();
    setup.folder = folder;
    setup.embedded = vec![chooser().to_vec()];
    let host = setup.open().await;
    assert_eq!(host.plugins.list()[0].compiled, Some(jackfield_plugins::Compiled::Optimised));
    assert!(host.choose("well").await.is_ok());
}

#[tokio::test]
async fn damaged_code_in_the_cache_is_made_again() {
    let mut host = with_chooser().await;
    host.event(Change::Optimised).await;
    let folder = host.folder;
    drop(host.plugins);
    let mut damaged = 0;
    for engine in std::fs::read_dir(folder.path().join("data/compiled")).unwrap() {
        for file in std::fs::read_dir(engine.unwrap().path()).unwrap() {
            let file = file.unwrap().path();
            if file.extension().is_some_and(|extension| extension == "cwasm") {
                let mut code = std::fs::read(&file).unwrap();
                let middle = code.len() / 2;
                code[middle] ^= 1;
                // Replaced and not written over: the first host may still have it mapped.
                std::fs::remove_file(&file).unwrap();
                std::fs::write(&file, code).unwrap();
                damaged += 1;
            }
        }
    }
    assert!(damaged >= 1);
    let mut setup = setup();
    setup.folder = folder;
    setup.embedded = vec![chooser().to_vec()];
    assert!(setup.open().await.choose("well").await.is_ok());
}

#[tokio::test]
async fn a_half_written_file_is_waited_for_without_a_complaint() {
    let mut host = with_chooser().await;
    host.plugins.watch().unwrap();
    let bytes = rewritten(chooser(), VERSION, "3.4.2");
    let path = host.path("slow.wasm");
    for part in bytes.chunks(bytes.len() / 4) {
        // Opened and closed for each part: even a closed file may not be whole.
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&path).unwrap();
        file.write_all(part).unwrap();
        drop(file);
        let looked = host.plugins.list().into_iter().any(|status| status.state == State::Rejected);
        assert!(!looked, "a file on its way is no error");
        tokio::task::yield_now().await;
    }
    let event = host.event(Change::Serving).await;
    assert_eq!(event.version.as_deref(), Some("3.4.2"));
    assert!(!host.path("slow.wasm.rejected.txt").exists());
}

#[tokio::test]
async fn a_file_that_is_no_good_is_rejected_and_what_served_before_goes_on() {
    let mut host = with_chooser().await;
    host.drop_in("mine.wasm", &rewritten(chooser(), VERSION, "2.4.2"));
    host.plugins.rescan().await.unwrap();
    let serving = host.choose("well").await.unwrap().plugin;

    let no_world: &[u8] = b"\0asm\x0d\0\x01\0";
    let cut = &chooser()[..chooser().len() / 2];
    let newer = rewritten(chooser(), "choosing@1.1.0", "choosing@2.0.0");
    let nameless = rewritten(chooser(), NAME, "Guest Name A");
    let cases: [(&[u8], &str); 5] = [
        (b"\0asm\x01\0\0\0", "core WebAssembly module"),
        (no_world, "exports no world"),
        (cut, "not a whole WebAssembly component"),
        (&newer, "this host speaks 1.1.0"),
        (&nameless, "is not 1 to 64 of a-z"),
    ];
    for (bytes, why) in cases {
        host.drop_in("mine.wasm", bytes);
        host.plugins.rescan().await.unwrap();
        let event = host.event(Change::Rejected).await;
        assert!(event.why.contains(why), "{}", event.why);
        let note = std::fs::read_to_string(host.path("mine.wasm.rejected.txt")).unwrap();
        assert!(note.contains(why) && note.contains("goes on serving"), "{note}");
        assert_eq!(host.choose("well").await.unwrap().plugin, serving);
        let list = host.plugins.list();
        assert!(list.iter().any(|status| status.state == State::Rejected), "{list:?}");
    }

    host.drop_in("mine.wasm", &rewritten(chooser(), VERSION, "2.4.3"));
    host.plugins.rescan().await.unwrap();
    assert_eq!(host.choose("well").await.unwrap().plugin.version, "2.4.3");
    assert!(!host.path("mine.wasm.rejected.txt").exists(), "a good one takes the note away");
}

#[tokio::test]
async fn a_component_that_fails_its_self_check_never_serves() {
    let mut host = with_chooser().await;
    // Both of its levels have the same name.
    host.drop_in("mine.wasm", &rewritten(compressor(), "level-two", "level-one"));
    host.plugins.rescan().await.unwrap();
    let event = host.event(Change::Rejected).await;
    assert!(event.why.starts_with("self-check: ") && event.why.contains("is there twice"), "{}", event.why);
    assert!(host.plugins.levels().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_swaps_good_and_bad_under_constant_calls_fail_none_of_them() {
    let mut host = with_chooser().await;
    host.plugins.watch().unwrap();
    let ended = Arc::new(AtomicBool::new(false));
    let calls: Vec<_> = (0..3)
        .map(|_| {
            let (plugins, ended) = (host.plugins.clone(), ended.clone());
            tokio::spawn(async move {
                let mut seen = BTreeSet::new();
                let (task, candidates) = (common::task("well"), common::candidates());
                while !ended.load(Ordering::Relaxed) {
                    let called = plugins.choose(common::now(), &task, &candidates, &common::budget()).await;
                    let called = called.expect("no call fails because of a swap");
                    assert_eq!(called.instead, None);
                    seen.insert(called.plugin.digest);
                    tokio::task::yield_now().await;
                }
                seen
            })
        })
        .collect();
    let mut served = BTreeSet::new();
    let no_good: [&[u8]; 4] = [
        b"\0asm\x01\0\0\0",
        &[chooser(), &[0xff; 64]].concat(),
        &rewritten(chooser(), "choosing@1.1.0", "choosing@9.0.0"),
        &rewritten(chooser(), "jackfield:plugin/log@1.1.0", "jackfield:plugin/lag@1.1.0"),
    ];
    for number in 0..200 {
        if number % 5 == 4 {
            let before = host.choose("well").await.unwrap().plugin;
            host.drop_in("mine.wasm", no_good[number as usize / 5 % 4]);
            host.event(Change::Rejected).await;
            assert_eq!(host.choose("well").await.unwrap().plugin, before);
            continue;
        }
        host.drop_in("mine.wasm", &variant(chooser(), number));
        let event = host.event(Change::Serving).await;
        served.insert(event.to.unwrap());
        let called = host.choose("well").await.unwrap();
        assert_eq!(
            Some(called.plugin.digest),
            event.to,
            "a call after the swap is served by the new version"
        );
    }
    ended.store(true, Ordering::Relaxed);
    assert_eq!(served.len(), 160);
    for call in calls {
        let seen = call.await.unwrap();
        let unknown = seen.difference(&served).count();
        assert!(unknown <= 1, "all but the embedded one were swapped in");
    }
}

#[tokio::test]
async fn an_attempt_keeps_its_adapter_while_it_is_swapped() {
    let mut setup = setup();
    setup.grants = granted(&[PROGRAM], &["VARIABLE_NAME_A"]);
    setup.embedded = vec![executor().to_vec()];
    let host = setup.open().await;
    let mut drive = host.plugins.drive(NAME).await.unwrap();
    let before = drive.plugin().clone();
    let command = drive.plan(&request("hello")).await.unwrap().unwrap();
    assert_eq!(command.argv, [PROGRAM, "hello"]);
    drive.begin(&request("hello")).await.unwrap();
    drive.feed(b"one ").await.unwrap();

    host.drop_in("mine.wasm", &variant(executor(), 1));
    host.plugins.rescan().await.unwrap();
    drive.feed(b"two").await.unwrap();
    let outcome = drive.finish(common::exit()).await.unwrap();
    assert_eq!(outcome.text, "one two in 2 calls, code Some(0)");
    assert_eq!(drive.plugin(), &before);
    assert_ne!(host.plugins.drive(NAME).await.unwrap().plugin().digest, before.digest);
}

#[tokio::test]
async fn a_component_under_a_shipped_name_is_held_until_it_is_granted() {
    let mut setup = setup();
    setup.embedded = vec![executor().to_vec()];
    let host = setup.open().await;
    let shipped = host.plugins.executors()[0].plugin.clone();
    host.drop_in("helpful.wasm", &variant(executor(), 1));
    host.plugins.rescan().await.unwrap();
    assert_eq!(host.plugins.executors()[0].plugin, shipped, "what is shipped serves on");
    let list = host.plugins.list();
    let held = list.iter().find(|one| one.state == jackfield_plugins::State::Held).unwrap();
    let replaced = held.replaces.as_ref().unwrap();
    assert_eq!((&replaced.plugin, replaced.shipped), (&shipped, true));
    let reason = held.reason.as_ref().unwrap();
    let line = held.missing.line(PluginKind::Executor, NAME);
    assert!(line.contains(PROGRAM) && line.contains("VARIABLE_NAME_A") && reason.contains(&line), "{reason}");
    let name =
        format!("It would replace the shipped executor {NAME} {VERSION} (digest {})", shipped.digest.short());
    assert!(reason.contains(&name), "{reason}");
    let check = host.plugins.check(&host.path("helpful.wasm")).await.unwrap();
    assert!(matches!(check.verdict, CheckVerdict::WouldBeHeld { .. }), "{:?}", check.verdict);
    assert_eq!(check.replaces.map(|other| other.plugin), Some(shipped));

    // The very bytes that are shipped need nothing.
    host.drop_in("helpful.wasm", executor());
    host.plugins.rescan().await.unwrap();
    assert!(host.plugins.list().iter().all(|one| one.state != jackfield_plugins::State::Held));

    host.drop_in("helpful.wasm", &variant(executor(), 2));
    host.plugins.rescan().await.unwrap();
    host.plugins.regrant(granted(&[PROGRAM], &["VARIABLE_NAME_A"])).await.unwrap();
    let inspected = host.plugins.inspect(None, NAME).unwrap();
    assert_eq!(inspected.status.file, Some(host.path("helpful.wasm")));
    assert!(inspected.granted_to_name.programs.contains(PROGRAM));
}

#[tokio::test]
async fn an_executor_runs_the_instruction_as_a_command_where_it_says_so_or_is_old_and_starts_a_shell() {
    for (bytes, runs) in
        [(executor().to_vec(), false), (rewritten(executor(), "as-prompt", "sh-prompt"), true)]
    {
        let mut setup = setup();
        setup.embedded = vec![bytes];
        assert_eq!(setup.open().await.plugins.executors()[0].runs_as_command, runs);
    }
    let published =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/published/1.0.0/executor.wasm");
    let old = std::fs::read(published).unwrap();
    for (bytes, runs) in [(old.clone(), false), (rewritten(&old, PROGRAM, "busybox-1.36.1"), true)] {
        let mut setup = setup();
        setup.embedded = vec![bytes];
        assert_eq!(setup.open().await.plugins.executors()[0].runs_as_command, runs);
    }
}

#[tokio::test]
async fn an_executor_that_asks_for_more_than_it_was_granted_is_held_until_it_is_granted() {
    let mut setup = setup();
    setup.grants = granted(&[PROGRAM], &["VARIABLE_NAME_A"]);
    setup.embedded = vec![executor().to_vec()];
    let mut host = setup.open().await;
    let more = rewritten(executor(), PROGRAM, OTHER_PROGRAM);
    host.drop_in("mine.wasm", &more);
    host.plugins.rescan().await.unwrap();
    let event = host.event(Change::Held).await;
    let line = format!("executor.{NAME} = {{ programs = [\"{OTHER_PROGRAM}\"] }}");
    assert!(event.why.contains(&line), "{}", event.why);
    assert_eq!(host.plugins.executors()[0].description.programs[0].name, PROGRAM);
    let check = host.plugins.check(&host.path("mine.wasm")).await.unwrap();
    assert!(matches!(&check.verdict, CheckVerdict::WouldBeHeld { line: said, .. } if *said == line));

    host.plugins.regrant(granted(&[OTHER_PROGRAM], &["VARIABLE_NAME_A"])).await.unwrap();
    assert_eq!(host.plugins.executors()[0].description.programs[0].name, OTHER_PROGRAM);
}

#[tokio::test]
async fn the_newest_chooser_serves_unless_one_is_named() {
    let newest = with_chooser().await;
    newest.drop_in("b.wasm", &rewritten(chooser(), NAME, OTHER_NAME));
    newest.plugins.rescan().await.unwrap();
    assert_eq!(newest.choose("well").await.unwrap().plugin.name, OTHER_NAME);

    let mut named = setup();
    named.embedded = vec![chooser().to_vec()];
    named.chooser = Some(NAME.to_owned());
    let named = named.open().await;
    named.drop_in("b.wasm", &rewritten(chooser(), NAME, OTHER_NAME));
    named.plugins.rescan().await.unwrap();
    assert_eq!(named.choose("well").await.unwrap().plugin.name, NAME);
}

#[tokio::test]
async fn a_component_with_the_whole_standard_library_sees_nothing_of_the_machine() {
    let mut setup = setup();
    setup.embedded = vec![std_chooser().to_vec()];
    let host = setup.open().await;
    let called = host.choose("look-around").await.unwrap();
    let reason = &called.value[0].reason;
    let expected = "files false network false environment 0 arguments 0 now 1800000000123 random ";
    assert!(reason.starts_with(expected), "{reason}");
    let again = host.choose("look-around").await.unwrap();
    assert_ne!(called.seed, again.seed);
    assert_ne!(*reason, again.value[0].reason, "random numbers follow from the seed of the call");
}

#[tokio::test]
async fn a_check_says_what_would_happen_and_changes_nothing() {
    let host = with_chooser().await;
    let serving = host.choose("well").await.unwrap().plugin;
    let file = host.folder.path().join("candidate.wasm");
    std::fs::write(&file, rewritten(chooser(), VERSION, "2.4.2")).unwrap();
    let report = host.plugins.check(&file).await.unwrap();
    assert_eq!(report.verdict, CheckVerdict::WouldServe);
    assert_eq!(report.plugin.unwrap().version, "2.4.2");
    assert!(report.imports.iter().any(|import| import == "jackfield:plugin/log@1.1.0"));
    assert_eq!(host.choose("well").await.unwrap().plugin, serving);
    assert_eq!(host.plugins.list().len(), 1);

    std::fs::write(&file, b"\0asm\x01\0\0\0").unwrap();
    let report = host.plugins.check(&file).await.unwrap();
    assert!(matches!(report.verdict, CheckVerdict::WouldBeRejected { step: State::Parsing, .. }));
}

#[tokio::test]
async fn calls_together_keep_within_the_memory_that_all_may_have_and_every_one_is_answered() {
    let mut setup = setup();
    setup.embedded = vec![chooser().to_vec()];
    setup.limits = jackfield_plugins::KindLimits::generous();
    for limit in [
        &mut setup.limits.executor,
        &mut setup.limits.chooser,
        &mut setup.limits.compressor,
        &mut setup.limits.judge,
        &mut setup.limits.gate,
    ] {
        limit.memory_bytes = 32 << 20;
        limit.cpu = std::time::Duration::from_secs(10);
        limit.wall = std::time::Duration::from_secs(60);
    }
    setup.instances = 16;
    setup.memory_bytes = 64 << 20;
    let host = Arc::new(setup.open().await);
    let calls: Vec<_> = (0..12)
        .map(|_| {
            let host = host.clone();
            tokio::spawn(async move { host.choose("hog").await.map(|called| called.value.len()) })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), 1);
    }
    let [(_, calls), _] = host.plugins.memory();
    assert_eq!((calls.reserved_bytes, calls.limit_bytes), (0, 32 << 20));
    assert!(calls.waited > 0, "two of twelve megabytes fit into thirty-two: {calls:?}");
    let status = host.plugins.list().remove(0);
    assert_eq!((status.failures, status.state), (0, State::Serving), "waiting is no fault of its own");
}

#[tokio::test]
async fn what_serves_is_asked_of_the_host_that_serves() {
    let mut host = with_chooser().await;
    let store = host.folder.path().join("data");
    let asked = async || jackfield_plugins::view_of_server(&store).await.unwrap();
    assert!(asked().await.is_none(), "nobody serves");
    host.plugins.watch().unwrap();
    host.drop_in("mine.wasm", &rewritten(&version(2), NAME, OTHER_NAME));
    host.event(Change::Serving).await;
    host.choose("well").await.unwrap();
    let view = asked().await.unwrap();
    assert_eq!(view.process, std::process::id());
    let of = |name: &str| view.plugins.iter().find(|one| one.name.as_deref() == Some(name)).unwrap();
    assert_eq!(
        (of(OTHER_NAME).calls, of(OTHER_NAME).asked_for.as_slice()),
        (1, &["choose".into(), "next".into()][..])
    );
    assert!(of(NAME).asked_for.is_empty());
    let reason = of(NAME).reason.clone().unwrap();
    assert!(reason.starts_with("not in use: ") && reason.contains(OTHER_NAME), "{reason}");
}
