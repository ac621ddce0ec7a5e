//! Text inside a Mermaid label: between its quotes everything is text, except what Mermaid itself
//! looks for before and after it parses. Each such thing is replaced by what looks most like it.
//!
//! - `"` ends the label, a backtick after the quote begins Markdown, `<` and `>` are HTML.
//! - `;` makes an entity of `#word;` and, on a line with `style` or `classDef`, eats what follows.
//! - `%%` begins a comment or a directive, `$$` a formula, `\n` a line, `&` an entity of HTML.
//! - `¶ß` and `ﬂ°` are how Mermaid writes entities to itself.
//! - A list marker or a heading at the start of a line becomes Markdown.

use crate::visible::{one_line, visible};
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// One line of a label. Never empty.
pub(crate) fn line(text: &str, most: usize) -> String {
    let mut before = '\0';
    let spaced = visible(text).flat_map(move |this| {
        let safe = substitute(this);
        let gap = (matches!(safe, '%' | '$') && safe == before).then_some(' ');
        before = safe;
        gap.into_iter().chain([safe])
    });
    let line = one_line(spaced, most);
    if line.is_empty() {
        String::from("-")
    } else if reads_as_markdown(&line) {
        format!("· {line}")
    } else {
        line
    }
}

/// A label of several lines, in its quotes.
pub(crate) fn label(lines: &[String], most: usize) -> String {
    let lines: Vec<String> = lines.iter().map(|text| line(text, most)).collect();
    format!("\"{}\"", lines.join("<br>"))
}

fn substitute(this: char) -> char {
    match this {
        '"' | '`' => '\'',
        '<' => '‹',
        '>' => '›',
        ';' => ',',
        '\\' => '/',
        '&' => '＆',
        '¶' | 'ﬂ' => ' ',
        other => other,
    }
}

fn reads_as_markdown(line: &str) -> bool {
    let marker = |rest: &str| rest.is_empty() || rest.starts_with(' ');
    let unnumbered = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let numbered = unnumbered.len() < line.len() && unnumbered.strip_prefix(['.', ')']).is_some_and(marker);
    let bulleted = line.strip_prefix(['-', '+', '*']).is_some_and(marker);
    let heading = line.starts_with('#') && marker(line.trim_start_matches('#'));
    numbered
        || bulleted
        || heading
        || ["---", "***", "___", "===", "~~~"].iter().any(|rule| line.starts_with(rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mermaid_looks_for_is_replaced() {
        assert_eq!(line("say \"hi\" to `x` <b>; %%{init}%% $$x$$ a\\n &lt #quot;", 200), {
            "say 'hi' to 'x' ‹b›, % %{init}% % $ $x$ $ a/n ＆lt #quot,"
        });
        assert_eq!(line("%%%%", 80), "% % % %");
        assert_eq!(line("ﬂ°°60¶ß", 80), "°°60 ß");
    }

    #[test]
    fn a_line_that_reads_as_markdown_is_marked_as_text() {
        for text in ["- item", "1. first", "2) second", "# heading", "* star", "+ plus", "-", "---"] {
            assert_eq!(line(text, 80), format!("· {text}"));
        }
        for text in ["+12 more", "1.5 is a number", "#12 is an issue", "-3", "v1. x", "plain"] {
            assert_eq!(line(text, 80), text);
        }
    }

    #[test]
    fn a_label_is_never_empty_and_never_long() {
        assert_eq!(line("\0\n", 80), "-");
        assert!(line(&"x".repeat(10 << 20), 80).len() <= 83);
        assert_eq!(label(&["a".into(), "b\nc".into()], 80), "\"a<br>b c\"");
    }
}
