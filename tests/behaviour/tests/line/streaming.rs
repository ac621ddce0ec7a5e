//! Live logs: each reader, early or late, fast or slow, gets every event exactly once and in order.

use crate::actors::{shell, with};
use futures::future::join_all;
use jackfield_behaviour::{Ground, Heard, Repository, Server, Sse, until_told};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// Lines of output that become events; the rest is in the log file only.
const TOLD: usize = 2_000;
/// Longest that a stream may say nothing, as readers are promised.
const ALIVE: Duration = Duration::from_secs(15);

/// A command that prints thousands of lines, with rests in between, so that it is there for a while.
fn chatty(lines: usize, rest: &str) -> String {
    format!(
        "i=0; while [ $i -lt {lines} ]; do i=$((i+1)); echo \"line $i of many\"; \
         [ $((i % 50)) -ne 0 ] || sleep {rest}; done"
    )
}

async fn started(server: &Server, repository: &Repository, command: &str) -> String {
    let request = with(shell(repository, command), json!({ "wait_s": 0 }));
    server.rest().execute(&request).await.fine()["run_id"].as_str().unwrap().to_owned()
}

fn logs(run: &str) -> String {
    format!("/api/runs/{run}/logs?stream=true")
}

/// Fails where the events are not those that are on record, each once and in order.
fn assert_whole(ground: &Ground, run: &str, heard: &[Heard], who: &str) {
    let recorded = ground
        .database()
        .rows(&format!("SELECT seq, kind, payload FROM run_events WHERE run = '{run}' ORDER BY seq"));
    let ids: Vec<u64> = heard.iter().map(|event| event.id).collect();
    let expected: Vec<u64> = (1..=recorded.len() as u64).collect();
    assert_eq!(ids, expected, "{who}");
    for (event, row) in heard.iter().zip(&recorded) {
        let payload: Value = serde_json::from_str(row["payload"].as_str().unwrap()).unwrap();
        assert_eq!(event.data["seq"].as_u64(), Some(event.id), "{who}");
        assert_eq!(
            (&event.data["payload"], row["kind"].as_str()),
            (&payload, Some(event.kind.as_str())),
            "{who}"
        );
    }
    assert_eq!(heard.last().map(|event| event.kind.as_str()), Some("run_succeeded"), "{who}");
}

#[tokio::test]
async fn hundred_readers_of_a_verbose_run_each_get_every_event_once() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let (rest, run) = (server.rest(), started(&server, &repository, &chatty(3_000, "0.05")).await);
    let readers = (0..100).map(async |number| {
        // They connect one after the other while the run is active.
        tokio::time::sleep(Duration::from_millis(20 * number)).await;
        Sse::open(&rest, &logs(&run), None).await.to_the_end().await
    });
    let all = join_all(readers).await;
    for (number, heard) in all.iter().enumerate() {
        assert_whole(&ground, &run, heard, &format!("reader {number}"));
    }
    let lines = all[0].iter().filter(|event| event.kind == "text").count();
    assert_eq!(lines, TOLD);
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn reader_that_connects_late_or_after_the_end_gets_every_event() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let gate = ground.path().join("gate");
    let command =
        format!("{}; until [ -e {} ]; do sleep 0.05; done; echo through", chatty(200, "0"), gate.display());
    let (rest, run) = (server.rest(), started(&server, &repository, &command).await);
    until_told("half of the output", async || {
        let page = rest.get(&format!("/api/runs/{run}/logs?after=100")).await.fine();
        (page.as_array()?.len() > 50).then_some(())
    })
    .await;
    let mut late = Sse::open(&rest, &logs(&run), None).await;
    let mut heard = Vec::new();
    while heard.last().is_none_or(|event: &Heard| event.data["payload"]["text"] != "line 200 of many") {
        heard.push(late.next().await.expect("the run is still at work"));
    }
    std::fs::write(&gate, "").unwrap();
    heard.extend(late.to_the_end().await);
    assert_whole(&ground, &run, &heard, "the late reader");

    let after = Sse::open(&rest, &logs(&run), None).await.to_the_end().await;
    assert_eq!(after, heard, "the reader after the end");
    let last = heard.last().unwrap().id;
    let tail = Sse::open(&rest, &format!("{}&after={}", logs(&run), last - 3), None).await.to_the_end().await;
    assert_eq!(tail, heard[heard.len() - 3..]);
    // A reader that has every event gets 204, so that a browser does not reconnect for ever.
    let nothing = Sse::ask(&rest, &logs(&run), Some(last)).await;
    assert_eq!(nothing.status().as_u16(), 204);
    // The header has the last event that was received, so it overrides the query.
    let header =
        Sse::open(&rest, &format!("{}&after=1", logs(&run)), Some(last - 2)).await.to_the_end().await;
    assert_eq!(header, heard[heard.len() - 2..]);
    let refused = rest.request(Method::GET, &logs(&run)).header("last-event-id", "the last one");
    let refused = jackfield_behaviour::sent(refused).await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (400, Some("bad_last_event_id")));
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn reconnected_reader_continues_after_its_last_event() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let (rest, run) = (server.rest(), started(&server, &repository, &chatty(2_500, "0.02")).await);
    let readers = (1..=8_u64).map(async |number| {
        let mut chance = number;
        let mut heard: Vec<Heard> = Vec::new();
        let mut cuts = 0;
        'again: loop {
            let last = heard.last().map(|event| event.id);
            let mut stream = Sse::open(&rest, &logs(&run), last).await;
            // A number between 0 and 255, which is as good as chance here.
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            for _ in 0..(chance >> 56) {
                match stream.next().await {
                    Some(event) => heard.push(event),
                    None => break 'again,
                }
            }
            cuts += 1;
            if heard.last().is_some_and(|event| event.kind == "run_succeeded") {
                break;
            }
        }
        (number, cuts, heard)
    });
    for (number, cuts, heard) in join_all(readers).await {
        assert!(cuts > 5, "reader {number} was cut off {cuts} times");
        assert_whole(&ground, &run, &heard, &format!("reader {number} after {cuts} cuts"));
    }
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn slow_or_stalled_readers_lose_nothing_and_cost_no_memory() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let rest = server.rest();
    let line = "x".repeat(3_500);
    let command = format!("i=0; while [ $i -lt 2500 ]; do i=$((i+1)); echo \"$i {line}\"; done");
    let run = started(&server, &repository, &command).await;
    let mut slow = Sse::open(&rest, &logs(&run), None).await;
    let before = memory(server.pid());
    // 60 readers of 7 MB each, of whom none takes anything until the run is long over.
    let path = logs(&run);
    let idle = join_all((0..60).map(|_| Sse::open(&rest, &path, None))).await;
    let mut heard = Vec::new();
    for _ in 0..200 {
        heard.push(slow.next_after(Duration::from_millis(10)).await.unwrap());
    }
    rest.get(&format!("/api/runs/{run}")).await.fine();
    until_told("the end of the run", async || {
        let view = rest.get(&format!("/api/runs/{run}")).await.fine();
        (view["run"]["state"] == "succeeded").then_some(())
    })
    .await;
    let grown = memory(server.pid()).saturating_sub(before);
    assert!(grown < 100 << 20, "the readers made the server grow by {} MB", grown >> 20);
    while let Some(event) = slow.next_after(Duration::from_millis(2)).await {
        heard.push(event);
    }
    assert_whole(&ground, &run, &heard, "the slow reader");
    for (number, stream) in idle.into_iter().enumerate().step_by(20) {
        assert_whole(&ground, &run, &stream.to_the_end().await, &format!("idle reader {number}"));
    }
    server.stop().await;
    ground.leave();
}

