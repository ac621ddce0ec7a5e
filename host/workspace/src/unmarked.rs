//! Whether an index marks any file, told by its bytes: see `gitformat-index(5)`. Where it is in a form that is not
//! read here, git is asked.

/// Bytes of an entry before the id of its content.
const FACTS: usize = 40;
/// The two flags that say something of a file besides its name: assume-valid, and that more flags follow.
const MARKS: u16 = 0b1100_0000_0000_0000;
const NAME: u16 = 0x0fff;

/// Whether the index certainly has no entry that is assumed to be unchanged, left out of the checkout or intended to
/// be added, and none that is a repository or a folder. `id`: the bytes of an id, 20 or 32.
pub(crate) fn is_unmarked(index: &[u8], id: usize) -> bool {
    look(index, id).unwrap_or(false)
}

/// `None` where it does not read.
fn look(index: &[u8], id: usize) -> Option<bool> {
    let version = u32::from_be_bytes(index.get(4..8)?.try_into().ok()?);
    if !index.starts_with(b"DIRC") || !matches!(version, 2 | 3) {
        return None;
    }
    let mut rest = index.get(12..index.len().checked_sub(id)?)?;
    for _ in 0..u32::from_be_bytes(index.get(8..12)?.try_into().ok()?) {
        let mode = u32::from_be_bytes(rest.get(24..28)?.try_into().ok()?);
        let flags = u16::from_be_bytes(rest.get(FACTS + id..FACTS + id + 2)?.try_into().ok()?);
        // 8 is a file and 10 a link.
        if flags & MARKS != 0 || !matches!(mode >> 12, 8 | 10) {
            return Some(false);
        }
        let name = FACTS + id + 2;
        let length = match flags & NAME {
            NAME => rest.get(name..)?.iter().position(|byte| *byte == 0)?,
            length => usize::from(length),
        };
        // At least one zero byte, and as many as make it a multiple of eight.
        rest = rest.get((name + length + 8) & !7..)?;
    }
    while !rest.is_empty() {
        // Others may have git look for entries elsewhere.
        let (kind, size) = (rest.get(..4)?, u32::from_be_bytes(rest.get(4..8)?.try_into().ok()?));
        if kind != b"TREE" && kind != b"REUC" {
            return None;
        }
        rest = rest.get(8 + usize::try_from(size).ok()?..)?;
    }
    Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(mode: u32, flags: u16, name: &[u8]) -> Vec<u8> {
        let mut entry = vec![0; FACTS + 20];
        entry[24..28].copy_from_slice(&mode.to_be_bytes());
        entry.extend(flags.to_be_bytes());
        entry.extend(name);
        entry.resize((entry.len() + 8) & !7, 0);
        entry
    }

    fn index(version: u32, entries: &[Vec<u8>], extensions: &[u8]) -> Vec<u8> {
        let mut index = b"DIRC".to_vec();
        index.extend(version.to_be_bytes());
        index.extend((entries.len() as u32).to_be_bytes());
        index.extend(entries.concat());
        index.extend(extensions);
        index.extend([0; 20]);
        index
    }

    #[test]
    fn any_mark_and_any_form_that_is_not_known_is_left_to_git() {
        let plain = || entry(0o100_644, 5, b"a/b.c");
        let long = || entry(0o120_000, NAME, &[b'x'; 5000]);
        let tree = b"TREE\0\0\0\x02..";
        assert!(is_unmarked(&index(2, &[plain(), long(), plain()], tree), 20));
        assert!(is_unmarked(&index(2, &[], b""), 20));
        for marked in [
            entry(0o100_644, 0x8005, b"a/b.c"),
            entry(0o100_644, 0x4005, b"a/b.c"),
            entry(0o160_000, 5, b"a/b.c"),
            entry(0o040_000, 4, b"a/b/"),
        ] {
            assert!(!is_unmarked(&index(3, &[plain(), marked], b""), 20));
        }
        assert!(!is_unmarked(&index(4, &[plain()], b""), 20));
        for extension in [b"link\0\0\0\x02..", b"IEOT\0\0\0\x02.."] {
            assert!(!is_unmarked(&index(2, &[plain()], extension), 20));
        }
        let whole = index(2, &[plain(), long()], b"");
        assert!((0..whole.len()).all(|cut| !is_unmarked(&whole[..cut], 20)));
    }
}
