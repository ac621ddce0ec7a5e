//! The command lines of operations and links.
//!
//! Below the interfaces a remedy says what to do in words that hold for all of them, and names the operations that it
//! calls for. Here each operation gets the command line that does it.

use jackfield::Answer;
use jackfield_api::Link;
use jackfield_plugins::{Grant, PluginStatus};
use jackfield_types::{FailureClass, Operation, PluginKind, Problem, RunId, RunState};
use std::collections::BTreeSet;

/// The problem with the commands that its remedy calls for.
pub(super) fn with_commands(problem: &Problem) -> Problem {
    problem.clone().named(command)
}

/// The command of an operation, in backquotes.
pub(super) fn command(operation: &Operation) -> Option<String> {
    command_line(operation).map(|line| format!("`{line}`"))
}

/// The command line of an operation, or the option of every command that does it.
fn command_line(operation: &Operation) -> Option<String> {
    let line = match operation {
        Operation::StartRun => "jackfield run \"…\"".into(),
        Operation::RunDemo => "jackfield demo".into(),
        Operation::ListRuns => "jackfield runs".into(),
        Operation::ShowRun(run) => format!("jackfield runs {run}"),
        Operation::AwaitResult(run) => format!("jackfield result {run} --wait 600"),
        Operation::CancelRun(run) => format!("jackfield cancel {run}"),
        Operation::ListCards => "jackfield card list".into(),
        Operation::ListCardDocuments(card) => format!("jackfield card document {card}"),
        Operation::ListSkills => "jackfield skill list".into(),
        Operation::ListTasks => "jackfield task list".into(),
        Operation::ShowTask(task) => format!("jackfield task show {task}"),
        Operation::ListHumanTasks => "jackfield todo list --all".into(),
        Operation::ShowHumanTask(id) => format!("jackfield todo show {id}"),
        Operation::AnswerHumanTask(id) => format!("jackfield todo answer {id} --retry TEXT"),
        Operation::CompleteHumanTask(id) => format!("jackfield todo done {id}"),
        Operation::ListWorkers => "jackfield workers".into(),
        Operation::ListTokens => "jackfield token list".into(),
        Operation::CreateToken(scope) => format!("jackfield token create NAME --scope {scope}"),
        Operation::RevokeToken(name) => format!("jackfield token revoke {}", quoted(name)),
        Operation::ListWebhooks => "jackfield webhooks".into(),
        Operation::RaiseBreaker => "jackfield breaker raise USD --reason WHY".into(),
        Operation::ResetBreaker => "jackfield breaker reset --reason WHY".into(),
        Operation::ListPlugins => "jackfield plugin list".into(),
        Operation::InspectPlugin { kind, name } => {
            format!("jackfield plugin inspect {} --kind {kind}", quoted(name))
        }
        Operation::PinPlugin { kind, name } => format!("jackfield plugin pin {kind} {} DIGEST", quoted(name)),
        Operation::RollBackPlugin { kind, name } => {
            format!("jackfield plugin rollback {kind} {}", quoted(name))
        }
        Operation::CheckPluginFile(Some(file)) => {
            format!("jackfield plugin check {}", quoted(&file.to_string_lossy()))
        }
        Operation::CheckPluginFile(None) => "jackfield plugin check FILE".into(),
        Operation::TestPluginFile(file) => {
            format!("jackfield plugin test {} CASES", quoted(&file.to_string_lossy()))
        }
        Operation::NewPlugin => "jackfield plugin new NAME".into(),
        Operation::PullPlugin { reference, plain_http } => {
            let option = if *plain_http { " --plain-http" } else { "" };
            format!("jackfield plugin pull {}{option}", quoted(reference))
        }
        Operation::PushPlugin => "jackfield plugin push FILE REFERENCE".into(),
        Operation::AllowPlainHttp => "--plain-http".into(),
        Operation::CreateSigningKey => "jackfield plugin keygen FILE".into(),
        Operation::CompareShadows => "jackfield plugin shadow".into(),
        Operation::CheckExecutors | Operation::CheckInstallation => "jackfield doctor".into(),
        Operation::CheckConfig => "jackfield config check".into(),
        Operation::ShowDefaultConfig => "jackfield config".into(),
        Operation::ChooseDataFolder => "--data FOLDER".into(),
        Operation::LogIn => "jackfield open".into(),
        Operation::Serve => "jackfield serve".into(),
        Operation::ServeElsewhere => "jackfield serve --listen ADDRESS:PORT".into(),
        Operation::ServeUnlocked => "jackfield serve --set plugins.locked=false".into(),
        Operation::Prune => "jackfield prune".into(),
        Operation::ListPluginVersions => return None,
    };
    Some(line)
}

