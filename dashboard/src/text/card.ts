// The parts of a card as pure data: gates, steps with their ballots, the ballots of a jury.
import type { Ballot, GateResult, StepRun } from '../api/types';
import { plural } from './format';
import type { Look } from './states';

export interface GateSummary {
  passed: number;
  failed: GateResult[];
  text: string;
}

export function gateSummary(gates: GateResult[]): GateSummary {
  const failed = gates.filter((gate) => !gate.passed);
  const passed = gates.length - failed.length;
  return { passed, failed, text: `${passed} of ${plural(gates.length, 'gate')} passed` };
}

export const gateText = (gate: GateResult): string => `Gate ${gate.name} ${gate.passed ? 'passed' : 'failed'}${gate.message ? `: ${gate.message}` : ''}`;

/** One run of a step, or all ballots of one step. */
export type StepLine = { kind: 'run'; key: string; step: StepRun } | { kind: 'ballots'; key: string; steps: StepRun[] };

/** The steps, newest first. The ballots of a step in one entry into the stage are one line. */
export function stepLines(steps: StepRun[]): StepLine[] {
  const lines: StepLine[] = [];
  const juries = new Map<string, StepRun[]>();
  for (const step of steps.toReversed()) {
    if (!step.persona) {
      lines.push({ kind: 'run', key: step.run, step });
      continue;
    }
    const key = `${step.entry} ${step.step}`;
    const known = juries.get(key);
    if (known) known.push(step);
    else {
      const ballots = [step];
      juries.set(key, ballots);
      lines.push({ kind: 'ballots', key, steps: ballots });
    }
  }
  return lines;
}

export function stepLook(step: StepRun): Look {
  switch (step.end?.end) {
    case 'done':
      return { glyph: '✓', word: 'done', tone: 'ok' };
    case 'failed':
      return { glyph: '✕', word: 'failed', tone: 'fail' };
    case 'cancelled':
      return { glyph: '■', word: 'cancelled', tone: 'rest' };
    default:
      return { glyph: '●', word: 'active', tone: 'run' };
  }
}

/** The state of a step with ballots. Of each persona its last try counts; `steps` is newest first. */
export function ballotsLook(steps: StepRun[]): Look & { cast: number; personas: number } {
  const last = new Map<string, StepRun>();
  for (const step of steps) if (!last.has(step.persona!)) last.set(step.persona!, step);
  const words = [...last.values()].map((step) => stepLook(step));
  const cast = words.filter(({ word }) => word === 'done').length;
  const all = { cast, personas: last.size };
  const active = words.find(({ word }) => word === 'active');
  if (active) return { ...active, ...all };
  if (cast === 0) return { ...words[0]!, ...all };
  return cast === last.size ? { glyph: '✓', word: 'done', tone: 'ok', ...all } : { glyph: '◐', word: 'partly done', tone: 'need', ...all };
}

export interface Score {
  dimension: string;
  score: number | null;
  reason: string;
  quote: string;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The scores in a ballot. A skill of the user may declare other fields: what is not there is left out. */
export function scoresOf({ ballot }: Ballot): Score[] {
  const { scores } = (ballot ?? {}) as { scores?: unknown };
  if (!Array.isArray(scores)) return [];
  return scores.slice(0, 50).map((one: unknown) => {
    const { dimension, score, reason, quote } = (one ?? {}) as Record<string, unknown>;
    return { dimension: text(dimension), score: typeof score === 'number' ? score : null, reason: text(reason), quote: text(quote) };
  });
}

/** A score at most 0 to 100, for a place on a bar. */
export const onScale = (score: number): number => (Number.isFinite(score) ? Math.min(100, Math.max(0, score)) : 0);

/** A score with at most one decimal. */
export const scoreText = (score: number): string => String(Math.round(score * 10) / 10);
