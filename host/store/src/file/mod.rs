//! The database file: how it is opened, migrated, written and read.
