//! Workflows: the stages that a task passes, and what the end of a run means for its task in each of them.

use crate::text::clip;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Longest name of a workflow or a stage, bytes.
const LONGEST_NAME: usize = 64;
/// Most stages of a workflow.
const MOST_STAGES: usize = 64;

/// The stages of the workflow `product`.
const PRODUCT_STAGES: [&str; 11] = [
    "inbox",
    "discovery",
    "prd",
    "design",
    "prototype",
    "validate",
    "tickets",
    "build",
    "alpha",
    "beta",
    "ga",
];

/// A text that names no workflow or stage.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{text}' cannot name a {what}: a name has 1 to 64 characters (a to z, 0 to 9, '-', '_') and begins with a letter"
)]
pub struct InvalidName {
    what: &'static str,
    text: String,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Cow<'static, str>);

        impl $name {
            /// As stored and shown.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::try_from(text.to_owned())
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidName;

            fn try_from(text: String) -> Result<Self, InvalidName> {
                if is_name(&text) {
                    return Ok(Self(Cow::Owned(text)));
                }
                Err(InvalidName { what: $what, text: clip(&text, LONGEST_NAME) })
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.into_owned()
            }
        }

        #[cfg(feature = "schemas")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "minLength": 1, "maxLength": LONGEST_NAME })
            }
        }
    };
}

fn is_name(text: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    text.len() <= LONGEST_NAME
        && text.bytes().all(allowed)
        && text.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
}

name!(
    /// The name of a workflow.
    WorkflowName, "workflow"
);
name!(
    /// The name of a stage of a workflow.
    StageName, "stage"
);

impl WorkflowName {
    /// The workflow of runs that record work done elsewhere. No definition has this name: such a run is made for no
    /// stage, and its end moves no task.
    pub const EXTERNAL: Self = Self(Cow::Borrowed("external"));

    /// The workflow of `execute`.
    pub const DIRECT: Self = Self(Cow::Borrowed("direct"));

    /// The workflow of the board, from a transcript to general availability.
    pub const PRODUCT: Self = Self(Cow::Borrowed("product"));
}

impl StageName {
    const IMPL: Self = Self(Cow::Borrowed("impl"));
}

/// A stage of a workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    /// Its name, unique in its workflow.
    pub name: StageName,
    /// A person decides what follows a run that succeeds. Otherwise the task enters the next stage, or is done if
    /// there is none.
    pub review: bool,
    /// What follows a run that does not succeed.
    pub on_failure: OnFailure,
}

/// What a run that succeeds means for its task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnSuccess {
    /// The task is done: its stage is the last one.
    Done,
    /// The task enters this stage.
    Advance(StageName),
    /// The task stays in its stage until a person has looked at the work.
    Review,
}

/// What a run that fails or is cancelled means for its task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// The task ends as its run did.
    End,
    /// The task stays open in its stage: it needs improvement after a failure, and is ready after a cancellation.
    Stay,
}

/// What the end of a run means for its task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnEnd {
    /// If it succeeds.
    pub success: OnSuccess,
    /// If it fails or is cancelled.
    pub failure: OnFailure,
}

/// A stage of a workflow, with what the end of a run means there. It is recorded with a run, so that a definition
/// that changes meanwhile does not change what a run was admitted for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagePosition {
    /// The workflow.
    pub workflow: WorkflowName,
    /// The stage.
    pub stage: StageName,
    /// What the end of a run means.
    pub on_end: OnEnd,
}

impl StagePosition {
    /// The position of a run that records work done elsewhere on a task in `stage`. Its end moves no task.
    pub const fn recording(stage: StageName) -> Self {
        let on_end = OnEnd { success: OnSuccess::Review, failure: OnFailure::Stay };
        Self { workflow: WorkflowName::EXTERNAL, stage, on_end }
    }
}

/// A definition of a workflow: one stage at least, all with different names. The last one is terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workflow {
    name: WorkflowName,
    first: Stage,
    /// The stages after the first.
    rest: Vec<Stage>,
}