/// The answer as the command line shows it: commands in place of the URIs of its links and of operations.
pub(super) fn in_commands(answer: Answer) -> Answer {
    let run = answer.run_id;
    let text = answer.links.iter().fold(answer.text, |text, link| match command_of(run, link) {
        Some(command) => text.replace(&link.uri, &command),
        None => text,
    });
    Answer { text, ..answer }.named(command)
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
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+@/:".contains(c);
    if !name.is_empty() && name.chars().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::manual;
    use super::*;
    use jackfield_plugins::PluginError;
    use jackfield_store::{RecordKind, StoreError};
    use jackfield_types::ErrorCode;

    /// Whether the program takes a command line, or an option of every command.
    fn parsed(line: &str) -> Result<(), clap::Error> {
        let whole = match line {
            "--plain-http" => format!("jackfield plugin pull REFERENCE {line}"),
            option if option.starts_with("--") => format!("jackfield runs {option}"),
            _ => line.to_owned(),
        };
        manual::command().try_get_matches_from(whole.split(' ')).map(drop)
    }

    #[test]
    fn command_of_every_operation_is_one_that_the_program_takes() {
        let examples = Operation::examples().into_iter().chain([
            Operation::CheckPluginFile(None),
            Operation::PullPlugin { reference: "r@sha256:00".into(), plain_http: false },
        ]);
        for operation in examples {
            let Some(line) = command_line(&operation) else {
                assert_eq!(operation, Operation::ListPluginVersions);
                continue;
            };
            assert!(parsed(&line).is_ok(), "{operation:?}: {line}: {}", parsed(&line).unwrap_err());
        }
    }

    #[test]
    fn remedy_with_operations_ends_with_their_commands() {
        let problem = Problem::caller(ErrorCode::NoRuns, "there is no run yet", "start one")
            .with(Operation::StartRun)
            .with(Operation::RunDemo);
        assert_eq!(with_commands(&problem).remedy, "start one: `jackfield run \"…\"`, `jackfield demo`");
        let named = problem.with(Operation::CheckPluginFile(Some("my file.wasm".into())));
        assert!(with_commands(&named).remedy.ends_with("`jackfield plugin check 'my file.wasm'`"));
        let plain = Problem::caller(ErrorCode::BadGate, "it is too long", "give a shorter one");
        assert_eq!(with_commands(&plain).remedy, "give a shorter one");
    }

    #[test]
    fn problems_with_one_code_get_the_commands_of_their_places() {
        let (task, run) = (jackfield_types::TaskId::new(), RunId::new());
        let remedy = |error: StoreError| with_commands(&error.problem()).remedy;
        let not_now = |what, id| StoreError::NotNow { action: "start", what, id, state: "done".into() };
        assert_eq!(
            remedy(not_now(RecordKind::Task, task.to_string())),
            format!("look at its state: `jackfield task show {task}`")
        );
        assert_eq!(
            remedy(not_now(RecordKind::Run, run.to_string())),
            format!("look at its state: `jackfield runs {run}`")
        );
        let other_stage = StoreError::OtherStage { task, at: "plan".into(), asked: "impl".into() };
        assert_eq!(remedy(other_stage), "ask for a run of the stage that the task is in");
        let folder = StoreError::Folder { path: "/srv".into(), why: "it is a file".into() };
        assert!(remedy(folder).ends_with("or name another data folder: `--data FOLDER`"));
        let kept = PluginError::NotDropped { kind: PluginKind::Chooser, name: "careful".into() };
        assert!(with_commands(&kept.problem()).remedy.ends_with(": `jackfield plugin list`."));
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
