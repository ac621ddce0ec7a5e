//! Operating the components of a running server: rollback, pins, the lock, signatures and metrics.

use crate::components::{digest, drop_in, file_in_state, headline, saying};
use jackfield_behaviour::{Ground, Rest, Server, until, until_told};
use serde_json::Value;

async fn serving(server: &Server, name: &str) -> Option<String> {
    let told = server.rest().get("/api/plugins").await.fine();
    let is_it = |plugin: &&Value| plugin["name"] == name && plugin["state"] == "serving";
    told["plugins"]
        .as_array()
        .unwrap()
        .iter()
        .find(is_it)
        .map(|one| one["digest"].as_str().unwrap().to_owned())
}

async fn until_serving(server: &Server, name: &str, digest: &str) {
    until_told(&format!("{digest} serving"), async || {
        serving(server, name).await.filter(|serving| serving == digest)
    })
    .await;
}

#[tokio::test]
async fn version_is_rolled_back_pinned_and_unpinned_while_the_server_runs() {
    let ground = Ground::new();
    let first = headline(&ground).await;
    let (second, third) = (saying(&first, "TWO!"), saying(&first, "3RD!"));
    let server = ground.serve().await;
    for component in [&first, &second] {
        drop_in(&ground, "headline.wasm", component);
        until_serving(&server, "headline", &digest(component)).await;
    }
    let lock = ground.data().join("plugins.lock");
    until("what serves, written down", || {
        std::fs::read_to_string(&lock).unwrap().contains(&digest(&second)).then_some(())
    })
    .await;

    let back =
        ground.cli().run(["plugin", "rollback", "compressor", "headline", "--json"]).await.fine().json();
    assert_eq!(back["pinned"], digest(&first));
    until_serving(&server, "headline", &digest(&first)).await;
    let nothing = ground.cli().run(["plugin", "rollback", "compressor", "headline", "--json"]).await;
    assert_eq!(nothing.problem()["code"], "nothing_to_undo");
    drop_in(&ground, "headline.wasm", &third);
    let held = file_in_state(&server, "headline.wasm", "held").await;
    assert_eq!(held["pinned"], digest(&first), "{held}");

    let short = &digest(&second)[..12];
    ground.cli().run(["plugin", "pin", "compressor", "headline", short]).await.fine();
    until_serving(&server, "headline", &digest(&second)).await;
    ground.cli().run(["plugin", "unpin", "compressor", "headline"]).await.fine();
    until_serving(&server, "headline", &digest(&third)).await;
    let ordered = "SELECT kind FROM events WHERE kind IN ('plugin_rolled_back', 'plugin_pinned', 'plugin_unpinned') ORDER BY seq";
    let kinds: Vec<_> = ground.database().rows(ordered).into_iter().map(|row| row["kind"].clone()).collect();
    assert_eq!(kinds, ["plugin_rolled_back", "plugin_pinned", "plugin_unpinned"]);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn locked_server_serves_the_locked_versions_and_its_metrics_count_their_calls() {
    let ground = Ground::new();
    let first = headline(&ground).await;
    let server = ground.serve().await;
    drop_in(&ground, "headline.wasm", &first);
    until_serving(&server, "headline", &digest(&first)).await;
    server.stop().await;

    std::fs::write(ground.config(), "[plugins]\nlocked = true\n").unwrap();
    let server = ground.serve().await;
    assert!(
        ground.server_log().contains("components are locked") || serving(&server, "headline").await.is_some()
    );
    drop_in(&ground, "headline.wasm", &saying(&first, "TWO!"));
    let held = file_in_state(&server, "headline.wasm", "held").await;
    assert!(held["reason"].as_str().unwrap().contains("the components are locked"), "{held}");
    assert_eq!(serving(&server, "headline").await, Some(digest(&first)));

    let answer = server.rest().execute(&crate::actors::shell(&ground.repository(), "true")).await.fine();
    assert_eq!(answer["state"], "succeeded");
    let stranger = Rest::new(server.address(), None).get("/metrics").await;
    assert_eq!(stranger.status, 401);
    let metrics = server.rest().get("/metrics").await;
    assert!(metrics.content_type.starts_with("text/plain; version=0.0.4"), "{metrics:?}");
    let count = |name: &str, of: &str| {
        let line = metrics.text.lines().find(|line| line.starts_with(name) && line.contains(of));
        line.and_then(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).unwrap_or_default()
    };
    let shell = "name=\"shell\"";
    assert!(count("jackfield_plugin_calls_total{", shell) >= 3.0, "{}", metrics.text);
    assert!(count("jackfield_plugin_call_seconds_sum{", shell) > 0.0);
    assert!(count("jackfield_runs{", "state=\"succeeded\"") >= 1.0, "{}", metrics.text);
    assert_eq!(count("jackfield_limit_dollars{", "scope=\"all\",period=\"daily\",action=\"halt\""), 20.0);
    assert_eq!(
        count("jackfield_limit_left_dollars{", "scope=\"all\",period=\"daily\",action=\"halt\""),
        20.0
    );
    assert!(count("jackfield_plugin_peak_memory_bytes{", shell) >= 65536.0, "{}", metrics.text);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn server_started_locked_holds_dropped_components_and_writes_no_lock() {
    let ground = Ground::new();
    let first = headline(&ground).await;
    let (second, third) = (saying(&first, "TWO!"), saying(&first, "3RD!"));
    let server = ground.serve().await;
    drop_in(&ground, "headline.wasm", &first);
    until_serving(&server, "headline", &digest(&first)).await;
    server.stop().await;
    let lock = ground.data().join("plugins.lock");
    let locked = std::fs::read(&lock).unwrap();

    let server = ground.serve_with("127.0.0.1:0", &["--locked"]).await;
    drop_in(&ground, "headline.wasm", &second);
    let held = file_in_state(&server, "headline.wasm", "held").await;
    assert!(held["reason"].as_str().unwrap().contains("the components are locked"), "{held}");
    assert_eq!(serving(&server, "headline").await, Some(digest(&first)));
    // The configuration says nothing of it, and a changed one does not undo the flag.
    std::fs::write(ground.config(), "[plugins]\nlocked = false\n[run]\nmax_concurrent = 1\n").unwrap();
    until("the change, taken over", || ground.server_log().contains("run.max_concurrent").then_some(()))
        .await;
    drop_in(&ground, "headline.wasm", &third);
    until_told("the third, held", async || {
        let held = file_in_state(&server, "headline.wasm", "held").await;
        (held["digest"] == digest(&third)).then_some(())
    })
    .await;
    assert_eq!(serving(&server, "headline").await, Some(digest(&first)));
    server.stop().await;
    assert_eq!(std::fs::read(&lock).unwrap(), locked, "a locked host writes no lock");

    // A host whose own components are not those of the lock does not start; without the flag it takes what is there.
    let text = String::from_utf8(locked).unwrap();
    let shipped = text.lines().find(|line| line.starts_with("chooser = ")).unwrap();
    let other = shipped.replace(|digit: char| digit.is_ascii_digit(), "0");
    std::fs::write(&lock, text.replace(shipped, &other)).unwrap();
    let refused = ground.cli().run(["serve", "--locked", "--listen", "127.0.0.1:0", "--json"]).await;
    assert_eq!(refused.code, 2, "{refused:#?}");
    assert!(refused.stderr.contains("plugins.lock"), "{refused:#?}");
    let server = ground.serve().await;
    until_serving(&server, "headline", &digest(&third)).await;
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn server_with_a_required_key_serves_only_signed_components() {
    let ground = Ground::new();
    let component = headline(&ground).await;
    let (key, file) = (ground.path().join("my.key"), ground.path().join("headline.wasm"));
    std::fs::write(&file, &component).unwrap();
    let (key, file) = (key.to_str().unwrap(), file.to_str().unwrap());
    let made = ground.cli().run(["plugin", "keygen", key, "--json"]).await.fine().json();
    let again = ground.cli().run(["plugin", "keygen", key, "--json"]).await;
    assert_eq!(again.problem()["code"], "plugin_files", "a key is never written over");
    let public = made["public_key"].as_str().unwrap();
    std::fs::write(ground.config(), format!("[plugins]\nkeys = [\"{public}\"]\n")).unwrap();

    let server = ground.serve().await;
    drop_in(&ground, "headline.wasm", &component);
    let rejected = file_in_state(&server, "headline.wasm", "rejected").await;
    assert!(rejected["reason"].as_str().unwrap().contains("sign it"), "{rejected}");
    let checked = ground.cli().run(["plugin", "check", file]).await;
    assert!(checked.code != 0 && checked.stdout.contains("rejected at checking signature"), "{checked:#?}");
    ground.cli().run(["plugin", "sign", file, "--key", key]).await.fine();
    ground.cli().run(["plugin", "check", file]).await.fine();
    std::fs::copy(format!("{file}.sig"), ground.plugins().join("headline.wasm.sig")).unwrap();
    until_serving(&server, "headline", &digest(&component)).await;
    server.stop().await;
    ground.leave();
}
