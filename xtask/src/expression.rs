//! Licence expressions (SPDX), as far as the question goes: is there a way to take this crate under
//! licences that are allowed? `AND` needs both sides, `OR` either, and `WITH` belongs to its licence.

/// Whether the allowed licences satisfy the expression. What cannot be read is not satisfied.
pub(crate) fn satisfied(expression: &str, allowed: &[&str]) -> bool {
    // Old crates write MIT/Apache-2.0 for what is an OR.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, allowed };
    let satisfied = reader.either();
    satisfied == Some(true) && reader.words.is_empty()
}

struct Reader<'a> {
    words: &'a [&'a str],
    allowed: &'a [&'a str],
}

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.first().copied()
    }

    fn take(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }

    fn takes(&mut self, word: &str) -> bool {
        let next = self.peek() == Some(word);
        if next {
            self.take();
        }
        next
    }

    fn either(&mut self) -> Option<bool> {
        let mut satisfied = self.both()?;
        while self.takes("OR") {
            satisfied |= self.both()?;
        }
        Some(satisfied)
    }

    fn both(&mut self) -> Option<bool> {
        let mut satisfied = self.one()?;
        while self.takes("AND") {
            satisfied &= self.one()?;
        }
        Some(satisfied)
    }

    fn one(&mut self) -> Option<bool> {
        if self.takes("(") {
            let inner = self.either()?;
            return self.takes(")").then_some(inner);
        }
        let mut licence = self.take()?.to_owned();
        if self.takes("WITH") {
            licence = format!("{licence} WITH {}", self.take()?);
        }
        // `MPL-2.0+` is MPL-2.0 or any later one, and the taker's is the choice.
        let or_later = licence.strip_suffix('+');
        Some(self.allowed.contains(&or_later.unwrap_or(&licence)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: [&str; 3] = ["MIT", "Apache-2.0", "Apache-2.0 WITH LLVM-exception"];

    #[test]
    fn either_side_of_an_or_is_enough() {
        assert!(satisfied("MIT OR GPL-3.0", &ALLOWED));
        assert!(satisfied("GPL-3.0/MIT", &ALLOWED));
        assert!(!satisfied("GPL-2.0 OR GPL-3.0", &ALLOWED));
    }

    #[test]
    fn both_sides_of_an_and_are_needed() {
        assert!(satisfied("MIT AND Apache-2.0", &ALLOWED));
        assert!(!satisfied("MIT AND GPL-3.0", &ALLOWED));
        assert!(!satisfied("(MIT OR Apache-2.0) AND Unicode-3.0", &ALLOWED));
        assert!(satisfied("GPL-3.0 AND GPL-2.0 OR MIT", &ALLOWED), "AND binds tighter");
    }

    #[test]
    fn an_exception_belongs_to_its_licence() {
        assert!(satisfied("Apache-2.0 WITH LLVM-exception", &ALLOWED));
        assert!(!satisfied("MIT WITH LLVM-exception", &ALLOWED));
    }

    #[test]
    fn a_licence_or_any_later_one_is_that_licence() {
        assert!(satisfied("Apache-2.0+", &ALLOWED));
        assert!(!satisfied("GPL-2.0+", &ALLOWED));
    }

    #[test]
    fn what_cannot_be_read_is_not_satisfied() {
        for broken in ["", "MIT OR", "(MIT", "MIT)", "MIT MIT", "WITH", "MIT AND"] {
            assert!(!satisfied(broken, &ALLOWED), "{broken}");
        }
    }
}
