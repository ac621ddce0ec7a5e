//! What sort of task an instruction is, by its words, where the caller does not say: its type, how hard it is, and
//! the language that it names. English only; what no rule knows is a feature of ordinary size.

mod rules;

use rules::{RULES, Rule};
use std::collections::BTreeSet;

/// So much of an instruction is read, bytes: what it asks for stands at its beginning.
const READ: usize = 4_000;
/// How hard a task is that nothing says more of.
pub(crate) const USUAL_COMPLEXITY: u8 = 3;
/// A list of so many points, or a text of so many bytes, is more than one thing to do.
const MANY_POINTS: usize = 6;
const LONG_TEXT: usize = 3_000;

/// What an instruction seems to ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guess {
    pub(crate) task_type: &'static str,
    /// 1 to 10.
    pub(crate) complexity: u8,
}

/// What the first word weighs besides.
const FIRST: u32 = 4;

/// Words that make a task small, and how small.
const SMALL: &[(&str, u8)] = &[
    ("typo", 1),
    ("typos", 1),
    ("spelling", 1),
    ("whitespace", 1),
    ("trivial", 1),
    ("one-line", 1),
    ("one-liner", 1),
    ("trailing comma", 1),
    ("gitignore", 1),
    ("bump", 2),
    ("rename", 2),
    ("tiny", 2),
    ("small", 2),
    ("minor", 2),
    ("wording", 1),
    ("simple", 2),
    ("quick", 2),
    ("unused import", 1),
    ("unused imports", 1),
];

/// Words that make a task large, and how large.
const LARGE: &[(&str, u8)] = &[
    ("epic", 10),
    ("from scratch", 8),
    ("entire codebase", 8),
    ("whole codebase", 8),
    ("across the codebase", 8),
    ("all services", 8),
    ("overhaul", 8),
    ("multi-tenant", 8),
    ("distributed", 7),
    ("migrate", 7),
    ("migration", 7),
    ("rewrite", 7),
    ("end-to-end", 7),
    ("complex", 7),
    ("large-scale", 8),
    ("concurrency", 6),
    ("cross-cutting", 7),
    ("backwards compatible", 6),
    ("security", 5),
    ("race condition", 6),
    ("deadlock", 6),
    ("microservices", 7),
];

/// How hard a task of a type is, where no word says more.
const BY_TYPE: &[(&str, u8)] = &[("architecture", 7), ("design", 6), ("plan", 6), ("review", 4), ("docs", 2)];

/// Languages as instructions name them. Names that are ordinary words count behind "in" only.
const LANGUAGES: &[(&str, &str)] = &[
    ("rust", "rust"),
    ("typescript", "typescript"),
    ("javascript", "javascript"),
    ("python", "python"),
    ("golang", "go"),
    ("in go", "go"),
    ("java", "java"),
    ("kotlin", "kotlin"),
    ("ruby", "ruby"),
    ("php", "php"),
    ("elixir", "elixir"),
    ("haskell", "haskell"),
    ("scala", "scala"),
    ("c++", "cpp"),
    ("c#", "csharp"),
    ("in swift", "swift"),
    ("in c", "c"),
    ("bash script", "shell"),
    ("shell script", "shell"),
];

/// Type and complexity of an instruction, with the words that the caller gave to help.
pub(crate) fn classify(instruction: &str, keywords: &[String]) -> Guess {
    let words = words(instruction);
    let helped = keywords.iter().flat_map(|keyword| self::words(keyword));
    let text = Text { said: joined(words.iter().cloned()), helped: joined(helped), first: first(&words) };
    let mut best = ("feature", 0);
    for rule in RULES {
        let weight = text.weight(rule);
        if weight > best.1 {
            best = (rule.task_type, weight);
        }
    }
    let mut task_type = best.0;
    let asks = instruction.trim_end().ends_with('?');
    if asks && !["architecture", "design", "plan", "review"].contains(&task_type) {
        task_type = "question";
    }
    Guess { task_type, complexity: text.complexity(task_type, instruction) }
}

/// How hard a task of a type that the caller named is, by the words of its instruction.
pub(crate) fn complexity(task_type: &str, instruction: &str, keywords: &[String]) -> u8 {
    let helped = keywords.iter().flat_map(|keyword| words(keyword));
    let words = words(instruction);
    let text = Text { said: joined(words.iter().cloned()), helped: joined(helped), first: first(&words) };
    text.complexity(task_type, instruction)
}

