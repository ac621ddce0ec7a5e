//! The codes of problems: stable names that programs match on, and what class of error each is.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// What kind of error a code is. Interfaces derive their own status from it, such as the status of an HTTP response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// Nothing more specific: the audience of the problem says whose error it is.
    General,
    /// What the request names does not exist, or is not visible to its principal.
    NotFound,
    /// The request contradicts the state of what it names, or an earlier request with the same key.
    Conflict,
    /// What the request names existed, and is no longer kept.
    Gone,
    /// The principal lacks a scope.
    Forbidden,
    /// The request is larger than the host takes.
    TooLarge,
    /// The request did not arrive in time.
    Timeout,
    /// The budget does not allow it.
    Budget,
}

macro_rules! codes {
    ($($variant:ident $code:literal $class:ident,)*) => {
        /// The code of a [`Problem`](crate::Problem), as the interfaces show it in `snake_case`.
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "each variant has the name of its code")]
        pub enum ErrorCode {
            $($variant,)*
            /// A code of another host's version that this version does not know.
            Other(Box<str>),
        }

        impl ErrorCode {
            /// Every code that this version knows.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The code in `snake_case`.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Other(code) => code,
                }
            }

            /// The class of errors that it belongs to.
            pub const fn class(&self) -> ErrorClass {
                match self {
                    $(Self::$variant => ErrorClass::$class,)*
                    Self::Other(_) => ErrorClass::General,
                }
            }

            /// Reads a code in `snake_case`.
            pub fn parse(code: &str) -> Self {
                match code {
                    $($code => Self::$variant,)*
                    _ => Self::Other(code.into()),
                }
            }
        }
    };
}

