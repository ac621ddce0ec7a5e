//! The agent's final answer: what it said after its last tool came back.
//!
//! When a stream breaks in the middle, gemini asks again and the model begins its answer anew;
//! what had been said is then in the output twice, without a mark. A pause tells: if what follows
//! one repeats the answer so far from its beginning, it is that answer again and is taken once.

use alloc::string::String;

/// A stream that flows pauses for less; a retry waits for longer.
const PAUSE_MS: u64 = 500;

/// Less than this may repeat by chance.
const LEAST: usize = 8;

#[derive(Debug, Default)]
pub(crate) struct Answer {
    text: String,
    last: Option<u64>,
    /// Where a repetition may have begun.
    again: Option<usize>,
}

impl Answer {
    /// Something was done: what is said from now on is a new answer.
    pub(crate) fn begin_anew(&mut self) {
        self.text.clear();
        self.again = None;
    }

    /// `timestamp`: as gemini writes it, `2026-11-21T00:51:30.660Z`.
    pub(crate) fn say(&mut self, words: &str, timestamp: Option<&str>) {
        let now = timestamp.and_then(of_day);
        let paused = self.last.zip(now).is_some_and(|(last, now)| since(last, now) >= PAUSE_MS);
        self.last = now.or(self.last);
        if paused {
            self.paused();
        }
        self.text.push_str(words);
        self.compare();
    }

    pub(crate) fn take(&mut self) -> String {
        core::mem::take(&mut self.text)
    }

    fn paused(&mut self) {
        match self.again {
            // The repetition itself broke off.
            Some(at) if self.text.len() - at >= LEAST => self.text.truncate(at),
            _ => self.again = (self.text.len() >= LEAST).then_some(self.text.len()),
        }
    }

    fn compare(&mut self) {
        let Some(at) = self.again else { return };
        let Some((first, again)) = self.text.split_at_checked(at) else { return };
        let length = first.len().min(again.len());
        if first.as_bytes().get(..length) != again.as_bytes().get(..length) {
            self.again = None;
        } else if again.len() >= first.len() {
            self.text.drain(..at);
            self.again = None;
        }
    }
}

/// Milliseconds since midnight.
fn of_day(timestamp: &str) -> Option<u64> {
    let time = timestamp.split_once('T')?.1.strip_suffix('Z')?;
    let (seconds, millis) = time.split_once('.').unwrap_or((time, "0"));
    let mut parts = seconds.split(':').map(|part| part.parse::<u64>().ok().filter(|part| *part < 61));
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let millis = millis.parse::<u64>().ok().filter(|millis| *millis < 1000)?;
    Some(((hours * 60 + minutes) * 60 + seconds) * 1000 + millis)
}

const fn since(then: u64, now: u64) -> u64 {
    // Past midnight; a time that no day has is as good as no pause.
    if now >= then { now - then } else { (now + 86_400_000).saturating_sub(then) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(deltas: &[(&str, &str)]) -> String {
        let mut answer = Answer::default();
        for (time, words) in deltas {
            answer.say(words, Some(&alloc::format!("2026-11-21T{time}Z")));
        }
        answer.take()
    }

    #[test]
    fn an_answer_that_was_begun_anew_after_a_pause_is_taken_once() {
        let again = [
            ("10:00:00.000", "Hello from the "),
            ("10:00:02.000", "Hello "),
            ("10:00:02.010", "from the world"),
        ];
        assert_eq!(said(&again), "Hello from the world");
        let thrice = [
            ("23:59:59.900", "Hello from "),
            ("00:00:01.000", "Hello from "),
            ("00:05:00.000", "Hello from me"),
        ];
        assert_eq!(said(&thrice), "Hello from me");
    }

    #[test]
    fn a_repetition_that_broke_off_itself_is_dropped() {
        let broken = [
            ("10:00:00.000", "One, two, three, four"),
            ("10:00:02.000", "One, two, "),
            ("10:00:04.000", "One, two, three, four, five"),
        ];
        assert_eq!(said(&broken), "One, two, three, four, five");
    }

    #[test]
    fn what_repeats_without_a_pause_or_differs_after_one_is_left_alone() {
        assert_eq!(
            said(&[("10:00:00.000", "again and "), ("10:00:00.100", "again and ")]),
            "again and again and "
        );
        assert_eq!(said(&[("10:00:00.000", "ha "), ("10:00:09.000", "ha ")]), "ha ha ");
        assert_eq!(
            said(&[("10:00:00.000", "First this, "), ("10:00:09.000", "First that")]),
            "First this, First that"
        );
        let multibyte = [("10:00:00.000", "日本語 ends"), ("10:00:09.000", "日月"), ("10:00:09.001", "!")];
        assert_eq!(said(&multibyte), "日本語 ends日月!");
        let mut untimed = Answer::default();
        untimed.say("word for word ", None);
        untimed.say("word for word ", Some("nonsense"));
        assert_eq!(untimed.take(), "word for word word for word ");
    }
}
