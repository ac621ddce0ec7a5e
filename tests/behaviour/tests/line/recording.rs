//! A store that cannot be written for a while: what an agent says meanwhile is recorded later, in order and once.

use crate::actors::{shell, with};
use crate::crash::{said, state};
use jackfield_behaviour::{Ground, until};
use serde_json::json;

/// Prints a word whenever a file of that name is in its worktree.
const SPEAKER: &str =
    "for word in one two three four; do until [ -e $word ]; do sleep 0.05; done; echo $word; done";

#[tokio::test]
async fn events_that_cannot_be_recorded_are_recorded_later_and_once() {
    let ground = Ground::new();
    let repository = ground.repository();
    let server = ground.serve().await;
    let request = with(shell(&repository, SPEAKER), json!({ "wait_s": 0, "expect": "answer" }));
    let run = server.rest().execute(&request).await.fine()["run_id"].as_str().unwrap().to_owned();
    until("the worktree", || (ground.worktrees().len() == 1).then_some(())).await;
    let tree = ground.worktrees().remove(0);
    let say = |word: &str| std::fs::write(tree.join(word), "").unwrap();
    say("one");
    until("the first word, on record", || (said(&ground, &run) == ["one"]).then_some(())).await;

    let locked = ground.lock_database();
    say("two");
    until("a write that fails", || {
        ground.server_log().contains("failed to record events: they are recorded later").then_some(())
    })
    .await;
    say("three");
    drop(locked);
    until("both words, on record", || (said(&ground, &run) == ["one", "two", "three"]).then_some(())).await;

    server.kill().await;
    let server = ground.serve().await;
    say("four");
    state(&server, &run, "succeeded").await;
    assert_eq!(said(&ground, &run), ["one", "two", "three", "four"], "nothing twice, nothing missing");
    ground.database().assert_events_without_gap();
    server.stop().await;
    ground.leave();
}
