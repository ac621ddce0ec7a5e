//! A component asked by a function's name, with facts as people write them.

use crate::common::{self, NAME, PROGRAM, chooser, executor, gate, now, setup, std_chooser};
use jackfield_plugins::facts::gating::{Artifact, ChangedPath, CommandResult};
use jackfield_plugins::{Evidence, PluginError, Trial};
use jackfield_types::PluginKind;
use serde_json::{Value, json};

async fn trial(kind: PluginKind, component: &[u8]) -> (common::Host, Trial) {
    let mut setup = setup();
    setup.embedded = vec![component.to_vec()];
    let host = setup.open().await;
    let trial = host.plugins.try_served(Some(kind), NAME).await.unwrap();
    (host, trial)
}

async fn ask(trial: &Trial, function: &str, facts: Value) -> jackfield_plugins::Said {
    trial.ask(&trial.asking(function, &facts, now()).unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_chooser_answers_in_the_words_of_the_wit_and_tells_what_it_took() {
    let (_host, trial) = trial(PluginKind::Chooser, std_chooser()).await;
    let facts = json!({ "task": { "task-type": "look-around" }, "candidates": [{ "executor": "one" }] });
    let said = ask(&trial, "choose", facts.clone()).await;
    assert_eq!((said.function, said.seed, said.now), ("choosing.choose", 0, now()));
    assert_eq!(said.answer[0]["candidate"], 0);
    assert_eq!(said.answer[0]["effort"], "low");
    assert!(said.memory_bytes >= 64 << 10, "{}", said.memory_bytes);
    assert!(said.micros > 0);
    // Facts say where its clock stands and what its random numbers come from, so it can be asked the same twice.
    let mut other = facts;
    other["seed"] = json!(7);
    other["now"] = json!(86_400_000);
    let elsewhere = ask(&trial, "choosing.choose", other).await;
    assert_eq!((elsewhere.seed, elsewhere.now.as_millisecond()), (7, 86_400_000));
    assert_ne!(elsewhere.answer, said.answer);
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_with_what_can() {
    let (_host, trial) = trial(PluginKind::Chooser, chooser()).await;
    let Err(PluginError::NoSuchFunction { known, .. }) = trial.asking("compress", &Value::Null, now()) else {
        panic!("a chooser compresses nothing")
    };
    assert_eq!(known, ["about.identify", "choosing.choose", "choosing.next"]);
    let Err(bad) = trial.asking("choose", &json!({ "task": { "complexity": "high" } }), now()) else {
        panic!("no complexity is a word")
    };
    assert!(bad.to_string().contains("task.complexity: invalid type"), "{bad}");
    let Err(unknown) = trial.asking("choose", &json!({ "history": [] }), now()) else {
        panic!("`choose` is told no history")
    };
    assert!(
        unknown.to_string().contains("'history' is not known; there are task, candidates, budget"),
        "{unknown}"
    );
}

#[tokio::test]
async fn who_goes_past_its_limit_is_named_and_may_be_asked_again() {
    let (_host, trial) = trial(PluginKind::Chooser, chooser()).await;
    let asking = trial.asking("choose", &json!({ "task": { "task-type": "loop" } }), now()).unwrap();
    let error = trial.ask(&asking).await.unwrap_err();
    assert!(error.to_string().contains("ran past its CPU budget"), "{error}");
    ask(&trial, "choose", json!({})).await;
}

#[tokio::test]
async fn an_executor_plans_and_reads_in_one_question_each() {
    let (_host, trial) = trial(PluginKind::Executor, executor()).await;
    let described = ask(&trial, "describe", Value::Null).await;
    assert_eq!(described.answer["programs"][0]["name"], PROGRAM);
    let planned = ask(&trial, "plan", json!({ "request": { "instruction": "Hi" } })).await;
    assert_eq!(planned.answer["ok"]["argv"][0], PROGRAM);
    let read = ask(&trial, "reading", json!({ "output": ["one\nt", "wo\n"], "exit": { "code": 0 } })).await;
    assert!(read.answer["events"].is_array() && read.answer["outcome"].is_object(), "{}", read.answer);
}

#[tokio::test]
async fn a_gate_rules_on_what_it_is_shown_and_sees_nothing_where_nothing_is_shown() {
    let (_host, trial) = trial(PluginKind::Gate, gate()).await;
    let kinds = ask(&trial, "kinds", Value::Null).await;
    assert_eq!(kinds.answer[0]["name"], "sample_gate");
    // The config is written as JSON, or as the text that the component gets.
    for config in [json!({ "how": "look" }), json!("{\"how\":\"look\"}")] {
        let facts = json!({ "kind": "sample_gate", "config": config });
        let asking = trial.asking("evaluate", &facts, now()).unwrap();
        let nothing = trial.ask(&asking).await.unwrap();
        assert_eq!(nothing.answer["ok"]["passed"], false, "{}", nothing.answer);
        let seen = trial.ask(&asking.seeing(std::sync::Arc::new(OneFile))).await.unwrap();
        assert_eq!(seen.answer["ok"]["passed"], true, "{}", seen.answer);
        assert!(seen.answer["ok"]["message"].as_str().unwrap().contains("README.md"), "{}", seen.answer);
    }
    let refused = ask(&trial, "gating.evaluate", json!({ "kind": "another" })).await;
    assert_eq!(refused.answer["err"], "there is no such kind");
}

/// A worktree that holds one file.
struct OneFile;

impl Evidence for OneFile {
    fn files(&self, _: &str) -> Result<Vec<String>, String> {
        Ok(vec!["README.md".to_owned()])
    }

    fn read(&self, _: &str, _: u32) -> Result<Vec<u8>, String> {
        Ok(b"hello".to_vec())
    }

    fn artifacts(&self) -> Vec<Artifact> {
        Vec::new()
    }

    fn metric(&self, _: &str) -> Option<f64> {
        None
    }

    fn commands(&self) -> Vec<CommandResult> {
        Vec::new()
    }

    fn changed(&self) -> Result<Vec<ChangedPath>, String> {
        Ok(Vec::new())
    }

    fn diff(&self, _: u64, _: u32) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }
}
