//! Reading what an agent program writes: an adapter in its sandbox, fed as the host feeds it, against
//! the very same code compiled natively.
//!
//! What is read are all recorded runs of the program, one after another, in chunks of 64 KiB. Both
//! sides must tell of as many events.

use crate::house::House;
use crate::measure::{interleaved, on_processor};
use crate::report::{Aim, Finding, Section, Unit};
use crate::{Setting, on_this_thread, questions};
use anyhow::{Context, Result, ensure};
use codex_adapter::driving::GuestReading as _;
use jackfield_plugins::Plugins;
use std::cell::Cell;
use std::path::Path;
use std::time::Duration;

const CHUNK: usize = 64 << 10;
const ROUNDS: usize = 60;

/// Times that all recordings are read in one sample.
const PASSES: u32 = 3;

/// Where nothing about it changes how lines are read.
const WORKTREE: &str = "/srv/worktrees/one";

pub(crate) fn measure(setting: &Setting) -> Result<Section> {
    on_this_thread()?.block_on(async {
        let house = House::open(&setting.components, &setting.scratch, setting.scan).await?;
        let mut findings = Vec::new();
        let mut notes = Vec::new();
        for program in [Program { name: "claude", read: claude }, Program { name: "codex", read: codex }] {
            let (finding, note) = program.compare(&house.plugins).await?;
            findings.push(finding.aimed(Aim::TimesFloor(2.2)));
            notes.push(note);
        }
        Ok(Section {
            name: "parse",
            about: "64 KiB of recorded output into events, thread CPU time; floor: the same code, native",
            findings,
            notes,
        })
    })
}

/// Time spent, and events told.
type Reading = (Duration, usize);

struct Program {
    name: &'static str,
    /// Reads everything natively.
    read: fn(&[&[u8]]) -> Reading,
}

impl Program {
    async fn compare(&self, plugins: &Plugins) -> Result<(Finding, String)> {
        let recorded = recordings(self.name)?;
        let chunks: Vec<_> = recorded.chunks(CHUNK).collect();
        let share = CHUNK as f64 / recorded.len() as f64 / f64::from(PASSES);
        let (told_by_host, told_by_floor) = (Cell::new(0), Cell::new(0));
        let both = interleaved(
            ROUNDS,
            async || {
                let mut took = Duration::ZERO;
                for _ in 0..PASSES {
                    let (pass, told) = sandboxed(plugins, self.name, &chunks).await?;
                    took += pass;
                    told_by_host.set(told);
                }
                Ok(took.as_secs_f64() * share)
            },
            async || {
                let mut took = Duration::ZERO;
                for _ in 0..PASSES {
                    let (pass, told) = (self.read)(&chunks);
                    took += pass;
                    told_by_floor.set(told);
                }
                Ok(took.as_secs_f64() * share)
            },
        )
        .await?;
        let told = told_by_host.get();
        ensure!(told == told_by_floor.get() && told > 0, "the two sides do not tell the same");
        let rate = |seconds: f64| CHUNK as f64 / seconds / 1e6;
        let note = format!(
            "{}: {} bytes, {told} events; {:.0} MB/s in its sandbox, {:.0} MB/s native",
            self.name,
            recorded.len(),
            rate(both.host.median),
            rate(both.floor.median),
        );
        Ok((Finding::compared(format!("{}, 64 KiB", self.name), Unit::Seconds, both), note))
    }
}

/// A new attempt's adapter reads everything. What it tells is dropped within the time, on both sides.
async fn sandboxed(plugins: &Plugins, name: &str, chunks: &[&[u8]]) -> Result<Reading> {
    let mut drive = plugins.drive(name).await?;
    drive.begin(&questions::request()).await?;
    let mut told = 0;
    let begun = on_processor();
    for chunk in chunks {
        told += drive.feed(chunk).await?.len();
    }
    Ok((on_processor() - begun, told))
}

fn claude(chunks: &[&[u8]]) -> Reading {
    use claude_adapter::driving::{Access, Folders, Request, Role};
    let mut reader = claude_adapter::reading::Reader::new(&Request {
        attempt: String::new(),
        instruction: String::new(),
        model: None,
        effort: None,
        role: Role::Implement,
        access: Access::Edit,
        session: None,
        prior_usage: None,
        budget: None,
        timeout: 600_000,
        folders: Folders { worktree: WORKTREE.to_owned(), scratch: String::new(), state: String::new() },
        present: Vec::new(),
        settings: Vec::new(),
        prompt_syntax: false,
    });
    let begun = on_processor();
    let told = chunks.iter().map(|chunk| reader.feed(chunk).len()).sum();
    (on_processor() - begun, told)
}

fn codex(chunks: &[&[u8]]) -> Reading {
    use codex_adapter::driving::{Access, Folders, Request, Role};
    let reading = codex_adapter::Reading::new(Request {
        attempt: String::new(),
        instruction: String::new(),
        model: None,
        effort: None,
        role: Role::Implement,
        access: Access::Edit,
        session: None,
        prior_usage: None,
        budget: None,
        timeout: 600_000,
        folders: Folders { worktree: WORKTREE.to_owned(), scratch: String::new(), state: String::new() },
        present: Vec::new(),
        settings: Vec::new(),
        prompt_syntax: false,
    });
    // It takes its bytes as its own; that they are copied is not a part of reading them.
    let owned: Vec<_> = chunks.iter().map(|chunk| chunk.to_vec()).collect();
    let begun = on_processor();
    let told = owned.into_iter().map(|chunk| reading.feed(chunk).len()).sum();
    (on_processor() - begun, told)
}

/// All recorded runs of a program, in the order of their names.
fn recordings(program: &str) -> Result<Vec<u8>> {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../plugins").join(program).join("tests/transcripts");
    let listed = std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    let mut files = listed.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let mut all = Vec::new();
    for file in files {
        all.extend(std::fs::read(file)?);
        all.push(b'\n');
    }
    Ok(all)
}
