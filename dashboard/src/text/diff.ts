// Reads a unified diff of git into files, hunks and lines.

export interface DiffLine {
  kind: 'context' | 'added' | 'removed' | 'note';
  text: string;
  /** Line numbers on the old and the new side; 0 where there is none. */
  before: number;
  after: number;
}

export interface DiffHunk {
  /** What git writes behind the numbers: the function around. */
  heading: string;
  before: number;
  after: number;
  lines: DiffLine[];
}

export interface DiffFile {
  path: string;
  oldPath: string | null;
  kind: 'added' | 'modified' | 'deleted' | 'renamed';
  binary: boolean;
  added: number;
  removed: number;
  hunks: DiffHunk[];
  /** Changes when the file's diff changes: a viewed mark holds for one of these. */
  mark: string;
}

export function parseDiff(text: string): DiffFile[] {
  const files: DiffFile[] = [];
  let file: DiffFile | null = null;
  let hunk: DiffHunk | null = null;
  let before = 0;
  let after = 0;
  let leftBefore = 0;
  let leftAfter = 0;
  let hash = 0;

  const finish = (): void => {
    if (file) file.mark = (hash >>> 0).toString(36);
  };

  for (const line of text.split('\n')) {
    hash = (Math.imul(hash, 31) + line.length + (line.charCodeAt(line.length - 1) || 0) * 7 + (line.charCodeAt(line.length >> 1) || 0)) | 0;
    if (hunk && (leftBefore > 0 || leftAfter > 0)) {
      const sign = line[0];
      if (sign === '+') {
        hunk.lines.push({ kind: 'added', text: line.slice(1), before: 0, after: after++ });
        leftAfter--;
        file!.added++;
        continue;
      }
      if (sign === '-') {
        hunk.lines.push({ kind: 'removed', text: line.slice(1), before: before++, after: 0 });
        leftBefore--;
        file!.removed++;
        continue;
      }
      if (sign === ' ' || line === '') {
        hunk.lines.push({ kind: 'context', text: line.slice(1), before: before++, after: after++ });
        leftBefore--;
        leftAfter--;
        continue;
      }
    }
    if (line.startsWith('diff --git ')) {
      finish();
      hash = 0;
      const [oldPath, path] = headPaths(line.slice('diff --git '.length));
      file = { path, oldPath: oldPath === path ? null : oldPath, kind: 'modified', binary: false, added: 0, removed: 0, hunks: [], mark: '' };
      hunk = null;
      files.push(file);
    } else if (!file) {
      continue;
    } else if (line.startsWith('@@ ')) {
      const match = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@ ?(.*)$/.exec(line);
      if (!match) continue;
      before = Number(match[1]);
      after = Number(match[3]);
      leftBefore = match[2] === undefined ? 1 : Number(match[2]);
      leftAfter = match[4] === undefined ? 1 : Number(match[4]);
      hunk = { heading: match[5]!, before, after, lines: [] };
      file.hunks.push(hunk);
    } else if (line.startsWith('\\')) {
      hunk?.lines.push({ kind: 'note', text: line.slice(2), before: 0, after: 0 });
    } else if (line.startsWith('new file')) file.kind = 'added';
    else if (line.startsWith('deleted file')) file.kind = 'deleted';
    else if (line.startsWith('rename from ')) {
      file.kind = 'renamed';
      file.oldPath = unquote(line.slice('rename from '.length));
    } else if (line.startsWith('rename to ')) file.path = unquote(line.slice('rename to '.length));
    else if (line.startsWith('Binary files') || line.startsWith('GIT binary patch')) file.binary = true;
    else if (line.startsWith('+++ ') && !line.startsWith('+++ /dev/null')) file.path = side(line.slice(4));
  }
  finish();
  return files;
}

/** `a/x b/x`, each perhaps in quotes. */
function headPaths(text: string): [string, string] {
  if (text.startsWith('"')) {
    const parts = text.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? [];
    return [side(parts[0] ?? ''), side(parts[1] ?? '')];
  }
  // Names may hold spaces: where both sides have one name, it is half of the text.
  const middle = (text.length - 1) / 2;
  if (Number.isInteger(middle) && text[middle] === ' ' && text.slice(2, middle) === text.slice(middle + 3)) {
    return [text.slice(2, middle), text.slice(middle + 3)];
  }
  const at = text.indexOf(' b/');
  return at < 0 ? [text, text] : [side(text.slice(0, at)), side(text.slice(at + 1))];
}

