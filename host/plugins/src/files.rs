//! Files read and written whole, and the sha256 of their bytes.

use jackfield_types::Digest;
use sha2::{Digest as _, Sha256};
use std::fs::{self, Metadata};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// Largest component that is read at all, bytes.
pub(crate) const MOST_BYTES: u64 = 256 << 20;

/// Names up to so many bytes can be added to.
const ROOM: usize = 200;

/// The sha256 of some bytes.
pub(crate) fn digest_of(bytes: &[u8]) -> Digest {
    Digest::from_bytes(Sha256::digest(bytes).into())
}

/// The bytes of a component's file. A pipe or a device is refused and not waited for, and so is what is larger
/// than any component.
pub(crate) fn read_component(file: &Path) -> io::Result<Vec<u8>> {
    read_regular(file, MOST_BYTES)
}

/// The bytes of a regular file that has at most so many.
pub(crate) fn read_regular(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut options = fs::OpenOptions::new();
    options.read(true);
    // Opening a pipe would wait for somebody to write to it.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        rustix::fs::OFlags::NONBLOCK.bits().cast_signed(),
    );
    let file = options.open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(io::Error::other(format!("it is {}, not a file", what(&about))));
    }
    let too_large = |bytes| io::Error::other(format!("it has {bytes} bytes, where {most} are allowed"));
    if about.len() > most {
        return Err(too_large(about.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(about.len()).unwrap_or(0));
    file.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    let read = bytes.len() as u64;
    if read > most { Err(too_large(read)) } else { Ok(bytes) }
}

/// What lies there instead of a file.
#[cfg(unix)]
pub(crate) fn what(about: &Metadata) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    let kind = about.file_type();
    match () {
        () if kind.is_dir() => "a folder",
        () if kind.is_fifo() => "a named pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    }
}

#[cfg(not(unix))]
pub(crate) fn what(about: &Metadata) -> &'static str {
    if about.is_dir() { "a folder" } else { "something else" }
}

/// Writes a file so that it is whole under its name, or not there, even when the power fails.
pub(crate) fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write(path, bytes, fs::File::sync_all)
}

/// The same without waiting for the disk: for what is checked when it is read, and made again when
/// it is not what it should be.
pub(crate) fn write_cached(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write(path, bytes, |_| Ok(()))
}

fn write(path: &Path, bytes: &[u8], settle: impl Fn(&fs::File) -> io::Result<()>) -> io::Result<()> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    // Where one made from the name of the file could be longer than a name may be, it has another.
    let long = path.file_name().is_some_and(|name| name.len() > ROOM);
    let aside = if long {
        path.with_file_name(format!(".{}-{next}.tmp", std::process::id()))
    } else {
        path.with_extension(format!("{}-{next}.tmp", std::process::id()))
    };
    let mut file = fs::File::create(&aside)?;
    let written = file.write_all(bytes).and_then(|()| settle(&file)).and_then(|()| fs::rename(&aside, path));
    if written.is_err() {
        // What matters is the first error; what is left aside is never read.
        drop(fs::remove_file(&aside));
    }
    written
}
