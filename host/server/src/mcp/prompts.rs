//! Prompts for common jobs: what a person would type, with the tool and the fields already right.

use super::resources::{Kind, Place, told};
use jackfield::Host;
use jackfield_render::text_explain;
use jackfield_types::Problem;
use rmcp::model::{ErrorData, GetPromptResult, JsonObject, Prompt, PromptArgument, PromptMessage, Role};
use serde_json::Value;

struct Job {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    /// Name, description, whether it is needed.
    arguments: &'static [(&'static str, &'static str, bool)],
}

const WORKSPACE: (&str, &str, bool) =
    ("workspace", "A workspace's name, or the absolute path of a repository.", true);
const EXECUTOR: (&str, &str, bool) = ("executor", "Who does it; the chooser picks where not given.", false);
const RUN: (&str, &str, bool) = ("run_id", "The run.", true);

const JOBS: [Job; 4] = [
    Job {
        name: "fix_failing_test",
        title: "Fix a failing test",
        description: "Have an agent find out why a command fails and fix it; the command must pass in the end.",
        arguments: &[
            WORKSPACE,
            ("command", "The command that fails, like `cargo test parser`.", true),
            EXECUTOR,
        ],
    },
    Job {
        name: "review_diff",
        title: "Review a run's diff",
        description: "Look over what a run changed, before it is merged.",
        arguments: &[RUN, ("focus", "What to look at above all.", false)],
    },
    Job {
        name: "plan_then_build",
        title: "Plan, then build",
        description: "Have one agent plan, show the plan, and have it built once you agree.",
        arguments: &[WORKSPACE, ("goal", "What there should be in the end.", true), EXECUTOR],
    },
    Job {
        name: "explain_run",
        title: "Explain a run",
        description: "Say why a run went as it did, from its recorded decisions.",
        arguments: &[RUN],
    },
];

/// All of them, in a fixed order.
pub(super) fn all() -> Vec<Prompt> {
    let argument = |(name, description, needed): &(&str, &str, bool)| {
        PromptArgument::new(*name).with_description(*description).with_required(*needed)
    };
    let prompt = |job: &Job| {
        let arguments = job.arguments.iter().map(argument).collect();
        Prompt::new(job.name, Some(job.description), Some(arguments)).with_title(job.title)
    };
    JOBS.iter().map(prompt).collect()
}

/// What was given for a prompt's arguments.
struct Given(JsonObject);

impl Given {
    /// Nothing that is unknown, and everything that is needed.
    fn checked(job: &Job, given: JsonObject) -> Result<Self, ErrorData> {
        let names: Vec<_> = job.arguments.iter().map(|(name, ..)| *name).collect();
        if let Some(unknown) = given.keys().find(|name| !names.contains(&name.as_str())) {
            let message = format!("'{}' takes no '{unknown}'; it takes {}", job.name, names.join(", "));
            return Err(ErrorData::invalid_params(message, None));
        }
        let given = Self(given);
        let missing = job.arguments.iter().find(|(name, _, needed)| *needed && given.text(name).is_none());
        match missing {
            Some((name, description, _)) => {
                let message = format!("'{}' needs '{name}': {description}", job.name);
                Err(ErrorData::invalid_params(message, None))
            }
            None => Ok(given),
        }
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
    }

    fn or_nothing(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }
}

/// One prompt, filled in.
pub(super) async fn get(
    host: &Host,
    name: &str,
    arguments: Option<JsonObject>,
) -> Result<GetPromptResult, ErrorData> {
    let Some(job) = JOBS.iter().find(|job| job.name == name) else {
        let names: Vec<_> = JOBS.iter().map(|job| job.name).collect();
        let message = format!("there is no prompt '{name}'; prompts are {}", names.join(", "));
        return Err(ErrorData::invalid_params(message, None));
    };
    let given = Given::checked(job, arguments.unwrap_or_default())?;
    let messages = match name {
        "fix_failing_test" => vec![user(fix(&given))],
        "plan_then_build" => vec![user(plan(&given))],
        "review_diff" => review(host, &given).await.map_err(|problem| told(&problem))?,
        _ => explain(host, &given).await.map_err(|problem| told(&problem))?,
    };
    Ok(GetPromptResult::new(messages).with_description(job.description))
}

fn user(text: String) -> PromptMessage {
    PromptMessage::new_text(Role::User, text)
}

fn by(given: &Given) -> String {
    given.text("executor").map(|name| format!("\n- executor: {name}")).unwrap_or_default()
}

fn fix(given: &Given) -> String {
    let (workspace, command) = (given.or_nothing("workspace"), given.or_nothing("command"));
    format!(
        "Have a failing test fixed with Jackfield's `execute`:\n\
         - workspace: {workspace}\n\
         - task_type: bugfix\n\
         - instruction: Run `{command}`, find out why it fails, and mend the cause. Change the test only where it \
         is the test that is wrong, and say so.\n\
         - checks: [{{\"command\": {}}}]{}\n\n\
         Where the answer is not final, call `result` with its run_id until it is. Then tell me in a few lines what \
         was wrong, what was changed, on which branch it is and what it cost.",
        Value::from(command),
        by(given)
    )
}

fn plan(given: &Given) -> String {
    let (workspace, goal) = (given.or_nothing("workspace"), given.or_nothing("goal"));
    format!(
        "I want this in {workspace}: {goal}\n\n\
         First have it planned with Jackfield's `execute`: role plan, access read, expect answer, verbosity full, and \
         the instruction to read the code and answer with the steps, the files that each touches, and how to check \
         the outcome. Show me the plan and wait for my word.\n\n\
         When I agree, call `execute` again in the same workspace with role implement, the goal and the agreed plan \
         as the instruction, and the plan's way of checking as `checks`.{} Where an answer is not final, call \
         `result` until it is. Then give me its diagram and the branch.",
        by(given)
    )
}

async fn review(host: &Host, given: &Given) -> Result<Vec<PromptMessage>, Problem> {
    let run = host.runs().find(given.or_nothing("run_id")).await?;
    let focus = given.text("focus").map(|focus| format!(" Look above all at: {focus}.")).unwrap_or_default();
    let place = Place::of(run, Kind::Diff);
    let page = super::resources::first_page(host, place).await?;
    let ask = format!(
        "Review what run {run} changed.{focus} Name what is wrong or missing, with file and line, most serious \
         first, and say whether you would merge it. The change follows; its log is {}.",
        Place::of(run, Kind::Log)
    );
    Ok(vec![user(ask), attached(place, Kind::Diff, page)])
}

async fn explain(host: &Host, given: &Given) -> Result<Vec<PromptMessage>, Problem> {
    let run = host.runs().find(given.or_nothing("run_id")).await?;
    let account = text_explain::explanation(&host.tasks().explain(&run.to_string()).await?);
    let ask = format!(
        "Explain to me in plain words why run {run} went as it did: who was asked and why, what became of each \
         attempt, and what I could change. Its account follows."
    );
    Ok(vec![user(ask), attached(Place::of(run, Kind::Log), Kind::Log, super::text_of::plain(&account))])
}

fn attached(place: Place, kind: Kind, text: String) -> PromptMessage {
    let mime = kind.mime().to_owned();
    PromptMessage::new_resource(Role::User, place.to_string(), Some(mime), Some(text), None, None, None)
}
