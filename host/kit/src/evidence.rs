//! What a gate is shown where a person says what there is: a folder as it lies there, or files written for the
//! occasion. It looks at them as in service.

use jackfield::{Diff, WorktreeEvidence};
use jackfield_plugins::facts::gating::{Artifact, ChangedPath, CommandResult};
use jackfield_plugins::facts::types::ChangeKind;
use jackfield_plugins::{Asking, Trial};
use jackfield_types::{ErrorCode, Problem, Timestamp};
use jackfield_workspace::View;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;

/// What it is called among the facts.
pub(super) const EVIDENCE: &str = "evidence";

/// Reads the facts for one function of a component, and makes of `evidence` among them what a gate may look at.
///
/// # Errors
/// A [`Problem`] where there is no such function, or the facts are not what it takes.
pub fn asking(trial: &Trial, function: &str, mut facts: Value, now: Timestamp) -> Result<Asking, Problem> {
    let takes_evidence = trial.arguments(function).contains(&"config");
    let evidence = facts.as_object_mut().filter(|_| takes_evidence).and_then(|facts| facts.remove(EVIDENCE));
    let asking = trial.asking(function, &facts, now)?;
    Ok(match evidence {
        Some(evidence) => asking.seeing(Arc::new(written(evidence)?)),
        None => asking,
    })
}

/// As it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    folder: Option<PathBuf>,
    #[serde(default)]
    files: BTreeMap<String, String>,
    #[serde(default)]
    artifacts: Vec<WrittenArtifact>,
    #[serde(default)]
    metrics: BTreeMap<String, f64>,
    #[serde(default)]
    commands: Vec<WrittenCommand>,
    #[serde(default)]
    changed: Vec<WrittenChange>,
    #[serde(default)]
    diff: String,
}

/// A path alone is a file that was modified.
#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenChange {
    Path(String),
    Whole(WholeChange),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WholeChange {
    path: String,
    was: Option<String>,
    kind: Option<Kind>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Added,
    Modified,
    Deleted,
    Renamed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenArtifact {
    kind: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    target: String,
    #[serde(default)]
    size: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCommand {
    name: String,
    code: Option<i32>,
    #[serde(default)]
    output: String,
}

fn written(evidence: Value) -> Result<WorktreeEvidence, Problem> {
    let written: Written = serde_json::from_value(evidence).map_err(|error| bad(error.to_string()))?;
    let (folder, made) = match (written.folder, written.files.is_empty()) {
        (Some(_), false) => return Err(bad("there is a `folder` and there are `files`".to_owned())),
        (Some(folder), true) if folder.is_dir() => (folder, None),
        (Some(folder), true) => return Err(bad(format!("{} is not a folder", folder.display()))),
        (None, _) => {
            let made = write(&written.files)?;
            (made.path().to_owned(), Some(made))
        }
    };
    let artifact = |one: WrittenArtifact| {
        let WrittenArtifact { kind, label, target, size } = one;
        Artifact { kind, label, target, size }
    };
    let command = |one: WrittenCommand| {
        let WrittenCommand { name, code, output } = one;
        CommandResult { name, code, output }
    };
    let change = |one: WrittenChange| {
        let WholeChange { path, was, kind } = match one {
            WrittenChange::Path(path) => WholeChange { path, was: None, kind: None },
            WrittenChange::Whole(change) => change,
        };
        let kind = match (kind, &was) {
            (Some(Kind::Added), _) => ChangeKind::Added,
            (Some(Kind::Deleted), _) => ChangeKind::Deleted,
            (Some(Kind::Renamed), _) | (None, Some(_)) => ChangeKind::Renamed,
            (Some(Kind::Modified) | None, _) => ChangeKind::Modified,
        };
        ChangedPath { path, was, kind }
    };
    Ok(WorktreeEvidence {
        changed: Ok(written.changed.into_iter().map(change).collect()),
        diff: Ok(Diff::Text(written.diff)),
        view: View::of(folder),
        artifacts: written.artifacts.into_iter().map(artifact).collect(),
        metrics: written.metrics,
        commands: written.commands.into_iter().map(command).collect(),
        made,
    })
}

fn write(files: &BTreeMap<String, String>) -> Result<TempDir, Problem> {
    let failed = |error: std::io::Error| bad(format!("its files cannot be written: {error}"));
    let folder = tempfile::tempdir().map_err(failed)?;
    for (path, text) in files {
        let within = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        if !within || path.is_empty() {
            return Err(bad(format!("{path:?} is not a path within a worktree")));
        }
        let file = folder.path().join(path);
        let parent = file.parent().unwrap_or(folder.path());
        std::fs::create_dir_all(parent).and_then(|()| std::fs::write(&file, text)).map_err(failed)?;
    }
    Ok(folder)
}

fn bad(why: String) -> Problem {
    Problem::caller(
        ErrorCode::BadFacts,
        format!("evidence: {why}"),
        "give it a `folder`, or `files` by path, and perhaps `changed`, `diff`, `artifacts`, `metrics` and `commands`",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_plugins::Evidence;
    use serde_json::json;

    #[test]
    fn evidence_has_the_files_as_written_and_no_others() {
        let told = json!({
            "files": { "src/a_b.rs": "fn main() {}\n", "README.md": "hello" },
            "metrics": { "lines-added": 3 },
            "commands": [{ "name": "tests", "code": 0 }],
            "changed": ["README.md", { "path": "public/key", "was": "secret/key" }],
            "diff": "+hello\n",
        });
        let shown = written(told).unwrap();
        assert_eq!(shown.files("**/*.rs").unwrap(), ["src/a_b.rs"]);
        assert_eq!(shown.read("README.md", 4).unwrap(), b"hell");
        assert_eq!((shown.metric("lines-added"), shown.metric("other")), (Some(3.0), None));
        assert_eq!(shown.commands().first().map(|one| one.code), Some(Some(0)));
        assert!(shown.read("../README.md", 4).is_err());
        let changed = shown.changed().unwrap();
        let told: Vec<_> = changed.iter().map(|one| (&*one.path, one.was.as_deref(), one.kind)).collect();
        let renamed = ("public/key", Some("secret/key"), ChangeKind::Renamed);
        assert_eq!(told, [("README.md", None, ChangeKind::Modified), renamed]);
        assert_eq!((shown.diff(1, 3).unwrap(), shown.diff(7, 3).unwrap()), (b"hel".to_vec(), Vec::new()));
    }

    #[test]
    fn invalid_evidence_is_refused_with_the_reason() {
        let why = |told: Value| written(told).err().unwrap().message;
        assert!(why(json!({ "files": { "../out": "" } })).contains("not a path within a worktree"));
        assert!(why(json!({ "file": {} })).contains("unknown field `file`"));
        assert!(why(json!({ "folder": "/nonexistent/worktree" })).contains("is not a folder"));
        assert!(why(json!({ "folder": ".", "files": { "a": "" } })).contains("and there are `files`"));
    }
}
