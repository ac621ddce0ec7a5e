// Figures and commands of components.
import type { Grant, PluginKind, PluginStatus } from '../api/types';
import type { Look } from './states';

/** Upper bounds of the buckets of `figures`, microseconds; one more is for all above. */
const BOUNDS = [10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 100_000, 500_000, 2_000_000, 10_000_000];

export const KINDS: { kind: PluginKind; title: string; does: string }[] = [
  { kind: 'chooser', title: 'Choosers', does: 'decide which executor does a task, and what comes after an attempt' },
  { kind: 'executor', title: 'Executors', does: 'drive an agent program' },
  { kind: 'compressor', title: 'Compressors', does: 'make a short answer of a run' },
  { kind: 'gate', title: 'Gates', does: 'rule on finished work' },
  { kind: 'judge', title: 'Judges', does: 'compare results of several agents' },
];

export function pluginLook(state: string): Look {
  const looks: Record<string, Look> = {
    serving: { glyph: '✓', word: 'serving', tone: 'ok' },
    held: { glyph: '◆', word: 'held: wants a grant', tone: 'need' },
    rejected: { glyph: '✕', word: 'rejected', tone: 'fail' },
    quarantined: { glyph: '✕', word: 'quarantined', tone: 'fail' },
    retired: { glyph: '○', word: 'retired', tone: 'rest' },
  };
  return looks[state] ?? { glyph: '●', word: state.replaceAll('_', ' '), tone: 'run' };
}

/** The time within which a share of the calls was answered, as the bound of its bucket. Microseconds. */
export function percentile(buckets: number[], share: number): number | null {
  const total = buckets.reduce((sum, n) => sum + n, 0);
  if (total === 0) return null;
  let seen = 0;
  for (let i = 0; i < buckets.length; i++) {
    seen += buckets[i]!;
    if (seen >= total * share) return BOUNDS[Math.min(i, BOUNDS.length - 1)]!;
  }
  return BOUNDS.at(-1)!;
}

export function micros(n: number | null): string {
  if (n === null) return '–';
  if (n < 1_000) return `${Math.round(n)} µs`;
  if (n < 1_000_000) return `${(n / 1_000).toFixed(n < 10_000 ? 1 : 0)} ms`;
  return `${(n / 1_000_000).toFixed(1)} s`;
}

/** How often calls went wrong, and in which way. */
export function troubles(status: PluginStatus): string[] {
  const figures = status.figures;
  if (!figures) return status.failures > 0 ? [`${status.failures} failures`] : [];
  return [
    [figures.traps, 'traps'], [figures.deadlines, 'deadlines'], [figures.limits, 'limits'], [figures.contracts, 'broken contracts'],
  ].filter(([n]) => Number(n) > 0).map(([n, what]) => `${n} ${what}`);
}

/** The command that grants what a component wants. */
export function grantCommand(kind: string, name: string, grant: Grant): string {
  const quote = (text: string): string => (/^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);
  return [
    'jackfield plugin grant', kind, quote(name),
    ...grant.programs.map((one) => `--program ${quote(one)}`),
    ...grant.environment.map((one) => `--env ${quote(one)}`),
    ...grant.imports.map((one) => `--import ${quote(one)}`),
  ].join(' ');
}

export function wantsSomething(grant: Grant | null | undefined): boolean {
  return Boolean(grant && grant.programs.length + grant.environment.length + grant.imports.length > 0);
}
