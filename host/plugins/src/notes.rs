//! Notes beside the files in the drop folder, for whoever dropped them.

use crate::files::{digest_of, write_cached};
use crate::report::shown;
use jackfield_types::PluginRef;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What to do about a file that was not taken.
const MEND: &str =
    "Mend the component and drop it again; a check of the file says beforehand what becomes of it.";

/// Endings of the notes beside a file: `NAME.wasm.rejected.txt`.
const REJECTED: &str = ".rejected.txt";
const HELD: &str = ".held.txt";

/// Longest name of a file on the file systems that there are, bytes.
const LONGEST_NAME: usize = 255;

/// Writes that the component in a file is valid, and why it does not serve.
pub(crate) fn hold(file: &Path, why: &str) {
    remove(file);
    let name = shown(Path::new(file.file_name().unwrap_or_default()));
    write(file, HELD, &format!("{name} is sound, and does not serve yet.\n{why}\n"));
}

/// Writes that a file was rejected, and why; `serving` is the version from the same file that goes on serving.
pub(crate) fn refuse(file: &Path, why: &str, serving: Option<&PluginRef>) {
    let goes_on = serving.map(|serving| format!("\n{serving} goes on serving.")).unwrap_or_default();
    let name = shown(Path::new(file.file_name().unwrap_or_default()));
    remove(file);
    write(file, REJECTED, &format!("{name} was not taken.\n{why}{goes_on}\n{MEND}\n"));
}

fn note_of(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    if name.len() + ending.len() > LONGEST_NAME {
        // Cut, and told apart from others that begin alike.
        let own = digest_of(name.as_encoded_bytes()).short();
        let lossy = name.to_string_lossy();
        let room = LONGEST_NAME - ending.len() - own.len() - 1;
        name = format!("{}-{own}", &lossy[..lossy.floor_char_boundary(room)]).into();
    }
    name.push(ending);
    file.with_file_name(name)
}

fn write(file: &Path, ending: &str, text: &str) {
    if let Err(error) = write_cached(&note_of(file, ending), text.as_bytes()) {
        tracing::warn!("cannot write the note beside {}: {error}", shown(file));
    }
}

/// Removes the notes beside a file.
pub(crate) fn remove(file: &Path) {
    for ending in [REJECTED, HELD] {
        if let Err(error) = std::fs::remove_file(note_of(file, ending))
            // A folder that is gone took its notes with it.
            && !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
        {
            tracing::warn!("cannot remove the note beside {}: {error}", shown(file));
        }
    }
}
