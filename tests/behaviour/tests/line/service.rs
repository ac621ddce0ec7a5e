//! Jackfield under a service manager: the units, and notifications to the manager.
#![allow(clippy::disallowed_methods, reason = "systemd's own tools judge its units")]

use jackfield_behaviour::{Ground, until};
use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// What systemd says of a unit; nothing where it is not here, which has then been said.
fn judged(unit: &Path, arguments: &[&str]) -> Option<(bool, String)> {
    let Ok(output) = Command::new("systemd-analyze").args(arguments).arg(unit).output() else {
        assert!(std::env::var_os("CI").is_none(), "systemd-analyze is not here (Debian: systemd)");
        eprintln!("SKIPPED in part, because systemd-analyze is not here");
        return None;
    };
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    Some((output.status.success(), said.concat()))
}

#[tokio::test]
async fn units_are_valid_and_the_system_unit_is_hardened() {
    let ground = Ground::new();
    let cli = ground.cli();
    let own = cli.run(["service"]).await.fine().stdout;
    let machine = cli.run(["service", "--system"]).await.fine().stdout;
    let packaged = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packaging/jackfield.service");
    assert_eq!(machine, fs::read_to_string(packaged).unwrap());
    // Only a program that is there is one that systemd finds sound.
    let machine = machine.replace("/usr/local/bin/jackfield", "/bin/true");
    for (name, unit) in [("own", &own), ("machine", &machine)] {
        for line in ["Type=notify", "KillMode=process", "OOMPolicy=continue"] {
            assert!(unit.lines().any(|own| own == line), "{name} has no {line}");
        }
        let file = ground.path().join(format!("jackfield-{name}.service"));
        fs::write(&file, unit).unwrap();
        let Some((sound, said)) = judged(&file, &["verify", "--man=no"]) else { return };
        assert!(sound && said.trim().is_empty(), "{name}: {said}");
    }
    let file = ground.path().join("jackfield-machine.service");
    let Some((below, said)) = judged(&file, &["security", "--offline=true", "--threshold=30"]) else {
        return;
    };
    assert!(below, "the exposure is above 3.0: {said}");
    ground.leave();
}

#[tokio::test]
async fn user_unit_is_installed_where_systemd_finds_it_and_next_steps_are_printed() {
    let ground = Ground::new();
    let told = ground.cli().run(["service", "--install"]).await.fine().stdout;
    let file = ground.path().join("home/.config/systemd/user/jackfield.service");
    let unit = fs::read_to_string(&file).unwrap();
    assert!(
        told.contains(&file.display().to_string())
            && told.contains("systemctl --user enable --now jackfield"),
        "{told}"
    );
    let program = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    let data = ground.data().display().to_string();
    assert!(program.ends_with(&format!("jackfield serve --data {data}")), "{program}");
    ground.leave();
}

#[tokio::test]
async fn service_manager_is_notified_of_readiness_and_of_the_stop_timeout() {
    let ground = Ground::new();
    let socket = ground.path().join("manager");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_nonblocking(true).unwrap();
    let ground = ground.with("NOTIFY_SOCKET", socket.display().to_string());
    let heard = async |words: &str| {
        until(words, || {
            let mut bytes = [0; 512];
            let length = manager.recv(&mut bytes).ok()?;
            let text = String::from_utf8(bytes[..length].to_vec()).unwrap();
            text.starts_with(words).then_some(text)
        })
        .await
    };
    let server = ground.serve_with("127.0.0.1:0", &["--drain", "20"]).await;
    let ready = heard("READY=1").await;
    assert!(ready.contains(&format!("STATUS=serves http://{}", server.address())), "{ready}");
    server.stop().await;
    let stopping = heard("STOPPING=1").await;
    let longest = Duration::from_secs(20 + 60).as_micros();
    assert!(stopping.ends_with(&format!("EXTEND_TIMEOUT_USEC={longest}")), "{stopping}");
    ground.leave();
}
