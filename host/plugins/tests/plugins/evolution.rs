//! The contract grows, and what is out there goes on: published versions of the WIT are never changed, old
//! components serve in this host, and a version to come can add functions and cases.

mod next;

use crate::common;
use jackfield_plugins::facts::choosing::Step;
use jackfield_plugins::{NoEvidence, State};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest component that is kept for ever.
const MOST_BYTES: u64 = 100 << 10;

fn wit() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit")
}

/// Old components, a folder for each version that they were built against.
fn old() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/published")
}

/// Every file below the folders of versions, by its path from there.
fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for version in std::fs::read_dir(root).unwrap().map(Result::unwrap) {
        if version.file_type().unwrap().is_dir() {
            for file in std::fs::read_dir(version.path()).unwrap().map(Result::unwrap) {
                let name = format!("{}/{}", name_of(&version.path()), name_of(&file.path()));
                files.insert(name, std::fs::read(file.path()).unwrap());
            }
        }
    }
    files
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

fn hold_frozen(root: &Path) {
    let list = std::fs::read_to_string(root.join("SHA256SUMS")).unwrap();
    let listed: BTreeMap<_, _> =
        list.lines().map(|line| line.split_once("  ").unwrap()).map(|(sum, file)| (file, sum)).collect();
    let there = files(root);
    for (file, bytes) in &there {
        let sum: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            listed.get(file.as_str()),
            Some(&sum.as_str()),
            "{file} is published: what is out there was built against it. Put it back, and change `wit/` under a higher version"
        );
    }
    let gone: Vec<_> = listed.keys().filter(|file| !there.contains_key(**file)).collect();
    assert!(gone.is_empty(), "published files are gone: {gone:?}");
}

/// The versions that were published, lowest first.
fn published() -> Vec<semver::Version> {
    let names: BTreeSet<_> = files(&wit().join("published"))
        .keys()
        .map(|file| file.split('/').next().unwrap().to_owned())
        .collect();
    let mut versions: Vec<semver::Version> = names.iter().map(|name| name.parse().unwrap()).collect();
    versions.sort();
    versions
}

#[test]
fn a_published_contract_is_never_changed() {
    hold_frozen(&wit().join("published"));
    hold_frozen(&old());
}

#[test]
fn the_contract_in_the_making_is_the_last_published_one_or_a_higher_one() {
    let current: BTreeMap<_, _> = std::fs::read_dir(wit())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (name_of(&path), std::fs::read_to_string(path).unwrap()))
        .collect();
    let version_of = |text: &str| -> semver::Version {
        let line = text.lines().find(|line| line.starts_with("package ")).unwrap();
        line.strip_prefix("package jackfield:plugin@").unwrap().trim_end_matches(';').parse().unwrap()
    };
    let versions: BTreeSet<_> = current.values().map(|text| version_of(text)).collect();
    assert_eq!(versions.len(), 1, "all files of `wit/` are of one version");
    let current_version = versions.first().unwrap();
    let last = published().pop().unwrap();
    assert!(*current_version >= last, "{current_version} is lower than {last}, which is published");
    if *current_version == last {
        let frozen = files(&wit().join("published"));
        for (name, text) in &current {
            let same = frozen.get(&format!("{last}/{name}")).map(Vec::as_slice) == Some(text.as_bytes());
            assert!(same, "wit/{name} differs from {last}, which is published: give `wit/` a higher version");
        }
        assert_eq!(current.len(), frozen.keys().filter(|file| file.starts_with(&format!("{last}/"))).count());
    }
}

#[tokio::test]
async fn components_of_every_published_version_serve_in_this_host() {
    for version in published() {
        let folder = old().join(version.to_string());
        let mut setup = common::setup();
        setup.grants = common::granted(&[common::PROGRAM], &["VARIABLE_NAME_A"]);
        let evidence =
            jackfield_plugins::Grant { imports: ["evidence".to_owned()].into(), ..Default::default() };
        setup
            .grants
            .0
            .entry(jackfield_types::PluginKind::Gate)
            .or_default()
            .insert(common::NAME.to_owned(), evidence);
        let host = setup.open().await;
        for kind in ["chooser", "compressor", "executor", "gate", "judge"] {
            let bytes = std::fs::read(folder.join(kind).with_extension("wasm")).unwrap_or_else(|_| {
                panic!("a {kind} that was built against {version} is kept in {}", folder.display())
            });
            assert!(bytes.len() as u64 <= MOST_BYTES, "{kind} of {version} is too large to keep");
            let export = format!("@{version}");
            assert!(
                bytes.windows(export.len()).any(|part| part == export.as_bytes()),
                "{kind} is not of {version}"
            );
            host.drop_in(&format!("{kind}.wasm"), &bytes);
        }
        host.plugins.rescan().await.unwrap();
        let list = host.plugins.list();
        assert_eq!(list.len(), 5, "{list:?}");
        assert!(list.iter().all(|one| one.state == State::Serving), "{version}: {list:?}");
        assert_eq!(host.choose("well").await.unwrap().value[0].candidate, 2);
        let (task, candidates, budget) = (common::task("well"), common::candidates(), common::budget());
        let next = host.plugins.next(common::now(), &task, &[], &candidates, &budget).await.unwrap();
        assert_eq!(next.value, Step::Done("3 candidates".to_owned()));
        let short = host.plugins.compress("level-one", &common::report("well")).await.unwrap();
        assert_eq!(short.value, "level-one: 12 bytes");
        let results = [common::result("well", "long diff"), common::result("well", "short")];
        assert_eq!(host.plugins.compare(&results).await.unwrap().value.winner, Some(1));
        let ruled = host.plugins.evaluate("sample_gate", r#"{"how":"look"}"#, Arc::new(NoEvidence));
        assert!(!ruled.await.unwrap().value.unwrap().passed);
        let mut drive = host.plugins.drive(common::NAME).await.unwrap();
        drive.begin(&common::request("well")).await.unwrap();
        drive.feed(b"fine").await.unwrap();
        assert_eq!(drive.finish(common::exit()).await.unwrap().text, "fine in 1 calls, code Some(0)");
    }
}
