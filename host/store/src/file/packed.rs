//! Packed texts: JSON that is kept for replays and explanations, and that no statement looks into.
//!
//! The first byte says how the rest is stored, so that a later version can store it in another way and still read what
//! is there. Components are given much the same facts again and again, so a dictionary of such facts makes them small.

use super::row::unreadable;
use jackfield_sql::Row;
use serde::de::DeserializeOwned;

/// The text as it is.
const PLAIN: u8 = 0;
/// LZ4 with [`DICTIONARY`], behind the size of the text: 4 bytes, little-endian.
const LZ4: u8 = 1;

/// What typical texts consist of. Texts that were packed with it need it to be read: it never changes.
const DICTIONARY: &[u8] = include_bytes!("packed/dictionary-1.txt");

/// Longest text that is read: what claims to be longer is damaged.
const LONGEST: usize = 256 << 20;

/// Packs a text.
pub(crate) fn pack(text: &str) -> Vec<u8> {
    let packed = lz4_flex::block::compress_with_dict(text.as_bytes(), DICTIONARY);
    match u32::try_from(text.len()) {
        Ok(size) if packed.len() + 4 < text.len() => {
            [&[LZ4], size.to_le_bytes().as_slice(), &packed].concat()
        }
        _ => [&[PLAIN], text.as_bytes()].concat(),
    }
}

/// The text of a packed column, for programs that read the database themselves; `None` if it is damaged.
pub fn unpack(bytes: &[u8]) -> Option<String> {
    let (how, rest) = bytes.split_first()?;
    let bytes = match *how {
        PLAIN => rest.to_vec(),
        LZ4 => {
            let (size, packed) = rest.split_first_chunk::<4>()?;
            let size = usize::try_from(u32::from_le_bytes(*size)).ok().filter(|size| *size <= LONGEST)?;
            lz4_flex::block::decompress_with_dict(packed, size, DICTIONARY).ok()?
        }
        _ => return None,
    };
    String::from_utf8(bytes).ok()
}

/// The text of a packed column; `None` where there is none.
pub(crate) fn unpacked(row: &Row<'_>, column: &str) -> jackfield_sql::Result<Option<String>> {
    let Some(bytes) = row.get::<_, Option<Vec<u8>>>(column)? else { return Ok(None) };
    let text = unpack(&bytes);
    text.map(Some).ok_or_else(|| unreadable(column, &format!("{} packed bytes", bytes.len())))
}

/// The JSON of a packed column; `None` where there is none.
pub(crate) fn unpacked_json<T: DeserializeOwned>(
    row: &Row<'_>,
    column: &str,
) -> jackfield_sql::Result<Option<T>> {
    let Some(text) = unpacked(row, column)? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|_| unreadable(column, &text))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a chooser is given after an attempt, as it was recorded.
    const FACTS: &str = r#"{"attempts_allowed":1,"budget":{"day_left":20000000,"month_left":null,"run_left":null,"state":"Closed"},"candidates":[{"attempts":9,"busy":1,"cooling_until":null,"executor":"shell","free":true,"installed":true,"login":"LoggedIn","mean_cost":0,"mean_latency":1175,"model":"command","rates":{"as_of":"2026-11-21","cache_write":null,"cached_input":null,"input":0,"output":0,"reasoning":null},"rung":null,"slots":2,"succeeded":9,"tier":"Light","usage_share":1000,"verified":0}],"history":[{"class":null,"cost":0,"delivered":"Diff","executor":"shell","latency":1460,"model":"command","succeeded":true,"tier":"Light","verified":"NotRun"}],"now":1796067557281,"task":{"complexity":3,"context_tokens":4,"decisions_in_context":0,"effort":null,"keywords":[],"language":null,"open_quality_issues":0,"role":"Implement","stack":[],"task_type":"command"}}"#;

    #[test]
    fn packed_text_is_read_as_it_was() {
        let long = "words and words, ".repeat(5_000);
        for text in ["", "null", "{}", FACTS, "ä \u{fffd} \u{0}", &long] {
            assert_eq!(unpack(&pack(text)).as_deref(), Some(text));
        }
    }

    #[test]
    fn recorded_facts_take_a_third_of_their_text() {
        assert!(pack(FACTS).len() * 3 < FACTS.len(), "{} of {}", pack(FACTS).len(), FACTS.len());
    }

    #[test]
    fn damaged_bytes_are_no_text() {
        let packed = pack(FACTS);
        for bytes in [&[][..], &[9, 1, 2], &[LZ4, 1, 0], &[PLAIN, 0xff], &packed[..packed.len() / 2]] {
            assert_eq!(unpack(bytes), None);
        }
        let mut claims_too_much = packed;
        claims_too_much[1..5].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(unpack(&claims_too_much), None);
    }

    #[test]
    fn texts_of_the_first_dictionary_are_still_read() {
        // Packed when the dictionary was made: a change of it fails here.
        let digest =
            DICTIONARY.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
        assert_eq!((DICTIONARY.len(), digest), (4_397, 0x85f79445ccad7f93));
    }
}
