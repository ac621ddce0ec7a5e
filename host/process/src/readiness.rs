//! Waiting for a descriptor of the kernel's (a pidfd, a watch) to become readable.

use rustix::fd::OwnedFd;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Registers it with the runtime; `None` where the kernel cannot wait for it. Must be called within one.
#[allow(
    deprecated,
    reason = "what is unsound with other types cannot happen here: an OwnedFd never changes its descriptor"
)]
pub(crate) fn readiness(fd: OwnedFd) -> Option<AsyncFd<OwnedFd>> {
    AsyncFd::with_interest(fd, Interest::READABLE).ok()
}
