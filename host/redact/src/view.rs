//! Bytes as what they stand for, with the way back: terminal sequences and characters that are not shown are left
//! out, escapes are decoded. A secret is looked for in a view, and replaced in the bytes behind it.

use jackfield_sdk::visible::hidden;

/// How far a terminal's string sequence is followed for its end, bytes.
const LONGEST_STRING: usize = 4 << 10;
/// How far a control sequence is followed for its final character, bytes.
const LONGEST_CONTROL: usize = 64;
/// What stands between hexadecimal digits that do not belong together.
const BARRIER: u8 = 0xff;

/// What is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decoding {
    /// Nothing is left out or decoded.
    Nothing,
    /// What is not shown is left out, and every backslash; `\u002d` is a character.
    Shown,
    /// The same, and `\n`, `\x2d` and `\055` are characters.
    Escapes,
    /// The same, and `%2D` and `&#45;` are.
    Web,
    /// Only hexadecimal digits, whatever stands between the pairs.
    Hexadecimal,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) bytes: Vec<u8>,
    stretches: Vec<Stretch>,
    /// Where something begins that may go on behind the end.
    pub(super) unfinished: Option<usize>,
}

/// Bytes of a view, and those behind them.
#[derive(Debug, Clone, Copy)]
struct Stretch {
    view: usize,
    from: usize,
    to: usize,
    /// One byte for each.
    literal: bool,
}

/// What stands at a place.
enum Token {
    Left(usize),
    Literal(usize),
    Stands(usize, [u8; 4], usize),
    Unfinished,
}

impl View {
    /// `more`: bytes may follow, so that what is cut off at the end is not decided about.
    pub(super) fn of(bytes: &[u8], decoding: Decoding, more: bool) -> Self {
        match decoding {
            Decoding::Nothing => {
                let mut view = Self::default();
                view.literal(bytes, 0, bytes.len());
                view
            }
            Decoding::Hexadecimal => hexadecimal_from(bytes, false, more),
            _ => decoded(bytes, decoding, more),
        }
    }

    /// Where the byte at `place` of the view begins.
    pub(super) fn start(&self, place: usize) -> usize {
        self.behind(place).map_or(0, |stretch| match stretch.literal {
            true => stretch.from + (place - stretch.view),
            false => stretch.from,
        })
    }

    /// Where the byte before `place` of the view ends.
    pub(super) fn end(&self, place: usize) -> usize {
        let last = place.saturating_sub(1);
        self.behind(last).map_or(0, |stretch| match stretch.literal {
            true => stretch.from + (last - stretch.view) + 1,
            false => stretch.to,
        })
    }

    fn behind(&self, place: usize) -> Option<&Stretch> {
        let after = self.stretches.partition_point(|stretch| stretch.view <= place);
        self.stretches.get(after.checked_sub(1)?)
    }

    fn literal(&mut self, bytes: &[u8], from: usize, to: usize) {
        let Some(own) = bytes.get(from..to).filter(|own| !own.is_empty()) else { return };
        let view = self.bytes.len();
        self.bytes.extend_from_slice(own);
        if let Some(last) = self.stretches.last_mut()
            && last.literal
            && last.to == from
        {
            last.to = to;
            return;
        }
        self.stretches.push(Stretch { view, from, to, literal: true });
    }

    fn stands(&mut self, from: usize, to: usize, bytes: &[u8]) {
        self.stretches.push(Stretch { view: self.bytes.len(), from, to, literal: false });
        self.bytes.extend_from_slice(bytes);
    }
}

fn decoded(bytes: &[u8], decoding: Decoding, more: bool) -> View {
    let mut view = View::default();
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let plain = rest.iter().position(|byte| is_special(*byte, decoding)).unwrap_or(rest.len());
        view.literal(bytes, at, at + plain);
        at += plain;
        let Some(rest) = rest.get(plain..).filter(|rest| !rest.is_empty()) else { break };
        match token(rest, decoding) {
            Token::Left(length) => at += length,
            Token::Literal(length) => {
                view.literal(bytes, at, at + length);
                at += length;
            }
            Token::Stands(length, said, count) => {
                view.stands(at, at + length, said.get(..count).unwrap_or_default());
                at += length;
            }
            Token::Unfinished if more => {
                view.unfinished = Some(at);
                break;
            }
            Token::Unfinished => at += 1,
        }
    }
    view
}

