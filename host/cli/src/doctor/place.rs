//! The host's own place: its folder, its port, its clock.

use super::finding::{Finding, absent, broken, fine, refused};
use jackfield::Host;
use jackfield_config::ServerSection;
use jackfield_types::{ErrorCode, Problem, Timestamp};
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

/// How far ahead of the clock a record may be: clocks of machines differ by moments.
const LEEWAY_S: i64 = 60;
/// How long whoever has the port may take to say who it is.
const ANSWER: Duration = Duration::from_secs(2);

/// Whose the data folder is, and who else can get in.
pub(super) fn folder(data: &Path) -> Vec<Finding> {
    const SUBJECT: &str = "data folder";
    let Ok(found) = std::fs::metadata(data) else {
        return vec![fine(SUBJECT, format!("{} is made when it is needed", data.display()))];
    };
    let (own, shown) = (rustix::process::geteuid().as_raw(), data.display());
    if found.uid() != own && own != 0 {
        return vec![broken(
            SUBJECT,
            format!("{shown} belongs to user {}, and this is user {own}", found.uid()),
            format!("`sudo chown -R \"$USER\" {shown}`, or name a folder of your own with --data"),
        )];
    }
    let mut faults = Vec::new();
    if found.mode() & 0o077 != 0 {
        faults.push(broken(
            SUBJECT,
            format!(
                "others can look into {shown} (mode {:o}): tokens, prompts and logs are in there",
                found.mode() & 0o777
            ),
            format!("chmod 700 {shown}"),
        ));
    }
    for name in ["token", "jackfield.db"] {
        let file = data.join(name);
        if let Ok(found) = std::fs::metadata(&file)
            && found.mode() & 0o077 != 0
        {
            faults.push(broken(
                SUBJECT,
                format!("others can read {} (mode {:o})", file.display(), found.mode() & 0o777),
                format!("chmod 600 {}", file.display()),
            ));
        }
    }
    if faults.is_empty() {
        faults.push(fine(SUBJECT, format!("{shown} is yours alone")));
    }
    faults
}

/// Whether the port is free, or who has it.
pub(super) async fn port(server: &ServerSection) -> Finding {
    let (listen, tls) = (&server.listen, server.tls_cert.is_some());
    let problem = match jackfield_server::port::bind(listen, tls || server.plain_http).await {
        Ok(_) => return fine("port", format!("{listen} is free")),
        Err(problem) => problem,
    };
    if problem.code != ErrorCode::CannotListen {
        return refused("port", &problem);
    }
    if let Some(version) = jackfield_at(listen, tls).await {
        return fine("port", format!("jackfield {version} serves {listen}"));
    }
    let number = listen.rsplit_once(':').map_or(listen.as_str(), |(_, number)| number);
    absent(
        "port",
        problem.message,
        format!(
            "`ss -ltnp 'sport = :{number}'` says who has it; set server.listen to another port, or `jackfield serve \
             --listen 127.0.0.1:0`"
        ),
    )
}

/// The version of the host that answers there, if one does.
async fn jackfield_at(listen: &str, tls: bool) -> Option<String> {
    let address: SocketAddr = listen.parse().ok()?;
    // Nothing secret is said to it, so whose certificate it is does not matter.
    let client = jackfield_http::client().timeout(ANSWER).no_proxy().danger_accept_invalid_certs(true);
    let scheme = if tls { "https" } else { "http" };
    let answer = client.build().ok()?.get(format!("{scheme}://{address}/health")).send().await.ok()?;
    let told: serde_json::Value = answer.json().await.ok()?;
    Some(told.get("version")?.as_str()?.to_owned())
}

/// Whether time goes forward: days of the budget, leases and ages rest on it.
pub(super) async fn clock(host: &Host) -> Result<Finding, Problem> {
    let now = Timestamp::now();
    let newest = host.status().newest_record().await?;
    Ok(judged(now, newest))
}

fn judged(now: Timestamp, newest: Option<Timestamp>) -> Finding {
    let shown = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    match newest.filter(|newest| newest.as_second() - now.as_second() > LEEWAY_S) {
        Some(newest) => broken(
            "clock",
            format!(
                "it is {} by this machine's clock, and the newest record is of {}: the clock was ahead then, or is \
                 behind now",
                shown(now),
                shown(newest)
            ),
            "set the clock (`timedatectl set-ntp true`); where it is right now, days of the budget that lie ahead \
             count what was spent under the wrong date",
        ),
        None => fine("clock", shown(now)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_of_the_future_is_a_fault_of_the_clock() {
        let now: Timestamp = "2026-11-28T12:00:00Z".parse().unwrap();
        let at = |text: &str| Some(text.parse().unwrap());
        assert!(judged(now, None).ok && judged(now, at("2026-11-28T12:00:30Z")).ok);
        let finding = judged(now, at("2026-11-29T12:00:00Z"));
        assert!(!finding.ok && finding.found.contains("2026-11-29 12:00:00 UTC"), "{finding:?}");
    }
}
