//! A judge in service: asked, swapped, and answered for where it fails.

use crate::common::{
    self, NAME, OTHER_NAME, VERSION, judge, result, rewritten, setup, shipped_judge, well_behaved,
};
use jackfield_plugins::facts::judging::{Agreement, Comparison, ResultInQuestion};
use jackfield_plugins::facts::types::VerifiedAxis;
use jackfield_plugins::{Called, Change, FailureMode, KindLimits, PluginError, State};
use jackfield_types::PluginKind;

const DIFF: &str =
    "diff --git a/src/lib.rs b/src/lib.rs\n--- a/src/lib.rs\n+++ b/src/lib.rs\n@@ -1 +1 @@\n-x\n+y\n";

async fn with(embedded: &[u8]) -> common::Host {
    let mut setup = setup();
    setup.embedded = vec![embedded.to_vec()];
    setup.open().await
}

async fn compare(host: &common::Host, how: &str) -> Result<Called<Comparison>, PluginError> {
    host.plugins.compare(&[result(how, "a long diff"), result(how, "short")]).await
}

#[tokio::test]
async fn the_shipped_judge_compares_and_rates_real_results() {
    let host = with(shipped_judge()).await;
    let wordy = DIFF.replace("+y\n", "+ y\n+more\n").replace("+1 @@", "+1,2 @@");
    let mut checked = result("say hello", &wordy);
    checked.report.verified = VerifiedAxis::Passed;
    let called = host.plugins.compare(&[result("say hello", DIFF), checked.clone()]).await.unwrap();
    assert_eq!((called.value.agreement, called.value.winner), (Agreement::Partial, Some(1)));
    assert_eq!(called.value.points_of_agreement, ["both change src/lib.rs in the same place (line 1)"]);
    assert_eq!(called.value.differences[0].subject, "src/lib.rs");
    assert_eq!((called.plugin.kind, called.plugin.name.as_str()), (PluginKind::Judge, "judge"));
    let same =
        host.plugins.compare(&[result("", DIFF), result("", &DIFF.replace("+y", "+\ty "))]).await.unwrap();
    assert_eq!(same.value.agreement, Agreement::Full);

    let rated = host.plugins.rate(&checked).await.unwrap().value;
    let on: Vec<_> = rated.iter().map(|rating| rating.dimension.clone()).collect();
    assert_eq!(on, host.plugins.dimensions());
    assert_eq!(rated[1].score, 1000, "{rated:?}");

    let inspected = host.plugins.inspect(Some(PluginKind::Judge), "judge").unwrap();
    assert_eq!(inspected.dimensions, host.plugins.dimensions());
    assert_eq!(
        inspected.imports,
        ["jackfield:plugin/log@1.1.0", "jackfield:plugin/types@1.1.0", "jackfield:plugin/reporting@1.1.0"]
    );
}

#[tokio::test]
async fn the_shipped_judge_stays_within_its_limits_whatever_a_diff_holds() {
    let mut setup = setup();
    setup.embedded = vec![shipped_judge().to_vec()];
    setup.limits = KindLimits::generous();
    setup.failure_modes.judge = FailureMode::Fail;
    let host = setup.open().await;
    let files: String = (0..10_000).map(|n| DIFF.replace("lib", &format!("{n}"))).collect();
    let lines: String = (0..600_000).map(|n| format!("+{n}\n")).collect();
    let long = format!("--- a\n+++ a\n@@ -0,0 +1,600000 @@\n{lines}");
    let scattered = format!("--- a\n+++ a\n@@ -1,900000 +1,900000 @@\n{}", " x\n-y\n+z\n".repeat(400_000));
    let one_line = format!("{DIFF}+{}", "({[\u{fffd}\0\t ".repeat(500_000));
    let headers = "diff --git a/x b/y\n@@ -1,4294967295 +1,4294967295 @@\n".repeat(80_000);
    let again = DIFF.repeat(40_000);
    let hostile = [files, long, scattered, one_line, headers, again];
    for diff in &hostile {
        let alike = [result("", diff), result("", diff)];
        assert_eq!(host.plugins.compare(&alike).await.unwrap().value.agreement, Agreement::Full);
        host.plugins.rate(&alike[0]).await.unwrap();
    }
    let all: Vec<_> = hostile.iter().map(|diff| result("", diff)).collect();
    let called = host.plugins.compare(&all).await.unwrap();
    assert_eq!(called.instead, None);
    assert!(called.value.differences.len() <= 41);
    let apart: Vec<_> =
        (0..5).map(|n| result("", &hostile[2].replacen("+z", &format!("+z{n}"), 1))).collect();
    let called = host.plugins.compare(&apart).await.unwrap();
    assert_eq!(called.value.agreement, Agreement::Partial);
}

