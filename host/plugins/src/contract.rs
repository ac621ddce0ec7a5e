//! What an answer must keep, beyond its type. Each check says in one sentence how it was broken; a
//! broken contract fails the call that broke it and nothing else.

use crate::code::Identity;
use crate::facts::{choosing, compressing, driving, gating, judging};
use std::collections::BTreeSet;

/// Longest summary of a component, in bytes.
const SUMMARY_BYTES: usize = 500;

/// Most levels of one compressor.
const LEVELS: usize = 32;

/// Most items in any list of a description, a plan or a set of probes.
const ITEMS: usize = 1000;

/// Most dimensions of one judge.
const DIMENSIONS: usize = 32;

/// Highest score on a dimension.
const SCORE: u16 = 1000;

/// Longest text in a judge's answer, in bytes; people read them, and all are recorded.
const TEXT_BYTES: usize = 4096;

/// Most kinds of one gate component, and most measurements of one ruling.
const GATES: usize = 64;
const MEASUREMENTS: usize = 100;

/// Longest JSON Schema of a gate's config, bytes.
const SCHEMA_BYTES: usize = 64 << 10;

/// Names that would let a command run code that nobody granted, or make the host look elsewhere for
/// the program that was.
const NEVER_SET: [&str; 13] = [
    "PATH",
    "IFS",
    "ENV",
    "BASH_ENV",
    "SHELLOPTS",
    "PROMPT_COMMAND",
    "NODE_OPTIONS",
    "PYTHONSTARTUP",
    "PYTHONPATH",
    "PERL5OPT",
    "RUBYOPT",
    "JAVA_TOOL_OPTIONS",
    "GIT_SSH_COMMAND",
];
const NEVER_SET_BEGINNINGS: [&str; 2] = ["LD_", "DYLD_"];

type Kept = Result<(), String>;

fn must(holds: bool, otherwise: impl FnOnce() -> String) -> Kept {
    if holds { Ok(()) } else { Err(otherwise()) }
}

fn few<T>(items: &[T], what: &str) -> Kept {
    must(items.len() <= ITEMS, || format!("{} {what} are more than {ITEMS}", items.len()))
}

fn unique<'a>(names: impl Iterator<Item = &'a str>, what: &str) -> Kept {
    let mut seen = BTreeSet::new();
    for name in names {
        must(seen.insert(name), || format!("the {what} '{name}' is there twice"))?;
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(fits)
}

pub(crate) fn identity(identity: &Identity) -> Kept {
    let Identity { name, version, summary } = identity;
    must(is_name(name), || format!("the name {name:?} is not 1 to 64 of a-z, 0-9 and '-'"))?;
    must(semver::Version::parse(version).is_ok(), || {
        format!("the version {version:?} is not a semantic version such as 1.0.0")
    })?;
    must(!summary.trim().is_empty() && summary.len() <= SUMMARY_BYTES && !summary.contains('\n'), || {
        format!("the summary is not one sentence of at most {SUMMARY_BYTES} bytes")
    })
}

pub(crate) fn description(description: &driving::Description) -> Kept {
    let driving::Description { programs, environment, models, default_model, .. } = description;
    few(programs, "programs")?;
    few(environment, "environment names")?;
    few(models, "models")?;
    must(!programs.is_empty(), || "it names no program".to_owned())?;
    for program in programs {
        let name = &program.name;
        let plain = !name.is_empty() && !name.contains(['/', '\\', '\0']) && name != "." && name != "..";
        must(plain, || format!("the program {name:?} is not a plain name to look up on the PATH"))?;
    }
    for variable in environment {
        environment_name(&variable.name)?;
    }
    for model in models {
        must(!model.name.trim().is_empty(), || "a model has no name".to_owned())?;
    }
    unique(programs.iter().map(|program| program.name.as_str()), "program")?;
    unique(environment.iter().map(|variable| variable.name.as_str()), "environment name")?;
    unique(models.iter().map(|model| model.name.as_str()), "model")?;
    let known = default_model.as_ref().is_none_or(|name| models.iter().any(|model| &model.name == name));
    must(known, || "the default model is not among its models".to_owned())
}

fn environment_name(name: &str) -> Kept {
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let rest = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    must(first && rest && name.len() <= 128, || {
        format!("{name:?} is not the name of an environment variable")
    })
}

fn argv(argv: &[String], programs: &[driving::Program]) -> Kept {
    few(argv, "arguments")?;
    let program = argv.first().ok_or("it gives no program to run")?;
    must(programs.iter().any(|known| known.name == *program), || {
        format!("it runs {program:?}, which is not among the programs that it described")
    })?;
    must(argv.iter().all(|part| !part.contains('\0')), || "an argument holds a zero byte".to_owned())
}

pub(crate) fn command(command: &driving::Command, description: &driving::Description) -> Kept {
    argv(&command.argv, &description.programs)?;
    few(&command.environment, "environment names")?;
    few(&command.files, "files")?;
    for (name, value) in &command.environment {
        environment_name(name)?;
        let described = |name: &str| description.environment.iter().any(|known| known.name == name);
        match value {
            driving::Value::Set(value) => {
                let forbidden = NEVER_SET.contains(&name.as_str())
                    || NEVER_SET_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning));
                must(!forbidden, || format!("it sets {name}, which no component may"))?;
                must(!value.contains('\0'), || format!("the value of {name} holds a zero byte"))?;
            }
            driving::Value::Pass => {
                must(described(name), || format!("it passes {name}, which it did not describe"))?;
            }
            driving::Value::PassFrom(other) => {
                must(described(other), || format!("it passes {other}, which it did not describe"))?;
            }
        }
    }
    unique(command.environment.iter().map(|(name, _)| name.as_str()), "environment name")?;
    for file in &command.files {
        file_path(&file.path)?;
    }
    Ok(())
}

