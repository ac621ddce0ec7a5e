//! Small files that git keeps in plain form, read without waiting: an agent may have put a pipe in place of one.

use rustix::fs::OFlags;
use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// Largest file that is read, bytes. Whatever is larger is left to git.
const LARGEST: u64 = 1 << 20;

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Content {
    /// Nothing.
    Absent,
    /// A small file.
    Bytes(Vec<u8>),
}

/// Reads the file at a path; `None` where something else is there, or it cannot be read.
pub(crate) fn read(path: &Path) -> Option<Content> {
    let flags = i32::try_from(OFlags::NONBLOCK.bits()).ok()?;
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Some(Content::Absent),
        Err(_) => return None,
    };
    bytes(&file).map(Content::Bytes)
}

/// The text of the file at a path, where there is one.
pub(crate) fn text(path: &Path) -> Option<String> {
    match read(path)? {
        Content::Bytes(bytes) => String::from_utf8(bytes).ok(),
        Content::Absent => None,
    }
}

fn bytes(file: &File) -> Option<Vec<u8>> {
    let facts = file.metadata().ok()?;
    if !facts.is_file() || facts.len() > LARGEST {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= LARGEST).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_pipe_and_a_large_file_are_not_read() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("file");
        assert_eq!(read(&path), Some(Content::Absent));
        fs::write(&path, "text\n").unwrap();
        assert_eq!(text(&path), Some("text\n".to_owned()));
        fs::write(&path, vec![b'a'; (1 << 20) + 1]).unwrap();
        assert_eq!(read(&path), None);
        fs::remove_file(&path).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &path,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from(0o600),
            0,
        )
        .unwrap();
        assert_eq!(read(&path), None);
    }
}
