// Files of several results, compared: who changed what, and whether they agree.
import type { DiffFile } from './diff';

export interface ComparedFile {
  path: string;
  /** One for each result; null: that result leaves the file alone. */
  sides: (DiffFile | null)[];
  mark: 'agree' | 'differ' | 'only';
  /** The indices of the results that change it. */
  by: number[];
}

export function compareFiles(results: DiffFile[][]): ComparedFile[] {
  const paths = [...new Set(results.flat().map((file) => file.path))].sort();
  return paths.map((path) => {
    const sides = results.map((files) => files.find((file) => file.path === path) ?? null);
    const by = sides.flatMap((side, i) => (side ? [i] : []));
    const texts = new Set(by.map((i) => body(sides[i]!)));
    return { path, sides, by, mark: by.length === 1 && results.length > 1 ? 'only' : by.length === results.length && texts.size === 1 ? 'agree' : 'differ' };
  });
}

function body(file: DiffFile): string {
  return [file.kind, ...file.hunks.flatMap((hunk) => hunk.lines.filter((line) => line.kind !== 'context').map((line) => `${line.kind[0]}${line.text}`))].join('\n');
}

export const letter = (index: number): string => String.fromCharCode(65 + index);

export function markText(file: ComparedFile): string {
  if (file.mark === 'agree') return 'agrees';
  if (file.mark === 'only') return `only ${letter(file.by[0]!)}`;
  return file.by.length < file.sides.length ? `differs, not ${file.sides.flatMap((side, i) => (side ? [] : [letter(i)])).join(', ')}` : 'differs';
}
