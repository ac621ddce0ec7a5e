//! Diffs as git and others write them, and as nobody should.

use super::*;

const MODIFIED: &str = "diff --git a/src/lib.rs b/src/lib.rs
index 1111111..2222222 100644
--- a/src/lib.rs
+++ b/src/lib.rs
@@ -1,3 +1,4 @@ fn main() {
 one
-two
+TWO
+two and a half
 three
";

fn all(diff: &str) -> Change<'_> {
    let change = read(diff, Bounds::ALL);
    assert_eq!(change.unread, "");
    change
}

fn only(diff: &str) -> (String, File) {
    let mut change = all(diff);
    assert_eq!(change.files.len(), 1, "{:?}", change.files);
    change.files.pop_first().unwrap()
}

/// `git diff-tree -r -p --binary --full-index --find-renames` of one commit with everything odd in it.
const RECORDED: &str = include_str!("recorded.diff");

#[test]
fn a_recorded_diff_is_read_as_git_counts_it() {
    let change = all(RECORDED);
    let read: Vec<_> = change
        .files
        .iter()
        .map(|(path, file)| (path.as_str(), file.added, file.removed, file.kind, file.binary))
        .collect();
    // As `git diff-tree --numstat` has it.
    let counted = [
        ("café.txt", 1, 1, Kind::Modified, false),
        ("crlf.txt", 1, 1, Kind::Modified, false),
        ("dash.sql", 1, 1, Kind::Modified, false),
        ("empty", 0, 0, Kind::Added, false),
        ("fresh.py", 2, 0, Kind::Added, false),
        ("gone.txt", 0, 1, Kind::Deleted, false),
        ("img.bin", 0, 0, Kind::Modified, true),
        ("latin.txt", 1, 0, Kind::Added, false),
        ("link", 1, 1, Kind::Modified, false),
        ("noend.txt", 2, 1, Kind::Modified, false),
        ("old.txt", 1, 1, Kind::Renamed, false),
        ("run.sh", 0, 0, Kind::Modified, false),
        ("say \"hi\".txt", 1, 1, Kind::Modified, false),
        ("src/lib.rs", 3, 2, Kind::Modified, false),
        ("tab\there.txt", 1, 0, Kind::Modified, false),
        ("with space/a b.txt", 1, 0, Kind::Modified, false),
    ];
    assert_eq!(read, counted);
    assert!(change.touched().count() == counted.len(), "each of them is a change");
    assert_eq!(change.files["noend.txt"].text, "@2\n+now\n");
    assert_eq!(change.files["dash.sql"].text, "@2\n--- more\n+++ plus\n");
    assert_eq!(change.files["old.txt"].to.as_deref(), Some("new.txt"));
}

#[test]
fn a_modified_file_has_its_places_and_its_counts() {
    let (path, file) = only(MODIFIED);
    assert_eq!((path.as_str(), file.kind), ("src/lib.rs", Kind::Modified));
    assert_eq!((file.added, file.removed, file.places.len()), (2, 1, 1));
    assert_eq!(file.text, "@2\n-two\n+TWO\n+two and a half\n");
}

#[test]
fn files_that_come_go_and_move_are_told_apart() {
    let (path, added) = only(
        "diff --git a/n.rs b/n.rs\nnew file mode 100644\nindex 0..1\n--- /dev/null\n+++ b/n.rs\n@@ -0,0 +1 @@\n+x\n",
    );
    assert_eq!((path.as_str(), added.kind, added.text.as_str()), ("n.rs", Kind::Added, "@1\n+x\n"));
    let (path, deleted) = only(
        "diff --git a/n.rs b/n.rs\ndeleted file mode 100644\n--- a/n.rs\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n",
    );
    assert_eq!((path.as_str(), deleted.kind), ("n.rs", Kind::Deleted));
    let (path, renamed) = only(
        "diff --git a/old name.rs b/new name.rs\nsimilarity index 90%\nrename from old name.rs\nrename to new name.rs\n\
         --- a/old name.rs\t\n+++ b/new name.rs\t\n@@ -1 +1 @@\n-x\n+y\n",
    );
    assert_eq!((path.as_str(), renamed.kind), ("old name.rs", Kind::Renamed));
    assert_eq!(renamed.to.as_deref(), Some("new name.rs"));
    let (path, copied) = only("diff --git a/x b/y\nsimilarity index 100%\ncopy from x\ncopy to y\n");
    assert_eq!((path.as_str(), copied.kind), ("y", Kind::Copied));
    let (_, empty) = only("diff --git a/e b/e\nnew file mode 100644\nindex 0..1\n");
    assert!(!empty.is_blank(), "an empty file is something");
}

#[test]
fn a_binary_file_is_known_by_what_it_became() {
    let patch = |blob: &str, payload: &str| {
        format!(
            "diff --git a/p.png b/p.png\nindex 1111..{blob} 100644\nGIT binary patch\nliteral 3\n{payload}\n\nliteral 0\nHcmV?d00001\n\n"
        )
    };
    let one = patch("2222", "KcmZQzU|?imU|?V");
    let (_, file) = only(&one);
    assert!(file.binary && file.places.is_empty());
    let (delta, other) = (patch("2222", "Kcm"), patch("3333", "KcmZQzU|?imU|?V"));
    assert!(all(&one).is_same(&all(&delta)), "the same content by another way");
    assert!(!all(&one).is_same(&all(&other)));
    let (_, told) = only(
        "diff --git a/p.png b/p.png\nindex 1111..2222 100644\nBinary files a/p.png and b/p.png differ\n",
    );
    assert!(told.is_same(&file));
    let bare = |payload| format!("diff --git a/p b/p\nGIT binary patch\nliteral 3\n{payload}\n");
    assert!(!all(&bare("Kcm")).is_same(&all(&bare("Lcm"))));
}

