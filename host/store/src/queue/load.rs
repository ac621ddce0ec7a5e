//! The running attempts.

use super::offer::Caps;
use crate::StoreError;
use crate::file::Sql;
use jackfield_sql::Connection;
use jackfield_types::WorkspaceId;
use std::collections::BTreeMap;

/// The running attempts.
#[derive(Default)]
pub(super) struct Load {
    pub(super) local: u32,
    pub(super) all: u32,
    pub(super) executors: BTreeMap<String, u32>,
    /// Attempts of each workspace.
    workspaces: BTreeMap<String, u32>,
    /// Runs of each workspace.
    runs: BTreeMap<String, u32>,
}

impl Load {
    /// `machine`: whose local workers count as local.
    pub(super) fn of(conn: &Connection, machine: &str) -> Result<Self, StoreError> {
        let rows = conn.all(
            "SELECT runs.workspace, attempts.executor, COALESCE(workers.kind, 'local') = 'local' AND COALESCE(workers.machine, ?1) IN (?1, '') AS local,
                    COUNT(*) AS attempts
             FROM runs JOIN attempts ON attempts.run = runs.id AND attempts.state <> 'settled'
             LEFT JOIN workers ON workers.id = runs.worker
             WHERE runs.state = 'running' GROUP BY 1, 2, 3",
            [machine],
            |row| {
                let (workspace, executor): (String, String) = (row.get(0)?, row.get(1)?);
                Ok((workspace, executor, row.get::<_, bool>(2)?, row.get::<_, u32>(3)?))
            },
        )?;
        let runs = conn.all(
            "SELECT workspace, COUNT(*) AS runs FROM runs WHERE state = 'running' GROUP BY workspace",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let mut load = Self { runs: runs.into_iter().collect(), ..Self::default() };
        for (workspace, executor, local, attempts) in rows {
            load.all += attempts;
            load.local += if local { attempts } else { 0 };
            *load.executors.entry(executor).or_default() += attempts;
            *load.workspaces.entry(workspace).or_default() += attempts;
        }
        Ok(load)
    }

    pub(super) const fn is_idle(&self) -> bool {
        self.all == 0
    }

    /// Running attempts of a workspace.
    pub(super) fn workspace(&self, workspace: &WorkspaceId) -> u32 {
        self.workspaces.get(&workspace.to_string()).copied().unwrap_or(0)
    }

    /// Running runs of a workspace.
    pub(super) fn runs(&self, workspace: &WorkspaceId) -> u32 {
        self.runs.get(&workspace.to_string()).copied().unwrap_or(0)
    }

    /// A round that needs more slots of an executor than it has starts when none of them is busy.
    pub(super) fn executor_has_room(&self, caps: &Caps, executor: &str, wants: &[String]) -> bool {
        let most = caps.executors.get(executor).copied().unwrap_or(caps.executor).max(1);
        let busy = self.executors.get(executor).copied().unwrap_or(0);
        let wanted = u32::try_from(wants.iter().filter(|want| *want == executor).count()).unwrap_or(u32::MAX);
        busy == 0 || busy.saturating_add(wanted) <= most
    }
}
