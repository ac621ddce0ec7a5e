//! Nothing exists before it is released, and what is released is what was asked for.

use crate::support::{Scene, spec};
use jackfield_process::{Fate, ProcessError, ProcessLimits, Spec, TreeLimits};
use std::os::unix::fs::PermissionsExt;

#[tokio::test]
async fn an_agent_that_is_never_released_never_runs() {
    for scene in Scene::each().await {
        let held = scene.launcher.prepare(scene.script("touch ran")).unwrap();
        let identity = held.identity().clone();
        assert!(identity.is_alive(), "{identity:?}");
        drop(held);
        let mut gate = jackfield_process::adopt(identity.clone());
        if let Some(gate) = &mut gate {
            assert!(matches!(gate.wait().await, Err(ProcessError::NotStarted { .. })));
        }
        assert!(!identity.is_alive());
        assert_eq!(identity.fate(), Fate::NeverStarted);
        assert!(!scene.path("ran").exists());
    }
}

#[tokio::test]
async fn every_argument_arrives_byte_for_byte() {
    for scene in Scene::each().await {
        let odd =
            ["it's", "", "--flag", "-", "two\nlines\n", "a \"b\" $HOME `id` \\ %s *", "é\t日本", "'", "\\'"];
        let argv: Vec<&str> = ["printf", r"%s\037"].into_iter().chain(odd).collect();
        let spec = spec(scene.folder.path(), &argv, &scene.marker);
        let exited = scene.launcher.prepare(spec).unwrap().release().unwrap().wait().await.unwrap();
        assert!(exited.is_success(), "{exited}");
        let expected: String = odd.iter().map(|argument| format!("{argument}\u{1f}")).collect();
        assert_eq!(scene.read("stdout"), expected);
    }
}

#[tokio::test]
async fn an_agent_gets_the_environment_the_folder_and_the_input_that_were_decided() {
    for scene in Scene::each().await {
        let input = scene.path("prompt");
        std::fs::write(&input, "do it\n").unwrap();
        let mut spec =
            scene.script(r#"cat; pwd; echo "[$GIVEN][$HOME]$JACKFIELD_ATTEMPT"; echo oops >&2; exit 3"#);
        spec.environment.retain(|name, _| name == "PATH");
        spec.environment.insert("GIVEN".into(), "a b".into());
        spec.stdin = Some(input);
        let exited = scene.launcher.prepare(spec).unwrap().release().unwrap().wait().await.unwrap();
        assert_eq!((exited.code, exited.signal), (Some(3), None));
        let folder = scene.folder.path().canonicalize().unwrap();
        assert_eq!(scene.read("stdout"), format!("do it\n{}\n[a b][]{}\n", folder.display(), scene.marker));
        assert_eq!(scene.read("stderr"), "oops\n");
        let mode = std::fs::metadata(scene.path("stdout")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "others must not read what an agent says");
    }
}

#[tokio::test]
async fn input_that_was_not_planned_is_at_its_end_at_once() {
    for scene in Scene::each().await {
        assert!(scene.start("cat; echo done").wait().await.unwrap().is_success());
        assert_eq!(scene.read("stdout"), "done\n");
    }
}

#[tokio::test]
async fn a_program_that_is_not_installed_is_named() {
    for scene in Scene::each().await {
        let spec = spec(scene.folder.path(), &["no-such-agent", "--version"], &scene.marker);
        let error = scene.launcher.prepare(spec).unwrap_err();
        assert!(
            matches!(&error, ProcessError::NoProgram { program } if program == "no-such-agent"),
            "{error:?}"
        );
        assert_eq!(error.problem().code, "no_program");
    }
}

#[tokio::test]
async fn limits_hold_for_the_agent_and_for_nobody_else() {
    for scene in Scene::each().await {
        let limited = |script: &str, limits| {
            let mut spec = scene.script(script);
            spec.limits = limits;
            scene.launcher.prepare(spec).unwrap().release().unwrap()
        };
        let file_size = ProcessLimits { file_size: Some(64 * 1024), ..ProcessLimits::default() };
        let exited = limited("exec head -c 1000000 /dev/zero >big", file_size).wait().await.unwrap();
        assert!(!exited.is_success(), "{exited}");
        assert_eq!(std::fs::metadata(scene.path("big")).unwrap().len(), 64 * 1024);

        let cpu = ProcessLimits { cpu_seconds: Some(1), ..ProcessLimits::default() };
        let exited = limited("while :; do :; done", cpu).wait().await.unwrap();
        assert_eq!(exited.signal, Some(rustix::process::Signal::XCPU.as_raw()), "{exited}");

        let files = ProcessLimits { open_files: Some(37), ..ProcessLimits::default() };
        assert!(limited("ulimit -n; ulimit -c; ulimit -f", files).wait().await.unwrap().is_success());
        assert_eq!(scene.read("stdout"), "37\n0\nunlimited\n");
    }
}

#[tokio::test]
async fn memory_limit_of_a_tree_ends_what_takes_more_and_is_reported() {
    let scene = Scene::each().await.pop().unwrap();
    let (memory, _) = scene.launcher.limits_trees();
    if !memory {
        eprintln!("SKIPPED, because no control group that limits memory can be made here");
        return;
    }
    // Each process stays below the limit; together they do not.
    let script = "for each in 1 2 3; do head -c 40000000 /dev/zero | tail -c 40000000 | sleep 2 & done; wait";
    let spec = |megabytes: u64| Spec {
        tree: TreeLimits { memory: Some(megabytes << 20), cpus: Some(1.0) },
        ..scene.script(script)
    };
    for (megabytes, starves) in [(64, true), (1024, false)] {
        let held = scene.launcher.prepare(spec(megabytes)).unwrap();
        let groups = held.identity().cgroups.clone();
        assert!(!groups.is_empty() && groups.iter().all(|folder| folder.is_dir()), "{groups:?}");
        let mut running = held.release().unwrap();
        running.wait().await.unwrap();
        assert_eq!(running.ran_out_of_memory(), starves, "{megabytes} MB");
        assert!(groups.iter().all(|folder| !folder.exists()), "the groups are gone: {groups:?}");
    }
}
