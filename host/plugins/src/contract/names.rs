//! Names that components and operators give: of components, programs and environment variables.

use super::bounds::{Kept, must};

/// What components, levels and dimensions may be called.
pub(super) fn is_name(name: &str) -> bool {
    let fits = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(fits)
}

/// The name of a component, as an operator writes it.
pub(crate) fn granted_name(name: &str) -> Kept {
    must(is_name(name), || format!("the name {name:?} is not 1 to 64 of a-z, 0-9 and '-'"))
}

/// A program is looked up on the PATH, and nowhere else.
pub(crate) fn program_name(name: &str) -> Kept {
    let plain = !name.is_empty()
        && !name.contains(['/', '\\'])
        && !name.contains(unprintable)
        && name != "."
        && name != "..";
    must(plain, || format!("the program {name:?} is not a plain name to look up on the PATH"))
}

/// The name of an environment variable.
pub(crate) fn variable_name(name: &str) -> Kept {
    let first = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_');
    let rest = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    must(first && rest && name.len() <= 128, || {
        format!("{name:?} is not the name of an environment variable")
    })
}

/// Control characters, and those that change the direction or the lines of what is shown.
pub(super) fn unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
