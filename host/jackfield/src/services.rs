//! The composition of a host: the services of each area, from the bottom up.

use crate::reconfigure::Reconfiguration;
use jackfield_access::audit::AuditLog;
use jackfield_access::uses::Uses;
use jackfield_core::folders::Folders;
use jackfield_core::settings::Settings;
use jackfield_fleet::leased_runs::Assignments;
use jackfield_fleet::remote_workers::RemoteRounds;
use jackfield_plugins::Plugins;
use jackfield_retention::Pruner;
use jackfield_runs::Parts;
use jackfield_store::Store;
use jackfield_types::{Clock, SessionId, TokenId};
use std::sync::Arc;

/// The services that the handles call. Nothing is global: hosts in one process share nothing.
pub(crate) struct Services {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) folders: Arc<Folders>,
    pub(crate) store: Store,
    pub(crate) plugins: Arc<Plugins>,
    pub(crate) settings: Arc<Settings>,
    /// The life of runs.
    pub(crate) runs: jackfield_runs::Services,
    /// Rounds of this host on workers elsewhere.
    pub(crate) remote: RemoteRounds,
    /// Runs that this host executes for another one.
    pub(crate) assignments: Assignments,
    pub(crate) uses: Uses<TokenId>,
    pub(crate) session_uses: Uses<SessionId>,
    pub(crate) audit_log: Arc<AuditLog>,
    pub(crate) pruner: Arc<Pruner>,
    pub(crate) reconfiguration: Reconfiguration,
    #[cfg(feature = "board")]
    pub(crate) board: Arc<jackfield_board::Board>,
}

impl Services {
    /// Builds every service.
    pub(crate) fn assemble(parts: Parts) -> Self {
        let runs = jackfield_runs::Services::assemble(parts);
        let audit_log =
            Arc::new(AuditLog::new(Arc::clone(&runs.shared.folders), Arc::clone(&runs.redaction)));
        let pruner = Arc::new(Pruner::new(
            Arc::clone(&runs.shared.folders),
            Arc::clone(&runs.shared.clock),
            runs.shared.store.clone(),
            runs.shared.worktrees.clone(),
            runs.shared.stop.clone(),
            Arc::clone(&runs.settings),
            Arc::clone(&audit_log),
        ));
        Self {
            clock: Arc::clone(&runs.shared.clock),
            folders: Arc::clone(&runs.shared.folders),
            store: runs.shared.store.clone(),
            plugins: Arc::clone(&runs.shared.plugins),
            settings: Arc::clone(&runs.settings),
            remote: RemoteRounds::new(&runs),
            assignments: Assignments::new(&runs),
            uses: Uses::default(),
            session_uses: Uses::default(),
            audit_log,
            pruner,
            reconfiguration: Reconfiguration::new(&runs),
            #[cfg(feature = "board")]
            board: Arc::new(jackfield_board::Board::new(&runs)),
            runs,
        }
    }
}
