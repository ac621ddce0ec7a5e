//! What was found, as tables for people or as JSON.

use crate::machine::Machine;
use crate::measure::{Both, Figures};
use serde::Serialize;

/// What a figure counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    /// Less is better.
    Seconds,
    /// More is better.
    PerSecond,
    /// Less is better.
    Bytes,
}

/// What a figure should be.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Aim {
    /// At most so many times the floor's time.
    TimesFloor(f64),
    /// At least this share of the floor's rate.
    ShareOfFloor(f64),
    /// At most so much, in the finding's unit.
    Within(f64),
}

/// One thing measured.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Finding {
    pub(crate) what: String,
    pub(crate) unit: Unit,
    pub(crate) host: Figures,
    pub(crate) floor: Option<Figures>,
    /// Host over floor, the median of the rounds.
    pub(crate) ratio: Option<f64>,
    pub(crate) aim: Option<Aim>,
    pub(crate) met: Option<bool>,
}

impl Finding {
    /// Compared with the floor, without an aim yet.
    pub(crate) fn compared(what: impl Into<String>, unit: Unit, both: Both) -> Self {
        Self {
            what: what.into(),
            unit,
            host: both.host,
            floor: Some(both.floor),
            ratio: Some(both.ratio),
            aim: None,
            met: None,
        }
    }

    /// Measured by itself.
    pub(crate) fn alone(what: impl Into<String>, unit: Unit, host: Figures) -> Self {
        Self { what: what.into(), unit, host, floor: None, ratio: None, aim: None, met: None }
    }

    /// Judged by its median.
    pub(crate) fn aimed(self, aim: Aim) -> Self {
        let met = match aim {
            Aim::TimesFloor(most) => self.ratio.is_some_and(|ratio| ratio <= most),
            Aim::ShareOfFloor(least) => self.ratio.is_some_and(|ratio| ratio >= least),
            Aim::Within(most) => self.host.median <= most,
        };
        Self { aim: Some(aim), met: Some(met), ..self }
    }
}

/// Everything that one section found.
#[derive(Debug, Serialize)]
pub(crate) struct Section {
    pub(crate) name: &'static str,
    /// What the two sides are, in a sentence.
    pub(crate) about: &'static str,
    pub(crate) findings: Vec<Finding>,
    pub(crate) notes: Vec<String>,
}

impl Section {
    /// As a table.
    pub(crate) fn print(&self) {
        println!("\n{}: {}\n", self.name, self.about);
        println!(
            "  {:<34} {:>10} {:>10} {:>10} {:>10} {:>10} {:>7}",
            "", "host min", "median", "p99", "floor min", "median", "ratio"
        );
        for finding in &self.findings {
            let show =
                |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), |it| finding.unit.show(it));
            println!(
                "  {:<34} {:>10} {:>10} {:>10} {:>10} {:>10} {:>7}",
                finding.what,
                show(Some(finding.host.min)),
                show(Some(finding.host.median)),
                show(finding.host.p99),
                show(finding.floor.map(|floor| floor.min)),
                show(finding.floor.map(|floor| floor.median)),
                finding.ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}")),
            );
        }
        for note in &self.notes {
            println!("  {note}");
        }
    }
}

/// The whole run.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) machine: Machine,
    pub(crate) sections: Vec<Section>,
}

impl Report {
    /// Every aim, and whether it was met.
    pub(crate) fn print_aims(&self) {
        println!("\naims\n");
        for (section, finding) in self
            .sections
            .iter()
            .flat_map(|section| section.findings.iter().map(move |finding| (section, finding)))
        {
            let (Some(aim), Some(met)) = (finding.aim, finding.met) else { continue };
            let ratio = finding.ratio.unwrap_or(f64::NAN);
            let (aimed, found) = match aim {
                Aim::TimesFloor(most) => {
                    (format!("within {most} times the floor"), format!("{ratio:.2} times"))
                }
                Aim::ShareOfFloor(least) => {
                    (format!("at least {least} of the floor"), format!("{ratio:.2} of it"))
                }
                Aim::Within(most) => {
                    (format!("within {}", finding.unit.show(most)), finding.unit.show(finding.host.median))
                }
            };
            let verdict = if met { "met" } else { "MISSED" };
            println!("  {:<12} {:<34} {aimed:<28} {found:>12}  {verdict}", section.name, finding.what);
        }
    }
}

impl Unit {
    pub(crate) fn show(self, figure: f64) -> String {
        match self {
            Self::PerSecond if figure >= 100_000.0 => format!("{:.0} k/s", figure / 1e3),
            Self::PerSecond if figure >= 10_000.0 => format!("{:.1} k/s", figure / 1e3),
            Self::PerSecond => format!("{figure:.0} /s"),
            Self::Seconds if figure < 100e-6 => format!("{:.2} µs", figure * 1e6),
            Self::Seconds if figure < 1e-3 => format!("{:.0} µs", figure * 1e6),
            Self::Seconds if figure < 1.0 => format!("{:.2} ms", figure * 1e3),
            Self::Seconds => format!("{figure:.2} s"),
            Self::Bytes if figure < 1e6 => format!("{:.1} kB", figure / 1e3),
            Self::Bytes => format!("{:.1} MB", figure / 1e6),
        }
    }
}
