//! Problems and component errors as failures of an attempt.

use jackfield_plugins::{PluginError, Violation};
use jackfield_types::{Failure, FailureClass};

pub(crate) fn from_problem(class: FailureClass, problem: jackfield_types::Problem) -> Failure {
    Failure::new(class, problem.message).with_remedy(problem.remedy)
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
pub(crate) fn plugin_failure(error: PluginError) -> Failure {
    from_problem(class_of(&error), error.problem())
}

/// The failure class of a component error. A contract violation is the adapter's fault, not the agent's, and a
/// stronger model does not help.
const fn class_of(error: &PluginError) -> FailureClass {
    match error {
        PluginError::Misbehaved(error) if matches!(error.violation, Violation::Contract(_)) => {
            FailureClass::SyntaxError
        }
        _ => FailureClass::Unknown,
    }
}
