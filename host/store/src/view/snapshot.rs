//! How a host stands, read at one moment: work, money, executors.

use super::stats::totals_of;
use crate::handles::Stats;
use crate::money::{Gauge, own_statuses};
use crate::queue::milliseconds;
use crate::{BreakerStatus, Cooldown, Limits, Occupancy, ProviderLimit, StoreError, Totals};
use std::sync::Arc;

/// How a host stands. Its figures fit each other: they are read from one snapshot of the database.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Totals over all records.
    pub totals: Totals,
    /// The running attempts.
    pub occupancy: Occupancy,
    /// The state of every limit that is on one scope.
    pub breaker: BreakerStatus,
    /// The cooldowns in force.
    pub cooldowns: Vec<Cooldown>,
    /// The limits of providers that have not reset.
    pub provider_limits: Vec<ProviderLimit>,
}

impl Stats<'_> {
    /// Returns how the host stands.
    pub async fn snapshot(self, limits: &Limits) -> Result<Snapshot, StoreError> {
        let (store, limits) = (self.0, limits.clone());
        let (backend, calendar) = (Arc::clone(store.backend()), Arc::clone(store.calendar()));
        let (machine, now) = (store.machine().to_owned(), store.clock().now());
        store
            .read(move |conn| {
                Ok(Snapshot {
                    totals: totals_of(conn, &*backend)?,
                    occupancy: Occupancy::of(conn, &machine)?,
                    breaker: own_statuses(&Gauge::committed(conn, &calendar, now, limits.counts), &limits)?,
                    cooldowns: Cooldown::in_force(conn, milliseconds(now))?,
                    provider_limits: ProviderLimit::in_force(conn, now)?,
                })
            })
            .await
    }
}
