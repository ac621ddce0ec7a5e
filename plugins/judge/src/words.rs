//! What answers have in common, by their words.
//!
//! Two answers agree where most words are in both and none that turns an answer round is in one
//! alone: a number, a denial, a verdict.

use alloc::collections::BTreeSet;
use alloc::string::String;

/// How much of an answer is read, bytes, and how many different words of it are kept.
const READ: usize = 64 << 10;
const KEPT: usize = 5_000;

/// Longest part of a word that is looked at, in characters.
const LETTERS: usize = 40;

/// In hundredths: from here on answers agree, and from here on they have something in common.
const AGREES: u32 = 80;
const SHARES: u32 = 30;

/// Words that turn an answer round, written without apostrophes.
const TURNING: [&str; 30] = [
    "no", "not", "never", "none", "nothing", "nobody", "neither", "nor", "without", "cannot", "cant", "dont",
    "doesnt", "didnt", "isnt", "arent", "wasnt", "werent", "wont", "wouldnt", "shouldnt", "couldnt", "hasnt",
    "yes", "true", "false", "passes", "passed", "fails", "failed",
];

/// From here on a letter is a word of its own, as in Chinese or Japanese.
const IDEOGRAMS: char = '\u{2e80}';

/// The words of an answer, each once.
#[derive(Debug)]
pub(crate) struct Words {
    all: BTreeSet<String>,
    turning: BTreeSet<String>,
}

impl Words {
    pub(crate) fn of(answer: &str) -> Self {
        let mut end = answer.len().min(READ);
        while !answer.is_char_boundary(end) {
            end -= 1;
        }
        let mut words = Self { all: BTreeSet::new(), turning: BTreeSet::new() };
        let mut word = String::new();
        let mut letters = 0;
        for this in answer.get(..end).unwrap_or_default().chars() {
            if !this.is_alphanumeric() && !matches!(this, '\'' | '’') {
                words.add(&mut word);
                letters = 0;
            } else if this >= IDEOGRAMS {
                words.add(&mut word);
                word.push(this);
                words.add(&mut word);
                letters = 0;
            } else if this.is_alphanumeric() && letters < LETTERS {
                word.extend(this.to_lowercase());
                letters += 1;
            }
        }
        words.add(&mut word);
        words
    }

    fn add(&mut self, word: &mut String) {
        let word = core::mem::take(word);
        if word.is_empty() || self.all.len() >= KEPT {
            return;
        }
        let turns = word.bytes().any(|byte| byte.is_ascii_digit()) || TURNING.contains(&word.as_str());
        if turns {
            self.turning.insert(word.clone());
        }
        self.all.insert(word);
    }

    /// The share of all words that are in both, in hundredths.
    pub(crate) fn overlap(&self, other: &Self) -> u32 {
        let both = self.all.intersection(&other.all).count();
        let either = self.all.len() + other.all.len() - both;
        let share = (both * 100).checked_div(either).unwrap_or(100);
        u32::try_from(share).unwrap_or(100)
    }

    pub(crate) fn agree(&self, other: &Self) -> bool {
        self.overlap(other) >= AGREES && self.turning == other.turning
    }

    pub(crate) fn share_something(&self, other: &Self) -> bool {
        self.overlap(other) >= SHARES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agree(one: &str, two: &str) -> bool {
        let (one, two) = (Words::of(one), Words::of(two));
        assert_eq!(one.agree(&two), two.agree(&one));
        one.agree(&two)
    }

    #[test]
    fn the_same_in_slightly_other_words_agrees() {
        assert!(agree(
            "The cache is read before the lock is taken.",
            "the cache is READ, before the lock is taken"
        ));
        assert!(agree("", "  \n"));
        assert!(!agree("", "something"));
        assert!(!agree("The parser is too slow.", "Nobody closes the socket."));
    }

    #[test]
    fn a_number_or_a_denial_makes_it_another_answer() {
        let long = "All of the tests in the parser package that were asked for have now been run and the result is that everything";
        assert!(agree(&format!("{long} is fine"), &format!("{long} was fine")));
        assert!(!agree(&format!("{long} is fine"), &format!("{long} isn't fine")));
        assert!(!agree(&format!("{long} is fine"), &format!("{long} is not fine")));
        assert!(!agree(&format!("{long}: 12"), &format!("{long}: 13")));
    }

    #[test]
    fn languages_without_blanks_have_words_too() {
        let share = Words::of("東京は日本の首都です").overlap(&Words::of("日本の首都は東京です"));
        assert_eq!(share, 100);
        assert_eq!(Words::of("Größe ÄNDERN").overlap(&Words::of("größe ändern")), 100);
    }

    #[test]
    fn a_long_answer_is_read_in_part() {
        let many: String = (0..100_000).map(|n| format!("w{n} ")).collect();
        assert!(Words::of(&many).all.len() <= KEPT);
        assert!(Words::of(&"é".repeat(1 << 20)).all.iter().all(|word| word.chars().count() <= LETTERS));
    }
}
