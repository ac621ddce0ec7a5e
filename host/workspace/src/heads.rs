//! What a HEAD says, read from its file: `gitrepository-layout(5)` says what stands there. Where anything is
//! otherwise, git is asked.

use crate::Commit;
use crate::plain_file::{self, Content};
use std::path::Path;

/// The reference that the HEAD of a git folder is on; `None` where the file does not say.
pub(crate) fn reference(git_folder: &Path) -> Option<String> {
    // With this folder the files beside it say nothing.
    if git_folder.join("reftable").symlink_metadata().is_ok() {
        return None;
    }
    let text = plain_file::text(&git_folder.join("HEAD"))?;
    let name = text.strip_prefix("ref: ")?.strip_suffix('\n')?;
    let plain = name.starts_with("refs/heads/")
        && name
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.') && !part.contains(['\n', '\0']));
    plain.then(|| name.to_owned())
}

/// The commit that the HEAD of a repository is at, with its git folder; `None` where its files do not say.
pub(crate) fn commit(common: &Path) -> Option<Commit> {
    let name = reference(common)?;
    match plain_file::read(&common.join(&name))? {
        Content::Bytes(bytes) => {
            Commit::try_from(std::str::from_utf8(&bytes).ok()?.strip_suffix('\n')?.to_owned()).ok()
        }
        Content::Absent => {
            let packed = plain_file::text(&common.join("packed-refs"))?;
            let id = packed.lines().find_map(|line| line.split_once(' ').filter(|(_, of)| *of == name))?.0;
            Commit::try_from(id.to_owned()).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const ONE: &str = "1111111111111111111111111111111111111111";
    const TWO: &str = "2222222222222222222222222222222222222222";

    #[test]
    fn a_loose_reference_wins_over_a_packed_one_and_odd_ones_are_left_to_git() {
        let home = tempfile::tempdir().unwrap();
        let at = home.path();
        fs::create_dir_all(at.join("refs/heads")).unwrap();
        fs::write(at.join("HEAD"), "ref: refs/heads/main\n").unwrap();
        assert_eq!(commit(at), None, "no commit yet");
        let packed =
            format!("# pack-refs with: peeled\n{TWO} refs/heads/main2\n{ONE} refs/heads/main\n^{TWO}\n");
        fs::write(at.join("packed-refs"), packed).unwrap();
        assert_eq!(commit(at).unwrap().as_str(), ONE);
        fs::write(at.join("refs/heads/main"), format!("{TWO}\n")).unwrap();
        assert_eq!(commit(at).unwrap().as_str(), TWO);
        fs::write(at.join("refs/heads/main"), "ref: refs/heads/other\n").unwrap();
        assert_eq!(commit(at), None);
        for odd in [format!("{ONE}\n"), "ref: refs/heads/../../x\n".into(), "ref: refs/heads/main".into()] {
            fs::write(at.join("HEAD"), odd).unwrap();
            assert_eq!(commit(at), None);
        }
        fs::write(at.join("HEAD"), "ref: refs/heads/.invalid\n").unwrap();
        assert_eq!(reference(at), None, "as in a repository that keeps its references elsewhere");
    }
}
