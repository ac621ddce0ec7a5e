import { describe, expect, it } from 'vitest';
import type { Ballot, GateResult, StepRun } from '../api/types';
import { ballotsLook, gateSummary, gateText, onScale, scoresOf, scoreText, stepLines } from './card';

const gate = (name: string, passed: boolean, message = ''): GateResult => ({ id: name, name, passed, message });

describe('gates', () => {
  it('are counted, and failures keep their message', () => {
    const { passed, failed, text } = gateSummary([gate('prd.md', true), gate('jury', false, 'jury_score 52 is under 60'), gate('work', true)]);
    expect([passed, text, failed.map(gateText)]).toEqual([2, '2 of 3 gates passed', ['Gate jury failed: jury_score 52 is under 60']]);
    expect(gateSummary([gate('a', true)]).text).toBe('1 of 1 gate passed');
    expect(gateText(gate('a', true))).toBe('Gate a passed');
  });
});

let runs = 0;
const run = (step: number, more: Partial<StepRun> = {}): StepRun => ({
  run: `R${(runs += 1)}`, stage: 'validate', entry: 3, step, attempt: 1, skill: 'jury-ballot', digest: '', end: { end: 'done' }, outputs: null, ...more,
});
const ballot = (persona: string, end: StepRun['end'] = { end: 'done' }, more: Partial<StepRun> = {}): StepRun => run(1, { persona, end, ...more });
const failed: StepRun['end'] = { end: 'failed', message: 'no answer' };

describe('stepLines', () => {
  it('groups the ballots of a step, newest first', () => {
    const before = run(1, { entry: 2, skill: 'prd' });
    const report = run(2, { skill: 'validation-report' });
    const personas = Array.from({ length: 12 }, (_, i) => ballot(`P${i}`));
    const lines = stepLines([before, ...personas, report]);
    expect(lines.map((line) => (line.kind === 'run' ? line.step.skill : line.steps.length))).toEqual(['validation-report', 12, 'prd']);
    expect(new Set(lines.map(({ key }) => key)).size).toBe(3);
  });

  it('keeps entries into the stage apart, and tries together', () => {
    const lines = stepLines([ballot('Ann', failed), ballot('Ben'), ballot('Ann', { end: 'done' }, { attempt: 2 }), ballot('Ann', { end: 'done' }, { entry: 5 })]);
    expect(lines.map((line) => line.kind === 'ballots' && line.steps.length)).toEqual([1, 3]);
  });
});

describe('ballotsLook', () => {
  const of = (...steps: StepRun[]) => {
    const { word, cast, personas } = ballotsLook(steps.toReversed());
    return `${word} ${cast}/${personas}`;
  };

  it('counts the last try of each persona', () => {
    expect(of(ballot('Ann'), ballot('Ben'))).toBe('done 2/2');
    expect(of(ballot('Ann', failed), ballot('Ben'))).toBe('partly done 1/2');
    expect(of(ballot('Ann', failed), ballot('Ben'), ballot('Ann', { end: 'done' }, { attempt: 2 }))).toBe('done 2/2');
    expect(of(ballot('Ann', failed))).toBe('failed 0/1');
    expect(of(ballot('Ann'), ballot('Ben', null))).toBe('active 1/2');
    expect(of(ballot('Ann', { end: 'cancelled' }))).toBe('cancelled 0/1');
  });
});

describe('scores', () => {
  const of = (value: unknown) => scoresOf({ persona: 'Ann', run: 'R', overall: 60, ballot: value } as Ballot);

  it('are read from any ballot', () => {
    expect(of({ scores: [{ dimension: 'trust', score: 40, reason: 'r', quote: 'q' }, { dimension: 'value', score: 'high' }, null] })).toEqual([
      { dimension: 'trust', score: 40, reason: 'r', quote: 'q' },
      { dimension: 'value', score: null, reason: '', quote: '' },
      { dimension: '', score: null, reason: '', quote: '' },
    ]);
    expect([of(null), of('x'), of({ scores: 'x' }), of(undefined)]).toEqual([[], [], [], []]);
  });

  it('stay on the scale', () => {
    expect([onScale(-5), onScale(180), onScale(Number.NaN), onScale(61.5), scoreText(61.25), scoreText(70)]).toEqual([0, 100, 0, 61.5, '61.3', '70']);
  });
});
