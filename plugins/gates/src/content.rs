//! Looking into files: plain texts that must or must not be there, and the number of lines.

use crate::Evidence;
use crate::config::{ContentCheck, Texts};
use crate::facts::Ruling;
use crate::rule::{measured, number, ruling};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use jackfield_sdk::clip;

/// Longest file that is looked into, bytes.
const LONGEST: u32 = 4 << 20;
/// Files that are named in a message.
const NAMED: usize = 10;

/// Texts that must be there, and texts that must not.
pub(crate) struct Wanted {
    contains: Vec<String>,
    not_contains: Vec<String>,
    ignore_case: bool,
}

impl Wanted {
    /// # Errors
    /// Where a text is empty.
    pub(crate) fn of(contains: &Texts, not_contains: &Texts, ignore_case: bool) -> Result<Self, String> {
        let fold = |text: &str| if ignore_case { text.to_lowercase() } else { text.to_string() };
        let all = |texts: &Texts, what| -> Result<Vec<String>, String> {
            Ok(texts.all(what)?.into_iter().map(fold).collect())
        };
        Ok(Self {
            contains: all(contains, "contains")?,
            not_contains: all(not_contains, "not_contains")?,
            ignore_case,
        })
    }

    fn is_empty(&self) -> bool {
        self.contains.is_empty() && self.not_contains.is_empty()
    }

    /// What is wrong with a text, where anything is.
    pub(crate) fn fault(&self, text: &str) -> Option<String> {
        let folded;
        let text = if self.ignore_case {
            folded = text.to_lowercase();
            &folded
        } else {
            text
        };
        if let Some(missing) = self.contains.iter().find(|wanted| !text.contains(wanted.as_str())) {
            return Some(format!("does not contain {:?}", clip(missing, 200)));
        }
        let (unwanted, at) =
            self.not_contains.iter().find_map(|text_| Some((text_, text.find(text_.as_str())?)))?;
        let line = text.get(..at).unwrap_or_default().matches('\n').count() + 1;
        Some(format!("contains {:?} in line {line}", clip(unwanted, 200)))
    }
}

pub(crate) fn content_check(config: &ContentCheck, evidence: &impl Evidence) -> Result<Ruling, String> {
    let wanted = Wanted::of(&config.contains, &config.not_contains, config.ignore_case)?;
    if wanted.is_empty() && config.min_lines.is_none() && config.max_lines.is_none() {
        return Err("none of `contains`, `not_contains`, `min_lines` and `max_lines` is given".to_string());
    }
    if config.path.trim().is_empty() {
        return Err("`path` is empty".to_string());
    }
    let files = evidence.files(&config.path).map_err(|error| format!("`path`: {error}"))?;
    if files.is_empty() {
        return Ok(ruling(false, format!("no file matches {}", config.path), Vec::new()));
    }
    let faults: Vec<String> = files
        .iter()
        .filter_map(|file| look(config, &wanted, file, evidence).map(|fault| format!("{file} {fault}")))
        .collect();
    let measurements = vec![
        measured("files", number(files.len()), "files"),
        measured("faults", number(faults.len()), "files"),
    ];
    let message = match faults.as_slice() {
        [] => format!("{} of {} as wanted: {}", files.len(), files.len(), named(&files)),
        faults => named(faults),
    };
    Ok(ruling(faults.is_empty(), message, measurements))
}

/// What is wrong with a file, where anything is.
fn look(config: &ContentCheck, wanted: &Wanted, file: &str, evidence: &impl Evidence) -> Option<String> {
    let bytes = match evidence.read(file, LONGEST + 1) {
        Ok(bytes) if bytes.len() > LONGEST as usize => {
            return Some(format!("is longer than the {LONGEST} bytes that are looked into"));
        }
        Ok(bytes) => bytes,
        Err(error) => return Some(format!("cannot be read: {error}")),
    };
    let Ok(text) = core::str::from_utf8(&bytes) else { return Some("is not text in UTF-8".to_string()) };
    let lines = text.lines().count() as u64;
    if let Some(min) = config.min_lines.filter(|min| lines < *min) {
        return Some(format!("has {lines} lines, fewer than {min}"));
    }
    if let Some(max) = config.max_lines.filter(|max| lines > *max) {
        return Some(format!("has {lines} lines, more than {max}"));
    }
    wanted.fault(text)
}

/// The first few of them, and how many more there are.
pub(crate) fn named(items: &[String]) -> String {
    let first: Vec<_> = items.iter().take(NAMED).map(|item| clip(item, 300)).collect();
    let more = items.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!(", and {more} more") } else { String::new() };
    format!("{}{rest}", first.join(", "))
}
