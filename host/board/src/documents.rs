//! The documents of a card: files in its folder on its branch.

use crate::due::repository_of;
use crate::step::folder;
use jackfield_store::{Card, Store};
use jackfield_types::{ErrorCode, Operation, Problem, TaskId, clip};
use jackfield_workspace::Repository;
use serde::Serialize;

/// Most documents of a list, and the longest part of one, bytes.
const MOST: usize = 1_000;
const LONGEST: usize = 1 << 20;

/// A file in the folder of a card, at the tip of its branch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct Document {
    /// Relative to the folder of the card.
    pub path: String,
    /// Its size.
    pub bytes: u64,
}

/// The text of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct DocumentText {
    /// Relative to the folder of the card.
    pub path: String,
    /// The first mebibyte.
    pub text: String,
}

/// Reads the documents of cards.
#[derive(Debug, Clone)]
pub struct Documents(pub(crate) Store);

impl Documents {
    /// Lists the documents of a card, by path. Empty if the workspace is a folder without a repository.
    ///
    /// # Errors
    /// A [`Problem`] if there is no such card, or its repository cannot be read.
    pub async fn list(&self, card: TaskId) -> Result<Vec<Document>, Problem> {
        let card = self.0.cards().get(card).await?;
        let Some(repository) = self.repository(&card).await? else { return Ok(Vec::new()) };
        let branch = Repository::collecting_branch(&card.slug);
        let files = repository.files_at(&branch, &folder(&card), MOST).await?;
        Ok(files.into_iter().map(|file| Document { path: file.path, bytes: file.bytes }).collect())
    }

    /// Returns the text of a document of a card.
    ///
    /// # Errors
    /// A [`Problem`] if there is no such card, or it has no such text file.
    pub async fn get(&self, card: TaskId, path: &str) -> Result<DocumentText, Problem> {
        jackfield_api::bounds::check_text("path", path)?;
        let card = self.0.cards().get(card).await?;
        let branch = Repository::collecting_branch(&card.slug);
        let text = match self.repository(&card).await? {
            Some(repository) => {
                repository.text_at(&branch, &format!("{}/{path}", folder(&card)), LONGEST).await?
            }
            None => None,
        };
        text.map(|text| DocumentText { path: path.to_owned(), text }).ok_or_else(|| {
            Problem::caller(
                ErrorCode::DocumentNotFound,
                format!("card {} has no text file '{}'", card.id, clip(path, 200)),
                "list the documents of the card",
            )
            .with(Operation::ListCardDocuments(card.id))
        })
    }

    async fn repository(&self, card: &Card) -> Result<Option<Repository>, Problem> {
        repository_of(&self.0.workspaces().get(card.workspace).await?).await
    }
}
