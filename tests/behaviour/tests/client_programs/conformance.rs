//! The protocol's conformance suites: against the real server for all that needs no tool of the suite's own, and
//! against a server that has those tools behind the real server's guards for the rest.
//!
//! What a suite may find wanting stands in `tests/clients/conformance`, each entry with its reason. The suite itself
//! fails on anything else, and on an entry that has come to pass. How many checks of each scenario passed stands in
//! `docs/conformance.md`, which is made by `cargo xtask conformance` and held to what the suites say here.

use crate::clients::Clients;
use crate::proxy::Proxy;
use crate::tables::{Counted, Suite, document, excused};
use jackfield_behaviour::{Ground, conformance_server};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

const STABLE: &str = "node_modules/@modelcontextprotocol/conformance/dist/index.js";
const NEXT: &str = "node_modules/conformance-2026/dist/index.js";

const SUITES: [Suite; 3] = [
    Suite { program: STABLE, version: "0.1.16", list: "0.1.16", which: ["--suite", "all"] },
    Suite {
        program: NEXT,
        version: "0.2.0-alpha.12",
        list: "2025-11-25",
        which: ["--requirements", "2025-11-25"],
    },
    Suite {
        program: NEXT,
        version: "0.2.0-alpha.12",
        list: "2026-07-28",
        which: ["--requirements", "2026-07-28"],
    },
];

/// Runs a suite against a server behind a proxy that has the token, and holds it to its list.
async fn counted(clients: &Clients, suite: &Suite, server: &str, proxy: &Proxy, ground: &Ground) -> Counted {
    let results = ground.path().join(format!("results-{server}-{}", suite.list));
    let list = clients.file(&format!("conformance/{server}-{}.yaml", suite.list));
    let (url, list, folder) = (proxy.url(), list.display().to_string(), results.display().to_string());
    let [option, value] = suite.which;
    let arguments = ["server", "--url", &url, option, value, "--expected-failures", &list, "-o", &folder];
    let ran = clients.run(suite.program, &ground.path().join("home"), &arguments).await;
    let (_, summary) = ran.stdout.split_once("=== SUMMARY ===").unwrap_or(("", &ran.stdout));
    assert_eq!(ran.code, Some(0), "{server}, {}: {summary}\n{}", suite.list, ran.stderr);
    let refusal = checks_of(&results, "dns-rebinding-protection");
    assert!(refusal.contains("foreign_origin"), "refused, but not by the server's own guard: {refusal}");
    Counted::read(summary)
}

/// What the suite wrote about one scenario.
fn checks_of(results: &Path, scenario: &str) -> String {
    let folders = fs::read_dir(results).unwrap().map(|entry| entry.unwrap().path());
    let named =
        |folder: &Path| folder.file_name().is_some_and(|name| name.to_string_lossy().contains(scenario));
    let folder = folders.into_iter().find(|folder| named(folder)).expect("the scenario was run");
    fs::read_to_string(folder.join("checks.json")).unwrap()
}

/// The server of the suites' own tools, which is ended when this is dropped.
async fn fixtures(token: &str) -> (Child, String) {
    let mut command = Command::new(conformance_server());
    let mut child = command.arg(token).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut said = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).await.unwrap();
    let address = said.trim().strip_prefix("serves http://").expect("it says where it is").to_owned();
    (child, address)
}

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/conformance.md")
}

#[tokio::test]
async fn conformance_suites_pass_except_for_listed_failures_and_match_the_document() {
    let Some(clients) = Clients::for_test().await else { return };
    let ground = Ground::new();
    let server = ground.serve().await;
    let real = Proxy::start(server.address(), server.token()).await;
    let token = "a-token-of-the-suites-own";
    let (_child, address) = fixtures(token).await;
    let prepared = Proxy::start(&address, token).await;
    let mut said = Vec::new();
    for suite in SUITES {
        let own = counted(&clients, &suite, "jackfield", &real, &ground).await;
        let rest = counted(&clients, &suite, "fixtures", &prepared, &ground).await;
        said.push((suite, own, rest));
    }
    let document = document(&said, |list| {
        fs::read_to_string(clients.file(&format!("conformance/{list}.yaml"))).unwrap()
    });
    if std::env::var_os("BLESS").is_some() {
        fs::write(kept(), &document).unwrap();
    }
    let kept = fs::read_to_string(kept()).unwrap_or_default();
    assert_eq!(kept, document, "docs/conformance.md is not what the suites say: cargo xtask conformance");
    server.stop().await;
    ground.leave();
}

#[test]
fn listed_failures_have_reasons_and_those_of_the_fixtures_are_listed_for_the_host() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../clients/conformance");
    for suite in SUITES {
        let read = |server: &str| {
            let file = folder.join(format!("{server}-{}.yaml", suite.list));
            excused(&fs::read_to_string(file).unwrap())
        };
        let (own, rest) = (read("jackfield"), read("fixtures"));
        assert!(own.len() > 10 && rest.len() < 10, "{}: {} and {}", suite.list, own.len(), rest.len());
        for (entry, reason) in own.iter().chain(&rest) {
            assert!(reason.len() > 10, "{}: {entry} has no reason", suite.list);
        }
        for (entry, _) in &rest {
            assert!(own.iter().any(|(known, _)| known == entry), "{entry} holds for the real server");
        }
    }
}