/// Why a definition of a workflow is not valid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each says itself what is wrong")]
pub enum InvalidWorkflow {
    #[error("the name '{0}' is reserved")]
    Reserved(WorkflowName),
    #[error("the workflow '{0}' has no stages")]
    NoStages(WorkflowName),
    #[error("the workflow '{workflow}' has {stages} stages; at most {MOST_STAGES} are allowed")]
    TooManyStages { workflow: WorkflowName, stages: usize },
    #[error("the workflow '{workflow}' has two stages with the name '{stage}'")]
    RepeatedStage { workflow: WorkflowName, stage: StageName },
}

impl Workflow {
    /// Checks a definition.
    ///
    /// # Errors
    /// An [`InvalidWorkflow`] if the name is reserved, or there is no stage, too many of them, or a name twice.
    pub fn new(name: WorkflowName, stages: Vec<Stage>) -> Result<Self, InvalidWorkflow> {
        if name == WorkflowName::EXTERNAL {
            return Err(InvalidWorkflow::Reserved(name));
        }
        if stages.len() > MOST_STAGES {
            return Err(InvalidWorkflow::TooManyStages { workflow: name, stages: stages.len() });
        }
        let mut known: Vec<&StageName> = Vec::new();
        for stage in &stages {
            if known.contains(&&stage.name) {
                return Err(InvalidWorkflow::RepeatedStage { workflow: name, stage: stage.name.clone() });
            }
            known.push(&stage.name);
        }
        let mut stages = stages.into_iter();
        match stages.next() {
            Some(first) => Ok(Self { name, first, rest: stages.collect() }),
            None => Err(InvalidWorkflow::NoStages(name)),
        }
    }

    /// The workflow `direct`: its only stage is `impl`, and a task ends as its run ends.
    pub const fn direct() -> Self {
        let first = Stage { name: StageName::IMPL, review: false, on_failure: OnFailure::End };
        Self { name: WorkflowName::DIRECT, first, rest: Vec::new() }
    }

    /// The workflow `product` of the board. The board decides what follows a run, so each stage keeps its task open.
    pub fn product() -> Self {
        let stage =
            |name| Stage { name: StageName(Cow::Borrowed(name)), review: true, on_failure: OnFailure::Stay };
        let [first, rest @ ..] = PRODUCT_STAGES;
        Self { name: WorkflowName::PRODUCT, first: stage(first), rest: rest.map(stage).into() }
    }

    /// Its name.
    pub const fn name(&self) -> &WorkflowName {
        &self.name
    }

    /// Its stages, in order.
    pub fn stages(&self) -> impl Iterator<Item = &Stage> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// The first stage, where a task begins.
    pub fn first(&self) -> StagePosition {
        self.position(&self.first, self.rest.first())
    }

    /// The stage with this name, if the workflow has it.
    pub fn at(&self, stage: &StageName) -> Option<StagePosition> {
        let mut from = self.stages().skip_while(|one| one.name != *stage);
        from.next().map(|found| self.position(found, from.next()))
    }

