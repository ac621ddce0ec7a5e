//! The commands behind the remedies of problems and failures.
//!
//! Below the interfaces a remedy says what to do in words that hold for all of them. Here each code gets the command line
//! that does it.

use jackfield::Answer;
use jackfield_api::Link;
use jackfield_plugins::{Grant, PluginStatus};
use jackfield_types::{ErrorCode, FailureClass, PluginKind, Problem, RunId, RunState};
use std::collections::BTreeSet;

/// The problem with the commands that its remedy calls for.
pub(super) fn with_commands(problem: &Problem) -> Problem {
    let Some(commands) = commands(problem) else { return problem.clone() };
    let (remedy, end) = problem.remedy.strip_suffix('.').map_or((&*problem.remedy, ""), |text| (text, "."));
    Problem { remedy: format!("{remedy}{commands}{end}"), ..problem.clone() }
}

/// What is added to the remedy of a problem.
fn commands(problem: &Problem) -> Option<String> {
    let subject = problem.subject.as_deref();
    let or = |placeholder| subject.unwrap_or(placeholder);
    let text = match &problem.code {
        ErrorCode::RunNotFound | ErrorCode::AttemptNotFound => ": `jackfield runs`",
        ErrorCode::NoRuns => ": `jackfield run \"…\"`, or `jackfield demo`",
        ErrorCode::TaskNotFound | ErrorCode::CheckpointNotFound => {
            ": `jackfield task list`, `jackfield runs`"
        }
        ErrorCode::HumanTaskNotFound => ": `jackfield todo list --all`",
        ErrorCode::WorkerNotFound => ": `jackfield workers`",
        ErrorCode::IllegalTransition => ": `jackfield result RUN`",
        ErrorCode::RunNotWaiting => return Some(format!(": `jackfield runs {}`", or("RUN"))),
        ErrorCode::DiffGone => return subject.map(|run| format!(": `jackfield runs {run} --json`")),
        ErrorCode::Handoff => {
            return Some(format!(
                ": `jackfield todo answer {} --retry TEXT`, or --accept, or --stop; `jackfield cancel RUN`",
                or("ID")
            ));
        }
        ErrorCode::NothingToAnswer => ": `jackfield todo done ID`",
        ErrorCode::TokenNotFound => ": `jackfield token list`",
        ErrorCode::TokenExists => return Some(format!(": `jackfield token revoke {}`", or("NAME"))),
        // Only a worker shows a token on the command line.
        ErrorCode::TokenHasWorker | ErrorCode::InsufficientScope | ErrorCode::Unauthorized => {
            ": `jackfield token create NAME --scope work`, on the machine of the host"
        }
        ErrorCode::WebhookNotFound => " (`jackfield webhooks` lists them)",
        ErrorCode::BadConfig => {
            "; `jackfield config check` lists every mistake, `jackfield config` prints the commented default"
        }
        ErrorCode::DataFolder
        | ErrorCode::WorkerFolder
        | ErrorCode::ForeignDatabase
        | ErrorCode::NewerRecords => "; `--data FOLDER` names another data folder",
        ErrorCode::CannotListen => ", or give `--listen ADDRESS`",
        ErrorCode::RecordsReplaced => "; `jackfield backup FILE` makes backups",
        ErrorCode::RecordsFailed => ": `jackfield doctor`",
        ErrorCode::BudgetExhausted => match subject? {
            "daily" => ": `jackfield breaker raise USD --reason WHY`, `jackfield breaker reset --reason WHY`",
            _ => ": `jackfield breaker reset --reason WHY`",
        },
        ErrorCode::NobodyAvailable => {
            let roll_back = |chooser| format!(": `jackfield plugin rollback chooser {chooser}`");
            let look = || ": `jackfield doctor`, `jackfield plugin list`".to_owned();
            return Some(subject.map_or_else(look, roll_back));
        }
        ErrorCode::NoExecutor
        | ErrorCode::PluginNotServing
        | ErrorCode::PluginNotDropped
        | ErrorCode::NoChooser
        | ErrorCode::NoJudge
        | ErrorCode::NothingToUndo => " (`jackfield plugin list`)",
        ErrorCode::BadGate => return Some(format!(": `jackfield plugin inspect {}`", or("gates"))),
        ErrorCode::PluginNotKept => " (`jackfield plugin inspect NAME`)",
        ErrorCode::PluginNotSound | ErrorCode::UnsoundComponent => {
            return Some(format!(" (`jackfield plugin check {}`)", or("FILE")));
        }
        ErrorCode::BadKey => " (`jackfield plugin keygen FILE`)",
        ErrorCode::PluginsLocked => " (without `--locked`, or with `--set plugins.locked=false`)",
        ErrorCode::NothingToGrant | ErrorCode::BadGrant => {
            ": `jackfield plugin list` with the command for each that is held, `jackfield plugin check FILE`"
        }
        ErrorCode::NoSuchShadow | ErrorCode::AmbiguousShadow => "; `jackfield plugin shadow` lists them",
        ErrorCode::NotReplayable => ": `jackfield plugin test FILE CASES`",
        ErrorCode::NoWorkerHere => ": `jackfield serve`",
        ErrorCode::RunsAtWork => ": `jackfield prune`",
        ErrorCode::NoDigest => return Some(format!(": `jackfield plugin pull {}`", or("REFERENCE"))),
        ErrorCode::NotAComponent => ": `jackfield plugin push FILE REFERENCE` stores one",
        ErrorCode::RegistryTrouble => return subject.map(|_| " (`--plain-http`)".to_owned()),
        ErrorCode::NoFolder | ErrorCode::NoRecipe | ErrorCode::BadRecipe | ErrorCode::NothingBuilt => {
            "; `jackfield plugin new NAME` writes a folder that builds"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// An answer whose text refers to commands in place of URIs.
pub(super) fn in_commands(answer: Answer) -> Answer {
    let run = answer.run_id;
    let text = answer.links.iter().fold(answer.text, |text, link| match command_of(run, link) {
        Some(command) => text.replace(&link.uri, &command),
        None => text,
    });
    Answer { text, ..answer }
}

/// The command that shows what a link leads to.
fn command_of(run: RunId, link: &Link) -> Option<String> {
    match link.label.as_str() {
        "log" => Some(format!("jackfield logs {run}")),
        "diff" => Some(format!("jackfield logs {run} --diff")),
        "run" => Some(format!("jackfield runs {run}")),
        _ => None,
    }
}

/// The command for what is left to do after an answer, if there is one.
pub(super) fn after(answer: &Answer) -> Option<String> {
    let run = answer.run_id;
    if answer.state == RunState::Waiting {
        return Some("`jackfield todo list` shows the question".to_owned());
    }
    let failure = answer.attempt.as_ref()?.failure.as_ref()?;
    match failure.class {
        FailureClass::AuthFailure | FailureClass::NoProgram => {
            Some("`jackfield doctor` checks what is installed and logged in".to_owned())
        }
        FailureClass::TestFail => {
            Some(format!("`jackfield explain {run}` shows what checks and gates found"))
        }
        FailureClass::Timeout => Some(format!("`jackfield logs {run}` shows what the agent waited for")),
        FailureClass::WrongFile => Some("`--expect answer` accepts an answer without a change".to_owned()),
        FailureClass::Denied => Some("without `--read-only` an agent may change files".to_owned()),
        _ => None,
    }
}

/// The commands that let components serve which are held, one a line.
pub(super) fn for_held(plugins: &[PluginStatus]) -> String {
    let commands: BTreeSet<String> = plugins.iter().filter_map(for_component).collect();
    commands.into_iter().map(|command| format!("\n{command}")).collect()
}

fn for_component(plugin: &PluginStatus) -> Option<String> {
    let (kind, name) = (plugin.kind?, plugin.name.as_deref()?);
    if !plugin.missing.is_empty() {
        return Some(format!("to let {name} serve: {}", grant(kind, name, &plugin.missing)));
    }
    plugin.pinned.map(|_| format!("to unpin {name}: jackfield plugin unpin {kind} {name}"))
}

/// The command that grants something to a component.
pub(super) fn grant(kind: PluginKind, name: &str, grant: &Grant) -> String {
    let lists = [("--program", &grant.programs), ("--env", &grant.environment), ("--import", &grant.imports)];
    let options = lists
        .into_iter()
        .flat_map(|(option, names)| names.iter().map(move |name| format!(" {option} {}", quoted(name))));
    format!("jackfield plugin grant {kind} {name}{}", options.collect::<String>())
}

/// As a shell takes it.
fn quoted(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+' | '@');
    if !name.is_empty() && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remedy(code: ErrorCode, subject: Option<&str>) -> String {
        let problem = Problem::caller(code, "it is so", "do that");
        with_commands(&subject.map_or(problem.clone(), |subject| problem.about(subject))).remedy
    }

    /// The commands between backticks.
    fn commands_in(text: &str) -> impl Iterator<Item = &str> {
        let quoted = text.split('`').skip(1).step_by(2);
        quoted.filter(|quoted| quoted.starts_with("jackfield "))
    }

    #[test]
    fn command_of_every_code_is_one_that_the_program_takes() {
        let mut count = 0;
        for code in ErrorCode::ALL {
            for subject in [None, Some("daily"), Some("x")] {
                for command in commands_in(&remedy(code.clone(), subject)) {
                    let parsed = super::super::manual::command().try_get_matches_from(command.split(' '));
                    assert!(parsed.is_ok(), "{code}: {command}: {}", parsed.unwrap_err());
                    count += 1;
                }
            }
        }
        assert!(count > 60, "{count}");
    }

    #[test]
    fn remedy_gets_the_command_of_its_code_with_its_subject() {
        assert_eq!(remedy(ErrorCode::RunNotFound, None), "do that: `jackfield runs`");
        assert_eq!(remedy(ErrorCode::TokenExists, Some("ci")), "do that: `jackfield token revoke ci`");
        assert_eq!(remedy(ErrorCode::BudgetExhausted, None), "do that");
        assert!(remedy(ErrorCode::BudgetExhausted, Some("daily")).contains("breaker raise"));
        assert!(!remedy(ErrorCode::BudgetExhausted, Some("monthly")).contains("breaker raise"));
        let problem = Problem::caller(ErrorCode::NoChooser, "none", "List them.");
        assert_eq!(with_commands(&problem).remedy, "List them (`jackfield plugin list`).");
    }

    #[test]
    fn grant_names_everything_that_is_missing_as_a_shell_takes_it() {
        let set = |name: &str| BTreeSet::from([name.to_owned()]);
        let missing = Grant { programs: set("npx"), environment: set("KEY"), imports: set("evidence") };
        assert_eq!(
            grant(PluginKind::Executor, "claude", &missing),
            "jackfield plugin grant executor claude --program npx --env KEY --import evidence"
        );
        let odd = Grant { programs: set("it's; rm"), ..Grant::default() };
        assert!(grant(PluginKind::Executor, "x", &odd).ends_with(r"--program 'it'\''s; rm'"));
    }
}
