//! What an attempt made and its branch does not hold, from its capture to every answer about the run.
//!
//! It is on record as artifacts of the kind `leftover`, and is told after the compressed answer at every
//! verbosity, so that no compressor can leave it out. So is what the agent did not see.

use crate::execution::ended::Ended;
use crate::execution::failures::from_problem;
use jackfield_model::{HostWarning, LeftoverFound, LeftoverSort, RunEvent};
use jackfield_store::{Artifact, Attempt, NewArtifact, NewRunEvent, RunEventRecord, RunView};
use jackfield_types::{FailureClass, Timestamp};
use jackfield_workspace::{Captured, Leftover, LeftoverKind, Released, WorkspaceError, Worktree};
use serde_json::json;

/// The kind of an artifact that is one.
pub const KIND: &str = "leftover";
/// The warning about uncommitted changes.
pub const NOT_SEEN: &str =
    "the workspace has uncommitted changes, and the agent does not see them: commit them first if it should";

/// Most lines that are told after an answer; the rest is in the record of the run.
const MOST_LINES: usize = 12;

impl Ended {
    /// Adds leftovers to the artifacts.
    pub fn take_leftovers(&mut self, leftovers: impl IntoIterator<Item = Leftover>) {
        self.artifacts.extend(leftovers.into_iter().map(artifact));
    }

    /// Of a worktree that was let go of: what stays in it, or went with it. `stays` is why it had to be kept.
    pub(crate) fn take_released(
        &mut self,
        worktree: &Worktree,
        stays: Option<String>,
        released: &Result<Released, WorkspaceError>,
    ) {
        let (removed, also) = match released {
            Ok(released) => (released.removed, released.kept_because.clone()),
            Err(error) => (false, Some(from_problem(FailureClass::Unknown, error.problem()).message)),
        };
        let Some(why) = stays.or(also) else { return };
        let path = worktree.path.to_string_lossy().into_owned();
        self.take_leftovers([Leftover {
            kind: LeftoverKind::Worktree,
            what: format!("of attempt {}", worktree.attempt),
            files: 0,
            bytes: 0,
            kept: (!removed).then(|| path.clone()),
            why: why.split_whitespace().collect::<Vec<_>>().join(" "),
            get: (!removed).then(|| format!("git -C '{path}' status --ignored")),
        }]);
    }
}

/// Why a worktree must not be removed, by how its capture went.
pub(crate) fn stays(captured: &Result<Captured, WorkspaceError>) -> Option<String> {
    match captured {
        Ok(captured) => captured.left_out.clone(),
        Err(error) => Some(error.problem().message),
    }
}

fn artifact(leftover: Leftover) -> NewArtifact {
    NewArtifact {
        kind: KIND.into(),
        label: leftover.to_string(),
        target: leftover.kept.clone().unwrap_or_default(),
        bytes: (leftover.bytes > 0).then_some(leftover.bytes),
        meta: json!(leftover),
    }
}

/// An event for each leftover among the artifacts of an attempt that is being settled.
pub(crate) fn events(artifacts: &[NewArtifact], at: Timestamp) -> Vec<NewRunEvent> {
    let leftovers = artifacts.iter().filter(|artifact| artifact.kind == KIND);
    let found = leftovers.filter_map(|artifact| serde_json::from_value(artifact.meta.clone()).ok());
    found.map(|leftover| NewRunEvent { at, event: RunEvent::Leftover(event(leftover)) }).collect()
}

fn event(leftover: Leftover) -> LeftoverFound {
    let text = leftover.to_string();
    let Leftover { kind, what, files, bytes, kept, why, get } = leftover;
    let kind = match kind {
        LeftoverKind::Ignored => LeftoverSort::Ignored,
        LeftoverKind::Repository => LeftoverSort::Repository,
        LeftoverKind::Stash => LeftoverSort::Stash,
        LeftoverKind::EarlierCommits => LeftoverSort::EarlierCommits,
        LeftoverKind::SpecialFile => LeftoverSort::SpecialFile,
        LeftoverKind::EmptyFolder => LeftoverSort::EmptyFolder,
        LeftoverKind::Unfiltered => LeftoverSort::Unfiltered,
        LeftoverKind::Worktree => LeftoverSort::Worktree,
    };
    LeftoverFound { kind, what, files, bytes, kept, why, get, text }
}

