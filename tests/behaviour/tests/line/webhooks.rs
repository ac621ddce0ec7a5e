//! Webhooks: messages are signed, and no crash loses one.

use crate::actors::{shell, with};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jackfield_behaviour::{Ground, until};
use parking_lot::Mutex;
use serde_json::{Value, json};
use sha2::Sha256;
use std::sync::Arc;

const KEY: &[u8] = b"a key of two dozen bytes";

/// A receiver of messages. It answers with the configured statuses, and keeps every message with a valid signature.
#[derive(Clone)]
struct Receiver {
    address: String,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Default)]
struct Kept {
    answers: Vec<u16>,
    heard: Vec<Heard>,
}

#[derive(Debug, Clone)]
struct Heard {
    id: String,
    body: Value,
    answered: u16,
}

impl Receiver {
    /// It answers its first calls with these, and all others with 204.
    async fn start(answers: &[u16]) -> Self {
        let kept = Arc::new(Mutex::new(Kept { answers: answers.to_vec(), heard: Vec::new() }));
        let router = Router::new().fallback(hear).with_state(Arc::clone(&kept));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hook?key=in-the-address", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, kept }
    }

    fn heard(&self) -> Vec<Heard> {
        self.kept.lock().heard.clone()
    }

    fn kinds(&self) -> Vec<String> {
        let taken = self.heard().into_iter().filter(|heard| heard.answered == 204);
        taken.map(|heard| heard.body["type"].as_str().unwrap().to_owned()).collect()
    }

    fn config(&self, more: &str) -> String {
        format!(
            "[webhooks.wall]\nurl = \"{}\"\nsecret_env = \"WALL_SECRET\"\nretry_s = 1\nallow_private = true\n{more}\n",
            self.address
        )
    }
}

async fn hear(State(kept): State<Arc<Mutex<Kept>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let (id, time) = (header("webhook-id"), header("webhook-timestamp"));
    let mut mac = Hmac::<Sha256>::new_from_slice(KEY).unwrap();
    mac.update(format!("{id}.{time}.").as_bytes());
    mac.update(&body);
    let signed = STANDARD.decode(header("webhook-signature").strip_prefix("v1,").unwrap()).unwrap();
    mac.verify_slice(&signed).expect("the signature is the host's");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!(now.abs_diff(time.parse().unwrap()) < 60, "{time}");
    let mut kept = kept.lock();
    let answered = if kept.answers.is_empty() { 204 } else { kept.answers.remove(0) };
    kept.heard.push(Heard { id, body: serde_json::from_slice(&body).unwrap(), answered });
    StatusCode::from_u16(answered).unwrap()
}

fn ground(config: &str) -> Ground {
    Ground::new().with("WALL_SECRET", format!("whsec_{}", STANDARD.encode(KEY))).with_config(config)
}

