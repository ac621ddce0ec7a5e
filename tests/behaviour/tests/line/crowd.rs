//! A crowd: hundreds of live readers and dozens of callers at one server, and nothing is lost. How long they wait is
//! measured by the bench.

use crate::actors::{shell, with};
use futures::future::join_all;
use jackfield_behaviour::{Era, Ground, Sse};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const READERS: usize = 500;
const CALLERS: usize = 64;

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_readers_and_sixty_four_concurrent_callers_lose_nothing() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let gate = ground.path().join("gate");
    // Prints before the readers connect, while they do, and when all are connected.
    let command = format!(
        "say() {{ i=0; while [ $i -lt 20 ]; do i=$((i+1)); echo \"line $i, $1\"; sleep 0.02; done; }}
         say early; until [ -e {} ]; do say waiting; sleep 0.5; done; say late",
        gate.display()
    );
    let handle =
        server.rest().execute(&with(shell(&repository, &command), json!({ "wait_s": 0 }))).await.fine();
    let run = handle["run_id"].as_str().unwrap().to_owned();
    let over = Arc::new(AtomicBool::new(false));
    let callers = (0..CALLERS).map(|_| {
        let (mcp, over) = (server.mcp(Era::Stateless), Arc::clone(&over));
        tokio::spawn(async move {
            let mut answered = 0;
            while answered == 0 || !over.load(Ordering::Relaxed) {
                mcp.call("orchestrator_status", json!({})).await.fine();
                answered += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            answered
        })
    });
    let callers: Vec<_> = callers.collect();
    let path = format!("/api/runs/{run}/logs?stream=true");
    let streams = join_all((0..READERS).map(async |_| Sse::open(&server.rest(), &path, None).await)).await;
    std::fs::write(&gate, "").unwrap();
    let readers: Vec<_> = streams.into_iter().map(|stream| tokio::spawn(stream.to_the_end())).collect();

    let recorded =
        async || ground.database().number(&format!("SELECT MAX(seq) FROM run_events WHERE run = '{run}'"));
    for (number, reader) in readers.into_iter().enumerate() {
        let heard = reader.await.unwrap();
        let ids: Vec<u64> = heard.iter().map(|event| event.id).collect();
        let all = u64::try_from(recorded().await).unwrap();
        assert_eq!(ids, (1..=all).collect::<Vec<_>>(), "reader {number}: each event, once, in order");
        assert_eq!(heard.last().unwrap().kind, "run_succeeded", "reader {number}");
    }
    over.store(true, Ordering::Relaxed);
    let answered: Vec<usize> =
        join_all(callers).await.into_iter().map(|caller| caller.expect("no call failed")).collect();
    assert!(answered.iter().all(|calls| *calls > 0), "{answered:?}");
    server.stop().await;
    ground.leave();
}
