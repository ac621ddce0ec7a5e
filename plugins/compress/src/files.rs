//! What changed, a line for each file, and the rest as a number.

use crate::facts::{ChangeKind, ChangedFile, DeliveredAxis, Report};
use crate::visible;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

/// At most `most` files and, after them, `+12 more`. Never empty.
pub(crate) fn files(report: &Report, most: usize, path_bytes: usize) -> Vec<String> {
    if report.files.is_empty() {
        return vec![String::from(match report.delivered {
            DeliveredAxis::Artifact => "an artifact, no files changed",
            DeliveredAxis::Nothing | DeliveredAxis::Diff => "no files changed",
        })];
    }
    let mut lines: Vec<String> = report.files.iter().take(most).map(|file| one(file, path_bytes)).collect();
    if report.files.len() > most {
        lines.push(format!("+{} more", report.files.len() - most));
    }
    lines
}

/// `new src/greeting.rs +12`, `src/lib.rs +3 -1`, `deleted old.rs -40`.
fn one(file: &ChangedFile, path_bytes: usize) -> String {
    let mut out = String::from(match file.kind {
        ChangeKind::Added => "new ",
        ChangeKind::Modified => "",
        ChangeKind::Deleted => "deleted ",
        ChangeKind::Renamed => "renamed ",
    });
    match visible::ending(&file.path, path_bytes) {
        none if none.is_empty() => out.push_str("(a file without a name)"),
        path => out.push_str(&path),
    }
    if file.added > 0 {
        out.push_str(&format!(" +{}", file.added));
    }
    if file.removed > 0 {
        out.push_str(&format!(" -{}", file.removed));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{file, report};

    #[test]
    fn each_file_says_what_became_of_it() {
        let mut report = report();
        report.files = vec![
            file("src/lib.rs", ChangeKind::Modified, 3, 1),
            file("new.rs", ChangeKind::Added, 9, 0),
            file("old.rs", ChangeKind::Deleted, 0, 40),
            file("logo.png", ChangeKind::Modified, 0, 0),
            file("\0", ChangeKind::Renamed, 0, 0),
        ];
        let expected = [
            "src/lib.rs +3 -1",
            "new new.rs +9",
            "deleted old.rs -40",
            "logo.png",
            "renamed (a file without a name)",
        ];
        assert_eq!(files(&report, 9, 40), expected);
        assert_eq!(files(&report, 1, 40), ["src/lib.rs +3 -1", "+4 more"]);
    }

    #[test]
    fn no_files_is_said_and_not_left_out() {
        let mut report = Report { files: Vec::new(), ..report() };
        assert_eq!(files(&report, 5, 40), ["no files changed"]);
        report.delivered = DeliveredAxis::Artifact;
        assert_eq!(files(&report, 5, 40), ["an artifact, no files changed"]);
    }
}