#[test]
fn a_mode_is_a_change_of_its_own() {
    let (_, file) = only("diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n");
    assert!(!file.is_blank() && file.text == "mode 100755\n");
}

#[test]
fn a_diff_without_git_in_it_is_read_too() {
    let diff = "Some words before.\n--- old/x.c\t2026-01-01\n+++ new/x.c\t2026-01-02\n@@ -1 +1 @@\n-a\n+b\n--- y.c\n+++ y.c\n@@ -1 +1 @@\n-a\n+b\n";
    let change = all(diff);
    let paths: Vec<_> = change.files.keys().map(String::as_str).collect();
    assert_eq!(paths, ["old/x.c", "y.c"]);
}

#[test]
fn the_ends_of_lines_and_a_missing_last_one_change_nothing() {
    let windows = MODIFIED.replace('\n', "\r\n");
    assert!(all(MODIFIED).is_same(&all(&windows)));
    let unended = MODIFIED.replace(" three\n", "-three\n\\ No newline at end of file\n+three\n");
    assert!(all(MODIFIED).is_same(&all(&unended)));
    assert!(all(MODIFIED.trim_end()).is_same(&all(MODIFIED)));
}

#[test]
fn paths_in_quotes_are_the_paths_that_they_stand_for() {
    let (path, _) = only(
        "diff --git \"a/caf\\303\\251\\t.txt\" \"b/caf\\303\\251\\t.txt\"\n--- \"a/caf\\303\\251\\t.txt\"\n+++ \"b/caf\\303\\251\\t.txt\"\n@@ -1 +1 @@\n-a\n+b\n",
    );
    assert_eq!(path, "café\t.txt");
}

#[test]
fn what_cannot_be_read_as_a_change_is_not_taken_for_no_change() {
    let strange = "diff --git a/x b/x\nSubproject differs in ways unknown\n";
    assert!(!all(strange).is_empty());
    assert!(!all(strange).is_same(&all("diff --git a/x b/x\nSubproject differs otherwise\n")));
}

#[test]
fn a_file_that_is_there_twice_is_one_file() {
    let twice = format!("{MODIFIED}{MODIFIED}");
    let (_, file) = only(&twice);
    assert_eq!((file.places.len(), file.added), (2, 4));
    assert_eq!(file.alike(&file), 2);
}

#[test]
fn what_is_past_the_bound_is_kept_apart_and_compared_as_it_is() {
    let long = MODIFIED.repeat(10);
    for most in 0..MODIFIED.len() * 2 {
        let bounds = Bounds { bytes: most, ..Bounds::ALL };
        let change = read(&long, bounds);
        assert!(change.unread.len() >= long.len() - most);
        assert!(long.ends_with(change.unread));
        assert!(change.is_same(&read(&long, bounds)));
    }
    let other = long.replace("half\n three\n", "half\n threE\n");
    let few = |bytes| Bounds { bytes, ..Bounds::ALL };
    assert!(!read(&long, few(100)).is_same(&read(&other, few(100))), "one byte apart, past the bound");
    let letters = "é".repeat(1000);
    assert_eq!(read(&letters, few(333)).unread, letters, "no line ends within the bound");
}

#[test]
fn more_files_and_places_than_the_bounds_are_not_read() {
    let many: String =
        (0..30_000).map(|n| format!("diff --git a/{n} b/{n}\nnew file mode 100644\n")).collect();
    let change = read(&many, Bounds::ALL.shared_by(2));
    assert_eq!(change.files.len(), 20_000);
    assert!(change.unread.starts_with("new file mode 100644\ndiff --git a/20000 "));
    let lines = 200_000;
    let hunk: String = (0..lines).map(|_| " a\n+b\n").collect();
    let wide = format!("--- x\n+++ x\n@@ -1,{lines} +1,{} @@\n{hunk}", lines * 2);
    let change = read(&wide, Bounds::ALL.shared_by(2));
    assert_eq!(change.files["x"].places.len(), 50_000);
    assert!(change.unread.len() > wide.len() / 2);
}

#[test]
fn no_text_whatever_upsets_the_reader() {
    let mut state = 7_u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let parts = [
        "diff --git ",
        "a/x b/x",
        "\"a/\\3",
        "\n",
        "\r\n",
        "--- ",
        "+++ ",
        "@@ -1,3 +1,2 @@",
        "@@ -4294967295,4294967295 +0,9 @@",
        " ctx\n",
        "-gone\n",
        "+new\n",
        "\\ No newline\n",
        "GIT binary patch\n",
        "é\u{fffd}\u{202e}",
        "rename from ",
        "rename to ",
        "new file mode 100755\n",
        "index 1..2 3\n",
        "\0",
        "deleted file mode 1\n",
        "copy from ",
        "\"",
    ];
    for _ in 0..20_000 {
        let text: String = (0..next(25)).map(|_| parts[next(parts.len())]).collect();
        let (one, two) = (all(&text), all(&text));
        assert!(one.is_same(&two), "{text:?}");
        for (path, file) in &one.files {
            assert!(file.is_same(&two.files[path]));
            assert_eq!(file.alike(&two.files[path]), file.places.len(), "{text:?}");
            let placed = file.places.iter().all(|place| file.text.get(place.text.clone()).is_some());
            assert!(placed, "{text:?}");
        }
    }
}