fn file_path(path: &str) -> Kept {
    let parts_are_plain = path.split('/').all(|part| !matches!(part, "" | "." | ".."));
    let plain = parts_are_plain && !path.contains(['\\', '\0', ':']) && path.len() <= 1024;
    must(plain, || format!("the file {path:?} is not a relative path without '.' and '..'"))
}

pub(crate) fn probes(probes: &[driving::Probe], description: &driving::Description) -> Kept {
    few(probes, "probes")?;
    unique(probes.iter().map(|probe| probe.name.as_str()), "probe")?;
    probes.iter().try_for_each(|probe| {
        must(probe.timeout > 0, || format!("the probe '{}' has no time to run", probe.name))?;
        argv(&probe.argv, &description.programs)
    })
}

pub(crate) fn choices(choices: &[choosing::Choice], candidates: usize) -> Kept {
    let mut seen = BTreeSet::new();
    for choice in choices {
        choice_of(choice, candidates)?;
        must(seen.insert(choice.candidate), || format!("candidate {} is chosen twice", choice.candidate))?;
    }
    Ok(())
}

fn choice_of(choice: &choosing::Choice, candidates: usize) -> Kept {
    index(choice.candidate, candidates)?;
    reason(&choice.reason, "choice")
}

fn index(candidate: u32, candidates: usize) -> Kept {
    let within = usize::try_from(candidate).is_ok_and(|at| at < candidates);
    must(within, || format!("it chose candidate {candidate}, where there are {candidates} (counted from 0)"))
}

fn reason(reason: &str, what: &str) -> Kept {
    must(!reason.trim().is_empty(), || format!("a {what} comes without its reason"))
}

pub(crate) fn step(step: &choosing::Step, candidates: usize) -> Kept {
    match step {
        choosing::Step::Retry(choice) => choice_of(choice, candidates),
        choosing::Step::Consensus(among) => {
            among.candidates.iter().try_for_each(|candidate| index(*candidate, candidates))?;
            let different: BTreeSet<_> = among.candidates.iter().collect();
            must(different.len() >= 2 && different.len() == among.candidates.len(), || {
                "a consensus needs two or more candidates, each once".to_owned()
            })?;
            reason(&among.reason, "consensus")
        }
        choosing::Step::Done(why) | choosing::Step::Human(why) | choosing::Step::Stop(why) => {
            reason(why, "step")
        }
    }
}

pub(crate) fn levels(levels: &[compressing::Level]) -> Kept {
    must((1..=LEVELS).contains(&levels.len()), || {
        format!("it offers {} levels, where 1 to {LEVELS} are right", levels.len())
    })?;
    for level in levels {
        must(is_name(&level.name), || {
            format!("the level {:?} is not 1 to 64 of a-z, 0-9 and '-'", level.name)
        })?;
    }
    unique(levels.iter().map(|level| level.name.as_str()), "level")
}

fn text(text: &str, what: &str) -> Kept {
    must(!text.trim().is_empty() && text.len() <= TEXT_BYTES, || {
        format!("a {what} is empty or longer than {TEXT_BYTES} bytes")
    })
}

