//! Component calls, as they are recorded.

use jackfield_plugins::PluginError;
use jackfield_store::NewPluginCall;
use jackfield_types::{AttemptId, PluginRef, RunId, TaskId};
use serde_json::Value;

/// The record of a component's decision, after that of the component that failed to make it, if any.
pub(crate) fn decision<T: serde::Serialize>(
    called: &jackfield_plugins::Called<T>,
    function: &str,
    facts: Value,
) -> Vec<NewPluginCall> {
    let call = |plugin: &PluginRef, answer, error: Option<String>| NewPluginCall {
        task: None,
        run: None,
        attempt: None,
        plugin: plugin.clone(),
        function: function.to_owned(),
        facts: facts.clone(),
        answer,
        micros: called.micros,
        seed: Some(called.seed),
        notes: if error.is_none() { called.notes.clone() } else { Vec::new() },
        error,
    };
    let failed =
        called.instead.iter().map(|instead| call(&instead.failed, Value::Null, Some(instead.error.clone())));
    let answered = call(&called.plugin, serde_json::to_value(&called.value).unwrap_or_default(), None);
    failed.chain([answered]).collect()
}

/// Adds the task, the run and the attempt to recorded calls.
pub fn concerning(
    calls: Vec<NewPluginCall>,
    task: TaskId,
    run: RunId,
    attempt: Option<AttemptId>,
) -> Vec<NewPluginCall> {
    let put_down = |call| NewPluginCall { task: Some(task), run: Some(run), attempt, ..call };
    calls.into_iter().map(put_down).collect()
}

/// The record of a call that failed without a substitute.
pub(crate) fn failed_decision(error: &PluginError, function: &str, facts: Value) -> Option<NewPluginCall> {
    let PluginError::Misbehaved(misbehaviour) = error else { return None };
    Some(NewPluginCall {
        task: None,
        run: None,
        attempt: None,
        plugin: misbehaviour.plugin.clone(),
        function: function.to_owned(),
        facts,
        answer: Value::Null,
        micros: 0,
        seed: None,
        notes: Vec::new(),
        error: Some(error.to_string()),
    })
}
