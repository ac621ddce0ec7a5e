//! Secrets in every form that is promised, whole and in pieces.

use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

const VALUE: &str = "tok-5566778899/very+sec\"ret";

fn redactor(secrets: &[(&str, &str)]) -> Redactor {
    Redactor::new(secrets.iter().map(|(name, value)| (name.to_string(), value.to_string())))
}

fn in_pieces(secrets: &[(&str, &str)], text: &str, size: usize) -> String {
    let mut stream = redactor(secrets).stream();
    let mut out = Vec::new();
    for chunk in text.as_bytes().chunks(size) {
        out.extend(stream.feed(chunk.to_vec()));
    }
    out.extend(stream.finish());
    String::from_utf8(out).unwrap()
}

fn hex(value: &str, between: &str) -> String {
    value.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(between)
}

/// The value as programs print it.
fn forms() -> Vec<String> {
    let (left, right) = VALUE.split_at(9);
    let json = serde_json::to_string(VALUE).unwrap();
    let json = json.trim_matches('"').to_owned();
    let unicode: String = VALUE.chars().map(|c| format!("\\u{:04X}", u32::from(c))).collect();
    let percent: String = VALUE.bytes().map(|byte| format!("%{byte:02X}")).collect();
    vec![
        VALUE.to_owned(),
        json.clone(),
        json.replace('\\', "\\\\"),
        json.replace('/', "\\/"),
        json.replace('-', "\\u002d"),
        json.replace('-', "\\\\u002D"),
        unicode.clone(),
        unicode.replace('\\', "\\\\"),
        format!("{left}\u{1b}[0m{right}"),
        format!("{left}\u{1b}[1;31m\u{1b}[K{right}"),
        format!("{left}\u{1b}]8;;http://x\u{7}{right}"),
        format!("{left}\u{1b}(B\u{1b}[m{right}"),
        format!("{left}\\u001b[0m{right}"),
        format!("{left}\\u0000{right}"),
        format!("{left}\0{right}"),
        format!("{left}\u{200b}\u{2060}{right}"),
        format!("{left}\u{ad}{right}"),
        format!("{left}\u{202e}{right}"),
        format!("{left}\r\n{right}"),
        format!("{left}\\\n{right}"),
        VALUE.chars().map(|c| format!("{c}\0")).collect(),
        VALUE.replace('/', "%2F").replace('+', "%2B").replace('"', "%22"),
        VALUE.replace('/', "%252f").replace('+', "%252b").replace('"', "%2522"),
        percent.clone(),
        percent.to_lowercase(),
        VALUE.replace('"', "&quot;").replace('-', "&#45;"),
        VALUE.replace('"', "&#x22;"),
        STANDARD.encode(VALUE),
        STANDARD.encode(format!("user:{VALUE}\n")),
        STANDARD.encode(format!("xy{VALUE}")).replace('/', "\\/"),
        URL_SAFE_NO_PAD.encode(format!("z{VALUE}z")),
        STANDARD
            .encode(format!("{VALUE}, and so on"))
            .as_bytes()
            .chunks(10)
            .map(|line| format!("{}\n", String::from_utf8_lossy(line)))
            .collect(),
        hex(VALUE, ""),
        hex(VALUE, "").to_uppercase(),
        hex(VALUE, ":"),
        hex(VALUE, " "),
        format!("0x{}", hex(VALUE, ", 0x")),
        format!("\\x{}", hex(VALUE, "\\x")),
    ]
}

#[test]
fn a_value_is_found_in_every_form_that_is_promised() {
    let redactor = redactor(&[("KEY", VALUE), ("OTHER", "something-else-altogether")]);
    for form in forms() {
        let clean = redactor.text(&format!("before {form} behind"));
        assert!(clean.contains("[KEY]"), "{form:?} became {clean:?}");
        assert!(clean.len() < form.len().max(12) + 20, "{form:?} became {clean:?}");
        assert!(!clean.contains("5566778899"), "{form:?} became {clean:?}");
    }
}

#[test]
fn a_value_is_found_in_every_form_however_the_bytes_are_split() {
    for form in forms() {
        let text = format!("before {form} behind, tok-5566 and \\u00 too");
        let whole = in_pieces(&[("KEY", VALUE)], &text, text.len());
        assert!(whole.contains("[KEY]"), "{form:?} became {whole:?}");
        for size in [1, 2, 3, 5, 7, 11, 16, 29] {
            assert_eq!(in_pieces(&[("KEY", VALUE)], &text, size), whole, "split every {size} bytes");
        }
    }
}

#[test]
fn a_secret_never_gets_through_however_the_bytes_are_split() {
    let secrets = [("KEY", "sk-aaaa-bbbb"), ("LONGER", "sk-aaaa-bbbb-cccc"), ("OTHER", "bbbb-ccc")];
    let text = "a sk-aaaa-bbbb b sk-aaaa-bbbb-cccc c sk-aaaa-bbb d bbbb-ccc sk-sk-aaaa-bbbbsk-aaaa";
    let expected = "a [KEY] b [LONGER] c sk-aaaa-bbb d [OTHER] sk-[KEY]sk-aaaa";
    for size in 1..=text.len() {
        assert_eq!(in_pieces(&secrets, text, size), expected, "split every {size} bytes");
    }
}

