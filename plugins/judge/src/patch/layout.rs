//! Which blank space in a line says something, by what the file is written in.

use alloc::string::String;

/// Files in which neither indentation nor blanks beside brackets mean anything.
const FREE: [&str; 31] = [
    "c", "cc", "cjs", "cpp", "cs", "css", "cxx", "dart", "go", "gradle", "h", "hpp", "java", "js", "json",
    "jsx", "kt", "kts", "less", "mjs", "php", "proto", "rs", "scala", "scss", "sql", "swift", "ts", "tsx",
    "wit", "zig",
];

/// How much of a line's blank space counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Only that there is some between two words.
    Free,
    /// The indentation as it is written, and that there is some between words. What holds for Python,
    /// YAML and make, and is safe for what is not known.
    Kept,
}

impl Layout {
    pub(crate) fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or_default();
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let free = FREE.iter().any(|known| known.eq_ignore_ascii_case(extension));
        if free { Self::Free } else { Self::Kept }
    }

    /// Appends a line without the blank space that says nothing; of a blank line, nothing.
    pub(crate) fn append(self, line: &str, out: &mut String) {
        let line = line.trim_end();
        let words = line.trim_start();
        if self == Self::Kept && !words.is_empty() {
            out.push_str(line.strip_suffix(words).unwrap_or_default());
        }
        let (mut gap, mut before, mut text) = (false, '(', Text::Outside);
        for this in words.chars() {
            let inside = text.is_inside();
            if this.is_whitespace() && !inside {
                gap = true;
                continue;
            }
            let beside_bracket = self == Self::Free && (is_bracket(before) || is_bracket(this));
            if core::mem::take(&mut gap) && !beside_bracket {
                out.push(' ');
            }
            out.push(this);
            text = text.after(this);
            // What is inside quotes is never beside a bracket.
            before = if inside { '"' } else { this };
        }
    }
}

const fn is_bracket(this: char) -> bool {
    matches!(this, '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';')
}

/// Whether a line is between double quotes, where blank space is content.
#[derive(Clone, Copy)]
enum Text {
    Outside,
    Inside,
    Escaped,
}

impl Text {
    const fn is_inside(self) -> bool {
        matches!(self, Self::Inside | Self::Escaped)
    }

    const fn after(self, this: char) -> Self {
        match (self, this) {
            (Self::Outside, '"') | (Self::Escaped, _) => Self::Inside,
            (Self::Inside, '\\') => Self::Escaped,
            (Self::Outside, _) | (Self::Inside, '"') => Self::Outside,
            (Self::Inside, _) => Self::Inside,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(path: &str, line: &str) -> String {
        let mut out = String::new();
        Layout::of(path).append(line, &mut out);
        out
    }

    #[test]
    fn code_may_be_laid_out_in_any_way() {
        for line in ["foo(a, b);", "\t  foo( a,b ) ;\r", "foo (a  ,b);  "] {
            assert_eq!(normal("src/x.rs", line), "foo(a,b);", "{line}");
        }
        assert_eq!(normal("x.TS", "return   x + -1"), "return x + -1");
    }

    #[test]
    fn what_is_between_quotes_is_content() {
        assert_eq!(normal("x.rs", r#"say( "a,  b \" , c" , d )"#), r#"say("a,  b \" , c",d)"#);
        assert_ne!(normal("x.rs", r#"say("a, b")"#), normal("x.rs", r#"say("a,b")"#));
    }

    #[test]
    fn indentation_counts_where_it_may_mean_something() {
        assert_ne!(normal("x.py", "    return x"), normal("x.py", "return x"));
        assert_ne!(normal("Makefile", "\techo"), normal("Makefile", "        echo"));
        assert_eq!(normal("notes.md", "- a   point \t"), "- a point");
        assert_ne!(normal("run.sh", "[ -f x ]"), normal("run.sh", "[-f x]"));
    }

    #[test]
    fn a_blank_line_is_nothing() {
        for path in ["x.rs", "x.py"] {
            assert_eq!(normal(path, " \t\r"), "");
        }
    }
}
