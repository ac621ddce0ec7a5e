//! The routes and tools of operations.
//!
//! Below the interfaces a remedy says what to do in words that hold for all of them, and names the operations that it
//! calls for. Here each operation gets the route and the tool that does it.

use jackfield_types::{Operation, PluginKind};

/// The route of an operation for a client of REST.
pub(super) fn route(operation: &Operation) -> Option<String> {
    let route = match operation {
        Operation::StartRun => "POST /tasks/execute".into(),
        Operation::ListRuns => "GET /api/runs".into(),
        Operation::ShowRun(run) => format!("GET /api/runs/{run}"),
        Operation::AwaitResult(run) => format!("GET /api/runs/{run}/result"),
        Operation::CancelRun(run) => format!("POST /api/runs/{run}"),
        Operation::ListTasks => "GET /api/tasks".into(),
        Operation::ShowTask(task) => format!("GET /api/tasks/{task}"),
        Operation::ListHumanTasks => "GET /api/human-tasks?state=any".into(),
        Operation::ShowHumanTask(id) => format!("GET /api/human-tasks/{id}"),
        Operation::AnswerHumanTask(id) => format!("POST /api/human-tasks/{id}/answer"),
        Operation::CompleteHumanTask(id) => format!("PATCH /api/human-tasks/{id}"),
        Operation::ListWorkers => "GET /api/workers".into(),
        Operation::ListTokens => "GET /api/tokens".into(),
        Operation::CreateToken(_) => "POST /api/tokens".into(),
        Operation::RevokeToken(name) => format!("DELETE /api/tokens/{name}"),
        Operation::ListWebhooks => "GET /api/webhooks".into(),
        Operation::RaiseBreaker | Operation::ResetBreaker => "POST /api/breaker".into(),
        Operation::ListPlugins => "GET /api/plugins".into(),
        Operation::ListPluginVersions => "GET /api/plugins?history=1000".into(),
        Operation::InspectPlugin { kind, name } => format!("GET /api/plugins/{kind}/{name}"),
        Operation::PinPlugin { kind, name } | Operation::RollBackPlugin { kind, name } => {
            format!("POST /api/plugins/{kind}/{name}")
        }
        Operation::CheckExecutors => "GET /api/auth".into(),
        Operation::RunDemo
        | Operation::CheckPluginFile(_)
        | Operation::TestPluginFile(_)
        | Operation::NewPlugin
        | Operation::PullPlugin { .. }
        | Operation::PushPlugin
        | Operation::AllowPlainHttp
        | Operation::CreateSigningKey
        | Operation::CompareShadows
        | Operation::CheckInstallation
        | Operation::CheckConfig
        | Operation::ShowDefaultConfig
        | Operation::ChooseDataFolder
        | Operation::Serve
        | Operation::ServeElsewhere
        | Operation::ServeUnlocked
        | Operation::Prune => return None,
    };
    Some(route)
}