    fn position(&self, stage: &Stage, next: Option<&Stage>) -> StagePosition {
        let success = match next {
            _ if stage.review => OnSuccess::Review,
            Some(next) => OnSuccess::Advance(next.name.clone()),
            None => OnSuccess::Done,
        };
        StagePosition {
            workflow: self.name.clone(),
            stage: stage.name.clone(),
            on_end: OnEnd { success, failure: stage.on_failure },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(name: &str) -> Stage {
        Stage { name: name.parse().unwrap(), review: false, on_failure: OnFailure::Stay }
    }

    fn workflow(stages: &[&str]) -> Result<Workflow, InvalidWorkflow> {
        Workflow::new("board".parse().unwrap(), stages.iter().map(|name| stage(name)).collect())
    }

    #[test]
    fn name_with_other_characters_or_length_is_refused() {
        let longest = "a".repeat(64);
        for good in ["a", "impl", "fix-2_b", longest.as_str()] {
            assert_eq!(good.parse::<StageName>().unwrap().as_str(), good);
            assert_eq!(good.parse::<WorkflowName>().unwrap().to_string(), good);
        }
        let long = "a".repeat(65);
        for bad in ["", "Impl", "2b", "-a", "_a", "a b", "ä", "a/b", "a\n", long.as_str()] {
            assert!(bad.parse::<StageName>().is_err(), "{bad:?}");
            assert!(serde_json::from_value::<WorkflowName>(bad.into()).is_err(), "{bad:?}");
        }
        let message = "No".parse::<WorkflowName>().unwrap_err().to_string();
        assert!(message.starts_with("'No' cannot name a workflow"), "{message}");
    }

    #[test]
    fn own_workflows_pass_the_checks_of_a_definition() {
        for own in [Workflow::direct(), Workflow::product()] {
            let stages = own.stages().cloned().collect();
            assert_eq!(Workflow::new(own.name().clone(), stages).unwrap(), own);
            for name in own.stages().map(|stage| stage.name.as_str()).chain([own.name().as_str(), "external"])
            {
                assert!(is_name(name), "{name}");
            }
        }
    }

    #[test]
    fn direct_ends_its_task_with_its_run() {
        let position = Workflow::direct().first();
        assert_eq!((position.workflow.as_str(), position.stage.as_str()), ("direct", "impl"));
        assert_eq!(position.on_end, OnEnd { success: OnSuccess::Done, failure: OnFailure::End });
    }

    #[test]
    fn definition_without_stages_or_with_repeated_ones_is_refused() {
        let board: WorkflowName = "board".parse().unwrap();
        assert_eq!(workflow(&[]), Err(InvalidWorkflow::NoStages(board.clone())));
        let stage = "plan".parse().unwrap();
        let repeated = InvalidWorkflow::RepeatedStage { workflow: board, stage };
        assert_eq!(workflow(&["plan", "build", "plan"]), Err(repeated));
        let many: Vec<String> = (0..65).map(|number| format!("s{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(workflow(&many[..64]).is_ok());
        assert!(matches!(workflow(&many), Err(InvalidWorkflow::TooManyStages { stages: 65, .. })));
        let reserved = Workflow::new(WorkflowName::EXTERNAL, vec![self::stage("plan")]);
        assert_eq!(reserved, Err(InvalidWorkflow::Reserved(WorkflowName::EXTERNAL)));
    }

    #[test]
    fn success_leads_to_the_next_stage_and_is_done_after_the_last() {
        let board = workflow(&["plan", "build", "ship"]).unwrap();
        let success = |name: &str| board.at(&name.parse().unwrap()).map(|position| position.on_end.success);
        assert_eq!(success("plan"), Some(OnSuccess::Advance("build".parse().unwrap())));
        assert_eq!(success("build"), Some(OnSuccess::Advance("ship".parse().unwrap())));
        assert_eq!(success("ship"), Some(OnSuccess::Done));
        assert_eq!(success("other"), None);
        assert_eq!(Some(board.first()), board.at(&"plan".parse().unwrap()));
    }

    #[test]
    fn stage_with_review_waits_for_a_person_after_a_success() {
        let reviewed = |name| Stage { review: true, ..stage(name) };
        let board =
            Workflow::new("board".parse().unwrap(), vec![reviewed("plan"), reviewed("build")]).unwrap();
        assert_eq!(board.first().on_end.success, OnSuccess::Review);
        assert_eq!(board.at(&"build".parse().unwrap()).unwrap().on_end.success, OnSuccess::Review);
    }

    #[test]
    fn meaning_of_an_end_is_written_as_stored_and_read_back() {
        let written = |on_end: &OnEnd| serde_json::to_string(on_end).unwrap();
        let direct = Workflow::direct().first().on_end;
        assert_eq!(written(&direct), r#"{"success":"done","failure":"end"}"#);
        let advance =
            OnEnd { success: OnSuccess::Advance("build".parse().unwrap()), failure: OnFailure::Stay };
        assert_eq!(written(&advance), r#"{"success":{"advance":"build"},"failure":"stay"}"#);
        for on_end in [direct, advance] {
            assert_eq!(serde_json::from_str::<OnEnd>(&written(&on_end)).unwrap(), on_end);
        }
    }
}
