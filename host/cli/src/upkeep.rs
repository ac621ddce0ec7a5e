//! `backup` and `tidy`: what an operator does so that it goes well for years.

use super::{Outcome, say};
use jackfield::{Backup, Gone, Host, Tidied, Tidying};
use jackfield_types::Problem;
use std::path::Path;

/// Units of a size, each a thousand of the one before.
const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];

pub(super) async fn backup(host: &Host, file: &Path, json: bool) -> Result<Outcome, Problem> {
    let made = host.retention().backup(file).await?;
    say(json, || told_backup(&made), &made);
    Ok(Outcome::Fine)
}

pub(super) async fn tidy(host: &Host, how: Tidying, json: bool) -> Result<Outcome, Problem> {
    let tidied = host.retention().prune(how).await?;
    say(json, || told_tidied(&tidied), &tidied);
    Ok(Outcome::Fine)
}

fn told_backup(made: &Backup) -> String {
    let (file, database) = (made.file.display(), made.database.display());
    format!(
        "{file}: {}, checked\n\n\
         It holds the records: tasks, runs, events, ledger. Logs, diffs and dropped-in components are files of the\n\
         data folder, and what agents did is on branches of your repositories: back those up as you do other files.\n\n\
         To restore it, stop every Jackfield on this data folder, then:\n  \
         rm -f '{database}-wal' '{database}-shm'\n  \
         install -m 600 '{file}' '{database}'",
        size(made.bytes)
    )
}

fn told_tidied(tidied: &Tidied) -> String {
    let gone = |what: &str, gone: &Gone| {
        (gone.count > 0).then(|| format!("  {} {what}, {}", gone.count, size(gone.bytes)))
    };
    let rows = |what: &str, rows: u64| (rows > 0).then(|| format!("  {rows} {what}"));
    let lines: Vec<String> = [
        gone("worktrees", &tidied.worktrees),
        gone("runs' logs and diffs", &tidied.logs),
        gone("leftovers", &tidied.leftovers),
        rows("events", tidied.events),
        rows("decisions of components", tidied.calls),
        rows("days of the audit log", tidied.audit),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut said = match (lines.is_empty(), tidied.dry_run) {
        (true, _) => vec!["nothing is past its time".to_owned()],
        (false, true) => vec!["would go:".to_owned()],
        (false, false) => vec!["gone:".to_owned()],
    };
    said.extend(lines);
    said.extend(tidied.branches.iter().map(|branch| format!("  what no branch held is now on {branch}")));
    if let Some(database) = &tidied.database {
        said.push(match database.before == database.now {
            true => format!("database: {}", size(database.now)),
            false => format!("database: {}, was {}", size(database.now), size(database.before)),
        });
    }
    if !tidied.kept.is_empty() {
        said.push("past its time, and stays:".to_owned());
        let line = |text: &str| text.replace('\n', "\n    ");
        said.extend(tidied.kept.iter().map(|kept| format!("  {}\n    {}", kept.what, line(&kept.why))));
    }
    said.join("\n")
}

/// A size for people: three digits at most, and a unit.
fn size(bytes: u64) -> String {
    let mut rest = bytes as f64;
    let mut unit = UNITS.iter();
    let mut name = unit.next();
    while rest >= 999.5
        && let Some(larger) = unit.next()
    {
        rest /= 1_000.0;
        name = Some(larger);
    }
    let name = name.copied().unwrap_or_default();
    if name == "B" || rest >= 9.95 { format!("{rest:.0} {name}") } else { format!("{rest:.1} {name}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield::Kept;

    #[test]
    fn a_size_is_read_at_a_glance() {
        let sizes = [0, 999, 1_000, 9_949, 12_345, 999_499, 999_500, 20_000_000_000];
        let said = ["0 B", "999 B", "1.0 kB", "9.9 kB", "12 kB", "999 kB", "1.0 MB", "20 GB"];
        assert_eq!(sizes.map(size), said);
    }

    #[test]
    fn what_went_and_what_stays_is_told_and_what_is_not_there_is_not() {
        assert_eq!(told_tidied(&Tidied::default()), "nothing is past its time");
        let tidied = Tidied {
            dry_run: true,
            logs: Gone { count: 3, bytes: 2_000_000 },
            events: 1_200,
            kept: vec![Kept { what: "/data/tree".into(), why: "it is locked\nunlock it".into() }],
            ..Tidied::default()
        };
        let said = told_tidied(&tidied);
        assert_eq!(
            said,
            "would go:\n  3 runs' logs and diffs, 2.0 MB\n  1200 events\n\
             past its time, and stays:\n  /data/tree\n    it is locked\n    unlock it"
        );
        assert!(told_tidied(&Tidied { dry_run: false, ..tidied }).starts_with("gone:\n"));
    }
}
