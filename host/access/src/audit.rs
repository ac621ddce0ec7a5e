//! The audit log: every call that the server received, its principal and its result.
//!
//! One file per day (UTC) in the data folder, one JSON object per line. Each line is appended with one write, so a
//! killed host loses no line and several hosts on one folder do not interleave theirs.

use jackfield_api::{AuditEntry, AuditFilter};
use jackfield_core::folders::Folders;
use jackfield_core::secrets::Redaction;
use jackfield_files::private_folder;
use jackfield_types::{ErrorCode, Problem, Timestamp};
use jiff::tz::TimeZone;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;

/// The suffix of a day's file.
const ENDS: &str = ".jsonl";
/// Most entries in an answer.
const MOST: u32 = 10_000;

/// The open file of the current day.
#[derive(Default)]
pub(crate) struct AuditFile(Mutex<Option<(String, File)>>);

/// Writes and reads the audit log.
pub struct AuditLog {
    folders: Arc<Folders>,
    audit: AuditFile,
    redaction: Arc<Redaction>,
}

impl AuditLog {
    /// Creates the audit log in the data folder.
    pub fn new(folders: Arc<Folders>, redaction: Arc<Redaction>) -> Self {
        Self { folders, audit: AuditFile::default(), redaction }
    }

    fn audit_folder(&self) -> PathBuf {
        self.folders.data.join("audit")
    }

    /// Appends an entry to the file of its day, without secrets.
    ///
    /// # Errors
    /// The failure to write the file.
    pub fn write_audit(&self, entry: &AuditEntry) -> io::Result<()> {
        let entry_told = self.redaction.redactor().json(serde_json::to_value(entry)?);
        let mut line = serde_json::to_vec(&entry_told)?;
        line.push(b'\n');
        let day = day(entry.at);
        let mut open = self.audit.0.lock();
        if open.as_ref().is_none_or(|(of, _)| *of != day) {
            let folder = self.audit_folder();
            private_folder(&folder)?;
            let path = folder.join(format!("{day}{ENDS}"));
            let file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
            *open = Some((day, file));
        }
        match open.as_mut() {
            Some((_, file)) => file.write_all(&line),
            None => Ok(()),
        }
    }

    /// The files with their days, newest first.
    fn audit_files(&self) -> io::Result<Vec<(String, PathBuf)>> {
        let entries = match self.audit_folder().read_dir() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let name =
                path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(ENDS));
            if let Some(day) = name.map(str::to_owned) {
                files.push((day, path));
            }
        }
        files.sort_by(|one, other| other.0.cmp(&one.0));
        Ok(files)
    }

    /// Returns the newest entries that match, newest first.
    ///
    /// # Errors
    /// The failure to read a file.
    pub fn read_audit(&self, filter: &AuditFilter, since: Option<Timestamp>) -> io::Result<Vec<AuditEntry>> {
        let most = filter.limit.unwrap_or(100).clamp(1, MOST) as usize;
        let first_day = since.map(day);
        let wanted = |entry: &AuditEntry| {
            since.is_none_or(|since| entry.at >= since)
                && filter.who.as_ref().is_none_or(|who| entry.who.as_ref() == Some(who))
                && filter.run.is_none_or(|run| entry.run == Some(run))
        };
        let mut found = Vec::new();
        for (day, path) in self.audit_files()? {
            if first_day.as_ref().is_some_and(|first| day < *first) {
                break;
            }
            // Read line by line, because the file of a busy day is large; its newest entries are at its end.
            let room = most - found.len();
            let mut newest = VecDeque::new();
            for line in BufReader::new(File::open(path)?).split(b'\n') {
                // Skip a line that a full disk cut off.
                let Ok(entry) = serde_json::from_slice::<AuditEntry>(&line?) else { continue };
                if !wanted(&entry) {
                    continue;
                }
                if newest.len() == room {
                    newest.pop_front();
                }
                newest.push_back(entry);
            }
            found.extend(newest.into_iter().rev());
            if found.len() == most {
                break;
            }
        }
        Ok(found)
    }

    /// Deletes the files of days past their retention. Returns how many it deleted, or would delete in a dry run.
    pub fn prune_audit(&self, before: Timestamp, dry_run: bool) -> io::Result<u64> {
        let last = day(before);
        let mut gone = 0;
        for (_, path) in self.audit_files()?.into_iter().filter(|(day, _)| *day < last) {
            if !dry_run {
                std::fs::remove_file(path)?;
            }
            gone += 1;
        }
        Ok(gone)
    }
}

fn day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).date().to_string()
}

/// Parses a start time: a duration ago (`7d`), a date or a time.
pub fn since(text: &str, now: Timestamp) -> Result<Timestamp, Problem> {
    jackfield_core::moment::moment(text, |length| now.checked_sub(length).ok(), "T00:00:00Z").ok_or_else(
        || {
            Problem::caller(
                ErrorCode::BadTime,
                format!("'{text}' is neither a time ago nor a date"),
                "write 7d, 12h, 2026-12-31 or 2026-12-31T17:00:00Z",
            )
        },
    )
}
