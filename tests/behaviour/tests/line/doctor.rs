//! `jackfield doctor`: every fault of a setup is reported with its remedy.
#![allow(clippy::disallowed_methods, reason = "a machine with a fault is made by its own programs")]

use crate::actors::shell;
use jackfield_behaviour::{Ground, Told};
use serde_json::Value;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// What agents are started with, and git.
const PROGRAMS: [&str; 10] =
    ["sh", "bash", "awk", "setsid", "unshare", "git", "env", "cat", "mount", "mkdir"];

/// A ground whose PATH has these programs of the system's and nothing else.
fn ground_with(programs: impl IntoIterator<Item = &'static str>) -> Ground {
    let ground = Ground::new();
    let bin = ground.path().join("bin");
    for program in programs {
        let found = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"].map(|folder| Path::new(folder).join(program));
        symlink(found.iter().find(|file| file.exists()).expect(program), bin.join(program)).unwrap();
    }
    ground.with("PATH", bin.display().to_string())
}

fn sound_ground() -> Ground {
    ground_with(PROGRAMS)
}

async fn doctor(ground: &Ground) -> Told {
    ground.cli().run(["doctor", "--json", "--set", "server.listen=127.0.0.1:0"]).await
}

fn findings<'a>(told: &'a Value, subject: &str) -> Vec<&'a Value> {
    told.as_array().unwrap().iter().filter(|finding| finding["subject"] == subject).collect()
}

/// Fails if the subject has no fault, or if the remedy lacks these words.
fn assert_faulty(told: &Told, subject: &str, found: &str, remedy: &str) {
    let all = told.json();
    let matching = |finding: &&&Value| {
        let text = |field: &str| finding[field].as_str().unwrap_or_default().to_owned();
        finding["ok"] == false && text("found").contains(found) && text("remedy").contains(remedy)
    };
    let of_subject = findings(&all, subject);
    assert!(of_subject.iter().any(|finding| matching(&finding)), "{subject}: {of_subject:#?}");
}

#[tokio::test]
async fn complete_setup_is_reported_as_fine_and_missing_extras_as_optional() {
    let ground = sound_ground();
    let told = doctor(&ground).await.fine();
    let all = told.json();
    for subject in
        ["git", "configuration", "port", "data folder", "records", "plugins", "money", "clock", "disk"]
    {
        let found = findings(&all, subject);
        assert!(
            !found.is_empty() && found.iter().all(|finding| finding["ok"] == true),
            "{subject}: {found:#?}"
        );
    }
    let claude = findings(&all, "claude")[0];
    assert_eq!((&claude["ok"], &claude["optional"]), (&false.into(), &true.into()), "{claude}");
    ground.leave();
}

#[tokio::test]
async fn missing_program_is_reported_with_where_to_get_it() {
    let told = doctor(&sound_ground()).await;
    for (agent, program) in [("claude", "claude"), ("codex", "codex"), ("gemini", "gemini")] {
        assert_faulty(&told, agent, "not installed", &format!("`{program}` is not on the PATH; install it:"));
    }
}

#[tokio::test]
async fn agent_without_a_login_is_reported_with_how_to_log_in() {
    let asked = "case \"$*\" in\n  --version) echo '2.1.197 (Claude Code)';;\n  *) echo '{\"loggedIn\": false}'; exit 1;;\nesac";
    let ground = sound_ground().with_script("claude", &format!("#!/bin/sh\n{asked}\n"));
    let told = doctor(&ground).await;
    assert_faulty(&told, "claude", "2.1.197 installed, not logged in", "claude");
}

#[tokio::test]
async fn missing_or_old_git_is_a_fault() {
    let told = doctor(&ground_with(PROGRAMS.into_iter().filter(|program| *program != "git"))).await;
    assert_eq!(told.code, 1, "{told:#?}");
    assert_faulty(&told, "git", "`git` is not on the PATH", "install git 2.31 or later");
    let old = ground_with(PROGRAMS.into_iter().filter(|program| *program != "git"))
        .with_script("git", "#!/bin/sh\necho git version 2.20.1\n");
    assert_faulty(&doctor(&old).await, "git", "2.20.1 is older than 2.31", "install git 2.31 or later");
}

