//! A call of a fresh instance, of each kind: all that the host adds (a place in the pool, limits,
//! deadlines, the contract of the answer, the receipt) against the bare engine.
//!
//! Both sides are asked the same and must answer the same.

use crate::bare::Bare;
use crate::house::House;
use crate::measure::{Both, batch, interleaved};
use crate::report::{Aim, Finding, Section, Unit};
use crate::{Setting, on_this_thread, questions};
use anyhow::{Result, ensure};
use jackfield_plugins::facts::{choosing, driving, types};
use jackfield_types::Timestamp;
use std::cell::RefCell;

const ROUNDS: usize = 60;
const CALLS: u32 = 100;

/// The point in time that choosers are told.
const NOW: i64 = 1_800_000_000_000;

pub(crate) fn measure(setting: &Setting) -> Result<Section> {
    let findings = on_this_thread()?.block_on(compare_all(setting))?;
    Ok(Section {
        name: "fresh",
        about: "one call of a fresh, isolated instance, thread CPU time (p99: wall clock); floor: wasmtime alone",
        findings,
        notes: Vec::new(),
    })
}

async fn compare_all(setting: &Setting) -> Result<Vec<Finding>> {
    let house = House::open(&setting.components, &setting.scratch, setting.scan).await?;
    let plugins = &house.plugins;
    let bare = Bare::optimised(setting.scan)?;
    let (task, candidates, history) = (questions::task(), questions::candidates(), questions::history());
    let (budget, request, report) = (questions::BUDGET, questions::request(), questions::report());
    let (now, millis) = (Timestamp::from_millisecond(NOW)?, NOW.unsigned_abs());

    // Else it would be a refusal that is measured.
    ensure!(plugins.drive("claude").await?.plan(&request).await?.is_ok(), "the adapter has no plan");
    ensure!(!plugins.choose(now, &task, &candidates, &budget).await?.value.is_empty(), "nobody is chosen");

    let chooser = bare.link(&setting.components.chooser)?;
    let choose = chooser.function("choosing", "choose")?;
    let choices = compare(
        async || Ok(plugins.choose(now, &task, &candidates, &budget).await?.value),
        async || {
            let asked = (millis, &task, candidates.as_slice(), budget);
            Ok(choose.call::<_, (Vec<choosing::Choice>,)>(asked).await?.0)
        },
    );
    let choices = choices.await?;

    let next = chooser.function("choosing", "next")?;
    let steps = compare(
        async || Ok(plugins.next(now, &task, &history, &candidates, &budget).await?.value),
        async || {
            let asked = (millis, &task, history.as_slice(), candidates.as_slice(), budget);
            Ok(next.call::<_, (choosing::Step,)>(asked).await?.0)
        },
    );
    let steps = steps.await?;

    let compressor = bare.link(&setting.components.compressor)?;
    let compress = compressor.function("compressing", "compress")?;
    let mut texts = Vec::new();
    for level in ["summary", "mermaid"] {
        let text = compare(
            async || Ok(plugins.compress(level, &report).await?.value),
            async || Ok(compress.call::<_, (String,)>((level, &report)).await?.0),
        );
        texts.push(Finding::compared(format!("compress, {level}"), Unit::Seconds, text.await?));
    }

    let claude = bare.link(&setting.components.claude)?;
    let plan = claude.function("driving", "plan")?;
    let commands = compare(
        async || Ok(plugins.drive("claude").await?.plan(&request).await?),
        async || {
            let planned = plan.call::<_, (Result<driving::Command, types::Failure>,)>((&request,)).await?;
            Ok(planned.0)
        },
    );
    let commands = commands.await?;

    let mut findings = vec![
        Finding::compared("choose, 8 candidates", Unit::Seconds, choices),
        Finding::compared("next, after 1 attempt", Unit::Seconds, steps),
    ];
    findings.extend(texts);
    findings.push(Finding::compared("drive + plan, claude", Unit::Seconds, commands));
    Ok(findings.into_iter().map(|finding| finding.aimed(Aim::TimesFloor(2.0))).collect())
}

async fn compare<T: PartialEq>(
    mut host: impl AsyncFnMut() -> Result<T>,
    mut floor: impl AsyncFnMut() -> Result<T>,
) -> Result<Both> {
    ensure!(host().await? == floor().await?, "the two sides do not answer the same");
    let (of_host, of_floor) = (RefCell::default(), RefCell::default());
    let both = interleaved(
        ROUNDS,
        async || {
            let mut walls = of_host.take();
            let took = batch(CALLS, &mut walls, async || host().await.map(drop)).await;
            of_host.replace(walls);
            took
        },
        async || {
            let mut walls = of_floor.take();
            let took = batch(CALLS, &mut walls, async || floor().await.map(drop)).await;
            of_floor.replace(walls);
            took
        },
    )
    .await?;
    Ok(Both {
        host: both.host.with_p99(of_host.into_inner()),
        floor: both.floor.with_p99(of_floor.into_inner()),
        ..both
    })
}
