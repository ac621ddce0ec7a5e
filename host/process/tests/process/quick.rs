//! Commands that the host waits for.

use crate::support::{Scene, marked};
use jackfield_process::{Launcher, ProcessError, QuickSpec, host_environment, run_quick};
use std::path::Path;
use std::time::Duration;

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