function side(text: string): string {
  return unquote(text.replace(/\t$/, '')).replace(/^[ab]\//, '');
}

/** Git quotes names with special characters, as bytes in octal. */
function unquote(text: string): string {
  if (!text.startsWith('"')) return text;
  const bytes: number[] = [];
  const inner = text.slice(1, -1);
  const simple: Record<string, number> = { n: 10, t: 9, r: 13, '"': 34, '\\': 92, a: 7, b: 8, f: 12, v: 11 };
  for (let i = 0; i < inner.length; i++) {
    if (inner[i] !== '\\') {
      bytes.push(...new TextEncoder().encode(inner[i]!));
      continue;
    }
    const octal = /^[0-7]{3}/.exec(inner.slice(i + 1));
    if (octal) bytes.push(parseInt(octal[0], 8));
    else bytes.push(simple[inner[i + 1]!] ?? inner.charCodeAt(i + 1));
    i += octal ? 3 : 1;
  }
  return new TextDecoder().decode(new Uint8Array(bytes));
}

export type DiffRow =
  | { kind: 'file'; file: DiffFile; index: number }
  | { kind: 'fold'; file: DiffFile; why: string; index: number }
  | { kind: 'hunk'; file: DiffFile; hunk: DiffHunk; index: number }
  | { kind: 'line'; file: DiffFile; line: DiffLine; pair: DiffLine | null; index: number }
  | { kind: 'pair'; file: DiffFile; left: DiffLine | null; right: DiffLine | null; index: number };

const BIG = 1_500;
const GENERATED = /(^|\/)(package-lock\.json|pnpm-lock\.yaml|yarn\.lock|Cargo\.lock|go\.sum|poetry\.lock|uv\.lock|composer\.lock)$|\.min\.(js|css)$|(^|\/)(dist|vendor|node_modules)\//;

/** Why a file starts folded, if it does. */
export function foldReason(file: DiffFile): string | null {
  if (file.binary) return 'a binary file';
  if (file.hunks.length === 0) return file.kind === 'renamed' ? 'renamed without changes' : 'no lines changed';
  if (GENERATED.test(file.path)) return 'a generated file';
  if (file.added + file.removed > BIG) return 'a large change';
  return null;
}

/** The rows of one view of a diff. `folded` names what hides a file's lines: null shows them. */
export function layDiff(files: DiffFile[], split: boolean, folded: (file: DiffFile) => string | null, spaces = true): DiffRow[] {
  const rows: DiffRow[] = [];
  files.forEach((file, index) => {
    rows.push({ kind: 'file', file, index });
    const why = folded(file);
    if (why !== null) {
      if (why) rows.push({ kind: 'fold', file, why, index });
      return;
    }
    for (const hunk of file.hunks) {
      rows.push({ kind: 'hunk', file, hunk, index });
      for (const block of blocks(spaces ? hunk.lines : withoutSpaces(hunk.lines))) {
        if (!split) {
          const paired = block.removed.length === block.added.length;
          for (const [lines, others] of [[block.removed, block.added], [block.added, block.removed]] as const) {
            lines.forEach((line, i) => rows.push({ kind: 'line', file, line, pair: paired ? others[i]! : null, index }));
          }
          for (const line of block.plain) rows.push({ kind: 'line', file, line, pair: null, index });
        } else {
          const most = Math.max(block.removed.length, block.added.length);
          for (let i = 0; i < most; i++) rows.push({ kind: 'pair', file, left: block.removed[i] ?? null, right: block.added[i] ?? null, index });
          for (const line of block.plain) rows.push({ kind: 'pair', file, left: line, right: line, index });
        }
      }
    }
  });
  return rows;
}

/** Takes changes of nothing but white space as lines in common. */
function withoutSpaces(lines: DiffLine[]): DiffLine[] {
  const bare = (line: DiffLine): string => line.text.replace(/\s+/g, '');
  return blocks(lines).flatMap((block) => {
    const same = block.removed.length === block.added.length && block.removed.every((line, i) => bare(line) === bare(block.added[i]!));
    if (!same) return [...block.removed, ...block.added, ...block.plain];
    return [...block.added.map((line, i): DiffLine => ({ ...line, kind: 'context', before: block.removed[i]!.before })), ...block.plain];
  });
}

/** Removed lines with the added ones that follow them, or lines in common. */
function blocks(lines: DiffLine[]): { removed: DiffLine[]; added: DiffLine[]; plain: DiffLine[] }[] {
  const found: { removed: DiffLine[]; added: DiffLine[]; plain: DiffLine[] }[] = [];
  let i = 0;
  while (i < lines.length) {
    const block = { removed: [] as DiffLine[], added: [] as DiffLine[], plain: [] as DiffLine[] };
    while (i < lines.length && lines[i]!.kind === 'removed') block.removed.push(lines[i++]!);
    while (i < lines.length && lines[i]!.kind === 'added') block.added.push(lines[i++]!);
    if (block.removed.length + block.added.length === 0) {
      while (i < lines.length && (lines[i]!.kind === 'context' || lines[i]!.kind === 'note')) block.plain.push(lines[i++]!);
    }
    found.push(block);
  }
  return found;
}
