//! Quality issues: work of late that was not good enough and that nobody has mended since. They count for tasks of
//! their own area only: the same code, or where nothing tells more, the same type of work.

use crate::admission::resolved_request::Order;
use jackfield_plugins::Plugins;
use jackfield_store::{JudgedRun, Quality, Store};
use jackfield_types::{FailureClass, Problem, RunId, TaskId, Timestamp};
use serde::Serialize;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// So long an issue counts where nobody mends it.
const RECENT: Duration = Duration::from_secs(24 * 60 * 60);

/// Work in the area of a task that was not good enough. It is closed by a later run of the area that succeeds, by the
/// task's own, or by hand: `jackfield task close TASK` as done or cancelled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct QualityIssue {
    /// The task, by which it can be closed.
    pub task_id: TaskId,
    /// Its last run.
    pub run_id: RunId,
    /// Its name in lists.
    pub title: String,
    /// What was wrong with the work.
    pub failure: FailureClass,
    /// When that run ended.
    pub since: Timestamp,
}

/// Finds the quality issues of an area.
pub struct QualityIssues {
    pub(crate) store: Store,
    pub(crate) plugins: Arc<Plugins>,
}

impl QualityIssues {
    /// The issues that are open in the area of a task, newest first.
    pub async fn open(&self, order: &Order, now: Timestamp) -> Result<Vec<QualityIssue>, Problem> {
        let since = now.checked_sub(RECENT).unwrap_or(now);
        let executors = self.plugins.executors().into_iter();
        let commands = executors.filter(|info| info.runs_as_command).map(|info| info.plugin.name).collect();
        let quality = self.store.stats().quality(order.workspace.id, since, commands).await;
        let quality = quality?;
        let request = &order.request;
        Ok(open(&quality, &Area::of(&order.task_type, &request.instruction, &request.keywords)))
    }
}

fn open(quality: &Quality, area: &Area) -> Vec<QualityIssue> {
    let good: Vec<_> = quality.good.iter().map(|good| (good.run, Area::of_run(good))).collect();
    let in_area =
        quality.bad.iter().map(|bad| (bad, Area::of_run(bad))).filter(|(_, own)| own.overlaps(area));
    let still =
        in_area.filter(|(bad, own)| !good.iter().any(|(run, mended)| *run > bad.run && mended.overlaps(own)));
    let issue = |(bad, _): (&JudgedRun, Area)| QualityIssue {
        task_id: bad.task,
        run_id: bad.run,
        title: bad.title.clone(),
        failure: bad.failure.unwrap_or(FailureClass::Unknown),
        since: bad.ended_at,
    };
    still.map(issue).collect()
}

/// What a task is about.
#[derive(Debug, Default, PartialEq, Eq)]
struct Area {
    task_type: String,
    /// Files and folders that the instruction names.
    paths: BTreeSet<String>,
    /// The caller's keywords, in lower case.
    keywords: BTreeSet<String>,
}

impl Area {
    fn of(task_type: &str, instruction: &str, keywords: &[String]) -> Self {
        Self {
            task_type: task_type.to_owned(),
            paths: instruction.split(is_border).filter_map(path).collect(),
            keywords: keywords.iter().map(|keyword| keyword.trim().to_lowercase()).collect(),
        }
    }

    fn of_run(run: &JudgedRun) -> Self {
        Self::of(&run.task_type, &run.instruction, &run.keywords)
    }

    /// A shared file, folder or keyword is the same area, whatever the type. Where both say what they are about and
    /// share nothing, they are two areas; else the type of the work decides.
    fn overlaps(&self, other: &Self) -> bool {
        let within = |inner: &str, outer: &str| {
            inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let share_path = self
            .paths
            .iter()
            .any(|one| other.paths.iter().any(|another| within(one, another) || within(another, one)));
        if share_path || !self.keywords.is_disjoint(&other.keywords) {
            return true;
        }
        let says = |area: &Self| !area.paths.is_empty() || !area.keywords.is_empty();
        !(says(self) && says(other)) && self.task_type == other.task_type
    }
}

fn is_border(c: char) -> bool {
    c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '(' | ')' | ',' | ';' | '<' | '>' | '[' | ']')
}

/// A word that names a file or folder: `src/login`, `README.md`.
fn path(word: &str) -> Option<String> {
    let word = word.trim_end_matches(['.', ':', '?', '!', '/']).trim_start_matches("./");
    let is_url = word.contains("://");
    let has_extension = word.rsplit_once('.').is_some_and(|(name, extension)| {
        let is_name = name.len() > 1 && name.chars().any(char::is_alphabetic);
        is_name && (1..=5).contains(&extension.len()) && extension.chars().all(|c| c.is_ascii_alphanumeric())
    });
    let is_folder = word.contains('/') && word.chars().any(char::is_alphabetic);
    (!is_url && word.len() > 2 && (has_extension || is_folder)).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(task_type: &str, instruction: &str, keywords: &[&str]) -> Area {
        Area::of(task_type, instruction, &keywords.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>())
    }

    fn run(task_type: &str, instruction: &str, failed: bool) -> JudgedRun {
        // Ids of one millisecond have no order.
        std::thread::sleep(std::time::Duration::from_millis(2));
        JudgedRun {
            run: RunId::new(),
            task: TaskId::new(),
            title: instruction.to_owned(),
            task_type: task_type.to_owned(),
            instruction: instruction.to_owned(),
            keywords: Vec::new(),
            ended_at: Timestamp::UNIX_EPOCH,
            failure: failed.then_some(FailureClass::TestFail),
        }
    }

    #[test]
    fn paths_are_read_from_an_instruction() {
        let paths =
            area("x", "Fix `src/login.rs` (see README.md), not https://x.example/a or 4.5 e.g. this.", &[])
                .paths;
        assert_eq!(paths, ["README.md", "src/login.rs"].map(str::to_owned).into());
    }

    #[test]
    fn area_is_shared_code_shared_keywords_or_else_the_task_type() {
        let login = area("bugfix", "Fix src/login/form.rs", &[]);
        assert!(login.overlaps(&area("test", "Test src/login", &[])));
        assert!(!login.overlaps(&area("bugfix", "Fix src/logins/form.rs", &[])));
        assert!(!login.overlaps(&area("docs", "Fix the typo", &[])));
        assert!(login.overlaps(&area("bugfix", "Fix the crash", &[])));
        assert!(area("a", "x", &["Auth"]).overlaps(&area("b", "y", &["auth "])));
        assert!(!area("a", "x", &["auth"]).overlaps(&area("a", "y", &["billing"])));
    }

    #[test]
    fn quality_issue_is_open_until_a_later_run_of_its_area_succeeds() {
        let bad = run("bugfix", "Fix the crash", true);
        let elsewhere = run("docs", "Write the guide", true);
        let good_docs = run("docs", "Write the guide again", false);
        let mut quality = Quality { bad: vec![bad.clone(), elsewhere], good: vec![good_docs] };
        let open_for =
            |quality: &Quality, task_type: &str| open(quality, &area(task_type, "Do it", &[])).len();
        assert_eq!((open_for(&quality, "bugfix"), open_for(&quality, "docs")), (1, 0));
        assert_eq!(open_for(&quality, "feature"), 0);
        quality.good.push(JudgedRun { run: bad.run, ..run("bugfix", "Fix the crash", false) });
        assert_eq!(open_for(&quality, "bugfix"), 1, "what came before mends nothing");
        quality.good.push(run("bugfix", "Fix the crash", false));
        assert_eq!(open_for(&quality, "bugfix"), 0);
    }
}
