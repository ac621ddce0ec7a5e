//! Tables that fit the screen, and what stands in their cells.

use super::screen::{Screen, Tone, marked, one_line, tone};
use comfy_table::{Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Table, presets};
use jackfield_types::Timestamp;

/// A table that fits the screen; one without bounds and colours where there is none. What stands first, by which
/// a row is called, stays whole.
pub fn table<const N: usize>(heads: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let screen = Screen::now();
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).force_no_tty();
    if let Some(width) = screen.width {
        table.set_width(width);
    }
    if screen.colours {
        table.enforce_styling();
    }
    table.set_header(heads.map(|head| Cell::new(head).add_attribute(Attribute::Bold)));
    for row in rows {
        let cells = row.into_iter().zip(heads).map(|(text, head)| {
            let tone = if head == "STATE" { tone(&text) } else { None };
            let cell = Cell::new(one_line(&text));
            match tone {
                Some(Tone::Good) => cell.fg(Color::DarkGreen),
                Some(Tone::Careful) => cell.fg(Color::DarkYellow),
                Some(Tone::Bad) => cell.fg(Color::DarkRed),
                Some(Tone::Aside) => cell.add_attribute(Attribute::Dim),
                None => cell,
            }
        });
        table.add_row(cells.collect::<Vec<_>>());
    }
    if let Some(first) = table.column_mut(0) {
        first.set_constraint(ColumnConstraint::ContentWidth);
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned());
    marked(&lines.collect::<Vec<_>>().join("\n"))
}

/// A time, to the second.
pub fn when(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The text, or a dash.
pub fn or_dash(text: Option<impl ToString>) -> String {
    text.map_or_else(|| "-".into(), |text| text.to_string())
}
