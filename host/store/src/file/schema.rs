//! The migrations, in their order. A backend runs those that the schema lacks.

/// All of them: the version of the schema is their number.
pub(crate) const MIGRATIONS: &[&str] = &[
    include_str!("../../migrations/0001-records.sql"),
    include_str!("../../migrations/0002-queue.sql"),
    include_str!("../../migrations/0003-access.sql"),
    include_str!("../../migrations/0004-webhooks.sql"),
    include_str!("../../migrations/0005-keys-and-looks.sql"),
    include_str!("../../migrations/0006-bounds.sql"),
    include_str!("../../migrations/0010-places-and-workers.sql"),
    include_str!("../../migrations/0011-stages-of-tasks.sql"),
    include_str!("../../migrations/0012-lines-and-totals.sql"),
    include_str!("../../migrations/0013-epochs-and-leases.sql"),
    include_str!("../../migrations/0014-packed-texts.sql"),
    include_str!("../../migrations/0015-browser-sessions.sql"),
    include_str!("../../migrations/0016-spending-by-day.sql"),
    include_str!("../../migrations/0017-provider-limits.sql"),
    include_str!("../../migrations/0018-board.sql"),
];