#[test]
fn a_secret_that_ends_as_it_or_another_begins_is_replaced_all_the_same() {
    let secrets = [("SAME", "sk-aaaa-bbbs"), ("NEXT", "bbbs-cccc"), ("TWICE", "xyxyxyxy")];
    let text = "sk-aaaa-bbbs xyxyxyxy xyxyxyxyxyxyxyxy sk-aaaa-bbbssk-aaaa-bbbs bbbs-cccc";
    let expected = "[SAME] [TWICE] [TWICE][TWICE] [SAME][SAME] [NEXT]";
    for size in 1..=text.len() {
        assert_eq!(in_pieces(&secrets, text, size), expected, "split every {size} bytes");
    }
}

#[test]
fn a_secret_inside_json_is_found_in_its_escaped_form() {
    let value = "line one\n\"quoted\"";
    let redactor = redactor(&[("KEY", value)]);
    let line = serde_json::json!({ "text": format!("it is {value}"), "n": 1 });
    assert_eq!(redactor.text(&line.to_string()), r#"{"n":1,"text":"it is [KEY]"}"#);
    assert_eq!(redactor.json(line), serde_json::json!({ "text": "it is [KEY]", "n": 1 }));
}

#[test]
fn a_record_that_is_json_stays_json() {
    let redactor = redactor(&[("KEY", "a\":{\"b\":\"cdefgh")]);
    let record = redactor.record(r#"{"a":{"b":"cdefgh"},"text":"a\":{\"b\":\"cdefgh"}"#).unwrap();
    assert_eq!(record, r#"{"a":{"b":"cdefgh"},"text":"[KEY]"}"#);
    assert_eq!(redactor.record(r#"{"a":1}"#), None);
}

#[test]
fn a_line_of_a_key_of_many_lines_is_found_by_itself() {
    let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEF\nAASCBKcwggSjAgEAAoIBAQDR\n-----END PRIVATE KEY-----";
    let redactor = redactor(&[("SSH_KEY", key)]);
    assert_eq!(redactor.text(key), "[SSH_KEY]");
    assert_eq!(redactor.text("it has MIIEvQIBADANBgkqhkiG9w0BAQEF in it"), "it has [SSH_KEY] in it");
    let other = "-----BEGIN PRIVATE KEY-----\nanother";
    assert_eq!(redactor.text(other), other);
}

#[test]
fn short_values_and_no_values_change_nothing() {
    assert_eq!(in_pieces(&[("PORT", "8080")], "port 8080", 3), "port 8080");
    assert_eq!(in_pieces(&[], "anything", 3), "anything");
    assert_eq!(
        redactor(&[("KEY", VALUE)]).changed("100% of it, \\n and \\u00e9 & more 0123456789abcdef"),
        None
    );
}

#[test]
fn what_is_kept_back_of_a_stream_is_bounded() {
    let mut stream = redactor(&[("KEY", VALUE)]).stream();
    let mut out = stream.feed(b"tok-5566".to_vec());
    for _ in 0..100 {
        out.extend(stream.feed(vec![0; 1 << 10]));
    }
    assert!(out.len() > 50 << 10, "only {} bytes came through", out.len());
}

#[test]
fn a_value_over_the_end_of_a_text_is_found_and_other_texts_stay_apart() {
    let mut texts = Texts::new(redactor(&[("KEY", "sk-aaaa-bbbb")]));
    assert_eq!(texts.feed("all is well".into()), ["all is well"]);
    assert!(texts.feed("the key is sk-a".into()).is_empty());
    assert!(texts.feed("aaa-b".into()).is_empty());
    assert_eq!(texts.feed("bbb, then.".into()), ["the key is [KEY], then."]);
    assert!(texts.feed("this".into()).is_empty());
    assert_eq!(texts.feed(" is another.".into()), ["this", " is another."]);
    assert!(texts.feed("the end: s".into()).is_empty());
    assert_eq!(texts.finish(), ["the end: s"]);
    assert!(texts.finish().is_empty());
}

#[test]
fn what_became_secret_later_is_one_from_then_on() {
    let secrets = Secrets::default();
    assert_eq!(secrets.redactor().text("aaaabbbb ccccdddd"), "aaaabbbb ccccdddd");
    secrets.add([("ONE".to_owned(), "aaaabbbb".to_owned())]);
    secrets.add([("TWO".to_owned(), "ccccdddd".to_owned())]);
    assert_eq!(secrets.redactor().text("aaaabbbb ccccdddd"), "[ONE] [TWO]");
}

#[test]
fn the_password_of_an_address_is_secret_by_itself() {
    assert_eq!(password_of("postgres://app:s3cr3t-word@db/x"), Some("s3cr3t-word"));
    assert_eq!(password_of("https://db/x:y@z"), None);
}