pub(crate) fn comparison(comparison: &judging::Comparison, results: usize) -> Kept {
    let judging::Comparison { winner, reason: why, points_of_agreement, differences, .. } = comparison;
    if let Some(winner) = *winner {
        let within = usize::try_from(winner).is_ok_and(|at| at < results);
        must(within, || {
            format!("its winner is result {winner}, where there are {results} (counted from 0)")
        })?;
    }
    reason(why, "comparison")?;
    text(why, "reason")?;
    few(points_of_agreement, "points of agreement")?;
    few(differences, "differences")?;
    points_of_agreement.iter().try_for_each(|point| text(point, "point of agreement"))?;
    differences.iter().try_for_each(|difference| {
        text(&difference.subject, "difference's subject")?;
        text(&difference.summary, "difference")
    })
}

pub(crate) fn dimensions(dimensions: &[String]) -> Kept {
    must((1..=DIMENSIONS).contains(&dimensions.len()), || {
        format!("it rates on {} dimensions, where 1 to {DIMENSIONS} are right", dimensions.len())
    })?;
    for dimension in dimensions {
        must(is_name(dimension), || {
            format!("the dimension {dimension:?} is not 1 to 64 of a-z, 0-9 and '-'")
        })?;
    }
    unique(dimensions.iter().map(String::as_str), "dimension")
}

pub(crate) fn ratings(ratings: &[judging::Rating]) -> Kept {
    let rated: Vec<_> = ratings.iter().map(|rating| rating.dimension.clone()).collect();
    dimensions(&rated)?;
    ratings.iter().try_for_each(|rating| {
        let judging::Rating { dimension, score, reason: why } = rating;
        must(*score <= SCORE, || format!("the score of '{dimension}' is {score}, past {SCORE}"))?;
        reason(why, "rating")?;
        text(why, "reason")
    })
}

/// A component that rates on what it did not name cannot be read by those who asked for the names.
pub(crate) fn rated_on(ratings: &[judging::Rating], dimensions: &[String]) -> Kept {
    ratings.iter().try_for_each(|rating| {
        must(dimensions.contains(&rating.dimension), || {
            format!("it rates on '{}', which is not among its dimensions", rating.dimension)
        })
    })
}

/// What is the same cannot but agree.
pub(crate) fn equal_results_agree(comparison: &judging::Comparison) -> Kept {
    must(comparison.agreement == judging::Agreement::Full, || {
        "two equal results are not in full agreement for it".to_owned()
    })
}

fn is_gate_name(name: &str) -> bool {
    let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_');
    (1..=64).contains(&name.len()) && name.bytes().all(fits)
}

pub(crate) fn gates(kinds: &[gating::GateKind]) -> Kept {
    must((1..=GATES).contains(&kinds.len()), || {
        format!("it has {} kinds of gates, where 1 to {GATES} are right", kinds.len())
    })?;
    for kind in kinds {
        let gating::GateKind { name, summary, schema } = kind;
        must(is_gate_name(name), || format!("the kind {name:?} is not 1 to 64 of a-z, 0-9, '-' and '_'"))?;
        text(summary, "kind's summary")?;
        let is_schema =
            || serde_json::from_str::<serde_json::Value>(schema).is_ok_and(|schema| schema.is_object());
        must(schema.len() <= SCHEMA_BYTES && is_schema(), || {
            format!("the schema of '{name}' is not a JSON object of at most {SCHEMA_BYTES} bytes")
        })?;
    }
    unique(kinds.iter().map(|kind| kind.name.as_str()), "kind")
}

pub(crate) fn ruled(ruled: &Result<gating::Ruling, String>) -> Kept {
    let ruling = match ruled {
        Ok(ruling) => ruling,
        Err(why) => return text(why, "refusal"),
    };
    text(&ruling.message, "ruling's message")?;
    must(ruling.measurements.len() <= MEASUREMENTS, || {
        format!("{} measurements are more than {MEASUREMENTS}", ruling.measurements.len())
    })?;
    ruling.measurements.iter().try_for_each(|measurement| {
        text(&measurement.name, "measurement's name")?;
        must(measurement.unit.len() <= TEXT_BYTES, || "a measurement's unit is too long".to_owned())?;
        must(measurement.value.is_finite(), || {
            format!("the measurement '{}' is not a number", measurement.name)
        })
    })
}

/// A gate that takes whatever it is asked would let through what nobody described.
pub(crate) fn refused<T>(answer: &Result<T, String>, what: &str) -> Kept {
    must(answer.is_err(), || format!("it takes {what}, where it must say what is wrong with it"))
}
