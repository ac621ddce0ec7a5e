//! Making an instruction mean only what it says.
//!
//! Gemini runs a prompt that begins with `/` as a command of its own, and puts the contents of
//! files into a prompt wherever it finds `@` before a name (of a decorator or in a mail address
//! too). An `@` after a backslash is left alone; the model still sees the backslash, so it is told.

use alloc::borrow::Cow;
use alloc::string::String;

const TOLD: &str = "(In what follows, \\@ stands for an at sign alone.)\n\n";

/// `instruction` without any meaning to gemini itself.
pub(crate) fn plain(instruction: &str) -> Cow<'_, str> {
    let command = instruction.trim_start().starts_with(['/', '?']);
    let reference = bare_at(instruction).next().is_some();
    if !command && !reference {
        return Cow::Borrowed(instruction);
    }
    let mut plain = String::with_capacity(instruction.len() + TOLD.len());
    if reference {
        plain.push_str(TOLD);
    } else {
        plain.push_str("Instruction:\n\n");
    }
    let mut done = 0;
    for at in bare_at(instruction) {
        plain.push_str(instruction.get(done..at).unwrap_or_default());
        plain.push('\\');
        done = at;
    }
    plain.push_str(instruction.get(done..).unwrap_or_default());
    Cow::Owned(plain)
}

/// Where an `@` stands that no backslash precedes.
fn bare_at(text: &str) -> impl Iterator<Item = usize> {
    let before = |at: usize| text.as_bytes().get(at.wrapping_sub(1)).copied();
    text.match_indices('@').map(|(at, _)| at).filter(move |at| before(*at) != Some(b'\\'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instruction_without_prompt_syntax_is_left_as_it_is() {
        for text in ["Say hello.", "look at src/a.rs", "already \\@escaped", "", "日本 🦀"] {
            assert!(matches!(plain(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }

    #[test]
    fn no_at_is_left_bare_and_none_is_lost() {
        for text in ["see @a and @/etc/passwd", "@", "@@@", "me@example.org \\@b @c", "日@本", "/@x"] {
            let plain = plain(text);
            assert_eq!(bare_at(&plain).count(), 0, "{plain}");
            let restored = plain.strip_prefix(TOLD).unwrap().replace("\\@", "@");
            assert_eq!(restored, text.replace("\\@", "@"));
        }
    }

    #[test]
    fn a_command_is_no_longer_at_the_beginning() {
        for text in ["/help", " \n/memory add x", "/etc/hosts is wrong", "?"] {
            let plain = plain(text);
            assert!(!plain.trim_start().starts_with(['/', '?']) && plain.ends_with(text), "{plain}");
        }
    }
}
