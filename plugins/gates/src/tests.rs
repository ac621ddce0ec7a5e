//! Each kind, over files that are spelled out here.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

use crate::bindings::jackfield::plugin::types::ChangeKind;
use crate::facts::{Artifact, ChangedPath, CommandResult, Ruling};
use crate::{Evidence, evaluate, kinds};
use std::collections::BTreeMap;

#[derive(Default)]
struct Seen {
    files: BTreeMap<&'static str, Vec<u8>>,
    artifacts: Vec<Artifact>,
    figures: BTreeMap<&'static str, f64>,
    commands: Vec<CommandResult>,
    changed: Option<Vec<ChangedPath>>,
}

impl Evidence for Seen {
    /// Enough of a glob for these tests: what stands before the first star, and after the last.
    fn files(&self, pattern: &str) -> Result<Vec<String>, String> {
        let (before, after) = (pattern.split('*').next().unwrap(), pattern.rsplit('*').next().unwrap());
        let fits = |name: &str| match pattern.contains('*') {
            true => name.starts_with(before) && name.ends_with(after),
            false => name == pattern,
        };
        Ok(self.files.keys().filter(|name| fits(name)).map(|name| (*name).to_owned()).collect())
    }

    fn read(&self, path: &str, most: u32) -> Result<Vec<u8>, String> {
        let bytes = self.files.get(path).ok_or("it is not there")?;
        Ok(bytes.iter().copied().take(most as usize).collect())
    }

    fn artifacts(&self) -> Vec<Artifact> {
        self.artifacts.clone()
    }

    fn metric(&self, name: &str) -> Option<f64> {
        self.figures.get(name).copied()
    }

    fn commands(&self) -> Vec<CommandResult> {
        self.commands.clone()
    }

    fn changed(&self) -> Result<Vec<ChangedPath>, String> {
        self.changed.clone().ok_or_else(|| "they were not captured".into())
    }
}

fn seen() -> Seen {
    let command =
        |name: &str, code, output: &str| CommandResult { name: name.into(), code, output: output.into() };
    Seen {
        files: [
            ("README.md", b"# Title\n\nHello\n".to_vec()),
            ("src/a.rs", b"fn a() {}\n".to_vec()),
            ("src/b.rs", b"fn b() {\n    TODO!()\n}\n".to_vec()),
            ("image.png", vec![0xff, 0xfe]),
            ("huge.txt", vec![b'x'; (4 << 20) + 1]),
        ]
        .into(),
        artifacts: vec![Artifact {
            kind: "diff".into(),
            label: "2 file(s)".into(),
            target: "d".into(),
            size: 90,
        }],
        figures: [("lines-added", 12.0)].into(),
        commands: vec![command("tests", Some(0), "12 passed"), command("lint", None, "")],
        changed: Some(vec![
            ChangedPath { path: "src/a.rs".into(), was: None, kind: ChangeKind::Modified },
            ChangedPath { path: "old.md".into(), was: None, kind: ChangeKind::Deleted },
            ChangedPath {
                path: "public/key".into(),
                was: Some("secret/key".into()),
                kind: ChangeKind::Renamed,
            },
        ]),
    }
}

fn ruled(kind: &str, config: &str) -> Ruling {
    evaluate(kind, config, &seen()).unwrap()
}

fn told(kind: &str, config: &str) -> (bool, String) {
    let ruling = ruled(kind, config);
    (ruling.passed, ruling.message)
}

