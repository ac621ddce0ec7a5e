//! One pass over each line of output, into events for those who watch and into what the verdict
//! will need.
//!
//! - However the bytes are split, the events are the same: nothing is done before a line is whole.
//! - What a sub-agent says is not the agent's answer: its words are told as thoughts.
//! - A line of an unknown type, and a line that is no JSON, is told as it came.

use crate::driving::{Event, Exit, Limit, Outcome, Request, Retrying, Started, ToolCall, ToolResult};
use crate::line::{self, Block, Final, Partial, RateLimit, SHOWN_BYTES, Said, System};
use crate::tally::Tally;
use crate::tools::{self, Edits};
use crate::types::Usage;
use crate::verdict::{self, ApiError, Ended, Evidence, Retry};
use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use jackfield_sdk::json::{self, Object, Scalar};
use jackfield_sdk::{Lines, TOO_LONG, clip, first_line};

/// How much of the last words is kept for an attempt that ends without a result.
const LAST_WORDS_BYTES: usize = 64 * 1024;

/// Written in place of the model's name where the program speaks for itself.
const SYNTHETIC: &str = "<synthetic>";

/// Reads one program's standard output.
#[derive(Debug)]
pub struct Reader {
    lines: Lines,
    seen: Seen,
}

/// What has been seen so far.
#[derive(Debug, Default)]
struct Seen {
    worktree: String,
    session: Option<String>,
    model: Option<String>,
    version: Option<String>,
    tally: Tally,
    told_usage: Option<Usage>,
    edits: Edits,
    partial_message: Option<String>,
    last_words: String,
    stray: String,
    denied: Vec<String>,
    turns: Option<u32>,
    error: Option<ApiError>,
    retry: Option<Retry>,
    refused: bool,
    limit: Option<String>,
    ended: Option<Ended>,
    went_on: bool,
}

impl Reader {
    /// Nothing read yet.
    pub fn new(request: &Request) -> Self {
        let seen = Seen { worktree: request.folders.worktree.clone(), ..Seen::default() };
        Self { lines: Lines::new(), seen }
    }

    /// What the lines that `bytes` completes tell.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        let Self { lines, seen } = self;
        let mut events = Vec::new();
        lines.feed(bytes, |line| seen.line(line, &mut events));
        events.extend((lines.skipped() > 0).then(|| Event::Warning(TOO_LONG.to_owned())));
        events
    }

    /// What became of the attempt. A last line without its end is still read.
    pub fn finish(&mut self, exit: &Exit) -> Outcome {
        let Self { lines, seen } = self;
        lines.finish(|line| seen.line(line, &mut Vec::new()));
        let evidence = Evidence {
            ended: seen.ended.as_ref(),
            went_on: seen.went_on,
            error: seen.error.as_ref(),
            retry: seen.retry.as_ref(),
            refused: seen.refused,
            limit: seen.limit.as_deref(),
            stray: &seen.stray,
        };
        let verdict = verdict::verdict(&evidence, exit);
        let answer = seen
            .ended
            .as_mut()
            .filter(|ended| ended.succeeded())
            .map(|ended| core::mem::take(&mut ended.text));
        // There is nothing to go on with where there was no such session.
        let unknown_session = seen.ended.as_ref().is_some_and(Ended::is_unknown_session);
        Outcome {
            verdict,
            text: answer.unwrap_or_else(|| core::mem::take(&mut seen.last_words)),
            session: seen.session.take().filter(|_| !unknown_session),
            model: seen.model.take(),
            usage: seen.tally.usage(),
            denied: core::mem::take(&mut seen.denied),
            turns: seen.turns,
        }
    }
}