codes! {
    AmbiguousId "ambiguous_id" General,
    AmbiguousShadow "ambiguous_shadow" General,
    AnswerTooLong "answer_too_long" General,
    ApprovalByAuthor "approval_by_author" Conflict,
    AttemptHasWorktree "attempt_has_worktree" General,
    AttemptNotChosen "attempt_not_chosen" Conflict,
    AttemptNotFound "attempt_not_found" NotFound,
    BackupExists "backup_exists" General,
    BackupFailed "backup_failed" General,
    BadAddress "bad_address" General,
    BadAmount "bad_amount" General,
    BadArguments "bad_arguments" General,
    BadCard "bad_card" General,
    BadCase "bad_case" General,
    BadCertificate "bad_certificate" General,
    BadCheck "bad_check" General,
    BadCommand "bad_command" General,
    BadComplexity "bad_complexity" General,
    BadConfig "bad_config" General,
    BadCost "bad_cost" General,
    BadEvent "bad_event" General,
    BadExpect "bad_expect" General,
    BadFacts "bad_facts" General,
    BadFigure "bad_figure" General,
    BadGate "bad_gate" General,
    BadGrant "bad_grant" General,
    BadHost "bad_host" General,
    BadId "bad_id" General,
    BadIdempotencyKey "bad_idempotency_key" General,
    BadJson "bad_json" General,
    BadKey "bad_key" General,
    BadLastEventId "bad_last_event_id" General,
    BadMaxAttempts "bad_max_attempts" General,
    BadMaxCost "bad_max_cost" General,
    BadName "bad_name" General,
    BadOutcome "bad_outcome" General,
    BadPath "bad_path" General,
    BadPluginName "bad_plugin_name" General,
    BadPriority "bad_priority" General,
    BadQuery "bad_query" General,
    BadRecipe "bad_recipe" General,
    BadReference "bad_reference" General,
    BadRegistration "bad_registration" General,
    BadRequest "bad_request" General,
    BadSince "bad_since" General,
    BadSkill "bad_skill" General,
    BadTime "bad_time" General,
    BadTimeout "bad_timeout" General,
    BadTitle "bad_title" General,
    BeingSettled "being_settled" General,
    BodyTimeout "body_timeout" Timeout,
    BodyTooLarge "body_too_large" TooLarge,
    BranchInTheWay "branch_in_the_way" General,
    BrokenBuild "broken_build" General,
    BudgetExhausted "budget_exhausted" Budget,
    BuildFailed "build_failed" General,
    CallClosed "call_closed" General,
    CannotListen "cannot_listen" General,
    CannotRead "cannot_read" General,
    CannotWrite "cannot_write" General,
    CardCycle "card_cycle" Conflict,
    CardLocked "card_locked" Conflict,
    CardNotFound "card_not_found" NotFound,
    CheckpointNotFound "checkpoint_not_found" NotFound,
    DataFolder "data_folder" General,
    DiffGone "diff_gone" Gone,
    DiskFull "disk_full" General,
    DocumentNotFound "document_not_found" NotFound,
    EmbeddedPluginUnusable "embedded_plugin_unusable" General,
    EmptyInstruction "empty_instruction" General,
    EmptySpec "empty_spec" General,
    FolderInUse "folder_in_use" General,
    FolderNotEmpty "folder_not_empty" General,
    FolderTooLarge "folder_too_large" General,
    ForeignDatabase "foreign_database" General,
    ForeignOrigin "foreign_origin" General,
    GitFailed "git_failed" General,
    BaseNotFound "base_not_found" General,
    GitMissing "git_missing" General,
    GitTooSlow "git_too_slow" General,
    HalfACertificate "half_a_certificate" General,
    Handoff "handoff" Conflict,
    HumanTaskNotFound "human_task_not_found" NotFound,
    IdempotencyConflict "idempotency_conflict" Conflict,
    IllegalTransition "illegal_transition" General,
    InstructionHasNul "instruction_has_nul" General,
    InstructionTooLong "instruction_too_long" TooLarge,
    InsufficientScope "insufficient_scope" Forbidden,
    ListTooLong "list_too_long" General,
    ModelForbidden "model_forbidden" General,
    ModelsForbidden "models_forbidden" General,
    NameTaken "name_taken" General,
    NewerRecords "newer_records" General,
    NoAttempts "no_attempts" General,
    NoChange "no_change" General,
    NoChooser "no_chooser" General,
    NoClient "no_client" General,
    NoCost "no_cost" General,
    NoDataFolder "no_data_folder" General,
    NoDigest "no_digest" General,
    NoExecutor "no_executor" General,
    NoFolder "no_folder" General,
    NoHome "no_home" General,
    NoJudge "no_judge" General,
    NoProgram "no_program" General,
    NoRandomness "no_randomness" General,
    NoReason "no_reason" General,
    NoRecipe "no_recipe" General,
    NoRequest "no_request" General,
    NoRunId "no_run_id" General,
    NoRuns "no_runs" General,
    NoRuntime "no_runtime" General,
    NoScope "no_scope" General,
    NoServer "no_server" General,
    NoSuchFunction "no_such_function" NotFound,
    NoSuchGate "no_such_gate" NotFound,
    NoSuchKind "no_such_kind" NotFound,
    NoSuchLevel "no_such_level" NotFound,
    NoSuchRoute "no_such_route" NotFound,
    NoSuchShadow "no_such_shadow" NotFound,
    NoSuchTool "no_such_tool" NotFound,
    NoSuchToolset "no_such_toolset" NotFound,
    NoSummary "no_summary" General,
    NoTaskId "no_task_id" General,
    NoTempFolder "no_temp_folder" General,
    NoTool "no_tool" General,
    NoWorkerHere "no_worker_here" General,
    NoWorkspace "no_workspace" General,
    NobodyAvailable "nobody_available" General,
    NobodyToCompare "nobody_to_compare" General,
    NotAComponent "not_a_component" General,
    NotARepository "not_a_repository" General,
    NotASpec "not_a_spec" General,
    NotCancelled "not_cancelled" General,
    NotDropped "not_dropped" General,
    NotInRegistry "not_in_registry" General,
    NotItsAttempt "not_its_attempt" General,
    NotLoopback "not_loopback" General,
    NotOfTask "not_of_task" General,
    NotPacked "not_packed" General,
    NotPromoted "not_promoted" General,
    NotReplayable "not_replayable" General,
    NotRetried "not_retried" General,
    NotServing "not_serving" General,
    NotSettled "not_settled" General,
    NotSeveral "not_several" General,
    NotStarted "not_started" General,
    NothingBuilt "nothing_built" General,
    NothingDelivered "nothing_delivered" General,
    NothingToAccept "nothing_to_accept" General,
    NothingToAnswer "nothing_to_answer" General,
    NothingToApprove "nothing_to_approve" Conflict,
    NothingToGrant "nothing_to_grant" General,
    NothingToUndo "nothing_to_undo" General,
    Ok "ok" General,
    OneExecutorNamed "one_executor_named" General,
    OutputGone "output_gone" Gone,
    Passed "passed" General,
    PluginArgumentLimit "plugin_argument_limit" General,
    PluginBrokeContract "plugin_broke_contract" General,
    PluginCpuDeadline "plugin_cpu_deadline" General,
    PluginEngine "plugin_engine" General,
    PluginFiles "plugin_files" General,
    PluginFolder "plugin_folder" General,
    PluginFolderNotPrivate "plugin_folder_not_private" General,
    PluginHostCalls "plugin_host_calls" General,
    PluginMemoryBusy "plugin_memory_busy" General,
    PluginMemoryLimit "plugin_memory_limit" General,
    PluginNotDropped "plugin_not_dropped" General,
    PluginNotKept "plugin_not_kept" General,
    PluginNotServing "plugin_not_serving" General,
    PluginNotSound "plugin_not_sound" General,
    PluginOutOfTurn "plugin_out_of_turn" General,
    PluginOutputLimit "plugin_output_limit" General,
    PluginTrapped "plugin_trapped" General,
    PluginWallDeadline "plugin_wall_deadline" General,
    PluginWatch "plugin_watch" General,
    PluginsLocked "plugins_locked" General,
    ProcessIo "process_io" General,
    ProgramMissing "program_missing" General,
    ProgramsNeedNode "programs_need_node" General,
    ProgramsNotBuilt "programs_not_built" General,
    ProgramsNotFetched "programs_not_fetched" General,
    ProgramsNotStored "programs_not_stored" General,
    PruneInProgress "prune_in_progress" General,
    PulledAndRefused "pulled_and_refused" General,
    RecordsBusy "records_busy" General,
    RecordsEmptied "records_emptied" General,
    RecordsFailed "records_failed" General,
    RecordsReplaced "records_replaced" General,
    RegistryLogin "registry_login" General,
    RegistryTrouble "registry_trouble" General,
    RepositoryBare "repository_bare" General,
    RepositoryBusy "repository_busy" General,
    RepositoryInternalFolder "repository_internal_folder" General,
    RepositoryNotTrusted "repository_not_trusted" General,
    RoleBound "role_bound" General,
    RoundIncomplete "round_incomplete" General,
    RunActive "run_active" Conflict,
    RunEnded "run_ended" Conflict,
    RunNotFound "run_not_found" NotFound,
    RunNotWaiting "run_not_waiting" General,
    RunTakenOver "run_taken_over" Conflict,
    RunsAsCommand "runs_as_command" General,
    RunsAtWork "runs_at_work" General,
    ServerFailed "server_failed" General,
    ServerSilent "server_silent" General,
    SessionNotFound "session_not_found" NotFound,
    SessionOver "session_over" General,
    SkillNotFound "skill_not_found" NotFound,
    StandinNotStarted "standin_not_started" General,
    Stopping "stopping" General,
    StoreClosed "store_closed" General,
    Survivors "survivors" General,
    TaskClosed "task_closed" Conflict,
    TaskNotFound "task_not_found" NotFound,
    TextTooLong "text_too_long" General,
    TokenExists "token_exists" Conflict,
    TokenFile "token_file" General,
    TokenHasWorker "token_has_worker" General,
    TokenNotFound "token_not_found" NotFound,
    TooManyAtOnce "too_many_at_once" General,
    TooManyCalls "too_many_calls" General,
    TooManyChecks "too_many_checks" General,
    TooManyCriteria "too_many_criteria" General,
    TooManyEvents "too_many_events" General,
    TooManyGates "too_many_gates" General,
    ToolchainBroken "toolchain_broken" General,
    ToolchainMissing "toolchain_missing" General,
    Unauthorized "unauthorized" General,
    UnknownDigest "unknown_digest" General,
    UnknownExecutor "unknown_executor" General,
    UnknownKind "unknown_kind" General,
    UnknownModel "unknown_model" General,
    UnknownRung "unknown_rung" General,
    UnknownOrder "unknown_order" General,
    UnknownStage "unknown_stage" General,
    UnknownState "unknown_state" General,
    UnknownTimeZone "unknown_time_zone" General,
    UnknownVerbosity "unknown_verbosity" General,
    UnknownWorkflow "unknown_workflow" General,
    UnknownWorkspace "unknown_workspace" General,
    UnreadableAnswer "unreadable_answer" General,
    UnreadableAudit "unreadable_audit" General,
    UnreadableBody "unreadable_body" General,
    UnreadableFacts "unreadable_facts" General,
    UnreadableInput "unreadable_input" General,
    UnreadableQuestion "unreadable_question" General,
    UnreadableRequest "unreadable_request" General,
    UnsoundComponent "unsound_component" General,
    UnwritableConfig "unwritable_config" General,
    VersionConflict "version_conflict" Conflict,
    WebhookNotFound "webhook_not_found" NotFound,
    WorkNotTaken "work_not_taken" General,
    WorkerFolder "worker_folder" General,
    WorkerGivenUp "worker_given_up" General,
    WorkerNotFound "worker_not_found" NotFound,
    WorkspaceFile "workspace_file" General,
    WorkspaceNoPermission "workspace_no_permission" General,
    WorkspaceNotAFolder "workspace_not_a_folder" General,
    WorkspaceNotFound "workspace_not_found" NotFound,
    WorkspaceOutOfBounds "workspace_out_of_bounds" General,
    WorkspacePathNotText "workspace_path_not_text" General,
    WorkspaceReplaced "workspace_replaced" General,
    WorktreeRecordDamaged "worktree_record_damaged" General,
    WrongMethod "wrong_method" General,
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialEq<str> for ErrorCode {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for ErrorCode {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::parse(&String::deserialize(deserializer)?))
    }
}

#[cfg(feature = "schemas")]
impl schemars::JsonSchema for ErrorCode {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ErrorCode".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        String::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_that_is_written_is_read_as_itself() {
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::parse(code.as_str()), *code);
            assert!(
                code.as_str()
                    .bytes()
                    .all(|byte| byte == b'_' || byte.is_ascii_lowercase() || byte.is_ascii_digit())
            );
        }
        let foreign = ErrorCode::parse("of_another_host");
        assert_eq!((foreign.as_str(), foreign.class()), ("of_another_host", ErrorClass::General));
    }
}
