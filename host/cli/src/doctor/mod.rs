//! `doctor`: what is there, what is not, and how to mend it.

mod finding;
mod machine;
mod place;

use super::args::Global;
use super::opening::{open, settings};
use super::output::{Outcome, say};
use super::remedies::for_held;
use finding::{Finding, broken, fine, refused, told};
use jackfield::Work;
use jackfield_api::AuthStatus;
use jackfield_types::Problem;

pub(super) async fn doctor(global: &Global) -> Result<Outcome, Problem> {
    let mut findings = vec![machine::git().await];
    findings.extend(machine::containment().await);
    match settings(global) {
        Ok((data, config)) => {
            findings.push(fine("configuration", "can be used"));
            findings.push(place::port(&config.server).await);
            findings.extend(place::folder(&data));
            findings.push(machine::disk(&data));
            match open(global, Work::Nothing).await {
                Ok(host) => {
                    findings.push(fine("records", "can be read and written"));
                    findings.push(place::clock(&host).await?);
                    let serving = host
                        .plugins()
                        .list()
                        .into_iter()
                        .filter(|plugin| plugin.state == jackfield_plugins::State::Serving);
                    findings.push(fine("plugins", format!("{} components in service", serving.count())));
                    findings.extend(rejected(&host));
                    findings.push(money(&host).await?);
                    findings.extend(host.status().executors().await.iter().map(agent));
                    host.shutdown().await;
                }
                Err(problem) => findings.push(refused("records", &problem)),
            }
        }
        Err(problem) => findings.push(refused("configuration", &problem)),
    }
    findings.push(machine::toolchain().await);
    say(global.json, || told(&findings), &findings);
    let sound = findings.iter().all(|finding| finding.ok || finding.optional);
    Ok(if sound { Outcome::Fine } else { Outcome::Failed })
}

fn rejected(host: &jackfield::Host) -> Vec<Finding> {
    use jackfield_plugins::State;
    let bad = |state| matches!(state, State::Rejected | State::Held | State::Quarantined);
    let plugins = host.plugins().list().into_iter().filter(|plugin| bad(plugin.state));
    plugins
        .map(|plugin| Finding {
            subject: "plugin".into(),
            ok: false,
            found: format!(
                "{} is {}",
                plugin.file.as_ref().map_or_else(String::new, |file| file.display().to_string()),
                plugin.state
            ),
            remedy: plugin.reason.clone().map(|reason| format!("{reason}{}", for_held(&[plugin]))),
            optional: true,
        })
        .collect()
}

async fn money(host: &jackfield::Host) -> Result<Finding, Problem> {
    let breaker = host.budget().breaker().await?;
    let found = format!("breaker {}", breaker.state);
    if breaker.state == jackfield_store::BreakerState::Halted {
        let remedy = "`jackfield breaker` says why; `jackfield breaker raise` allows more";
        return Ok(broken("money", found, remedy));
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
