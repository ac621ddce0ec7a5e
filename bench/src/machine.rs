//! What the figures were taken on, as far as it bears on them.

use rustix::fs::statfs;
use serde::Serialize;
use std::path::Path;

/// Printed above the figures.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Machine {
    processor: String,
    cores: usize,
    kernel: String,
    /// Of the folder that everything is measured in.
    filesystem: String,
    /// Others at work, over the last minute, when the run began.
    load: String,
    pooling: bool,
    pagemap_scan: bool,
    optimised_build: bool,
}

impl Machine {
    pub(crate) fn look(scratch: &Path, pagemap_scan: bool) -> Self {
        let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
        let about = read("/proc/cpuinfo");
        let processor = about.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
        Self {
            processor: processor.map_or_else(|| "unknown".to_owned(), |(_, name)| name.trim().to_owned()),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            kernel: kernel(),
            filesystem: filesystem(scratch),
            load: read("/proc/loadavg").split(' ').next().unwrap_or_default().to_owned(),
            pooling: true,
            pagemap_scan,
            optimised_build: !cfg!(debug_assertions),
        }
    }

    pub(crate) fn print(&self) {
        let switch = |on| if on { "on" } else { "off" };
        println!("{}, {} cores, Linux {}", self.processor, self.cores, self.kernel);
        println!("{}, load {} when the run began", self.filesystem, self.load);
        println!(
            "both engines: pooling {}, pagemap_scan {}",
            switch(self.pooling),
            switch(self.pagemap_scan)
        );
        if !self.optimised_build {
            println!("BUILT WITHOUT --release: these figures mean nothing");
        }
    }
}

fn kernel() -> String {
    rustix::system::uname().release().to_string_lossy().into_owned()
}

/// Whether the host would clean memory by scanning here: as `jackfield-plugins` decides it, which
/// keeps that to itself.
pub(crate) fn can_scan() -> bool {
    let release = kernel();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map_while(|part| part.parse::<u32>().ok());
    let recent = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= (6, 7);
    let no_swap = std::fs::read_to_string("/proc/swaps").is_ok_and(|swaps| swaps.lines().count() == 1);
    recent && no_swap
}

fn filesystem(folder: &Path) -> String {
    let Ok(about) = statfs(folder) else { return "unknown file system".to_owned() };
    match about.f_type {
        0xEF53 => "ext4".to_owned(),
        0x0102_1994 => "tmpfs (nothing is durable here, so transitions cost too little)".to_owned(),
        0x5846_5342 => "xfs".to_owned(),
        0x9123_683E => "btrfs".to_owned(),
        0x794C_7630 => "overlayfs".to_owned(),
        other => format!("file system {other:#x}"),
    }
}
