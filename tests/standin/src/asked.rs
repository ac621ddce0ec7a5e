//! Which scenario a conversation asks for: the words `scenario=...` and `API-scenario=...` in its prompts.

use crate::{
    protocol::Api,
    scenario::{Scenario, UnknownScenario},
};

/// What a prompt asks of every API and what it asks of this one: the last word of each sort counts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) of_all: Option<Result<Scenario, UnknownScenario>>,
    pub(crate) of_this: Option<Result<Scenario, UnknownScenario>>,
}

/// Reads the words in a conversation: the last prompt that has any. Programs put prompts of their own after
/// it (to go on after the output limit, say), and those belong to the same scenario.
pub(crate) fn asked_in(prompts: &[String], api: Api) -> Asked {
    prompts
        .iter()
        .rev()
        .map(|prompt| asked_by(prompt, api))
        .find(|asked| !asked.is_nothing())
        .unwrap_or_default()
}

impl Asked {
    fn is_nothing(&self) -> bool {
        self.of_all.is_none() && self.of_this.is_none()
    }
}

fn asked_by(prompt: &str, api: Api) -> Asked {
    let mut asked = Asked::default();
    for (at, lead) in prompt.match_indices("scenario=") {
        let (before, from) = (prompt.get(..at).unwrap_or(""), prompt.get(at + lead.len()..).unwrap_or(""));
        let wanted = Some(word(from).parse());
        let whom = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or("");
        if whom.is_empty() {
            asked.of_all = wanted;
        } else if whom.strip_suffix('-') == Some(api.name()) {
            asked.of_this = wanted;
        }
    }
    asked
}

/// The scenario's word at the start of a text, without the punctuation of the sentence around it.
fn word(text: &str) -> &str {
    let name = text.find(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit()).unwrap_or(text.len());
    if !text.get(name..).is_some_and(|rest| rest.starts_with(':')) {
        return text.get(..name).unwrap_or(text);
    }
    let end = text.find(|c: char| c.is_whitespace() || "\"'`<>\\".contains(c)).unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::Fault;

    #[test]
    fn the_last_word_in_a_prompt_counts_and_the_sentence_around_it_does_not() {
        let asked =
            asked_by("First scenario=hello, then (scenario=shell:echo+a \"scenario=write\").", Api::OpenAi);
        assert_eq!(asked, Asked { of_all: Some(Ok(Scenario::Write)), of_this: None });
    }

    #[test]
    fn a_word_for_one_api_is_not_read_by_another() {
        let prompt = "anthropic-scenario=overloaded:1 scenario=write";
        let of_this = |api| asked_by(prompt, api).of_this;
        assert_eq!(of_this(Api::Anthropic), Some(Ok(Scenario::first(1, Fault::Overloaded))));
        assert_eq!(of_this(Api::Gemini), None);
        assert_eq!(asked_by(prompt, Api::Anthropic).of_all, Some(Ok(Scenario::Write)));
    }

    #[test]
    fn what_a_program_adds_after_the_prompt_does_not_change_the_scenario() {
        let prompts = ["scenario=hello", "scenario=maxtokens", "Go on where you stopped."].map(str::to_owned);
        assert_eq!(asked_in(&prompts, Api::Anthropic).of_all, Some(Ok(Scenario::MaxTokens)));
    }
}
