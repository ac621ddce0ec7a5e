//! The request of a run, as it is on record.

use crate::{ExecuteRequest, WriteRequest};
use jackfield_store::Run;
use jackfield_types::{ErrorCode, Problem};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The request that a run was recorded with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RecordedRequest {
    /// The run executes a request.
    Execute(Box<ExecuteRequest>),
    /// The run records an attempt that was made outside Jackfield.
    External {
        /// The instruction of its task.
        instruction: String,
        /// The attempt as it was reported.
        external: Box<WriteRequest>,
    },
}

impl RecordedRequest {
    /// The request of a run.
    ///
    /// # Errors
    /// The problem `unreadable_request` if another version recorded it in another form.
    pub fn of(run: &Run) -> Result<Self, Problem> {
        serde_json::from_value(run.request.clone()).map_err(|error| unreadable(run, &error.to_string()))
    }

    /// The request that a run executes.
    ///
    /// # Errors
    /// The problem `unreadable_request` if the run records an external attempt, or another version recorded it.
    pub fn executed(run: &Run) -> Result<ExecuteRequest, Problem> {
        match Self::of(run)? {
            Self::Execute(request) => Ok(*request),
            Self::External { .. } => Err(unreadable(run, "it was made outside Jackfield")),
        }
    }

    /// The form in which the store keeps it.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The verbosity that was asked for.
    pub fn verbosity(&self) -> Option<&str> {
        match self {
            Self::Execute(request) => request.verbosity.as_deref(),
            Self::External { .. } => None,
        }
    }

    /// The cost limit of the run, dollars.
    pub fn max_cost_usd(&self) -> Option<f64> {
        match self {
            Self::Execute(request) => request.max_cost_usd,
            Self::External { .. } => None,
        }
    }
}

fn unreadable(run: &Run, why: &str) -> Problem {
    Problem::operator(
        ErrorCode::UnreadableRequest,
        format!("failed to read the request of run {}: {why}", run.id),
        "send the request again; another version recorded this one",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn recorded_request_returns_from_its_form_in_the_store() {
        let execute = ExecuteRequest {
            verbosity: Some("full".into()),
            max_cost_usd: Some(1.5),
            ..ExecuteRequest::new("do it")
        };
        let execute = RecordedRequest::Execute(Box::new(execute));
        let external = json!({ "executor": "codex", "outcome": "succeeded", "latency_ms": 5 });
        let external = RecordedRequest::External {
            instruction: "do it".into(),
            external: serde_json::from_value(external).unwrap(),
        };
        assert_eq!((execute.verbosity(), execute.max_cost_usd()), (Some("full"), Some(1.5)));
        assert_eq!((external.verbosity(), external.max_cost_usd()), (None, None));
        for request in [execute, external] {
            let read: RecordedRequest = serde_json::from_value(request.to_json()).unwrap();
            assert_eq!(read, request);
        }
    }

    #[test]
    fn request_of_another_version_is_refused() {
        let later = json!({ "instruction": "do it", "later": true });
        assert!(serde_json::from_value::<RecordedRequest>(later).is_err());
    }
}
