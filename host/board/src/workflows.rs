//! The workflows that cards pass.

use jackfield_types::{ErrorCode, Problem, StageName, StagePosition, Workflow, WorkflowName};

/// The definition of a workflow of the board.
///
/// # Errors
/// A [`Problem`] if there is no such workflow.
pub fn workflow(name: &WorkflowName) -> Result<Workflow, Problem> {
    if *name == WorkflowName::PRODUCT {
        return Ok(Workflow::product());
    }
    Err(Problem::caller(
        ErrorCode::UnknownWorkflow,
        format!("there is no workflow '{name}' for cards"),
        format!("use the workflow {}", WorkflowName::PRODUCT),
    ))
}

/// The stages of a workflow, in order.
pub fn stages(workflow: &Workflow) -> Vec<StageName> {
    workflow.stages().map(|stage| stage.name.clone()).collect()
}

/// The position of a stage.
pub(crate) fn position(workflow: &Workflow, stage: &StageName) -> Result<StagePosition, Problem> {
    workflow.at(stage).ok_or_else(|| {
        let known: Vec<_> = workflow.stages().map(|stage| stage.name.as_str()).collect();
        Problem::caller(
            ErrorCode::UnknownStage,
            format!("the workflow {} has no stage '{stage}'", workflow.name()),
            format!("use one of: {}", known.join(", ")),
        )
    })
}
