// The smaller pure parts: amounts and times, review, spend, comparison, components, limits.
import { describe, expect, it } from 'vitest';
import type { SpendingDay } from '../api/types';
import { compareFiles, markText } from './compare';
import { parseDiff } from './diff';
import { count, duration, money, relative } from './format';
import { scopeName } from './limits';
import { grantCommand, percentile } from './plugins';
import { reviewInstruction } from './review';
import { niceTop, stack } from './spend';

describe('format', () => {
  it('writes amounts, counts and times', () => {
    expect([money(0), money(0.0042), money(1.5), money(12_345.6), money(null)]).toEqual(['$0.00', '$0.0042', '$1.50', '$12,346', '–']);
    expect([count(999), count(12_345), count(2_500_000)]).toEqual(['999', '12.3k', '2.5M']);
    expect([duration(7), duration(400), duration(41_000), duration(252_000), duration(11_100_000), duration(null)]).toEqual(['7 ms', '0.4 s', '41 s', '4m 12s', '3h 05m', '–']);
    expect([relative(0, 1_000), relative(0, 61_000), relative(90_000, 0)]).toEqual(['just now', '1 min ago', 'in 1 min']);
  });
});

describe('reviewInstruction', () => {
  it('names branch, place, lines and text, and does not let lines close the fence', () => {
    const text = reviewInstruction(
      [{ id: 1, path: 'a.md', side: 'after', from: 3, to: 4, lines: ['+```', '+x'], text: 'Why?' }],
      { title: 'T', run: 'R', branch: 'jackfield/R/A' }, 'Please',
    );
    expect(text).toContain('branch jackfield/R/A');
    expect(text).toContain('## 1. a.md, lines 3–4');
    expect(text).toContain('~~~~diff\n+```\n+x\n~~~~\nWhy?');
  });
});

describe('stack', () => {
  const row = (day: string, executor: string, cost: number): SpendingDay => ({ day, executor, cost, model: null, workspace: 'w', workspace_name: 'w', charges: 1, billed: cost, equivalent: 0 });

  it('has a bar for every day, and one part for what is small', () => {
    const rows = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map((name, i) => row('2026-11-30', name, 8 - i));
    const table = stack(rows, 7, new Date('2026-11-30T12:00:00Z'));
    expect(table.days).toHaveLength(7);
    expect(table.names).toEqual(['a', 'b', 'c', 'd', 'e', 'others']);
    expect(table.total).toBe(36);
    expect(table.days.at(-1)!.parts.at(-1)).toEqual({ name: 'others', cost: 6 });
  });

  it('rounds the top of the axis up', () => {
    expect([niceTop(0), niceTop(9.7), niceTop(10.2), niceTop(130)]).toEqual([1, 10, 12, 150]);
  });
});

describe('compareFiles', () => {
  const diff = (path: string, line: string) => parseDiff(`diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1 +1,2 @@\n a\n+${line}\n`)[0]!;

  it('says who agrees', () => {
    const files = compareFiles([[diff('x', '1'), diff('y', '1'), diff('z', '1')], [diff('x', '1'), diff('y', '2')]]);
    expect(files.map((file) => [file.path, markText(file)])).toEqual([['x', 'agrees'], ['y', 'differs'], ['z', 'only A']]);
  });
});

describe('components', () => {
  it('writes the exact command of a grant', () => {
    expect(grantCommand('executor', 'agy', { programs: ['agy'], environment: ["A'B"], imports: [] })).toBe(`jackfield plugin grant executor agy --program agy --env 'A'\\''B'`);
  });

  it('finds percentiles in buckets', () => {
    expect(percentile([0, 0, 10, 0, 90], 0.5)).toBe(250);
    expect(percentile([], 0.95)).toBeNull();
  });
});

it('names scopes', () => {
  expect([scopeName('all'), scopeName('executor:claude'), scopeName('task:01:x')]).toEqual(['everything', 'executor claude', 'task 01:x']);
});
