//! What pruning deletes and what it keeps, with real runs and repositories and a clock that the test sets.

use crate::{ExecuteRequest, Host, PruneOptions, PruneReport};
use jackfield_config::{Config, RetentionSection};
use jackfield_retention::{Bound, Bounds};
use jackfield_store::RunView;
use jackfield_types::{ManualClock, RunId, RunState, Timestamp};
use jackfield_workspace::throwaway;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

const HOUR: u64 = 60 * 60;
const DAY: u64 = 24 * HOUR;

struct Fixture {
    folder: tempfile::TempDir,
    repository: PathBuf,
    clock: ManualClock,
    host: Host,
}

/// A host that keeps worktrees or does not, and a repository.
async fn fixture(keep_worktrees: bool) -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let repository = folder.path().join("repository");
    throwaway(&repository).await.unwrap();
    let clock = ManualClock::at(Timestamp::now());
    let mut config = Config::default();
    config.run.keep_worktrees = keep_worktrees;
    let environment = [("PATH".to_owned(), std::env::var("PATH").unwrap())];
    let builder = super::builder(folder.path().join("data")).config(config).environment(environment);
    let host = builder.watch(false).clock(Arc::new(clock.clone())).open().await.unwrap();
    Fixture { folder, repository, clock, host }
}

impl Fixture {
    fn pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    fn request(&self, command: &str) -> ExecuteRequest {
        ExecuteRequest {
            executor: Some("shell".into()),
            workspace: Some(self.repository.to_string_lossy().into_owned()),
            ..ExecuteRequest::new(command)
        }
    }

    /// A run to its end.
    async fn run(&self, command: &str) -> RunView {
        let answer = self.host.runs().execute(self.request(command)).await.unwrap();
        assert_eq!(answer.state, RunState::Succeeded, "{}", answer.text);
        self.host.runs().get(answer.run_id).await.unwrap()
    }

    fn logs(&self, run: &RunView) -> PathBuf {
        self.host.inner.folders.runs.join(run.run.id.to_string())
    }

    async fn prune(&self) -> PruneReport {
        self.host.retention().prune(PruneOptions::default()).await.unwrap()
    }

    /// By bounds that no configuration can name.
    async fn prune_by(&self, bounds: Bounds) -> PruneReport {
        self.host.inner.pruner.prune(&bounds, PruneOptions::default()).await.unwrap()
    }

    /// Bounds that nothing exceeds.
    fn generous(&self) -> Bounds {
        let never = Bound { before: Timestamp::MIN, bytes: u64::MAX };
        Bounds {
            worktrees: never,
            logs: never,
            events_before: Timestamp::MIN,
            calls_before: Timestamp::MIN,
            audit_before: Timestamp::MIN,
        }
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.repository, arguments)
    }
}

