//! Known skills against those of a scan.

use crate::support::AGENT_SKILL;
use jackfield_skills::{Files, Skill, SkillId, changes, parse};
use jackfield_types::Digest;

fn skill(name: &str) -> Skill {
    let mut files = Files::new();
    let text = AGENT_SKILL.replace("name: greet", &format!("name: {name}"));
    files.add("SKILL.md", text.into_bytes(), false).unwrap();
    parse(name.parse().unwrap(), &files).unwrap()
}

fn names(ids: &[SkillId]) -> Vec<&str> {
    ids.iter().map(SkillId::as_str).collect()
}

#[test]
fn skills_are_added_changed_removed_or_unchanged_by_digest() {
    let now = [skill("new"), skill("same"), skill("other")];
    let before = [
        ("same".parse().unwrap(), now[1].digest),
        ("gone".parse().unwrap(), now[1].digest),
        ("other".parse().unwrap(), Digest::from_bytes([0; 32])),
    ];
    let changes = changes(&before, &now);
    assert_eq!(names(&changes.added), ["new"]);
    assert_eq!(names(&changes.changed), ["other"]);
    assert_eq!(names(&changes.removed), ["gone"]);
    assert_eq!(names(&changes.unchanged), ["same"]);
}

#[test]
fn second_scan_changes_nothing() {
    let now = [skill("a"), skill("b")];
    let before: Vec<(SkillId, Digest)> = now.iter().map(|one| (one.id.clone(), one.digest)).collect();
    let changes = changes(&before, &now);
    assert_eq!(names(&changes.unchanged), ["a", "b"]);
    assert!(changes.added.is_empty() && changes.changed.is_empty() && changes.removed.is_empty());
}