/// The event that the agent does not see uncommitted changes.
pub fn not_seen() -> RunEvent {
    RunEvent::HostWarning(HostWarning { uncommitted: true, ..HostWarning::new(NOT_SEEN) })
}

/// The leftovers among the artifacts of a run, or of one attempt.
pub fn listed<'a>(artifacts: impl IntoIterator<Item = &'a Artifact>) -> Vec<Leftover> {
    let leftovers = artifacts.into_iter().filter(|artifact| artifact.kind == KIND);
    leftovers.filter_map(|artifact| serde_json::from_value(artifact.meta.clone()).ok()).collect()
}

/// What every answer about a run says besides: what the agent did not see, and what is not on the branch.
pub fn notes(view: &RunView, events: &[RunEventRecord]) -> Vec<String> {
    let mut warnings = events.iter().filter_map(RunEventRecord::warning);
    let unseen = warnings.any(|warning| warning.uncommitted) || view.attempts.iter().any(saw_no_changes);
    let mut notes: Vec<String> =
        unseen.then(|| format!("Not in the worktree: {NOT_SEEN}")).into_iter().collect();
    for artifact in view.artifacts.iter().filter(|artifact| artifact.kind == KIND) {
        let attempt = view.attempts.iter().find(|attempt| attempt.id == artifact.attempt);
        let of = match attempt {
            Some(attempt) if view.attempts.len() > 1 => format!(" of attempt {}", attempt.number),
            _ => String::new(),
        };
        notes.push(format!("Not on the branch{of}: {}", artifact.label));
    }
    notes
}

/// Whether the worktree of an attempt lacked what was not committed.
pub fn saw_no_changes(attempt: &Attempt) -> bool {
    let worktree = attempt.worktree.as_deref().and_then(|text| serde_json::from_str::<Worktree>(text).ok());
    worktree.is_some_and(|worktree| worktree.dirty)
}

/// The compressed answer with the notes below it, as comments where it is a Mermaid diagram.
pub fn told(text: String, notes: &[String], run: jackfield_types::RunId) -> String {
    let diagram = ["flowchart", "graph ", "sequenceDiagram"].iter().any(|word| text.starts_with(word));
    let before = if diagram { "%% " } else { "" };
    let mut told = text;
    for note in notes.iter().take(MOST_LINES) {
        told.push_str(&format!("\n{before}{note}"));
    }
    if notes.len() > MOST_LINES {
        let all = jackfield_api::run_uri(run, "result");
        told.push_str(&format!("\n{before}{} more: {all}", notes.len() - MOST_LINES));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_types::RunId;

    #[test]
    fn event_of_a_leftover_has_its_fields_and_its_line() {
        let leftover = |kind, kept: Option<&str>| Leftover {
            kind,
            what: "target".to_owned(),
            files: 2,
            bytes: 4_096,
            kept: kept.map(str::to_owned),
            why: "git ignores it".to_owned(),
            get: None,
        };
        let kinds = [
            LeftoverKind::Ignored,
            LeftoverKind::Repository,
            LeftoverKind::Stash,
            LeftoverKind::EarlierCommits,
            LeftoverKind::SpecialFile,
            LeftoverKind::EmptyFolder,
            LeftoverKind::Unfiltered,
            LeftoverKind::Worktree,
        ];
        for (kind, kept) in kinds.into_iter().flat_map(|kind| [(kind, None), (kind, Some("/srv/kept"))]) {
            let found = leftover(kind, kept);
            let mut expected = json!(found);
            expected["text"] = found.to_string().into();
            let told = events(&[artifact(found)], Timestamp::UNIX_EPOCH).remove(0);
            let payload: serde_json::Value =
                serde_json::from_str(&told.event.payload_json().unwrap()).unwrap();
            assert_eq!((told.event.kind(), payload), ("leftover", expected));
        }
    }

    #[test]
    fn notes_below_a_diagram_are_comments_and_few() {
        let run = RunId::new();
        let notes: Vec<String> = (0..14).map(|n| format!("note {n}")).collect();
        let told = |text: &str, notes: &[String]| told(text.to_owned(), notes, run);
        assert_eq!(told("flowchart LR", &notes[..1]), "flowchart LR\n%% note 0");
        assert_eq!(told("it succeeded", &notes[..1]), "it succeeded\nnote 0");
        assert_eq!(told("it succeeded", &[]), "it succeeded");
        assert!(told("graph TD", &notes).ends_with(&format!("\n%% 2 more: run://{run}/result")));
    }
}
