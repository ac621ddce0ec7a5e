//! The routes and tools behind the remedies of problems.
//!
//! Below the interfaces a remedy says what to do in words that hold for all of them. Here some codes get the route or the
//! tool that does it.

use jackfield_types::{ErrorCode, Problem};

/// The problem as a client of REST reads it: with the route that its remedy calls for.
pub(super) fn with_route(problem: Problem) -> Problem {
    let route = match &problem.code {
        ErrorCode::RunNotFound | ErrorCode::AttemptNotFound => "GET /api/runs",
        ErrorCode::TaskNotFound | ErrorCode::CheckpointNotFound => "GET /api/tasks",
        ErrorCode::HumanTaskNotFound => "GET /api/human-tasks?state=any",
        ErrorCode::Handoff => "POST /api/human-tasks/{id}/answer",
        ErrorCode::NothingToAnswer => "PATCH /api/human-tasks/{id}",
        ErrorCode::WorkerNotFound => "GET /api/workers",
        ErrorCode::TokenNotFound => "GET /api/tokens",
        ErrorCode::WebhookNotFound => "GET /api/webhooks",
        ErrorCode::BudgetExhausted if problem.subject.is_some() => "POST /api/breaker",
        ErrorCode::NothingToUndo | ErrorCode::PluginNotDropped | ErrorCode::PluginNotServing => {
            "GET /api/plugins"
        }
        ErrorCode::PluginNotKept => "GET /api/plugins?history=1000",
        _ => return problem,
    };
    with(problem, route)
}

/// The problem as a client of MCP reads it: with the tool that its remedy calls for.
pub(super) fn with_tool(problem: Problem) -> Problem {
    let tool = match &problem.code {
        ErrorCode::RunNotFound | ErrorCode::TaskNotFound => "`workflow_query` with query `summary`",
        ErrorCode::HumanTaskNotFound => "`task` with action `list`",
        ErrorCode::Handoff => "`task` with action `answer`",
        ErrorCode::NothingToAnswer => "`task` with action `update`",
        ErrorCode::WorkerNotFound => "`workers`",
        ErrorCode::NobodyAvailable if problem.subject.is_none() => "`auth_status`",
        ErrorCode::BudgetExhausted if problem.subject.is_some() => "`breaker`",
        ErrorCode::NothingToUndo | ErrorCode::PluginNotDropped | ErrorCode::PluginNotServing => {
            "`plugins` with action `list`"
        }
        _ => return problem,
    };
    with(problem, tool)
}

fn with(problem: Problem, name: &str) -> Problem {
    let (remedy, end) = problem.remedy.strip_suffix('.').map_or((&*problem.remedy, ""), |text| (text, "."));
    Problem { remedy: format!("{remedy}: {name}{end}"), ..problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mcp::tool_names;
    use crate::rest::routes;

    /// What is added for each code, with a subject and without one.
    fn added(to: fn(Problem) -> Problem) -> Vec<String> {
        let problem = |code: &ErrorCode| Problem::caller(code.clone(), "it is so", "do that");
        let both = ErrorCode::ALL.iter().flat_map(|code| [problem(code), problem(code).about("x")]);
        both.filter_map(|problem| to(problem).remedy.strip_prefix("do that: ").map(str::to_owned)).collect()
    }

    #[test]
    fn route_of_every_code_is_one_that_the_server_has() {
        let routes = routes();
        let known = |route: &str| {
            let (method, address) = route.split_once(' ').unwrap();
            let path = address.split('?').next().unwrap();
            routes.operations().iter().any(|one| one.method.as_str() == method && one.path == path)
        };
        let added = added(with_route);
        assert!(added.len() > 20, "{added:?}");
        assert_eq!(added.into_iter().find(|route| !known(route)), None);
    }

    #[test]
    fn tool_of_every_code_is_one_that_the_server_has() {
        let names = tool_names();
        let known = |text: &str| names.iter().any(|name| text.starts_with(&format!("`{name}`")));
        let added = added(with_tool);
        assert!(added.len() > 10, "{added:?}");
        assert_eq!(added.into_iter().find(|text| !known(text)), None);
    }

    #[test]
    fn remedy_without_a_route_stays_as_it_is() {
        let problem = Problem::caller(ErrorCode::BadTitle, "it is so", "do that");
        assert_eq!(with_tool(with_route(problem.clone())), problem);
        let refused = Problem::operator(ErrorCode::BudgetExhausted, "it is spent", "ask for more");
        assert_eq!(with_route(refused).remedy, "ask for more");
    }
}
