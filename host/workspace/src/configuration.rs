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
        let files: Vec<Content> = paths.map(|path| plain_file::read(path)).collect::<Option<_>>()?;
        let whole = !files.iter().any(|file| matches!(file, Content::Bytes(bytes) if includes(bytes)));
        whole.then_some(Self(files))
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

/// Whether a file may include another: it has the word, in whatever letters.
fn includes(bytes: &[u8]) -> bool {
    bytes.windows(7).any(|word| word.eq_ignore_ascii_case(b"include"))
}

/// The files of the user and of the machine; `None` where git does not say which they are.
async fn of_user() -> Option<&'static Vec<PathBuf>> {
    static FOUND: OnceCell<Option<Vec<PathBuf>>> = OnceCell::const_new();
    let found = FOUND.get_or_init(|| async {
        let mut paths = Vec::new();
        for variable in ["GIT_CONFIG_SYSTEM", "GIT_CONFIG_GLOBAL"] {
            let answer =
                Git::to("find its configuration", "/").arguments(["var", variable]).ask().await.ok()?;
            let said = String::from_utf8(answer.stdout).ok().filter(|_| answer.code == Some(0))?;
            paths.extend(said.lines().map(PathBuf::from));
        }
        (!paths.is_empty() && paths.iter().all(|path| path.is_absolute())).then_some(paths)
    });
    found.await.as_ref()
}
