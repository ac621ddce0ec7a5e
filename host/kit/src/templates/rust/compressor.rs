//! How short an answer is: one line, or the answer with what was changed.

use jackfield_sdk::compressor::{Compressor, Level, Report, State, level};

struct Brief;

impl Compressor for Brief {
    fn levels() -> Vec<Level> {
        vec![
            level("headline", 40, "One line"),
            level("changes", 400, "The answer, and every file that was changed"),
        ]
    }

    fn compress(level: &str, report: &Report) -> String {
        let state = match report.state {
            State::Succeeded => "done",
            State::Failed => "failed",
            State::Cancelled => "called off",
            State::Queued | State::Running => "under way",
        };
        let what = jackfield_sdk::first_line(&report.instruction, 80);
        let headline = format!("{state}: {what} ({} files, by {})", report.files.len(), report.executor);
        if level == "headline" {
            return headline;
        }
        let files: String =
            report.files.iter().map(|file| format!("\n{} +{} -{}", file.path, file.added, file.removed)).collect();
        format!("{headline}\n\n{}\n{files}", report.answer.trim()).trim_end().to_string()
    }
}

jackfield_sdk::compressor!(Brief);
