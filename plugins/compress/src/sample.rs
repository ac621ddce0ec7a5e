//! A report that the tests start from: a small change, done and not checked.

use crate::facts::{
    ChangeKind, ChangedFile, Check, DeliveredAxis, Failure, FailureClass, Link, ProcessAxis, Report, State,
    Usage, VerifiedAxis,
};

pub(crate) const RUN: &str = "01K9XQ3T5V7W8Y9Z0A1B2C3D4E";

pub(crate) fn report() -> Report {
    Report {
        task: "01K9XQ3T5V7W8Y9Z0A1B2C3D4F".to_owned(),
        run: RUN.to_owned(),
        instruction: "say hello in src/lib.rs".to_owned(),
        workspace: "demo".to_owned(),
        state: State::Succeeded,
        process: ProcessAxis::Exited,
        delivered: DeliveredAxis::Diff,
        verified: VerifiedAxis::NotRun,
        executor: "claude".to_owned(),
        model: Some("sonnet".to_owned()),
        reason: "claude/sonnet (workhorse), because it is feature work".to_owned(),
        attempts: 1,
        answer: "I added a greeting to src/lib.rs.".to_owned(),
        failure: None,
        files: vec![file("src/lib.rs", ChangeKind::Modified, 12, 3)],
        steps: vec!["read src/lib.rs".to_owned(), "edited src/lib.rs".to_owned()],
        checks: Vec::new(),
        warnings: Vec::new(),
        usage: Usage {
            input: 1_234,
            cached_input: 0,
            cache_write: 0,
            output: 567,
            reasoning: 0,
            cost: Some(5_592),
            estimated: false,
        },
        cost: Some(5_592),
        wall: 12_300,
        branch: Some("jackfield/hello".to_owned()),
        links: Vec::<Link>::new(),
    }
}

pub(crate) fn failed() -> Report {
    Report {
        state: State::Failed,
        process: ProcessAxis::Failed,
        delivered: DeliveredAxis::Nothing,
        failure: Some(Failure {
            class: FailureClass::AuthFailure,
            message: "Invalid API key".to_owned(),
            remedy: Some("run claude and log in with /login".to_owned()),
            retry_after: None,
            status: Some(401),
        }),
        files: Vec::new(),
        cost: None,
        ..report()
    }
}

pub(crate) fn file(path: &str, kind: ChangeKind, added: u32, removed: u32) -> ChangedFile {
    ChangedFile { path: path.to_owned(), kind, added, removed }
}

pub(crate) fn check(name: &str, passed: bool) -> Check {
    Check { name: name.to_owned(), passed, summary: "12 ran".to_owned() }
}
