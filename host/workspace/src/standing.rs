//! Repositories that were found before: git need not be asked again where a folder is, while nothing that its answer
//! depends on has changed.
//!
//! Only the plain form is remembered: the git folder is `.git` at the top of its files and is nobody's worktree, no
//! other repository begins between it and the folder, and the configuration includes no other files.

use crate::configuration::Files;
use crate::plain_file;
use parking_lot::Mutex;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Most folders that are remembered.
const MOST: usize = 256;

/// Everything that git's answer for a folder depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    folder: PathBuf,
    top: PathBuf,
    /// Device, inode and owner of each folder from the one that was asked for up to the top, and of the git folder.
    folders: Vec<(u64, u64, u32)>,
    configuration: Files,
}

static KNOWN: Mutex<Vec<Standing>> = Mutex::new(Vec::new());

impl Standing {
    /// What there is to be seen at a folder, which is absolute and without links; `None` where it is not the plain
    /// form.
    pub(crate) async fn look(folder: &Path) -> Option<Self> {
        let top = folder.ancestors().find(|above| is_something(&above.join(".git")))?.to_owned();
        let git_folder = top.join(".git");
        let between = folder.ancestors().take_while(|above| above.starts_with(&top));
        if !is_plain(&git_folder) || between.clone().any(is_like_git) {
            return None;
        }
        let seen = between.chain([git_folder.as_path()]).map(|path| {
            let facts = path.symlink_metadata().ok().filter(std::fs::Metadata::is_dir)?;
            Some((facts.dev(), facts.ino(), facts.uid()))
        });
        let folders: Vec<_> = seen.collect::<Option<_>>()?;
        // Where another file system begins, git may stop looking.
        let device = folders.first()?.0;
        if folders.iter().any(|(other, ..)| *other != device) {
            return None;
        }
        let configuration = Files::read(&git_folder).await?;
        Some(Self { folder: folder.to_owned(), top, folders, configuration })
    }

    /// Whether git found the repository at this top when it was asked before.
    pub(crate) fn is_known(&self) -> bool {
        KNOWN.lock().contains(self)
    }

    /// The top of the files.
    pub(crate) fn top(&self) -> &Path {
        &self.top
    }

    /// The git folder.
    pub(crate) fn common(&self) -> PathBuf {
        self.top.join(".git")
    }

    /// Remembers that git found the repository with this top and git folder, if that is the one here and all was as it
    /// is now when git was asked.
    pub(crate) async fn remember(self, top: &Path, common: &Path) {
        if self.top != top
            || self.common() != common
            || Self::look(&self.folder).await.as_ref() != Some(&self)
        {
            return;
        }
        let mut known = KNOWN.lock();
        known.retain(|other| other.folder != self.folder);
        if known.len() >= MOST {
            known.remove(0);
        }
        known.push(self);
    }
}

fn is_something(path: &Path) -> bool {
    path.symlink_metadata().err().is_none_or(|error| error.kind() != io::ErrorKind::NotFound)
}

/// Whether a folder has what git takes a bare repository by.
fn is_like_git(folder: &Path) -> bool {
    ["HEAD", "objects", "refs"].iter().all(|part| is_something(&folder.join(part)))
}

/// A git folder with all that git knows one by, and no worktree's.
fn is_plain(git_folder: &Path) -> bool {
    let is_folder = |path: &Path| path.symlink_metadata().is_ok_and(|facts| facts.is_dir());
    let head = plain_file::text(&git_folder.join("HEAD")).unwrap_or_default();
    let is_commit = |text: &str| text.len() >= 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_folder(git_folder)
        && is_folder(&git_folder.join("objects"))
        && is_folder(&git_folder.join("refs"))
        && !is_something(&git_folder.join("commondir"))
        && (head.starts_with("ref: refs/") || is_commit(head.trim_end()))
}
