//! Events of an agent on their way to the record. What it says comes in pieces, and a secret may begin in one and end in
//! the next, so that a piece may wait for the event after it.

use super::events::{cut, recorded};
use jackfield_model::{NewRunEvent, RunEvent};
use jackfield_plugins::facts::driving::Event;
use jackfield_redact::{Redactor, Texts};
use jackfield_types::Timestamp;

/// Whether an agent speaks or thinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Voice {
    Aloud,
    Thinking,
}

/// The events of one agent, without secrets.
#[derive(Debug)]
pub(crate) struct Speech {
    redactor: Redactor,
    /// Of the texts that wait.
    voice: Voice,
    texts: Texts,
}

impl Speech {
    pub(crate) fn new(redactor: &Redactor) -> Self {
        Self { redactor: redactor.clone(), voice: Voice::Aloud, texts: Texts::new(redactor.clone()) }
    }

    /// What can be recorded once the agent's next event is known.
    pub(crate) fn feed(&mut self, at: Timestamp, event: Event) -> Vec<NewRunEvent> {
        let (voice, text) = match event {
            Event::Text(text) => (Voice::Aloud, text),
            Event::Thought(text) => (Voice::Thinking, text),
            other => {
                let mut events = self.finish(at);
                events.push(recorded(at, other, &self.redactor));
                return events;
            }
        };
        let mut events = if self.voice == voice { Vec::new() } else { self.finish(at) };
        self.voice = voice;
        let texts = self.texts.feed(text);
        events.extend(self.said(at, texts));
        events
    }

    /// What waits, once no more text follows.
    pub(crate) fn finish(&mut self, at: Timestamp) -> Vec<NewRunEvent> {
        let texts = self.texts.finish();
        self.said(at, texts)
    }

    /// Texts that were redacted together, as events.
    fn said(&self, at: Timestamp, texts: Vec<String>) -> Vec<NewRunEvent> {
        let event = |text: String| match self.voice {
            Voice::Aloud => RunEvent::Text(cut(text).into()),
            Voice::Thinking => RunEvent::Thought(cut(text).into()),
        };
        texts.into_iter().map(|text| NewRunEvent { at, event: event(text) }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(speech: &mut Speech, event: Event) -> Vec<RunEvent> {
        speech.feed(Timestamp::UNIX_EPOCH, event).into_iter().map(|new| new.event).collect()
    }

    #[test]
    fn secret_in_two_pieces_is_replaced() {
        let redactor = Redactor::new([("KEY".to_owned(), "sk-0123456789".to_owned())]);
        let mut speech = Speech::new(&redactor);
        assert_eq!(heard(&mut speech, Event::Text("it is sk-01234".into())), []);
        let whole = heard(&mut speech, Event::Text("56789, I think".into()));
        assert_eq!(whole, [RunEvent::Text("it is [KEY], I think".into())]);
    }

    #[test]
    fn piece_that_waits_comes_before_the_event_that_ends_it() {
        let redactor = Redactor::new([("KEY".to_owned(), "sk-0123456789".to_owned())]);
        let mut speech = Speech::new(&redactor);
        assert_eq!(heard(&mut speech, Event::Text("it is sk-01234".into())), []);
        let thought = heard(&mut speech, Event::Thought("is it sk-01234".into()));
        assert_eq!(thought, [RunEvent::Text("it is sk-01234".into())]);
        let finished = heard(&mut speech, Event::Finished);
        assert_eq!(finished, [RunEvent::Thought("is it sk-01234".into()), RunEvent::AgentFinished(())]);
        assert_eq!(speech.finish(Timestamp::UNIX_EPOCH), []);
    }

    #[test]
    fn secret_that_a_text_is_cut_in_is_replaced_before() {
        let redactor = Redactor::new([("KEY".to_owned(), "sk-0123456789".to_owned())]);
        let mut speech = Speech::new(&redactor);
        let long = format!("{}sk-0123456789.", "x".repeat((16 << 10) - 6));
        let mut events = heard(&mut speech, Event::Text(long));
        events.extend(heard(&mut speech, Event::Finished));
        let RunEvent::Text(said) = &events[0] else { panic!("{events:?}") };
        assert!(said.text.ends_with("x[KEY]."), "{}", said.text.len());
    }
}
