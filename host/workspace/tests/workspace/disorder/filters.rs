//! Filters of git: the user's run within bounds, and an agent's for nobody.

use crate::support::{House, git, read, write};
use jackfield_types::{AttemptId, RunId};
use jackfield_workspace::{Bounds, Captured, Release, Source, Worktree, source};
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// A command that leaves a trace at `trace` and passes its content on.
fn tracing(trace: &Path) -> String {
    format!("sh -c 'touch {}; cat'", trace.display())
}

fn content(house: &House, worktree: &Worktree, name: &str) -> String {
    git(&house.repository, &["show", &format!("{}:{name}", worktree.branch)])
}

async fn captured(house: &House, worktree: &Worktree) -> Captured {
    house.worktrees.capture(worktree, &house.diff()).await.unwrap()
}

/// A repository whose user has a filter that writes letters in capitals into objects.
fn with_filter(clean: &str) -> House {
    let house = House::new();
    git(&house.repository, &["config", "filter.up.clean", clean]);
    git(&house.repository, &["config", "filter.up.smudge", "tr A-Z a-z"]);
    write(&house.repository.join(".gitattributes"), "*.up filter=up\n");
    write(&house.repository.join("word.up"), "word\n");
    git(&house.repository, &["add", "-A"]);
    git(&house.repository, &["commit", "-qm", "A filter"]);
    house
}

#[tokio::test]
async fn a_filter_that_an_agent_adds_runs_for_nobody_and_is_told_of() {
    let house = House::new();
    let trace = house.home.path().join("trace");
    let worktree = house.worktree().await;
    let included = house.home.path().join("included");
    for (name, add) in [("d", "filter.d.clean"), ("p", "filter.p.process"), ("s", "filter.s.smudge")] {
        git(&worktree.path, &["config", add, &tracing(&trace)]);
        git(&worktree.path, &["config", &format!("filter.{name}.required"), "true"]);
    }
    git(
        &worktree.path,
        &["config", "--file", included.to_str().unwrap(), "filter.i.clean", &tracing(&trace)],
    );
    git(&worktree.path, &["config", "include.path", included.to_str().unwrap()]);
    let attributes = "*.d filter=d\n*.p filter=p\n*.s filter=s\n*.i filter=i\n*.md filter=d\n";
    write(&house.repository.join(".git/info/attributes"), attributes);
    let files = |tree: &Path| ["a.d", "a.p", "a.s", "a.i"].map(|name| write(&tree.join(name), "as it is\n"));
    files(&worktree.path);
    let saved = captured(&house, &worktree).await;
    assert_eq!(saved.files.len(), 4, "{saved:?}");
    assert_eq!(saved.left_out, None);
    for key in ["filter.d.clean", "filter.p.process", "filter.s.smudge", "filter.i.clean"] {
        assert!(saved.warnings.iter().any(|warning| warning.contains(key)), "{key}: {:?}", saved.warnings);
    }
    assert_eq!(content(&house, &worktree, "a.d"), "as it is");
    // Another begins while the first is at work, and one after it.
    let beside = house.worktree().await;
    files(&beside.path);
    captured(&house, &beside).await;
    assert!(house.worktrees.release(&worktree, Release::Remove).await.unwrap().removed);
    house.worktrees.release(&beside, Release::Remove).await.unwrap();
    git(&house.repository, &["config", "core.hooksPath", "/dev/null"]);
    let later = house.worktree().await;
    files(&later.path);
    let saved = captured(&house, &later).await;
    assert_eq!(saved.warnings, Vec::<String>::new(), "it was told of");
    house.worktrees.release(&later, Release::Remove).await.unwrap();
    // The user's own checkout is looked at too: a file whose time alone has changed makes git compare.
    write(&house.repository.join("README.md"), "# Read me\n");
    let Source::Git(found) = source(&house.repository).await.unwrap() else { panic!("no repository") };
    assert!(!found.dirty);
    assert!(!trace.exists(), "a filter was run");
}

#[tokio::test]
async fn a_filter_that_is_included_for_some_branches_only_runs_for_nobody() {
    let house = House::new();
    let trace = house.home.path().join("trace");
    let worktree = house.worktree().await;
    // Where it stands then, nothing is included.
    git(&worktree.path, &["checkout", "-q", "--detach"]);
    let included = house.home.path().join("included");
    for key in ["filter.i.clean", "filter.i.smudge"] {
        git(&worktree.path, &["config", "--file", included.to_str().unwrap(), key, &tracing(&trace)]);
    }
    git(&worktree.path, &["config", "includeIf.onbranch:jackfield/**.path", included.to_str().unwrap()]);
    write(&house.repository.join(".git/info/attributes"), "* filter=i\n");
    write(&worktree.path.join("new.txt"), "new\n");
    captured(&house, &worktree).await;
    house.worktrees.release(&worktree, Release::Remove).await.unwrap();
    let later = house.worktree().await;
    write(&later.path.join("new.txt"), "new\n");
    let saved = captured(&house, &later).await;
    assert_eq!(saved.files.len(), 1, "{saved:?}");
    house.worktrees.release(&later, Release::Remove).await.unwrap();
    assert!(!trace.exists(), "a filter was run");
}

