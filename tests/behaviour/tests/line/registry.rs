//! Components that are pushed to a registry and pulled from it.

use crate::components::{digest, headline};
use jackfield_behaviour::{Ground, LOGIN, Registry};
use serde_json::{Value, json};
use std::fs;

async fn pull(ground: &Ground, reference: &str) -> jackfield_behaviour::Told {
    ground.cli().run(["plugin", "pull", reference, "--plain-http", "--json"]).await
}

async fn serving(ground: &Ground, name: &str) -> Option<String> {
    let listed = ground.cli().run(["plugin", "list", "--json"]).await.fine().json();
    let plugins = listed.as_array().unwrap();
    let found = plugins.iter().find(|one| one["name"] == name && one["state"] == "serving")?;
    Some(found["digest"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn pushed_component_is_pulled_by_its_digest_with_its_signature() {
    let (author, operator) = (Ground::new(), Ground::new());
    let Some(registry) = Registry::start(&author.path().join("registry"), false).await else { return };
    let component = headline(&author).await;
    let file = author.path().join("headline.wasm");
    let key = author.path().join("key");
    fs::write(&file, &component).unwrap();
    let (file, key) = (file.to_str().unwrap(), key.to_str().unwrap());
    let made = author.cli().run(["plugin", "keygen", key, "--json"]).await.fine().json();
    author.cli().run(["plugin", "sign", file, "--key", key]).await.fine();
    let tag = format!("{}/acme/headline:1", registry.address());
    let push = ["plugin", "push", file, &tag, "--plain-http", "--json"];
    let pushed = author.cli().run(push).await.fine().json();
    assert_eq!(
        (&pushed["digest"], &pushed["signed"]),
        (&json!(digest(&component)), &json!(true)),
        "{pushed}"
    );
    let pinned = pushed["reference"].as_str().unwrap();
    assert!(pinned.contains("@sha256:"), "{pinned}");

    let operator = operator.with_config(&format!("[plugins]\nkeys = [{}]\n", made["public_key"]));
    let loose = pull(&operator, &tag).await;
    let problem = loose.problem();
    assert_eq!(problem["code"], "no_digest");
    let told = problem["remedy"].as_str().unwrap();
    let digest_of_manifest = pinned.split_once('@').unwrap().1;
    assert!(told.contains("plugin pull") && told.contains(digest_of_manifest), "{told}");
    assert_eq!(serving(&operator, "headline").await, None, "a refusal drops nothing");

    let pulled = pull(&operator, pinned).await.fine().json();
    assert_eq!(pulled["signed"], true, "{pulled}");
    assert_eq!(serving(&operator, "headline").await, Some(digest(&component)));
    let left: Vec<_> =
        fs::read_dir(operator.plugins()).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "the component and its signature, and nothing half-done: {left:?}");
    author.leave();
    operator.leave();
}

#[tokio::test]
async fn component_that_differs_from_its_reference_is_not_dropped() {
    let ground = Ground::new();
    let store = ground.path().join("registry");
    let Some(registry) = Registry::start(&store, false).await else { return };
    let component = headline(&ground).await;
    let file = ground.path().join("headline.wasm");
    fs::write(&file, &component).unwrap();
    let tag = format!("{}/acme/headline:1", registry.address());
    let push = ["plugin", "push", file.to_str().unwrap(), &tag, "--plain-http", "--json"];
    let pinned = ground.cli().run(push).await.fine().json()["reference"].as_str().unwrap().to_owned();

    let nobody = format!("{}/acme/headline@sha256:{}", registry.address(), "0".repeat(64));
    assert_eq!(pull(&ground, &nobody).await.problem()["code"], "not_in_registry");
    assert_eq!(pull(&ground, "not a reference").await.problem()["code"], "bad_reference");
    let tls = ground.cli().run(["plugin", "pull", &pinned, "--json"]).await.problem();
    assert_eq!(tls["code"], "registry_trouble");
    assert!(tls["remedy"].as_str().unwrap().contains("--plain-http"), "{tls}");

    // The contents of the registry are changed: one byte of the component, then the manifest.
    let blob = |digest: &str| {
        store.join(format!("kept/docker/registry/v2/blobs/sha256/{}/{digest}/data", &digest[..2]))
    };
    let mut changed = component.clone();
    *changed.last_mut().unwrap() ^= 1;
    fs::write(blob(&digest(&component)), &changed).unwrap();
    let lied = pull(&ground, &pinned).await.problem();
    assert_eq!(lied["code"], "registry_trouble", "{lied}");
    let manifest = blob(pinned.split_once("sha256:").unwrap().1);
    let other = fs::read_to_string(&manifest).unwrap().replace("wasip2", "wasip9");
    fs::write(&manifest, other).unwrap();
    let lied = pull(&ground, &pinned).await.problem();
    assert!(["registry_trouble", "not_a_component"].iter().any(|code| lied["code"] == *code), "{lied}");

    assert_eq!(serving(&ground, "headline").await, None);
    let left = fs::read_dir(ground.plugins()).map(Iterator::count).unwrap_or_default();
    assert_eq!(left, 0, "nothing is left of what was refused");
    ground.leave();
}

#[tokio::test]
async fn registry_login_is_read_from_the_docker_configuration_and_required_if_missing() {
    let ground = Ground::new();
    let Some(registry) = Registry::start(&ground.path().join("registry"), true).await else { return };
    let component = headline(&ground).await;
    let file = ground.path().join("headline.wasm");
    fs::write(&file, &component).unwrap();
    let tag = format!("{}/acme/headline:1", registry.address());
    let push = ["plugin", "push", file.to_str().unwrap(), &tag, "--plain-http", "--json"];
    let logins = ground.path().join("logins");
    fs::create_dir_all(&logins).unwrap();
    fs::write(logins.join("config.json"), "{}").unwrap();
    let ground = ground.with("DOCKER_CONFIG", logins.to_str().unwrap());
    let refused = ground.cli().run(push).await.problem();
    assert_eq!(refused["code"], "registry_login", "{refused}");
    assert!(refused["remedy"].as_str().unwrap().contains("docker login"), "{refused}");

    // As `docker login` writes it: name and password, in base64.
    assert_eq!(LOGIN, ("ground", "open sesame"));
    let entry = json!({ "auths": { (registry.address()): { "auth": "Z3JvdW5kOm9wZW4gc2VzYW1l" } } });
    fs::write(logins.join("config.json"), entry.to_string()).unwrap();
    let pushed: Value = ground.cli().run(push).await.fine().json();
    pull(&ground, pushed["reference"].as_str().unwrap()).await.fine();
    assert_eq!(serving(&ground, "headline").await, Some(digest(&component)));
    ground.leave();
}
