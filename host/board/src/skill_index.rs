//! The skills of a host: those that are shipped, and those on record.

use jackfield_skills::{Files, Skill, Source, Trust, parse};
use jackfield_store::{SkillRecord, Store};
use jackfield_types::{ErrorCode, Operation, Problem, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// A skill, with the trust in it.
#[derive(Debug, Clone)]
pub struct KnownSkill {
    /// The skill.
    pub skill: Arc<Skill>,
    /// How far it is trusted.
    pub trust: Trust,
    /// Where it is from.
    pub source: Source,
    /// The folder or the address.
    pub origin: String,
    /// Who vetted it, and when; `None` for a shipped one.
    pub vetted: Option<(String, Timestamp)>,
}

/// Finds skills.
#[derive(Debug)]
pub struct SkillIndex {
    store: Store,
    /// Read at the first use: most commands need no skill.
    shipped: OnceLock<BTreeMap<String, Arc<Skill>>>,
}

/// The origin of shipped skills.
const SHIPPED: &str = "shipped";

impl SkillIndex {
    /// Opens the index over a store.
    pub fn new(store: Store) -> Self {
        Self { store, shipped: OnceLock::new() }
    }

    fn shipped(&self) -> &BTreeMap<String, Arc<Skill>> {
        self.shipped.get_or_init(|| {
            let skills = jackfield_skills::shipped().into_iter();
            skills.map(|skill| (skill.id.to_string(), Arc::new(skill))).collect()
        })
    }

    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    /// Returns a skill: one on record hides a shipped one.
    ///
    /// # Errors
    /// A [`Problem`] if there is none.
    pub async fn get(&self, id: &str) -> Result<KnownSkill, Problem> {
        if let Some(record) = self.store.skills().get(id).await? {
            return known(record);
        }
        self.shipped().get(id).map(shipped).ok_or_else(|| {
            Problem::caller(ErrorCode::SkillNotFound, format!("there is no skill '{id}'"), "list the skills")
                .with(Operation::ListSkills)
        })
    }

    /// Returns every skill, by id.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn list(&self) -> Result<Vec<KnownSkill>, Problem> {
        let mut skills: BTreeMap<String, KnownSkill> =
            self.shipped().iter().map(|(id, skill)| (id.clone(), shipped(skill))).collect();
        for record in self.store.skills().list().await? {
            let id = record.id.clone();
            match known(record) {
                Ok(skill) => drop(skills.insert(id, skill)),
                Err(problem) => tracing::warn!(skill = id, "failed to read a skill: {problem}"),
            }
        }
        Ok(skills.into_values().collect())
    }
}

fn shipped(skill: &Arc<Skill>) -> KnownSkill {
    let skill = Arc::clone(skill);
    KnownSkill {
        skill,
        trust: Trust::Vetted,
        source: Source::Local,
        origin: SHIPPED.to_owned(),
        vetted: None,
    }
}

/// A skill as it is recorded. Its trust counts if it is new.
pub(crate) fn recorded(skill: &Skill, files: &Files, source: Source, origin: &str) -> SkillRecord {
    SkillRecord {
        id: skill.id.to_string(),
        source: source.as_str().to_owned(),
        digest: skill.digest,
        trust: Trust::Experimental.as_str().to_owned(),
        vetted: None,
        files: serde_json::to_value(files).unwrap_or_default(),
        origin: origin.to_owned(),
        updated_at: Timestamp::UNIX_EPOCH,
    }
}

fn known(record: SkillRecord) -> Result<KnownSkill, Problem> {
    let bad = |why: String| {
        Problem::operator(
            ErrorCode::BadSkill,
            format!("failed to read the skill '{}' on record: {why}", record.id),
            "read its folder again",
        )
    };
    let id = record.id.parse().map_err(|error| bad(format!("{error}")))?;
    let files: Files =
        serde_json::from_value(record.files.clone()).map_err(|error| bad(error.to_string()))?;
    let skill = parse(id, &files)
        .map_err(|faults| bad(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")))?;
    let trust = match record.trust.as_str() {
        // The files on record decide, whatever the record says.
        _ if skill.digest != record.digest => Trust::Experimental,
        "vetted" => Trust::Vetted,
        "community" => Trust::Community,
        _ => Trust::Experimental,
    };
    let source = if record.source == Source::Local.as_str() { Source::Local } else { Source::Marketplace };
    Ok(KnownSkill { skill: Arc::new(skill), trust, source, origin: record.origin, vetted: record.vetted })
}
