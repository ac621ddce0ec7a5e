//! Whom to ask: the cheapest who can start now. The policy that `jackfield plugin new` writes, as an Extism plugin in
//! Rust: facts come and choices go as JSON, the usual way there.

use extism_pdk::{FnResult, Json, plugin_fn};
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Facts {
    now: u64,
    task: Task,
    candidates: Vec<Candidate>,
}

#[derive(Deserialize)]
struct Task {
    effort: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Candidate {
    free: bool,
    rates: Option<Rates>,
    installed: bool,
    login: String,
    busy: u32,
    slots: u32,
    cooling_until: Option<u64>,
}

#[derive(Deserialize)]
struct Rates {
    input: u64,
    output: u64,
}

#[derive(Serialize)]
struct Choice {
    candidate: u32,
    effort: String,
    reason: String,
}

impl Candidate {
    fn can_start(&self, now: u64) -> bool {
        let rested = self.cooling_until.is_none_or(|until| until <= now);
        self.installed && self.login != "logged-out" && self.busy < self.slots && rested
    }

    fn price(&self) -> Option<u64> {
        if self.free { Some(0) } else { self.rates.as_ref().map(|rates| rates.input + rates.output) }
    }
}

fn reason(price: Option<u64>) -> String {
    match price {
        Some(0) => "it can start now and is free".to_owned(),
        Some(price) => format!("it can start now and costs {price}"),
        None => "it can start now at a price that is not known".to_owned(),
    }
}

#[plugin_fn]
pub fn choose(Json(facts): Json<Facts>) -> FnResult<Json<Vec<Choice>>> {
    let numbered = (0..).zip(&facts.candidates).filter(|(_, one)| one.can_start(facts.now));
    let mut ready: Vec<(u32, Option<u64>)> = numbered.map(|(place, one)| (place, one.price())).collect();
    // Whose price is not known comes last; who is as cheap as another keeps its place.
    ready.sort_by_key(|(_, price)| price.unwrap_or(u64::MAX));
    let effort = facts.task.effort.unwrap_or_else(|| "medium".to_owned());
    let choice = |(candidate, price)| Choice { candidate, effort: effort.clone(), reason: reason(price) };
    Ok(Json(ready.into_iter().map(choice).collect()))
}
