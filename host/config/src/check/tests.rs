//! What makes a configuration unusable, setting by setting.

use super::*;

fn faults(toml: &str) -> Vec<String> {
    check(&toml::from_str(toml).unwrap()).iter().map(ToString::to_string).collect()
}

#[test]
fn default_configuration_has_no_fault() {
    assert_eq!(faults(""), Vec::<String>::new());
}

#[test]
fn each_unusable_value_is_a_fault_of_its_own() {
    for (toml, said) in [
        ("[server]\nlisten = '7700'", "server.listen = \"7700\": must be an address"),
        ("[server]\nlisten = '0.0.0.0:7700'", "must be 127.0.0.1 or [::1]"),
        ("[run]\nmax_concurrent = 0", "run.max_concurrent = 0: must be at least 1"),
        ("[run]\ntimeout_s = 86401", "run.timeout_s = 86401: must be at most 86400"),
        ("[run]\nidle_s = 0", "run.idle_s"),
        ("[run]\nwait_s = 31536001", "run.wait_s = 31536001: must be at most 31536000"),
        ("[retention]\naudit_days = 36501", "retention.audit_days = 36501: must be at most 36500"),
        ("[breaker]\nday_usd = 1000000001", "breaker.day_usd is $1000000001.00: must be at most"),
        ("[breaker]\nreserve_usd = 1000001", "breaker.reserve_usd is $1000001.00: must be at most"),
        ("[breaker.token_day_usd]\nci = 1000000001", "breaker.token_day_usd.ci is $1000000001.00"),
        ("[executors.x.rates.m]\ninput = 1000001\noutput = 1", "executors.x.rates.m.input is $1000001.00"),
        ("[run]\ngrace_s = 90000", "run.grace_s = 90000: must be at most 86400"),
        ("[run]\nmax_file_mb = 0", "run.max_file_mb"),
        ("[run]\nverbosity = ''", "run.verbosity is empty"),
        ("[run]\nroots = ['/srv', 'code']", "run.roots has \"code\": write the whole path"),
        ("[queue]\nheartbeat_s = 0", "queue.heartbeat_s = 0"),
        ("[queue]\npoll_s = 0", "queue.poll_s = 0"),
        ("[queue]\naging_s = 0", "queue.aging_s = 0"),
        ("[queue]\nstale_s = 15", "queue.stale_s = 15: must be more than queue.heartbeat_s, which is 15"),
        ("[queue]\nrescue_s = 60", "queue.rescue_s = 60: must be more than queue.stale_s, which is 60"),
        ("[queue]\nbefore_consensus = 0", "queue.before_consensus = 0: must be at least 1"),
        ("[queue]\nmost_attempts = 2", "queue.most_attempts = 2: must be at least 3"),
        ("[retention]\nlog_days = 9000000", "retention.log_days = 9000000: must be at most 36500"),
        ("[breaker]\ntime_zone = 'Mars/Olympus'", "IANA"),
        ("[plugins]\ninstances = 0", "plugins.instances"),
        ("[plugins]\nmemory_mb = 0", "plugins.memory_mb"),
        ("[plugins.limits.chooser]\ncpu_ms = 0", "plugins.limits.chooser.cpu_ms = 0"),
        ("[executors.claude]\nslots = 0", "executors.claude.slots = 0"),
        ("[executors.claude]\nmodel = ' '", "executors.claude.model is empty"),
        ("[executors.claude.environment]\n'A=B' = 'x'", "names \"A=B\""),
        (
            "[executors.claude.environment]\nA = \"\\u0000secret\"",
            "executors.claude.environment.A holds a NUL",
        ),
        ("[workspaces.site]\npath = ''", "workspaces.site.path is empty"),
        ("[workspaces.site]\npath = '/x'\nmax_concurrent = 0", "workspaces.site.max_concurrent = 0"),
        ("[workspaces.site]\npath = '/x'\nrepo = 'site'", "must be owner/name"),
    ] {
        let faults = faults(toml);
        assert!(faults.len() == 1 && faults[0].contains(said), "{toml}: {faults:#?}");
        assert!(!faults[0].contains("secret"), "{faults:?}");
    }
}

#[test]
fn rung_with_an_invalid_or_used_name_is_a_fault() {
    let rung = |name: &str| format!("[[ladder]]\nname = '{name}'\nexecutor = 'claude'\n");
    assert_eq!(faults(&rung("deepseek-2")), Vec::<String>::new());
    for (toml, said) in [
        (rung(""), "a to z"),
        (rung("Deep Seek"), "a to z"),
        (rung("claude"), "executor's own name"),
        (rung("mine") + "[executors.mine]\n", "executor's own name"),
        (rung("far") + &rung("far"), "ladder[1].name = \"far\": is the name of a rung before it"),
    ] {
        let faults = faults(&toml);
        assert!(faults.len() == 1 && faults[0].contains(said), "{toml}: {faults:#?}");
    }
}

#[test]
fn repository_of_two_workspaces_is_a_fault() {
    let faults = faults(
        "[workspaces.a]\npath = '/a'\nrepo = 'acme/site'\n[workspaces.b]\npath = '/b'\nrepo = 'Acme/Site'\n\
         [workspaces.c]\npath = '/c'\nrepo = 'acme/d'\n[workspaces.'acme/d']\npath = '/d'\n",
    );
    assert_eq!(faults.len(), 2, "{faults:#?}");
    assert!(faults.iter().any(|fault| fault.contains("workspaces.a's already")), "{faults:#?}");
    assert!(faults.iter().any(|fault| fault.contains("name of another workspace")), "{faults:#?}");
}

#[test]
fn repository_name_is_distinguished_from_a_path() {
    for repo in ["rust-lang/cargo", "a/b", "Some.Body/x_y.z"] {
        assert!(is_repo(repo), "{repo}");
    }
    for other in ["", "a", "/a", "a/", "./a", "../a", "a/..", "a/b/c", "/a/b", "a b/c", "~/a"] {
        assert!(!is_repo(other), "{other}");
    }
}
