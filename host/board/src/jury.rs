//! Juries: which personas cast a ballot, and what their ballots add up to.
//!
//! The sums are arithmetic, so they are here and not in a component: the contract of a judge compares the work of
//! attempts, and has no ballots.

use jackfield_model::{Ballot, DimensionTally, Jury, JuryRecord, Persona, StepEnd, StepRun};
use jackfield_types::{StageName, clip};
use serde_json::Value;
use std::sync::LazyLock;

/// The name of the metric that a jury sets.
pub(crate) const JURY_SCORE: &str = "jury_score";
/// The personas that are part of the program. A test reads them.
static SHIPPED: LazyLock<Vec<Persona>> =
    LazyLock::new(|| serde_json::from_str(jackfield_skills::PERSONAS).unwrap_or_default());
/// Most personas of a jury.
pub(crate) const MOST: usize = 50;

/// The ballots of a step in one entry of a card.
pub(crate) struct Poll<'a> {
    pub(crate) personas: Vec<Persona>,
    pub(crate) quorum: u32,
    stage: &'a StageName,
    ballots: Vec<&'a StepRun>,
}

/// The personas of a jury: its own, or those that are part of the program.
pub(crate) fn personas(jury: &Jury) -> Vec<Persona> {
    if jury.personas.is_empty() {
        return SHIPPED.clone();
    }
    jury.personas.clone()
}

/// How many ballots of so many personas must be cast.
pub(crate) fn quorum(jury: &Jury, personas: usize) -> u32 {
    let all = u32::try_from(personas).unwrap_or(u32::MAX);
    jury.quorum.unwrap_or_else(|| all.saturating_mul(2).div_ceil(3)).clamp(1, all.max(1))
}

impl<'a> Poll<'a> {
    /// The poll of a step of an entry.
    pub(crate) fn new(
        jury: &Jury,
        stage: &'a StageName,
        steps: &'a [StepRun],
        entry: u64,
        step: u32,
    ) -> Self {
        let personas = personas(jury);
        let of_step = |one: &&StepRun| one.entry == entry && one.step == step && one.persona.is_some();
        Self {
            quorum: quorum(jury, personas.len()),
            personas,
            stage,
            ballots: steps.iter().filter(of_step).collect(),
        }
    }

    /// The ballot that a persona has cast.
    fn cast(&self, persona: &str) -> Option<&'a StepRun> {
        let own = |one: &&&StepRun| one.persona.as_deref() == Some(persona) && one.end == Some(StepEnd::Done);
        self.ballots.iter().find(own).copied()
    }

    /// The personas that have cast no ballot, and were not asked in this try.
    pub(crate) fn remaining(&self, attempt: u32) -> Vec<Persona> {
        let asked = |persona: &Persona| {
            let mut of_try = self.ballots.iter().filter(|ballot| ballot.attempt == attempt);
            of_try.any(|ballot| ballot.persona.as_deref() == Some(&*persona.name))
        };
        let open = |persona: &&Persona| self.cast(&persona.name).is_none() && !asked(persona);
        self.personas.iter().filter(open).cloned().collect()
    }

    /// The end of the step, after every persona was asked in this try.
    pub(crate) fn end(&self, attempt: u32) -> StepEnd {
        let cast = self.personas.iter().filter(|persona| self.cast(&persona.name).is_some()).count();
        if u32::try_from(cast).is_ok_and(|cast| cast >= self.quorum) {
            return StepEnd::Done;
        }
        let of_try = self.ballots.iter().filter(|ballot| ballot.attempt == attempt);
        if of_try.clone().any(|ballot| ballot.end == Some(StepEnd::Cancelled)) {
            return StepEnd::Cancelled;
        }
        let why = of_try.rev().find_map(|ballot| match &ballot.end {
            Some(StepEnd::Failed { message }) => {
                Some(format!("; {}: {message}", ballot.persona.as_deref().unwrap_or_default()))
            }
            _ => None,
        });
        let message = format!("{cast} of {} ballots were cast", self.quorum);
        StepEnd::Failed { message: clip(&format!("{message}{}", why.unwrap_or_default()), 600) }
    }

    /// What the ballots add up to; `None`: there is none.
    pub(crate) fn record(&self) -> Option<JuryRecord> {
        let cast = self.personas.iter().filter_map(|persona| {
            let run = self.cast(&persona.name)?;
            let overall = run.outputs.get("overall")?.as_f64()?;
            Some(Ballot { persona: persona.name.clone(), run: run.run, overall, ballot: run.outputs.clone() })
        });
        let ballots: Vec<_> = cast.collect();
        let overall: Vec<_> = ballots.iter().map(|ballot| ballot.overall).collect();
        let (jury_score, spread) = mean_and_spread(&overall)?;
        let missing = self.personas.iter().filter(|persona| self.cast(&persona.name).is_none());
        Some(JuryRecord {
            stage: self.stage.clone(),
            jury_score,
            spread,
            quorum: self.quorum,
            dimensions: dimensions(&ballots),
            dissent: said(&ballots, "dissent"),
            deal_breakers: said(&ballots, "deal_breaker"),
            missing: missing.map(|persona| persona.name.clone()).collect(),
            ballots,
        })
    }
}

/// What ballots say in a field, each with its persona.
fn said(ballots: &[Ballot], field: &str) -> Vec<String> {
    let said = ballots.iter().filter_map(|ballot| {
        let text = ballot.ballot.get(field)?.as_str()?.trim();
        (!text.is_empty()).then(|| format!("{}: {text}", ballot.persona))
    });
    said.collect()
}

fn dimensions(ballots: &[Ballot]) -> Vec<DimensionTally> {
    let mut all: Vec<(String, Vec<f64>)> = Vec::new();
    for score in ballots.iter().filter_map(|ballot| ballot.ballot.get("scores")?.as_array()).flatten() {
        let named = score.get("dimension").and_then(Value::as_str);
        let Some((name, score)) = named.zip(score.get("score").and_then(Value::as_f64)) else { continue };
        match all.iter_mut().find(|(known, _)| known == name) {
            Some((_, scores)) => scores.push(score),
            None => all.push((name.to_owned(), vec![score])),
        }
    }
    let tally = |(dimension, scores): (String, Vec<f64>)| {
        let (mean, spread) = mean_and_spread(&scores)?;
        let lowest = scores.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Some(DimensionTally { dimension, mean, spread, lowest, highest })
    };
    all.into_iter().filter_map(tally).collect()
}

/// Rounded to two places, so that a score reads the same everywhere.
#[allow(clippy::cast_precision_loss, reason = "a jury has at most 50 personas")]
fn mean_and_spread(values: &[f64]) -> Option<(f64, f64)> {
    if values.is_empty() {
        return None;
    }
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
    let rounded = |value: f64| (value * 100.0).round() / 100.0;
    Some((rounded(mean), rounded(variance.sqrt())))
}

#[cfg(test)]
mod tests;
