//! Recipes and settings of workspaces, with a version for concurrent edits.

use crate::StoreError;
use crate::file::{Columns, Exact, Sql, signed, stamp};
use crate::handles::Recipes;
use jackfield_model::{BoardSettings, Recipe, RecipeRecord, SettingsRecord};
use jackfield_sql::{Connection, Row, params};
use jackfield_types::{StageName, WorkflowName, WorkspaceId};
use serde_json::json;

impl Recipes<'_> {
    /// Returns the recipes of a workspace.
    pub async fn list(self, workspace: WorkspaceId) -> Result<Vec<RecipeRecord>, StoreError> {
        self.0
            .read(move |conn| {
                let sql = "SELECT * FROM stage_recipes WHERE workspace = ?1 ORDER BY workflow, stage";
                conn.all(sql, [workspace.to_string()], read)
            })
            .await
    }

    /// Returns the recipe of a stage, if it has one.
    pub async fn get(
        self,
        workspace: WorkspaceId,
        workflow: &WorkflowName,
        stage: &StageName,
    ) -> Result<Option<RecipeRecord>, StoreError> {
        let (workflow, stage) = (workflow.clone(), stage.clone());
        self.0.read(move |conn| of(conn, workspace, &workflow, &stage)).await
    }

    /// Adds the recipes of stages that have none. Returns how many were added.
    pub async fn initialize(
        self,
        workspace: WorkspaceId,
        workflow: &WorkflowName,
        recipes: Vec<(StageName, Recipe)>,
        by: &str,
    ) -> Result<usize, StoreError> {
        let (workflow, by) = (workflow.clone(), by.to_owned());
        self.0
            .write(move |tx| {
                let mut added = 0;
                for (stage, recipe) in &recipes {
                    added += tx.exec(
                        "INSERT INTO stage_recipes (workspace, workflow, stage, version, recipe, updated_at, updated_by)
                         VALUES (?1, ?2, ?3, 1, ?4, ?5, ?6) ON CONFLICT DO NOTHING",
                        params![
                            workspace.to_string(),
                            workflow.as_str(),
                            stage.as_str(),
                            json!(recipe).to_string(),
                            stamp(tx.now),
                            Exact(&by),
                        ],
                    )?;
                }
                Ok(added)
            })
            .await
    }

    /// Replaces or adds the recipe of a stage. `version` is the one that the caller has seen; 0 for none.
    pub async fn put(
        self,
        workspace: WorkspaceId,
        workflow: &WorkflowName,
        stage: &StageName,
        version: u64,
        recipe: Recipe,
        by: &str,
    ) -> Result<RecipeRecord, StoreError> {
        let (workflow, stage, by) = (workflow.clone(), stage.clone(), by.to_owned());
        self.0
            .write(move |tx| {
                let found = of(tx, workspace, &workflow, &stage)?.map_or(0, |found| found.version);
                if found != version {
                    return Err(StoreError::Edited { what: "recipe", version: found });
                }
                tx.exec(
                    "INSERT INTO stage_recipes (workspace, workflow, stage, version, recipe, updated_at, updated_by)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                     ON CONFLICT (workspace, workflow, stage) DO UPDATE SET version = excluded.version,
                         recipe = excluded.recipe, updated_at = excluded.updated_at, updated_by = excluded.updated_by",
                    params![
                        workspace.to_string(),
                        workflow.as_str(),
                        stage.as_str(),
                        signed(version + 1),
                        json!(recipe).to_string(),
                        stamp(tx.now),
                        Exact(&by),
                    ],
                )?;
                of(tx, workspace, &workflow, &stage)?
                    .ok_or_else(|| StoreError::Damaged("a recipe does not read back".to_owned()))
            })
            .await
    }

    /// Returns the board's settings of a workspace.
    pub async fn settings(self, workspace: WorkspaceId) -> Result<SettingsRecord, StoreError> {
        self.0.read(move |conn| settings_of(conn, workspace)).await
    }

    /// Replaces the board's settings of a workspace. `version` as in [`Recipes::put`].
    pub async fn set(
        self,
        workspace: WorkspaceId,
        version: u64,
        settings: BoardSettings,
        by: &str,
    ) -> Result<SettingsRecord, StoreError> {
        let by = by.to_owned();
        self.0
            .write(move |tx| {
                crate::view::workspaces::by_id(tx, workspace)?;
                let found = settings_of(tx, workspace)?.version;
                if found != version {
                    return Err(StoreError::Edited { what: "settings", version: found });
                }
                tx.exec(
                    "INSERT INTO board_settings (workspace, version, settings, updated_at, updated_by)
                     VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (workspace) DO UPDATE SET version = excluded.version, settings = excluded.settings,
                         updated_at = excluded.updated_at, updated_by = excluded.updated_by",
                    params![
                        workspace.to_string(),
                        signed(version + 1),
                        json!(settings).to_string(),
                        stamp(tx.now),
                        Exact(&by)
                    ],
                )?;
                // What was held back may go on, and what would pass a new stop stage is looked at again.
                tx.exec(
                    "UPDATE cards SET due = 1 WHERE workspace = ?1 AND waits IN ('start', 'review')",
                    [workspace.to_string()],
                )?;
                settings_of(tx, workspace)
            })
            .await
    }
}

fn of(
    conn: &Connection,
    workspace: WorkspaceId,
    workflow: &WorkflowName,
    stage: &StageName,
) -> Result<Option<RecipeRecord>, StoreError> {
    let sql = "SELECT * FROM stage_recipes WHERE workspace = ?1 AND workflow = ?2 AND stage = ?3";
    conn.one(sql, params![workspace.to_string(), workflow.as_str(), stage.as_str()], read)
}

fn read(row: &Row<'_>) -> jackfield_sql::Result<RecipeRecord> {
    Ok(RecipeRecord {
        workspace: row.parsed("workspace")?,
        workflow: row.parsed("workflow")?,
        stage: row.parsed("stage")?,
        version: row.count("version")?,
        recipe: row.json("recipe")?,
        updated_at: row.parsed("updated_at")?,
        updated_by: row.get("updated_by")?,
    })
}

pub(super) fn settings_of(conn: &Connection, workspace: WorkspaceId) -> Result<SettingsRecord, StoreError> {
    let sql = "SELECT version, settings FROM board_settings WHERE workspace = ?1";
    let found = conn.one(sql, [workspace.to_string()], |row| {
        Ok(SettingsRecord { version: row.count("version")?, settings: row.json("settings")? })
    })?;
    Ok(found.unwrap_or_default())
}
