//! Results that the tests start from: a small change, done and not checked.

use crate::facts::{
    Check, DeliveredAxis, Failure, FailureClass, ProcessAxis, Report, ResultInQuestion, State, Usage,
    VerifiedAxis,
};

pub(crate) fn report() -> Report {
    Report {
        task: "01K9XQ3T5V7W8Y9Z0A1B2C3D4F".to_owned(),
        run: "01K9XQ3T5V7W8Y9Z0A1B2C3D4E".to_owned(),
        instruction: "say hello in src/lib.rs".to_owned(),
        workspace: "demo".to_owned(),
        state: State::Succeeded,
        process: ProcessAxis::Exited,
        delivered: DeliveredAxis::Diff,
        verified: VerifiedAxis::NotRun,
        executor: "claude".to_owned(),
        model: None,
        reason: String::new(),
        attempts: 1,
        answer: "I added a greeting.".to_owned(),
        failure: None,
        files: Vec::new(),
        steps: Vec::new(),
        checks: Vec::new(),
        warnings: Vec::new(),
        usage: Usage {
            input: 1_234,
            cached_input: 0,
            cache_write: 0,
            output: 567,
            reasoning: 0,
            cost: None,
            estimated: false,
        },
        cost: Some(10_000),
        wall: 12_000,
        branch: None,
        links: Vec::new(),
    }
}

pub(crate) fn result(diff: &str) -> ResultInQuestion {
    ResultInQuestion { report: report(), diff: diff.to_owned() }
}

pub(crate) fn answered(answer: &str, diff: &str) -> ResultInQuestion {
    ResultInQuestion { report: Report { answer: answer.to_owned(), ..report() }, diff: diff.to_owned() }
}

pub(crate) fn by(executor: &str, model: Option<&str>, result: ResultInQuestion) -> ResultInQuestion {
    let report = Report { executor: executor.to_owned(), model: model.map(str::to_owned), ..result.report };
    ResultInQuestion { report, ..result }
}

pub(crate) fn passed(result: ResultInQuestion) -> ResultInQuestion {
    let report =
        Report { verified: VerifiedAxis::Passed, checks: vec![check("test", true)], ..result.report };
    ResultInQuestion { report, ..result }
}

pub(crate) fn failed(result: ResultInQuestion) -> ResultInQuestion {
    let report = Report {
        state: State::Failed,
        process: ProcessAxis::Failed,
        failure: Some(failure(FailureClass::Unknown, "It did not work.")),
        ..result.report
    };
    ResultInQuestion { report, ..result }
}

pub(crate) fn costing(micros: Option<u64>, result: ResultInQuestion) -> ResultInQuestion {
    ResultInQuestion { report: Report { cost: micros, ..result.report }, ..result }
}

pub(crate) fn check(name: &str, passed: bool) -> Check {
    Check { name: name.to_owned(), passed, summary: "12 ran".to_owned() }
}

pub(crate) fn failure(class: FailureClass, message: &str) -> Failure {
    Failure { class, message: message.to_owned(), remedy: None, retry_after: None, status: None }
}

/// A diff of one file with one place, as git writes it.
pub(crate) fn file_diff(path: &str, line: usize, old: &[&str], new: &[&str]) -> String {
    let marked = |mark: &str, lines: &[&str]| -> String {
        lines.iter().map(|line| format!("{mark}{line}\n")).collect()
    };
    format!(
        "diff --git a/{path} b/{path}\nindex 1111111..2222222 100644\n--- a/{path}\n+++ b/{path}\n\
         @@ -{},{} +{},{} @@\n before\n{}{} behind\n",
        line.max(2) - 1,
        old.len() + 2,
        line.max(2) - 1,
        new.len() + 2,
        marked("-", old),
        marked("+", new)
    )
}
