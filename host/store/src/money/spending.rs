//! What was spent, as it is shown.

use crate::StoreError;
use crate::file::{Columns, Sql};
use crate::handles::Spending;
use jackfield_types::{Micros, Timestamp, WorkspaceId};
use serde::Serialize;

/// What one workspace spent on one day with one executor and model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
#[allow(missing_docs)]
pub struct SpendingDay {
    /// In the host's time zone, `YYYY-MM-DD`.
    pub day: String,
    pub workspace: WorkspaceId,
    pub workspace_name: String,
    pub executor: String,
    pub model: Option<String>,
    /// Spent in all.
    pub cost: Micros,
    /// The part of it that a provider charges.
    pub billed: Micros,
    /// The part of it that a subscription covers, at the price that it would have.
    pub equivalent: Micros,
    /// How often something was charged.
    pub charges: u64,
}

impl Spending<'_> {
    /// Returns what was spent on the last `days` days, today among them, the oldest day first.
    pub async fn days(self, days: u32) -> Result<Vec<SpendingDay>, StoreError> {
        let back = std::time::Duration::from_secs(86_400 * u64::from(days.saturating_sub(1)));
        let since = self.0.clock().now().checked_sub(back).unwrap_or(Timestamp::MIN);
        let since = self.0.calendar().today(since).day;
        self.0
            .read(move |conn| {
                conn.all(
                    "SELECT spending_days.*, workspaces.name AS workspace_name
                     FROM spending_days JOIN workspaces ON workspaces.id = spending_days.workspace
                     WHERE day >= ?1 ORDER BY day, workspace, executor, model",
                    [since],
                    |row| {
                        let (billed, equivalent) = (row.micros("billed")?, row.micros("equivalent")?);
                        let model: String = row.get("model")?;
                        Ok(SpendingDay {
                            day: row.get("day")?,
                            workspace: row.parsed("workspace")?,
                            workspace_name: row.get("workspace_name")?,
                            executor: row.get("executor")?,
                            model: Some(model).filter(|model| !model.is_empty()),
                            cost: billed + equivalent,
                            billed,
                            equivalent,
                            charges: row.count("charges")?,
                        })
                    },
                )
            })
            .await
    }
}