/// The tool of an operation for a client of MCP, with its arguments.
pub(super) fn tool(operation: &Operation) -> Option<String> {
    let of_plugin = |action: &str, kind: &PluginKind, name: &str| {
        format!("`plugins` with action `{action}`, kind `{kind}` and name `{name}`")
    };
    let tool = match operation {
        Operation::StartRun => "`execute`".into(),
        Operation::ListRuns | Operation::ListTasks => "`workflow_query` with query `summary`".into(),
        Operation::ShowRun(run) => format!("`workflow_query` with query `state` and run_id {run}"),
        Operation::AwaitResult(run) => format!("`result` with run_id {run}"),
        Operation::CancelRun(run) => format!("`cancel` with run_id {run}"),
        Operation::ShowTask(task) => format!("`workflow_query` with query `state` and task_id {task}"),
        Operation::ListHumanTasks => "`task` with action `list` and state `any`".into(),
        Operation::ShowHumanTask(id) => format!("`task` with action `read` and id {id}"),
        Operation::AnswerHumanTask(id) => format!("`task` with action `answer` and id {id}"),
        Operation::CompleteHumanTask(id) => format!("`task` with action `update`, id {id} and state `done`"),
        Operation::ListWorkers => "`workers`".into(),
        Operation::RaiseBreaker => "`breaker` with action `raise`".into(),
        Operation::ResetBreaker => "`breaker` with action `reset`".into(),
        Operation::ListPlugins => "`plugins` with action `list`".into(),
        Operation::InspectPlugin { kind, name } => of_plugin("inspect", kind, name),
        Operation::PinPlugin { kind, name } => of_plugin("pin", kind, name),
        Operation::RollBackPlugin { kind, name } => of_plugin("rollback", kind, name),
        Operation::CheckExecutors => "`auth_status`".into(),
        Operation::RunDemo
        | Operation::ListTokens
        | Operation::CreateToken(_)
        | Operation::RevokeToken(_)
        | Operation::ListWebhooks
        | Operation::ListPluginVersions
        | Operation::CheckPluginFile(_)
        | Operation::TestPluginFile(_)
        | Operation::NewPlugin
        | Operation::PullPlugin { .. }
        | Operation::PushPlugin
        | Operation::AllowPlainHttp
        | Operation::CreateSigningKey
        | Operation::CompareShadows
        | Operation::CheckInstallation
        | Operation::CheckConfig
        | Operation::ShowDefaultConfig
        | Operation::ChooseDataFolder
        | Operation::Serve
        | Operation::ServeElsewhere
        | Operation::ServeUnlocked
        | Operation::Prune => return None,
    };
    Some(tool)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::tool_schemas;
    use crate::rest::routes;
    use jackfield_plugins::PluginError;
    use jackfield_store::{RecordKind, StoreError};
    use jackfield_types::{ErrorCode, Problem, RunId, TaskId};
    use serde_json::Value;

    fn names(of: fn(&Operation) -> Option<String>) -> Vec<String> {
        Operation::examples().iter().filter_map(of).collect()
    }

    /// Whether a path has the form of a route, such as `/api/runs/{run}`.
    fn has_form(path: &str, form: &str) -> bool {
        let same = |(part, form): (&str, &str)| part == form || form.starts_with('{');
        path.split('/').count() == form.split('/').count() && path.split('/').zip(form.split('/')).all(same)
    }

    #[test]
    fn route_of_every_operation_is_one_that_the_server_has() {
        let routes = routes();
        let known = |route: &str| {
            let (method, address) = route.split_once(' ').unwrap();
            let path = address.split('?').next().unwrap();
            let mut all = routes.operations().iter();
            all.any(|one| one.method.as_str() == method && has_form(path, one.path))
        };
        let unknown: Vec<_> = names(route).into_iter().filter(|route| !known(route)).collect();
        assert_eq!(unknown, [""; 0]);
    }

    #[test]
    fn tool_of_every_operation_is_one_that_takes_its_arguments() {
        let schemas = tool_schemas();
        for text in names(tool) {
            let (name, arguments) = text.split_once(" with ").unwrap_or((&text, ""));
            let schema = &schemas[name.trim_matches('`')];
            let arguments = arguments.replace(" and ", ", ");
            for argument in arguments.split(", ").filter(|argument| !argument.is_empty()) {
                let (field, value) = argument.split_once(' ').unwrap();
                let field = &schema["properties"][field];
                assert!(field.is_object(), "{text}: {schema:?}");
                let value = Value::from(value.trim_matches('`'));
                let taken = field["enum"].as_array().is_none_or(|values| values.contains(&value));
                assert!(taken, "{text}: {field}");
            }
        }
    }

    #[test]
    fn problems_with_one_code_get_the_routes_and_tools_of_their_places() {
        let (task, run) = (TaskId::new(), RunId::new());
        let not_now =
            |what, id| StoreError::NotNow { action: "start", what, id, state: "done".to_owned() }.problem();
        let of_task = not_now(RecordKind::Task, task.to_string());
        assert_eq!(of_task.clone().named(route).remedy, format!("look at its state: GET /api/tasks/{task}"));
        let of_run = not_now(RecordKind::Run, run.to_string());
        assert_eq!(of_run.code, of_task.code);
        let asked = format!("look at its state: `workflow_query` with query `state` and run_id {run}");
        assert_eq!(of_run.named(tool).remedy, asked);
        let unknown = PluginError::NothingToUndo("it is not pinned".to_owned()).problem();
        assert!(unknown.clone().named(route).remedy.ends_with(": GET /api/plugins."));
        assert!(unknown.named(tool).remedy.ends_with(": `plugins` with action `list`."));
    }

    #[test]
    fn remedy_without_an_operation_stays_as_it_is() {
        let other = Problem::caller(ErrorCode::RunNotFound, "that run is another task's", "leave run_id out");
        assert_eq!(other.clone().named(route), other);
        let local = Problem::operator(ErrorCode::DataFolder, "it cannot be used", "name another data folder")
            .with(Operation::ChooseDataFolder);
        assert_eq!(local.clone().named(route).remedy, local.remedy);
    }
}
