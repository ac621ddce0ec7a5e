//! However an agent and its tools resist, nothing of them is left.

use crate::support::{Scene, said_ready};
use jackfield_process::{Containment, Exited, Fate, Grace, Lease, Spec, Stage, activity};
use std::time::Duration;

const BRIEF: Grace = Grace { interrupt: Duration::from_millis(50), terminate: Duration::from_millis(50) };
const LONG: Grace = Grace { interrupt: Duration::from_secs(60), terminate: Duration::from_secs(60) };

/// What an agent may start, each with a process that carries the marker. The agent lives on.
const RESISTING: &[(&str, &str)] = &[
    ("ignores everything it can", "trap '' INT TERM HUP; echo ready; sleep MARK; sleep MARK"),
    ("a daemon", "(setsid nohup sh -c 'nohup sleep MARK & echo ready' &) ; sleep MARK"),
    ("a daemon without an environment", "(env -i setsid sh -c 'sleep MARK & echo ready' &) ; sleep MARK"),
    (
        "a tool without an environment, in a session of its own",
        "env -i setsid sleep MARK >/dev/null 2>&1 & echo ready; wait",
    ),
    (
        "a tool in a group of its own that ignores TERM",
        r#"setsid sh -c "trap '' TERM INT; echo ready; while :; do sleep MARK; done" & wait"#,
    ),
    ("forks for ever", "fork() { sleep MARK & sleep 0.01; }; echo ready; while :; do fork; done"),
    (
        "forks for ever, in sessions of its own",
        "echo ready; trap '' INT TERM; while :; do setsid sleep MARK & sleep 0.01; done",
    ),
];

#[tokio::test]
async fn whatever_an_agent_starts_it_is_ended_with_it() {
    for (what, script) in RESISTING {
        for scene in Scene::each().await {
            let mut running = scene.start_ready(script).await;
            let how = running.identity().containment;
            running.end(BRIEF).await.unwrap();
            assert_eq!(scene.left(), [0; 0], "{what}, {how:?}");
            assert!(!running.identity().is_alive());
        }
    }
}

#[tokio::test]
async fn what_an_agent_leaves_behind_is_ended_when_it_exits_by_itself() {
    let scripts = [
        "sleep MARK & exit 0",
        "nohup sleep MARK >/dev/null 2>&1 & exit 0",
        "setsid sleep MARK >/dev/null 2>&1 & exit 0",
        "setsid sh -c 'setsid sleep MARK & sleep MARK' & exit 0",
        "env -i sleep MARK & exit 0",
        // Without a namespace, its standard output is all that still tells whose it is.
        "env -i setsid sleep MARK & sleep 0.05; exit 0",
    ];
    for script in scripts {
        for scene in Scene::each().await {
            let mut running = scene.start(script);
            let how = running.identity().containment;
            assert_eq!(
                running.wait().await.unwrap(),
                Exited { code: Some(0), signal: None },
                "{script}, {how:?}"
            );
            assert_eq!(scene.left(), [0; 0], "{script}, {how:?}");
            assert_eq!(running.wait().await.unwrap().code, Some(0), "asking again gives the same answer");
        }
    }
}

#[tokio::test]
async fn an_agent_is_asked_before_it_is_killed() {
    for scene in Scene::each().await {
        let wait = "echo ready; sleep MARK & while :; do wait; done";
        let mut polite = scene.start_ready(&format!("trap 'echo bye; exit 7' INT; {wait}")).await;
        let ended = polite.end(LONG).await.unwrap();
        assert_eq!((ended.stage, ended.exited.code), (Stage::Interrupt, Some(7)));
        assert!(scene.read("stdout").ends_with("bye\n"));

        let scene = Scene::new(scene.launcher.clone());
        let mut deaf = scene.start_ready(&format!("trap '' INT; trap 'exit 8' TERM; {wait}")).await;
        let ended = deaf.end(Grace { interrupt: BRIEF.interrupt, ..LONG }).await.unwrap();
        assert_eq!((ended.stage, ended.exited.code), (Stage::Terminate, Some(8)));

        let scene = Scene::new(scene.launcher.clone());
        let mut stubborn = scene.start_ready(&format!("trap '' INT TERM; {wait}")).await;
        let ended = stubborn.end(BRIEF).await.unwrap();
        assert_eq!((ended.stage, ended.exited.signal), (Stage::Kill, Some(9)));
        assert_eq!(scene.left(), [0; 0]);
        let again = stubborn.end(LONG).await.unwrap();
        assert_eq!(again.stage, Stage::Itself, "what has ended is not ended again");
    }
}

#[tokio::test]
async fn an_exit_code_and_a_signal_of_the_same_number_are_told_apart() {
    let stories = [
        ("exit 0", Some(0), None),
        ("exit 143", Some(143), None),
        ("exit 255", Some(255), None),
        ("kill -TERM $$", None, Some(15)),
        ("kill -INT $$", None, Some(2)),
        ("kill -KILL $$", None, Some(9)),
    ];
    for (script, code, signal) in stories {
        for scene in Scene::each().await {
            let exited = scene.start(script).wait().await.unwrap();
            assert_eq!(exited, Exited { code, signal }, "{script}");
        }
    }
}

