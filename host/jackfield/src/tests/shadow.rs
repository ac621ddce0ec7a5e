//! Shadow calls beside live decisions.

use crate::{ExecuteRequest, Host};
use jackfield_config::Config;
use jackfield_replay::shadow::FOLDER;
use jackfield_replay::shadow_name;
use jackfield_store::PluginCall;
use jackfield_types::{RunId, TaskId};
use std::time::Duration;
use tokio::time::Instant;

/// Returns a host with a shadow of its compressor under another digest, and a run with an answer.
async fn host_with_shadow(share: u8) -> (tempfile::TempDir, Host, RunId) {
    let folder = tempfile::tempdir().unwrap();
    let shadows = folder.path().join("data/plugins").join(FOLDER);
    std::fs::create_dir_all(&shadows).unwrap();
    let custom = [&[0, 9, 4][..], b"test", &[1, 0, 0, 0]].concat();
    std::fs::write(shadows.join("own.wasm"), [jackfield_embedded::COMPRESS, &custom].concat()).unwrap();
    let work = folder.path().join("work");
    std::fs::create_dir(&work).unwrap();
    let mut config = Config::default();
    config.plugins.shadow_cpu_percent = share.into();
    let environment = [("PATH".to_owned(), std::env::var("PATH").unwrap())];
    let builder = super::builder(folder.path().join("data")).config(config).environment(environment);
    let host = builder.watch(false).open().await.unwrap();
    let request = ExecuteRequest {
        executor: Some("shell".into()),
        workspace: Some(work.display().to_string()),
        ..ExecuteRequest::new("echo done")
    };
    let run = host.runs().dispatch(request).await.unwrap();
    host.runs().wait_for(run, Duration::from_secs(60), |_| {}).await.unwrap();
    (folder, host, run)
}

/// Waits for this many shadow answers.
async fn answered(host: &Host, task: TaskId, count: usize) -> Vec<PluginCall> {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let calls = host.inner.store.decisions().of_task(task).await.unwrap();
        let aside: Vec<_> =
            calls.into_iter().filter(|call| call.function == shadow_name("compress")).collect();
        if aside.len() >= count {
            return aside;
        }
        assert!(Instant::now() < end, "only {} of {count} came", aside.len());
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn answer_never_waits_for_a_shadow() {
    let (_folder, host, run) = host_with_shadow(100).await;
    let task = host.runs().get(run).await.unwrap().task.id;
    // As if a shadow never returned: no other call gets its turn.
    let turn = host.inner.runs.shadow_calls.shadows.turn.lock().await;
    for _ in 0..5 {
        let answer = tokio::time::timeout(Duration::from_secs(30), host.runs().answer(run, None)).await;
        assert!(answer.expect("it does not wait").unwrap().text.starts_with("flowchart LR"));
    }
    let calls = host.inner.store.decisions().of_task(task).await.unwrap();
    assert!(calls.iter().all(|call| call.function != shadow_name("compress")), "none was asked yet");
    drop(turn);
    let aside = answered(&host, task, 5).await;
    assert!(aside.iter().all(|call| call.error.is_none()), "{aside:#?}");
    host.shutdown().await;
}

#[tokio::test]
async fn shadow_keeps_within_its_share_of_a_processor() {
    const COUNT: usize = 30;
    let (_folder, host, run) = host_with_shadow(1).await;
    let task = host.runs().get(run).await.unwrap().task.id;
    for _ in 0..COUNT {
        host.runs().answer(run, None).await.unwrap();
    }
    let aside = answered(&host, task, COUNT).await;
    let asked: Vec<_> = aside.iter().filter(|call| call.error.is_none()).collect();
    let (first, last) = (asked.first().unwrap(), asked.last().unwrap());
    let before_last = asked.iter().take(asked.len() - 1);
    let worked: Duration = before_last.map(|call| Duration::from_micros(call.micros)).sum();
    let passed = last.at.duration_since(first.at).unsigned_abs();
    // An answer may have waited a moment to be recorded.
    let passed = passed + Duration::from_millis(50);
    assert!(passed >= worked * 99, "at work for {worked:?} of {passed:?}, and 1 % is its share");
    assert!(asked.len() > 1, "{aside:#?}");
    host.shutdown().await;
}
