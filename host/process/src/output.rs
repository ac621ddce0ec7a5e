//! The output of a quick command: read to its end, and kept up to a cap.

use crate::ProcessError;
use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe::Receiver;
use tokio_util::sync::CancellationToken;

/// The most that a command may have left in a pipe: what the kernel lets a user enlarge it to.
const MOST_IN_A_PIPE: usize = 1 << 20;

/// Reads a stream while the command runs, and what is left in it when the command is `gone`: all writers of the
/// tree have ended then, so what the pipe holds is the rest of its output, however late this is scheduled.
pub(crate) async fn read_to_end(
    stream: Option<io::Result<OwnedFd>>,
    cap: usize,
    gone: &CancellationToken,
) -> Result<(Vec<u8>, u64), ProcessError> {
    let failed = || ProcessError::io("reading the output of a command");
    let mut kept = Kept::new(cap);
    let Some(stream) = stream else { return Ok(kept.take()) };
    let mut pipe = stream.and_then(Receiver::from_owned_fd).map_err(failed())?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        tokio::select! {
            biased;
            () = gone.cancelled() => break,
            read = pipe.read(&mut buffer) => match read.map_err(failed())? {
                0 => return Ok(kept.take()),
                count => kept.push(buffer.get(..count).unwrap_or_default()),
            },
        }
    }
    // Not through the runtime, which may not have learned yet that there is something to read. Bounded, because
    // somebody outside the tree may have been handed the pipe, and may write for ever.
    let mut most = MOST_IN_A_PIPE;
    while most > 0 {
        match rustix::io::read(&pipe, &mut buffer) {
            Ok(0) | Err(rustix::io::Errno::AGAIN) => break,
            Ok(count) => {
                kept.push(buffer.get(..count).unwrap_or_default());
                most = most.saturating_sub(count);
            }
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(failed()(error.into())),
        }
    }
    Ok(kept.take())
}

/// The first and the last bytes of a stream.
struct Kept {
    half: usize,
    head: Vec<u8>,
    tail: VecDeque<u8>,
    left_out: u64,
}

impl Kept {
    fn new(cap: usize) -> Self {
        Self { half: cap / 2, head: Vec::new(), tail: VecDeque::new(), left_out: 0 }
    }

    fn push(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(self.half - self.head.len()));
        self.head.extend_from_slice(head);
        let kept = rest.get(rest.len().saturating_sub(self.half)..).unwrap_or_default();
        let over = (self.tail.len() + kept.len()).saturating_sub(self.half);
        self.tail.drain(..over);
        self.tail.extend(kept);
        self.left_out += (rest.len() - kept.len() + over) as u64;
    }

    fn take(&mut self) -> (Vec<u8>, u64) {
        let mut bytes = std::mem::take(&mut self.head);
        if self.left_out > 0 {
            bytes.extend_from_slice(format!("\n[{} bytes left out]\n", self.left_out).as_bytes());
        }
        bytes.extend(std::mem::take(&mut self.tail));
        (bytes, self.left_out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_the_cap_is_whole_and_what_does_not_keeps_both_ends() {
        let kept = |pieces: &[&[u8]]| {
            let mut kept = Kept::new(8);
            pieces.iter().for_each(|piece| kept.push(piece));
            kept.take()
        };
        assert_eq!(kept(&[b"12", b"345", b"678"]), (b"12345678".to_vec(), 0));
        assert_eq!(kept(&[b"123456789"]), (b"1234\n[1 bytes left out]\n6789".to_vec(), 1));
        assert_eq!(
            kept(&[b"1", b"2345", b"6789abcdef", b"gh"]),
            (b"1234\n[9 bytes left out]\nefgh".to_vec(), 9)
        );
        assert_eq!(kept(&[]), (Vec::new(), 0));
    }
}
