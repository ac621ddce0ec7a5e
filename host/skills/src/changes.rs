//! What a scan changes in the known skills.

use crate::id::SkillId;
use crate::skill::Skill;
use jackfield_types::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Known skills compared with those of a scan. Each list is sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Changes {
    /// Not known before.
    pub added: Vec<SkillId>,
    /// Known with another digest.
    pub changed: Vec<SkillId>,
    /// Known, and not found now.
    pub removed: Vec<SkillId>,
    /// Known with the same digest.
    pub unchanged: Vec<SkillId>,
}

/// Compares known digests with the skills that were found.
///
/// A skill that has become invalid is not in `now` and counts as removed: the caller subtracts the folders that a
/// [`Scan`](crate::Scan) names as invalid if it keeps the last valid version.
pub fn changes(before: &[(SkillId, Digest)], now: &[Skill]) -> Changes {
    let mut known: BTreeMap<&SkillId, Digest> = before.iter().map(|(id, digest)| (id, *digest)).collect();
    let found: BTreeMap<&SkillId, Digest> = now.iter().map(|skill| (&skill.id, skill.digest)).collect();
    let mut changes = Changes::default();
    for (id, digest) in found {
        let list = match known.remove(id) {
            None => &mut changes.added,
            Some(before) if before == digest => &mut changes.unchanged,
            Some(_) => &mut changes.changed,
        };
        list.push(id.clone());
    }
    changes.removed = known.into_keys().cloned().collect();
    changes
}
