//! Resolves a request: checks it, sets every default and looks up every name. Only the workspace is recorded, so that
//! limits can refer to it.

use super::admitted::Admitted;
use super::classify;
use super::gates::Gates;
use super::place::Places;
use super::resolved_request::{COMMAND, Order};
use super::settings::Settings;
use jackfield_api::{ExecuteRequest, Expect, MAX_INSTRUCTION_BYTES, bounds};
use jackfield_plugins::{ExecutorInfo, Plugins};
use jackfield_store::{RunView, Store};
use jackfield_types::{ErrorCode, Micros, Problem, Role};
use jackfield_workspace::detect_stack;
use std::sync::Arc;
use std::time::Duration;

/// Task types that expect a change if the request names them. `docs` and `chore` do not: they may also be a question
/// or a command, so `expect` asks for a change.
const CHANGING: [&str; 5] = ["feature", "bugfix", "refactor", "test", "performance"];
/// Longest time-out, seconds: a day.
const LONGEST: u64 = 24 * 60 * 60;

/// Most acceptance checks of a task, and the longest command of one, bytes.
const MOST_CHECKS: usize = 32;
const LONGEST_CHECK: usize = 32 << 10;

/// Resolves requests.
pub(crate) struct Orders {
    pub(super) store: Store,
    pub(super) plugins: Arc<Plugins>,
    pub(super) settings: Arc<Settings>,
    pub(super) places: Arc<Places>,
    pub(super) gates: Arc<Gates>,
}

impl Orders {
    /// Checks a request and resolves it.
    pub(crate) async fn order(&self, request: ExecuteRequest) -> Result<Order, Problem> {
        check_instruction(&request.instruction)?;
        check_bounds(&request)?;
        bounds::check(&request)?;
        self.check_verbosity(request.verbosity.as_deref())?;
        let asked_complexity = complexity(&request)?;
        let max_cost = max_cost(&request)?;
        let timeout = self.timeout(&request)?;
        let asked = self.places.path_of_workspace(request.workspace.as_deref()).await?;
        let place = self.places.place(asked.as_deref().or(request.workspace.as_deref()))?;
        let gates = self.gates.all_gates(&request.gates, place.name.as_deref()).await?;
        let source = place.source(&self.settings.config()).await?;
        let admitted = Some(Admitted::of(&source, place.is_configured()));
        let workspace = self.places.ensure_workspace(place.name, &source).await?;
        let found = detect_stack(&source.path());
        let (task_type, guessed_complexity) = self.sort(&request);
        let expect_change = match request.expect {
            Some(expect) => expect == Expect::Change,
            None => {
                let asks = request.instruction.trim_end().ends_with('?');
                request.task_type.is_some() && CHANGING.contains(&task_type.as_str()) && !asks
            }
        };
        Ok(Order {
            classified: request.task_type.is_none(),
            complexity: asked_complexity.unwrap_or(guessed_complexity),
            max_cost,
            timeout,
            gates,
            workspace,
            language: request
                .language
                .clone()
                .or(found.language)
                .or_else(|| classify::language(&request.instruction).map(str::to_owned)),
            stack: if request.stack.is_empty() { found.hints } else { request.stack.clone() },
            role: request.role.unwrap_or_else(|| role(&task_type)),
            access: request.access.unwrap_or_default(),
            source,
            admitted,
            task_type,
            expect_change,
            request,
        })
    }

    /// Returns the type and the complexity of a task. The type is the one that the request names, else `command` for
    /// an executor that runs the instruction as a command, else a classification of the instruction.
    fn sort(&self, request: &ExecuteRequest) -> (String, u8) {
        let (instruction, keywords) = (request.instruction.as_str(), request.keywords.as_slice());
        if let Some(named) = &request.task_type {
            let named = named.trim().to_lowercase();
            let complexity = classify::complexity(&named, instruction, keywords);
            return (named, complexity);
        }
        let config = self.settings.config();
        let executor = request.executor.as_deref().map(|name| {
            config.ladder.iter().find(|rung| rung.name == name).map_or(name, |rung| &rung.executor)
        });
        let runs_it =
            |info: &ExecutorInfo| executor == Some(info.plugin.name.as_str()) && info.runs_as_command;
        if self.plugins.executors().iter().any(runs_it) {
            return (COMMAND.to_owned(), classify::USUAL_COMPLEXITY);
        }
        let guess = classify::classify(instruction, keywords);
        (guess.task_type.to_owned(), guess.complexity)
    }

