//! What an adapter's answers must keep. Beside what it may have run, that no figure is past all bounds:
//! they are added up, priced and recorded.

use super::bounds::{Kept, TEXT_BYTES, few, must, unique};
use super::names::{program_name, unprintable, variable_name};
use super::variables;
use crate::facts::{driving, types};

/// Most tokens, micro-dollars or milliseconds of one attempt. What the SDK reads is a thousand times less, so that
/// an adapter may add up what a garbled program says.
const FIGURE: u64 = 1_000_000_000_000_000;

/// The last moment that has a date of four digits, milliseconds.
const LATEST: u64 = 253_402_300_799_999;

/// Longest that a program may live on after its final result, milliseconds.
const GRACE: u64 = 3_600_000;

/// Longest of what an adapter is to cut at 4 KiB; some is left for what says that it was cut.
const CUT_BYTES: usize = 8 << 10;

pub(crate) fn description(description: &driving::Description) -> Kept {
    let driving::Description { programs, environment, models, default_model, .. } = description;
    few(programs, "programs")?;
    few(environment, "environment names")?;
    few(models, "models")?;
    must(!programs.is_empty(), || "it names no program".to_owned())?;
    for program in programs {
        program_name(&program.name)?;
        brief(&program.install, "hint at how to install a program")?;
    }
    for variable in environment {
        variable_name(&variable.name)?;
    }
    for model in models {
        must(!model.name.trim().is_empty(), || "a model has no name".to_owned())?;
        model.rates.iter().try_for_each(|rates| prices(&model.name, rates))?;
    }
    unique(programs.iter().map(|program| program.name.as_str()), "program")?;
    unique(environment.iter().map(|variable| variable.name.as_str()), "environment name")?;
    unique(models.iter().map(|model| model.name.as_str()), "model")?;
    let known = default_model.as_ref().is_none_or(|name| models.iter().any(|model| &model.name == name));
    must(known, || "the default model is not among its models".to_owned())
}

fn argv(argv: &[String], programs: &[driving::Program]) -> Kept {
    few(argv, "arguments")?;
    let program = argv.first().ok_or("it gives no program to run")?;
    must(programs.iter().any(|known| known.name == *program), || {
        format!("it runs {program:?}, which is not among the programs that it described")
    })?;
    must(argv.iter().all(|part| !part.contains('\0')), || "an argument holds a zero byte".to_owned())
}

pub(crate) fn command(
    command: &driving::Command,
    description: &driving::Description,
    settings: &[(String, String)],
) -> Kept {
    argv(&command.argv, &description.programs)?;
    few(&command.environment, "environment names")?;
    few(&command.files, "files")?;
    for (name, value) in &command.environment {
        variable_name(name)?;
        let described = |name: &str| description.environment.iter().any(|known| known.name == name);
        match value {
            driving::Value::Set(text) => {
                variables::chosen(name, value, description, settings)?;
                must(!text.contains('\0'), || format!("the value of {name} holds a zero byte"))?;
            }
            driving::Value::Pass => {
                must(described(name), || format!("it passes {name}, which it did not describe"))?;
            }
            driving::Value::PassFrom(other) => {
                must(described(other), || format!("it passes {other}, which it did not describe"))?;
                variables::chosen(name, value, description, settings)?;
            }
        }
    }
    unique(command.environment.iter().map(|(name, _)| name.as_str()), "environment name")?;
    for file in &command.files {
        file_path(&file.path)?;
    }
    must(command.final_grace <= GRACE, || {
        format!("the grace period of its program is {} ms; the maximum is {GRACE}", command.final_grace)
    })
}

fn file_path(path: &str) -> Kept {
    let parts_are_plain = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    let plain = parts_are_plain && !path.contains(['\\', ':']) && path.len() <= 1024;
    must(plain, || format!("the file {path:?} is not a relative path without '.' and '..'"))?;
    must(!path.contains(unprintable), || {
        format!("the file {path:?} has a control character in its name: use letters that can be printed")
    })
}

pub(crate) fn probes(probes: &[driving::Probe], description: &driving::Description) -> Kept {
    few(probes, "probes")?;
    unique(probes.iter().map(|probe| probe.name.as_str()), "probe")?;
    probes.iter().try_for_each(|probe| {
        must(probe.timeout > 0, || format!("the probe '{}' has no time to run", probe.name))?;
        argv(&probe.argv, &description.programs)
    })
}

pub(crate) fn health(health: &driving::Health) -> Kept {
    let driving::Health { version, account, remedy, .. } = health;
    [version, account, remedy].into_iter().flatten().try_for_each(|text| brief(text, "text about health"))
}

pub(crate) fn events(events: &[driving::Event]) -> Kept {
    events.iter().try_for_each(|event| match event {
        driving::Event::ToolCall(call) => {
            cut(&call.input, "tool's input")?;
            cut(&call.summary, "tool's summary")
        }
        driving::Event::ToolResult(result) => cut(&result.summary, "tool's result"),
        driving::Event::Raw(raw) => cut(raw, "raw event"),
        driving::Event::Usage(used) => usage(used),
        driving::Event::Limit(limit) => limit.resets_at.map_or(Ok(()), |at| {
            must(at <= LATEST, || format!("the limit '{}' ends {at} ms after 1970", shown(&limit.name)))
        }),
        driving::Event::Retrying(again) => figure(again.after, "wait before it tries again"),
        _ => Ok(()),
    })
}

pub(crate) fn outcome(outcome: &driving::Outcome) -> Kept {
    few(&outcome.denied, "denied tools")?;
    usage(&outcome.usage)?;
    match &outcome.verdict {
        types::Verdict::Failed(why) => failure(why),
        types::Verdict::Completed => Ok(()),
    }
}

pub(crate) fn failure(failure: &types::Failure) -> Kept {
    failure.retry_after.map_or(Ok(()), |after| figure(after, "wait that it asks for"))
}

fn usage(usage: &types::Usage) -> Kept {
    let types::Usage { input, cached_input, cache_write, output, reasoning, cost, .. } = *usage;
    for (tokens, what) in [
        (input, "number of input tokens"),
        (cached_input, "number of cached tokens"),
        (cache_write, "number of tokens written to the cache"),
        (output, "number of output tokens"),
        (reasoning, "number of reasoning tokens"),
        (cost.unwrap_or(0), "cost"),
    ] {
        figure(tokens, what)?;
    }
    Ok(())
}

fn prices(model: &str, rates: &types::Rates) -> Kept {
    let types::Rates { input, cached_input, cache_write, output, reasoning, .. } = rates;
    let all = [Some(*input), *cached_input, *cache_write, Some(*output), *reasoning];
    all.into_iter().flatten().try_for_each(|price| figure(price, &format!("price of '{}'", shown(model))))
}

fn figure(figure: u64, what: &str) -> Kept {
    must(figure <= FIGURE, || format!("the {what} is {figure}, past {FIGURE}"))
}

fn cut(text: &str, what: &str) -> Kept {
    must(text.len() <= CUT_BYTES, || {
        format!("a {what} has {} bytes, where an adapter cuts it at 4096", text.len())
    })
}

fn brief(text: &str, what: &str) -> Kept {
    must(text.len() <= TEXT_BYTES, || format!("a {what} is longer than {TEXT_BYTES} bytes"))
}

/// The beginning of a name, which may be of any length.
fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}
