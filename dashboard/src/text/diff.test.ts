import { describe, expect, it } from 'vitest';
import { foldReason, layDiff, parseDiff } from './diff';

const DIFF = `diff --git a/src/a.rs b/src/a.rs
index 1..2 100644
--- a/src/a.rs
+++ b/src/a.rs
@@ -1,3 +1,4 @@ fn main
 one
-two
+TWO
+three
 four
diff --git a/old name.txt b/new name.txt
similarity index 100%
rename from old name.txt
rename to new name.txt
diff --git a/gone b/gone
deleted file mode 100644
--- a/gone
+++ /dev/null
@@ -1 +0,0 @@
--- not a header
\\ No newline at end of file
diff --git a/x.png b/x.png
new file mode 100644
Binary files /dev/null and b/x.png differ
diff --git "a/\\303\\244.txt" "b/\\303\\244.txt"
new file mode 100644
--- /dev/null
+++ "b/\\303\\244.txt"
@@ -0,0 +1 @@
++++ odd
`;

describe('parseDiff', () => {
  const files = parseDiff(DIFF);

  it('finds every file with its kind', () => {
    expect(files.map((file) => [file.path, file.kind, file.added, file.removed])).toEqual([
      ['src/a.rs', 'modified', 2, 1],
      ['new name.txt', 'renamed', 0, 0],
      ['gone', 'deleted', 0, 1],
      ['x.png', 'added', 0, 0],
      ['ä.txt', 'added', 1, 0],
    ]);
    expect(files[1]!.oldPath).toBe('old name.txt');
    expect(files[3]!.binary).toBe(true);
  });

  it('numbers the lines of both sides', () => {
    expect(files[0]!.hunks[0]!.lines.map((line) => [line.kind, line.before, line.after])).toEqual([
      ['context', 1, 1], ['removed', 2, 0], ['added', 0, 2], ['added', 0, 3], ['context', 3, 4],
    ]);
  });

  it('takes lines that look like headers as lines, within a hunk', () => {
    expect(files[2]!.hunks[0]!.lines[0]!.text).toBe('-- not a header');
    expect(files[4]!.hunks[0]!.lines[0]!.text).toBe('+++ odd');
  });

  it('gives each file a mark that changes with its diff', () => {
    const other = parseDiff(DIFF.replace('+three', '+threes'));
    expect(other[0]!.mark).not.toBe(files[0]!.mark);
    expect(other[4]!.mark).toBe(files[4]!.mark);
  });

  it('reads 50,000 lines quickly', () => {
    const long = `diff --git a/l b/l\n--- a/l\n+++ b/l\n@@ -0,0 +1,50000 @@\n${'+line of text\n'.repeat(50_000)}`;
    const begin = performance.now();
    expect(parseDiff(long)[0]!.added).toBe(50_000);
    expect(performance.now() - begin).toBeLessThan(1_000);
  });
});

describe('layDiff', () => {
  it('pairs removed and added lines in the split view', () => {
    const rows = layDiff(parseDiff(DIFF).slice(0, 1), true, () => null);
    expect(rows.filter((row) => row.kind === 'pair').map((row) => row.kind === 'pair' && [row.left?.text, row.right?.text])).toEqual([
      ['one', 'one'], ['two', 'TWO'], [undefined, 'three'], ['four', 'four'],
    ]);
  });

  it('hides changes of white space', () => {
    const [file] = parseDiff('diff --git a/f b/f\n--- a/f\n+++ b/f\n@@ -1 +1 @@\n-  a b\n+a  b\n');
    expect(layDiff([file!], false, () => null, false).filter((row) => row.kind === 'line').map((row) => row.kind === 'line' && row.line.kind)).toEqual(['context']);
  });

  it('folds binary and generated files with the reason', () => {
    const files = parseDiff(DIFF);
    expect(foldReason(files[3]!)).toBe('a binary file');
    expect(foldReason({ ...files[0]!, path: 'x/package-lock.json' })).toBe('a generated file');
    expect(layDiff([files[3]!], false, foldReason).map((row) => row.kind)).toEqual(['file', 'fold']);
  });
});

describe('a large change', () => {
  it('is laid out in time that grows with its lines', () => {
    const lines = Array.from({ length: 100_000 }, (_, i) => `${i % 2 ? '+' : '-'}${i}`).sort().reverse();
    const [file] = parseDiff(`diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,50000 +1,50000 @@\n${lines.join('\n')}\n`);
    const begun = performance.now();
    const rows = layDiff([file!], false, () => null);
    expect(performance.now() - begun).toBeLessThan(1_000);
    expect(rows.length).toBe(100_002);
    const removed = rows.find((row) => row.kind === 'line' && row.line.kind === 'removed');
    expect(removed).toMatchObject({ pair: { kind: 'added' } });
  });
});
