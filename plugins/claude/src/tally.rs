//! Tokens of one attempt, each counted once.
//!
//! While the program works, the only figures are those that each message begins with: its input is
//! exact, its output is not known yet. A message is told of once for each of its blocks, always with
//! the same id and the same figures, so a message counts once, by its id; its output is guessed from
//! what it wrote until something better is said. A `result` settles everything before it: its totals
//! cover the whole process, with sub-agents and side requests that no event tells of. A process that goes
//! on with an earlier session begins again at nothing, so what that session had used plays no part here.

use crate::line::{Final, ModelTokens, Tokens};
use crate::plan::is_claude;
use crate::types::Usage;
use alloc::borrow::ToOwned;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;

/// A token of English text or code is about four bytes.
const BYTES_PER_TOKEN: u64 = 4;

/// The running totals.
#[derive(Debug)]
pub(crate) struct Tally {
    settled: Usage,
    settled_ids: BTreeSet<String>,
    open: BTreeMap<String, Message>,
    open_sum: Message,
    begun: bool,
    authoritative: bool,
}

#[derive(Debug, Default)]
struct Message {
    input: u64,
    cached_input: u64,
    cache_write: u64,
    output: u64,
    output_is_final: bool,
    written: u64,
}

impl Message {
    /// The larger of two figures for one message is the later one.
    fn heed(&mut self, tokens: &Tokens<'_>) {
        self.input = self.input.max(tokens.input_tokens.count().unwrap_or(0));
        self.cached_input = self.cached_input.max(tokens.cache_read_input_tokens.count().unwrap_or(0));
        self.cache_write = self.cache_write.max(tokens.cache_creation_input_tokens.count().unwrap_or(0));
        self.output = self.output.max(tokens.output_tokens.count().unwrap_or(0));
    }

    fn output(&self) -> u64 {
        if self.output_is_final {
            self.output
        } else {
            self.output.max(self.written.div_ceil(BYTES_PER_TOKEN))
        }
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            settled: NOTHING,
            settled_ids: BTreeSet::new(),
            open: BTreeMap::new(),
            open_sum: Message::default(),
            begun: false,
            authoritative: false,
        }
    }
}

impl Tally {
    /// The program has begun: from here on, no figures means that they are not known.
    pub(crate) fn begin(&mut self) {
        self.begun = true;
    }

    /// One block of message `id`, which wrote `written` bytes.
    pub(crate) fn block(&mut self, id: &str, tokens: &Tokens<'_>, written: usize) {
        self.change(id, |message| {
            message.heed(tokens);
            message.written = message.written.saturating_add(written as u64);
        });
    }

    /// The last figures of message `id`.
    pub(crate) fn complete(&mut self, id: &str, tokens: &Tokens<'_>) {
        self.change(id, |message| {
            message.heed(tokens);
            message.output_is_final = true;
        });
    }

    /// The sum is mended by what the message's figures changed, so a long run costs no more a line.
    fn change(&mut self, id: &str, change: impl FnOnce(&mut Message)) {
        if self.settled_ids.contains(id) {
            return;
        }
        self.begun = true;
        if !self.open.contains_key(id) {
            self.open.insert(id.to_owned(), Message::default());
        }
        let Some(message) = self.open.get_mut(id) else { return };
        let sum = &mut self.open_sum;
        let mend = |sum: &mut u64, old: u64, new: u64| *sum = sum.saturating_sub(old).saturating_add(new);
        let old = (message.input, message.cached_input, message.cache_write, message.output());
        change(message);
        mend(&mut sum.input, old.0, message.input);
        mend(&mut sum.cached_input, old.1, message.cached_input);
        mend(&mut sum.cache_write, old.2, message.cache_write);
        mend(&mut sum.output, old.3, message.output());
    }