    /// Resolves the request of a recorded run again. Recorded decisions are kept.
    pub(crate) async fn order_again(&self, view: &RunView) -> Result<Order, Problem> {
        let request: ExecuteRequest = serde_json::from_value(view.run.request.clone()).map_err(|error| {
            Problem::operator(
                ErrorCode::UnreadableRequest,
                format!("what was asked of run {} cannot be read: {error}", view.run.id),
                "ask again; the run was recorded by another version",
            )
        })?;
        let workspace = self.store.workspaces().get(view.run.workspace).await?;
        let (source, admitted) =
            self.places.place_again(view, request.workspace.as_deref(), &workspace).await?;
        let task = &view.task;
        Ok(Order {
            max_cost: max_cost(&request)?,
            timeout: self.timeout(&request)?,
            gates: request.gates.clone(),
            access: request.access.unwrap_or_default(),
            task_type: task.task_type.clone(),
            classified: request.task_type.is_none(),
            complexity: task.complexity,
            language: task.language.clone(),
            stack: task.stack.clone(),
            role: task.role,
            expect_change: task.expect_change,
            workspace,
            source,
            admitted,
            request,
        })
    }

    pub(crate) fn check_verbosity(&self, level: Option<&str>) -> Result<(), Problem> {
        let Some(level) = level else { return Ok(()) };
        let known: Vec<_> = self.plugins.levels().into_iter().map(|info| info.level.name).collect();
        if known.iter().any(|name| name == level) {
            return Ok(());
        }
        Err(Problem::caller(
            ErrorCode::UnknownVerbosity,
            format!("there is no verbosity '{level}'"),
            format!("use one of: {}", known.join(", ")),
        ))
    }

    fn timeout(&self, request: &ExecuteRequest) -> Result<Duration, Problem> {
        match request.timeout_s.unwrap_or(self.settings.config().run.timeout_s) {
            seconds @ 1..=LONGEST => Ok(Duration::from_secs(seconds)),
            seconds => Err(Problem::caller(
                ErrorCode::BadTimeout,
                format!("timeout_s is {seconds}"),
                format!("give 1 to {LONGEST} seconds"),
            )),
        }
    }
}

pub(super) fn check_instruction(instruction: &str) -> Result<(), Problem> {
    if instruction.trim().is_empty() {
        return Err(Problem::caller(
            ErrorCode::EmptyInstruction,
            "the instruction is empty",
            "describe what should be done",
        ));
    }
    if instruction.len() > MAX_INSTRUCTION_BYTES {
        return Err(Problem::caller(
            ErrorCode::InstructionTooLong,
            format!(
                "the instruction has {} bytes; at most {MAX_INSTRUCTION_BYTES} are taken",
                instruction.len()
            ),
            "put the material into a file of the workspace and name the file in the instruction",
        ));
    }
    if instruction.contains('\0') {
        return Err(Problem::caller(
            ErrorCode::InstructionHasNul,
            "the instruction contains a NUL character",
            "send text; put binary material into a file of the workspace",
        ));
    }
    Ok(())
}

fn check_bounds(request: &ExecuteRequest) -> Result<(), Problem> {
    let refused =
        |code: ErrorCode, message: String, remedy: &str| Err(Problem::caller(code, message, remedy));
    if let Some(priority) = request.priority.filter(|priority| !(-100..=100).contains(priority)) {
        return refused(
            ErrorCode::BadPriority,
            format!("priority is {priority}"),
            "give -100 to 100; 0 is usual",
        );
    }
    if request.max_attempts == Some(0) {
        return refused(ErrorCode::BadMaxAttempts, "max_attempts is 0".into(), "give 1 or more");
    }
    if request.checks.len() > MOST_CHECKS {
        let message = format!("{} checks are more than {MOST_CHECKS}", request.checks.len());
        return refused(ErrorCode::TooManyChecks, message, "put them into one script of the workspace");
    }
    for check in &request.checks {
        let bytes = check.command.len();
        if check.command.trim().is_empty() || bytes > LONGEST_CHECK || check.command.contains('\0') {
            let message =
                format!("a check's command is empty, holds a NUL or is longer than {LONGEST_CHECK} bytes");
            return refused(
                ErrorCode::BadCheck,
                message,
                "give a command as you would type it, like \"cargo test\"",
            );
        }
        if check.timeout_s.is_some_and(|seconds| !(1..=LONGEST).contains(&seconds)) {
            return refused(
                ErrorCode::BadCheck,
                "a check's timeout_s is out of range".into(),
                "give 1 to 86400 seconds",
            );
        }
    }
    Ok(())
}

