//! The Markdown of `SKILL.md` by sections.

use crate::fences::{Fences, Part};

/// A line of `SKILL.md`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    /// From 1.
    pub(super) number: u32,
    pub(super) text: &'a str,
    pub(super) part: Part<'a>,
}

/// The lines of the Markdown by section. Each line is in one list.
#[derive(Debug, Default)]
pub(super) struct Sections<'a> {
    pub(super) inputs: Vec<Line<'a>>,
    pub(super) outputs: Vec<Line<'a>>,
    pub(super) tags: Vec<Line<'a>>,
    /// The headings of inputs and outputs, and all lines outside of these sections.
    rest: Vec<(Line<'a>, Section)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Inputs,
    Outputs,
    Tags,
    Other,
}

impl<'a> Sections<'a> {
    /// Reads the text after the lines of the front matter.
    pub(super) fn read(text: &'a str, skipped: usize) -> Self {
        let mut sections = Self::default();
        let mut fences = Fences::default();
        let mut section = Section::Other;
        for (at, text) in text.lines().enumerate().skip(skipped) {
            let line = Line { number: number(at), text, part: fences.take(text) };
            if let Some((level @ 1..=2, title)) = heading(&line) {
                section = named(level, title);
                sections.rest.push((line, section));
                continue;
            }
            match section {
                Section::Inputs => sections.inputs.push(line),
                Section::Outputs => sections.outputs.push(line),
                Section::Tags => sections.tags.push(line),
                Section::Other => sections.rest.push((line, Section::Other)),
            }
        }
        sections
    }

    /// The first heading of level 1.
    pub(super) fn title(&self) -> Option<String> {
        let mut headings = self.rest.iter().filter_map(|(line, _)| heading(line));
        headings.find(|(level, title)| *level == 1 && !title.is_empty()).map(|(_, title)| title.to_owned())
    }

    /// The title, if the text begins with it.
    pub(super) fn opening_title(&self) -> Option<String> {
        let (first, _) = self.rest.iter().find(|(line, _)| !line.text.trim().is_empty())?;
        heading(first)
            .filter(|(level, title)| *level == 1 && !title.is_empty())
            .map(|(_, title)| title.to_owned())
    }

    /// The paragraph below the title, in one line.
    pub(super) fn description(&self) -> String {
        let lines = self.rest.iter().map(|(line, _)| line).skip_while(|line| heading(line).is_none()).skip(1);
        let lines = lines.skip_while(|line| line.text.trim().is_empty());
        let is_text =
            |line: &&Line| !line.text.trim().is_empty() && line.part == Part::Text && heading(line).is_none();
        let lines: Vec<&str> = lines.take_while(is_text).map(|line| line.text.trim()).collect();
        lines.join(" ")
    }

    /// The text of the prompt and the number of each of its lines. The sections of inputs and outputs stay where they
    /// are free prose.
    pub(super) fn body(&self, with_inputs: bool, with_outputs: bool) -> (String, Vec<u32>) {
        let mut lines: Vec<Line> = Vec::new();
        for (line, section) in &self.rest {
            match section {
                Section::Other => lines.push(*line),
                Section::Inputs if with_inputs => lines.push(*line),
                Section::Outputs if with_outputs => lines.push(*line),
                _ => {}
            }
        }
        lines.extend(self.inputs.iter().filter(|_| with_inputs));
        lines.extend(self.outputs.iter().filter(|_| with_outputs));
        lines.sort_by_key(|line| line.number);
        let is_blank = |line: &Line| line.text.trim().is_empty();
        let start = lines.iter().take_while(|line| is_blank(line)).count();
        let end = lines.iter().rev().take_while(|line| is_blank(line)).count();
        let kept = lines.get(start..lines.len().saturating_sub(end)).unwrap_or_default();
        let text = kept.iter().map(|line| line.text).collect::<Vec<_>>().join("\n");
        (text, kept.iter().map(|line| line.number).collect())
    }
}

/// The level and the text of a heading with `#`.
fn heading<'a>(line: &Line<'a>) -> Option<(usize, &'a str)> {
    let text = line.text.trim();
    let title = text.trim_start_matches('#');
    let level = text.len() - title.len();
    let is_heading = line.part == Part::Text
        && (1..=6).contains(&level)
        && (title.is_empty() || title.starts_with([' ', '\t']))
        && !line.text.starts_with(['\t', ' ']);
    is_heading.then(|| (level, title.trim().trim_end_matches('#').trim_end()))
}

fn named(level: usize, title: &str) -> Section {
    let title = title.trim_end_matches(':');
    match level {
        2 if title.eq_ignore_ascii_case("inputs") => Section::Inputs,
        2 if title.eq_ignore_ascii_case("outputs") => Section::Outputs,
        2 if title.eq_ignore_ascii_case("tags") => Section::Tags,
        _ => Section::Other,
    }
}

/// The number of the line at an offset.
pub(super) fn number(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX).saturating_add(1)
}
