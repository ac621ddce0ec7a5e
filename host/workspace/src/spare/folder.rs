//! Git in the folder of a worktree that is made ahead.

use crate::git::Git;
use crate::marks;
use std::path::Path;

/// Git with the files and the index in `folder`, of the repository with the git folder `common`, in which it writes
/// nothing.
pub(super) fn git(common: &Path, folder: &Path, what: &str) -> Git {
    let tree = folder.join("tree");
    let git = Git::to(what, &tree).with("GIT_DIR", common).with("GIT_WORK_TREE", &tree);
    let git = git.with("GIT_INDEX_FILE", folder.join("index"));
    marks::STRICT.iter().fold(git, |git, setting| git.set(setting))
}