    /// The totals of the process so far, from its `result`. One that has no figures, or figures that do
    /// not read, settles nothing: what was told before it stands, as the estimate that it is.
    pub(crate) fn settle(&mut self, result: &Final<'_>) {
        let before = self.usage();
        let models = &result.model_usage.0;
        let (mut told, complete) = if models.is_empty() {
            // What the last turn used, where the totals are not told.
            let turn = result.usage.0.as_ref().map(turn);
            let (used, complete) = turn.unwrap_or((NOTHING, false));
            (sum(&self.settled, &used), complete)
        } else {
            let all = models.iter().filter_map(|(_, tokens)| tokens.0.as_ref()).map(model);
            all.fold((NOTHING, true), |(total, all), (used, complete)| (sum(&total, &used), all && complete))
        };
        let silent = |told: u64, before: u64| told == 0 && before > 0;
        let complete = complete
            && !silent(told.input, before.input)
            && !silent(told.cached_input, before.cached_input)
            && !silent(told.cache_write, before.cache_write)
            && !silent(told.output, before.output);
        // For a model that it does not know the program reckons with a price of its own making.
        let known = models.iter().all(|(model, _)| is_claude(model));
        let cost = if known { result.total_cost_usd.micros() } else { None };
        told = most(&told, if complete { &self.settled } else { &before });
        let grown = tokens(&told) > tokens(&self.settled);
        told.cost = match cost {
            Some(0) if !complete && tokens(&told) > 0 => None,
            Some(cost) => Some(cost.max(self.settled.cost.unwrap_or(0))),
            None if grown => None,
            None => self.settled.cost,
        };
        self.settled = told;
        self.settled_ids.extend(core::mem::take(&mut self.open).into_keys());
        self.open_sum = Message::default();
        self.begun = true;
        self.authoritative = complete || tokens(&before) == 0;
    }

    /// All of the attempt so far.
    pub(crate) fn usage(&self) -> Usage {
        let mut usage = self.settled;
        usage.input = usage.input.saturating_add(self.open_sum.input);
        usage.cached_input = usage.cached_input.saturating_add(self.open_sum.cached_input);
        usage.cache_write = usage.cache_write.saturating_add(self.open_sum.cache_write);
        usage.output = usage.output.saturating_add(self.open_sum.output);
        if !self.open.is_empty() {
            usage.cost = None;
        }
        usage.estimated = self.begun && (!self.authoritative || !self.open.is_empty());
        usage
    }
}

fn tokens(usage: &Usage) -> u64 {
    let read = usage.input.saturating_add(usage.cached_input).saturating_add(usage.cache_write);
    read.saturating_add(usage.output)
}

fn sum(one: &Usage, other: &Usage) -> Usage {
    Usage {
        input: one.input.saturating_add(other.input),
        cached_input: one.cached_input.saturating_add(other.cached_input),
        cache_write: one.cache_write.saturating_add(other.cache_write),
        output: one.output.saturating_add(other.output),
        ..NOTHING
    }
}

/// The larger of two running totals is the later one.
fn most(one: &Usage, other: &Usage) -> Usage {
    Usage {
        input: one.input.max(other.input),
        cached_input: one.cached_input.max(other.cached_input),
        cache_write: one.cache_write.max(other.cache_write),
        output: one.output.max(other.output),
        ..NOTHING
    }
}

/// What one turn used, and whether the figures that are always there were read.
fn turn(said: &Tokens<'_>) -> (Usage, bool) {
    counted([
        said.input_tokens.count(),
        said.cache_read_input_tokens.count(),
        said.cache_creation_input_tokens.count(),
        said.output_tokens.count(),
    ])
}

/// The same of one model.
fn model(said: &ModelTokens<'_>) -> (Usage, bool) {
    counted([
        said.input_tokens.count(),
        said.cache_read_input_tokens.count(),
        said.cache_creation_input_tokens.count(),
        said.output_tokens.count(),
    ])
}

fn counted([input, cached_input, cache_write, output]: [Option<u64>; 4]) -> (Usage, bool) {
    let used = Usage {
        input: input.unwrap_or(0),
        cached_input: cached_input.unwrap_or(0),
        cache_write: cache_write.unwrap_or(0),
        output: output.unwrap_or(0),
        ..NOTHING
    };
    (used, input.is_some() && output.is_some())
}

