//! What decides how git writes files, besides the commit: its configuration and the attributes outside of the tree.

use crate::configuration::{self, Files};
use crate::plain_file::{self, Content};
use std::path::{Path, PathBuf};
use tokio::sync::OnceCell;

/// The bytes of the files that decide it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct MadeWith {
    configuration: Files,
    attributes: Vec<Content>,
}

/// Settings with which a worktree may be written otherwise than the repository's own files, or by more files than are
/// compared here.
const ODD: [&str; 4] = ["sparse", "worktreeconfig", "attributesfile", "splitindex"];

impl MadeWith {
    /// Of the repository with this git folder; `None` where more than that decides it.
    pub(crate) async fn read(common: &Path) -> Option<Self> {
        let configuration = Files::read(common).await?;
        if ODD.iter().any(|word| configuration.has(word)) {
            return None;
        }
        let own = common.join("info/attributes");
        let paths = outside().await?.iter().chain([&own]);
        let attributes = paths.map(|path| plain_file::read(path)).collect::<Option<_>>()?;
        Some(Self { configuration, attributes })
    }
}

/// The attributes of the user and of the machine; `None` where git does not say where they are.
async fn outside() -> Option<&'static Vec<PathBuf>> {
    static FOUND: OnceCell<Option<Vec<PathBuf>>> = OnceCell::const_new();
    let found = FOUND.get_or_init(|| configuration::paths(["GIT_ATTR_SYSTEM", "GIT_ATTR_GLOBAL"]));
    found.await.as_ref()
}
