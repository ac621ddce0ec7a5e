//! Texts that arrive in pieces: no secret gets through because it was cut.

use super::Redactor;

/// Texts that an agent prints one after the other and that may be pieces of one: each stays a text of its own, and
/// one that may end within a secret waits for the next.
#[derive(Debug)]
pub struct Texts {
    redactor: Redactor,
    waiting: Vec<String>,
}

impl Texts {
    /// For texts that a redactor has not seen yet.
    pub const fn new(redactor: Redactor) -> Self {
        Self { redactor, waiting: Vec::new() }
    }

    /// What can be shown now, this text last where it is among it.
    pub fn feed(&mut self, text: String) -> Vec<String> {
        self.waiting.push(text);
        if self.redactor.is_empty() {
            return std::mem::take(&mut self.waiting);
        }
        let whole = self.waiting.concat();
        if self.redactor.is_decided(&whole) {
            return self.finish();
        }
        Vec::new()
    }

    /// What waits, once the next text is none of them.
    pub fn finish(&mut self) -> Vec<String> {
        let texts = std::mem::take(&mut self.waiting);
        if texts.len() < 2 {
            return texts.iter().map(|text| self.redactor.text(text)).collect();
        }
        let whole = texts.concat();
        let Some(clean) = self.redactor.changed(&whole) else { return texts };
        let each: Vec<_> = texts.iter().map(|text| self.redactor.text(text)).collect();
        // A secret that runs over the end of a text makes them one.
        if each.concat() == clean { each } else { vec![clean] }
    }
}
