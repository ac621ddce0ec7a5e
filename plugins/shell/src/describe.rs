//! What the adapter may ask for, and whether it is there.

use crate::bindings::jackfield::plugin::types::{Login, Tier};
use crate::driving::{Capabilities, Description, Health, Model, Probe, ProbeResult, Program, Rates};
use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

/// There is no model; this name stands where one is asked for, with a price of nothing.
pub(crate) const MODEL: &str = "command";

const PROBE: &str = "sh";

pub(crate) fn description() -> Description {
    let program =
        |name: &str, install: &str| Program { name: name.to_string(), install: install.to_string() };
    let nothing = Rates {
        input: 0,
        cached_input: None,
        cache_write: None,
        output: 0,
        reasoning: None,
        as_of: "2026-11-21".to_string(),
    };
    Description {
        programs: vec![
            program("sh", "sh is a part of every Unix system; put it on the PATH."),
            program("bash", "Install bash with the system's package manager."),
        ],
        environment: Vec::new(),
        models: vec![Model {
            name: MODEL.to_string(),
            tier: Tier::Light,
            rates: Some(nothing),
            context_window: None,
        }],
        default_model: Some(MODEL.to_string()),
        capabilities: Capabilities::STREAMING | Capabilities::FREE,
    }
}

pub(crate) fn probes() -> Vec<Probe> {
    let argv = ["sh", "-c", "exit 0"].map(ToString::to_string).to_vec();
    vec![Probe { name: PROBE.to_string(), argv, timeout: 5_000 }]
}

pub(crate) fn health(results: &[ProbeResult]) -> Health {
    let installed = results.iter().any(|result| result.name == PROBE && result.code == Some(0));
    let missing = "sh does not run; put a working one on the PATH.";
    Health {
        installed,
        version: None,
        login: Login::LoggedIn,
        account: Some("no login needed".to_string()),
        remedy: (!installed).then(|| missing.to_string()),
    }
}