#[tokio::test]
async fn a_dropped_judge_takes_over_and_the_shipped_one_is_back_when_it_goes() {
    let mut host = with(shipped_judge()).await;
    host.plugins.watch().unwrap();
    let shipped = host.plugins.dimensions();
    host.drop_in("mine.wasm", judge());
    host.event(Change::Serving).await;
    let called = compare(&host, "well").await.unwrap();
    assert_eq!((called.plugin.name.as_str(), called.plugin.version.as_str()), (NAME, VERSION));
    assert_eq!((called.value.winner, called.value.reason.as_str()), (Some(1), "it is the shortest"));
    assert_eq!(host.plugins.dimensions(), ["dimension-one", "dimension-two"]);
    let serving = host.plugins.list().into_iter().filter(|one| one.state == State::Serving).count();
    assert_eq!(serving, 2, "under another name it covers nothing, and has its say");

    std::fs::remove_file(host.path("mine.wasm")).unwrap();
    host.event(Change::Retired).await;
    assert_eq!(compare(&host, "well").await.unwrap().plugin.name, "judge");
    assert_eq!(host.plugins.dimensions(), shipped);
}

#[tokio::test]
async fn the_newest_judge_serves() {
    let host = with(judge()).await;
    host.drop_in("b.wasm", &rewritten(judge(), NAME, OTHER_NAME));
    host.plugins.rescan().await.unwrap();
    assert_eq!(compare(&host, "well").await.unwrap().plugin.name, OTHER_NAME);
}

#[tokio::test]
async fn the_builtin_judge_answers_for_one_that_traps_or_lies_and_it_is_told() {
    let host = with(&well_behaved(judge())).await;
    host.drop_in("mine.wasm", judge());
    host.plugins.rescan().await.unwrap();
    for (how, why) in [
        ("trap", "told to trap"),
        ("lie", "its winner is result 2, where there are 2"),
        ("loop", "CPU budget"),
    ] {
        let called = compare(&host, how).await.unwrap();
        assert_eq!(called.value.winner, Some(1));
        let instead = called.instead.unwrap();
        assert_ne!(instead.failed.digest, called.plugin.digest);
        assert!(
            instead.error.contains(why) && instead.error.contains("judging.compare"),
            "{}",
            instead.error
        );
    }
    let rated = host.plugins.rate(&result("boast", "")).await.unwrap();
    assert!(rated.instead.unwrap().error.contains("the score of 'dimension-one' is 1001, past 1000"));
    assert_eq!(rated.value[0].score, 700);
}

#[tokio::test]
async fn the_version_before_answers_where_that_was_configured() {
    let mut setup = setup();
    setup.embedded = vec![shipped_judge().to_vec()];
    setup.failure_modes.judge = FailureMode::Previous;
    let host = setup.open().await;
    for bytes in [well_behaved(judge()), judge().to_vec()] {
        host.drop_in("mine.wasm", &bytes);
        host.plugins.rescan().await.unwrap();
    }
    let called = compare(&host, "trap").await.unwrap();
    assert_eq!(called.plugin.name, NAME);
    assert!(called.instead.is_some());
}

#[tokio::test]
async fn a_judge_that_fails_its_sample_cases_never_serves() {
    let mut host = with(shipped_judge()).await;
    for (from, to, why) in [
        ("equal-agree", "unequal-all", "two equal results are not in full agreement for it"),
        ("dimension-two", "dimension-one", "the dimension 'dimension-one' is there twice"),
    ] {
        host.drop_in("mine.wasm", &rewritten(judge(), from, to));
        host.plugins.rescan().await.unwrap();
        let event = host.event(Change::Rejected).await;
        assert!(event.why.starts_with("self-check: ") && event.why.contains(why), "{}", event.why);
    }
    assert_eq!(compare(&host, "well").await.unwrap().plugin.name, "judge");
}

#[tokio::test]
async fn a_recorded_comparison_replays_to_the_same_answer() {
    let host = with(shipped_judge()).await;
    let results = vec![result("one", DIFF), result("two", "")];
    let recorded = host.plugins.compare(&results).await.unwrap();
    let facts = serde_json::to_string(&results).unwrap();
    let results: Vec<ResultInQuestion> = serde_json::from_str(&facts).unwrap();
    let trial = host.plugins.try_digest(recorded.plugin.digest).await.unwrap();
    let again = trial.compare(recorded.now, recorded.seed, &results).await.unwrap();
    assert_eq!(again.value, recorded.value);
    assert_eq!(serde_json::to_value(&again.value).unwrap()["agreement"], "None");
    let rated = trial.rate(recorded.now, recorded.seed, &results[0]).await.unwrap();
    assert_eq!(rated.value, host.plugins.rate(&results[0]).await.unwrap().value);
}

#[tokio::test]
async fn without_a_judge_a_comparison_says_that_there_is_none() {
    let host = with(common::chooser()).await;
    assert!(host.plugins.dimensions().is_empty());
    let error = compare(&host, "well").await.unwrap_err();
    assert_eq!(error.problem().code, "no_judge");
}
