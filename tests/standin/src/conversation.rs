//! A request as a script sees it, whichever API it came by.

use serde_json::Value;

/// What a program has sent: the conversation so far and what the model may do.
#[derive(Debug, Default)]
pub(crate) struct Conversation {
    pub(crate) model: String,
    pub(crate) streamed: bool,
    /// What the user wrote, oldest first; what programs add by themselves is left out.
    pub(crate) prompts: Vec<String>,
    /// What tools gave back since the last prompt.
    pub(crate) results: Vec<String>,
    pub(crate) tools: Vec<Tool>,
    /// The program's working folder, where it says so.
    pub(crate) folder: Option<String>,
    /// Whether tools that are kept back were searched for.
    pub(crate) searched: bool,
    /// The JSON schema that the final answer is to fit.
    pub(crate) schema: Option<Value>,
}

/// A tool on offer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tool {
    pub(crate) name: String,
    /// The group that it must be called with, where the API has groups.
    pub(crate) namespace: Option<String>,
    /// The JSON schema of its arguments.
    pub(crate) parameters: Value,
    /// Whether it takes plain text in place of JSON.
    pub(crate) freeform: bool,
}

impl Conversation {
    /// Adds a message of the user: a prompt opens a new turn, unless it only accompanies tool results.
    pub(crate) fn user(&mut self, prompt: &str, results: Vec<String>) {
        let prompt = prompt.trim();
        if results.is_empty() && !prompt.is_empty() {
            self.prompts.push(prompt.to_owned());
            self.results.clear();
        } else {
            self.results.extend(results);
        }
    }

    pub(crate) fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    /// Whether this is the program's own errand (a title, a routing question) and not the user's work.
    pub(crate) fn is_aside(&self) -> bool {
        self.tools.is_empty() && self.schema.is_some()
    }
}

/// The rest of the line after a marker, up to a tag: how programs state their working folder.
pub(crate) fn stated_after(text: &str, marker: &str) -> Option<String> {
    let (_, after) = text.split_once(marker)?;
    let stated = after.trim_start_matches(|c: char| c.is_whitespace() || c == '-' || c == '*');
    let end = stated.find(['\n', '<', '`']).unwrap_or(stated.len());
    let stated = stated.get(..end)?.trim();
    stated.starts_with('/').then(|| stated.to_owned())
}

/// A text without what stands between two tags, tags included, wherever they stand.
pub(crate) fn without(text: &str, open: &str, close: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        kept.push_str(before);
        rest = after.split_once(close).map_or("", |(_, after)| after);
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_working_folder_is_read_to_the_end_of_its_line_or_tag() {
        assert_eq!(stated_after("x <cwd>/a b</cwd>", "<cwd>").as_deref(), Some("/a b"));
        assert_eq!(stated_after("**Folders:**\n  - /srv/w\n- next", "Folders:").as_deref(), Some("/srv/w"));
        assert_eq!(stated_after("Folders: none", "Folders:"), None);
    }

    #[test]
    fn a_new_prompt_opens_a_turn_without_results() {
        let mut conversation = Conversation::default();
        conversation.user("first", vec![]);
        conversation.user("", vec!["result".into()]);
        assert_eq!((conversation.prompts.len(), conversation.results.len()), (1, 1));
        conversation.user("second", vec![]);
        assert_eq!((conversation.prompts.len(), conversation.results.len()), (2, 0));
    }

    #[test]
    fn reminders_are_cut_out_of_a_prompt_even_when_they_never_end() {
        assert_eq!(without("a<r>b</r>c<r>d", "<r>", "</r>"), "ac");
    }
}
