//! Commands that the host waits for.

use crate::support::{Scene, marked};
use jackfield_process::{Launcher, ProcessError, QuickSpec, host_environment, run_contained, run_quick};
use std::path::Path;
use std::time::{Duration, Instant};

fn script(folder: &Path, script: &str) -> QuickSpec {
    QuickSpec {
        argv: ["sh", "-c", script].map(Into::into).into(),
        environment: host_environment(),
        cwd: folder.to_owned(),
        stdin: Vec::new(),
        timeout: Duration::from_secs(60),
        output_cap: 64 * 1024,
    }
}

async fn scene() -> Scene {
    Scene::new(Launcher::tracked().await.unwrap())
}

#[tokio::test]
async fn a_quick_command_reads_its_input_and_tells_its_output_and_code() {
    let scene = scene().await;
    let mut spec = script(scene.folder.path(), "tr a-z A-Z; echo oops >&2; exit 3");
    spec.stdin = b"loud\n".repeat(100_000);
    spec.output_cap = 10_000_000;
    let quick = run_quick(spec.clone()).await.unwrap();
    assert_eq!((quick.code, quick.signal, quick.timed_out, quick.left_out), (Some(3), None, false, 0));
    assert_eq!(quick.stdout, b"LOUD\n".repeat(100_000));
    assert_eq!(quick.stderr, b"oops\n");

    spec.output_cap = 10;
    let quick = run_quick(spec).await.unwrap();
    assert_eq!(quick.stdout, b"LOUD\n\n[499990 bytes left out]\nLOUD\n");
}

#[tokio::test]
async fn a_command_that_takes_too_long_is_ended_with_all_it_started() {
    let scene = scene().await;
    let text = "trap '' TERM; setsid sleep MARK & echo begun; sleep MARK".replace("MARK", &scene.marker);
    let spec = QuickSpec { timeout: Duration::from_millis(300), ..script(scene.folder.path(), &text) };
    let quick = run_quick(spec).await.unwrap();
    assert_eq!((quick.code, quick.signal, quick.timed_out), (None, Some(9), true));
    assert_eq!(quick.stdout, b"begun\n");
    assert_eq!(scene.left(), [0; 0]);
}

#[tokio::test]
async fn a_command_that_exits_leaves_nothing_and_keeps_nobody_waiting() {
    let scene = scene().await;
    let text = "sleep MARK & setsid sleep MARK & echo done".replace("MARK", &scene.marker);
    let quick = run_quick(script(scene.folder.path(), &text)).await.unwrap();
    assert!(quick.is_success(), "{quick:?}");
    assert_eq!(quick.stdout, b"done\n");
    assert_eq!(scene.left(), [0; 0]);
}

#[tokio::test]
async fn giving_up_on_a_command_ends_it() {
    let scene = scene().await;
    let text = "touch begun; sleep MARK & sleep MARK".replace("MARK", &scene.marker);
    let (marker, begun) = (scene.marker.clone(), scene.path("begun"));
    let both = async move {
        while !begun.exists() || marked(&marker).len() < 2 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        quick = run_quick(script(scene.folder.path(), &text)) => panic!("it ended: {quick:?}"),
        () = both => (),
    }
    while !scene.left().is_empty() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_command_that_is_not_installed_is_named() {
    let scene = scene().await;
    let spec = QuickSpec { argv: vec!["no-such-probe".into()], ..script(scene.folder.path(), "") };
    let error = run_quick(spec).await.unwrap_err();
    assert!(matches!(&error, ProcessError::NoProgram { program } if program == "no-such-probe"), "{error:?}");
}

#[tokio::test]
async fn output_is_whole_however_late_it_is_read() {
    let scene = scene().await;
    // The only thread is taken for longer than a second, again and again, as on a machine with too much to do.
    let busy = tokio::spawn(async {
        loop {
            std::thread::sleep(Duration::from_millis(1100));
            tokio::task::yield_now().await;
        }
    });
    for _ in 0..3 {
        let quick = run_quick(script(scene.folder.path(), "echo out; echo err >&2")).await.unwrap();
        assert_eq!(
            (quick.stdout.as_slice(), quick.stderr.as_slice()),
            (b"out\n".as_slice(), b"err\n".as_slice())
        );
    }
    busy.abort();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_output_of_300_commands_at_once_is_whole() {
    let scene = scene().await;
    let folder = scene.folder.path().to_owned();
    let one = |number: usize| {
        let argv = vec!["echo".into(), number.to_string().into()];
        let spec = QuickSpec { argv, ..script(&folder, "") };
        async move { (number, run_quick(spec).await.unwrap()) }
    };
    let all: Vec<_> = (0..300).map(|number| tokio::spawn(one(number))).collect();
    for done in all {
        let (number, quick) = done.await.unwrap();
        assert_eq!((quick.code, quick.stdout), (Some(0), format!("{number}\n").into_bytes()));
    }
}

#[tokio::test]
async fn a_contained_command_leaves_nothing_and_sees_nothing_of_the_host() {
    if Launcher::detect().await.unwrap().containment() != jackfield_process::Containment::PidNamespace {
        eprintln!("SKIPPED, because no PID namespace is allowed here");
        return;
    }
    let scene = scene().await;
    // It sheds its parent, its group and its environment.
    let text = "env -i setsid sh -c 'sleep MARK & sleep MARK' </dev/null >/dev/null 2>&1 & sleep 0.2; \
                cat /proc/*/environ | tr '\\0' '\\n' | grep -c '^CARGO'; echo done"
        .replace("MARK", &scene.marker);
    let mut spec = script(scene.folder.path(), &text);
    spec.environment = [("PATH".into(), std::env::var_os("PATH").unwrap())].into();
    assert!(std::env::var_os("CARGO").is_some(), "the host's environment holds what is looked for");
    let quick = run_contained(spec, None, std::future::pending()).await.unwrap();
    assert_eq!(quick.stdout, b"0\ndone\n", "{quick:?}");
    assert_eq!(scene.left(), [0; 0]);
}

#[tokio::test]
async fn a_contained_command_ends_when_it_is_enough_and_writes_no_larger_file_than_it_may() {
    let scene = scene().await;
    let text = "env -i setsid sleep MARK & sleep MARK".replace("MARK", &scene.marker);
    let began = Instant::now();
    let enough = tokio::time::sleep(Duration::from_millis(300));
    let quick = run_contained(script(scene.folder.path(), &text), None, enough).await.unwrap();
    assert!(quick.timed_out && began.elapsed() < Duration::from_secs(20), "{quick:?}");
    assert_eq!(scene.left(), [0; 0]);

    let text = "head -c 3000000 /dev/zero > big; wc -c < big; exit 7";
    let spec = script(scene.folder.path(), text);
    let quick = run_contained(spec, Some(1 << 20), std::future::pending()).await.unwrap();
    assert_eq!((quick.code, quick.stdout), (Some(7), b"1048576\n".to_vec()));
}
