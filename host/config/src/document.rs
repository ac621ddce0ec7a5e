//! A configuration file with the place of everything in it, and every mistake that reading it finds.
//!
//! The sections themselves say what can be read: what they refuse is taken out of the document and noted,
//! until they take what is left. So there is no second list of keys that could differ from the first.

use super::Config;
use super::keys::{Key, Step};
use super::words::{explain, quoted};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue, Deserializer};

/// A mistake in a file or a value, by what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mistake {
    /// Where it begins in the text, bytes.
    pub(crate) at: Option<usize>,
    /// What it is about; none where the text is no TOML.
    pub(crate) key: Option<Key>,
    pub(crate) said: String,
    pub(crate) remedy: String,
}

/// What was read, whatever was wrong with it.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    text: &'a str,
    /// Where everything is, as it was written.
    written: DeTable<'a>,
    /// What is left without the mistakes: the sections take it.
    pub(crate) sound: toml::Table,
    /// What was taken out or put in so that the rest could be read: nothing can be said about these.
    pub(crate) broken: BTreeSet<Key>,
    pub(crate) mistakes: Vec<Mistake>,
}

impl<'a> Document<'a> {
    pub(crate) fn read(text: &'a str) -> Self {
        let (parsed, errors) = DeTable::parse_recoverable(text);
        let written = parsed.get_ref().clone();
        let mut document =
            Self { text, written, sound: toml::Table::new(), broken: BTreeSet::new(), mistakes: Vec::new() };
        let torn: Vec<_> = errors.iter().map(|error| document.torn(error)).collect();
        document.peel(parsed);
        // What a line that is no TOML seems to say is not what was meant.
        let lines: BTreeSet<_> = torn.iter().filter_map(|mistake| document.line(mistake.at)).collect();
        let mut mistakes = std::mem::take(&mut document.mistakes);
        mistakes.retain(|mistake| document.line(mistake.at).is_none_or(|line| !lines.contains(&line)));
        document.mistakes = torn.into_iter().chain(mistakes).collect();
        document
    }

    /// Line and column of a place, from 1.
    pub(crate) fn place(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        (line, column)
    }

    fn line(&self, at: Option<usize>) -> Option<usize> {
        at.map(|at| self.place(at).0)
    }

