//! The host's own folder: components by digest, compiled code by engine and digest, and what was
//! quarantined.
//!
//! Invariants: a file under its final name is whole (written aside, synced, renamed) and is never
//! changed in place. The host runs compiled code without further checks, so only its user may write to the folder.

use crate::error::PluginError;
use crate::files::{write_cached, write_whole};
use crate::signature::{beside, signature_of};
use jackfield_types::Digest;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The host's own folder.
#[derive(Debug, Clone)]
pub(crate) struct Folder {
    components: PathBuf,
    compiled: PathBuf,
    quarantine: PathBuf,
    good: PathBuf,
    pub(crate) orders: PathBuf,
    pub(crate) views: PathBuf,
}

impl Folder {
    pub(crate) fn open(data: &Path) -> Result<Self, PluginError> {
        let folder = Self {
            components: data.join("components"),
            compiled: data.join("compiled"),
            quarantine: data.join("quarantine"),
            good: data.join("last-good"),
            orders: data.join("orders"),
            views: data.join("views"),
        };
        let parts = [&folder.components, &folder.compiled, &folder.quarantine, &folder.good];
        for part in parts.into_iter().chain([&folder.orders, &folder.views]) {
            create_private(part).map_err(|source| failed("cannot create", part, source))?;
            private(part)?;
        }
        Ok(folder)
    }

    /// Keeps a component for ever under its digest, with its signature.
    pub(crate) fn keep(
        &self,
        digest: Digest,
        bytes: &[u8],
        signature: Option<&str>,
    ) -> Result<PathBuf, PluginError> {
        let path = self.component(digest);
        let there = fs::metadata(&path).is_ok_and(|file| file.len() == bytes.len() as u64);
        if !there {
            write_whole(&path, bytes).map_err(|source| failed("cannot write", &path, source))?;
        }
        if let Some(signature) = signature {
            let path = signature_of(&path);
            write_whole(&path, signature.as_bytes())
                .map_err(|source| failed("cannot write", &path, source))?;
        }
        Ok(path)
    }

    /// Where the component of a digest lies, if it was ever kept.
    pub(crate) fn component(&self, digest: Digest) -> PathBuf {
        self.components.join(format!("{digest}.wasm"))
    }

    /// The signature that a component came with.
    pub(crate) fn signature(&self, digest: Digest) -> Option<String> {
        beside(&self.component(digest))
    }

    /// The place for what one engine made of a component.
    pub(crate) fn compiled(&self, engine: &str) -> Result<PathBuf, PluginError> {
        let folder = self.compiled.join(engine);
        create_private(&folder).map_err(|source| failed("cannot create", &folder, source))?;
        private(&folder)?;
        Ok(folder)
    }