/// The language that an instruction names, where it names exactly one.
pub(crate) fn language(instruction: &str) -> Option<&'static str> {
    let said = joined(words(instruction).into_iter());
    let named: BTreeSet<_> =
        LANGUAGES.iter().filter(|(word, _)| has(&said, word)).map(|(_, name)| *name).collect();
    let mut named = named.into_iter();
    named.next().filter(|_| named.next().is_none())
}

/// Words with a space on either side, so that a search finds whole words only.
struct Text {
    said: String,
    helped: String,
    first: String,
}

impl Text {
    fn has(&self, word: &str) -> bool {
        has(&self.said, word) || has(&self.helped, word)
    }

    fn weight(&self, rule: &Rule) -> u32 {
        let occurs = |(word, weight): &(&str, u32)| if self.has(word) { *weight } else { 0 };
        let by_words: u32 = rule.words.iter().map(occurs).sum();
        // A keyword that is a type's own name means that type.
        let named = if has(&self.helped, rule.task_type) { 2 * FIRST } else { 0 };
        let by_first = if rule.first.contains(&self.first.as_str()) { FIRST } else { 0 };
        by_words + named + by_first
    }

    fn complexity(&self, task_type: &str, instruction: &str) -> u8 {
        let of_type =
            BY_TYPE.iter().find(|(named, _)| *named == task_type).map(|(_, complexity)| *complexity);
        let large = LARGE.iter().filter(|(word, _)| self.has(word)).map(|(_, complexity)| *complexity).max();
        let small = SMALL.iter().filter(|(word, _)| self.has(word)).map(|(_, complexity)| *complexity).min();
        let strategic = of_type.is_some_and(|complexity| complexity > USUAL_COMPLEXITY);
        let by_words = match (large, small) {
            (Some(large), _) => large.max(of_type.unwrap_or(large)),
            (None, Some(small)) if !strategic => small,
            _ => of_type.unwrap_or(USUAL_COMPLEXITY),
        };
        let points = instruction.lines().filter(|line| is_point(line)).count();
        let more = u8::from(points >= MANY_POINTS) + u8::from(instruction.len() > LONG_TEXT);
        (by_words + more).min(10)
    }
}

fn is_point(line: &str) -> bool {
    let line = line.trim_start();
    let after_number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with("- ")
        || line.starts_with("* ")
        || (after_number.len() < line.len() && after_number.starts_with(['.', ')']))
}

/// Lower-case words, without the marks around them.
fn words(text: &str) -> Vec<String> {
    let text = text.get(..text.floor_char_boundary(READ)).unwrap_or(text).to_lowercase().replace('’', "'");
    text.split(|c: char| {
        c.is_whitespace() || matches!(c, ',' | ';' | ':' | '(' | ')' | '"' | '`' | '/' | '!' | '?')
    })
    .map(|word| word.trim_matches(|c: char| matches!(c, '.' | '\'' | '*' | '[' | ']' | '<' | '>')).to_owned())
    // `README.md` and `.gitignore` are their names.
    .map(|word| match word.split_once('.') {
        Some((name, _)) if ["readme", "changelog"].contains(&name) => name.to_owned(),
        _ => word,
    })
    .filter(|word| !word.is_empty())
    .collect()
}

fn joined(words: impl Iterator<Item = String>) -> String {
    let mut text = String::from(" ");
    for word in words {
        text.push_str(&word);
        text.push(' ');
    }
    text
}

fn has(text: &str, word: &str) -> bool {
    text.contains(&format!(" {word} "))
}

/// The first word that says anything: "please" and "could you" do not.
fn first(words: &[String]) -> String {
    const POLITE: [&str; 9] = ["please", "could", "would", "you", "can", "we", "need", "to", "kindly"];
    let is_polite = |word: &&String| POLITE.contains(&word.as_str());
    let asks_politely = words.iter().take_while(is_polite).count();
    let is_question = words.first().is_some_and(|word| word == "can" || word == "could" || word == "would");
    let first = if is_question && !words.iter().take(2).any(|word| word == "you") {
        words.first()
    } else {
        words.get(asks_politely)
    };
    first.cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests;