/// What a process has in memory, bytes.
fn memory(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

#[tokio::test]
async fn idle_stream_is_kept_alive() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let gate = ground.path().join("gate");
    let command = format!("echo begun; until [ -e {} ]; do sleep 0.05; done", gate.display());
    let (rest, run) = (server.rest(), started(&server, &repository, &command).await);
    let mut stream = Sse::open(&rest, &logs(&run), None).await;
    let mut host = Sse::open(&rest, "/api/events?stream=true&after=1000000", None).await;
    while stream.next().await.unwrap().kind != "text" {}
    for stream in [&mut stream, &mut host] {
        let silent = Instant::now();
        stream.comment().await;
        assert!(silent.elapsed() < ALIVE, "nothing came for {:?}", silent.elapsed());
    }
    std::fs::write(&gate, "").unwrap();
    assert_eq!(stream.to_the_end().await.last().unwrap().kind, "run_succeeded");
    server.stop().await;
    ground.leave();
}

#[tokio::test]
async fn events_of_the_host_are_streamed_like_those_of_a_run() {
    let ground = Ground::new();
    let server = ground.serve().await;
    let rest = server.rest();
    let raise = async |reason: String| {
        let raise = json!({ "action": "raise", "usd": 0.01, "reason": reason });
        rest.post("/api/breaker", &raise).await.fine();
    };
    for number in 0..10 {
        raise(format!("early {number}")).await;
    }
    let path = "/api/events?stream=true";
    let mut late = Sse::open(&rest, path, None).await;
    let mut heard = Vec::new();
    for number in 0..10 {
        raise(format!("live {number}")).await;
    }
    // What another process does is seen too.
    ground.cli().run(["breaker", "raise", "0.01", "--reason", "elsewhere"]).await.fine();
    let reason = |event: &Heard| event.data["payload"]["reason"].as_str().map(str::to_owned);
    while heard.last().and_then(reason).as_deref() != Some("elsewhere") {
        heard.push(late.next().await.expect("the host goes on"));
    }
    let ids: Vec<u64> = heard.iter().map(|event| event.id).collect();
    assert_eq!(ids, (1..=ids.len() as u64).collect::<Vec<_>>());
    let raised = heard.iter().filter(|event| event.kind == "breaker_raised").count();
    assert_eq!(raised, 21);

    let page = rest.get("/api/events?after=3&limit=5").await.fine();
    let page: Vec<_> = page.as_array().unwrap().iter().map(|event| event["seq"].as_u64().unwrap()).collect();
    assert_eq!(page, [4, 5, 6, 7, 8]);
    let mut back = Sse::open(&rest, path, Some(ids[5])).await;
    assert_eq!(back.next().await.as_ref(), heard.get(6));
    // A host that stops ends its streams, and does not wait for their readers.
    let stopping = Instant::now();
    server.stop().await;
    assert!(stopping.elapsed() < Duration::from_secs(5), "it took {:?}", stopping.elapsed());
    assert_eq!(late.to_the_end().await, Vec::new());
    ground.leave();
}
