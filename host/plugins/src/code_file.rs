//! Compiled code on the disk.
//!
//! Running code is mapped from its file, so that one is never changed in place; its sha256 lies beside it and is
//! compared before it is mapped: damage is found, and recompiled.

use crate::error::PluginError;
use crate::files::{digest_of, write_cached};
use crate::report::Compiled;
use jackfield_types::Digest;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// One file of compiled code, and the file beside it that says what its sha256 is.
#[derive(Debug, Clone)]
pub(crate) struct CodeFile {
    pub(crate) code: PathBuf,
    sum: PathBuf,
}

impl CodeFile {
    pub(crate) fn of(folder: &Path, digest: Digest, compiled: Compiled) -> Self {
        let how = match compiled {
            Compiled::Baseline => "baseline",
            Compiled::Optimised => "optimised",
        };
        let name = format!("{digest}.{how}");
        Self { code: folder.join(format!("{name}.cwasm")), sum: folder.join(format!("{name}.sha256")) }
    }

    /// Whether the code is there and is what was written.
    pub(crate) fn is_sound(&self) -> bool {
        let written = fs::read_to_string(&self.sum).ok().and_then(|sum| sum.parse::<Digest>().ok());
        written.is_some_and(|sum| fs::read(&self.code).is_ok_and(|code| digest_of(&code) == sum))
    }

    pub(crate) fn write(&self, code: &[u8]) -> Result<(), PluginError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| PluginError::Io { what: "cannot write", path, source }
        };
        write_cached(&self.code, code).map_err(failed(&self.code))?;
        write_cached(&self.sum, digest_of(code).to_string().as_bytes()).map_err(failed(&self.sum))
    }

    /// Forgets a damaged file.
    pub(crate) fn remove(&self) {
        for path in [&self.sum, &self.code] {
            if let Err(error) = fs::remove_file(path)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!("cannot remove {}: {error}", path.display());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_code_is_told_from_sound_code() {
        let place = tempfile::tempdir().unwrap();
        let file = CodeFile::of(place.path(), digest_of(b"component"), Compiled::Baseline);
        assert!(!file.is_sound(), "nothing is there yet");
        file.write(b"machine code").unwrap();
        assert!(file.is_sound());
        fs::write(&file.code, b"machine c0de").unwrap();
        assert!(!file.is_sound());
        file.remove();
        assert!(!file.code.exists());
    }
}
