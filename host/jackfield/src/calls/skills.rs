//! Skills: reading folders, trust, and lists.

use crate::handles::Skills;
use jackfield_board::{KnownSkill, skills_of_folder};
use jackfield_board::{SkillSync, SkillView};
use jackfield_types::{ErrorCode, Problem, Scope};
use std::path::Path;

impl Skills<'_> {
    /// Lists skills, with this text in the id, the title, the description or a tag.
    ///
    /// # Errors
    /// A [`Problem`] if the store cannot be read.
    pub async fn list(self, text: Option<&str>) -> Result<Vec<SkillView>, Problem> {
        self.0.caller.require(Scope::Read)?;
        let skills = self.0.inner.board.skills().list().await?;
        let wanted = |known: &&KnownSkill| text.is_none_or(|text| known.mentions(text));
        Ok(skills.iter().filter(wanted).map(|known| known.view(false)).collect())
    }

    /// Returns a skill with its prompt.
    ///
    /// # Errors
    /// A [`Problem`] if there is none.
    pub async fn get(self, id: &str) -> Result<SkillView, Problem> {
        self.0.caller.require(Scope::Read)?;
        Ok(self.0.inner.board.skills().get(id).await?.view(true))
    }

    /// Reads the skills of a folder of the host's machine; by default the folder `skills` in the data folder. Skills that
    /// are gone from it are removed, changed ones lose the trust in them. Those that are not valid stay as they are.
    ///
    /// # Errors
    /// A [`Problem`] if there is no such folder, or it cannot be read.
    pub async fn sync(self, folder: Option<&Path>) -> Result<SkillSync, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let own = self.0.inner.folders.data.join("skills");
        if let Some(folder) = folder {
            jackfield_api::bounds::check_text("folder", &folder.to_string_lossy())?;
            if !folder.is_dir() {
                return Err(Problem::caller(
                    ErrorCode::BadSkill,
                    format!("there is no folder {} on the machine of the host", folder.display()),
                    "name a folder that holds one folder for each skill",
                ));
            }
        }
        let folder = folder.unwrap_or(&own).to_owned();
        let found = tokio::task::spawn_blocking(move || skills_of_folder(&folder)).await;
        let found = found.map_err(|error| {
            Problem::operator(ErrorCode::BadSkill, format!("failed to read the folder: {error}"), "try again")
        })?;
        self.0.inner.board.skills().sync(found, self.0.caller.name()).await
    }

    /// Records the trust of the principal in a skill as it is on record: `vetted`, `community` or `experimental`.
    ///
    /// # Errors
    /// A [`Problem`] if there is no such skill on record, or the word is another.
    pub async fn trust(self, id: &str, trust: &str) -> Result<SkillView, Problem> {
        self.0.caller.require(Scope::Admin)?;
        let known = self.0.inner.board.skills().trust(id, trust, self.0.caller.name()).await?;
        Ok(known.view(true))
    }

    /// Removes a skill from the records. A shipped skill that it hid is found again.
    ///
    /// # Errors
    /// A [`Problem`] if there is none on record.
    pub async fn remove(self, id: &str) -> Result<(), Problem> {
        self.0.caller.require(Scope::Admin)?;
        self.0.inner.board.skills().remove(id).await
    }
}
