//! A host that is killed loses no agent, and starts none that it did not know.

use crate::support::{Scene, marked, said_ready, spec};
use jackfield_process::{Containment, Fate, Grace, Identity, Launcher, Stage, adopt, end_leftovers};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const FOLDER: &str = "JACKFIELD_TEST_HOST_FOLDER";
const STORY: &str = "JACKFIELD_TEST_HOST_STORY";

/// A host of its own, which a test can kill: prepares an agent, tells its identity, and, where the story says
/// so, releases it. Then it waits to be killed.
#[tokio::test]
#[ignore = "other tests run it, as a process of its own"]
async fn a_host_to_be_killed() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let story = std::env::var(STORY).unwrap();
    let [way, until, marker, script] = story.splitn(4, '|').collect::<Vec<_>>().try_into().unwrap();
    let launcher =
        if way == "namespace" { Launcher::detect().await } else { Launcher::tracked().await }.unwrap();
    let spec = spec(Path::new(&folder), &["sh", "-c", script], marker);
    let held = launcher.prepare(spec).unwrap();
    let file = Path::new(&folder).join("identity");
    std::fs::write(file, serde_json::to_vec(held.identity()).unwrap()).unwrap();
    if until == "held" {
        println!("\nholding");
        std::future::pending::<()>().await;
    }
    let running = held.release().unwrap();
    said_ready(running.identity()).await;
    println!("\nreleased");
    std::future::pending::<()>().await;
}

/// Runs such a host up to where its story stands still, and kills it.
fn killed_host(scene: &Scene, released: bool, script: &str) -> Identity {
    let way = if scene.launcher.containment() == Containment::PidNamespace { "namespace" } else { "tracked" };
    let released = if released { "released" } else { "held" };
    let story = format!("{way}|{released}|{}|{}", scene.marker, script.replace("MARK", &scene.marker));
    let mut host: Child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "adoption::a_host_to_be_killed", "--nocapture"])
        .env(FOLDER, scene.folder.path())
        .env(STORY, story)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(host.stdout.take().unwrap()).lines();
    assert!(
        lines.any(|line| matches!(line.unwrap().as_str(), "holding" | "released")),
        "it did not get there"
    );
    host.kill().unwrap();
    host.wait().unwrap();
    serde_json::from_str(&scene.read("identity")).unwrap()
}

#[tokio::test]
async fn a_host_killed_before_the_release_leaves_no_agent() {
    for scene in Scene::each().await {
        let identity = killed_host(&scene, false, "touch ran; sleep MARK");
        if let Some(mut gate) = adopt(identity.clone()) {
            assert!(gate.wait().await.is_err(), "the gate should have ended without starting anything");
        }
        assert_eq!(identity.fate(), Fate::NeverStarted);
        assert!(!identity.is_alive());
        assert!(!scene.path("ran").exists());
        assert_eq!(scene.left(), [0; 0]);
    }
}

#[tokio::test]
async fn an_agent_outlives_its_host_and_its_ending_is_known() {
    for (script, code, signal) in [("exit 143", Some(143), None), ("kill -TERM $$", None, Some(15))] {
        for scene in Scene::each().await {
            let script = format!("echo ready; while [ ! -e go ]; do sleep 0.01; done; echo on; {script}");
            let identity = killed_host(&scene, true, &script);
            assert_eq!(identity.fate(), Fate::Started);
            let mut adopted = adopt(identity.clone()).expect("it is still there");
            std::fs::write(scene.path("go"), "").unwrap();
            let exited = adopted.wait().await.unwrap();
            assert_eq!((exited.code, exited.signal), (code, signal), "{:?}", identity.containment);
            assert_eq!(identity.fate(), Fate::Ended(exited));
            assert_eq!(scene.read("stdout"), "ready\non\n");
            assert!(adopt(identity).is_none(), "what has ended cannot be adopted");
        }
    }
}

#[tokio::test]
async fn an_agent_outlives_the_runtime_that_started_it() {
    for scene in Scene::each().await {
        let script = "echo ready; while [ ! -e go ]; do sleep 0.01; done; exit 5";
        let start = || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async { scene.start_ready(script).await.identity().clone() })
        };
        let identity = std::thread::scope(|scope| scope.spawn(start).join().unwrap());
        let mut adopted = adopt(identity).expect("it is still there");
        std::fs::write(scene.path("go"), "").unwrap();
        assert_eq!(adopted.wait().await.unwrap().code, Some(5));
    }
}

#[tokio::test]
async fn an_adopted_agent_can_be_ended_with_all_its_tools() {
    for scene in Scene::each().await {
        let identity =
            killed_host(&scene, true, "setsid sleep MARK & trap '' TERM INT; echo ready; sleep MARK");
        let ended = adopt(identity.clone()).unwrap().end(Grace::NONE).await.unwrap();
        assert_eq!((ended.stage, ended.exited.signal), (Stage::Kill, Some(9)));
        assert_eq!(scene.left(), [0; 0], "{:?}", identity.containment);
    }
}

#[tokio::test]
async fn what_is_left_of_an_agent_without_its_leader_is_ended() {
    for scene in Scene::each().await {
        let identity = killed_host(&scene, true, "setsid sleep MARK & echo ready; sleep MARK");
        let leader = rustix::process::Pid::from_raw(identity.pid).unwrap();
        let mut adopted = adopt(identity.clone()).unwrap();
        rustix::process::kill_process(leader, rustix::process::Signal::KILL).unwrap();
        // Waiting for it ends what it leaves; the same is done for a leader that went while no host was there.
        let exited = adopted.wait().await.unwrap();
        assert_eq!((exited.code, exited.signal), (None, None), "nobody saw it end");
        assert!(adopt(identity.clone()).is_none());
        end_leftovers(&identity).await.unwrap();
        assert_eq!(scene.left(), [0; 0], "{:?}", identity.containment);
    }
}

#[tokio::test]
async fn a_process_that_was_given_the_pid_of_an_agent_is_left_alone() {
    let scene = Scene::new(Launcher::tracked().await.unwrap());
    let mut running = scene.start_ready("echo ready; sleep MARK").await;
    let identity = running.identity().clone();
    let stdout = scene.path("nobody's");
    let earlier =
        Identity { start_ticks: identity.start_ticks - 1, tag: "another".into(), ..identity.clone() };
    let other_boot = Identity { boot_id: "another".into(), tag: "another".into(), ..identity.clone() };
    for stranger in [earlier, other_boot] {
        let stranger = Identity { stdout: stdout.clone(), stderr: stdout.clone(), ..stranger };
        assert!(!stranger.is_alive());
        assert!(adopt(stranger.clone()).is_none());
        end_leftovers(&stranger).await.unwrap();
        assert!(identity.is_alive(), "a process was ended for another's sake");
        assert_eq!(marked(&scene.marker).len(), 1, "its tool");
    }
    running.end(Grace::NONE).await.unwrap();
}
