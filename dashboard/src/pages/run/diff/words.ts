// The words that differ within a changed line.
import { diffWordsWithSpace } from 'diff';
import type { DiffLine } from '../../../text/diff';

export interface Piece {
  text: string;
  changed: boolean;
}

const LONGEST = 600;
const cache = new WeakMap<DiffLine, { pair: DiffLine | null; pieces: Piece[] }>();

/** A line cut into what is the same in its pair and what is not. */
export function pieces(line: DiffLine, pair: DiffLine | null): Piece[] {
  const known = cache.get(line);
  if (known && known.pair === pair) return known.pieces;
  const found = compute(line, pair);
  cache.set(line, { pair, pieces: found });
  return found;
}

function compute(line: DiffLine, pair: DiffLine | null): Piece[] {
  const whole = [{ text: line.text, changed: false }];
  if (!pair || line.text.length > LONGEST || pair.text.length > LONGEST) return whole;
  const [before, after] = line.kind === 'removed' ? [line, pair] : [pair, line];
  const parts = diffWordsWithSpace(before.text, after.text);
  const same = parts.filter((part) => !part.added && !part.removed).reduce((sum, part) => sum + part.value.trim().length, 0);
  // Lines that have little in common are no versions of each other.
  if (same * 3 < Math.max(line.text.trim().length, 1)) return whole;
  return parts
    .filter((part) => (line.kind === 'removed' ? !part.added : !part.removed))
    .map((part) => ({ text: part.value, changed: part.added || part.removed }));
}