#[tokio::test]
async fn nearly_full_disk_is_a_fault() {
    let ground = sound_ground();
    let disk = ground.path().join("disk");
    fs::create_dir(&disk).unwrap();
    // A disk of forty megabytes, that only this command has.
    let mount = format!("mount -t tmpfs -o size=40m none {} && exec \"$@\"", disk.display());
    let words = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", &mount, "sh"];
    let data = disk.join("data");
    let cli = ground.cli().through(words);
    let told = cli.run(["doctor", "--json", "--data", data.to_str().unwrap()]).await;
    if told.stdout.is_empty() {
        assert!(std::env::var_os("CI").is_none(), "no disk can be made: {told:#?}");
        return eprintln!("SKIPPED, because no disk can be mounted here: {}", told.stderr);
    }
    assert_eq!(told.code, 1, "{told:#?}");
    assert_faulty(&told, "disk", "MB free: work cannot be recorded for long", "jackfield prune --dry-run");
}

#[tokio::test]
async fn port_used_by_another_program_is_reported_and_one_used_by_jackfield_is_fine() {
    let ground = sound_ground();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let ask = async |address: &str| {
        ground.cli().run(["doctor", "--json", "--set", &format!("server.listen={address}")]).await.fine()
    };
    let told = ask(&address.to_string()).await;
    assert_faulty(&told, "port", "cannot listen on", &format!("sport = :{}", address.port()));

    let server = ground.serve().await;
    let told = ask(server.address()).await.json();
    let port = findings(&told, "port")[0];
    assert_eq!(port["ok"], true, "{port}");
    assert!(port["found"].as_str().unwrap().ends_with(&format!("serves {}", server.address())), "{port}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn clock_behind_the_newest_record_is_a_fault() {
    let ground = sound_ground();
    let repository = ground.repository();
    let server = ground.serve().await;
    server.rest().execute(&shell(&repository, "true")).await.fine();
    server.stop().await;
    let database = rusqlite::Connection::open(ground.data().join("jackfield.db")).unwrap();
    let ahead = "UPDATE runs SET created_at = '2999-01-01T00:00:00.000000Z'";
    assert_eq!(database.execute(ahead, []).unwrap(), 1);
    let told = doctor(&ground).await;
    assert_eq!(told.code, 1, "{told:#?}");
    assert_faulty(&told, "clock", "the newest record is of 2999-01-01", "timedatectl set-ntp true");
    ground.leave();
}

#[tokio::test]
async fn data_that_other_users_can_read_is_a_fault() {
    let ground = sound_ground();
    doctor(&ground).await.fine();
    fs::set_permissions(ground.data(), Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(ground.data().join("jackfield.db"), Permissions::from_mode(0o644)).unwrap();
    let told = doctor(&ground).await;
    assert_eq!(told.code, 1, "{told:#?}");
    assert_faulty(&told, "data folder", "(mode 755)", "chmod 700");
    assert_faulty(&told, "data folder", "jackfield.db (mode 644)", "chmod 600");
}

#[tokio::test]
async fn machine_without_namespaces_is_reported_with_how_to_allow_them() {
    let without =
        |program: &'static str| ground_with(PROGRAMS.into_iter().filter(move |name| *name != program));
    let told = doctor(&without("unshare")).await.fine();
    assert_faulty(&told, "containment", "agents are tracked by their marks", "install util-linux");
    let refused =
        without("unshare").with_script("unshare", "#!/bin/sh\necho 'Operation not permitted' >&2\nexit 1\n");
    assert_faulty(&doctor(&refused).await.fine(), "containment", "no PID namespace is allowed", "namespaces");
    let told = doctor(&without("setsid")).await;
    assert_eq!(told.code, 1, "{told:#?}");
    assert_faulty(&told, "containment", "setsid", "");
}

#[tokio::test]
async fn missing_compilation_target_is_reported() {
    let told = doctor(&sound_ground()).await;
    assert_faulty(&told, "toolchain", "no Rust", "rustup target add wasm32-wasip2");
    let bare =
        sound_ground().with_script("rustc", "#!/bin/sh\necho /nowhere/lib/rustlib/wasm32-wasip2/lib\n");
    let told = doctor(&bare).await.fine();
    assert_faulty(&told, "toolchain", "Rust without wasm32-wasip2", "rustup target add wasm32-wasip2");
}

#[tokio::test]
async fn unreadable_configuration_is_a_fault_and_the_other_checks_still_run() {
    let ground = sound_ground().with_config("[run]\ntimeout_s = \"long\"\n");
    let told = doctor(&ground).await;
    assert_eq!(told.code, 1, "{told:#?}");
    assert_faulty(&told, "configuration", "timeout_s", "");
    assert_eq!(findings(&told.json(), "git")[0]["ok"], true);
}
