//! `docs/operator.md`, done as a person does it: a component is dropped in, rejected, held, quarantined, tried,
//! promoted, rolled back, locked, handed to a registry and signed, beside a server that runs.
#![allow(clippy::unwrap_used, clippy::panic, reason = "what a test calls fails the test")]

use jackfield_behaviour::{Ground, Registry, followed, steady_port, toolchains, typed};

const GUIDE: &str = "operator.md";

/// Where the guide has a server and a registry, which here are elsewhere.
const SERVER: &str = "127.0.0.1:7700";
const REGISTRY: &str = "localhost:5000";

/// What must have been printed, in this order.
const STORY: [&str; 15] = [
    "would serve at once",
    "serving",
    "done: echo milk > list.txt (1 files, by shell)",
    "rejected",
    "jackfield plugin grant gate tidy --import evidence",
    "shell succeeded, checks passed",
    "quarantined",
    "no files",
    "decision(s) since",
    "to let one serve: jackfield plugin promote",
    "0.3.0",
    "# Written by Jackfield at every swap",
    "jackfield plugin pull ",
    "signed with the key",
    "serving",
];

#[tokio::test]
async fn operator_guide_leads_through_every_state_of_a_component() {
    if !toolchains(&["cargo", "curl"]) {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let registry = Registry::start(&place.path().join("registry"), false).await;
    // Only now, because the registry has taken the first that was free.
    let address = format!("127.0.0.1:{}", steady_port());
    let ground = Ground::new().with_config(&format!("[server]\nlisten = \"{address}\"\n"));
    let mut script = followed(GUIDE).replace(SERVER, &address);
    match &registry {
        Some(registry) => script = script.replace(REGISTRY, registry.address()),
        None => script = without(&script, REGISTRY),
    }
    // What the guide starts goes with the shell, however that ends.
    let script = format!("trap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n{script}");
    let printed = tokio::task::spawn_blocking({
        let folder = place.path().to_owned();
        move || {
            let printed = typed(&ground, &folder, &script);
            ground.leave();
            printed
        }
    });
    let printed = printed.await.unwrap();
    let mut rest = &*printed;
    for words in STORY.into_iter().filter(|words| registry.is_some() || !words.contains("pull")) {
        let at =
            rest.find(words).unwrap_or_else(|| panic!("{words:?} does not come in its turn:\n{printed}"));
        rest = &rest[at + words.len()..];
    }
}

/// The script without the block that speaks of something.
fn without(script: &str, what: &str) -> String {
    let mark = format!("# {GUIDE}, line ");
    script.split_inclusive(&mark).filter(|block| !block.contains(what)).collect()
}
