//! Every byte that an agent writes is accounted for: repositories, settings and actions are generated, and after
//! the worktree is gone each file is on a branch, or kept with the same bytes, or listed as not kept.

use crate::support::{House, git, try_git, write};
use jackfield_workspace::{Captured, Keeping, LeftoverKind, Release, Worktree};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// As long as is generated at most, and how many at least.
const LONGEST: Duration = Duration::from_secs(40);
const CASES: u64 = 24;
/// Most bytes of ignored files that are kept.
const KEPT: u64 = 300;

/// Numbers that are the same in every run: a multiplicative congruential generator.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }
}

/// What the agent wrote and did not delete itself, by content, which is unique: where it wrote it.
type Written = BTreeMap<String, String>;

fn repository(dice: &mut Dice) -> House {
    let house = House::new();
    let at = &house.repository;
    for name in ["apps/a", "libs/b", "libs/c"] {
        write(&at.join(name), "before\n");
    }
    git(at, &["add", "-A"]);
    git(at, &["commit", "-qm", "Folders"]);
    if dice.below(3) == 0 {
        git(at, &["sparse-checkout", "set", "--cone", "apps"]);
    }
    for (name, values) in [
        ("core.fileMode", ["true", "false"]),
        ("core.ignoreCase", ["true", "false"]),
        ("core.untrackedCache", ["true", "false"]),
    ] {
        git(at, &["config", name, dice.of(&values)]);
    }
    // Git itself refuses the two together.
    git(at, &["config", dice.of(&["index.sparse", "core.splitIndex"]), "true"]);
    house
}

const PLACES: [&str; 9] = [
    "apps/a",
    "apps/new",
    "libs/b",
    "libs/new",
    "README.md",
    "readme.md",
    "ignored/deep/x",
    "some.log",
    "src/y.log",
];

fn act(dice: &mut Dice, number: u64, worktree: &Worktree, written: &mut Written) {
    let at = &worktree.path;
    let put = |place: &str, written: &mut Written, size: u64| {
        let text = format!("content {number} of {place} {}\n", "x".repeat(usize::try_from(size).unwrap()));
        written.retain(|_, known| known != place);
        write(&at.join(place), &text);
        written.insert(text, place.to_owned());
    };
    match dice.below(9) {
        0..=2 => put(dice.of(&PLACES), written, dice.below(200)),
        3 => drop(try_git(
            at,
            &["update-index", dice.of(&["--assume-unchanged", "--skip-worktree"]), "README.md"],
        )),
        4 => {
            let folder = dice.of(&["nested", "apps/nested"]);
            put(&format!("{folder}/code"), written, 5);
            git(&at.join(folder), &["init", "-q"]);
            if dice.below(2) == 0 {
                drop(try_git(&at.join(folder), &["add", "-A"]));
                drop(try_git(&at.join(folder), &["commit", "-qm", "Nested"]));
            }
        }
        5 => {
            put(dice.of(&["README.md", "apps/a", "apps/untracked"]), written, 3);
            drop(try_git(at, &["stash", "-q", "-u"]));
            // Of a file that is marked, git itself stashes nothing and overwrites it.
            let shown = try_git(at, &["stash", "show", "-u", "-p"]).stdout;
            let shown = String::from_utf8_lossy(&shown).into_owned();
            written.retain(|text, place| {
                !text.starts_with(&format!("content {number} "))
                    || shown.contains(text.trim_end())
                    || fs::read_to_string(at.join(place)).is_ok_and(|there| there == *text)
            });
        }
        6 => {
            drop(try_git(at, &["add", "-A", "--sparse"]));
            drop(try_git(at, &["commit", "-qm", "Own"]));
        }
        7 => {
            put("apps/taken-back", written, 3);
            drop(try_git(at, &["add", "apps/taken-back"]));
            drop(try_git(at, &["commit", "-qm", "To be taken back"]));
            drop(try_git(at, &["reset", "-q", "--keep", "HEAD~"]));
        }
        _ => drop(try_git(at, &["checkout", "-q", dice.of(&["--detach", "HEAD"])])),
    }
}

/// Every content that a commit of the attempt's branches holds, stashes and earlier commits among them.
fn on_branches(house: &House, worktree: &Worktree) -> String {
    let pattern = format!("--glob=refs/heads/{}*", worktree.branch);
    let objects =
        git(&house.repository, &["rev-list", "--objects", &pattern, "--not", worktree.base.as_str()]);
    let mut all = String::new();
    for object in objects.lines().filter_map(|line| line.split(' ').next()) {
        if git(&house.repository, &["cat-file", "-t", object]) == "blob" {
            all.push_str(&git(&house.repository, &["cat-file", "blob", object]));
            all.push('\n');
        }
    }
    all
}

fn in_folder(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().unwrap().is_dir() {
            in_folder(&entry.path(), all);
        } else if let Ok(text) = fs::read_to_string(entry.path()) {
            all.push_str(&text);
        }
    }
}

fn account(
    seed: u64,
    house: &House,
    worktree: &Worktree,
    captured: &Captured,
    kept: &Path,
    written: &Written,
) {
    let mut found = on_branches(house, worktree);
    in_folder(kept, &mut found);
    let missing: Vec<_> = written.iter().filter(|(text, _)| !found.contains(text.trim_end())).collect();
    let dropped =
        captured.leftovers.iter().find(|left| left.kind == LeftoverKind::Ignored && left.kept.is_none());
    let ignored = |place: &str| place.ends_with(".log") || place.starts_with("ignored/");
    let excused = |place: &str| dropped.is_some() && ignored(place);
    let unexcused: Vec<_> = missing.iter().filter(|(_, place)| !excused(place)).collect();
    assert!(unexcused.is_empty(), "seed {seed}: {unexcused:?} is nowhere: {captured:#?}");
    let bytes: u64 = missing.iter().map(|(text, _)| text.len() as u64).sum();
    assert_eq!(dropped.map_or(0, |left| left.bytes), bytes, "seed {seed}: {captured:#?}");
}

#[tokio::test]
async fn every_byte_of_an_agent_is_on_a_branch_or_kept_or_listed() {
    let began = Instant::now();
    let mut done = 0;
    for seed in 0..CASES {
        if began.elapsed() > LONGEST {
            break;
        }
        let mut dice = Dice(seed.wrapping_mul(977).wrapping_add(11));
        let house = repository(&mut dice);
        let worktree = house.worktree().await;
        let mut written = Written::new();
        for number in 0..2 + dice.below(7) {
            act(&mut dice, number, &worktree, &mut written);
        }
        let kept = house.home.path().join("kept");
        let keeping = Keeping { folder: kept.clone(), ignored_bytes: KEPT };
        let captured = house.worktrees.capture_keeping(&worktree, &house.diff(), &keeping).await.unwrap();
        let released = house.worktrees.release(&worktree, Release::Remove).await.unwrap();
        assert!(released.removed, "seed {seed}: {released:?}");
        assert_eq!(git(&house.repository, &["stash", "list"]), "", "seed {seed}");
        account(seed, &house, &worktree, &captured, &kept, &written);
        done += 1;
    }
    assert!(done >= 4, "too slow to tell anything: {done} cases");
}
