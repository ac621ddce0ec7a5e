//! How long each step took, told at the end: the first thing to look at when the whole grows slow.

use std::time::Duration;

/// Steps and their times, in order.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    rows: Vec<(&'static str, Duration)>,
}

impl Summary {
    pub(crate) fn add(&mut self, step: &'static str, took: Duration) {
        self.rows.push((step, took));
    }

    pub(crate) fn print(&self) {
        println!("\n== summary");
        for (step, took) in &self.rows {
            println!("{step:<12}{:>8.1} s", took.as_secs_f64());
        }
        let total: Duration = self.rows.iter().map(|(_, took)| took).sum();
        println!("{:<12}{:>8.1} s", "total", total.as_secs_f64());
    }
}
