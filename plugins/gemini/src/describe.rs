//! What the adapter may ask for, and what the models cost.
//!
//! Prices are list prices per million tokens as read on [`AS_OF`], for prompts below 200,000
//! tokens; the Pro models cost about twice as much beyond, which a single rate cannot say. Where a
//! rise was already announced on that day (Argon from December 2026, the Flash models from January
//! 2027), the higher price is given, so that the breaker errs on the safe side. The operator's
//! configuration overrides them.

use crate::bindings::jackfield::plugin::types::Tier;
use crate::driving::{Capabilities, Description, Model, Program, Rates, Variable};
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

/// The program, as looked up on the host's PATH.
pub(crate) const PROGRAM: &str = "gemini";

/// What is asked for where the request names no model: left to itself, the program asks a second
/// model which one to use, and the price would be known only afterwards.
pub(crate) const DEFAULT_MODEL: &str = "gemini-2.5-pro";

/// One command that installs the program.
pub(crate) const INSTALL: &str = "npm install -g @google/gemini-cli";

/// The key of Google AI Studio.
pub(crate) const KEY: &str = "GEMINI_API_KEY";

/// Where the person's own login lives, if not under HOME.
pub(crate) const HOME: &str = "GEMINI_CLI_HOME";

/// What a login through Google Cloud may need.
pub(crate) const CLOUD: [&str; 5] = [
    "GOOGLE_GENAI_USE_VERTEXAI",
    "GOOGLE_GENAI_USE_GCA",
    "GOOGLE_CLOUD_PROJECT",
    "GOOGLE_CLOUD_LOCATION",
    "GOOGLE_APPLICATION_CREDENTIALS",
];

/// Where the model's API is, if it is not Google's own.
pub(crate) const BASE_URL: &str = "GOOGLE_GEMINI_BASE_URL";

/// The key of Vertex AI in express mode.
pub(crate) const CLOUD_KEY: &str = "GOOGLE_API_KEY";

const AS_OF: &str = "2026-11-21";

pub(crate) fn description() -> Description {
    let variable = |name: &str, secret| Variable { name: name.to_string(), secret };
    let mut environment = vec![variable(KEY, true), variable(CLOUD_KEY, true), variable(HOME, false)];
    environment.push(variable(BASE_URL, false));
    environment.extend(CLOUD.iter().map(|name| variable(name, false)));
    Description {
        programs: vec![Program { name: PROGRAM.to_string(), install: INSTALL.to_string() }],
        environment,
        models: models(),
        default_model: Some(DEFAULT_MODEL.to_string()),
        capabilities: Capabilities::RESUME | Capabilities::STREAMING,
    }
}

fn models() -> Vec<Model> {
    use Tier::{Light, Strategist, Workhorse};
    // Name, tier, then micro-dollars per million tokens: input, cached input, output.
    const MODELS: [(&str, Tier, u64, u64, u64); 9] = [
        ("gemini-4-argon", Strategist, 4_000_000, 200_000, 20_000_000),
        ("gemini-3.1-pro-preview", Strategist, 2_000_000, 200_000, 12_000_000),
        ("gemini-2.5-pro", Workhorse, 1_250_000, 125_000, 10_000_000),
        ("gemini-3.8-flash", Workhorse, 1_500_000, 150_000, 7_500_000),
        ("gemini-3.5-flash", Workhorse, 1_500_000, 150_000, 9_000_000),
        ("gemini-2.5-flash", Light, 300_000, 30_000, 2_500_000),
        ("gemini-3.5-flash-lite", Light, 300_000, 30_000, 2_500_000),
        ("gemini-3.1-flash-lite", Light, 250_000, 25_000, 1_500_000),
        ("gemini-2.5-flash-lite", Light, 100_000, 10_000, 400_000),
    ];
    let model = |(name, tier, input, cached, output): (&str, Tier, u64, u64, u64)| Model {
        name: name.to_string(),
        tier,
        rates: Some(Rates {
            input,
            cached_input: Some(cached),
            cache_write: None,
            output,
            reasoning: None,
            as_of: AS_OF.to_string(),
        }),
        context_window: Some(1_000_000),
    };
    MODELS.into_iter().map(model).collect()
}