/// The complexity that the request gives.
fn complexity(request: &ExecuteRequest) -> Result<Option<u8>, Problem> {
    let Some(complexity) = &request.complexity else { return Ok(None) };
    complexity.score().map(Some).ok_or_else(|| {
        Problem::caller(
            ErrorCode::BadComplexity,
            "complexity is neither a known word nor a number from 1 to 10",
            "give trivial, simple, moderate, complex, epic, or 1 to 10",
        )
    })
}

pub(super) fn max_cost(request: &ExecuteRequest) -> Result<Option<Micros>, Problem> {
    match request.max_cost_usd {
        None => Ok(None),
        Some(usd) if usd.is_finite() && usd > 0.0 && usd <= 1e9 => Ok(Some(Micros::from_usd(usd))),
        Some(usd) => Err(Problem::caller(
            ErrorCode::BadMaxCost,
            format!("max_cost_usd is {usd}"),
            "give dollars, more than 0, like 0.5",
        )),
    }
}

fn role(task_type: &str) -> Role {
    match task_type {
        "design" | "architecture" | "plan" | "planning" | "epic" | "roadmap" | "strategy" | "rfc" | "adr" => {
            Role::Plan
        }
        "review" | "code-review" | "security-review" | "audit" => Role::Review,
        "test" => Role::Test,
        _ => Role::Implement,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Host;
    use jackfield_api::Access;
    use jackfield_api::Complexity;
    use jackfield_config::{Config, WorkspaceSection};

    /// Returns a host without an environment, and a folder that `jackfield.toml` calls `site`.
    async fn host() -> (Host, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site");
        std::fs::create_dir(&site).unwrap();
        let mut config = Config::default();
        let section = WorkspaceSection {
            path: site,
            repo: Some("Acme/Site".into()),
            max_concurrent: None,
            gates: Vec::new(),
        };
        config.workspaces.insert("site".into(), section);
        let builder = Host::builder(folder.path().join("data")).config(config).environment([]).watch(false);
        (builder.open().await.unwrap(), folder)
    }

    fn request() -> ExecuteRequest {
        ExecuteRequest { workspace: Some("site".into()), ..ExecuteRequest::new("do it") }
    }

    #[tokio::test]
    async fn what_is_not_said_has_a_default() {
        let (host, _folder) = host().await;
        let order = host.inner.orders.order(request()).await.unwrap();
        assert_eq!((order.task_type.as_str(), order.complexity, order.role), ("feature", 3, Role::Implement));
        assert_eq!((order.access, order.expect_change, order.max_cost), (Access::Edit, false, None));
        assert_eq!(order.timeout, Duration::from_secs(Config::default().run.timeout_s));
        assert_eq!(order.workspace.name, "site");
        host.shutdown().await;
    }

    #[tokio::test]
    async fn an_instruction_without_a_type_is_classified_by_its_words_and_a_command_by_its_executor() {
        let (host, _folder) = host().await;
        for (instruction, executor, keywords, task_type, role) in [
            ("Design the architecture of the billing system", None, "", "architecture", Role::Plan),
            ("Review PR 42", None, "", "review", Role::Review),
            ("Fix typo in README", None, "", "docs", Role::Implement),
            ("Take care of the parser", None, "architecture", "architecture", Role::Plan),
            ("review.sh --all", Some("shell"), "", "command", Role::Implement),
        ] {
            let keywords =
                [keywords].iter().filter(|word| !word.is_empty()).map(|word| (*word).to_owned()).collect();
            let executor = executor.map(str::to_owned);
            let asked = ExecuteRequest { instruction: instruction.into(), executor, keywords, ..request() };
            let order = host.inner.orders.order(asked).await.unwrap();
            assert_eq!((order.task_type.as_str(), order.role), (task_type, role), "{instruction}");
            assert!(order.classified && !order.expect_change, "a guess expects no change: {instruction}");
        }
        host.shutdown().await;
    }

    #[tokio::test]
    async fn the_type_of_a_task_says_what_counts_as_done_unless_the_caller_does() {
        let (host, _folder) = host().await;
        for (task_type, expect, change, role) in [
            (Some("Bugfix"), None, true, Role::Implement),
            (Some("review"), None, false, Role::Review),
            (Some("test"), None, true, Role::Test),
            (Some("architecture"), None, false, Role::Plan),
            (Some("docs"), None, false, Role::Implement),
            (Some("chore"), None, false, Role::Implement),
            (Some("docs"), Some(Expect::Change), true, Role::Implement),
            (Some("feature"), Some(Expect::Answer), false, Role::Implement),
            (None, Some(Expect::Change), true, Role::Implement),
        ] {
            let asked = ExecuteRequest { task_type: task_type.map(str::to_owned), expect, ..request() };
            let order = host.inner.orders.order(asked).await.unwrap();
            assert_eq!((order.expect_change, order.role), (change, role), "{task_type:?} {expect:?}");
        }
        let question = ExecuteRequest {
            instruction: "why does the parser fail? ".into(),
            task_type: Some("bugfix".into()),
            ..request()
        };
        assert!(
            !host.inner.orders.order(question).await.unwrap().expect_change,
            "a question is answered in words"
        );
        host.shutdown().await;
    }

    #[tokio::test]
    async fn what_cannot_be_is_refused_by_a_code_of_its_own() {
        let (host, folder) = host().await;
        let refused = async |request| host.inner.orders.order(request).await.unwrap_err().code;
        let text = |instruction: &str| ExecuteRequest { instruction: instruction.into(), ..request() };
        let seconds = |timeout_s| ExecuteRequest { timeout_s: Some(timeout_s), ..request() };
        let dollars = |usd| ExecuteRequest { max_cost_usd: Some(usd), ..request() };
        let workspace = |name: &str| ExecuteRequest { workspace: Some(name.into()), ..request() };
        assert_eq!(refused(text(" \n")).await, "empty_instruction");
        assert_eq!(refused(text(&"x".repeat(MAX_INSTRUCTION_BYTES + 1))).await, "instruction_too_long");
        assert_eq!(refused(text("a\0b")).await, "instruction_has_nul");
        assert_eq!(refused(seconds(0)).await, "bad_timeout");
        assert_eq!(refused(seconds(LONGEST + 1)).await, "bad_timeout");
        for usd in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            assert_eq!(refused(dollars(usd)).await, "bad_max_cost", "{usd}");
        }
        assert_eq!(refused(workspace("elsewhere")).await, "unknown_workspace");
        assert_eq!(refused(workspace("")).await, "no_workspace");
        let hard = ExecuteRequest { complexity: Some(Complexity::Number(11)), ..request() };
        assert_eq!(refused(hard).await, "bad_complexity");
        let loud = ExecuteRequest { verbosity: Some("shouted".into()), ..request() };
        assert_eq!(refused(loud).await, "unknown_verbosity");
        // A path that is absolute needs no name, but a folder.
        assert!(host.inner.orders.order(workspace(&folder.path().to_string_lossy())).await.is_ok());
        assert!(host.inner.orders.order(workspace("/nowhere/at/all")).await.is_err());
        host.shutdown().await;
    }

    #[tokio::test]
    async fn a_workspace_is_asked_for_by_name_by_repository_or_by_path() {
        let (host, folder) = host().await;
        let site = folder.path().join("site").to_string_lossy().into_owned();
        for asked in ["site", "Acme/Site", "acme/site", &site] {
            let order = host
                .inner
                .orders
                .order(ExecuteRequest { workspace: Some(asked.into()), ..request() })
                .await
                .unwrap();
            assert_eq!((order.workspace.name.as_str(), &order.workspace.path), ("site", &site), "{asked}");
        }
        host.shutdown().await;
    }

    #[tokio::test]
    async fn a_repository_that_is_not_configured_is_refused_with_the_lines_to_add() {
        let (host, folder) = host().await;
        let asked = |repo: &str| ExecuteRequest { workspace: Some(repo.into()), ..request() };
        for (repo, section) in [("acme/Docs.rs", "docs-rs"), ("other/site", "other-site")] {
            let problem = host.inner.orders.order(asked(repo)).await.unwrap_err();
            assert_eq!(problem.code, "unknown_workspace");
            let lines = format!("[workspaces.{section}]\npath = \"/path/to/the/clone\"\nrepo = \"{repo}\"");
            assert!(problem.remedy.ends_with(&lines), "{problem}");
            let added = lines.replace("/path/to/the/clone", &folder.path().to_string_lossy());
            let config: Config = toml::from_str(&added).unwrap();
            assert_eq!(config.workspaces[section].repo.as_deref(), Some(repo));
        }
        host.shutdown().await;
    }
}