#[test]
fn a_file_is_there_or_is_not() {
    let exists = |config| told("file_exists", config);
    assert_eq!(exists(r#"{"path":"README.md"}"#), (true, "README.md is there".into()));
    assert_eq!(exists(r#"{"path":"LICENSE"}"#), (false, "no file matches LICENSE".into()));
    assert!(exists(r#"{"path":"src/*.rs","min":2}"#).0);
    assert!(!exists(r#"{"path":"src/*.rs","min":3}"#).0);
    assert!(exists(r#"{"path":"*.orig","min":0,"max":0}"#).0);
    let (passed, why) = exists(r#"{"path":"src/*.rs","min":0,"max":0}"#);
    assert!(!passed && why == "2 files match src/*.rs, where none may be: src/a.rs, src/b.rs", "{why}");
}

#[test]
fn every_file_that_matches_keeps_every_rule_of_its_content() {
    let content = |config| told("content_check", config);
    assert!(content(r#"{"path":"README.md","contains":["Title","Hello"],"min_lines":3,"max_lines":3}"#).0);
    let (passed, why) = content(r#"{"path":"src/*.rs","not_contains":"todo!(","ignore_case":true}"#);
    assert!(!passed && why == "src/b.rs contains \"todo!(\" in line 2", "{why}");
    assert!(
        content(r#"{"path":"src/*.rs","not_contains":"todo!("}"#).0,
        "case counts unless it is told not to"
    );
    assert_eq!(content(r#"{"path":"src/*.rs","max_lines":2}"#).1, "src/b.rs has 3 lines, more than 2");
    assert_eq!(content(r#"{"path":"src/a.rs","contains":"x"}"#).1, "src/a.rs does not contain \"x\"");
    assert_eq!(content(r#"{"path":"none/*","contains":"x"}"#), (false, "no file matches none/*".into()));
    assert_eq!(content(r#"{"path":"image.png","contains":"x"}"#).1, "image.png is not text in UTF-8");
    assert!(content(r#"{"path":"huge.txt","contains":"x"}"#).1.contains("is longer than"));
}

#[test]
fn artifacts_figures_and_checks_are_as_wanted_or_the_message_says_how_they_are() {
    assert!(told("artifact_exists", r#"{"kind":"diff","min_bytes":90}"#).0);
    assert_eq!(
        told("artifact_exists", r#"{"kind":"diff","min_bytes":91}"#),
        (false, "no artifact diff is as wanted; there is diff (90 bytes)".into())
    );
    assert!(told("metric_threshold", r#"{"metric":"lines-added","max":12}"#).0);
    assert_eq!(
        told("metric_threshold", r#"{"metric":"lines-added","max":11.5}"#),
        (false, "lines-added is 12, more than 11.5".into())
    );
    assert_eq!(
        told("metric_threshold", r#"{"metric":"coverage","min":80}"#),
        (false, "there is no figure coverage".into())
    );
    assert_eq!(told("jury_score", r#"{"threshold":60}"#), (false, "no jury has scored the card".into()));
    for (score, passed, message) in [
        (60.0, true, "the jury scored 60 of 100"),
        (59.5, false, "the jury scored 59.5 of 100, less than 60"),
        (f64::NAN, false, "the score of the jury is not a number"),
    ] {
        let mut seen = seen();
        seen.figures.insert("jury_score", score);
        let ruling = evaluate("jury_score", r#"{"threshold":60}"#, &seen).unwrap();
        assert_eq!((ruling.passed, ruling.message.as_str()), (passed, message));
    }
    assert!(told("command", r#"{"name":"tests","contains":"passed"}"#).0);
    assert_eq!(
        told("command", r#"{"name":"tests","not_contains":"12"}"#).1,
        "the check tests: what it printed contains \"12\" in line 1"
    );
    assert!(told("command", r#"{"name":"lint"}"#).1.contains("was ended before it was done"));
    assert_eq!(told("command", r#"{"name":"fmt"}"#), (false, "no check is named fmt: tests, lint".into()));
}

#[test]
fn what_makes_no_sense_is_refused_whatever_there_is_to_see() {
    for (kind, config) in [
        ("file_exists", "{}"),
        ("file_exists", r#"{"path":" "}"#),
        ("file_exists", r#"{"path":"a","min":2,"max":1}"#),
        ("file_exists", r#"{"path":"a","mode":1}"#),
        ("content_check", r#"{"path":"a"}"#),
        ("content_check", r#"{"path":"a","contains":""}"#),
        ("metric_threshold", r#"{"metric":"x"}"#),
        ("metric_threshold", r#"{"metric":"x","min":2,"max":1}"#),
        ("jury_score", "{}"),
        ("jury_score", r#"{"threshold":101}"#),
        ("command", r#"{"name":"tests","contains":[""]}"#),
        ("artifact_exists", "[]"),
        ("artifact_exists", "no json"),
        ("no_such_gate", "{}"),
    ] {
        let (with, without) = (evaluate(kind, config, &seen()), evaluate(kind, config, &Seen::default()));
        assert!(with.is_err() && with == without, "{kind} {config}: {with:?}");
    }
}

#[test]
fn every_schema_is_json_and_its_examples_are_taken() {
    for kind in kinds() {
        let schema: serde_json::Value = serde_json::from_str(&kind.schema).unwrap();
        for example in schema["examples"].as_array().unwrap() {
            evaluate(&kind.name, &example.to_string(), &Seen::default()).unwrap();
        }
    }
}

#[test]
fn a_change_to_a_forbidden_path_fails_whatever_became_of_the_file() {
    let paths = |config| told("changed_paths", config);
    assert_eq!(paths(r#"{"forbid":"docs/"}"#), (true, "the 3 changed files are allowed".into()));
    for (forbid, named) in
        [("src/**", "src/a.rs"), ("*.md", "old.md"), ("secret/", "secret/key"), ("public", "public/key")]
    {
        let config = format!(r#"{{"forbid":["none",{forbid:?}]}}"#);
        let (passed, message) = told("changed_paths", &config);
        assert!(!passed && message.contains(&format!("{named} (forbidden by {forbid})")), "{message}");
    }
    let (passed, message) = paths(r#"{"allow":["src/**","*.md","public/**"]}"#);
    assert!(!passed && message.ends_with("secret/key (not allowed)"), "{message}");
    assert!(paths(r#"{"allow":["src","*.md","{public,secret}/**"]}"#).0);
    let nothing = Seen { changed: Some(Vec::new()), ..Seen::default() };
    assert!(evaluate("changed_paths", r#"{"forbid":"secret/"}"#, &nothing).unwrap().passed);
}

#[test]
fn changes_that_are_not_known_do_not_pass() {
    let ruling = evaluate("changed_paths", r#"{"forbid":"secret/"}"#, &Seen::default()).unwrap();
    assert!(!ruling.passed && ruling.message.contains("not known: they were not captured"), "{ruling:?}");
    for config in ["{}", r#"{"forbid":[]}"#, r#"{"forbid":""}"#, r#"{"forbid":"a[b"}"#, r#"{"deny":"x"}"#] {
        assert!(evaluate("changed_paths", config, &seen()).is_err(), "{config}");
    }
}
