//! The WASI of a component: everything that the standard library of its language links, and nothing
//! behind it.

use jackfield_types::Timestamp;
use parking_lot::Mutex;
use rand::TryRng;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, ResourceTable, WasiCtx, WasiCtxView};

/// What is kept of standard error, in bytes; more is read and dropped.
const STDERR_BYTES: usize = 8 << 10;

/// Most random bytes in one go.
const RANDOM_BYTES: u64 = 1 << 20;

pub(crate) struct Sandbox {
    context: WasiCtx,
    table: ResourceTable,
    stderr: Tail,
}

impl Sandbox {
    pub(crate) fn new(now: Timestamp, seed: u64) -> Self {
        let stderr = Tail::default();
        let context = WasiCtx::builder()
            .stderr(stderr.clone())
            .secure_random(Seeded(seed))
            .insecure_random(Seeded(!seed))
            .insecure_random_seed(u128::from(seed))
            .max_random_size(RANDOM_BYTES)
            .wall_clock(Standing(now))
            .monotonic_clock(Standing(now))
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build();
        Self { context, table: ResourceTable::new(), stderr }
    }

    pub(crate) fn view(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.context, table: &mut self.table }
    }

    /// The last line of standard error that says something.
    pub(crate) fn last_words(&self) -> Option<String> {
        last_line(&String::from_utf8_lossy(&self.stderr.0.lock())).map(str::to_owned)
    }
}

/// What Rust's standard library ends a panic with is advice that nobody can follow here.
fn last_line(text: &str) -> Option<&str> {
    let advice = |line: &str| line.starts_with("note: run with `RUST_BACKTRACE");
    text.lines().rev().map(str::trim).find(|line| !line.is_empty() && !advice(line))
}

/// A clock that stands at the time of the request.
struct Standing(Timestamp);

impl HostWallClock for Standing {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.as_millisecond()).unwrap_or(0))
    }
}

impl HostMonotonicClock for Standing {
    fn resolution(&self) -> u64 {
        1_000_000
    }

    fn now(&self) -> u64 {
        0
    }
}

/// SplitMix64: the same numbers from the same seed in every version of this host.
struct Seeded(u64);

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|number| (number >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Ok(mixed ^ (mixed >> 31))
    }

    fn try_fill_bytes(&mut self, into: &mut [u8]) -> Result<(), Infallible> {
        for chunk in into.chunks_mut(8) {
            let number = self.try_next_u64()?.to_le_bytes();
            chunk.iter_mut().zip(number).for_each(|(byte, random)| *byte = random);
        }
        Ok(())
    }
}

/// The end of what was written.
#[derive(Clone, Default)]
struct Tail(Arc<Mutex<Vec<u8>>>);

impl IsTerminal for Tail {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Tail {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for Tail {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut kept = self.0.lock();
        kept.extend_from_slice(bytes);
        let over = kept.len().saturating_sub(STDERR_BYTES);
        kept.drain(..over);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_of_a_panic_are_its_message() {
        let panicked = "thread '<unnamed>' panicked at src/lib.rs:17:9:\nno files\n\
                        note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n";
        assert_eq!(last_line(panicked), Some("no files"));
        assert_eq!(last_line("one\n\n  \n"), Some("one"));
        assert_eq!(last_line("\n"), None);
    }

    #[test]
    fn the_same_seed_gives_the_same_numbers_for_ever() {
        let mut bytes = [0; 20];
        Seeded(7).try_fill_bytes(&mut bytes).unwrap();
        let mut again = [0; 20];
        Seeded(7).try_fill_bytes(&mut again).unwrap();
        assert_eq!(bytes, again);
        // The first output of the published SplitMix64 for seed 1234567.
        assert_eq!(Seeded(1_234_567).try_next_u64().unwrap(), 6_457_827_717_110_365_317);
    }
}
