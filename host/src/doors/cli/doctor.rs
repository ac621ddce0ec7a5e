//! `doctor`: what is there, what is not, and how to mend it.

use super::args::Global;
use super::{Outcome, open, say, settings};
use crate::Work;
use crate::api::AuthStatus;
use jackfield_process::{QuickSpec, host_environment, run_quick, which};
use jackfield_types::Problem;
use serde::Serialize;
use std::time::Duration;

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    subject: String,
    ok: bool,
    found: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remedy: Option<String>,
    /// Work can be done without it.
    optional: bool,
}

pub(super) async fn doctor(global: &Global) -> Result<Outcome, Problem> {
    let mut findings = vec![git().await];
    match settings(global) {
        Ok((data, config)) => {
            findings.push(fine("configuration", format!("data folder {}", data.display())));
            findings.push(
                port(&config.server.listen, config.server.plain_http || config.server.tls_cert.is_some())
                    .await,
            );
            match open(global, Work::Nothing).await {
                Ok(host) => {
                    findings.push(fine("data folder", format!("{} can be read and written", data.display())));
                    let serving = host
                        .plugins()
                        .into_iter()
                        .filter(|plugin| plugin.state == jackfield_plugins::State::Serving);
                    findings.push(fine("plugins", format!("{} components in service", serving.count())));
                    findings.extend(rejected(&host));
                    findings.push(money(&host).await?);
                    findings.extend(host.auth_status().await.iter().map(agent));
                    host.shutdown().await;
                }
                Err(problem) => findings.push(broken("data folder", problem)),
            }
        }
        Err(problem) => findings.push(broken("configuration", problem)),
    }
    say(global.json, || told(&findings), &findings);
    let sound = findings.iter().all(|finding| finding.ok || finding.optional);
    Ok(if sound { Outcome::Fine } else { Outcome::Failed })
}

fn told(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let mark = match (finding.ok, finding.optional) {
            (true, _) => "ok  ",
            (false, true) => "-   ",
            (false, false) => "BAD ",
        };
        let remedy = finding.remedy.as_deref().map(|remedy| format!("\n      {remedy}")).unwrap_or_default();
        format!("{mark}{}: {}{remedy}", finding.subject, finding.found)
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn fine(subject: &str, found: impl Into<String>) -> Finding {
    Finding { subject: subject.into(), ok: true, found: found.into(), remedy: None, optional: false }
}

fn broken(subject: &str, problem: Problem) -> Finding {
    let remedy = Some(problem.remedy).filter(|remedy| !remedy.is_empty());
    Finding { subject: subject.into(), ok: false, found: problem.message, remedy, optional: false }
}

async fn git() -> Finding {
    let environment = host_environment();
    let path = environment.get(std::ffi::OsStr::new("PATH")).cloned().unwrap_or_default();
    if which("git", &path).is_none() {
        let problem = Problem::operator("git_missing", "not on the PATH", "install git 2.31 or later");
        return broken("git", problem);
    }
    let quick = run_quick(QuickSpec {
        argv: vec!["git".into(), "--version".into()],
        environment,
        cwd: std::env::temp_dir(),
        stdin: Vec::new(),
        timeout: Duration::from_secs(10),
        output_cap: 1024,
    })
    .await;
    match quick {
        Ok(quick) => fine("git", String::from_utf8_lossy(&quick.stdout).trim()),
        Err(error) => broken("git", error.problem()),
    }
}

async fn port(listen: &str, plain_http: bool) -> Finding {
    match crate::doors::port::bind(listen, plain_http).await {
        Ok(_) => fine("port", format!("{listen} is free")),
        Err(problem) => Finding { optional: true, ..broken("port", problem) },
    }
}

fn rejected(host: &crate::Host) -> Vec<Finding> {
    use jackfield_plugins::State;
    let bad = |state| matches!(state, State::Rejected | State::Held | State::Quarantined);
    let plugins = host.plugins().into_iter().filter(|plugin| bad(plugin.state));
    plugins
        .map(|plugin| Finding {
            subject: "plugin".into(),
            ok: false,
            found: format!(
                "{} is {}",
                plugin.file.map_or_else(String::new, |file| file.display().to_string()),
                plugin.state
            ),
            remedy: plugin.reason,
            optional: true,
        })
        .collect()
}

async fn money(host: &crate::Host) -> Result<Finding, Problem> {
    let breaker = host.breaker().await?;
    let found = format!("breaker {}", breaker.state);
    if breaker.state == jackfield_store::BreakerState::Halted {
        let problem = Problem::operator(
            "halted",
            found,
            "`jackfield breaker` says why; `jackfield breaker raise` allows more",
        );
        return Ok(broken("money", problem));
    }
    Ok(fine("money", found))
}

fn agent(status: &AuthStatus) -> Finding {
    let version = status.version.clone().unwrap_or_default();
    let ready = status.installed && status.login != "logged_out";
    let found = match (status.installed, status.login.as_str()) {
        (false, _) => "not installed".to_owned(),
        (_, "logged_out") => format!("{version} installed, not logged in"),
        (_, "logged_in") if status.account.is_some() => format!("{version} logged in"),
        (_, "logged_in") => format!("{version} ready"),
        _ => format!("{version} installed"),
    };
    Finding {
        subject: status.executor.clone(),
        ok: ready,
        found: found.trim().to_owned(),
        remedy: status.remedy.clone().filter(|_| !ready),
        optional: true,
    }
}
