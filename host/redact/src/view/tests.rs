//! What is left out and decoded, and the way back to the bytes.

use super::*;

fn seen(text: &str, decoding: Decoding) -> String {
    String::from_utf8(View::of(text.as_bytes(), decoding, false).bytes).unwrap()
}

#[test]
fn what_is_not_shown_is_left_out() {
    for text in [
        "a\u{1b}[0mb",
        "a\0b",
        "a\u{200b}b",
        "a\u{1b}]8;;http://x\u{7}b",
        "a\u{1b}]0;t\u{1b}\\b",
        "a\u{1b}(Bb",
        "a\u{9b}31mb",
        "a\u{e0041}b",
        "a\r\nb",
        "a\\u001b[0mb",
        "a\\u200bb",
        "a\\\\u0000b",
        "a\u{fe0f}b",
    ] {
        assert_eq!(seen(text, Decoding::Shown), "ab", "{text:?}");
    }
}

#[test]
fn escapes_are_decoded_however_often_they_were_escaped() {
    for text in ["a\\u002db", "a\\\\u002db", "a\\x2db", "a\\055b", "a\\u{2d}b", "a\\-b", "a\\n-b", "a-b"] {
        assert_eq!(seen(text, Decoding::Escapes), "a-b", "{text:?}");
    }
    assert_eq!(seen("\\ud83e\\udd80", Decoding::Escapes), "🦀");
    for text in ["a%2Db", "a%2db", "a%252Db", "a&#45;b", "a&#x2D;b", "a&amp;#45;b"] {
        assert_eq!(seen(text, Decoding::Web), "a-b", "{text:?}");
    }
    assert_eq!(seen("100% & a+b %zz", Decoding::Web), "100% & a b %zz");
}

#[test]
fn hexadecimal_digits_stand_together_whatever_is_between_the_pairs() {
    for text in ["736B2d", "73:6b:2d", "73 6b 2d", "\\x73\\x6b\\x2d", "0x73, 0x6b, 0x2d", "73\\n6b2d"] {
        assert_eq!(seen(text, Decoding::Hexadecimal), "736b2d", "{text:?}");
    }
    assert!(has_hexadecimal(b"73:6b:2d", 6) && !has_hexadecimal(b"73 then 6b2d", 6));
}

#[test]
fn every_place_leads_back_to_the_bytes_behind_it() {
    let text = "x\\u002dy\u{1b}[0mz";
    let view = View::of(text.as_bytes(), Decoding::Escapes, false);
    assert_eq!(view.bytes, b"x-yz");
    let behind = |from: usize, to: usize| &text[view.start(from)..view.end(to)];
    assert_eq!(behind(1, 2), "\\u002d");
    assert_eq!(behind(0, 3), "x\\u002dy");
    assert_eq!(behind(2, 4), "y\u{1b}[0mz");
}

#[test]
fn what_is_cut_off_is_not_decided_about_while_more_may_come() {
    for (text, from) in [("ab\\", 2), ("ab\\u00", 2), ("ab\u{1b}[3", 2), ("ab\u{1b}", 2), ("ab%2", 2)] {
        let view = View::of(text.as_bytes(), Decoding::Web, true);
        assert_eq!(view.unfinished, Some(from), "{text:?}");
        assert_eq!(View::of(text.as_bytes(), Decoding::Web, false).unfinished, None);
    }
    assert_eq!(View::of("ab\u{200b}".as_bytes().split_at(4).0, Decoding::Shown, true).unfinished, Some(2));
}