    /// Removes what one engine made of components that are not kept, once it is older than `stay`.
    pub(crate) fn forget_strangers(&self, place: &Path, stay: Duration) {
        for entry in fs::read_dir(place).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let digest = name.to_str().and_then(|name| name.split('.').next()?.parse().ok());
            let kept = digest.is_none_or(|digest| self.component(digest).exists());
            let age = entry.metadata().and_then(|file| file.modified()).map(|at| at.elapsed());
            if !kept && matches!(age, Ok(Ok(age)) if age > stay) {
                // Who has it mapped goes on with it.
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    /// Why these bytes were quarantined, if they were.
    pub(crate) fn quarantined(&self, digest: Digest) -> Option<String> {
        fs::read_to_string(self.quarantine.join(digest.to_string())).ok()
    }

    /// Takes these bytes again from now on.
    pub(crate) fn release(&self, digest: Digest) -> Result<(), PluginError> {
        let path = self.quarantine.join(digest.to_string());
        fs::remove_file(&path).map_err(|source| failed("cannot remove", &path, source))
    }

    /// The component that a dropped file last brought into service.
    pub(crate) fn last_good(&self, file: &Path) -> Option<Digest> {
        fs::read_to_string(self.good.join(file.file_name()?)).ok()?.parse().ok()
    }

    /// Forgets it for files that are no longer there.
    pub(crate) fn forget_good_but(&self, there: impl Fn(&OsStr) -> bool) {
        for entry in fs::read_dir(&self.good).into_iter().flatten().flatten() {
            if !there(&entry.file_name()) {
                self.set_last_good(&entry.path(), None);
            }
        }
    }

    /// Remembers it, or that there is none, so that a restart does not change who serves.
    pub(crate) fn set_last_good(&self, file: &Path, digest: Option<Digest>) {
        let Some(path) = file.file_name().map(|name| self.good.join(name)) else { return };
        let done = match digest {
            Some(digest) => write_cached(&path, digest.to_string().as_bytes()),
            None => fs::remove_file(&path),
        };
        if let Err(error) = done
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!("cannot write {}: {error}", path.display());
        }
    }

    /// Never takes these bytes again.
    pub(crate) fn quarantine(&self, digest: Digest, why: &str) -> Result<(), PluginError> {
        let path = self.quarantine.join(digest.to_string());
        write_whole(&path, why.as_bytes()).map_err(|source| failed("cannot write", &path, source))
    }
}

fn failed(what: &'static str, path: &Path, source: io::Error) -> PluginError {
    PluginError::Io { what, path: path.to_owned(), source }
}

fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(unix)]
fn private(folder: &Path) -> Result<(), PluginError> {
    use std::os::unix::fs::MetadataExt;
    let about = fs::metadata(folder).map_err(|source| failed("cannot look at", folder, source))?;
    let ours = about.uid() == rustix::process::geteuid().as_raw();
    if ours && about.mode() & 0o022 == 0 { Ok(()) } else { Err(PluginError::NotPrivate(folder.to_owned())) }
}

#[cfg(not(unix))]
fn private(_: &Path) -> Result<(), PluginError> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code_file::CodeFile;
    use crate::files::digest_of;
    use crate::report::Compiled;

    fn folder() -> (tempfile::TempDir, Folder) {
        let data = tempfile::tempdir().unwrap();
        let folder = Folder::open(data.path()).unwrap();
        (data, folder)
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_others_can_write_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let (data, _) = folder();
        let compiled = data.path().join("compiled");
        fs::set_permissions(&compiled, fs::Permissions::from_mode(0o770)).unwrap();
        let error = Folder::open(data.path()).unwrap_err();
        assert!(matches!(&error, PluginError::NotPrivate(path) if *path == compiled), "{error}");
    }

    #[test]
    fn code_of_what_was_only_looked_at_goes_and_code_of_what_was_dropped_stays() {
        let (_data, folder) = folder();
        let place = folder.compiled("engine").unwrap();
        let (dropped, looked_at) = (digest_of(b"dropped"), digest_of(b"looked at"));
        folder.keep(dropped, b"dropped", None).unwrap();
        let code = |digest| CodeFile::of(&place, digest, Compiled::Optimised);
        code(dropped).write(b"code").unwrap();
        code(looked_at).write(b"code").unwrap();
        folder.forget_strangers(&place, Duration::from_secs(3600));
        assert!(code(looked_at).is_sound(), "its author may still be at work on it");
        std::thread::sleep(Duration::from_millis(5));
        folder.forget_strangers(&place, Duration::ZERO);
        assert!(code(dropped).is_sound());
        assert_eq!(fs::read_dir(&place).unwrap().count(), 2, "code and its sum");
    }

    #[test]
    fn a_quarantine_is_remembered() {
        let (data, folder) = folder();
        let digest = digest_of(b"bad");
        assert_eq!(folder.quarantined(digest), None);
        folder.quarantine(digest, "it looped").unwrap();
        let again = Folder::open(data.path()).unwrap();
        assert_eq!(again.quarantined(digest).as_deref(), Some("it looped"));
    }
}