#[tokio::test]
async fn giving_up_waiting_does_nothing_to_the_agent() {
    for scene in Scene::each().await {
        let mut running =
            scene.start_ready("echo ready; while [ ! -e go ]; do sleep 0.01; done; exit 4").await;
        assert!(tokio::time::timeout(Duration::from_millis(20), running.wait()).await.is_err());
        assert!(running.identity().is_alive());
        std::fs::write(scene.path("go"), "").unwrap();
        assert_eq!(running.wait().await.unwrap().code, Some(4));
    }
}

#[tokio::test]
async fn output_cpu_and_tools_are_signs_of_life() {
    for scene in Scene::each().await {
        let script = "echo ready; while [ ! -e go ]; do :; done; echo more; sleep MARK & sleep MARK & wait";
        let mut running = scene.start_ready(script).await;
        let first = activity(running.identity()).unwrap();
        assert_eq!((first.output_bytes, first.processes), (6, 1));
        let mut later = first;
        while later.cpu_ticks <= first.cpu_ticks {
            tokio::task::yield_now().await;
            later = activity(running.identity()).unwrap();
        }
        std::fs::write(scene.path("go"), "").unwrap();
        while later.processes < 3 {
            tokio::task::yield_now().await;
            later = activity(running.identity()).unwrap();
        }
        assert_eq!(later.output_bytes, 11);
        running.end(Grace::NONE).await.unwrap();
        assert_eq!(activity(running.identity()), None);
    }
}

#[tokio::test]
async fn an_agent_whose_lease_has_run_out_ends_even_where_nobody_looks_after_it() {
    for scene in Scene::each().await {
        let lease = Lease::kept_in(scene.path("the host's lease"));
        lease.renew(Lease::now().unwrap() + Duration::from_secs(60)).unwrap();
        // Its tool ignores every signal that can be ignored, and nobody waits for either.
        let script = "trap '' INT TERM HUP; echo ready; sleep MARK & sleep MARK";
        let spec = Spec { lease: Some(lease.file().to_owned()), ..scene.script(script) };
        let held = scene.launcher.prepare(spec).unwrap();
        let identity = held.identity().clone();
        drop(held.release().unwrap());
        said_ready(&identity).await;
        // Its tool begins a moment after the word.
        while scene.left().is_empty() {
            tokio::task::yield_now().await;
        }
        lease.renew(Lease::now().unwrap()).unwrap();
        for _ in 0..100 {
            // Its gate goes a moment after its processes.
            if scene.left().is_empty() && !identity.is_alive() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(scene.left(), [0; 0], "{:?}", identity.containment);
        assert!(!identity.is_alive() && identity.fate() == Fate::Started, "its end went unseen");
    }
}

#[tokio::test]
async fn agent_in_a_session_of_its_own_ends_with_its_lease() {
    for scene in Scene::each().await {
        if scene.launcher.containment() != Containment::PidNamespace {
            continue;
        }
        let lease = Lease::kept_in(scene.path("lease"));
        lease.renew(Lease::now().unwrap() + Duration::from_secs(2)).unwrap();
        let script = "exec setsid sh -c 'echo ready; sleep MARK'";
        let spec = Spec { lease: Some(lease.file().to_owned()), ..scene.script(script) };
        let held = scene.launcher.prepare(spec).unwrap();
        let identity = held.identity().clone();
        drop(held.release().unwrap());
        said_ready(&identity).await;
        for _ in 0..100 {
            if scene.left().is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(scene.left(), [0; 0]);
    }
}

#[tokio::test]
async fn watch_of_a_lease_is_no_sign_of_life() {
    for scene in Scene::each().await {
        let lease = Lease::kept_in(scene.path("lease"));
        lease.renew(Lease::now().unwrap() + Duration::from_secs(600)).unwrap();
        let script = "echo ready; exec sleep MARK";
        let spec = Spec { lease: Some(lease.file().to_owned()), ..scene.script(script) };
        let mut running = scene.launcher.prepare(spec).unwrap().release().unwrap();
        said_ready(running.identity()).await;
        let mut samples = Vec::new();
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_millis(700)).await;
            samples.push(activity(running.identity()).unwrap());
        }
        assert_eq!(samples.last().unwrap().processes, 1, "{:?}", running.identity().containment);
        assert!(samples.windows(2).all(|pair| pair[0] == pair[1]), "{samples:?}");
        running.end(Grace::NONE).await.unwrap();
        assert_eq!(scene.left(), [0; 0]);
    }
}

#[tokio::test]
async fn an_agent_whose_lease_is_renewed_works_on_and_ends_by_itself() {
    for scene in Scene::each().await {
        let lease = Lease::kept_in(scene.path("lease"));
        let renew = || lease.renew(Lease::now().unwrap() + Duration::from_secs(5)).unwrap();
        renew();
        let spec = Spec { lease: Some(lease.file().to_owned()), ..scene.script("sleep 4; exit 3") };
        let mut running = scene.launcher.prepare(spec).unwrap().release().unwrap();
        let exited = loop {
            tokio::select! {
                exited = running.wait() => break exited.unwrap(),
                () = tokio::time::sleep(Duration::from_millis(500)) => renew(),
            }
        };
        assert_eq!(exited, Exited { code: Some(3), signal: None }, "{:?}", running.identity().containment);
        assert_eq!(scene.left(), [0; 0]);
    }
}
