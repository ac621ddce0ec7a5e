//! The commands of git's configuration, without asking git again while its files are as they were.
//!
//! What git lists depends on nothing but the bytes of these files, as long as none includes another. So an answer is
//! remembered with the bytes that it was given for, and given again where the same bytes are read. Times of files are
//! no proof: whoever writes a file can set them.

use crate::WorkspaceError;
use crate::git::{self, Git};
use crate::plain_file::{self, Content};
use crate::settings::Settings;
use parking_lot::Mutex;
use std::path::{Path, PathBuf};
use tokio::sync::OnceCell;

/// Most answers that are remembered.
const MOST: usize = 32;

/// The files of a configuration, as they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Files(Vec<Content>);

static KNOWN: Mutex<Vec<(Files, Settings)>> = Mutex::new(Vec::new());

/// The commands of the configuration of a git folder, where git is to work with that one.
pub(crate) async fn settings(at: &Path, git_folder: &Path) -> Result<Settings, WorkspaceError> {
    remembered(git_folder, git::settings(at, Some(git_folder))).await
}

/// The same for a checkout whose repository's git folder is `common`, where git finds its git folder by itself.
pub(crate) async fn of_checkout(top: &Path, common: &Path) -> Result<Settings, WorkspaceError> {
    let asked = git::settings(top, None);
    if is_in(top, common) { remembered(common, asked).await } else { asked.await }
}

/// Whether the git folder of a checkout is in it, and is the one of the repository.
pub(crate) fn is_in(top: &Path, common: &Path) -> bool {
    let own = top.join(".git");
    own == common && own.symlink_metadata().is_ok_and(|facts| facts.is_dir())
}

async fn remembered(
    git_folder: &Path,
    asked: impl Future<Output = Result<Settings, WorkspaceError>>,
) -> Result<Settings, WorkspaceError> {
    let Some(files) = Files::read(git_folder).await else { return asked.await };
    let known = |files: &Files| {
        KNOWN.lock().iter().find(|(known, _)| known == files).map(|(_, settings)| settings.clone())
    };
    if let Some(settings) = known(&files) {
        return Ok(settings);
    }
    let settings = asked.await?;
    // Git read the same bytes only where they did not change meanwhile.
    if Files::read(git_folder).await.as_ref() == Some(&files) {
        let mut known = KNOWN.lock();
        if known.len() >= MOST {
            known.remove(0);
        }
        known.push((files, settings.clone()));
    }
    Ok(settings)
}

impl Files {
    /// The files that git reads the configuration of a git folder from; `None` where there may be more of them.
    pub(crate) async fn read(git_folder: &Path) -> Option<Self> {
        let own = [common(git_folder)?.join("config"), git_folder.join("config.worktree")];
        let paths = of_user().await?.iter().chain(&own);
        let files = Self(paths.map(|path| plain_file::read(path)).collect::<Option<_>>()?);
        // Whatever has the word may include another.
        (!files.has("include")).then_some(files)
    }

    /// Whether any of them has a word, in whatever letters.
    pub(crate) fn has(&self, word: &str) -> bool {
        self.0.iter().any(|file| matches!(file, Content::Bytes(bytes) if has(bytes, word)))
    }
}

/// The git folder that a worktree shares with others.
fn common(git_folder: &Path) -> Option<PathBuf> {
    match plain_file::read(&git_folder.join("commondir"))? {
        Content::Absent => Some(git_folder.to_owned()),
        Content::Bytes(bytes) => {
            Some(git_folder.join(std::str::from_utf8(&bytes).ok()?.trim_end_matches('\n')))
        }
    }
}

fn has(bytes: &[u8], word: &str) -> bool {
    bytes.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}

/// The files of the user and of the machine; `None` where git does not say which they are.
async fn of_user() -> Option<&'static Vec<PathBuf>> {
    static FOUND: OnceCell<Option<Vec<PathBuf>>> = OnceCell::const_new();
    FOUND.get_or_init(|| paths(["GIT_CONFIG_SYSTEM", "GIT_CONFIG_GLOBAL"])).await.as_ref()
}

/// The paths that git has for these variables; `None` where it does not say one. It is not asked in a repository, so
/// that none of a repository's own is among them.
pub(crate) async fn paths(variables: [&str; 2]) -> Option<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for variable in variables {
        let answer = Git::to("find its configuration", "/").arguments(["var", variable]).ask().await.ok()?;
        let said = String::from_utf8(answer.stdout).ok().filter(|_| answer.code == Some(0))?;
        paths.extend(said.lines().map(PathBuf::from));
    }
    (!paths.is_empty() && paths.iter().all(|path| path.is_absolute())).then_some(paths)
}
