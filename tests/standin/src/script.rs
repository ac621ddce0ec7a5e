//! What the model says next: a scenario and the conversation so far decide, and nothing is remembered
//! between requests.

use crate::{
    HELLO_TEXT, WRITTEN_FILE,
    conversation::Conversation,
    playback::Course,
    scenario::{Fault, Scenario},
    schema::fitting,
    toolbox::{self, Call},
};
use serde_json::json;
use std::time::Duration;

/// What to do with a request.
#[derive(Debug)]
pub(crate) enum Act {
    Answer(Reply, Course),
    Refuse(Fault),
    /// No head for so long, then the answer.
    Withhold(Duration, Reply),
}

/// A model's answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) blocks: Vec<Block>,
    pub(crate) ending: Ending,
}

#[derive(Debug)]
pub(crate) enum Block {
    /// A text, in the pieces that it is streamed in.
    Text(Vec<String>),
    Call(Call),
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    Finished,
    Calls,
    Declined,
    OutOfTokens,
}

/// What to do, given the scenario.
pub(crate) fn act(scenario: &Scenario, conversation: &Conversation) -> Act {
    let (reply, course) = match scenario {
        Scenario::Fault(fault, _) => return Act::Refuse(*fault),
        Scenario::Hang(time) => return Act::Withhold(*time, hello(conversation)),
        Scenario::Hello => (hello(conversation), Course::Through),
        Scenario::Slow(time) => (hello(conversation), Course::LateBy(*time)),
        Scenario::Stall(time) => (hello(conversation), Course::SilentMidway(*time)),
        Scenario::Cut(_) => (hello(conversation), Course::CutMidway),
        Scenario::Write => (write(conversation), Course::Through),
        Scenario::Edit => (edit(conversation), Course::Through),
        Scenario::Shell(command) => (shell(conversation, command), Course::Through),
        Scenario::Mcp { tool, arguments } => (mcp(conversation, tool.as_deref(), arguments), Course::Through),
        Scenario::Long(lines) => (long(*lines), Course::Through),
        Scenario::Refusal => (ending("I can not help with that.", Ending::Declined), Course::Through),
        Scenario::MaxTokens => {
            (ending("This answer ends in the middle of a", Ending::OutOfTokens), Course::Through)
        }
    };
    Act::Answer(reply, course)
}

/// The answer to a program's own errand: what its schema asks for.
pub(crate) fn aside(conversation: &Conversation) -> Reply {
    let mut answer = conversation.schema.as_ref().map_or(json!({}), fitting);
    // gemini asks who speaks next; anything but the user would make it go on by itself.
    if let Some(speaker) = answer.get_mut("next_speaker") {
        *speaker = json!("user");
    }
    text(&answer.to_string())
}

fn hello(conversation: &Conversation) -> Reply {
    match (&conversation.schema, conversation.tool("StructuredOutput")) {
        (Some(schema), _) => text(&fitting(schema).to_string()),
        (None, Some(tool)) if conversation.results.is_empty() => calling(Call::Function {
            name: tool.name.clone(),
            namespace: None,
            arguments: fitting(&tool.parameters),
        }),
        _ => text(HELLO_TEXT),
    }
}

fn write(conversation: &Conversation) -> Reply {
    if !conversation.results.is_empty() {
        return text(&format!("Done: {WRITTEN_FILE} is in the working folder."));
    }
    let mut reply = call_or_say(toolbox::write(conversation));
    if reply.ending == Ending::Calls {
        reply.blocks.insert(0, Block::Text(pieces(&format!("I will write {WRITTEN_FILE} now."))));
    }
    reply
}

fn edit(conversation: &Conversation) -> Reply {
    match conversation.results.len() {
        0 => call_or_say(toolbox::write(conversation)),
        1 => call_or_say(toolbox::edit(conversation)),
        _ => text(&format!("Done: {WRITTEN_FILE} was written and then edited.")),
    }
}

fn shell(conversation: &Conversation, command: &str) -> Reply {
    match conversation.results.last() {
        Some(printed) => text(&format!("The command gave: {}", clipped(printed))),
        None => call_or_say(toolbox::shell(conversation, command)),
    }
}

fn mcp(conversation: &Conversation, tool: Option<&str>, arguments: &[(String, String)]) -> Reply {
    match conversation.results.last() {
        Some(said) => text(&format!("The tool said: {}", clipped(said))),
        None => call_or_say(toolbox::mcp(conversation, tool, arguments)),
    }
}

fn long(lines: usize) -> Reply {
    let line = |at| format!("line {at:06} of {lines}: patch panels, plugs and cords, one beside the other\n");
    Reply { blocks: vec![Block::Text((1..=lines).map(line).collect())], ending: Ending::Finished }
}

fn call_or_say(call: Option<Call>) -> Reply {
    call.map_or_else(|| text("There is no tool on offer that can do this."), calling)
}

fn calling(call: Call) -> Reply {
    Reply { blocks: vec![Block::Call(call)], ending: Ending::Calls }
}

fn text(said: &str) -> Reply {
    ending(said, Ending::Finished)
}

fn ending(said: &str, ending: Ending) -> Reply {
    Reply { blocks: vec![Block::Text(pieces(said))], ending }
}

/// A few words at a time, as models stream.
fn pieces(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_inclusive(' ').collect();
    words.chunks(3).map(<[&str]>::concat).collect()
}

fn clipped(text: &str) -> String {
    text.chars().take(400).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::Tool;

    fn coder(results: usize) -> Conversation {
        let tools = ["Write", "Edit", "Bash"].map(|name| Tool { name: name.into(), ..Tool::default() });
        Conversation { tools: tools.into(), results: vec!["done".into(); results], ..Conversation::default() }
    }

    fn ends(scenario: &Scenario, results: usize) -> Ending {
        match act(scenario, &coder(results)) {
            Act::Answer(reply, Course::Through) => reply.ending,
            other => panic!("not answered: {other:?}"),
        }
    }

    #[test]
    fn a_script_calls_its_tools_in_turn_and_then_ends() {
        let endings = |scenario: Scenario| [0, 1, 2].map(|results| ends(&scenario, results));
        assert_eq!(endings(Scenario::Write), [Ending::Calls, Ending::Finished, Ending::Finished]);
        assert_eq!(endings(Scenario::Edit), [Ending::Calls, Ending::Calls, Ending::Finished]);
        assert_eq!(endings(Scenario::shell("true")), [Ending::Calls, Ending::Finished, Ending::Finished]);
    }

    #[test]
    fn a_script_without_its_tool_says_so_and_does_not_wait_for_ever() {
        let Act::Answer(reply, _) = act(&Scenario::Write, &Conversation::default()) else { panic!() };
        assert_eq!(reply.ending, Ending::Finished);
    }

    #[test]
    fn pieces_put_together_are_the_text() {
        assert!(pieces(HELLO_TEXT).len() > 2);
        assert_eq!(pieces(HELLO_TEXT).concat(), HELLO_TEXT);
    }
}
