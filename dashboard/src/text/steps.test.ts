import { describe, expect, it } from 'vitest';
import type { LogEvent } from '../api/types';
import { eventText, toSteps } from './steps';

let seq = 0;
const event = (kind: string, payload: unknown, at = '2026-11-30T10:00:00Z', attempt = 'A'): LogEvent => ({ seq: ++seq, at, kind, attempt, payload });
const call = (id: string, name: string, ok = true): LogEvent[] => [
  event('tool_call', { id, name, summary: `${name} ${id}`, input: '{}' }),
  event('tool_result', { id, ok, summary: 'out' }, '2026-11-30T10:00:02Z'),
];

describe('toSteps', () => {
  it('pairs calls with their results by id, even out of order', () => {
    const steps = toSteps([
      event('tool_call', { id: '1', name: 'Bash', summary: 'a', input: '' }),
      event('tool_call', { id: '2', name: 'Bash', summary: 'b', input: '' }),
      event('tool_result', { id: '2', ok: false, summary: 'bad' }, '2026-11-30T10:00:03Z'),
      event('tool_result', { id: '1', ok: true, summary: 'good' }),
    ]);
    expect(steps.map((step) => step.kind === 'tool' && [step.ok, step.output])).toEqual([[true, 'good'], [false, 'bad']]);
    expect(steps[1]!.kind === 'tool' && steps[1]!.ms).toBe(3_000);
  });

  it('groups equal calls that went well, and never commands', () => {
    const steps = toSteps([...call('1', 'Read'), ...call('2', 'Read'), ...call('3', 'Read'), ...call('4', 'Bash'), ...call('5', 'Bash'), ...call('6', 'Bash'), ...call('7', 'Read', false)]);
    expect(steps.map((step) => step.kind)).toEqual(['group', 'tool', 'tool', 'tool', 'tool']);
    expect(steps[0]!.kind === 'group' && steps[0]!.items).toHaveLength(3);
  });

  it('keeps a call without a result open', () => {
    const [step] = toSteps([event('tool_call', { id: '1', name: 'Read', summary: '', input: '' })]);
    expect(step!.kind === 'tool' && step!.ok).toBeNull();
  });

  it('rules off attempts with the reason', () => {
    const steps = toSteps([
      event('attempt_planned', { number: 2, executor: 'codex', model: 'gpt', reason: 'timeout: next rung' }),
      event('attempt_settled', { cost: 0.2, latency_ms: 180_000, outcome: { failure: { class: 'timeout', message: 'took too long', remedy: null } }, settled: {} }),
    ]);
    expect(steps.map((step) => step.kind === 'rule' && [step.text, step.detail, step.tone])).toEqual([
      ['Attempt 2: codex gpt', 'timeout: next rung', 'rest'],
      ['Failed: timeout ($0.20, 3m 00s)', 'took too long', 'fail'],
    ]);
  });

  it('joins lines of output', () => {
    const steps = toSteps(Array.from({ length: 1_000 }, (_, i) => event('text', { text: `line ${i}` })));
    expect(steps.length).toBeLessThan(5);
    expect(steps[0]!.kind).toBe('output');
  });

  it('gives every step a key of its own', () => {
    const steps = toSteps([event('checked', { checks: [{ name: 'a', passed: true }, { name: 'b', passed: false }] })]);
    expect(new Set(steps.map((step) => step.seq)).size).toBe(2);
  });

  it('survives unknown kinds and odd payloads', () => {
    expect(toSteps([event('brand_new', { x: 1 }), event('text', null), event('tool_result', {}), event('checked', null)])).toBeDefined();
    expect(eventText(event('brand_new', { x: 1 }))).toBe('{"x":1}');
  });
});
