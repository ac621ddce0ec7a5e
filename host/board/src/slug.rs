//! Names of cards in branches and folders.

/// Longest name, bytes.
const LONGEST: usize = 48;

/// A name of lowercase ASCII letters, digits and hyphens from a title; `card` if nothing of it is left.
pub(crate) fn slug(title: &str) -> String {
    let mut slug = String::new();
    for character in title.chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() >= LONGEST {
            break;
        }
    }
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "card".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn title_becomes_a_part_of_a_path_whatever_is_in_it() {
        for (title, name) in [
            ("Move the till", "move-the-till"),
            ("  ../../etc/passwd", "etc-passwd"),
            ("Käse & Brot", "k-se-brot"),
            ("日本", "card"),
            ("--help", "help"),
            ("", "card"),
        ] {
            assert_eq!(slug(title), name);
        }
        assert!(slug(&"long ".repeat(100)).len() <= 48);
    }
}