const NOTHING: Usage = Usage {
    input: 0,
    cached_input: 0,
    cache_write: 0,
    output: 0,
    reasoning: 0,
    cost: None,
    estimated: false,
};

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_sdk::json;

    const START: &[u8] = br#"{"input_tokens":1234,"cache_creation_input_tokens":200,"cache_read_input_tokens":1000,"output_tokens":1}"#;

    fn tokens(text: &[u8]) -> Tokens<'_> {
        json::read(text).unwrap()
    }

    #[test]
    fn a_message_told_of_three_times_counts_once() {
        let mut tally = Tally::default();
        for _ in 0..3 {
            tally.block("m1", &tokens(START), 8);
        }
        let usage = tally.usage();
        assert_eq!((usage.input, usage.cached_input, usage.cache_write, usage.output), (1234, 1000, 200, 6));
        assert!(usage.estimated);
        tally.block("m2", &tokens(START), 0);
        assert_eq!(tally.usage().input, 2468);
    }

    #[test]
    fn a_result_settles_what_came_before_it_and_later_messages_come_on_top() {
        let mut tally = Tally::default();
        tally.block("m1", &tokens(START), 400);
        let result = br#"{"total_cost_usd":0.01,"modelUsage":{"claude-a":{"inputTokens":10,"outputTokens":5,"cacheReadInputTokens":3,"cacheCreationInputTokens":2},"claude-b":{"inputTokens":1,"outputTokens":1}}}"#;
        tally.settle(&json::read(result).unwrap());
        let usage = tally.usage();
        assert_eq!((usage.input, usage.cached_input, usage.cache_write, usage.output), (11, 3, 2, 6));
        assert_eq!((usage.cost, usage.estimated), (Some(10_000), false));

        tally.block("m1", &tokens(START), 400);
        assert_eq!(tally.usage(), usage, "a settled message is told of again");
        tally.block("m2", &tokens(START), 4);
        let usage = tally.usage();
        assert_eq!((usage.input, usage.output, usage.cost, usage.estimated), (1245, 7, None, true));
    }

    #[test]
    fn a_result_without_readable_figures_takes_nothing_back() {
        for result in [
            r#"{"subtype":"success"}"#,
            r#"{"total_cost_usd":"lots","usage":{"input_tokens":"many","output_tokens":null}}"#,
            r#"{"total_cost_usd":1e26,"modelUsage":{"claude-a":{"inputTokens":-5,"outputTokens":1e300}}}"#,
            r#"{"total_cost_usd":0,"usage":{"input_tokens":0,"output_tokens":0},"modelUsage":{}}"#,
        ] {
            let mut tally = Tally::default();
            tally.block("m1", &tokens(START), 400);
            let before = tally.usage();
            tally.settle(&json::read(result.as_bytes()).unwrap());
            assert_eq!(tally.usage(), before, "{result}");
            assert!(tally.usage().estimated, "{result}");
        }
    }

    #[test]
    fn a_figure_that_is_garbled_keeps_what_was_told_of_it() {
        let mut tally = Tally::default();
        tally.block("m1", &tokens(START), 400);
        let result =
            br#"{"total_cost_usd":0.02,"modelUsage":{"claude-a":{"inputTokens":"?","outputTokens":500}}}"#;
        tally.settle(&json::read(result).unwrap());
        let usage = tally.usage();
        assert_eq!((usage.input, usage.output, usage.cost, usage.estimated), (1234, 500, Some(20_000), true));
    }

    #[test]
    fn a_second_result_is_never_less_than_the_first() {
        let mut tally = Tally::default();
        let full =
            br#"{"total_cost_usd":0.6,"modelUsage":{"claude-a":{"inputTokens":100,"outputTokens":50}}}"#;
        tally.settle(&json::read(full).unwrap());
        let before = tally.usage();
        for result in [
            r#"{"result":"x"}"#,
            r#"{"total_cost_usd":0.1,"modelUsage":{"claude-a":{"inputTokens":7,"outputTokens":3}}}"#,
        ] {
            tally.settle(&json::read(result.as_bytes()).unwrap());
            let usage = tally.usage();
            assert_eq!((usage.input, usage.output, usage.cost), (100, 50, before.cost), "{result}");
        }
    }

    #[test]
    fn the_last_figures_of_a_message_are_better_than_a_guess() {
        let mut tally = Tally::default();
        tally.block("m1", &tokens(START), 4000);
        assert_eq!(tally.usage().output, 1000);
        tally.complete("m1", &tokens(br#"{"output_tokens":56}"#));
        assert_eq!((tally.usage().input, tally.usage().output), (1234, 56));
    }

    #[test]
    fn a_cost_reckoned_for_a_model_of_another_provider_is_not_believed() {
        let mut tally = Tally::default();
        let result = br#"{"total_cost_usd":0.5,"modelUsage":{"deepseek-chat":{"inputTokens":10}}}"#;
        tally.settle(&json::read(result).unwrap());
        assert_eq!((tally.usage().cost, tally.usage().input), (None, 10));
    }

    #[test]
    fn nothing_begun_is_known_to_have_used_nothing() {
        let mut tally = Tally::default();
        assert!(!tally.usage().estimated);
        tally.begin();
        assert!(tally.usage().estimated);
    }
}
