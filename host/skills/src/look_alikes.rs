//! Ids that can be mistaken for each other.

use crate::id::SkillId;
use std::collections::{BTreeMap, BTreeSet};

/// Groups of ids that look alike: they differ in hyphens, or in `0` and `o`, in `1`, `i` and `l`, in `rn` and `m`, in `vv`
/// and `w`, or in `cl` and `d`. Groups and their members are sorted, and each has two members at least.
pub fn look_alikes<'a>(ids: impl IntoIterator<Item = &'a SkillId>) -> Vec<Vec<SkillId>> {
    let mut groups: BTreeMap<String, BTreeSet<&SkillId>> = BTreeMap::new();
    for id in ids {
        groups.entry(skeleton(id.as_str())).or_default().insert(id);
    }
    let several = groups.into_values().filter(|group| group.len() > 1);
    let mut several: Vec<Vec<SkillId>> = several.map(|group| group.into_iter().cloned().collect()).collect();
    several.sort();
    several
}

/// The same text for all ids that look alike.
fn skeleton(id: &str) -> String {
    let letters: String = id
        .chars()
        .filter(|one| *one != '-')
        .map(|one| match one {
            '0' => 'o',
            '1' | 'i' => 'l',
            other => other,
        })
        .collect();
    letters.replace("rn", "m").replace("vv", "w").replace("cl", "d")
}