#[tokio::test]
async fn notification_is_signed_and_sent_again_after_a_failed_delivery() {
    let receiver = Receiver::start(&[500, 429]).await;
    let ground = ground(&receiver.config("events = [\"run_queued\", \"run_succeeded\", \"breaker_*\"]"));
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let answer = rest.execute(&shell(&repository, "echo hello > hello.txt")).await.fine();
    rest.post("/api/breaker", &json!({ "action": "raise", "usd": 5, "reason": "a long night" })).await.fine();
    until("three messages", || (receiver.kinds().len() >= 3).then_some(())).await;
    let mut kinds = receiver.kinds();
    kinds.sort();
    assert_eq!(kinds[1..], ["run_queued", "run_succeeded"], "and nothing of all the rest");
    assert!(kinds[0].starts_with("breaker_"), "{kinds:?}");

    let heard = receiver.heard();
    let first = &heard[0];
    let again: Vec<_> =
        heard.iter().filter(|other| other.id == first.id).map(|other| other.answered).collect();
    assert!(again.starts_with(&[500]) && again.last() == Some(&204), "{heard:#?}");
    let told = heard.iter().find(|heard| heard.body["type"] == "run_succeeded").unwrap();
    let data = &told.body["data"];
    assert_eq!((&data["run_id"], &data["task_id"]), (&answer["run_id"], &answer["task_id"]));
    assert_eq!((&data["executor"], &data["branch"]), (&json!("shell"), &answer["attempt"]["branch"]));

    let standing = until("what is on record", || {
        let row = ground.database().row("SELECT delivered, error FROM webhooks");
        (row["delivered"] == 3).then_some(row)
    })
    .await;
    assert_eq!(standing["error"], Value::Null);
    let listed = ground.cli().run(["webhooks"]).await.fine().stdout;
    assert!(listed.contains("wall") && !listed.contains("in-the-address"), "{listed}");
    let log = ground.server_log();
    assert!(log.contains("it was answered 500") && !log.contains("in-the-address"), "{log}");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn notification_of_a_killed_host_is_sent_by_the_next_one() {
    let receiver = Receiver::start(&[503, 503, 503, 503]).await;
    let ground = ground(&receiver.config("events = [\"run_*\"]"));
    let repository = ground.repository();
    let server = ground.serve().await;
    let request = with(shell(&repository, "echo hello"), json!({ "expect": "answer" }));
    let answer = server.rest().execute(&request).await.fine();
    server.kill().await;
    let untold = receiver.kinds();
    assert!(!untold.contains(&"run_succeeded".to_owned()), "{untold:?}");
    let next = ground.serve().await;
    until("the end of the run", || receiver.kinds().contains(&"run_succeeded".to_owned()).then_some(()))
        .await;
    let all = receiver.heard();
    assert!(all.iter().all(|heard| heard.body["data"]["run_id"] == answer["run_id"]), "{all:#?}");
    let events = ground.database().count("run_events WHERE kind GLOB 'run_*'");
    until("every one of them", || {
        let mut ids: Vec<_> = receiver
            .heard()
            .into_iter()
            .filter(|heard| heard.answered == 204)
            .map(|heard| heard.id)
            .collect();
        ids.sort();
        ids.dedup();
        (ids.len() as u64 == u64::try_from(events).unwrap()).then_some(())
    })
    .await;
    next.stop().await;
    ground.leave();
}

#[tokio::test]
async fn webhook_that_always_fails_is_given_up_recorded_and_can_be_retried() {
    let receiver = Receiver::start(&[500, 500]).await;
    let ground = ground(&receiver.config("events = [\"run_succeeded\"]\ntries = 2"));
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    rest.execute(&with(shell(&repository, "echo hello"), json!({ "expect": "answer" }))).await.fine();
    let dead = until("the message is given up", || {
        ground.database().rows("SELECT * FROM events WHERE kind = 'webhook_dead'").pop()
    })
    .await;
    assert!(
        dead["subject"] == "wall" && dead["payload"].as_str().unwrap().contains("answered 500"),
        "{dead}"
    );
    let standing = rest.get("/api/webhooks").await.fine();
    assert_eq!((&standing[0]["dead"], &standing[0]["error"]), (&json!(1), &json!("it was answered 500")));
    rest.post("/api/webhooks/wall", &json!({ "action": "retry" })).await.fine();
    until("it is told", || (receiver.kinds() == ["run_succeeded"]).then_some(())).await;
    let tested = ground.cli().run(["webhooks", "test", "wall", "--json"]).await.fine().json();
    assert_eq!(tested["taken"], true);
    until("the test", || receiver.kinds().contains(&"webhook_test".to_owned()).then_some(())).await;
    let unknown = rest.post("/api/webhooks/floor", &json!({ "action": "test" })).await;
    assert_eq!((unknown.status.as_u16(), &unknown.json()["code"]), (404, &json!("webhook_not_found")));
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn webhook_that_does_not_answer_delays_nothing() {
    let receiver = Receiver::start(&[]).await;
    // It takes connections, and that is all.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let more = format!(
        "events = [\"breaker_*\"]\n[webhooks.silent]\nurl = \"http://{}/\"\nsecret_env = \"WALL_SECRET\"\nallow_private = true\n",
        silent.local_addr().unwrap()
    );
    let ground = ground(&receiver.config(&more));
    let server = ground.serve().await;
    for told in 1..=3 {
        let raise = json!({ "action": "raise", "usd": 1, "reason": "a long night" });
        server.rest().post("/api/breaker", &raise).await.fine();
        until("the next message", || (receiver.kinds().len() >= told).then_some(())).await;
    }
    let tried =
        "SELECT COUNT(*) FROM webhook_messages WHERE webhook = 'silent' AND (tries > 0 OR error IS NOT NULL)";
    assert_eq!(ground.database().number(tried), 0, "all that while it was at its first tries");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn webhook_to_a_private_address_is_refused_unless_allowed() {
    let receiver = Receiver::start(&[]).await;
    let port = receiver.address.split([':', '/']).nth(4).unwrap().to_owned();
    let config = receiver.config("").replace("allow_private = true", "");
    let refused = ground(&config).cli().run(["config", "check"]).await;
    assert!(refused.code != 0 && format!("{refused:?}").contains("begin with https://"), "{refused:#?}");
    for address in [format!("https://127.0.0.1:{port}/"), format!("https://localhost:{port}/")] {
        let config = format!("[webhooks.wall]\nurl = \"{address}\"\nsecret_env = \"WALL_SECRET\"\n");
        let ground = ground(&config);
        let server = ground.serve().await;
        let tested = ground.cli().run(["webhooks", "test", "wall"]).await;
        assert_eq!(tested.code, 1, "{tested:#?}");
        let said = ["is no public address", "has no public address"];
        assert!(said.iter().any(|said| tested.stdout.contains(said)), "{address}: {tested:#?}");
        server.stop().await;
        ground.leave();
    }
    assert!(receiver.heard().is_empty());
}
