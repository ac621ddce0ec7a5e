//! The routes and tools of operations.
//!
//! Below the interfaces a remedy says what to do in words that hold for all of them, and names the operations that it
//! calls for. Here each operation gets the route and the tool that does it.

use jackfield_types::{Operation, PluginKind};

/// The route of an operation for a client of REST.
pub(super) fn route(operation: &Operation) -> Option<String> {
    Names::of(operation).route
}

/// The tool of an operation for a client of MCP, with its arguments.
pub(super) fn tool(operation: &Operation) -> Option<String> {
    Names::of(operation).tool
}

/// The names that the server has for an operation.
struct Names {
    route: Option<String>,
    tool: Option<String>,
}

impl Names {
    fn of(operation: &Operation) -> Self {
        match operation {
            Operation::StartRun => both("POST /tasks/execute", "`execute`"),
            Operation::ListRuns => both("GET /api/runs", "`workflow_query` with query `summary`"),
            Operation::ShowRun(run) => both(
                format!("GET /api/runs/{run}"),
                format!("`workflow_query` with query `state` and run_id {run}"),
            ),
            Operation::AwaitResult(run) => {
                both(format!("GET /api/runs/{run}/result"), format!("`result` with run_id {run}"))
            }
            Operation::CancelRun(run) => {
                both(format!("POST /api/runs/{run}"), format!("`cancel` with run_id {run}"))
            }
            Operation::ListCards => both("GET /api/cards", "`card` with action `list`"),
            Operation::ListCardDocuments(card) => both(
                format!("GET /api/cards/{card}/documents"),
                format!("`card` with action `documents` and id {card}"),
            ),
            Operation::ListSkills => both("GET /api/skills", "`skill` with action `list`"),
            Operation::ListTasks => both("GET /api/tasks", "`workflow_query` with query `summary`"),
            Operation::ShowTask(task) => both(
                format!("GET /api/tasks/{task}"),
                format!("`workflow_query` with query `state` and task_id {task}"),
            ),
            Operation::ListHumanTasks => {
                both("GET /api/human-tasks?state=any", "`task` with action `list` and state `any`")
            }
            Operation::ShowHumanTask(id) => {
                both(format!("GET /api/human-tasks/{id}"), format!("`task` with action `read` and id {id}"))
            }
            Operation::AnswerHumanTask(id) => both(
                format!("POST /api/human-tasks/{id}/answer"),
                format!("`task` with action `answer` and id {id}"),
            ),
            Operation::CompleteHumanTask(id) => both(
                format!("PATCH /api/human-tasks/{id}"),
                format!("`task` with action `update`, id {id} and state `done`"),
            ),
            Operation::ListWorkers => both("GET /api/workers", "`workers`"),
            Operation::ListTokens => only_route("GET /api/tokens"),
            Operation::CreateToken(_) => only_route("POST /api/tokens"),
            Operation::RevokeToken(name) => only_route(format!("DELETE /api/tokens/{name}")),
            Operation::ListWebhooks => only_route("GET /api/webhooks"),
            Operation::RaiseBreaker => both("POST /api/breaker", "`breaker` with action `raise`"),
            Operation::ResetBreaker => both("POST /api/breaker", "`breaker` with action `reset`"),
            Operation::ListPlugins => both("GET /api/plugins", "`plugins` with action `list`"),
            Operation::ListPluginVersions => only_route("GET /api/plugins?history=1000"),
            Operation::InspectPlugin { kind, name } => of_plugin("GET", "inspect", *kind, name),
            Operation::PinPlugin { kind, name } => of_plugin("POST", "pin", *kind, name),
            Operation::RollBackPlugin { kind, name } => of_plugin("POST", "rollback", *kind, name),
            Operation::CheckExecutors => both("GET /api/auth", "`auth_status`"),
            Operation::LogIn => only_route("POST /api/session"),
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
            | Operation::Prune => Self { route: None, tool: None },
        }
    }
}

fn both(route: impl Into<String>, tool: impl Into<String>) -> Names {
    Names { route: Some(route.into()), tool: Some(tool.into()) }
}

fn only_route(route: impl Into<String>) -> Names {
    Names { route: Some(route.into()), tool: None }
}

fn of_plugin(method: &str, action: &str, kind: PluginKind, name: &str) -> Names {
    both(
        format!("{method} /api/plugins/{kind}/{name}"),
        format!("`plugins` with action `{action}`, kind `{kind}` and name `{name}`"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::tool_schemas;
    use crate::rest::routes;
    use crate::rest_session::open_routes;
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
        let (routes, open) = (routes(), open_routes());
        let known = |route: &str| {
            let (method, address) = route.split_once(' ').unwrap();
            let path = address.split('?').next().unwrap();
            let mut all = routes.operations().iter().chain(open.operations());
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
