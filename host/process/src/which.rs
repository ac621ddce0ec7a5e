//! Where a program is.

use crate::{Environment, ProcessError};
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The file that would be started for `program`, looked up on `path` (as `PATH` is written). A name with a
/// slash is not looked up. Folders on `path` that are not absolute are passed over: they would mean another
/// place in every worktree.
pub fn which(program: impl AsRef<OsStr>, path: impl AsRef<OsStr>) -> Option<PathBuf> {
    let program = Path::new(program.as_ref());
    if has_slash(program) {
        return is_program(program).then(|| program.to_owned());
    }
    std::env::split_paths(path.as_ref())
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(program))
        .find(|file| is_program(file))
}

/// As [`which`], on the `PATH` of an environment; a relative name with a slash is meant from `cwd`.
pub(crate) fn required(
    program: &OsStr,
    environment: &Environment,
    cwd: &Path,
) -> Result<PathBuf, ProcessError> {
    let path = environment.get(OsStr::new("PATH")).cloned().unwrap_or_default();
    let named = if has_slash(Path::new(program)) { cwd.join(program) } else { program.into() };
    which(named, path)
        .ok_or_else(|| ProcessError::NoProgram { program: program.to_string_lossy().into_owned() })
}

fn has_slash(program: &Path) -> bool {
    program.as_os_str().as_encoded_bytes().contains(&b'/')
}

fn is_program(file: &Path) -> bool {
    std::fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_executable_file_on_the_path_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let [first, second] = ["first", "second"].map(|name| folder.path().join(name));
        for (place, mode) in [(&first, 0o644), (&second, 0o755)] {
            std::fs::create_dir(place).unwrap();
            std::fs::write(place.join("agent"), "").unwrap();
            std::fs::set_permissions(place.join("agent"), std::fs::Permissions::from_mode(mode)).unwrap();
        }
        let path = std::env::join_paths([Path::new("."), &first, &second]).unwrap();
        assert_eq!(which("agent", &path), Some(second.join("agent")));
        assert_eq!(which("nobody", &path), None);
        assert_eq!(which(second.join("agent"), ""), Some(second.join("agent")));
        assert_eq!(which(&second, ""), None, "a folder is no program");
        assert_eq!(which("", &path), None);
    }
}