#[allow(clippy::disallowed_methods, reason = "the test plays a person who uses git")]
fn git(at: &Path, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=Ann", "-c", "user.email=ann@localhost"];
    let output =
        std::process::Command::new("git").current_dir(at).args(identity).args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

fn worktree(run: &RunView) -> PathBuf {
    let recorded = run.attempts[0].worktree.as_deref().unwrap();
    serde_json::from_str::<jackfield_workspace::Worktree>(recorded).unwrap().path
}

fn branch(run: &RunView) -> String {
    run.attempts[0].branch.clone().unwrap()
}

#[tokio::test]
async fn worktree_past_its_retention_is_deleted_after_saving_its_files_on_the_branch() {
    let fixture = fixture(true).await;
    let old = fixture.run("echo agent > agent.txt").await;
    fixture.pass(50 * HOUR);
    let young = fixture.run("echo young > young.txt").await;
    fixture.pass(23 * HOUR);
    fs::write(worktree(&old).join("person.txt"), "by hand\n").unwrap();
    let report = fixture.prune().await;
    assert_eq!((report.worktrees.count, report.kept), (1, vec![]));
    assert!(report.worktrees.bytes > 0);
    assert!(!worktree(&old).exists() && worktree(&young).is_dir());
    assert_eq!(fixture.git(&["show", &format!("{}:person.txt", branch(&old))]), "by hand");
    assert_eq!(fixture.git(&["show", &format!("{}:agent.txt", branch(&old))]), "agent");
    assert_eq!(fixture.prune().await.worktrees.count, 0);
    fixture.host.shutdown().await;
}

#[tokio::test]
async fn worktree_with_commits_not_proved_on_a_branch_is_kept_and_reported() {
    let fixture = fixture(true).await;
    let run = fixture.run("echo agent > agent.txt").await;
    let tree = worktree(&run);
    fs::write(tree.join("second.txt"), "thought better of\n").unwrap();
    git(&tree, &["add", "-A"]);
    git(&tree, &["commit", "-qm", "Thought better of"]);
    let lost = git(&tree, &["rev-parse", "HEAD"]);
    git(&tree, &["reset", "-q", "--hard", "HEAD~"]);
    let object = fixture.repository.join(".git/objects").join(&lost[..2]).join(&lost[2..]);
    let aside = fixture.folder.path().join("aside");
    fs::rename(&object, &aside).unwrap();
    fixture.pass(100 * HOUR);
    let report = fixture.prune().await;
    assert_eq!(report.worktrees.count, 0);
    assert_eq!(report.kept.len(), 1, "{report:?}");
    assert_eq!(report.kept[0].what, tree.display().to_string());
    assert!(report.kept[0].why.contains("prove that no commit is lost"), "{report:?}");
    assert!(tree.join("agent.txt").is_file());

    fs::rename(&aside, &object).unwrap();
    let report = fixture.prune().await;
    assert_eq!((report.worktrees.count, report.kept), (1, vec![]));
    assert_eq!(report.branches, [format!("{}-earlier", branch(&run))]);
    assert_eq!(fixture.git(&["rev-parse", &report.branches[0]]), lost);
    fixture.host.shutdown().await;
}

#[tokio::test]
async fn oldest_worktrees_are_deleted_until_all_fit_their_limit() {
    let fixture = fixture(true).await;
    let mut runs = Vec::new();
    for name in ["first", "second", "third", "fourth"] {
        runs.push(
            fixture.run(&format!("head -c 400000 /dev/zero > ignored.log; echo {name} > {name}.txt")).await,
        );
        fixture.pass(HOUR);
    }
    // The owner wants to look at the oldest.
    let oldest = worktree(&runs[0]);
    fixture.git(&["worktree", "lock", "--reason", "mine for now", oldest.to_str().unwrap()]);
    let enough = Bound { bytes: 1_000_000, ..fixture.generous().worktrees };
    let report = fixture.prune_by(Bounds { worktrees: enough, ..fixture.generous() }).await;
    assert_eq!(report.worktrees.count, 2, "{report:?}");
    assert!((800_000..1_000_000).contains(&report.worktrees.bytes), "{report:?}");
    let there: Vec<bool> = runs.iter().map(|run| worktree(run).is_dir()).collect();
    assert_eq!(there, [true, false, false, true]);
    assert_eq!(report.kept.len(), 1, "{report:?}");
    assert!(report.kept[0].why.contains("mine for now"));

    let none = Bound { bytes: 0, ..enough };
    let report = fixture.prune_by(Bounds { worktrees: none, ..fixture.generous() }).await;
    let why: Vec<_> = report.kept.iter().map(|kept| kept.why.as_str()).collect();
    assert_eq!(report.worktrees.count, 1);
    assert!(why.len() == 2 && why[1].contains("retention.worktree_gb"), "{why:?}");
    fixture.host.shutdown().await;
}

#[tokio::test]
async fn logs_and_diffs_past_their_retention_are_deleted_and_answered_as_deleted() {
    let fixture = fixture(false).await;
    let old = fixture.run("echo said; echo old > old.txt").await;
    fixture.pass(20 * DAY);
    let young = fixture.run("echo young > young.txt").await;
    fixture.pass(11 * DAY);
    let before = fixture.host.runs().get(old.run.id).await.unwrap();
    assert!(Path::new(before.attempts[0].transcript.as_deref().unwrap()).is_file());
    let dry = fixture.host.retention().prune(PruneOptions { dry_run: true, vacuum: false }).await.unwrap();
    assert_eq!((dry.dry_run, dry.logs.count), (true, 1));
    assert!(fixture.logs(&old).is_dir(), "nothing has gone yet");
    let report = fixture.prune().await;
    assert_eq!((report.logs, report.kept), (dry.logs, vec![]));
    assert!(!fixture.logs(&old).exists());
    assert_eq!(fixture.host.runs().get(old.run.id).await.unwrap(), before, "the record stays");

    let problem = fixture.host.output().diff(old.run.id).await.unwrap_err();
    assert_eq!(problem.code, "diff_gone");
    assert!(problem.message.contains("no longer kept"), "{problem}");
    let (_, command) = problem.remedy.split_once("git ").unwrap();
    let command: Vec<String> = command.split(' ').map(|word| word.trim_matches('\'').to_owned()).collect();
    let shown = fixture.git(&command.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(shown.contains("+old"), "the remedy works: {shown}");
    let diff = fixture.host.output().diff(young.run.id).await.unwrap();
    assert!(String::from_utf8(diff).unwrap().contains("+young"));
    fixture.host.shutdown().await;
}

#[tokio::test]
async fn oldest_logs_are_deleted_until_all_fit_their_limit() {
    let fixture = fixture(false).await;
    let mut runs = Vec::new();
    for _ in 0..3 {
        runs.push(fixture.run("head -c 300000 /dev/zero | tr '\\0' x").await);
        fixture.pass(HOUR);
    }
    let bound = Bound { bytes: 800_000, ..fixture.generous().logs };
    let report = fixture.prune_by(Bounds { logs: bound, ..fixture.generous() }).await;
    assert_eq!((report.logs.count, report.kept), (1, vec![]));
    let there: Vec<bool> = runs.iter().map(|run| fixture.logs(run).is_dir()).collect();
    assert_eq!(there, [false, true, true]);
    fixture.host.shutdown().await;
}

#[tokio::test]
async fn files_of_an_active_run_and_logs_of_a_kept_worktree_are_not_deleted() {
    let fixture = fixture(true).await;
    let kept = fixture.run("echo kept > kept.txt").await;
    let running =
        fixture.host.runs().dispatch(fixture.request("echo begun > begun.txt; sleep 600")).await.unwrap();
    let at_work = loop {
        let view = fixture.host.runs().get(running).await.unwrap();
        if view.attempts[0].worktree.is_some() && worktree(&view).join("begun.txt").is_file() {
            break view;
        }
        tokio::task::yield_now().await;
    };
    fixture.pass(400 * DAY);
    fixture.git(&["worktree", "lock", worktree(&kept).to_str().unwrap()]);
    let report = fixture.prune().await;
    assert_eq!((report.worktrees.count, report.logs.count), (0, 0), "{report:?}");
    assert!(fixture.logs(&at_work).is_dir() && worktree(&at_work).is_dir());
    assert!(fixture.logs(&kept).is_dir(), "its worktree is there");
    let first = fixture.host.output().events(running, 0, 10).await.unwrap().remove(0);
    assert_ne!(first.kind, "events_gone");
    let refused =
        fixture.host.retention().prune(PruneOptions { dry_run: false, vacuum: true }).await.unwrap_err();
    assert_eq!(refused.code, "runs_at_work");

    fixture.host.runs().cancel(running, "seen enough").await.unwrap();
    fixture.git(&["worktree", "unlock", worktree(&kept).to_str().unwrap()]);
    fixture.pass(400 * DAY);
    let report = fixture.host.retention().prune(PruneOptions { dry_run: false, vacuum: true }).await.unwrap();
    assert_eq!((report.worktrees.count, report.logs.count), (2, 2), "{report:?}");
    assert!(report.database.is_some_and(|database| database.now <= database.before));
    fixture.host.shutdown().await;
}

#[tokio::test]
async fn events_and_decisions_past_their_retention_are_deleted_and_readers_are_informed() {
    let fixture = fixture(false).await;
    let run = fixture.run("echo said").await;
    let id = run.run.id;
    let whole = fixture.host.output().events(id, 0, 100).await.unwrap();
    assert!(!fixture.host.tasks().decisions(run.task.id).await.unwrap().is_empty());
    fixture.pass(91 * DAY);
    let dry = fixture.host.retention().prune(PruneOptions { dry_run: true, vacuum: false }).await.unwrap();
    let report = fixture.prune().await;
    assert_eq!(report.events, whole.len() as u64);
    assert_eq!((dry.events, dry.calls), (report.events, report.calls));
    assert!(fixture.host.tasks().decisions(run.task.id).await.unwrap().is_empty());
    let left = fixture.host.output().events(id, 0, 100).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!((left[0].kind.as_str(), left[0].seq), ("events_gone", whole.len() as u64));
    let line = crate::event_line(&left[0].event(), None).unwrap();
    assert_eq!(line, format!("older events, up to number {}, are no longer kept", whole.len()));
    assert_eq!(fixture.host.output().events(id, left[0].seq, 100).await.unwrap(), []);
    let mut told = Vec::new();
    let state = fixture
        .host
        .runs()
        .follow(id, 0, Duration::ZERO, |event| told.push(event.kind.clone()))
        .await
        .unwrap();
    assert_eq!((state, told), (RunState::Succeeded, vec!["events_gone".to_owned()]));
    // What was settled and paid for is as it was.
    assert_eq!(fixture.host.runs().get(id).await.unwrap(), run);
    assert!(fixture.host.runs().answer(id, Some("summary")).await.unwrap().state.is_final());
    fixture.host.shutdown().await;
}

#[tokio::test]
async fn leftovers_are_deleted_and_foreign_files_are_kept() {
    let fixture = fixture(false).await;
    let run = fixture.run("echo said").await;
    let inner = &fixture.host.inner;
    let unknown = inner.folders.runs.join(RunId::new().to_string());
    let foreign = inner.folders.runs.join("notes");
    let scratch = fixture.logs(&run).join(run.attempts[0].id.to_string()).join("scratch/deep");
    let asked = inner.folders.temporary.join("asked");
    for folder in [&unknown, &foreign, &scratch, &asked] {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("file"), "left\n").unwrap();
    }
    // As the module caches of some tools are.
    fs::set_permissions(&scratch, std::os::unix::fs::PermissionsExt::from_mode(0o500)).unwrap();
    assert_eq!(fixture.prune().await.leftovers.count, 0, "it may still be in use");
    fixture.pass(2 * HOUR);
    assert_eq!(fixture.prune().await.leftovers.count, 1);
    assert!(!scratch.exists() && fixture.logs(&run).is_dir());
    let yesterday = std::time::SystemTime::now() - Duration::from_secs(25 * HOUR);
    fs::File::open(&asked).unwrap().set_modified(yesterday).unwrap();
    fixture.pass(29 * DAY);
    assert_eq!(fixture.prune().await.leftovers.count, 1);
    assert!(!asked.exists() && unknown.is_dir());
    fixture.pass(2 * DAY);
    let report = fixture.prune().await;
    assert_eq!((report.leftovers.count, report.logs.count), (1, 1));
    assert!(!unknown.exists() && foreign.is_dir());
    fixture.host.shutdown().await;
}

#[tokio::test]
async fn worktree_without_a_record_is_as_old_as_its_attempt() {
    let fixture = fixture(true).await;
    let source = jackfield_workspace::source(&fixture.repository).await.unwrap();
    let attempt = jackfield_types::AttemptId::new();
    let made = fixture.host.inner.runs.shared.worktrees.create(&source, RunId::new(), attempt).await.unwrap();
    fs::write(made.path.join("left.txt"), "before the records were restored\n").unwrap();
    fixture.pass(71 * HOUR);
    assert_eq!(fixture.prune().await.worktrees.count, 0);
    fixture.pass(2 * HOUR);
    assert_eq!(fixture.prune().await.worktrees.count, 1);
    let shown = fixture.git(&["show", &format!("{}:left.txt", made.branch)]);
    assert_eq!(shown, "before the records were restored");
    fixture.host.shutdown().await;
}

#[tokio::test]
async fn prune_of_a_folder_that_is_being_pruned_is_refused() {
    let fixture = fixture(false).await;
    let other = fixture.host.inner.pruner.alone().unwrap();
    assert_eq!(
        fixture.host.retention().prune(PruneOptions::default()).await.unwrap_err().code,
        "prune_in_progress"
    );
    drop(other);
    assert!(fixture.prune().await.is_nothing());
    fixture.host.shutdown().await;
}

#[tokio::test]
async fn backup_during_work_can_be_restored() {
    let fixture = fixture(false).await;
    let run = fixture.run("echo kept > kept.txt").await;
    let file = fixture.folder.path().join("backup.db");
    let made = fixture.host.retention().backup(&file).await.unwrap();
    assert_eq!((&made.file, made.bytes), (&file, fs::metadata(&file).unwrap().len()));
    let after = fixture.run("echo after").await;
    assert_eq!(fixture.host.retention().backup(&file).await.unwrap_err().code, "backup_exists");
    fixture.host.shutdown().await;

    let data = fixture.folder.path().join("restored");
    fs::create_dir(&data).unwrap();
    fs::copy(&file, data.join(made.database.file_name().unwrap())).unwrap();
    let restored = super::builder(&data).environment([]).watch(false).open().await.unwrap();
    assert_eq!(restored.runs().get(run.run.id).await.unwrap(), run);
    assert_eq!(restored.runs().get(after.run.id).await.unwrap_err().code, "run_not_found");
    restored.shutdown().await;
}

#[test]
fn configured_retention_is_converted_without_overflow() {
    let now: Timestamp = "2026-11-21T10:00:00Z".parse().unwrap();
    let bounds = Bounds::of(&RetentionSection::default(), now);
    assert_eq!(bounds.worktrees.before, "2026-11-18T10:00:00Z".parse().unwrap());
    assert_eq!(bounds.logs.before, "2026-10-22T10:00:00Z".parse().unwrap());
    assert_eq!((bounds.worktrees.bytes, bounds.logs.bytes), (20 << 30, 10 << 30));
    let endless = RetentionSection { log_days: u64::MAX, log_gb: u64::MAX, ..RetentionSection::default() };
    let bounds = Bounds::of(&endless, now);
    assert_eq!((bounds.logs.before, bounds.logs.bytes), (Timestamp::MIN, u64::MAX));
}
