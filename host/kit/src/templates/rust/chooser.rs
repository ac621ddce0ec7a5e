//! Whom to ask: the cheapest who can start now.

use jackfield_sdk::chooser::{Choice, Chooser, Effort, Facts, Level, log};

struct Policy;

impl Chooser for Policy {
    fn choose(facts: &Facts) -> Vec<Choice> {
        let mut ready: Vec<_> = facts.ready().collect();
        // Whose price is not known comes last; who is as cheap as another keeps its place.
        ready.sort_by_key(|one| one.price().unwrap_or(u64::MAX));
        if ready.is_empty() {
            log(Level::Warn, "nobody can start now");
        }
        let effort = facts.effort_or(Effort::Medium);
        let reason = |price: Option<u64>| match price {
            Some(0) => "it can start now and is free".to_string(),
            Some(price) => format!("it can start now and costs {price}"),
            None => "it can start now at a price that is not known".to_string(),
        };
        ready.iter().map(|one| one.choice(effort, reason(one.price()))).collect()
    }
}

jackfield_sdk::chooser!(Policy);
