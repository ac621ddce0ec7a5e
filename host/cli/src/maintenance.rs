//! `backup` and `prune`: maintenance of the data folder.

use super::output::{Outcome, say};
use jackfield::{Backup, Gone, Host, PruneOptions, PruneReport};
use jackfield_types::Problem;
use std::path::Path;

/// Units of a size, each a thousand of the one before.
const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];

pub(super) async fn backup(host: &Host, file: &Path, json: bool) -> Result<Outcome, Problem> {
    let made = host.retention().backup(file).await?;
    say(json, || describe_backup(&made), &made);
    Ok(Outcome::Fine)
}

pub(super) async fn prune(host: &Host, how: PruneOptions, json: bool) -> Result<Outcome, Problem> {
    let pruned = host.retention().prune(how).await?;
    say(json, || describe_pruned(&pruned), &pruned);
    Ok(Outcome::Fine)
}

fn describe_backup(made: &Backup) -> String {
    let (file, database) = (made.file.display(), made.database.display());
    format!(
        "{file}: {}, verified\n\n\
         It holds tasks, runs, events and the ledger. It does not hold logs, diffs and installed components (files in\n\
         the data folder) or the agents' work (branches in your repositories): back these up separately.\n\n\
         To restore it, stop every process that uses this data folder, then run:\n  \
         rm -f '{database}-wal' '{database}-shm'\n  \
         install -m 600 '{file}' '{database}'",
        size(made.bytes)
    )
}

fn describe_pruned(pruned: &PruneReport) -> String {
    let deleted = |what: &str, gone: &Gone| {
        (gone.count > 0).then(|| format!("  {} {what}, {}", gone.count, size(gone.bytes)))
    };
    let rows = |what: &str, rows: u64| (rows > 0).then(|| format!("  {rows} {what}"));
    let lines: Vec<String> = [
        deleted("worktrees", &pruned.worktrees),
        deleted("runs' logs and diffs", &pruned.logs),
        deleted("leftovers", &pruned.leftovers),
        rows("events", pruned.events),
        rows("decisions of components", pruned.calls),
        rows("days of the audit log", pruned.audit),
    ]
    .into_iter()
    .flatten()
    .collect();
    let mut said = match (lines.is_empty(), pruned.dry_run) {
        (true, _) => vec!["nothing is past its retention".to_owned()],
        (false, true) => vec!["would delete:".to_owned()],
        (false, false) => vec!["deleted:".to_owned()],
    };
    said.extend(lines);
    said.extend(
        pruned.branches.iter().map(|branch| format!("  commits that no branch held are now on {branch}")),
    );
    if let Some(database) = &pruned.database {
        said.push(match database.before == database.now {
            true => format!("database: {}", size(database.now)),
            false => format!("database: {}, was {}", size(database.now), size(database.before)),
        });
    }
    if !pruned.kept.is_empty() {
        said.push("past its retention, but kept:".to_owned());
        let line = |text: &str| text.replace('\n', "\n    ");
        said.extend(pruned.kept.iter().map(|kept| format!("  {}\n    {}", kept.what, line(&kept.why))));
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
    fn size_any_number_has_at_most_three_digits_and_a_unit() {
        let sizes = [0, 999, 1_000, 9_949, 12_345, 999_499, 999_500, 20_000_000_000];
        let said = ["0 B", "999 B", "1.0 kB", "9.9 kB", "12 kB", "999 kB", "1.0 MB", "20 GB"];
        assert_eq!(sizes.map(size), said);
    }

    #[test]
    fn pruned_data_is_listed_without_empty_lines() {
        assert_eq!(describe_pruned(&PruneReport::default()), "nothing is past its retention");
        let pruned = PruneReport {
            dry_run: true,
            logs: Gone { count: 3, bytes: 2_000_000 },
            events: 1_200,
            kept: vec![Kept { what: "/data/tree".into(), why: "it is locked\nunlock it".into() }],
            ..PruneReport::default()
        };
        let said = describe_pruned(&pruned);
        assert_eq!(
            said,
            "would delete:\n  3 runs' logs and diffs, 2.0 MB\n  1200 events\n\
             past its retention, but kept:\n  /data/tree\n    it is locked\n    unlock it"
        );
        assert!(describe_pruned(&PruneReport { dry_run: false, ..pruned }).starts_with("deleted:\n"));
    }
}