const fn is_special(byte: u8, decoding: Decoding) -> bool {
    match byte {
        0..0x20 | 0x7f | b'\\' => true,
        // How the characters begin that are not shown.
        0xc2 | 0xcd | 0xd8 | 0xe1..=0xe3 | 0xef | 0xf0 | 0xf3 => true,
        b'%' | b'&' | b'+' => matches!(decoding, Decoding::Web),
        _ => false,
    }
}

/// What stands at the beginning of `rest`, which is not empty.
fn token(rest: &[u8], decoding: Decoding) -> Token {
    match rest.first().copied().unwrap_or_default() {
        0x1b => match sequence(rest.get(1..).unwrap_or_default()) {
            Some(length) => Token::Left(1 + length),
            None => Token::Unfinished,
        },
        byte if byte.is_ascii_control() => Token::Left(1),
        b'\\' => backslash(rest, decoding),
        b'%' => percent(rest),
        b'&' => entity(rest),
        b'+' => said_byte(1, b'+', decoding),
        _ => character(rest),
    }
}

/// The length of what follows an escape character and belongs to it; nothing where that is cut off.
fn sequence(rest: &[u8]) -> Option<usize> {
    let final_after = |from: usize, inner: fn(u8) -> bool| {
        let inside = rest.iter().skip(from).take(LONGEST_CONTROL).take_while(|byte| inner(**byte)).count();
        match rest.get(from + inside) {
            Some(0x40..=0x7e) => Some(from + inside + 1),
            Some(b'0'..=b'?') if from == 0 => Some(inside + 1),
            Some(_) => Some(from + inside),
            None => None,
        }
    };
    match rest.first()? {
        b'[' => final_after(1, |byte| matches!(byte, b' '..=b'?')),
        b']' | b'P' | b'X' | b'^' | b'_' => string_end(rest),
        b' '..=b'/' => final_after(0, |byte| matches!(byte, b' '..=b'/')),
        _ => Some(0),
    }
}

/// The end of a terminal's string, in its own bytes or as JSON has them; without one, only what began it.
fn string_end(rest: &[u8]) -> Option<usize> {
    let ends: [&[u8]; 5] = [b"\x07", b"\x1b\\", b"\\u0007", b"\\u001b\\\\", b"\xc2\x9c"];
    let found = (1..rest.len().min(LONGEST_STRING)).find_map(|at| {
        let here = rest.get(at..).unwrap_or_default();
        ends.iter().find(|end| here.starts_with(end)).map(|end| at + end.len())
    });
    match found {
        Some(end) => Some(end),
        None if rest.len() < LONGEST_STRING => None,
        None => Some(1),
    }
}

fn character(rest: &[u8]) -> Token {
    let length = match rest.first().copied().unwrap_or_default() {
        0xc0..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf7 => 4,
        _ => 1,
    };
    let Some(own) = rest.get(..length) else { return Token::Unfinished };
    let known = std::str::from_utf8(own).ok().and_then(|text| text.chars().next());
    match known {
        Some('\u{9b}') => control(length, rest),
        Some(this) if hidden(this) => Token::Left(length),
        Some(_) => Token::Literal(length),
        None => Token::Literal(1),
    }
}

/// A control sequence whose introducer has this length.
fn control(length: usize, rest: &[u8]) -> Token {
    let mut whole = vec![b'['];
    whole.extend(rest.get(length..).unwrap_or_default().iter().take(LONGEST_CONTROL + 1));
    match sequence(&whole) {
        Some(behind) => Token::Left(length + behind.saturating_sub(1)),
        None => Token::Unfinished,
    }
}

fn said(length: usize, this: char, rest: &[u8], decoding: Decoding) -> Token {
    match this {
        '\u{1b}' => match sequence(rest.get(length..).unwrap_or_default()) {
            Some(behind) => Token::Left(length + behind),
            None => Token::Unfinished,
        },
        '\u{9b}' => control(length, rest),
        this if hidden(this) => Token::Left(length),
        '+' => said_byte(length, b'+', decoding),
        this => {
            let mut bytes = [0; 4];
            let count = this.encode_utf8(&mut bytes).len();
            Token::Stands(length, bytes, count)
        }
    }
}

