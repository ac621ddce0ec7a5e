//! A server with nothing to do: the memory that it holds with every shipped component loaded, and how long a start
//! with a warm cache takes until a call is answered.

use crate::measure::Figures;
use crate::report::{Aim, Finding, Section, Unit};
use crate::served::Served;
use crate::{Setting, on_all_cores};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::time::sleep;

const ROUNDS: usize = 15;
/// How long a server is left alone before its memory is looked at.
const QUIET: Duration = Duration::from_secs(3);
/// How long the optimiser may take with everything.
const PATIENCE: Duration = Duration::from_secs(180);

pub(crate) fn measure(setting: &Setting) -> Result<Section> {
    on_all_cores()?.block_on(async {
        let folder = TempDir::new_in(&setting.scratch)?;
        let components = warm(folder.path()).await?;
        let (mut starts, mut resident, mut own) = (Vec::new(), Vec::new(), Vec::new());
        for round in 0..ROUNDS {
            let server = Served::start(folder.path()).await?;
            starts.push(server.took.as_secs_f64());
            if round < 3 {
                sleep(QUIET).await;
                let memory = Memory::of(server.pid()?)?;
                resident.push(memory.resident);
                own.push(memory.own);
            }
            server.stop().await?;
        }
        let start = Figures::of(starts.clone()).with_p99(starts);
        Ok(Section {
            name: "idle",
            about: "`serve` with nothing to do, as a process of its own",
            findings: vec![
                Finding::alone("start to first answer, warm", Unit::Seconds, start).aimed(Aim::Within(60e-3)),
                Finding::alone("resident memory", Unit::Bytes, Figures::of(resident))
                    .aimed(Aim::Within(40e6)),
                Finding::alone("of which no file's", Unit::Bytes, Figures::of(own)),
            ],
            notes: vec![format!("{components} components in service, all in their optimised code")],
        })
    })
}

/// Starts it once, until everything is compiled as well as it will be. How many components serve.
async fn warm(data: &Path) -> Result<usize> {
    let server = Served::start(data).await?;
    let mut line = server.line().await?;
    let end = Instant::now() + PATIENCE;
    let count = loop {
        let told: Value = serde_json::from_str(&line.get("/api/plugins").await?)?;
        let plugins = told.get("plugins").and_then(Value::as_array).context("a list of components")?;
        let done = |plugin: &Value| plugin.get("compiled").and_then(Value::as_str) == Some("optimised");
        if plugins.iter().all(done) {
            break plugins.len();
        }
        ensure!(Instant::now() < end, "not everything was optimised: {told}");
        sleep(Duration::from_millis(200)).await;
    };
    server.stop().await?;
    Ok(count)
}

/// Of a process, bytes.
struct Memory {
    resident: f64,
    /// Not of files that it has mapped: what goes nowhere else when memory is short.
    own: f64,
}

impl Memory {
    fn of(pid: u32) -> Result<Self> {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let field = |name: &str| -> Result<f64> {
            let line =
                status.lines().find_map(|line| line.strip_prefix(name)).with_context(|| name.to_owned())?;
            let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
            Ok(kilobytes * 1024.0)
        };
        Ok(Self { resident: field("VmRSS:")?, own: field("RssAnon:")? })
    }
}
