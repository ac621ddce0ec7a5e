//! What the adapter may ask for, and what the models cost.
//!
//! Prices are list prices per million tokens as read on [`AS_OF`], for prompts below 272,000
//! tokens; longer prompts cost about twice as much, which a single rate cannot say. The operator's
//! configuration overrides them.

use crate::driving::{Capabilities, Description, Model, Program, Rates, Tier, Variable};
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

/// The program, as looked up on the host's PATH.
pub(crate) const PROGRAM: &str = "codex";

/// What is asked for where the request names no model: the events never name one, so leaving the
/// choice to the program would leave the price unknown.
pub(crate) const DEFAULT_MODEL: &str = "gpt-5.5";

/// One command that installs the program.
pub(crate) const INSTALL: &str = "npm install -g @openai/codex";

const AS_OF: &str = "2026-11-21";

/// Variables that may hold a key, in the order in which they are tried.
pub(crate) const KEYS: [&str; 4] =
    ["CODEX_API_KEY", "OPENAI_API_KEY", "OPENROUTER_API_KEY", "AZURE_OPENAI_API_KEY"];

/// Where the person's own login lives, if not under HOME.
pub(crate) const HOME: &str = "CODEX_HOME";

pub(crate) fn description() -> Description {
    let mut environment: Vec<_> =
        KEYS.iter().map(|name| Variable { name: name.to_string(), secret: true }).collect();
    environment.push(Variable { name: HOME.to_string(), secret: false });
    Description {
        programs: vec![Program { name: PROGRAM.to_string(), install: INSTALL.to_string() }],
        environment,
        models: models(),
        default_model: Some(DEFAULT_MODEL.to_string()),
        capabilities: Capabilities::RESUME | Capabilities::STREAMING,
    }
}

fn models() -> Vec<Model> {
    use crate::bindings::jackfield::plugin::types::Tier::{Light, Strategist, Workhorse};
    // Name, tier, context window, then micro-dollars per million tokens: input, cached input,
    // cache write (0: charged as input), output.
    const MODELS: [(&str, Tier, u32, u64, u64, u64, u64); 10] = [
        ("gpt-6-astra", Strategist, 1_050_000, 10_000_000, 1_000_000, 12_500_000, 50_000_000),
        ("gpt-5.5", Workhorse, 1_000_000, 5_000_000, 500_000, 0, 30_000_000),
        ("gpt-6.1-sol", Workhorse, 1_050_000, 2_000_000, 100_000, 2_500_000, 10_000_000),
        ("gpt-6-sol", Workhorse, 1_050_000, 2_000_000, 200_000, 2_500_000, 10_000_000),
        ("gpt-6.1-terra", Workhorse, 1_050_000, 1_000_000, 50_000, 1_250_000, 5_000_000),
        ("gpt-5.6-sol", Workhorse, 1_050_000, 4_000_000, 400_000, 5_000_000, 20_000_000),
        ("gpt-5.4", Workhorse, 1_050_000, 2_500_000, 250_000, 0, 15_000_000),
        ("gpt-5.3-codex", Workhorse, 400_000, 1_750_000, 175_000, 0, 14_000_000),
        ("gpt-5.4-mini", Light, 400_000, 750_000, 75_000, 0, 4_500_000),
        ("gpt-6-luna", Light, 1_050_000, 100_000, 10_000, 125_000, 500_000),
    ];
    let model =
        |(name, tier, window, input, cached, write, output): (&str, Tier, u32, u64, u64, u64, u64)| Model {
            name: name.to_string(),
            tier,
            rates: Some(Rates {
                input,
                cached_input: Some(cached),
                cache_write: (write > 0).then_some(write),
                output,
                reasoning: None,
                as_of: AS_OF.to_string(),
            }),
            context_window: Some(window),
        };
    MODELS.into_iter().map(model).collect()
}