/// In a form's text, a plus is a blank.
const fn said_byte(length: usize, byte: u8, decoding: Decoding) -> Token {
    match byte {
        b'+' if matches!(decoding, Decoding::Web) => Token::Stands(length, [b' ', 0, 0, 0], 1),
        0..0x20 | 0x7f => Token::Left(length),
        byte => Token::Stands(length, [byte, 0, 0, 0], 1),
    }
}

/// Any number of backslashes, as text is escaped that is escaped already, and what they escape.
fn backslash(rest: &[u8], decoding: Decoding) -> Token {
    let count = rest.iter().take_while(|byte| **byte == b'\\').count();
    let behind = rest.get(count..).unwrap_or_default();
    let next = match behind.first() {
        None => return Token::Unfinished,
        Some(next) => *next,
    };
    match next {
        b'u' => return unicode(rest, count, decoding),
        _ if decoding == Decoding::Shown => {}
        b'n' | b'r' | b't' | b'b' | b'f' | b'v' | b'a' => return Token::Left(count + 1),
        b'e' => return said(count + 1, '\u{1b}', rest, decoding),
        b'x' => {
            return match digits(behind.get(1..).unwrap_or_default(), 16, 2) {
                Digits::Are(value, 2) => octet(count + 3, value, rest, decoding),
                Digits::CutOff => Token::Unfinished,
                Digits::Are(..) => Token::Left(count),
            };
        }
        b'0'..=b'7' => {
            return match digits(behind, 8, 3) {
                Digits::Are(value, length) => octet(count + length, value, rest, decoding),
                Digits::CutOff => Token::Unfinished,
            };
        }
        _ => {}
    }
    Token::Left(count)
}

fn octet(length: usize, value: u32, rest: &[u8], decoding: Decoding) -> Token {
    match u8::try_from(value) {
        Ok(0x1b) => said(length, '\u{1b}', rest, decoding),
        Ok(byte) => said_byte(length, byte, decoding),
        Err(_) => Token::Left(length),
    }
}

/// `\u002d`, `\u{2d}`, and two of the first where they are one character together.
fn unicode(rest: &[u8], count: usize, decoding: Decoding) -> Token {
    let behind = rest.get(count + 1..).unwrap_or_default();
    if behind.first() == Some(&b'{') {
        let inner = behind.get(1..).unwrap_or_default();
        return match digits(inner, 16, 6) {
            Digits::Are(value, length) if inner.get(length) == Some(&b'}') => {
                let length = count + length + 3;
                char::from_u32(value).map_or(Token::Left(length), |this| said(length, this, rest, decoding))
            }
            Digits::CutOff => Token::Unfinished,
            Digits::Are(..) => Token::Left(count),
        };
    }
    let first = match digits(behind, 16, 4) {
        Digits::Are(value, 4) => value,
        Digits::CutOff => return Token::Unfinished,
        Digits::Are(..) => return Token::Left(count),
    };
    let length = count + 5;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first).map_or(Token::Left(length), |this| said(length, this, rest, decoding));
    }
    let second = rest.get(length..).unwrap_or_default();
    let again = second.iter().take_while(|byte| **byte == b'\\').count();
    match second.get(again) {
        None => Token::Unfinished,
        Some(b'u') if again > 0 => match digits(second.get(again + 1..).unwrap_or_default(), 16, 4) {
            Digits::Are(low @ 0xdc00..0xe000, 4) => {
                let value = 0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00);
                let length = length + again + 5;
                char::from_u32(value).map_or(Token::Left(length), |this| said(length, this, rest, decoding))
            }
            Digits::CutOff => Token::Unfinished,
            Digits::Are(..) => Token::Left(length),
        },
        Some(_) => Token::Left(length),
    }
}

/// `%2D`, and `%252D` as it is after another round.
fn percent(rest: &[u8]) -> Token {
    let mut at = 1;
    while rest.get(at..at + 2) == Some(b"25") {
        at += 2;
    }
    match digits(rest.get(at..).unwrap_or_default(), 16, 2) {
        Digits::Are(value, 2) => octet(at + 2, value, rest, Decoding::Web),
        Digits::CutOff => Token::Unfinished,
        Digits::Are(..) => Token::Literal(1),
    }
}

