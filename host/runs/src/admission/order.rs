//! Resolves a request: checks it, sets every default and looks up every name. Only the workspace is recorded, so that
//! limits can refer to it.

use crate::admission::admitted::Admitted;
use crate::admission::classify;
use crate::admission::place::Places;
use crate::admission::resolved_request::{COMMAND, Order};
use crate::verification::gates::Gates;
use jackfield_api::{ExecuteRequest, Expect, MAX_INSTRUCTION_BYTES, RecordedRequest, bounds};
use jackfield_core::settings::Settings;
use jackfield_plugins::{ExecutorInfo, Plugins};
use jackfield_store::{RunView, Store};
use jackfield_types::{ErrorCode, Micros, Problem, Role};
use jackfield_workspace::{Source, WorkspaceError, detect_stack};
use std::sync::Arc;
use std::time::Duration;

/// Task types that expect a change if the request names them. `docs` and `chore` do not: they may also be a question
/// or a command, so `expect` asks for a change.
const CHANGING: [&str; 5] = ["feature", "bugfix", "refactor", "test", "performance"];
/// Longest time-out, seconds: a day.
pub const LONGEST: u64 = 24 * 60 * 60;

/// Most acceptance checks of a task, and the longest command of one, bytes.
const MOST_CHECKS: usize = 32;
const LONGEST_CHECK: usize = 32 << 10;

/// Resolves requests.
pub struct Orders {
    pub(crate) store: Store,
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) places: Arc<Places>,
    pub(crate) gates: Arc<Gates>,
}

impl Orders {
    /// Checks a request and resolves it.
    pub async fn order(&self, request: ExecuteRequest) -> Result<Order, Problem> {
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
        check_base(&source, request.base.as_deref()).await?;
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
    pub async fn order_again(&self, view: &RunView) -> Result<Order, Problem> {
        let request = RecordedRequest::executed(&view.run)?;
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

    /// Checks that a compressor offers a level.
    ///
    /// # Errors
    /// The problem `unknown_verbosity`, with the known levels.
    pub fn check_verbosity(&self, level: Option<&str>) -> Result<(), Problem> {
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

/// Checks that an instruction is neither empty nor too long.
///
/// # Errors
/// A [`Problem`] that names the bound.
pub fn check_instruction(instruction: &str) -> Result<(), Problem> {
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

/// Checks that the base of a request exists. It is resolved again when each worktree is created.
async fn check_base(source: &Source, base: Option<&str>) -> Result<(), Problem> {
    let Some(base) = base else { return Ok(()) };
    match source {
        Source::Git(repository) => Ok(repository.commit_of(base).await.map(drop)?),
        Source::Folder { path } => {
            Err(WorkspaceError::NoBase { repository: path.clone(), base: base.to_owned() }.into())
        }
    }
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

/// The cost limit of a request.
///
/// # Errors
/// A [`Problem`] if it is no amount of money.
pub fn max_cost(request: &ExecuteRequest) -> Result<Option<Micros>, Problem> {
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
