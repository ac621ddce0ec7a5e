//! The protocol's conformance suites against the real server.
//!
//! What a suite may find wanting stands in `tests/clients/conformance`, each entry with its reason. The
//! suite itself fails on anything else, and on an entry that has come to pass. What must hold is stated
//! here once more, with how many checks each scenario has, so that none passes by checking nothing.

use crate::clients::Clients;
use crate::proxy::Proxy;
use crate::ran::Ran;
use jackfield_behaviour::Ground;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const STABLE: &str = "node_modules/@modelcontextprotocol/conformance/dist/index.js";
const NEXT: &str = "node_modules/conformance-2026/dist/index.js";

/// Runs a suite and holds it to its list, and to so many passed checks in these scenarios.
async fn assert_conforms(suite: &str, which: [&str; 2], list: &str, held: &[(&str, u32)]) {
    let Some(clients) = Clients::for_test().await else { return };
    let ground = Ground::new();
    let server = ground.serve().await;
    let proxy = Proxy::start(server.address(), server.token()).await;
    let results = ground.path().join("results");
    let list = clients.file(&format!("conformance/{list}.yaml"));
    let (url, list, folder) = (proxy.url(), list.display().to_string(), results.display().to_string());
    let [option, value] = which;
    let arguments = ["server", "--url", &url, option, value, "--expected-failures", &list, "-o", &folder];
    let ran = clients.run(suite, &ground.path().join("home"), &arguments).await.fine();
    let passed = passed(&ran);
    let counted: Vec<_> = held.iter().map(|(name, _)| (*name, passed.get(*name).copied())).collect();
    let expected: Vec<_> = held.iter().map(|(name, checks)| (*name, Some(*checks))).collect();
    assert_eq!(counted, expected, "{}", ran.stdout);
    let refusal = checks_of(&results, "dns-rebinding-protection");
    assert!(refusal.contains("foreign_origin"), "refused, but not by the server's own guard: {refusal}");
    server.stop().await;
    ground.leave();
}

/// How many checks of each scenario passed: `✓ ping: 2 passed, 0 failed`.
fn passed(ran: &Ran) -> BTreeMap<&str, u32> {
    let lines = ran.stdout.lines().filter_map(|line| line.strip_prefix(['✓', '✗'])?.split_once(": "));
    lines
        .filter_map(|(name, told)| Some((name.trim(), told.split_once(" passed")?.0.parse().ok()?)))
        .collect()
}

/// What the suite wrote about one scenario.
fn checks_of(results: &Path, scenario: &str) -> String {
    let folders = fs::read_dir(results).unwrap().map(|entry| entry.unwrap().path());
    let named =
        |folder: &Path| folder.file_name().is_some_and(|name| name.to_string_lossy().contains(scenario));
    let folder = folders.into_iter().find(|folder| named(folder)).expect("the scenario was run");
    fs::read_to_string(folder.join("checks.json")).unwrap()
}

#[tokio::test]
async fn the_stable_suite_passes_but_for_its_list() {
    let held = [("server-initialize", 1), ("ping", 1), ("tools-list", 1), ("dns-rebinding-protection", 2)];
    assert_conforms(STABLE, ["--suite", "all"], "0.1.16", &held).await;
}

#[tokio::test]
async fn the_requirements_of_2025_11_25_hold_but_for_their_list() {
    let held = [("server-initialize", 2), ("ping", 2), ("tools-list", 3), ("dns-rebinding-protection", 2)];
    assert_conforms(NEXT, ["--requirements", "2025-11-25"], "2025-11-25", &held).await;
}

#[tokio::test]
async fn the_requirements_of_2026_07_28_hold_but_for_their_list() {
    let held = [
        ("server-stateless", 21),
        ("tools-list", 4),
        ("dns-rebinding-protection", 2),
        ("http-header-validation", 14),
        ("caching", 4),
        ("server-sse-multiple-streams", 1),
        ("input-required-result-unsupported-methods", 2),
        ("input-required-result-validate-input", 3),
    ];
    assert_conforms(NEXT, ["--requirements", "2026-07-28"], "2026-07-28", &held).await;
}

#[test]
fn whatever_a_list_excuses_has_a_reason() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients/conformance");
    for list in ["0.1.16", "2025-11-25", "2026-07-28"] {
        let text = fs::read_to_string(folder.join(format!("{list}.yaml"))).unwrap();
        let entries: Vec<&str> = text.lines().filter(|line| line.trim_start().starts_with("- ")).collect();
        assert!(entries.len() > 20, "{list} is read");
        for entry in entries {
            assert!(entry.split_once(" # ").is_some_and(|(_, reason)| reason.len() > 10), "{list}: {entry}");
        }
    }
}
