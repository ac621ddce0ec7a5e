// How states are shown: glyph, word and tone. A colour never stands alone.
import type { Outcome, RunState, RunSummary, StageState, TaskState, Trust, Verified } from '../api/types';
import { words } from './format';

export type Tone = 'run' | 'need' | 'ok' | 'fail' | 'rest';

export interface Look {
  glyph: string;
  word: string;
  tone: Tone;
}

export function runLook(state: RunState, verified?: Verified | null): Look {
  switch (state) {
    case 'queued':
      return { glyph: '◷', word: 'queued', tone: 'rest' };
    case 'running':
      return { glyph: '●', word: 'running', tone: 'run' };
    case 'waiting':
      return { glyph: '◆', word: 'needs you', tone: 'need' };
    case 'succeeded':
      if (verified === 'passed') return { glyph: '✓', word: 'verified', tone: 'ok' };
      if (verified === 'failed') return { glyph: '✕', word: 'checks failed', tone: 'fail' };
      return { glyph: '✓', word: 'succeeded', tone: 'ok' };
    case 'failed':
      return { glyph: '✕', word: 'failed', tone: 'fail' };
    case 'cancelled':
      return { glyph: '■', word: 'cancelled', tone: 'rest' };
    default:
      return { glyph: '○', word: words(state), tone: 'rest' };
  }
}

export function summaryLook(run: RunSummary, now: number): Look {
  if (run.state === 'queued' && run.not_before && Date.parse(run.not_before) > now) {
    return { glyph: '↻', word: run.attempts > 0 ? 'retry due' : 'cooldown', tone: 'rest' };
  }
  return runLook(run.state, run.verified);
}

export function taskLook(state: TaskState): Look {
  const looks: Record<string, Look> = {
    pending: { glyph: '◷', word: 'pending', tone: 'rest' },
    ready: { glyph: '◷', word: 'ready', tone: 'rest' },
    in_progress: { glyph: '●', word: 'in progress', tone: 'run' },
    needs_review: { glyph: '◆', word: 'needs review', tone: 'need' },
    needs_improvement: { glyph: '◆', word: 'needs improvement', tone: 'need' },
    blocked: { glyph: '◆', word: 'blocked', tone: 'need' },
    done: { glyph: '✓', word: 'done', tone: 'ok' },
    failed: { glyph: '✕', word: 'failed', tone: 'fail' },
    cancelled: { glyph: '■', word: 'cancelled', tone: 'rest' },
  };
  return looks[state] ?? { glyph: '○', word: words(state), tone: 'rest' };
}

/** A card in its stage. Every state has a glyph or a word of its own, so that no two differ by colour only. */
export function cardLook(state: StageState): Look {
  const looks: Record<StageState, Look> = {
    idle: { glyph: '○', word: 'idle', tone: 'rest' },
    queued: { glyph: '◷', word: 'queued', tone: 'rest' },
    running: { glyph: '●', word: 'running', tone: 'run' },
    awaiting_start: { glyph: '▷', word: 'needs start', tone: 'need' },
    awaiting_review: { glyph: '◆', word: 'needs review', tone: 'need' },
    needs_answers: { glyph: '?', word: 'needs answers', tone: 'need' },
    blocked: { glyph: '✕', word: 'blocked', tone: 'fail' },
    done: { glyph: '✓', word: 'done', tone: 'ok' },
  };
  return looks[state] ?? { glyph: '○', word: words(state), tone: 'rest' };
}

export function trustLook(trust: Trust): Look {
  if (trust === 'vetted') return { glyph: '✓', word: 'vetted', tone: 'ok' };
  if (trust === 'community') return { glyph: '◌', word: 'community', tone: 'need' };
  return { glyph: '△', word: 'experimental', tone: 'need' };
}

/** The three axes of an outcome. Null: not known yet. */
export function axes(outcome: Outcome | null, files: number | null): { process: Look; delivered: Look; verified: Look } {
  const open: Look = { glyph: '–', word: 'not yet', tone: 'rest' };
  if (!outcome) return { process: open, delivered: open, verified: open };
  const ended = outcome.process === 'exited';
  const kind = outcome.delivered === 'diff' && files !== null ? `diff in ${files} ${files === 1 ? 'file' : 'files'}` : outcome.delivered;
  return {
    process: { glyph: ended ? '✓' : '✕', word: ended ? 'exited' : words(outcome.process), tone: ended ? 'ok' : 'fail' },
    delivered: { glyph: outcome.delivered === 'nothing' ? '○' : '✓', word: kind, tone: outcome.delivered === 'nothing' ? 'rest' : 'ok' },
    verified: verifiedLook(outcome.verified),
  };
}

export function verifiedLook(verified: Verified | null | undefined): Look {
  if (verified === 'passed') return { glyph: '✓', word: 'checks passed', tone: 'ok' };
  if (verified === 'failed') return { glyph: '✕', word: 'checks failed', tone: 'fail' };
  return { glyph: '◌', word: 'not checked', tone: 'rest' };
}

export function isOver(state: RunState): boolean {
  return state === 'succeeded' || state === 'failed' || state === 'cancelled';
}
