//! The requests of the board that REST and MCP share.

use jackfield::model::{AutomationMode, BoardSettings, Recipe};
use jackfield_types::{StageName, WorkflowName};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BoardQuery {
    /// A workspace's name, path or id; all where not given.
    pub(super) workspace: Option<String>,
    /// Default: `product`.
    pub(super) workflow: Option<WorkflowName>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VersionQuery {
    /// The version that the caller has seen.
    pub(super) version: Option<u64>,
}

/// An action on a card.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CardAction {
    /// The version that the caller has seen.
    pub(super) version: Option<u64>,
    /// Why.
    #[serde(default)]
    pub(super) reason: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DocumentQuery {
    /// Relative to the folder of the card.
    pub(super) path: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MetricValue {
    /// Letters, digits, `-`, `_` and `.`.
    #[serde(alias = "metric")]
    pub(super) name: String,
    /// The value now; an earlier one is replaced.
    pub(super) value: f64,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecipesQuery {
    /// A workspace's name, path or id.
    pub(super) workspace: String,
    /// Default: `product`.
    pub(super) workflow: Option<WorkflowName>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecipeEdit {
    /// A workspace's name, path or id.
    #[serde(alias = "workspaceId", alias = "workspace_id")]
    pub(super) workspace: String,
    /// Default: `product`.
    pub(super) workflow: Option<WorkflowName>,
    /// The version that the caller has seen; 0 for the default.
    pub(super) version: u64,
    /// The whole recipe.
    pub(super) recipe: Recipe,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SettingsEdit {
    /// The version that the caller has seen; 0 for the defaults.
    pub(super) version: u64,
    /// How far cards move by themselves.
    #[serde(alias = "automationMode")]
    pub(super) automation_mode: AutomationMode,
    /// The last stage that `auto_to_stage` enters and starts by itself.
    #[serde(alias = "automationStopStage")]
    pub(super) automation_stop_stage: Option<StageName>,
}

impl SettingsEdit {
    /// The settings without the version.
    pub(super) fn settings(self) -> BoardSettings {
        BoardSettings {
            automation_mode: self.automation_mode,
            automation_stop_stage: self.automation_stop_stage,
        }
    }
}