    /// Where a setting begins, or the nearest section around it that is written down.
    pub(crate) fn find(&self, key: &Key) -> Option<usize> {
        let mut found = None;
        let mut here = Some(&self.written);
        let mut list: Option<&[Spanned<DeValue<'_>>]> = None;
        for step in &key.0 {
            let value = match step {
                Step::Name(name) => {
                    let Some((own, value)) = here.and_then(|table| table.get_key_value(name.as_str())) else {
                        break;
                    };
                    found = Some(own.span().start);
                    value
                }
                Step::At(index) => {
                    let Some(value) = list.and_then(|items| items.get(*index)) else { break };
                    found = Some(value.span().start);
                    value
                }
            };
            here = value.get_ref().as_table();
            list = value.get_ref().as_array().map(|items| &items[..]);
        }
        found
    }

    /// Whether a setting is written down.
    pub(crate) fn has(&self, key: &Key) -> bool {
        let mut value = None;
        for step in &key.0 {
            let Step::Name(name) = step else { return false };
            let table = match value {
                None => Some(&self.written),
                Some(value) => DeValue::as_table(value),
            };
            match table.and_then(|table| table.get(name.as_str())) {
                Some(inner) => value = Some(inner.get_ref()),
                None => return false,
            }
        }
        value.is_some()
    }

    fn torn(&self, error: &toml::de::Error) -> Mistake {
        let at = error.span().map_or(self.text.len(), |span| span.start);
        let line = self.text.lines().nth(self.place(at).0 - 1).unwrap_or_default().trim();
        let remedy = match line {
            "" => "correct the line before it".to_owned(),
            line => {
                format!("correct `{line}`: a section is [name], a setting is name = value, text is in quotes")
            }
        };
        Mistake { at: Some(at), key: None, said: format!("not TOML: {}", error.message()), remedy }
    }

    fn peel(&mut self, mut parsed: Spanned<DeTable<'a>>) {
        // Each turn takes something out or puts a missing key in, so this ends; the bound is for a
        // refusal without a place.
        for _ in 0..=self.text.len() {
            let Err(error) = Config::deserialize(Deserializer::from(parsed.clone())) else { break };
            let Some(span) = error.span() else {
                self.mistakes.push(Mistake {
                    at: None,
                    key: None,
                    said: error.message().to_owned(),
                    remedy: "write it like the commented default configuration".into(),
                });
                parsed.get_mut().clear();
                break;
            };
            let key = locate(parsed.get_ref(), &span).unwrap_or_default();
            self.refused(&key, &error, &span, parsed.get_mut());
        }
        self.sound = toml::Table::deserialize(Deserializer::from(parsed)).unwrap_or_default();
    }

    fn refused(&mut self, key: &Key, error: &toml::de::Error, span: &Range<usize>, table: &mut DeTable<'a>) {
        let quoted = quoted(error.message());
        if let (true, Some(missing)) = (error.message().starts_with("missing field"), quoted.first()) {
            let missing = key.then(missing);
            let told = self.broken.iter().any(|broken| missing.is_in(broken));
            if self.broken.insert(missing.clone()) && !told {
                self.mistakes.push(Mistake {
                    at: Some(span.start),
                    key: Some(missing.clone()),
                    said: format!("{key} has no `{}`", missing.name().unwrap_or_default()),
                    remedy: "add the line".into(),
                });
            }
            // Whatever is missing is text or money, and this is both.
            let value = DeValue::String(DeString::from("0"));
            put(table, &missing, Spanned::new(span.clone(), value));
            return;
        }
        let (said, remedy) = explain(key, error.message(), &quoted);
        self.mistakes.push(Mistake { at: Some(span.start), key: Some(key.clone()), said, remedy });
        self.broken.insert(key.clone());
        if key.0.is_empty() {
            table.clear();
        } else {
            take(table, key);
        }
    }
}

/// The innermost thing that has this place as its own, or holds it.
fn locate(table: &DeTable<'_>, span: &Range<usize>) -> Option<Key> {
    in_table(&Key::default(), table, span)
}

fn in_table(above: &Key, table: &DeTable<'_>, span: &Range<usize>) -> Option<Key> {
    // A key of the same place is meant exactly; whatever is only around it comes after all of those.
    let deeper = |(name, value): (&Spanned<DeString<'_>>, &Spanned<DeValue<'_>>)| {
        let key = above.then(name.get_ref());
        if name.span() == *span {
            return Some(key);
        }
        in_value(&key, value, span)
    };
    table.iter().find_map(deeper)
}

fn in_value(key: &Key, value: &Spanned<DeValue<'_>>, span: &Range<usize>) -> Option<Key> {
    let inner = match value.get_ref() {
        DeValue::Table(table) => in_table(key, table, span),
        DeValue::Array(items) => {
            items.iter().enumerate().find_map(|(at, item)| in_value(&key.at(at), item, span))
        }
        _ => None,
    };
    inner.or_else(|| (value.span() == *span).then(|| key.clone()))
}

/// The table or list that the last step of `key` goes from.
fn holder<'t, 'a>(table: &'t mut DeTable<'a>, key: &Key) -> Option<&'t mut DeValue<'a>> {
    let (first, rest) = key.0.split_first()?;
    let Step::Name(first) = first else { return None };
    let mut here = table.get_mut(first.as_str())?.get_mut();
    for step in rest {
        here = match (here, step) {
            (DeValue::Table(table), Step::Name(name)) => table.get_mut(name.as_str())?.get_mut(),
            (DeValue::Array(items), Step::At(index)) => items.get_mut(*index)?.get_mut(),
            _ => return None,
        };
    }
    Some(here)
}

fn take(table: &mut DeTable<'_>, key: &Key) {
    let above = key.parent();
    match key.0.last() {
        Some(Step::Name(name)) if above.0.is_empty() => drop(table.remove(name.as_str())),
        Some(Step::Name(name)) => {
            if let Some(DeValue::Table(inner)) = holder(table, &above) {
                inner.remove(name.as_str());
            }
        }
        // The others keep their places in the list.
        Some(Step::At(index)) => {
            if let Some(DeValue::Array(items)) = holder(table, &above)
                && let Some(item) = items.get_mut(*index)
            {
                *item.get_mut() = DeValue::Table(DeTable::new());
            }
        }
        None => {}
    }
}

fn put<'a>(table: &mut DeTable<'a>, key: &Key, value: Spanned<DeValue<'a>>) {
    let (Some(name), above) = (key.name(), key.parent()) else { return };
    let name = Spanned::new(value.span(), DeString::from(name.to_owned()));
    if above.0.is_empty() {
        table.insert(name, value);
    } else if let Some(DeValue::Table(inner)) = holder(table, &above) {
        inner.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line, column, what is said and what to do, of each mistake.
    fn mistakes(text: &str) -> Vec<(usize, usize, String, String)> {
        let document = Document::read(text);
        let told = |mistake: &Mistake| {
            let (line, column) = document.place(mistake.at.unwrap());
            (line, column, mistake.said.clone(), mistake.remedy.clone())
        };
        document.mistakes.iter().map(told).collect()
    }

    fn only(text: &str) -> (usize, usize, String, String) {
        let mut mistakes = mistakes(text);
        assert_eq!(mistakes.len(), 1, "{text}: {mistakes:#?}");
        mistakes.remove(0)
    }

    #[test]
    fn unknown_key_is_reported_with_the_nearest_known_one() {
        for (text, line, column, said, remedy) in [
            (
                "[run]\n  max_concurent = 3\n",
                2,
                3,
                "[run] has no key `max_concurent`",
                "did you mean `max_concurrent`?",
            ),
            ("[runn]\nwait_s = 1\n", 1, 2, "the file has no key `runn`", "did you mean `run`?"),
            (
                "[queue]\ntimeout_s = 1\n",
                2,
                1,
                "[queue] has no key `timeout_s`",
                "`timeout_s` belongs in [run]",
            ),
            ("[server]\nzzz = 1\n", 2, 1, "[server] has no key `zzz`", "there is: listen"),
            ("[keep]\nlog_days = 1\n", 1, 2, "the file has no key `keep`", ", retention, "),
            ("[queue]\nlost = 'requeu'\n", 2, 8, "queue.lost: unknown variant", "did you mean `requeue`?"),
            (
                "[[ladder]]\nname = 'a'\nexecutor = 'b'\nmodle = 'c'\n",
                4,
                1,
                "[ladder[0]] has no key `modle`",
                "`model`",
            ),
            (
                "[executors.claude.rates.x]\ninput = 1\noutput = 2\nimput = 3\n",
                4,
                1,
                "no key `imput`",
                "`input`",
            ),
            ("run = { wait = 3 }\n", 1, 9, "[run] has no key `wait`", "did you mean `wait_s`?"),
        ] {
            let told = only(text);
            assert_eq!((told.0, told.1), (line, column), "{text}: {told:?}");
            assert!(told.2.contains(said) && told.3.contains(remedy), "{text}: {told:?}");
        }
    }

    #[test]
    fn value_of_the_wrong_type_is_reported_with_how_to_write_it() {
        for (text, line, column, said, remedy) in [
            ("[run]\nmax_concurrent = 'two'\n", 2, 18, "a whole number, 0 or more", "`max_concurrent = 2`"),
            ("[run]\nmax_concurrent = -1\n", 2, 18, "a whole number, 0 or more", "`max_concurrent = 2`"),
            ("[run]\nkeep_worktrees = 'yes'\n", 2, 18, "true or false", "`keep_worktrees = false`"),
            ("[breaker]\nday_usd = 'lots'\n", 2, 11, "'lots' is not an amount", "`day_usd = 20`"),
            ("[breaker]\nday_usd = true\n", 2, 11, "expected dollars", "`day_usd = 20`"),
            ("[executors]\nclaude = 3\n", 2, 10, "executors.claude: ", "default configuration"),
            ("ladder = 'claude'\n", 1, 10, "ladder: ", "default configuration"),
        ] {
            let told = only(text);
            assert_eq!((told.0, told.1), (line, column), "{text}: {told:?}");
            assert!(told.2.contains(said) && told.3.contains(remedy), "{text}: {told:?}");
        }
    }

    #[test]
    fn missing_key_is_reported_once_and_the_rest_is_still_checked() {
        let told =
            mistakes("[[ladder]]\nname = 'a'\ntier = 'best'\n[workspaces.x]\nrepo = 'a/b'\nnmae = 1\n");
        let said: Vec<_> = told.iter().map(|(_, _, said, _)| said.as_str()).collect();
        assert_eq!(told.len(), 4, "{told:#?}");
        for expected in [
            "ladder[0] has no `executor`",
            "workspaces.x has no `path`",
            "no key `nmae`",
            "unknown variant `best`",
        ] {
            assert!(said.iter().any(|said| said.contains(expected)), "{expected}: {said:#?}");
        }
        only("ladder = [1, 2]\n");
    }

    #[test]
    fn every_mistake_is_found_at_once_and_valid_values_are_read() {
        let text = "[run]\nwait_s = 7\nwiat_s = 8\ntimeout_s = 'long'\n[breaker\n[queue]\npoll_s = x\nheartbeat_s = 9\n\n[nothing]\na = 1\n";
        let document = Document::read(text);
        let lines: Vec<_> =
            document.mistakes.iter().filter_map(|mistake| document.line(mistake.at)).collect();
        for line in [3, 4, 5, 7, 10] {
            assert!(lines.contains(&line), "line {line}: {:#?}", document.mistakes);
        }
        let config = Config::try_from_table(&document.sound).unwrap();
        assert_eq!((config.run.wait_s, config.run.timeout_s), (7, 180));
        assert_eq!(config.queue.heartbeat_s, 9);
    }

    #[test]
    fn setting_is_located_at_its_key_or_else_at_its_section() {
        let text = "# a comment\n[run]\nwait_s = 1\n\n[[ladder]]\nname = 'a'\nexecutor = 'b'\n\n[[ladder]]\nname = 'ü'\n\
                    executor = 'b'\nsettings = { ü = 'x', y = 'z' }\n";
        let document = Document::read(text);
        let place = |key: &Key| document.find(key).map(|at| document.place(at));
        assert_eq!(place(&Key::of("run.wait_s")), Some((3, 1)));
        assert_eq!(place(&Key::of("run.timeout_s")), Some((2, 2)));
        let rung = Key::of("ladder").at(1);
        assert_eq!(place(&rung.then("name")), Some((10, 1)));
        assert_eq!(place(&rung.then("settings").then("y")), Some((12, 23)));
        assert_eq!(place(&Key::of("queue.poll_s")), None);
        assert!(document.has(&Key::of("run.wait_s")) && !document.has(&Key::of("run.timeout_s")));
    }
}