#[tokio::test]
async fn the_users_filter_runs_and_is_put_back_where_an_agent_changed_it() {
    let house = with_filter("tr a-z A-Z");
    let trace = house.home.path().join("trace");
    let worktree = house.worktree().await;
    assert_eq!(read(&worktree.path.join("word.up")), "word\n");
    git(&worktree.path, &["config", "filter.up.clean", &tracing(&trace)]);
    write(&worktree.path.join("more.up"), "more\n");
    let saved = captured(&house, &worktree).await;
    assert_eq!(content(&house, &worktree, "more.up"), "MORE");
    assert!(
        saved.warnings.len() == 1 && saved.warnings[0].contains("filter.up.clean"),
        "{:?}",
        saved.warnings
    );
    house.worktrees.release(&worktree, Release::Remove).await.unwrap();
    assert!(!trace.exists(), "the agent's command was run");

    // What the user sets while nothing is at work is the user's.
    git(&house.repository, &["config", "filter.up.clean", "tr a-z 0-9"]);
    let later = house.worktree().await;
    write(&later.path.join("more.up"), "abc\n");
    captured(&house, &later).await;
    assert_eq!(content(&house, &later, "more.up"), "012");
    house.worktrees.release(&later, Release::Remove).await.unwrap();
    assert!(!house.repository.join(".git/jackfield.settings").exists(), "there is nothing to remember");
}

#[tokio::test]
async fn a_filter_that_hangs_or_fails_costs_neither_the_work_nor_the_time() {
    for (clean, required) in [("sleep 7733; cat", "false"), ("false", "true")] {
        let house = with_filter("tr a-z A-Z");
        git(&house.repository, &["config", "filter.up.clean", clean]);
        git(&house.repository, &["config", "filter.up.required", required]);
        let worktree = house.worktree().await;
        write(&worktree.path.join("more.up"), "more\n");
        let began = Instant::now();
        let bounds = Bounds::new(began + Duration::from_secs(1), None);
        let saved = bounds.hold(captured(&house, &worktree)).await;
        assert_eq!(content(&house, &worktree, "more.up"), "more", "{clean}");
        assert!(saved.warnings.iter().any(|warning| warning.contains("filters")), "{:?}", saved.warnings);
        bounds.hold(house.worktrees.restore(&worktree, &saved.head)).await.unwrap();
        let released = bounds.hold(house.worktrees.release(&worktree, Release::Remove)).await.unwrap();
        assert!(released.removed && released.branch_kept, "{released:?}");
        assert!(began.elapsed() < Duration::from_secs(60), "{clean}: {:?}", began.elapsed());
        assert!(!running("7733"), "the filter is still there");
    }
}

#[tokio::test]
async fn bounds_that_are_shortened_end_a_filter_that_is_running() {
    let house = with_filter("tr a-z A-Z");
    git(&house.repository, &["config", "filter.up.clean", "sleep 7734; cat"]);
    let worktree = house.worktree().await;
    write(&worktree.path.join("more.up"), "more\n");
    let began = Instant::now();
    let bounds = Bounds::new(began + Duration::from_secs(600), None);
    let work = bounds.hold(captured(&house, &worktree));
    let shorten = async {
        while !running("7734") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bounds.shorten(Instant::now());
    };
    let (saved, ()) = tokio::join!(work, shorten);
    assert!(saved.files.iter().any(|file| file.path == Path::new("more.up")), "{saved:?}");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert!(!running("7734"), "the filter is still there");
}

#[tokio::test]
async fn what_a_filter_starts_ends_with_it() {
    let house = with_filter("tr a-z A-Z");
    let daemon = "sh -c 'setsid env -i sleep 7735 </dev/null >/dev/null 2>&1 & tr a-z A-Z'";
    git(&house.repository, &["config", "filter.up.clean", daemon]);
    let worktree =
        house.worktrees.create(&house.source().await, RunId::new(), AttemptId::new()).await.unwrap();
    write(&worktree.path.join("more.up"), "more\n");
    let saved = captured(&house, &worktree).await;
    assert_eq!(saved.warnings, Vec::<String>::new());
    assert_eq!(content(&house, &worktree, "more.up"), "MORE", "the filter was run");
    house.worktrees.release(&worktree, Release::Remove).await.unwrap();
    assert!(!running("7735"), "something that the filter started is still there");
}

/// Whether a `sleep` of that many seconds runs.
fn running(seconds: &str) -> bool {
    let processes = std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok());
    processes.into_iter().any(|line| line == format!("sleep\0{seconds}\0").into_bytes())
}
