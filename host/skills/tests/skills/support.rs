//! Skills for tests.

use jackfield_skills::{Fault, Files, Finding, FindingKind, Skill, parse};
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// A skill of the Agent Skills format with the id `greet`.
pub(crate) const AGENT_SKILL: &str = "---\nname: greet\ndescription: Greets people. Use it for guests.\n---\n\n# Greeting\n\nGreet the guest.\n";

/// A skill of the format with headings.
pub(crate) const HEADINGS: &str = "# Greeting\n\nGreets people\nby name.\n\n## Inputs\n\n\
    - guest: string (required) - the name of the guest\n- mood: string (optional)\n\n## Outputs\n\n\
    - greeting: string (required) - the text\n\n## Tags\n\n- people\n- text\n\n## Task\n\nGreet {{guest}}{{#mood}} in a {{mood}} mood{{/mood}}.\n";

/// Files in memory.
pub(crate) fn files(contents: &[(&str, &str)]) -> Files {
    let mut files = Files::new();
    for (path, text) in contents {
        files.add(path, text.as_bytes().to_vec(), false).unwrap();
    }
    files
}

/// The skill `greet` of these files.
pub(crate) fn skill(contents: &[(&str, &str)]) -> Result<Skill, Vec<Fault>> {
    parse("greet".parse().unwrap(), &files(contents))
}

/// The skill `greet` of a `SKILL.md`.
pub(crate) fn skill_md(text: &str) -> Result<Skill, Vec<Fault>> {
    skill(&[("SKILL.md", text)])
}

/// A front matter of the skill `greet` with more fields, and a body.
pub(crate) fn with_fields(fields: &str) -> String {
    format!("---\nname: greet\ndescription: Greets.\n{fields}\n---\nGreet the guest.\n")
}

/// The faults as lines.
pub(crate) fn faults<T: std::fmt::Debug>(read: Result<T, Vec<Fault>>) -> Vec<String> {
    read.unwrap_err().iter().map(Fault::to_string).collect()
}

/// Asserts that reading fails with one fault that contains a text.
#[track_caller]
pub(crate) fn assert_fault<T: std::fmt::Debug>(read: Result<T, Vec<Fault>>, text: &str) {
    let faults = faults(read);
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].contains(text), "{faults:?}");
}

/// The findings of one kind in an Agent Skill with these further files.
pub(crate) fn found(kind: FindingKind, contents: &[(&str, &str)]) -> Vec<Finding> {
    let mut all = vec![("SKILL.md", AGENT_SKILL)];
    all.retain(|(path, _)| !contents.iter().any(|(other, _)| other == path));
    all.extend(contents);
    let findings = skill(&all).unwrap().findings;
    findings.listed.into_iter().filter(|one| one.kind == kind).collect()
}

/// A folder `greet` with files, in a folder that is deleted afterwards.
pub(crate) fn folder(contents: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("greet");
    fs::create_dir(&folder).unwrap();
    for (path, text) in contents {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    (root, folder)
}