impl Seen {
    fn line(&mut self, line: &[u8], events: &mut Vec<Event>) {
        let known = match line::kind(line).as_deref() {
            Some("assistant") => json::read(line).map(|said: Said<'_>| self.assistant(&said, events)),
            Some("user") => json::read(line).map(|said: Said<'_>| self.user(&said, events)),
            Some("system") => json::read(line).map(|system: System<'_>| self.system(&system, events)),
            Some("result") => json::read(line).map(|result: Final<'_>| self.result(&result, events)),
            Some("stream_event") => json::read(line).map(|partial: Partial<'_>| self.partial(&partial)),
            Some("rate_limit_event") => {
                json::read(line).map(|limit: RateLimit<'_>| self.limit(&limit, events))
            }
            Some(_) => Ok(false),
            None => {
                self.stray = first_line(&raw(line), 500);
                Ok(false)
            }
        };
        if !known.unwrap_or(false) {
            events.push(Event::Raw(raw(line)));
        }
        self.tell_usage(events);
    }

    fn tell_usage(&mut self, events: &mut Vec<Event>) {
        let usage = self.tally.usage();
        if self.told_usage != Some(usage) && (usage.input, usage.output) != (0, 0) {
            self.told_usage = Some(usage);
            events.push(Event::Usage(usage));
        }
    }

    fn system(&mut self, system: &System<'_>, events: &mut Vec<Event>) -> bool {
        match system.subtype.text_or_empty() {
            "init" => self.init(system, events),
            "api_retry" => {
                let kind = system.error.text_or_empty();
                let status = system.error_status.count().and_then(|status| u16::try_from(status).ok());
                let after = system.retry_delay_ms.count().unwrap_or(0);
                let class = verdict::class_of(kind, status, "");
                let what = status.map_or_else(|| "no answer".to_owned(), |status| format!("HTTP {status}"));
                events.push(Event::Retrying(Retrying {
                    attempt: small(system.attempt.count()).unwrap_or(0),
                    of: small(system.max_retries.count()),
                    after,
                    class,
                    message: format!("{what} ({kind}); the request is repeated."),
                }));
                self.retry = Some(Retry { class, status, after });
            }
            "model_fallback" => {
                if let Some(model) = system.fallback_model.words() {
                    self.model = Some(model.to_owned());
                }
                let what = system.content.words().unwrap_or("Another model took over.");
                events.push(Event::Warning(what.to_owned()));
            }
            "model_refusal_no_fallback" => {
                self.refused = true;
                events.push(Event::Warning("The model refused the request.".to_owned()));
            }
            "compact_boundary" => {
                events.push(Event::Warning("The conversation was shortened to make room.".to_owned()));
            }
            // Signs of life that say nothing which the messages do not.
            "status" | "thinking_tokens" | "task_started" | "task_updated" | "task_progress"
            | "task_notification" => {}
            _ => return false,
        }
        true
    }

    fn init(&mut self, system: &System<'_>, events: &mut Vec<Event>) {
        self.tally.begin();
        let words = |scalar: &Scalar<'_>| scalar.words().map(ToOwned::to_owned);
        let (session, model) = (words(&system.session_id), words(&system.model));
        let again = self.session == session && self.version.is_some();
        self.version = words(&system.claude_code_version);
        self.session.clone_from(&session);
        if self.model.is_none() {
            self.model.clone_from(&model);
        }
        // Every further turn in the same process begins with the same line.
        if again {
            return;
        }
        events.push(Event::Started(Started { session, model, version: self.version.clone() }));
        for server in &system.mcp_servers.0 {
            let status = server.status.text_or_empty();
            if !matches!(status, "connected" | "pending" | "disabled") {
                let name = server.name.text_or_empty();
                events.push(Event::Warning(format!("The MCP server `{name}` is not there: {status}.")));
            }
        }
    }

    fn assistant(&mut self, said: &Said<'_>, events: &mut Vec<Event>) -> bool {
        let Some(message) = &said.message.0 else { return false };
        self.heed_session(&said.session_id);
        let own = said.parent_tool_use_id.words().is_none();
        if message.model.text() == Some(SYNTHETIC) {
            let text = message.content.0.iter().find_map(|block| block.text.words()).unwrap_or_default();
            if let Some(kind) = said.error.words() {
                self.error = Some(ApiError { kind: kind.to_owned(), text: text.to_owned() });
                events.push(Event::Warning(text.to_owned()));
            } else if own {
                self.speak(text, events);
            }
            return true;
        }
        if own {
            // The program got through: whatever went wrong before is over.
            self.error = None;
            self.refused = false;
            self.went_on = self.ended.is_some();
            if let Some(model) = message.model.words().filter(|model| self.model.as_deref() != Some(model)) {
                self.model = Some(model.to_owned());
            }
        }
        self.retry = None;
        let mut written = 0;
        let mut known = true;
        for block in &message.content.0 {
            written += self.block(block, own, events).unwrap_or_else(|| {
                known = false;
                0
            });
        }
        if let (Some(id), Some(tokens)) = (message.id.words(), &message.usage.0) {
            self.tally.block(id, tokens, written);
        }
        known
    }

    /// How many bytes the model wrote for it; none where the kind of block is not known.
    fn block(&mut self, block: &Block<'_>, own: bool, events: &mut Vec<Event>) -> Option<usize> {
        match block.kind.text_or_empty() {
            "text" => {
                let text = block.text.text_or_empty();
                if own {
                    self.speak(text, events);
                } else {
                    events.extend(block.text.words().map(|text| Event::Thought(text.to_owned())));
                }
                Some(text.len())
            }
            "thinking" => {
                events.extend(block.thinking.words().map(|text| Event::Thought(text.to_owned())));
                Some(block.thinking.text_or_empty().len())
            }
            "redacted_thinking" => Some(0),
            "tool_use" | "server_tool_use" | "mcp_tool_use" => {
                let (id, name) = (block.id.text_or_empty(), block.name.text_or_empty());
                let input = block.input?;
                self.edits.called(id, name, input);
                events.push(Event::ToolCall(ToolCall {
                    id: id.to_owned(),
                    name: name.to_owned(),
                    summary: tools::summary(name, input, &self.worktree),
                    input: clip(input.get(), SHOWN_BYTES),
                }));
                Some(input.get().len())
            }
            kind if kind.ends_with("tool_result") => {
                self.tool_result(block, None, events);
                Some(0)
            }
            _ => None,
        }
    }

    fn speak(&mut self, text: &str, events: &mut Vec<Event>) {
        if !text.trim().is_empty() {
            self.last_words = clip(text, LAST_WORDS_BYTES);
            events.push(Event::Text(text.to_owned()));
        }
    }

    /// Results of tools; the other things said in the user's name are the program's own or ours.
    fn user(&mut self, said: &Said<'_>, events: &mut Vec<Event>) -> bool {
        let Some(message) = &said.message.0 else { return false };
        self.heed_session(&said.session_id);
        let change = said.tool_use_result.0.as_ref().and_then(|result| result.kind.text());
        for block in &message.content.0 {
            if block.kind.text() == Some("tool_result") {
                self.tool_result(block, change, events);
            }
        }
        true
    }

    fn tool_result(&mut self, block: &Block<'_>, change: Option<&str>, events: &mut Vec<Event>) {
        let id = block.tool_use_id.text_or_empty();
        let ok = !block.is_error.is_true();
        let summary = line::shown(&block.content);
        events.push(Event::ToolResult(ToolResult { id: id.to_owned(), ok, summary }));
        events.extend(self.edits.returned(id, ok, change, &self.worktree).map(Event::FileChange));
    }

    fn partial(&mut self, partial: &Partial<'_>) -> bool {
        let Some(event) = &partial.event.0 else { return false };
        if partial.parent_tool_use_id.words().is_some() {
            return true;
        }
        match (event.kind.text_or_empty(), &event.message, &event.usage) {
            ("message_start", Object(Some(message)), _) => {
                self.partial_message = message.id.words().map(ToOwned::to_owned);
                if let (Some(id), Object(Some(tokens))) = (message.id.words(), &message.usage) {
                    self.tally.block(id, tokens, 0);
                }
            }
            ("message_delta", _, Object(Some(tokens))) => {
                if let Some(id) = &self.partial_message {
                    self.tally.complete(id, tokens);
                }
            }
            _ => {}
        }
        true
    }

    fn limit(&mut self, line: &RateLimit<'_>, events: &mut Vec<Event>) -> bool {
        let Some(info) = &line.rate_limit_info.0 else { return false };
        let name = info.rate_limit_type.words().unwrap_or("subscription").to_owned();
        let rejected = info.status.text() == Some("rejected");
        self.limit = rejected.then(|| name.clone());
        // Past the year 9999 it is no point in time, in seconds at least.
        let resets_at = info.resets_at.count().filter(|seconds| *seconds <= 253_402_300_799);
        let resets_at = resets_at.map(|seconds| seconds * 1_000);
        events.push(Event::Limit(Limit { name, rejected, resets_at }));
        true
    }

    fn result(&mut self, result: &Final<'_>, events: &mut Vec<Event>) -> bool {
        self.heed_session(&result.session_id);
        self.tally.settle(result);
        if let Some(turns) = small(result.num_turns.count()) {
            self.turns = Some(self.turns.unwrap_or(0).saturating_add(turns));
        }
        for name in result.permission_denials.0.iter().filter_map(|denial| denial.tool_name.words()) {
            if !self.denied.iter().any(|denied| denied == name) {
                self.denied.push(name.to_owned());
            }
        }
        let words = |scalar: &Scalar<'_>| scalar.text_or_empty().to_owned();
        self.ended = Some(Ended {
            subtype: words(&result.subtype),
            is_error: result.is_error.is_true(),
            status: result.api_error_status.count().and_then(|status| u16::try_from(status).ok()),
            text: words(&result.result),
            stop_reason: words(&result.stop_reason),
            terminal_reason: words(&result.terminal_reason),
            errors: result.errors.0.iter().filter_map(Scalar::words).map(ToOwned::to_owned).collect(),
        });
        self.went_on = false;
        // Before the end is told, so that nobody settles on what went before.
        self.tell_usage(events);
        events.push(Event::Finished);
        true
    }

    fn heed_session(&mut self, session: &Scalar<'_>) {
        if self.session.is_none() {
            self.session = session.words().map(ToOwned::to_owned);
        }
    }
}

fn small(count: Option<u64>) -> Option<u32> {
    count.and_then(|count| u32::try_from(count).ok())
}

/// The line as it came, cut: only what is kept is decoded.
fn raw(line: &[u8]) -> String {
    let kept = line.get(..line.len().min(SHOWN_BYTES + 4)).unwrap_or_default();
    clip(&String::from_utf8_lossy(kept), SHOWN_BYTES)
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
