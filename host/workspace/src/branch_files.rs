//! Files at the tip of a branch, read without a checkout.

use crate::git::Git;
use crate::{WorkspaceError, entry};
use std::path::Path;

/// A regular file at the tip of a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BranchFile {
    /// Relative to the folder that was asked for.
    pub path: String,
    /// Its size.
    pub bytes: u64,
}

/// As [`Repository::files_at`](crate::Repository::files_at), of the repository with this git folder.
pub(crate) async fn list(
    common: &Path,
    branch: &str,
    folder: &str,
    most: usize,
) -> Result<Vec<BranchFile>, WorkspaceError> {
    if !is_plain(folder) {
        return Ok(Vec::new());
    }
    let Some(tip) = entry::tip(common, branch).await? else { return Ok(Vec::new()) };
    let git = Git::to("list the files of a branch", common).with("GIT_DIR", common);
    let answer = git.arguments(["ls-tree", "-r", "-z", "-l", &format!("{tip}:{folder}")]).ask().await?;
    if answer.code != Some(0) {
        return Ok(Vec::new());
    }
    Ok(answer.stdout.split(|byte| *byte == 0).filter_map(file).take(most).collect())
}

/// As [`Repository::text_at`](crate::Repository::text_at), of the repository with this git folder.
pub(crate) async fn read(
    common: &Path,
    branch: &str,
    path: &str,
    most: usize,
) -> Result<Option<String>, WorkspaceError> {
    if !is_plain(path) {
        return Ok(None);
    }
    let Some(tip) = entry::tip(common, branch).await? else { return Ok(None) };
    let git = Git::to("read a file of a branch", common).with("GIT_DIR", common);
    let answer = git.arguments(["cat-file", "blob", &format!("{tip}:{path}")]).ask().await?;
    if answer.code != Some(0) {
        return Ok(None);
    }
    Ok(text(answer.stdout, most))
}

/// Whether git takes the path for a path, and it leads nowhere else.
fn is_plain(path: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part != "." && part != "..";
    path.split('/').all(plain) && !path.contains(['\0', '\n'])
}

/// A line of `git ls-tree -l -z`: mode, type, object, size, a tab, and the path.
fn file(line: &[u8]) -> Option<BranchFile> {
    let line = std::str::from_utf8(line).ok()?;
    let (facts, path) = line.split_once('\t')?;
    let mut facts = facts.split_ascii_whitespace();
    let (mode, _, _, size) = (facts.next()?, facts.next()?, facts.next()?, facts.next()?);
    let regular = mode.starts_with("100");
    Some(BranchFile { path: path.to_owned(), bytes: size.parse().ok()? }).filter(|_| regular)
}

/// At most `most` bytes of a text, cut between two characters; `None` if it is no text.
fn text(mut bytes: Vec<u8>, most: usize) -> Option<String> {
    let is_cut = bytes.len() > most;
    bytes.truncate(most);
    match String::from_utf8(bytes) {
        Ok(text) => Some(text),
        // The cut may have gone through a character: its beginning is at the end, and nothing else is wrong.
        Err(error) if is_cut && error.utf8_error().error_len().is_none() => {
            let whole = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            bytes.truncate(whole);
            String::from_utf8(bytes).ok()
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{file, text};

    #[test]
    fn text_is_cut_between_characters_and_bytes_are_no_text() {
        assert_eq!(text("aé".into(), 9).as_deref(), Some("aé"));
        assert_eq!(text("aéb".into(), 2).as_deref(), Some("a"));
        assert_eq!(text(vec![b'a', 0xff, b'b'], 9), None);
        assert_eq!(text(vec![b'a', 0xc3], 9), None, "a whole file that ends within a character");
    }

    #[test]
    fn line_of_a_link_or_a_submodule_is_no_file() {
        let id = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391";
        let read = |mode: &str, size: &str| file(format!("{mode} blob {id} {size:>7}\ta b.md").as_bytes());
        let found = read("100644", "12").unwrap();
        assert_eq!((found.path.as_str(), found.bytes), ("a b.md", 12));
        assert!(read("100755", "12").is_some());
        assert_eq!((read("120000", "12"), read("160000", "-")), (None, None));
    }
}
