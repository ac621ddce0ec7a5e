//! Compilation of one component in a process of its own ([`Apart`](crate::Apart)), within limits.

use crate::engine;
use crate::report::Compiled;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::io::Read;
use std::path::Path;

/// Limits of a compiling process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileLimits {
    /// Bytes of address space.
    pub memory_bytes: u64,
    /// Seconds on the processor, over all threads.
    pub cpu_seconds: u64,
}

impl CompileLimits {
    /// Several times what a component in JavaScript or Python needs (380 MiB and 11 s on the processor).
    pub const GENEROUS: Self = Self { memory_bytes: 3 << 30, cpu_seconds: 120 };
}

/// The largest code that is written, in bytes.
const CODE_BYTES: u64 = 1 << 30;

/// Compiles the component on standard input into the file `code`. Sets the limits for the whole process first, before it
/// reads a byte of the component.
///
/// # Errors
/// A message for the parent process.
pub fn compile_alone(compiled: Compiled, code: &Path, limits: CompileLimits) -> Result<(), String> {
    limit(limits).map_err(|error| format!("the limits cannot be set: {error}"))?;
    let mut component = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut component);
    read.map_err(|error| format!("the component cannot be read: {error}"))?;
    let engine = engine::compiling(compiled).map_err(|error| format!("{error:#}"))?;
    let made = engine.precompile_component(&component).map_err(|error| format!("{error:#}"))?;
    std::fs::write(code, made).map_err(|error| format!("{} cannot be written: {error}", code.display()))
}

fn limit(limits: CompileLimits) -> rustix::io::Result<()> {
    let at_most = |value| Rlimit { current: Some(value), maximum: Some(value) };
    setrlimit(Resource::As, at_most(limits.memory_bytes))?;
    setrlimit(Resource::Cpu, at_most(limits.cpu_seconds))?;
    setrlimit(Resource::Fsize, at_most(CODE_BYTES))?;
    setrlimit(Resource::Core, at_most(0))?;
    // The code is of no use once the parent process has ended.
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    Ok(())
}
