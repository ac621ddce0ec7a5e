//! Measures the host against its floor, in one run: `cargo run --release -p jackfield-bench`.
//!
//! Every section does the same work twice, through the host and with nothing but the library that
//! the host stands on, in turns, so that the ratio holds on a machine that has other things to do.
//! `README.md` beside this says what is measured and how.

mod bare;
mod bare_store;
mod call;
mod components;
mod crowd;
mod execute;
mod fresh;
mod house;
mod idle;
mod lives;
mod machine;
mod measure;
mod parse;
mod questions;
mod queue;
mod report;
mod scale;
mod served;
mod swap;
mod swaps;
mod transitions;

use crate::components::Components;
use crate::machine::Machine;
use crate::report::{Report, Section};
use anyhow::Result;
use clap::{Parser, ValueEnum};
use std::path::PathBuf;
use std::process::ExitCode;

/// Measures the host against its floor.
#[derive(Debug, Parser)]
struct Asked {
    /// Which sections; all of them where none is named.
    sections: Vec<Name>,
    /// As JSON, for programs.
    #[arg(long)]
    json: bool,
    /// Swaps in the section `swaps`.
    #[arg(long, default_value_t = 1000)]
    swaps: u32,
    /// Runs in the queue, and on record, in the section `scale`.
    #[arg(long, default_value_t = 1_000_000)]
    records: u32,
    /// Without pagemap_scan on either side, as on a machine that may swap.
    #[arg(long)]
    no_scan: bool,
    /// Where the components lie; where the build puts them, unless told.
    #[arg(long)]
    components: Option<PathBuf>,
    /// On which disk to measure; that of the target folder, unless told.
    #[arg(long)]
    scratch: Option<PathBuf>,
}

/// A section, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    /// A call of a fresh instance, of each kind.
    Fresh,
    /// Reading what an agent program writes.
    Parse,
    /// From a file's rename to the first call that it serves.
    Swap,
    /// A thousand swaps under calls without a pause.
    Swaps,
    /// Durable transitions of runs.
    Transitions,
    /// A thousand runs, claimed and settled.
    Queue,
    /// A whole `execute` of a command that does nothing.
    Execute,
    /// A tool called over MCP.
    Call,
    /// A server with nothing to do: memory, and how soon it answers.
    Idle,
    /// Hundreds of readers and dozens of callers at once.
    Crowd,
    /// Very many runs in the queue and on record.
    Scale,
}

/// What every section is given.
pub(crate) struct Setting {
    pub(crate) components: Components,
    /// A folder on the disk to measure.
    pub(crate) scratch: PathBuf,
    /// Whether both engines clean memory by scanning it.
    pub(crate) scan: bool,
    /// How many swaps `swaps` makes.
    pub(crate) swaps: u32,
    /// How many runs `scale` records.
    pub(crate) records: u32,
}

impl Name {
    fn measure(self, setting: &Setting) -> Result<Section> {
        match self {
            Self::Fresh => fresh::measure(setting),
            Self::Parse => parse::measure(setting),
            Self::Swap => swap::measure(setting),
            Self::Swaps => swaps::measure(setting),
            Self::Transitions => transitions::measure(setting),
            Self::Queue => queue::measure(setting),
            Self::Execute => execute::measure(setting),
            Self::Call => call::measure(setting),
            Self::Idle => idle::measure(setting),
            Self::Crowd => crowd::measure(setting),
            Self::Scale => scale::measure(setting),
        }
    }
}

fn main() -> ExitCode {
    match bench() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:?}");
            ExitCode::FAILURE
        }
    }
}

fn bench() -> Result<()> {
    let asked = Asked::parse();
    let components = Components::read(asked.components.as_deref())?;
    // Not the system's folder for temporary files, which may be in memory.
    let scratch = match asked.scratch {
        Some(folder) => folder,
        None => components::target_folder()?,
    };
    let setting = Setting {
        components,
        scratch,
        scan: machine::can_scan() && !asked.no_scan,
        swaps: asked.swaps,
        records: asked.records,
    };
    let machine = Machine::look(&setting.scratch, setting.scan);
    let names: &[Name] = if asked.sections.is_empty() { Name::value_variants() } else { &asked.sections };
    if !asked.json {
        machine.print();
    }
    let mut report = Report { machine, sections: Vec::new() };
    for name in names {
        let section = name.measure(&setting)?;
        if !asked.json {
            section.print();
        }
        report.sections.push(section);
    }
    if asked.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        report.print_aims();
    }
    Ok(())
}

/// A runtime on this thread alone, so that its processor time is all of the host's.
pub(crate) fn on_this_thread() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

/// A runtime as the host has it.
pub(crate) fn on_all_cores() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}
