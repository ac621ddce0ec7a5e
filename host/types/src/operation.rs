//! What somebody can have the product do, without the name that an interface has for it.

use crate::{HumanTaskId, PluginKind, RunId, Scope, TaskId};
use std::path::PathBuf;

/// Declares the operations, each field with an example of its value.
macro_rules! operations {
    ($(
        $(#[$doc:meta])*
        $name:ident
            $(($type:ty = $example:expr))?
            $({ $($(#[$field_doc:meta])* $field:ident: $field_type:ty = $field_example:expr),+ $(,)? })?,
    )+) => {
        /// An operation that a remedy calls for. Each interface has its own name for it, or none: the command line a
        /// command, REST a route, MCP a tool.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Operation {
            $(
                $(#[$doc])*
                $name $(($type))? $({ $($(#[$field_doc])* $field: $field_type),+ })?,
            )+
        }

        impl Operation {
            /// One of each, for tests of the names that an interface has for them.
            pub fn examples() -> Vec<Self> {
                vec![$(Self::$name $(($example))? $({ $($field: $field_example),+ })?),+]
            }
        }
    };
}

operations! {
    /// Runs a task.
    StartRun,
    /// Runs a task that needs no account.
    RunDemo,
    /// Lists the runs.
    ListRuns,
    /// Shows a run with its attempts.
    ShowRun(RunId = RunId::new()),
    /// Waits for the end of a run and returns its answer.
    AwaitResult(RunId = RunId::new()),
    /// Ends a run.
    CancelRun(RunId = RunId::new()),
    /// Lists the tasks.
    ListTasks,
    /// Lists the cards of the board.
    ListCards,
    /// Lists the documents of a card.
    ListCardDocuments(TaskId = TaskId::new()),
    /// Lists the skills.
    ListSkills,
    /// Shows a task with its runs and its specification.
    ShowTask(TaskId = TaskId::new()),
    /// Lists the human tasks, with those that are closed.
    ListHumanTasks,
    /// Shows a human task.
    ShowHumanTask(HumanTaskId = HumanTaskId::new()),
    /// Answers the run that waits with this human task.
    AnswerHumanTask(HumanTaskId = HumanTaskId::new()),
    /// Marks a human task as done.
    CompleteHumanTask(HumanTaskId = HumanTaskId::new()),
    /// Lists the workers.
    ListWorkers,
    /// Lists the access tokens.
    ListTokens,
    /// Creates an access token.
    CreateToken(Scope = Scope::Work),
    /// Revokes the access token of this name.
    RevokeToken(String = "ci".to_owned()),
    /// Lists the webhooks.
    ListWebhooks,
    /// Allows more spending today.
    RaiseBreaker,
    /// Sets the spending that the breaker counts to zero.
    ResetBreaker,
    /// Lists the components with their states.
    ListPlugins,
    /// Lists the versions of components that the host has seen.
    ListPluginVersions,
    /// Shows a component in service, with what it takes.
    InspectPlugin {
        /// Its kind.
        kind: PluginKind = PluginKind::Gate,
        /// Its name.
        name: String = "gates".to_owned(),
    },
    /// Makes one version of a component serve.
    PinPlugin {
        /// Its kind.
        kind: PluginKind = PluginKind::Chooser,
        /// Its name.
        name: String = "careful".to_owned(),
    },
    /// Makes the version of a component serve that served before.
    RollBackPlugin {
        /// Its kind.
        kind: PluginKind = PluginKind::Chooser,
        /// Its name.
        name: String = "careful".to_owned(),
    },
    /// Checks whether a host would take the file of a component; none: a file that the caller knows.
    CheckPluginFile(Option<PathBuf> = Some("component.wasm".into())),
    /// Tests the file of a component against a file of cases.
    TestPluginFile(PathBuf = "component.wasm".into()),
    /// Makes a folder for a new component.
    NewPlugin,
    /// Fetches a component from a registry.
    PullPlugin {
        /// Its place in the registry, with its digest.
        reference: String = "registry.example/careful@sha256:00".to_owned(),
        /// Whether the registry has no TLS.
        plain_http: bool = true,
    },
    /// Hands a component in to a registry.
    PushPlugin,
    /// Allows plain HTTP for a registry.
    AllowPlainHttp,
    /// Creates a key that signs components.
    CreateSigningKey,
    /// Compares the components in the folder of shadows with those that serve.
    CompareShadows,
    /// Shows which agents are installed and logged in.
    CheckExecutors,
    /// Checks the installation of the host.
    CheckInstallation,
    /// Checks the configuration file.
    CheckConfig,
    /// Shows the default configuration with its comments.
    ShowDefaultConfig,
    /// Names another data folder.
    ChooseDataFolder,
    /// Logs a browser in.
    LogIn,
    /// Starts a host that serves.
    Serve,
    /// Starts a host that serves at another address.
    ServeElsewhere,
    /// Starts a host that serves with components that are not locked.
    ServeUnlocked,
    /// Deletes what is older than its retention.
    Prune,
}

/// The text with the names that an interface has for these operations: `list the runs: GET /api/runs`.
pub fn with_names(
    text: String,
    operations: &[Operation],
    name: impl Fn(&Operation) -> Option<String>,
) -> String {
    let mut names: Vec<String> = Vec::new();
    for named in operations.iter().filter_map(name) {
        // One route may do several operations.
        if !names.contains(&named) {
            names.push(named);
        }
    }
    if names.is_empty() {
        return text;
    }
    let (text, end) = text.strip_suffix('.').map_or((&*text, ""), |text| (text, "."));
    format!("{text}: {}{end}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str, operations: &[Operation]) -> String {
        with_names(text.to_owned(), operations, |operation| match operation {
            Operation::ListRuns => Some("runs".to_owned()),
            Operation::RaiseBreaker | Operation::ResetBreaker => Some("breaker".to_owned()),
            _ => None,
        })
    }

    #[test]
    fn text_with_operations_ends_with_their_names() {
        assert_eq!(named("list the runs", &[Operation::ListRuns]), "list the runs: runs");
        assert_eq!(
            named("List them.", &[Operation::ListRuns, Operation::RaiseBreaker]),
            "List them: runs, breaker."
        );
    }

    #[test]
    fn name_of_two_operations_is_given_once() {
        let both = [Operation::RaiseBreaker, Operation::ResetBreaker];
        assert_eq!(named("raise or reset it", &both), "raise or reset it: breaker");
    }

    #[test]
    fn text_without_a_name_stays_as_it_is() {
        assert_eq!(named("start one.", &[]), "start one.");
        assert_eq!(named("start one.", &[Operation::StartRun]), "start one.");
    }
}
