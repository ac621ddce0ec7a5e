//! Reading a file while an agent writes it.
//!
//! This ensures: every byte is given once, in order, and none is lost, however reading and writing fall. Only
//! whole reads move the offset, so a call that is given up repeats nothing; and the end is believed only when
//! the file was read empty *after* the writer was known to have ended.

use crate::ProcessError;
use crate::readiness::readiness;
use rustix::fd::OwnedFd;
use rustix::fs::inotify;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::unix::AsyncFd;
use tokio_util::sync::CancellationToken;

/// A file that grows.
#[derive(Debug)]
pub struct Tail {
    file: Arc<File>,
    path: PathBuf,
    offset: u64,
    writer_ended: CancellationToken,
    watch: Option<AsyncFd<OwnedFd>>,
    pause: Duration,
}

const CHUNK: usize = 64 * 1024;

/// Without a watch, the file is looked at so often: soon after it grew, then less and less.
const PAUSES: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(50)];

/// With a watch too, for file systems that tell of nothing.
const DOUBT: Duration = Duration::from_millis(500);

impl Tail {
    /// Opens a file that exists, to be read from `offset` on. `writer_ended` is cancelled by the caller when
    /// nobody will write any more: then what is there is read, and that is the end. Must be called within a
    /// Tokio runtime.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn open(
        path: impl AsRef<Path>,
        offset: u64,
        writer_ended: CancellationToken,
    ) -> Result<Self, ProcessError> {
        let path = path.as_ref().to_owned();
        let file = Arc::new(File::open(&path).map_err(ProcessError::path("opening", &path))?);
        let [pause, _] = PAUSES;
        Ok(Self { file, watch: watch(&path), path, offset, writer_ended, pause })
    }

    /// Where the next byte comes from: give it to [`open`](Self::open) to go on after a restart.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The next bytes, 64 KiB at most, as soon as there are any; `None` when the writer has ended and all is
    /// read. Can be given up at any point without losing anything.
    ///
    /// # Errors
    /// What the operating system says.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ProcessError> {
        loop {
            let ended = self.writer_ended.is_cancelled();
            let bytes = self.read().await?;
            if !bytes.is_empty() {
                self.offset += bytes.len() as u64;
                let [soon, _] = PAUSES;
                self.pause = soon;
                return Ok(Some(bytes));
            }
            if ended {
                return Ok(None);
            }
            self.grown().await;
        }
    }

    async fn read(&self) -> Result<Vec<u8>, ProcessError> {
        let (file, offset) = (self.file.clone(), self.offset);
        let read = tokio::task::spawn_blocking(move || {
            let mut bytes = vec![0; CHUNK];
            let count = file.read_at(&mut bytes, offset)?;
            bytes.truncate(count);
            Ok(bytes)
        });
        read.await
            .unwrap_or_else(|error| Err(error.into()))
            .map_err(ProcessError::path("reading", &self.path))
    }

    /// Returns when the file may have grown or the writer has ended.
    async fn grown(&mut self) {
        let ended = self.writer_ended.clone();
        let Some(watch) = &self.watch else {
            let [_, most] = PAUSES;
            let pause = self.pause;
            self.pause = (pause * 2).min(most);
            tokio::select! { () = ended.cancelled() => (), () = tokio::time::sleep(pause) => () }
            return;
        };
        tokio::select! {
            () = ended.cancelled() => (),
            () = tokio::time::sleep(DOUBT) => (),
            ready = watch.readable() => if let Ok(mut ready) = ready {
                // What happened does not matter, only that something did: empty the queue and read the file.
                let mut events = [0; 4096];
                while rustix::io::read(watch, &mut events).is_ok_and(|count| count > 0) {}
                ready.clear_ready();
            },
        }
    }
}

/// `None` where the user's watches are used up; then the file is looked at instead.
fn watch(path: &Path) -> Option<AsyncFd<OwnedFd>> {
    let fd = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK).ok()?;
    inotify::add_watch(&fd, path, inotify::WatchFlags::MODIFY).ok()?;
    readiness(fd)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[tokio::test]
    async fn a_file_that_cannot_be_watched_is_read_whole_all_the_same() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let ended = CancellationToken::new();
        let mut tail = Tail::open(file.path(), 0, ended.clone()).unwrap();
        tail.watch = None;
        let writer = tokio::task::spawn_blocking(move || {
            for number in 0..1000_u32 {
                file.write_all(&number.to_le_bytes()).unwrap();
                std::thread::yield_now();
            }
            ended.cancel();
            file
        });
        let mut read = Vec::new();
        while let Some(bytes) = tail.next().await.unwrap() {
            read.extend(bytes);
        }
        assert!(read == (0..1000).flat_map(u32::to_le_bytes).collect::<Vec<_>>());
        writer.await.unwrap();
    }
}
