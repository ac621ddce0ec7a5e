//! Skills as people and agents see them, and the result of reading a folder.

use crate::skill_index::{KnownSkill, SkillIndex, recorded};
use jackfield_skills::{Files, Finding, Invalid, Skill, Source, Trust, files, scan};
use jackfield_types::{Digest, ErrorCode, Operation, Problem};
use serde::Serialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A skill as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct SkillView {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What it does and when to use it.
    pub description: String,
    /// Its version.
    pub version: String,
    /// How far it is trusted.
    pub trust: Trust,
    /// The principal that vetted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vetted_by: Option<String>,
    /// When it was vetted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vetted_at: Option<String>,
    /// Where it is from.
    pub source: Source,
    /// The folder or the address; `shipped`: it is part of the program.
    pub origin: String,
    /// The digest of its files.
    #[cfg_attr(feature = "schemas", schemars(with = "String"))]
    pub digest: Digest,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The JSON Schema of its inputs.
    pub input_schema: Value,
    /// The JSON Schema of its outputs.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub output_schema: Value,
    /// What a person looks at before it is trusted.
    pub findings: Vec<Finding>,
    /// Its prompt; only of a single skill.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
}

/// The result of reading a folder of skills, by id.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct SkillSync {
    /// The folder.
    pub folder: String,
    /// Those that are new.
    pub added: Vec<String>,
    /// Those with another digest: they have to be vetted again.
    pub changed: Vec<String>,
    /// Those that are gone.
    pub removed: Vec<String>,
    /// Those that are as they were.
    pub unchanged: Vec<String>,
    /// What cannot be read, with file and line.
    pub invalid: Vec<String>,
}

/// What a folder holds.
#[derive(Debug)]
pub struct FolderOfSkills {
    folder: PathBuf,
    skills: Vec<(Skill, Files)>,
    invalid: Vec<Invalid>,
}

/// Reads a folder of skills.
pub fn skills_of_folder(folder: &Path) -> FolderOfSkills {
    let found = scan(folder);
    let mut invalid = found.invalid;
    let mut skills = Vec::new();
    for skill in found.skills {
        let own = folder.join(skill.id.as_str());
        match files(&own) {
            Ok(files) => skills.push((skill, files)),
            Err(faults) => invalid.push(Invalid { folder: skill.id.to_string(), faults }),
        }
    }
    FolderOfSkills { folder: folder.to_owned(), skills, invalid }
}

impl KnownSkill {
    /// Whether its id, title, description or a tag has this text, in any case.
    pub fn mentions(&self, text: &str) -> bool {
        let skill = &self.skill;
        let text = text.to_lowercase();
        let texts = [skill.id.as_str(), skill.title.as_str(), skill.description.as_str()];
        let mut texts = texts.into_iter().chain(skill.tags.iter().map(String::as_str));
        texts.any(|one| one.to_lowercase().contains(&text))
    }

    /// The skill as it is shown.
    pub fn view(&self, with_prompt: bool) -> SkillView {
        let skill = &self.skill;
        let (vetted_by, vetted_at) = self.vetted.clone().unzip();
        SkillView {
            id: skill.id.to_string(),
            title: skill.title.clone(),
            description: skill.description.clone(),
            version: skill.version.clone(),
            trust: self.trust,
            vetted_by,
            vetted_at: vetted_at.map(|at| at.to_string()),
            source: self.source,
            origin: self.origin.clone(),
            digest: skill.digest,
            tags: skill.tags.clone(),
            input_schema: skill.input_schema.document().clone(),
            output_schema: skill
                .output_schema
                .as_ref()
                .map(|schema| schema.document().clone())
                .unwrap_or_default(),
            findings: skill.findings.listed.clone(),
            prompt: with_prompt.then(|| skill.prompt.source().to_owned()),
        }
    }
}

impl SkillIndex {
    /// Records what a folder holds. Skills of this folder that are gone are removed; invalid ones stay as they are.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read or written.
    pub async fn sync(&self, found: FolderOfSkills, by: &str) -> Result<SkillSync, Problem> {
        let origin = found.folder.to_string_lossy().into_owned();
        let records = self.store().skills().list().await?;
        let own: Vec<_> = records.iter().filter(|record| record.origin == origin).collect();
        let known: Vec<_> =
            own.iter().filter_map(|record| Some((record.id.parse().ok()?, record.digest))).collect();
        let skills: Vec<Skill> = found.skills.iter().map(|(skill, _)| skill.clone()).collect();
        let changes = jackfield_skills::changes(&known, &skills);
        let invalid = |id: &str| found.invalid.iter().any(|one| one.folder.ends_with(id));
        let names =
            |ids: &[jackfield_skills::SkillId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        let mut removed = names(&changes.removed);
        removed.retain(|id| !invalid(id));
        let put = found.skills.iter().map(|(skill, files)| recorded(skill, files, Source::Local, &origin));
        self.store().skills().put(put.collect(), by).await?;
        for id in &removed {
            self.store().skills().remove(id).await?;
        }
        let fault = |one: &Invalid| {
            let faults: Vec<_> = one.faults.iter().map(ToString::to_string).collect();
            format!("{}: {}", one.folder, faults.join("; "))
        };
        Ok(SkillSync {
            added: names(&changes.added),
            changed: names(&changes.changed),
            unchanged: names(&changes.unchanged),
            invalid: found.invalid.iter().map(fault).collect(),
            folder: origin,
            removed,
        })
    }

    /// Records the trust of a principal in a skill as it is on record.
    ///
    /// # Errors
    /// A [`Problem`] if there is no such skill on record, or the word is no level of trust.
    pub async fn trust(&self, id: &str, trust: &str, by: &str) -> Result<KnownSkill, Problem> {
        let known = self.get(id).await?;
        let levels = [Trust::Vetted, Trust::Community, Trust::Experimental];
        if !levels.iter().any(|level| level.as_str() == trust) {
            return Err(Problem::caller(
                ErrorCode::BadSkill,
                format!("there is no level of trust '{trust}'"),
                "give vetted, community or experimental",
            ));
        }
        if !self.store().skills().trust(id, known.skill.digest, trust, by).await? {
            return Err(not_recorded(id));
        }
        self.get(id).await
    }

    /// Removes a skill from the records.
    ///
    /// # Errors
    /// A [`Problem`] if there is none on record.
    pub async fn remove(&self, id: &str) -> Result<(), Problem> {
        if self.store().skills().remove(id).await? { Ok(()) } else { Err(not_recorded(id)) }
    }
}

fn not_recorded(id: &str) -> Problem {
    Problem::caller(
        ErrorCode::SkillNotFound,
        format!("the skill '{id}' is not on record: it is shipped, or does not exist"),
        "copy its folder, change it, and read the folder",
    )
    .with(Operation::ListSkills)
}
