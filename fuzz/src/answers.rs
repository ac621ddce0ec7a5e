//! Whatever a component answers, holding it to its contract ends, and what is let through keeps what the rest
//! of the host relies on.

use crate::code::Identity;
use crate::contract;
use crate::facts::{choosing, compressing, driving, gating, judging, types};
use arbitrary::{Arbitrary, Unstructured};
use std::collections::BTreeSet;
use std::path::{Component, Path};

#[derive(Debug, Arbitrary)]
enum Answer {
    Identity(Identity),
    Description(driving::Description),
    Command(driving::Description, driving::Command),
    Own(driving::Description, driving::Command),
    Probes(driving::Description, Vec<driving::Probe>),
    Health(driving::Health),
    Failure(types::Failure),
    Events(Vec<driving::Event>),
    Outcome(driving::Outcome),
    Choices(Vec<choosing::Choice>, u8),
    Step(choosing::Step, u8),
    Levels(Vec<compressing::Level>),
    Comparison(judging::Comparison, u8),
    Dimensions(Vec<String>),
    Ratings(Vec<judging::Rating>, Vec<String>),
    Gates(Vec<gating::GateKind>),
    Ruled(Result<gating::Ruling, String>),
}

/// One answer.
pub fn run(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    let Ok(answer) = Answer::arbitrary(&mut bytes) else { return };
    if let Err(why) = hold(answer) {
        assert!(!why.trim().is_empty(), "a broken contract is told");
    }
}

fn hold(answer: Answer) -> Result<(), String> {
    match answer {
        Answer::Identity(who) => {
            contract::identity(&who)?;
            // It becomes part of paths, lines of configuration and commands.
            assert!(who.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        }
        Answer::Description(description) => described(&description)?,
        Answer::Command(description, command) => planned(&description, &command)?,
        // The same, with a program that it has: else few plans would come any further.
        Answer::Own(description, mut command) => {
            command.argv.splice(0..0, description.programs.first().map(|program| program.name.clone()));
            planned(&description, &command)?;
        }
        Answer::Probes(description, probes) => {
            contract::probes(&probes, &description)?;
            assert!(probes.iter().all(|probe| has(&description, probe.argv.first())));
        }
        Answer::Health(health) => contract::health(&health)?,
        Answer::Failure(failure) => contract::failure(&failure)?,
        Answer::Events(events) => {
            contract::events(&events)?;
            let used = events.iter().filter_map(|event| match event {
                driving::Event::Usage(usage) => Some(usage),
                _ => None,
            });
            used.for_each(can_be_added_up);
        }
        Answer::Outcome(outcome) => {
            contract::outcome(&outcome)?;
            can_be_added_up(&outcome.usage);
        }
        Answer::Choices(choices, candidates) => {
            contract::choices(&choices, candidates.into())?;
            let chosen: BTreeSet<_> = choices.iter().map(|choice| choice.candidate).collect();
            assert_eq!(chosen.len(), choices.len());
            assert!(chosen.iter().all(|candidate| *candidate < candidates.into()));
        }
        Answer::Step(step, candidates) => {
            contract::step(&step, candidates.into())?;
            match step {
                choosing::Step::Retry(choice) => assert!(choice.candidate < candidates.into()),
                choosing::Step::Consensus(among) => {
                    assert!(among.candidates.iter().all(|candidate| *candidate < candidates.into()));
                    assert!(among.candidates.len() >= 2);
                }
                _ => {}
            }
        }
        Answer::Levels(levels) => {
            contract::levels(&levels)?;
            assert!(!levels.is_empty());
        }
        Answer::Comparison(comparison, results) => {
            contract::comparison(&comparison, results.into())?;
            assert!(comparison.winner.is_none_or(|winner| winner < results.into()));
        }
        Answer::Dimensions(dimensions) => contract::dimensions(&dimensions)?,
        Answer::Ratings(ratings, dimensions) => {
            contract::ratings(&ratings)?;
            assert!(ratings.iter().all(|rating| rating.score <= 1000));
            contract::rated_on(&ratings, &dimensions)?;
            assert!(ratings.iter().all(|rating| dimensions.contains(&rating.dimension)));
        }
        Answer::Gates(kinds) => {
            contract::gates(&kinds)?;
            assert!(kinds.iter().all(|kind| kind.schema.trim_start().starts_with('{')));
        }
        Answer::Ruled(ruled) => {
            contract::ruled(&ruled)?;
            let measured = ruled.map(|ruling| ruling.measurements).unwrap_or_default();
            assert!(measured.iter().all(|measurement| measurement.value.is_finite()));
        }
    }
    Ok(())
}

fn described(description: &driving::Description) -> Result<(), String> {
    contract::description(description)?;
    for program in &description.programs {
        let parts: Vec<_> = Path::new(&program.name).components().collect();
        assert!(
            matches!(parts.as_slice(), [Component::Normal(_)]),
            "looked up on the PATH, and nowhere else"
        );
    }
    for rates in description.models.iter().filter_map(|model| model.rates.as_ref()) {
        assert!(i64::try_from(rates.input).is_ok() && i64::try_from(rates.output).is_ok());
    }
    Ok(())
}

fn planned(description: &driving::Description, command: &driving::Command) -> Result<(), String> {
    contract::command(command, description, &[])?;
    contract::prompts(command, "a random instruction").ok();
    contract::counts_as_command(description, Some(command), "a random instruction");
    assert!(has(description, command.argv.first()));
    for file in &command.files {
        let stays = Path::new(&file.path).components().all(|part| matches!(part, Component::Normal(_)));
        assert!(
            stays && !file.path.is_empty(),
            "a file stays in the folder that it was planned for: {file:?}"
        );
    }
    for (name, value) in &command.environment {
        assert!(!name.contains(['=', '\0']) && !name.is_empty());
        let known = |name: &str| description.environment.iter().any(|variable| variable.name == *name);
        match value {
            driving::Value::Set(value) => {
                assert!(!value.contains('\0') && name != "PATH" && !name.starts_with("LD_"));
            }
            driving::Value::Pass => assert!(known(name)),
            driving::Value::PassFrom(other) => assert!(known(other)),
        }
    }
    Ok(())
}

fn has(description: &driving::Description, program: Option<&String>) -> bool {
    program.is_some_and(|program| description.programs.iter().any(|known| known.name == *program))
}

/// A thousand of these fit into the ledger's integers.
fn can_be_added_up(usage: &types::Usage) {
    let all = [usage.input, usage.cached_input, usage.cache_write, usage.output, usage.cost.unwrap_or(0)];
    let sum: u128 = all.iter().map(|count| u128::from(*count)).sum();
    assert!(i64::try_from(sum * 1000).is_ok());
}