/// `&#45;`, `&#x2d;` and the names that every escaping has.
fn entity(rest: &[u8]) -> Token {
    const NAMES: [(&[u8], char); 6] =
        [(b"amp;", '&'), (b"lt;", '<'), (b"gt;", '>'), (b"quot;", '"'), (b"apos;", '\''), (b"nbsp;", ' ')];
    let mut at = 1;
    while rest.get(at..).is_some_and(|behind| behind.starts_with(b"amp;#")) {
        at += 4;
    }
    let behind = rest.get(at..).unwrap_or_default();
    if let Some((name, this)) = NAMES.iter().find(|(name, _)| behind.starts_with(name)) {
        return said(at + name.len(), *this, rest, Decoding::Web);
    }
    if behind.first() != Some(&b'#') {
        let begun = NAMES.iter().any(|(name, _)| name.starts_with(behind));
        return if begun { Token::Unfinished } else { Token::Literal(1) };
    }
    let (from, radix) = match behind.get(1) {
        Some(b'x' | b'X') => (2, 16),
        Some(_) => (1, 10),
        None => return Token::Unfinished,
    };
    match digits(behind.get(from..).unwrap_or_default(), radix, 7) {
        Digits::Are(value, length) if behind.get(from + length) == Some(&b';') => char::from_u32(value)
            .map_or(Token::Literal(1), |this| said(at + from + length + 1, this, rest, Decoding::Web)),
        Digits::CutOff => Token::Unfinished,
        Digits::Are(..) => Token::Literal(1),
    }
}

/// A number, and how many digits it has.
enum Digits {
    Are(u32, usize),
    /// The bytes end before it does.
    CutOff,
}

fn digits(bytes: &[u8], radix: u32, most: usize) -> Digits {
    let mut value: u32 = 0;
    for count in 0..most {
        match bytes.get(count).map(|byte| char::from(*byte).to_digit(radix)) {
            None => return Digits::CutOff,
            Some(None) => return Digits::Are(value, count),
            Some(Some(digit)) => value = value * radix + digit,
        }
    }
    Digits::Are(value, most)
}

/// Digits in lower case; blanks, signs, `0x` and `\x` between them are left out. `end`: only those that the bytes
/// end with.
pub(super) fn hexadecimal_from(bytes: &[u8], end: bool, more: bool) -> View {
    let mut view = View::default();
    let last = bytes.iter().rev().take_while(|byte| is_digit(**byte) || is_between(**byte)).count();
    let mut at = if end { bytes.len() - last } else { 0 };
    while let Some(byte) = bytes.get(at).copied() {
        let next = bytes.get(at + 1).copied().unwrap_or_default();
        // It may become the beginning of `0x` or `\x`.
        if more && at + 1 == bytes.len() && matches!(byte, b'0' | b'\\') {
            view.unfinished = Some(at);
            break;
        }
        let length = match (byte, next) {
            (b'0' | b'\\', b'x' | b'X') | (b'\\', b'n' | b'r' | b't') => 2,
            (b'0'..=b'9' | b'a'..=b'f', _) => {
                view.literal(bytes, at, at + 1);
                1
            }
            (b'A'..=b'F', _) => {
                view.stands(at, at + 1, &[byte.to_ascii_lowercase()]);
                1
            }
            (byte, _) if is_between(byte) && !matches!(byte, b'x' | b'X' | b'n' | b'r' | b't') => 1,
            _ => {
                if view.bytes.last().is_some_and(|last| *last != BARRIER) {
                    view.stands(at, at + 1, &[BARRIER]);
                }
                1
            }
        };
        at += length;
    }
    view
}

/// Whether there are so many hexadecimal digits with no more between them than [`hexadecimal_from`] leaves out.
pub(super) fn has_hexadecimal(bytes: &[u8], least: usize) -> bool {
    let mut run = 0;
    bytes.iter().any(|byte| {
        if is_digit(*byte) {
            run += 1;
        } else if !is_between(*byte) {
            run = 0;
        }
        run >= least
    })
}

const fn is_digit(byte: u8) -> bool {
    byte.is_ascii_hexdigit()
}

/// What may stand between two digits, the letters of `0x` and of an escaped line end among them.
const fn is_between(byte: u8) -> bool {
    matches!(
        byte,
        b' ' | b':'
            | b'-'
            | b','
            | b'_'
            | b'"'
            | b'\''
            | b'\\'
            | b'\n'
            | b'\r'
            | b'\t'
            | b'x'
            | b'X'
            | b'n'
            | b'r'
            | b't'
    )
}

#[cfg(test)]
mod tests;
