//! The files of a skill in memory, within fixed bounds.

use crate::digest::{self, SkillFile};
use crate::fault::Fault;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use jackfield_types::clip;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The file that describes a skill.
pub(crate) const SKILL_MD: &str = "SKILL.md";
/// Most files of a skill.
pub(crate) const MOST_FILES: usize = 200;
/// Largest file, bytes.
pub(crate) const LARGEST_FILE: usize = 1024 * 1024;
/// Largest `SKILL.md`, bytes.
const LARGEST_SKILL_MD: usize = 64 * 1024;
/// Largest skill, bytes.
const LARGEST_SKILL: usize = 5 * 1024 * 1024;
/// Most folders and files in a path, and its length in bytes.
pub(crate) const DEEPEST: usize = 8;
const LONGEST_PATH: usize = 512;

/// The files of a skill in memory: at most 200, 1 MiB each, 5 MiB together, 64 KiB for `SKILL.md`, paths of at most 8
/// parts.
///
/// An importer adds what it has downloaded, checks [`Files::listed`] against the published digests, and reads the skill
/// with [`parse`](crate::parse) before it writes anything.
///
/// Serialised, it is a list of files with their content in base64; reading one back keeps the bounds.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(try_from = "Vec<Written>", into = "Vec<Written>")]
pub struct Files {
    files: BTreeMap<String, Content>,
    bytes: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct Content {
    pub(crate) bytes: Vec<u8>,
    pub(crate) executable: bool,
}

/// A file as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Written {
    path: String,
    content: String,
    #[serde(default)]
    executable: bool,
}

impl From<Files> for Vec<Written> {
    fn from(files: Files) -> Self {
        let written = files.files.into_iter().map(|(path, Content { bytes, executable })| Written {
            path,
            content: BASE64_STANDARD.encode(bytes),
            executable,
        });
        written.collect()
    }
}

impl TryFrom<Vec<Written>> for Files {
    type Error = Fault;

    fn try_from(written: Vec<Written>) -> Result<Self, Fault> {
        let mut files = Self::new();
        for Written { path, content, executable } in written {
            let bytes = BASE64_STANDARD.decode(content);
            let bytes =
                bytes.map_err(|error| Fault::of(&shown(&path), format!("content is no base64: {error}")))?;
            files.add(&path, bytes, executable)?;
        }
        Ok(files)
    }
}

impl Content {
    /// The content as text, unless it is binary.
    pub(crate) fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok().filter(|text| !text.contains('\0'))
    }
}

impl Files {
    /// No files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    ///
    /// # Errors
    /// A [`Fault`] if the path leads out of the folder or is not portable, if it is there already, or if the file
    /// exceeds a bound. The file is not added then.
    pub fn add(&mut self, path: &str, bytes: Vec<u8>, executable: bool) -> Result<(), Fault> {
        let fault = |message: String| Err(Fault::of(&shown(path), message));
        if let Some(reason) = unusable(path) {
            return fault(format!("unusable path: {reason}"));
        }
        let largest = if path == SKILL_MD { LARGEST_SKILL_MD } else { LARGEST_FILE };
        if bytes.len() > largest {
            return fault(format!("file too large: at most {} KiB are allowed", largest / 1024));
        }
        if self.files.len() >= MOST_FILES {
            return fault(format!("too many files: at most {MOST_FILES} are allowed"));
        }
        if self.bytes + bytes.len() > LARGEST_SKILL {
            return fault(format!(
                "skill too large: at most {} MiB are allowed",
                LARGEST_SKILL / (1024 * 1024)
            ));
        }
        if self.files.contains_key(path) {
            return fault("repeated path: another file has it".to_owned());
        }
        self.bytes += bytes.len();
        self.files.insert(path.to_owned(), Content { bytes, executable });
        Ok(())
    }

    /// The paths, sizes and digests, sorted by path.
    pub fn listed(&self) -> Vec<SkillFile> {
        let listed = self.files.iter().map(|(path, content)| SkillFile {
            path: path.clone(),
            bytes: content.bytes.len() as u64,
            digest: digest::of_bytes(&content.bytes),
        });
        listed.collect()
    }

    /// The text files by path, for [`diff`](crate::diff). Binary files are left out.
    pub fn texts(&self) -> BTreeMap<String, String> {
        let texts =
            self.files.iter().filter_map(|(path, content)| Some((path.clone(), content.text()?.to_owned())));
        texts.collect()
    }

    /// The size of all files, bytes.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn get(&self, path: &str) -> Option<&Content> {
        self.files.get(path)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Content)> {
        self.files.iter().map(|(path, content)| (path.as_str(), content))
    }
}

/// Why a path cannot be that of a file of a skill.
fn unusable(path: &str) -> Option<&'static str> {
    if path.is_empty() || path.len() > LONGEST_PATH {
        return Some("a path has 1 to 512 bytes");
    }
    // A line feed or a zero byte would also make the lines of the digest ambiguous.
    if path.chars().any(|one| one.is_control() || matches!(one, '\\' | ':')) {
        return Some("control characters, '\\' and ':' are not allowed");
    }
    if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        return Some("it must be relative, without '.', '..' and empty parts");
    }
    (path.split('/').count() > DEEPEST).then_some("at most 8 parts are allowed")
}

/// A path of a stranger as it can be shown in one line.
pub(crate) fn shown(path: &str) -> String {
    clip(&path.escape_debug().to_string(), LONGEST_PATH)
}
